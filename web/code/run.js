/**
 * A run of the changed algorithm: begun, paused, stopped, followed beside the original's, and
 * what came of it. Changed code runs in a worker of its own: confined.js.
 *
 * Its parts: run-chart.js, run-error.js, run-samples.js, seeds.js; what they say: run-words.js.
 */

import { byId } from "../page/dom.js";
import { counted, elapsed } from "../page/format.js";
import { agreement, finalLoss } from "./comparison.js";
import { CodeError, ConfinedClient } from "./confined.js";
import { RunChart } from "./run-chart.js";
import { RunError } from "./run-error.js";
import { BothSamples } from "./run-samples.js";
import { agreementWords, comparable, engineWords, gradientWords, lossWords, noteWords, planWords, progressWords } from "./run-words.js";
import { Seeds } from "./seeds.js";

const TEXT_MS = 250; // between changes of the figures: faster can't be read
const MOST_LINES = 200; // of what is printed
const LONGEST = 500; // characters of such a line

/** "ended": it has come to its end, and its model is there. @typedef {"none" | "starting" | "running" | "paused" | "ended" | "failed"} State */
/** @typedef {import("./code.js").Texts} Texts */

const view = byId("view-code");
const section = byId("code-run");
const heading = byId("code-run-heading");
const go = /** @type {HTMLButtonElement} */ (byId("code-run-go"));
const pause = /** @type {HTMLButtonElement} */ (byId("code-run-pause"));
const stop = /** @type {HTMLButtonElement} */ (byId("code-run-stop"));
const reason = byId("code-run-reason");
const content = byId("code-run-of");
const what = byId("code-run-what");
const bar = /** @type {HTMLProgressElement} */ (byId("code-run-progress"));
const said = byId("code-run-said");
const figures = byId("code-run-figures");
const gradients = byId("code-run-gradients");
const printed = byId("code-run-printed");
const printedSummary = byId("code-run-printed-summary");
const printedLines = byId("code-run-lines");
const verdict = byId("code-verdict");
const same = byId("code-verdict-same");
const loss = byId("code-verdict-loss");
const note = byId("code-verdict-note");

/** Announces `state` when that is another one. */
export class RunPanel extends EventTarget {
  /** The worker of the changed code. */
  client;
  /** @type {State} */
  state = "none";
  /** The run that is here, as it began. @type {RunReport | null} */
  run = null;
  /** The changed files that it runs, which may be older than the editor's. @type {Texts} */
  changes = {};
  #page;
  #code;
  #settings;
  #chart = new RunChart();
  #error;
  #samples;
  #seeds;
  /** Counts runs: what comes of one before is thrown away. */
  #attempt = 0;
  /** When figures were shown last. */
  #shown = 0;
  #quiet = false;
  /** What was said before it was quiet. */
  #before = "";
  /** How many lines were printed. */
  #lines = 0;
  /** Told when the run has come to its end. @type {(progress: Progress) => void} */
  #ended = () => {};

