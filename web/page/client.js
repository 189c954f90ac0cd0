/**
 * The page's side of the worker: requests with answers, and events.
 * Not about what is said: types.d.ts lists the methods and the events.
 */

import { address } from "./site.js";

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

export class Client extends EventTarget {
  #worker;
  #next = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  constructor() {
    super();
    this.#worker = new Worker(address("worker/worker.js"), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "worker.js or a module that it needs could not be loaded.";
      this.#receive({ event: "failed", detail: { name: "Error", message, stack: "" } });
    };
  }

  /**
   * @template {keyof Methods} M
   * @param {M} method
   * @param {Parameters<Methods[M]>} args
   * @returns {Promise<ReturnType<Methods[M]>>}
   */
  call(method, ...args) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A text is handed over, not copied: it can be 20 MB.
      const handedOver = args.filter((value) => value instanceof ArrayBuffer);
      this.#worker.postMessage({ id, method, args }, handedOver);
    });
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {(detail: Events[E]) => void} listener
   */
  on(event, listener) {
    this.addEventListener(event, (e) => listener(/** @type {CustomEvent} */ (e).detail));
  }

  /** Ends the worker at once; it can't be used again. */
  end() {
    this.#worker.terminate();
  }

  /** @param {WorkerMessage} message */
  #receive(message) {
    if ("event" in message) {
      this.dispatchEvent(new CustomEvent(message.event, { detail: message.detail }));
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(new WorkerError(message.error));
    else waiting?.resolve(message.result);
  }
}
