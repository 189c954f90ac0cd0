/**
 * What is computed of a line that the model reads: which letters are likely at a position, and
 * what each stage would guess there. Not about how it is told (line-words.js) or shown (line.js).
 */

const MATTERS = 0.01; // of the probability, before or after the temperature
const MOST = 24; // bars, unless all are wanted

/**
 * A letter at a position, as one stage has it.
 * @typedef {object} Guess
 * @property {string} token
 * @property {number} logit
 * @property {number} probability
 * @property {number} nats its surprise, if it comes
 */

/** What all letters of a stage at a position have in common. @typedef {{sum: number, log: number}} Total */

/** @typedef {Guess & {tempered: number, actual: boolean}} Bar */

/**
 * @typedef {object} Ranking
 * @property {Bar[]} bars the likeliest first
 * @property {number} others letters without a bar
 * @property {number} probability of those, together
 * @property {number} tempered the same, at the temperature
 */

/** @param {LineInside} inside */
export function lastStage(inside) {
  return inside.stages.length - 1;
}

/** @param {LineInside} inside @param {number} stage @param {number} position */
function logitsAt({ stage_logits, vocabulary, tokens }, stage, position) {
  const begin = (stage * tokens.length + position) * vocabulary.length;
  return stage_logits.subarray(begin, begin + vocabulary.length);
}

/**
 * What softmax divides by at a stage and a position: Σ e^logit, and its logarithm.
 * @param {LineInside} inside
 * @param {number} stage
 * @param {number} position
 * @returns {Total}
 */
export function total(inside, stage, position) {
  const logits = logitsAt(inside, stage, position);
  const most = Math.max(...logits);
  const log = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return { sum: Math.exp(log), log };
}

/**
 * All letters as a stage guesses them at a position, in the vocabulary's order.
 * @param {LineInside} inside
 * @param {number} stage
 * @param {number} position
 * @returns {Guess[]}
 */
function guesses(inside, stage, position) {
  const { log } = total(inside, stage, position);
  const begin = (stage * inside.tokens.length + position) * inside.vocabulary.length;
  return [...logitsAt(inside, stage, position)].map((logit, i) => ({
    token: inside.vocabulary[i] ?? "",
    logit,
    probability: inside.stage_probabilities[begin + i] ?? NaN,
    nats: log - logit,
  }));
}

/**
 * The letters at a position that matter, and the one that really follows.
 * @param {LineInside} inside
 * @param {number} position
 * @param {boolean} all whether every letter has a bar
 * @returns {Ranking}
 */
export function ranking(inside, position, all) {
  const begin = position * inside.vocabulary.length;
  const bars = guesses(inside, lastStage(inside), position).map((guess, i) => ({
    ...guess,
    tempered: inside.tempered[begin + i] ?? NaN,
    actual: guess.token === inside.following[position],
  }));
  bars.sort((a, b) => b.logit - a.logit);
  const matters = (/** @type {Bar} */ { probability, tempered }) => probability >= MATTERS || tempered >= MATTERS;
  const shown = bars.filter((bar, rank) => all || bar.actual || (rank < MOST && matters(bar)));
  const rest = bars.filter((bar) => !shown.includes(bar));
  return { bars: shown, others: rest.length, ...sums(rest) };
}

/** @param {Bar[]} bars */
function sums(bars) {
  return {
    probability: bars.reduce((sum, bar) => sum + bar.probability, 0),
    tempered: bars.reduce((sum, bar) => sum + bar.tempered, 0),
  };
}

/**
 * What a stage guesses at a position.
 * @typedef {object} Stage
 * @property {string} name
 * @property {Guess[]} guesses the likeliest first
 * @property {Guess} actual what really follows
 * @property {number} change of its surprise since the stage before, nats; NaN at the first
 */

/**
 * @param {LineInside} inside
 * @param {number} position
 * @param {number} count guesses of each stage
 * @returns {Stage[]}
 */
export function stagesAt(inside, position, count) {
  let before = NaN;
  return inside.stages.map((name, stage) => {
    const all = guesses(inside, stage, position);
    const actual = /** @type {Guess} */ (all.find(({ token }) => token === inside.following[position]));
    const change = actual.nats - before;
    before = actual.nats;
    return { name, guesses: all.sort((a, b) => b.logit - a.logit).slice(0, count), actual, change };
  });
}

/**
 * The probability that each stage gives to what really follows, at each position.
 * @param {LineInside} inside
 * @returns {Float64Array} (stages, positions)
 */
export function followingProbabilities({ stages, tokens, following, vocabulary, stage_probabilities }) {
  const columns = following.map((token) => vocabulary.indexOf(token));
  const values = new Float64Array(stages.length * tokens.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = stage_probabilities[i * vocabulary.length + (columns[i % tokens.length] ?? 0)] ?? NaN;
  }
  return values;
}

/** The letters that were read at a position. @param {LineInside} inside @param {number} position */
export function beginningAt({ tokens }, position) {
  return tokens.slice(1, position + 1).join("");
}
