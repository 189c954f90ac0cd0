/**
 * A run beside the one that is followed, on the same text: trained in slices, measured, and
 * sampled, while the session answers all else. Not about what it is held against.
 */

import { Queue } from "../page/queue.js";
import { given, taken } from "./python.js";
import { drawFrom, SLICE_MS } from "./trainer.js";
import { turn } from "./turn.js";

export class Beside {
  #tell;
  #training = new Queue();
  #measuring = new Queue();
  #drawing = new Queue();
  /** Python's session with the run, which this owns. @type {any} */
  #session = null;

  /** @param {(progress: Progress) => void} tell is told how far it is, again and again */
  constructor(tell) {
    this.#tell = tell;
  }

  /**
   * A run from its beginning to its end, in place of the one before.
   * @param {any} session Python's, which has the text
   * @param {Settings} settings
   * @returns {Promise<Progress | null>} with all losses; null where it was stopped
   */
  async train(session, { hyperparameters, engine }) {
    this.stop();
    const done = await this.#training.run("newest wins", async (signal) => {
      this.#session?.destroy();
      this.#session = null;
      this.#session = given(hyperparameters, (values) => session.beside(values, engine));
      return this.#slices(signal);
    });
    return done ?? null;
  }

  /** @param {AbortSignal} signal @returns {Promise<Progress | null>} */
  async #slices(signal) {
    const found = /** @type {Progress} */ (taken(this.#session.so_far()));
    if (found.ending) return found; // it is the one that is followed
    while (!signal.aborted) {
      await turn();
      const progress = /** @type {Progress} */ (taken(this.#session.advance(SLICE_MS)));
      this.#tell(progress);
      if (progress.ending) return { .../** @type {Progress} */ (taken(this.#session.so_far())), problem: progress.problem };
    }
    return null;
  }

  /**
   * The loss on lines that it has not learned from.
   * @param {number} most lines
   */
  async unseen(most) {
    return this.#session && measureUnseen(this.#session, most, this.#measuring);
  }

  /**
   * @param {SampleRequest} request
   * @param {(sample: Sample & {ticket: number}) => void} receive
   */
  async draw({ ticket, count, temperature, prefix, original }, receive) {
    if (!this.#session) return;
    const samples = this.#session.sample_piecewise(count, temperature, prefix, original);
    try {
      await this.#drawing.run("newest wins", (signal) =>
        drawFrom(samples, (sample) => receive({ ...sample, ticket }), () => !signal.aborted),
      );
    } finally {
      samples.destroy();
    }
  }

  stop() {
    for (const queue of [this.#training, this.#measuring, this.#drawing]) queue.cancel();
  }
}

/**
 * The loss of a session's run on lines that it has not learned from, in pieces.
 * @param {any} session Python's
 * @param {number} most lines; 0: as many as there is time for
 * @param {Queue} queue in which it can be called off
 * @returns {Promise<Unseen | null>} null where it was
 */
export async function measureUnseen(session, most, queue) {
  const found = await queue.run("newest wins", async (signal) => {
    const pieces = session.unseen(most);
    try {
      while (!signal.aborted) {
        const { value } = pieces.next();
        if (value) return /** @type {Unseen} */ (taken(value));
        await turn();
      }
      return null;
    } finally {
      pieces.destroy();
    }
  });
  return found ?? null;
}
