/**
 * Requests one at a time, and what becomes of one that comes while another is being
 * answered: a policy, by its name. For page and worker; not about what is requested.
 */

/**
 * - "wait": after all that came before.
 * - "drop": not at all.
 * - "newest wins": in place of those that came before with the same policy. One that is
 *   waiting is dropped; one that is running hears of it by its signal, and is waited for.
 * @typedef {"wait" | "drop" | "newest wins"} Policy
 */

/**
 * @typedef {object} Request
 * @property {Policy} policy
 * @property {(signal: AbortSignal) => unknown} task
 * @property {AbortController} controller
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

export class Queue {
  /** @type {Request | null} */
  #running = null;
  /** @type {Request[]} */
  #waiting = [];

  /** Whether there is a request, running or waiting, that has not been called off. */
  get busy() {
    return this.#waiting.length > 0 || (this.#running?.controller.signal.aborted === false);
  }

  /**
   * @template T
   * @param {Policy} policy
   * @param {(signal: AbortSignal) => T | Promise<T>} task begins at once if nothing is running
   * @returns {Promise<T | undefined>} undefined where it was dropped
   */
  run(policy, task) {
    if (policy === "drop" && this.busy) return Promise.resolve(undefined);
    if (policy === "newest wins") this.#callOff((request) => request.policy === policy);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ policy, task, controller: new AbortController(), resolve, reject });
      if (!this.#running) void this.#work();
    });
  }

  /** Calls everything off. */
  cancel() {
    this.#callOff(() => true);
  }

  /** @param {(request: Request) => boolean} which */
  #callOff(which) {
    if (this.#running && which(this.#running)) this.#running.controller.abort();
    const dropped = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((request) => !which(request));
    for (const { resolve } of dropped) resolve(undefined);
  }

  async #work() {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#running = next;
      try {
        next.resolve(await next.task(next.controller.signal));
      } catch (error) {
        next.reject(error);
      }
    }
    this.#running = null;
  }
}
