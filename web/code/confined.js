/**
 * Runs changed code of the algorithm in a worker of its own, with no way out, and ends it
 * whenever that is wanted. Not about what the code is, nor about how it is shown.
 *
 *     const client = new ConfinedClient(site);
 *     client.on("progress", ({ step, losses }) => …);      // as the page's worker tells it
 *     client.on("failed", ({ file, line, message }) => …); // the worker is ended by then
 *     void client.prepare();                               // Python comes up, for the next run
 *     const run = await client.start({ sources: { "model.py": text }, text: { data, name }, settings });
 *     client.end();                                        // at any time, and at once
 *
 * `start` throws a CodeError that says what went wrong, with the place in the changed files;
 * called again it ends the run before, and another worker takes its place. Where `end` is
 * called while it is starting, it throws one with the name "Ended". What was printed comes as
 * `printed`; `learning` and `sampled` come as from the page's worker; `quiet` where nothing was
 * said for long though something is to be heard, perhaps for a loop that never ends.
 */

import { Calls } from "../page/calls.js";
import { address } from "../page/site.js";
import { RECIPE_CHARACTERS } from "../panels/share-words.js";
import { openCell } from "./cell.js";
import { heard, heardAnswer, heardProblem, MOST_STEPS } from "./heard.js";

/** How long something may take, in ms. */
const PATIENCE = {
  up: 90_000, // Python takes seconds to start, more on a busy machine
  begin: 60_000,
  quiet: 10_000, // longer than any step
};
const NOT_BEGUN = "The changed code has not begun to train: perhaps it has a loop that never ends.";
const MOST_MESSAGES = 3000; // in a second; training has some hundred, and as many lines can be printed at once
const NO_ANSWER = "The changed code has answered with something that is no answer.";
const TOO_MUCH = "The changed code says more than can be heard.";
/** What to say beside a CodeError. */
export const KEPT = "The worker that ran it was ended. Your text, your code and the page’s own model are as they were.";

/** What went wrong with changed code, or with starting it. */
export class CodeError extends Error {
  /** @param {Partial<CodeProblem>} problem */
  constructor({ name = "Error", message = "", field = "", file = "", line = 0, traceback = "" }) {
    super(message);
    this.name = name;
    /** The hyperparameter that it is about, or "". */
    this.field = field;
    /** Of gpt/, as "model.py"; "" where it is in none that was changed. */
    this.file = file;
    /** From 1; 0 where it is in none. */
    this.line = line;
    this.traceback = traceback;
  }
}

/** A worker in which Python comes up, and nothing runs yet. */
class Fresh {
  #life = new AbortController();
  /** Told where the worker breaks down. @type {(problem: Partial<CodeProblem>) => void} */
  onbroken = () => {};
  /** Done when Python is up: then it can be talked to. @type {Promise<MessagePort>} */
  up;

