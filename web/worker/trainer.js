/**
 * What a session computes for longer than a moment, in slices: training, samples, what
 * was learned, links. Python is synchronous; after each slice there is a turn of the event
 * queue, and that is when pause, stop and sample get through.
 */

import { Queue } from "../page/queue.js";
import { given, taken, wireError } from "./python.js";
import { turn } from "./turn.js";

export const SLICE_MS = 40; // well under the 100 ms in which a person expects an answer
const LEARNING_SHARE = 20; // times what measuring costs, between measurements while it trains …
const LEARNING_MS = 250; // … or so long, if that is longer

/** @typedef {<E extends keyof Events>(event: E, detail: Events[E]) => void} Tell */

export class Trainer {
  #session;
  #tell;
  #keeper;
  #training = new Queue();
  #drawing = new Queue();
  #measuring = new Queue();
  #linking = new Queue();
  #nextLearning = 0; // when, on the clock of performance.now()

  /**
   * @param {any} session Python's, owned for as long as the worker lives
   * @param {Tell} tell
   * @param {{save(): void, tick(): void}} keeper
   */
  constructor(session, tell, keeper) {
    this.#session = session;
    this.#tell = tell;
    this.#keeper = keeper;
  }

  /** Whether training is going on. */
  get going() {
    return this.#training.busy;
  }

  /** Another model is here: nothing goes on with the one before. */
  cancel() {
    for (const queue of [this.#training, this.#drawing, this.#measuring, this.#linking]) queue.cancel();
    this.#nextLearning = performance.now() + LEARNING_MS; // a quick run isn't held up
  }

  /** Trains until the run ends, or until it is paused, stopped or replaced. */
  async train() {
    try {
      const ended = await this.#training.run("newest wins", (signal) => this.#slices(signal));
      if (ended) this.#rest();
    } catch (error) {
      this.#tell("failed", wireError(error));
    }
  }

  pause() {
    this.#training.cancel();
    void this.#keeper.save();
  }

  /** @returns {Progress} where the run has ended */
  stop() {
    this.#training.cancel();
    const progress = taken(this.#session.stop());
    this.#rest();
    return progress;
  }

  /** @returns {Progress} where the run has ended now */
  keepBest() {
    this.cancel();
    const progress = taken(this.#session.keep_best());
    this.#rest();
    return progress;
  }

  /** What is done with a run that has ended. */
  #rest() {
    void this.#keeper.save();
    this.measure();
  }

  /** The loss on what the run doesn't learn from, until all is measured. */
  measure() {
    void this.#measuring.run("newest wins", (signal) => this.#measure(signal));
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether the run has come to its end
   */
  async #slices(signal) {
    await turn(); // the answer to the request comes before the first losses
    while (!signal.aborted) {
      const progress = /** @type {Progress} */ (taken(this.#session.advance(SLICE_MS)));
      this.#tell("progress", progress);
      if (progress.ending) return true;
      this.#measureAtTimes();
      this.#keeper.tick();
      await turn();
    }
    return false;
  }

  /** Now and then, the loss on what the run doesn't learn from. */
  #measureAtTimes() {
    const begin = performance.now();
    if (begin < this.#nextLearning) return;
    this.#learning(LEARNING_MS / LEARNING_SHARE);
    const now = performance.now();
    this.#nextLearning = now + Math.max(LEARNING_MS, LEARNING_SHARE * (now - begin));
  }

  /**
   * Samples one by one, as they are drawn; a later request ends an earlier one.
   * @param {SampleRequest} request
   */
  async draw(request) {
    const { ticket } = request;
    const receive = (/** @type {Sample} */ sample) => this.#tell("sampled", { ...sample, ticket });
    const samples = this.#startDrawing(request); // first: a request that is refused ends none
    try {
      await this.#drawing.run("newest wins", (signal) => drawFrom(samples, receive, () => !signal.aborted));
    } finally {
      samples.destroy();
    }
    this.#keeper.tick(); // the stream of samples has gone on
  }

  /**
   * What is wished for, piece by piece; a later wish or request for samples ends it.
   * @param {Wish & {ticket: number}} request
   */
  async make({ ticket, ...wish }) {
    const reports = given(wish, (values) => this.#session.make(values)); // refused, it ends none
    try {
      await this.#drawing.run("newest wins", async (signal) => {
        while (!signal.aborted) {
          const { value, done } = reports.next();
          if (done) return;
          this.#tell("made", { .../** @type {Making} */ (taken(value)), ticket });
          await turn();
        }
      });
    } finally {
      reports.destroy();
    }
    this.#keeper.tick(); // the stream of samples has gone on
  }

  /** What is being made, or drawn, goes no further. */
  stopMaking() {
    this.#drawing.cancel();
  }

  /**
   * Python's iterator of samples, which the caller destroys.
   * @param {Omit<SampleRequest, "ticket">} request
   */
  #startDrawing({ count, temperature, prefix, original }) {
    return this.#session.sample_piecewise(count, temperature, prefix, original);
  }

  /**
   * A link, made piece by piece; a later request ends an earlier one.
   * @param {string} site
   * @param {number} [maxCharacters] the best link where there is none
   * @returns {Promise<LinkReport | null>} null where it was called off
   */
  async link(site, maxCharacters) {
    const made = await this.#linking.run("newest wins", async (signal) => {
      const pieces = this.#session.link_piecewise(site, maxCharacters);
      try {
        let said = "";
        while (!signal.aborted) {
          const { value, done } = pieces.next();
          if (done) break;
          if (typeof value !== "string") return /** @type {LinkReport} */ (taken(value));
          if (value !== said) this.#tell("linking", { doing: value });
          said = value;
          await turn();
        }
        return null;
      } finally {
        pieces.destroy();
      }
    });
    return made ?? null;
  }

  stopLink() {
    this.#linking.cancel();
  }

  /** @param {AbortSignal} signal */
  async #measure(signal) {
    await turn(); // the answer to the request comes first
    while (!signal.aborted && !this.#learning(SLICE_MS).complete) await turn();
  }

  /** @param {number} milliseconds to measure */
  #learning(milliseconds) {
    const learning = /** @type {Learning} */ (taken(this.#session.learning(milliseconds)));
    this.#tell("learning", learning);
    return learning;
  }
}

/**
 * @param {any} samples Python's iterator
 * @param {(sample: Sample) => void} receive
 * @param {() => boolean} wanted whether to go on
 */
export async function drawFrom(samples, receive, wanted) {
  let sliceEnd = performance.now() + SLICE_MS;
  while (wanted()) {
    const { value, done } = samples.next();
    if (done) return;
    if (value) receive(taken(value));
    if (performance.now() < sliceEnd) continue;
    await turn();
    sliceEnd = performance.now() + SLICE_MS;
  }
}
