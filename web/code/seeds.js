/**
 * Both algorithms with four more seeds, so that a difference can be told from chance. Not about
 * the first pair of runs: run.js.
 */

import { byId } from "../page/dom.js";
import { counted } from "../page/format.js";
import { finalLoss, paired } from "./comparison.js";
import { pairedWords } from "./run-words.js";

const SEEDS = 5;
const PATIENCE_MS = 3000; // for code to let itself be stopped

/** @typedef {import("./run-words.js").Measured} Measured */

const go = /** @type {HTMLButtonElement} */ (byId("code-seeds-go"));
const stop = /** @type {HTMLButtonElement} */ (byId("code-seeds-stop"));
const bar = /** @type {HTMLProgressElement} */ (byId("code-seeds-progress"));
const said = byId("code-seeds-said");

export class Seeds {
  #page;
  #client;
  /** The first pair. @type {{settings: Settings, measured: Measured} | null} */
  #first = null;
  /** Counts comparisons: what comes of one that was stopped is thrown away. */
  #attempt = 0;
  #done = 0; // seeds
  #onStuck;

  /**
   * @param {import("../page/client.js").Client} page
   * @param {import("./confined.js").ConfinedClient} client
   * @param {() => void} onStuck the changed code can't be stopped but with its worker
   */
  constructor(page, client, onStuck) {
    this.#page = page;
    this.#onStuck = onStuck;
    this.#client = client;
    client.on("again", ({ step, steps }) => (bar.value = (this.#done + step / Math.max(1, steps)) / SEEDS));
    client.on("quiet", ({ seconds }) => {
      if (seconds && !stop.hidden) said.textContent = `The changed code has said nothing for ${seconds} s. Stop ends this.`;
    });
    go.addEventListener("click", () => void this.#compare());
    stop.addEventListener("click", () => {
      this.#end(`Stopped after ${counted(this.#done, "seed")}. The run is as it was.`);
      go.focus();
    });
  }

  /** There is a pair of runs, whose figures can be compared. @param {Settings} settings @param {Measured} measured */
  offer(settings, measured) {
    this.#first = { settings, measured };
    go.hidden = false;
  }

  clear() {
    this.#end("");
    this.#first = null;
    go.hidden = true;
  }

  /** Nothing is trained any more. @param {string} words */
  #end(words) {
    const wasGoing = !stop.hidden;
    this.#attempt++;
    stop.hidden = bar.hidden = true;
    go.hidden = this.#first === null;
    said.textContent = words;
    if (!wasGoing) return;
    const stuck = setTimeout(() => this.#onStuck(), PATIENCE_MS);
    // It throws where the worker has ended.
    this.#client.stopAgain().catch(() => {}).finally(() => clearTimeout(stuck));
    this.#page.call("stopBeside", "again").catch(() => {});
  }

  async #compare() {
    const first = this.#first;
    if (!first) return;
    const attempt = ++this.#attempt;
    const isOver = () => attempt !== this.#attempt;
    go.hidden = true;
    stop.hidden = bar.hidden = false;
    stop.focus();
    const all = [first.measured];
    try {
      for (this.#done = 1; this.#done < SEEDS; this.#done++) {
        bar.value = this.#done / SEEDS;
        said.textContent = `Seed ${this.#done + 1} of ${SEEDS} …`;
        const measured = await this.#pair(first, this.#done);
        if (isOver()) return;
        if (measured) all.push(measured);
      }
      this.#end(resultWords(all));
    } catch (error) {
      if (!isOver()) this.#end(`The comparison came to no end: ${/** @type {Error} */ (error).message} The first run is kept.`);
    }
  }

  /**
   * @param {{settings: Settings, measured: Measured}} first
   * @param {number} more than the first seed
   * @returns {Promise<Measured | null>}
   */
  async #pair({ settings: { hyperparameters, engine }, measured: { documents } }, more) {
    const settings = { engine, hyperparameters: { ...hyperparameters, seed: Number(hyperparameters.seed) + more } };
    const [ours, theirs] = await Promise.all([this.#client.again(settings), this.#page.call("beside", "again", settings)]);
    if (!ours || !theirs) return null;
    if (!documents) return { documents, ours: finalLoss(ours), theirs: finalLoss(theirs) };
    const [one, other] = await Promise.all([this.#client.againUnseen(documents), this.#page.call("besideUnseen", "again", documents)]);
    return one && other && { documents, ours: one.loss, theirs: other.loss };
  }
}

/** @param {Measured[]} all */
function resultWords(all) {
  const good = all.filter(({ ours, theirs }) => Number.isFinite(ours) && Number.isFinite(theirs));
  if (good.length < all.length) return `With ${all.length - good.length} of ${counted(all.length, "seed")} a loss can’t be computed: there is no average.`;
  return pairedWords(paired(all.map(({ ours }) => ours), all.map(({ theirs }) => theirs)), Number(all[0]?.documents) > 0);
}
