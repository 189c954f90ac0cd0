/**
 * The page's side of its worker. Not about what is said: types.d.ts lists the methods and
 * the events. The worker that runs changed code is another: code/confined.js.
 */

import { Calls } from "./calls.js";
import { first, listening, site, watchLoading } from "./early.js";

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

/** @extends {Calls<Methods, Events>} */
export class Client extends Calls {
  #worker = first.then((worker) => this.#begin(worker));

  constructor() {
    super();
    this.#worker.catch(({ name, message, stack }) => this.tell("failed", { name, message, stack }));
    this.#tellLoading().catch(() => {}); // that it isn't known how much there is fails the worker, too
  }

  /** @param {Worker} worker */
  #begin(worker) {
    this.connect(worker);
    worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "Its worker could not be started.";
      this.tell("failed", { name: "Error", message, stack: "" });
    };
    listening(worker);
    return worker;
  }

  async #tellLoading() {
    const { loaded: total } = await site;
    watchLoading((bytes) => {
      const stage = bytes < total ? "Loading Python" : "Starting Python";
      this.tell("loading", { bytes: Math.min(bytes, total), total, stage });
    });
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

  /** @override @param {WireError} error */
  raised(error) {
    return new WorkerError(error);
  }

  /** Ends the worker at once; it can't be used again. */
  end() {
    this.#worker.then((worker) => worker.terminate()).catch(() => {}); // that there is none was told
  }
}
