/**
 * The page's side of its worker. Not about what is said: types.d.ts lists the methods and
 * the events. The worker that runs changed code is another: code/confined.js.
 */

import { Calls } from "./calls.js";
import { begin, first, listening, site, watchLoading } from "./early.js";
import { Watch } from "./watch.js";

const ENDED = "EndedError";

/** An error that came from the worker; MicrogptError where the visitor can mend it. */
export class WorkerError extends Error {
  /** @param {WireError} wire */
  constructor({ name, message, stack, field = "" }) {
    super(message);
    this.name = name;
    /** The hyperparameter, or the part of a request for samples, that it is about, or "". */
    this.field = field;
    if (stack) this.stack = stack;
  }
}

/** The worker was ended before it answered. What that means is said once: see rescue.js. */
class EndedError extends Error {
  name = ENDED;
}

/**
 * Whether that is all that went wrong.
 * @param {unknown} error
 */
export function wasEnded(error) {
  return error instanceof Error && error.name === ENDED;
}

/**
 * Announces `restarted` when another worker has taken the place of one that was ended: what that
 * had been told, this has to be.
 * @extends {Calls<Methods, Events>}
 */
export class Client extends Calls {
  /** The one that is there, or is being begun. */
  #worker = first;
  #up = false;
  /** How many of the unanswered requests are only questions whether anybody is there. */
  #questions = 0;
  watch = new Watch(
    () => this.#up && this.unanswered > this.#questions,
    () => this.#isThere(),
  );

  constructor() {
    super();
    this.#follow(first);
    this.#tellLoading().catch(() => {}); // that it isn't known how much there is fails the worker, too
    this.on("ready", () => {
      this.#up = true;
      this.watch.begin();
    });
    // Of those who only tell it something.
    addEventListener("unhandledrejection", (event) => {
      if (wasEnded(event.reason)) event.preventDefault();
    });
  }

  /** @param {Promise<Worker>} begun */
  #follow(begun) {
    this.#worker = begun;
    begun.then(
      (worker) => this.#listen(worker),
      ({ name, message, stack }) => this.tell("failed", { name, message, stack }),
    );
  }

  /** @param {Worker} worker */
  #listen(worker) {
    this.connect(worker);
    worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "Its worker could not be started.";
      this.tell("failed", { name: "Error", message, stack: "" });
    };
    listening(worker);
  }

  async #tellLoading() {
    const { loaded: total } = await site;
    watchLoading((bytes) => {
      const stage = bytes < total ? "Loading Python" : "Starting Python";
      this.tell("loading", { bytes: Math.min(bytes, total), total, stage });
    });
  }

  async #isThere() {
    this.#questions++;
    try {
      await this.call("isThere");
    } finally {
      this.#questions--;
    }
  }

  /**
   * What is asked for while nobody is there waits; for ever, where there is nobody: that is told for all.
   * @override
   * @template {keyof Methods & string} K
   * @param {K} method
   * @param {Methods[K] extends (...args: infer A) => any ? A : never} args
   * @returns {Promise<Methods[K] extends (...args: any[]) => infer R ? R : never>}
   */
  async call(method, ...args) {
    await this.#worker.catch(() => new Promise(() => {}));
    return super.call(method, ...args);
  }

  /** @override */
  asked() {
    this.watch.begin();
  }

  /** @override @param {WireError} error */
  raised(error) {
    return new WorkerError(error);
  }

  /** Ends the worker at once; it can't be used again. */
  end() {
    void this.#terminate();
  }

  /** Ends the worker at once, whatever it does, and with it those that help it; another takes its place. */
  restart() {
    this.end();
    this.#up = false;
    this.disconnect(new EndedError("Python was ended before it answered."));
    this.tell("keeping", ""); // it has let go of its run
    this.#follow(begin());
    this.dispatchEvent(new Event("restarted"));
  }

  async #terminate() {
    const worker = await this.#worker.catch(() => null); // that there is none was told
    if (worker) worker.onerror = null;
    worker?.terminate();
  }
}
