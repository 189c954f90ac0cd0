/** Every loss of a run, and means over any of its steps. Not about what is drawn: see trend.js. */

// From the middle of the window of a smoothed loss to its ends: steps, and if that is more, a share of all.
const SIDE = 25;
const SHARE = 0.01;
const PIECE = 10_000; // lines of a CSV file in one string: of a string for each, a million take seconds

export class Losses {
  count = 0;
  #raw = new Float64Array(1024);
  /** Of all losses up to a step, so that a mean costs the same however many steps it is of. */
  #sums = new Float64Array(1024);

  /** @param {Float64Array} losses of the next steps, in nats */
  add(losses) {
    this.#reserve(this.count + losses.length);
    let sum = this.#sums[this.count - 1] ?? 0;
    for (const loss of losses) {
      sum += loss;
      this.#raw[this.count] = loss;
      this.#sums[this.count] = sum;
      this.count++;
    }
  }

  /** Forget those after a step. @param {number} step */
  cut(step) {
    this.count = Math.min(this.count, step);
  }

  /** @param {number} step from 1 */
  raw(step) {
    return step > this.count ? NaN : this.#raw[step - 1] ?? NaN;
  }

  /**
   * The mean over steps, both ends among them.
   * @param {number} from
   * @param {number} to
   */
  mean(from, to) {
    const before = this.#sums[from - 2] ?? 0;
    return to > this.count || to < from ? NaN : ((this.#sums[to - 1] ?? NaN) - before) / (to - from + 1);
  }

  /**
   * The mean over some 50 steps with one in the middle, over 2 % of a long run; at the end, over the last ones.
   * @param {number} step from 1
   */
  smooth(step) {
    return this.mean(...this.window(step, Math.max(SIDE, Math.floor(SHARE * this.count))));
  }

  /**
   * The steps around one, as many before it as after it; at the end, the last ones.
   * @param {number} step from 1
   * @param {number} side how many on either side, at most
   * @returns {[number, number]} the first and the last
   */
  window(step, side) {
    // At the beginning the loss falls so fast that a mean of more later than earlier ones would be too low.
    const width = Math.min(side, step - 1);
    const to = Math.min(this.count, step + width);
    return [Math.max(1, to - 2 * width), to];
  }

  /** The whole run as CSV, in pieces: a line a step, numbers in full precision. */
  csv() {
    const pieces = ["step,loss\n"];
    for (let first = 0; first < this.count; first += PIECE) {
      const losses = this.#raw.subarray(first, Math.min(this.count, first + PIECE));
      pieces.push(Array.from(losses, (loss, i) => `${first + i + 1},${loss}\n`).join(""));
    }
    return pieces;
  }

  /** @param {number} length */
  #reserve(length) {
    if (length <= this.#raw.length) return;
    const size = Math.max(length, 2 * this.#raw.length);
    this.#raw = larger(this.#raw, size);
    this.#sums = larger(this.#sums, size);
  }
}

/**
 * @param {Float64Array<ArrayBuffer>} numbers
 * @param {number} size
 */
function larger(numbers, size) {
  const all = new Float64Array(size);
  all.set(numbers);
  return all;
}