  /**
   * @param {import("../page/client.js").Client} page
   * @param {import("./code.js").CodeView} code
   * @param {{values(): Record<string, number | string>}} settings of the page's form
   * @param {Site} site
   */
  constructor(page, code, settings, site) {
    super();
    const client = (this.client = new ConfinedClient(site));
    this.#page = page;
    this.#code = code;
    this.#settings = settings;
    this.#error = new RunError(code);
    this.#samples = new BothSamples(page, client);
    this.#seeds = new Seeds(page, client, () => this.end());
    client.on("progress", (progress) => this.#advance(progress));
    client.on("quiet", ({ seconds }) => this.#beQuiet(seconds));
    client.on("printed", ({ line }) => this.#print(line));
    client.on("failed", (problem) => this.#fail(/** @type {CodeError} */ (/** @type {unknown} */ (problem))));
    page.on("beside", ({ losses }) => {
      this.#chart.original.add(losses);
      this.#chart.draw();
    });
    code.addEventListener("change", () => {
      this.#offer();
      this.#prepare(); // while the visitor reads, or types
    });
    code.addEventListener("problems", () => this.#offer());
    code.addEventListener("run", () => void this.runInSight(false)); // the visitor goes on typing
    go.addEventListener("click", () => void this.begin());
    pause.addEventListener("click", () => void this.#pauseOrResume());
    stop.addEventListener("click", () => {
      this.end();
      go.focus();
    });
  }

  /** Why nothing can be run, as a sentence; "" where something can. */
  get #obstacle() {
    const [refused] = this.#code.refused;
    if (refused !== undefined) return `${refused} has an error in line ${this.#code.refusedAt(refused)}. Mend it, then it can run.`;
    return Object.keys(this.#code.changes).length ? "" : "Nothing is changed yet. Edit a file, or try one of the changes above.";
  }

  /** The code is another, or what the compiler says of it. */
  #offer() {
    const obstacle = this.#obstacle;
    section.hidden = false;
    go.disabled = obstacle !== "";
    reason.textContent = obstacle || (this.#isOld ? "The code has changed since this run." : "");
  }

  get #isOld() {
    const was = ["none", "failed"].includes(this.state) ? null : JSON.stringify(this.changes);
    return was !== null && was !== JSON.stringify(this.#code.changes);
  }

  /** As `begin`, for who is elsewhere in the view. @param {boolean} [focus] whether the keyboard follows */
  async runInSight(focus = true) {
    if (this.#obstacle) return;
    this.#comeInSight(focus);
    await this.begin();
  }

  #comeInSight(focus = true) {
    section.scrollIntoView({ block: "start" });
    if (focus) heading.focus({ preventScroll: true });
  }

  /** The code as it is in the editor, with the page's text and the settings of its run, from the beginning. */
  begin() {
    const changes = this.#code.changes;
    return this.start(changes, async () => {
      const beside = await this.#page.call("textBeside", this.#settings.values());
      const { data, name, reading, hyperparameters } = beside;
      return { run: { sources: changes, text: { data, name, reading }, settings: { hyperparameters, engine: "" } }, ofRun: beside.of_run };
    });
  }

  /**
   * A saved run goes on from where it is, with its own text and settings.
   * @param {Texts} changes that it was made by
   * @param {Blob} saved the file
   * @param {Record<string, number | string>} hyperparameters as the file has them
   */
  continueFrom(changes, saved, hyperparameters) {
    this.#comeInSight();
    return this.start(changes, async () => {
      const bytes = new Uint8Array(await saved.arrayBuffer());
      const { name } = await this.#page.call("textBeside", hyperparameters); // the file's, unless another was chosen since
      return { run: { sources: changes, saved: bytes, settings: { hyperparameters, engine: "" } }, ofRun: false, beside: name };
    });
  }

  /**
   * A recipe is followed, with its own settings; its text is the page's, or its own.
   * @param {Texts} changes that it is for
   * @param {string} recipe its link
   * @param {Record<string, number | string>} hyperparameters as the link has them
   */
  follow(changes, recipe, hyperparameters) {
    this.#comeInSight();
    return this.start(changes, async () => {
      const { data, name, reading } = await this.#page.call("textBeside", hyperparameters);
      const settings = { hyperparameters, engine: "" };
      return { run: { sources: changes, text: { data, name, reading }, settings, recipe }, ofRun: false };
    });
  }

  /**
   * Any run of changed code, in place of the one before.
   * @param {Texts} changes that it runs
   * @param {() => Promise<{run: ChangedRun | ContinuedRun, ofRun: boolean, beside?: string}>} prepare
   */
  async start(changes, prepare) {
    const attempt = ++this.#attempt;
    this.#clear();
    this.changes = changes;
    this.#become("starting");
    this.#say("Starting Python for the changed code …");
    try {
      const { run, ofRun, beside } = await prepare();
      const ended = /** @type {Promise<Progress>} */ (new Promise((resolve) => (this.#ended = resolve)));
      this.client.end(); // the run before
      await this.client.prepare();
      if (attempt !== this.#attempt) return;
      this.#say("The changed code is made ready …");
      const report = await this.client.start(run);
      if (attempt !== this.#attempt) return;
      this.#introduce(report, ofRun);
      void this.#checkGradients(attempt);
      const isAlone = beside !== undefined && beside !== report.name;
      await (isAlone ? this.#endAlone(attempt, ended) : this.#compare(attempt, run.settings, ended));
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(/** @type {CodeError} */ (error));
    }
  }

  /** Ends the worker at once; losses and code stay. */
  end() {
    const { count } = this.#chart.changed.losses;
    this.#attempt++;
    this.client.end();
    this.#page.call("stopBeside", "original").catch(() => {}); // Python is gone, as the page says
    this.#seeds.clear();
    this.#samples.end();
    this.run = null;
    this.#become("none");
    this.#say(count ? `Stopped after ${counted(count, "step")}. The losses so far and your code are kept.` : "Stopped. Your code is kept.");
  }

  #clear() {
    this.#chart.clear();
    this.#error.clear();
    this.#samples.clear();
    this.#seeds.clear();
    this.run = null;
    this.#lines = 0;
    this.#shown = 0;
    this.#quiet = false;
    printedLines.textContent = "";
    printed.hidden = verdict.hidden = true;
    for (const place of [what, figures, gradients, same, loss, note]) place.textContent = "";
    bar.value = 0;
    content.hidden = false;
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    const isGoing = state === "running" || state === "paused";
    stop.hidden = !(isGoing || state === "starting");
    pause.hidden = !isGoing;
    pause.textContent = state === "paused" ? "Resume" : "Pause";
    pause.ariaLabel = `${pause.textContent} the changed run`;
    bar.hidden = !isGoing && state !== "starting";
    this.#offer();
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} words */
  #say(words) {
    said.textContent = words;
  }

  /** @param {RunReport} run @param {boolean} ofRun */
  #introduce(run, ofRun) {
    this.run = run;
    bar.max = run.steps;
    what.textContent = `${planWords(run, ofRun)} ${engineWords(run, Object.keys(this.changes))}`;
    if (this.state === "starting") this.#become("running");
    this.#say("The changed algorithm trains.");
  }

  /** @param {Progress} progress */
  #advance(progress) {
    const { changed } = this.#chart;
    changed.add(progress.losses);
    bar.value = progress.step;
    this.#chart.draw();
    if (progress.ending || performance.now() - this.#shown > TEXT_MS) {
      this.#shown = performance.now();
      figures.textContent = progressWords(progress, changed.smooth);
    }
    if (progress.ending) this.#ended(progress);
  }

  /** @param {number} seconds 0: it is heard again */
  #beQuiet(seconds) {
    if (!seconds) return this.#beHeard();
    if (this.#quiet) return;
    this.#quiet = true;
    this.#before = said.textContent ?? "";
    stop.hidden = false; // also of a run that has ended, which is measured, sampled, saved
    this.#say(`The changed code has said nothing for ${seconds} s; perhaps it has a loop that never ends. Stop ends it.`);
  }

  #beHeard() {
    this.#quiet = false;
    stop.hidden = this.state === "ended";
    this.#say(this.state === "ended" ? this.#before : "It goes on.");
  }

  /** @param {string} line */
  #print(line) {
    this.#lines++;
    printed.hidden = false;
    printedSummary.textContent = `Printed: ${counted(this.#lines, "line")}${this.#lines > MOST_LINES ? `, of which the first ${MOST_LINES} are here` : ""}`;
    if (this.#lines <= MOST_LINES) printedLines.append(`${line.slice(0, LONGEST)}\n`);
  }

  async #pauseOrResume() {
    const isRunning = this.state === "running";
    this.#become(isRunning ? "paused" : "running");
    this.#say(isRunning ? "Paused." : "It goes on.");
    await (isRunning ? this.client.pause() : this.client.resume());
  }

  /** @param {CodeError} problem */
  #fail(problem) {
    this.#attempt++;
    this.client.end(); // where it has not ended by itself
    this.#seeds.clear();
    this.#samples.end();
    this.#page.call("stopBeside", "original").catch(() => {});
    const { count } = this.#chart.changed.losses;
    this.run = null;
    this.#say(count ? `Ended by an error after ${counted(count, "step")}.` : "Nothing was trained.");
    this.#error.show(problem, this.changes);
    this.#become("failed");
  }

  /** @param {number} attempt */
  async #checkGradients(attempt) {
    const text = this.changes["autograd.py"];
    if (text === undefined) return;
    const findings = await this.client.checkGradients(text).catch(() => null); // the run says what is wrong
    if (findings && attempt === this.#attempt) gradients.textContent = gradientWords(findings);
  }

  /**
   * The page has another text than the run: there is nothing to hold it against.
   * @param {number} attempt
   * @param {Promise<Progress>} ended
   */
  async #endAlone(attempt, ended) {
    const ours = await ended;
    if (attempt !== this.#attempt) return;
    this.#become("ended");
    this.#say(`${endWords(ours)} The page has another text by now, so the original was not trained beside it. Open the file again to compare.`);
  }

  /**
   * The original's run beside this one, and when both are at their ends, what can be said.
   * @param {number} attempt
   * @param {Settings} settings
   * @param {Promise<Progress>} ended
   */
  async #compare(attempt, settings, ended) {
    const isOld = () => attempt !== this.#attempt;
    const beside = this.#page.call("beside", "original", settings).then(
      (theirs) => {
        if (theirs && !isOld()) this.#chart.replaceOriginal(theirs.losses);
        return theirs;
      },
      (error) => /** @type {Error} */ (error),
    );
    const ours = await ended;
    if (isOld()) return;
    this.#become("ended");
    this.#say(endWords(ours));
    const theirs = await beside.then((each) => this.#byTheSameEngine(each, settings));
    if (isOld() || !theirs) return;
    if (theirs instanceof Error) return this.#say(`${endWords(ours)} The original could not be trained beside it: ${theirs.message}`);
    const measured = await this.#measure(ours, theirs);
    if (isOld() || !measured) return;
    this.#judge(settings, measured, theirs.losses);
    if (ours.ending !== "diverged") await this.#samples.draw(true);
    this.#prepare();
  }

  /** Brings Python up for the next run. Who starts that hears what is wrong with it. */
  #prepare() {
    if (!view.hidden) this.client.prepare().catch(() => {});
  }

  /**
   * The original's run by the engine that computes the changed one, where only the last digits
   * differ: so it shows whether that is the engine's doing. Not by the scalar one, which is slow.
   * @param {Progress | Error | null} theirs
   * @param {Settings} settings
   */
  #byTheSameEngine(theirs, settings) {
    const engine = this.run && !this.run.note ? this.run.engine : "scalar"; // which computes what the other can't
    const isClose = theirs && !(theirs instanceof Error) && agreement(this.#chart.changed.all, theirs.losses).kind === "close";
    return isClose && engine !== "scalar" ? this.#page.call("beside", "original", { ...settings, engine }) : theirs;
  }

  /**
   * Both on lines that neither has learned from; the slower one decides on how many.
   * @param {Progress} ours
   * @param {Progress} theirs
   */
  async #measure(ours, theirs) {
    const one = await this.client.unseen(0);
    const other = one?.documents ? await this.#page.call("besideUnseen", "original", one.documents) : null;
    const both = one && other && one.documents === other.documents;
    if (both) return { documents: one.documents, ours: one.loss, theirs: other.loss };
    return one && { documents: 0, ours: finalLoss(ours), theirs: finalLoss(theirs) };
  }

  /**
   * @param {Settings} settings
   * @param {import("./run-words.js").Measured} measured
   * @param {Float64Array} theirs losses
   */
  #judge(settings, measured, theirs) {
    const files = Object.keys(this.changes);
    if (measured.documents) this.#chart.unseen(measured);
    const found = agreement(this.#chart.changed.all, theirs);
    same.textContent = agreementWords(found);
    loss.textContent = found.kind === "different" ? lossWords(measured, files) : "";
    note.textContent = found.kind === "different" ? noteWords(measured, files) : "";
    verdict.hidden = false;
    if (found.kind === "different" && comparable(measured, files)) this.#seeds.offer(settings, measured);
  }
}

/** @param {Progress} progress */
function endWords({ step, seconds, ending, problem }) {
  if (ending === "diverged") return `${problem} The losses so far and your code are kept.`;
  return `Trained ${counted(step, "step")} in ${elapsed(seconds)}.`;
}
