/** What the page asks of Python and waits for, one request at a time; the state has its name meanwhile. */

import { Queue } from "./queue.js";

export class Requests {
  #queue = new Queue();
  #state;

  /** @param {import("./states.js").PageState} state */
  constructor(state) {
    this.#state = state;
  }

  /**
   * @param {import("./queue.js").Policy} policy
   * @param {string} doing what is shown until it is done
   * @param {(signal: AbortSignal) => Promise<unknown>} task
   */
  run(policy, doing, task) {
    return this.#queue.run(policy, async (signal) => {
      this.#state.note({ doing });
      try {
        await task(signal);
      } finally {
        this.#state.note({ doing: null });
      }
    });
  }
}
