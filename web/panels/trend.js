/**
 * The losses of a run as a curve: their mean, and the band that holds all but the lowest
 * and the highest tenth, over a window of steps around each point. Not about drawing it:
 * see loss-chart.js.
 *
 * Of neighbouring points, what is drawn is the mean: a single loss that comes into a window
 * or leaves it makes no step in the curve.
 *
 * There are at most about 900 points, closer together at the beginning, where there is
 * more to see and where a logarithmic axis is wide. A point whose window is full is never
 * computed again, until there are so many that each second one will do.
 */

const MOST = 512; // points, those at the beginning aside
const SIDE = 8; // points: from the middle of a window to its ends, 2 to 3 % of the run
const EARLY = 32; // below this many intervals the points are closer
const SEEN = 1024; // losses of a window that its band is made of, at most
const BINS = 512; // of the histogram that the band is read from
const TENTH = 0.1;

/** Numbers of the same length: at each step the mean and the band's ends, in nats. */
/** @typedef {{steps: number[], mean: number[], low: number[], high: number[]}} Points */

/** @returns {Points} */
const none = () => ({ steps: [], mean: [], low: [], high: [] });

export class Trend {
  #losses;
  /** Steps between points. */
  #interval = 1;
  /** Those whose window is full. */
  #settled = none();
  #counts = new Uint16Array(BINS);

  /** @param {import("./losses.js").Losses} losses that may grow */
  constructor(losses) {
    this.#losses = losses;
  }

  /** Those of the losses so far. @returns {Points} */
  points() {
    const { count } = this.#losses;
    while (count > MOST * this.#interval) {
      this.#interval *= 2;
      this.#settled = none();
    }
    const side = SIDE * this.#interval;
    const settled = this.#settled;
    let step = this.#next(settled.steps.at(-1) ?? 0);
    for (; step + side <= count; step = this.#next(step)) this.#add(settled, step, side);
    const points = {
      steps: [...settled.steps],
      mean: [...settled.mean],
      low: [...settled.low],
      high: [...settled.high],
    };
    for (; step < count; step = this.#next(step)) this.#add(points, step, side);
    if (count) this.#add(points, count, side);
    const { steps, mean, low, high } = points;
    return { steps, mean: eased(mean), low: eased(low), high: eased(high) };
  }

  /** @param {number} step */
  #next(step) {
    return step + Math.min(this.#interval, Math.max(1, Math.floor(step / EARLY)));
  }

  /**
   * @param {Points} points
   * @param {number} step
   * @param {number} side
   */
  #add(points, step, side) {
    const [from, to] = this.#losses.window(step, side);
    const [low, high] = this.#band(from, to);
    points.steps.push(step);
    points.mean.push(this.#losses.mean(from, to));
    points.low.push(low);
    points.high.push(high);
  }

  /**
   * The losses below which a tenth of those of a window are, and above which.
   * @param {number} from
   * @param {number} to
   * @returns {[number, number]}
   */
  #band(from, to) {
    const losses = this.#losses;
    const stride = Math.ceil((to - from + 1) / SEEN);
    let seen = 0;
    let sum = 0;
    let squares = 0;
    const first = losses.raw(from);
    for (let step = from; step <= to; step += stride) {
      const loss = losses.raw(step) - first; // small numbers: their squares keep their digits
      seen++;
      sum += loss;
      squares += loss * loss;
    }
    const mean = first + sum / seen;
    const deviation = Math.sqrt(Math.max(0, squares / seen - (sum / seen) ** 2));
    if (!(deviation > 0)) return [mean, mean];
    // No more than a tenth can lie further off than this (Cantelli's inequality).
    const least = mean - 3 * deviation;
    const scale = (BINS - 1) / (6 * deviation);
    const counts = this.#counts.fill(0);
    for (let step = from; step <= to; step += stride) {
      const bin = Math.min(BINS - 1, Math.max(0, Math.round((losses.raw(step) - least) * scale)));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const rank = Math.floor(TENTH * seen);
    return [least + binAt(counts, rank) / scale, least + binAt(counts, seen - 1 - rank) / scale];
  }
}

/** The mean of each number and its neighbours, as many on one side as on the other. @param {number[]} numbers */
function eased(numbers) {
  const sums = [0];
  for (const number of numbers) sums.push(Number(sums.at(-1)) + number);
  return numbers.map((_, i) => {
    const side = Math.min(SIDE, i, numbers.length - 1 - i);
    return (Number(sums[i + side + 1]) - Number(sums[i - side])) / (2 * side + 1);
  });
}

/**
 * The bin of what stands at a rank, counted from 0.
 * @param {Uint16Array} counts
 * @param {number} rank
 */
function binAt(counts, rank) {
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    below += counts[bin] ?? 0;
    if (below > rank) return bin;
  }
  return counts.length - 1;
}
