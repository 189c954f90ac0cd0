/**
 * The curve of a run in few points, whatever its length: means over equally many steps,
 * of which two become one whenever there are too many. For runs beside each other; the
 * chart of the run that is here has every loss.
 */

const MOST = 200; // points
const SMOOTHING = 0.98; // share of the old mean that is kept at each step: about 50 steps back

export class Curve {
  /** Steps of which a point is the mean. */
  #width = 1;
  /** @type {number[]} */
  #sums = [];
  #count = 0;
  #mean = 0;

  /** How many steps there are. */
  get count() {
    return this.#count;
  }

  /** Nats: the mean over the last steps; null before the first, and where it can't be computed. */
  get last() {
    // The mean begins at 0, so it is too small at first, by this factor.
    const loss = this.#mean / (1 - SMOOTHING ** this.#count);
    return Number.isFinite(loss) ? loss : null;
  }

  /** @param {Float64Array} losses of the next steps, in nats */
  add(losses) {
    for (const loss of losses) {
      const at = Math.floor(this.#count / this.#width);
      this.#sums[at] = (this.#sums[at] ?? 0) + loss;
      this.#count++;
      this.#mean = SMOOTHING * this.#mean + (1 - SMOOTHING) * loss;
      if (this.#sums.length > MOST) this.#halve();
    }
  }

  /** @returns {Points} each mean at the middle of its steps */
  points() {
    const size = (/** @type {number} */ at) => Math.min(this.#width, this.#count - at * this.#width);
    const all = this.#sums.map((sum, at) => ({
      step: at * this.#width + (size(at) + 1) / 2,
      nats: Number((sum / size(at)).toFixed(4)),
    }));
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
