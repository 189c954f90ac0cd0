/**
 * The page's side of its worker. Not about what is said: types.d.ts lists the methods and
 * the events. The worker that runs changed code is another: code/confined.js.
 */

import { Calls } from "./calls.js";
import { listening, worker } from "./early.js";

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
  constructor() {
    super();
    this.connect(worker);
    worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "worker.js or a module that it needs could not be loaded.";
      this.tell("failed", { name: "Error", message, stack: "" });
    };
    listening();
  }

  /** @override @param {WireError} error */
  raised(error) {
    return new WorkerError(error);
  }

  /** Ends the worker at once; it can't be used again. */
  end() {
    worker.terminate();
  }
}
