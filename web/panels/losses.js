/** Every loss of a run, a smoothed line, and fewer points of both to draw. */

const SMOOTHING = 0.98; // share of the old mean that is kept at each step: about 50 steps back

export class Losses {
  count = 0;
  #raw = new Float64Array(1024);
  #smooth = new Float64Array(1024);
  #mean = 0;

  /** @param {Float64Array} losses of the next steps, in nats */
  add(losses) {
    this.#reserve(this.count + losses.length);
    for (const loss of losses) {
      this.#mean = SMOOTHING * this.#mean + (1 - SMOOTHING) * loss;
      this.#raw[this.count] = loss;
      this.count++;
      // The mean begins at 0, so it is too small at first, by this factor.
      this.#smooth[this.count - 1] = this.#mean / (1 - SMOOTHING ** this.count);
    }
  }

  /** @param {number} step from 1 */
  raw(step) {
    return this.#raw[step - 1] ?? NaN;
  }

  /** @param {number} step from 1 */
  smooth(step) {
    return this.#smooth[step - 1] ?? NaN;
  }

  /**
   * Steps to draw: all, or of each bucket the two with its lowest and highest
   * loss, so that no spike is lost however many steps share a pixel.
   * @param {number} buckets
   * @returns {[number[], number[], number[]]} steps, losses, smoothed losses
   */
  points(buckets) {
    /** @type {number[]} */
    let steps = [];
    if (this.count <= 2 * buckets) {
      steps = Array.from({ length: this.count }, (_, i) => i + 1);
    } else {
      for (let b = 0; b < buckets; b++) {
        const from = Math.floor((b * this.count) / buckets);
        const to = Math.floor(((b + 1) * this.count) / buckets);
        steps.push(...this.#extremes(from, to));
      }
    }
    return [steps, steps.map((s) => this.raw(s)), steps.map((s) => this.smooth(s))];
  }

  /**
   * At most so many steps, evenly spread, the last one among them.
   * @param {number} most
   */
  evenly(most) {
    const rows = Math.min(most, this.count);
    return Array.from({ length: rows }, (_, i) => Math.round(((i + 1) * this.count) / rows));
  }

  /** The whole run as CSV, in pieces: a line a step, numbers in full precision. */
  csv() {
    const pieces = ["step,loss\n"];
    for (let i = 0; i < this.count; i++) pieces.push(`${i + 1},${this.#raw[i]}\n`);
    return pieces;
  }

  /**
   * @param {number} from index of the first
   * @param {number} to index after the last
   */
  #extremes(from, to) {
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (/** @type {number} */ (this.#raw[i]) < /** @type {number} */ (this.#raw[low])) low = i;
      if (/** @type {number} */ (this.#raw[i]) > /** @type {number} */ (this.#raw[high])) high = i;
    }
    return low === high ? [low + 1] : [Math.min(low, high) + 1, Math.max(low, high) + 1];
  }

  /** @param {number} length */
  #reserve(length) {
    if (length <= this.#raw.length) return;
    const size = Math.max(length, 2 * this.#raw.length);
    for (const key of /** @type {const} */ (["raw", "smooth"])) {
      const bigger = new Float64Array(size);
      bigger.set(key === "raw" ? this.#raw : this.#smooth);
      if (key === "raw") this.#raw = bigger;
      else this.#smooth = bigger;
    }
  }
}