  /**
   * @param {Site} site
   * @param {number} milliseconds that it may take
   */
  constructor(site, milliseconds) {
    const late = { name: "Late", message: "Python has not come up in the worker for changed code. Nothing was run. Try again, or reload the page." };
    /** @type {Promise<never>} */
    const broken = new Promise((_, reject) => (this.onbroken = (problem) => reject(new CodeError(problem))));
    const timer = setTimeout(() => this.onbroken(late), milliseconds);
    this.up = Promise.race([this.#raise(site), broken]).finally(() => clearTimeout(timer));
    this.up.catch(() => this.end()); // who starts a run in it hears why
  }

  /** @param {Site} site */
  async #raise(site) {
    const port = await openCell(site, this.#life.signal, (message) => this.onbroken({ message }));
    const { event, detail } = await /** @type {Promise<any>} */ (
      new Promise((resolve) => (port.onmessage = ({ data }) => resolve(data ?? {})))
    );
    if (event !== "up") throw new CodeError(event === "failed" ? heardProblem(detail) : { message: NO_ANSWER });
    return port;
  }

  end() {
    this.#life.abort();
  }
}

/** @extends {Calls<ConfinedMethods, ConfinedEvents>} */
export class ConfinedClient extends Calls {
  #site;
  #patience;
  /** For the next run. @type {Fresh | null} */
  #fresh = null;
  /** Of the run that is here. @type {Fresh | null} */
  #worker = null;
  /** Ends all that waits for it. */
  #life = new AbortController();
  #running = false;
  /** Whether it trains, and so says how far it is. */
  #trains = false;
  /** How many calls wait for an answer. */
  #asked = 0;
  #quiet = 0; // a timer
  #wasQuiet = false;
  /** Messages since then. */
  #said = { messages: 0, since: 0 };
  /** How many losses and samples there can still be. */
  #left = { losses: MOST_STEPS, samples: 0 };

  /**
   * @param {Site} site
   * @param {Partial<typeof PATIENCE>} [patience]
   */
  constructor(site, patience = {}) {
    super();
    this.#site = site;
    this.#patience = { ...PATIENCE, ...patience };
  }

  /** Brings Python up, in a worker in which nothing runs yet; a run that is here goes on. */
  async prepare() {
    const fresh = (this.#fresh ??= new Fresh(this.#site, this.#patience.up));
    try {
      return await fresh.up;
    } catch (error) {
      if (this.#fresh === fresh) this.#fresh = null; // perhaps the next one
      throw error;
    }
  }

  /**
   * Trains with changed code; the run before is ended.
   * @param {ChangedRun | ContinuedRun} run
   * @returns {Promise<RunReport>} when it has begun
   */
  async start(run) {
    this.end();
    const { signal } = this.#life;
    const port = await unlessAborted(signal, this.prepare());
    [this.#worker, this.#fresh] = [this.#fresh, null];
    if (this.#worker) this.#worker.onbroken = (problem) => this.#fail(problem);
    this.connect(port);
    this.#trains = true;
    const timer = setTimeout(() => this.#fail({ name: "Late", message: NOT_BEGUN }), this.#patience.begin);
    try {
      const report = await unlessAborted(signal, this.call("begin", run));
      this.#running = true;
      return report;
    } catch (error) {
      if (!signal.aborted) this.end();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Trains no further until `resume`. */
  pause() {
    this.#trains = false;
    return this.call("pause");
  }

  resume() {
    this.#trains = true;
    return this.call("resume");
  }

  /**
   * Whether the operations of a text of autograd.py have the right gradients.
   * @param {string} text
   * @returns {Promise<Finding[]>}
   */
  checkGradients(text) {
    return this.call("checkGradients", text);
  }

  /**
   * The loss on lines that the run has not learned from.
   * @param {number} most 0: as many as there is time for
   * @returns {Promise<Unseen | null>}
   */
  unseen(most) {
    return this.call("unseen", most);
  }

  /**
   * Another run of the same code on the same text, beside the one that is here; the event
   * `again` tells how far it is.
   * @param {Settings} settings
   * @returns {Promise<Progress | null>} with all losses, at its end; null where it was stopped
   */
  again(settings) {
    this.#left.losses += MOST_STEPS;
    return this.call("again", settings);
  }

  /**
   * The loss of that run on lines that it has not learned from.
   * @param {number} most
   * @returns {Promise<Unseen | null>}
   */
  againUnseen(most) {
    return this.call("againUnseen", most);
  }

  /** That run goes no further, where its code lets it be heard. */
  stopAgain() {
    return this.call("stopAgain");
  }

  /** Draws samples, which come as `sampled`. @param {SampleRequest} request */
  sample(request) {
    this.#left.samples += request.count;
    return this.call("sample", request);
  }

  /** The run as a file, which can go on only where its code runs. @returns {Promise<Uint8Array<ArrayBuffer>>} */
  saveRun() {
    return this.call("saveRun");
  }

  /** A Python program that repeats the run. @returns {Promise<string>} */
  twin() {
    return this.call("twin");
  }

  /** A link with text, settings and changed code. @returns {Promise<RecipeReport>} */
  async recipe() {
    return here(await this.call("recipe", address(""), RECIPE_CHARACTERS, { ...this.#site.exampleHashes }));
  }

  /** A link with the model, and none of its code; null where it was called off. @returns {Promise<LinkReport | null>} */
  async link() {
    const report = await this.call("link", address(""));
    return report && here(report);
  }

  /** Whether a run that follows a recipe has come to the very same weights. @returns {Promise<RecipeOutcome>} */
  recipeOutcome() {
    return this.call("recipeOutcome");
  }

  /** Ends the worker at once, whatever it does. */
  end(reason = new CodeError({ name: "Ended", message: "The changed code was stopped." })) {
    clearInterval(this.#quiet);
    this.#life.abort(reason);
    this.#life = new AbortController();
    this.#worker?.end();
    this.#worker = null;
    this.#running = this.#trains = this.#wasQuiet = false;
    this.#said = { messages: 0, since: 0 };
    this.#left = { losses: MOST_STEPS, samples: 0 };
    this.disconnect(reason);
  }

  /**
   * @override
   * @template {keyof ConfinedMethods} K
   * @param {K} method
   * @param {Parameters<ConfinedMethods[K]>} args
   * @returns {Promise<any>}
   */
  async call(method, ...args) {
    this.#asked++;
    this.#expectNews();
    try {
      return this.#answer(method, await super.call(method, .../** @type {any} */ (args)));
    } finally {
      this.#asked--;
      this.#expectNews();
    }
  }

  /**
   * @param {keyof ConfinedMethods} method
   * @param {unknown} answer
   */
  #answer(method, answer) {
    try {
      return heardAnswer(method, answer);
    } catch {
      const problem = { message: NO_ANSWER };
      this.#fail(problem);
      throw new CodeError(problem);
    }
  }

  /** @override @param {any} message whoever has written it */
  receive(message) {
    if (this.#saysTooMuch()) return this.#fail({ message: TOO_MUCH });
    this.#expectNews();
    try {
      if ("event" in message) this.#hear(message.event, heard(message.event, message.detail));
      else if ("error" in message) super.receive({ id: message.id, error: new CodeError(heardProblem(message.error)) });
      else super.receive({ id: message.id, result: message.result }); // taken apart by who has asked
    } catch {
      this.#fail({ message: NO_ANSWER });
    }
  }

  /**
   * @param {keyof ConfinedEvents} event
   * @param {any} detail
   */
  #hear(event, detail) {
    if (event === "failed") return this.#fail(detail);
    this.#left.losses -= detail.losses?.length ?? 0;
    if (event === "sampled") this.#left.samples--;
    if (this.#left.losses < 0 || this.#left.samples < 0) return this.#fail({ message: TOO_MUCH });
    if (event === "progress" && detail.ending) this.#trains = false;
    this.tell(event, detail);
  }

  /** Whether it talks so fast that the page can't do anything else. */
  #saysTooMuch() {
    const now = performance.now();
    if (now - this.#said.since > 1000) Object.assign(this.#said, { messages: 0, since: now });
    return ++this.#said.messages > MOST_MESSAGES;
  }

  /** @param {Partial<CodeProblem>} problem */
  #fail(problem) {
    const error = new CodeError(problem);
    const wasRunning = this.#running;
    this.end(error);
    if (wasRunning) this.tell("failed", error); // else who starts it hears of it
  }

  /** Something was said, or is waited for, from now on. */
  #expectNews() {
    clearInterval(this.#quiet);
    if (this.#wasQuiet) this.tell("quiet", { seconds: 0 });
    this.#wasQuiet = false;
    if (!this.#worker || !(this.#trains || this.#asked)) return;
    const since = performance.now();
    this.#quiet = setInterval(() => {
      this.#wasQuiet = true;
      this.tell("quiet", { seconds: Math.round((performance.now() - since) / 1000) });
    }, this.#patience.quiet);
  }
}

/**
 * @template T
 * @param {AbortSignal} signal
 * @param {Promise<T>} promise
 * @returns {Promise<T>} which fails at once, and for that reason, where it is called off
 */
function unlessAborted(signal, promise) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    promise.then(resolve, reject);
  });
}

/**
 * A link to this page, whatever address the worker has written before the #.
 * @template {{address: string, characters: number}} R
 * @param {R} report
 * @returns {R}
 */
function here(report) {
  const whole = address("") + report.address;
  return { ...report, address: whole, characters: whole.length };
}
