/**
 * What two runs, or several pairs of them, have in common and what not: as figures.
 * Not about how that is said: run-words.js.
 */

const SAME = 1e-9; // relative: two engines that compute the same agree better
const LAST = 50; // steps
// Of Student's t, from 1 degree of freedom on: the middle 95 of 100 lie within.
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/**
 * How far two runs are the same: to the last digit, to nine digits (and from which step on only
 * so), or up to a step.
 * @typedef {{kind: "identical"} | {kind: "close" | "different", step: number}} Agreement
 */

/**
 * @param {ArrayLike<number>} ours losses, step by step
 * @param {ArrayLike<number>} theirs
 * @returns {Agreement}
 */
export function agreement(ours, theirs) {
  const steps = Math.max(ours.length, theirs.length);
  let close = 0;
  for (let i = 0; i < steps; i++) {
    const [one = NaN, other = NaN] = [ours[i], theirs[i]];
    if (one === other) continue;
    if (!(Math.abs(one - other) <= SAME * Math.abs(other))) return { kind: "different", step: i + 1 };
    close ||= i + 1;
  }
  return close ? { kind: "close", step: close } : { kind: "identical" };
}

/** Nats: the mean over the last steps; NaN before the first. @param {Float64Array} losses */
export function lastLoss(losses) {
  return mean([...losses.subarray(-LAST)]);
}

/** The same of a run at its end; infinite where it can't be computed. @param {Progress} progress */
export function finalLoss({ losses, ending }) {
  return ending === "diverged" ? Infinity : lastLoss(losses);
}

/**
 * Losses of two algorithms with the same seeds.
 * @typedef {object} Paired
 * @property {number} count of seeds
 * @property {number} lower with how many ours was lower …
 * @property {number} higher … and higher
 * @property {number} ours nats, the mean
 * @property {number} theirs
 * @property {number} difference of the means
 * @property {number} interval half of its 95 % interval
 * @property {boolean} found whether that interval is on one side of 0
 */

/**
 * @param {number[]} ours one for each seed, all of them finite
 * @param {number[]} theirs
 * @returns {Paired}
 */
export function paired(ours, theirs) {
  const differences = ours.map((each, i) => each - Number(theirs[i]));
  const difference = mean(differences);
  const count = differences.length;
  const squares = differences.reduce((sum, each) => sum + (each - difference) ** 2, 0);
  const interval = Number(T[count - 2] ?? NaN) * Math.sqrt(squares / (count - 1) / count);
  return {
    count,
    lower: differences.filter((each) => each < 0).length,
    higher: differences.filter((each) => each > 0).length,
    ours: mean(ours),
    theirs: mean(theirs),
    difference,
    interval,
    found: Math.abs(difference) > interval,
  };
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
