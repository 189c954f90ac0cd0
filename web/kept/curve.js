/**
 * The curve of a run in few points, whatever its length: sums over equally many steps,
 * of which two become one whenever there are too many. For runs beside each other; the
 * chart of the run that is here has every loss.
 */

import { MOST_POINTS } from "./about.js";

const SIDE = 5; // points on each side that a point is the mean of, so that one sees more than noise
const LAST = 50; // steps

export class Curve {
  /** Steps of which a point is the mean. */
  #width = 1;
  /** @type {number[]} */
  #sums = [];
  #count = 0;
  /** The last losses. @type {number[]} */
  #last = [];

  /** How many steps there are. */
  get count() {
    return this.#count;
  }

  /** Nats: the mean over the last 50 steps; null before the first, and where it can't be computed. */
  get last() {
    const mean = sum(this.#last) / this.#last.length;
    return Number.isFinite(mean) ? mean : null;
  }

  /** @param {Float64Array} losses of the next steps, in nats */
  add(losses) {
    for (let from = 0; from < losses.length; ) {
      const at = Math.floor(this.#count / this.#width);
      const part = losses.subarray(from, from + (at + 1) * this.#width - this.#count);
      this.#sums[at] = (this.#sums[at] ?? 0) + sum(part);
      this.#count += part.length;
      from += part.length;
      if (this.#sums.length > MOST_POINTS) this.#halve();
    }
    this.#last = [...this.#last, ...losses.subarray(-LAST)].slice(-LAST);
  }

  /** @returns {Points} means at the middle of their steps, the last one at the end */
  points() {
    const all = this.#sums.map((_, at) => {
      // At the beginning as wide as it can be on both sides: later losses are lower.
      const side = Math.min(SIDE, at);
      const sums = this.#sums.slice(at - side, at + side + 1);
      const from = (at - side) * this.#width;
      const to = Math.min(this.#count, from + sums.length * this.#width);
      const middle = at * this.#width + (Math.min(this.#width, this.#count - at * this.#width) + 1) / 2;
      const step = at + 1 < this.#sums.length ? middle : this.#count;
      return { step, nats: Number((sum(sums) / (to - from)).toFixed(4)) };
    });
    const known = all.filter(({ nats }) => Number.isFinite(nats));
    return { steps: known.map(({ step }) => step), nats: known.map(({ nats }) => nats) };
  }

  #halve() {
    const sums = this.#sums;
    this.#sums = Array.from({ length: Math.ceil(sums.length / 2) }, (_, i) => {
      return /** @type {number} */ (sums[2 * i]) + (sums[2 * i + 1] ?? 0);
    });
    this.#width *= 2;
  }
}

/** @param {number[] | Float64Array} numbers */
function sum(numbers) {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
