/**
 * What is told of a line that the model reads: which letters are likely at a position, what
 * each stage would guess there, and how that was computed. Not about how it is shown: line.js.
 */

import { named } from "../panels/figures.js";

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

/**
 * The mean surprise of what really follows, as each stage would have it: nats a letter.
 * @param {LineInside} inside
 */
export function stageLosses(inside) {
  const { stages, following, vocabulary } = inside;
  const columns = following.map((token) => vocabulary.indexOf(token));
  return stages.map((_, stage) => {
    const surprises = columns.map((column, position) => {
      return total(inside, stage, position).log - (logitsAt(inside, stage, position)[column] ?? NaN);
    });
    return surprises.reduce((sum, each) => sum + each, 0) / following.length;
  });
}

/** As "after layer 0’s attention". @param {string} stage as in `LineInside` */
export function stageWords(stage) {
  const [, layer, part = ""] = /^layer(\d+)\.(\w+)$/.exec(stage) ?? [];
  return layer ? `after layer ${layer}’s ${part === "mlp" ? "MLP" : part}` : `after the ${stage}`;
}

/** In two lines, as "attention" and "layer 0". @param {string} stage @returns {[string, string]} */
export function stageHeading(stage) {
  const [, layer, part = ""] = /^layer(\d+)\.(\w+)$/.exec(stage) ?? [];
  return layer ? [part === "mlp" ? "MLP" : part, `layer ${layer}`] : [stage, ""];
}

/** As "attention", or "attention 1" where there are several. @param {LineInside} inside */
export function stageNames({ stages, layers }) {
  return stages.map((stage) => {
    const [part, layer] = stageHeading(stage);
    return layer && layers > 1 ? `${part} ${layer.replace("layer ", "")}` : part;
  });
}

/** As "34 %", "4.1 %". @param {number} share */
export function percent(share) {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return `${share >= 0.0995 || share === 0 ? Math.round(100 * share) : (100 * share).toFixed(1)} %`;
}

/** @param {number} number */
export function nats(number) {
  return Number.isFinite(number) ? number.toFixed(2) : "–";
}

/** With its sign, as "−0.42" or "+0.10". @param {number} number */
export function signed(number) {
  if (!Number.isFinite(number)) return "–";
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;
}

/** A letter in a sentence. @param {string} token */
export function quoted(token) {
  return token === "" ? "the end" : token === " " ? "a blank" : `‘${token}’`;
}

/** What was read at a position, as "‘em’", or "nothing" at the first. @param {LineInside} inside @param {number} position */
export function beginningAt({ tokens }, position) {
  return tokens.slice(1, position + 1).join("");
}

/** @param {LineInside} inside @param {number} position */
export function readWords(inside, position) {
  const read = beginningAt(inside, position);
  return read ? `‘${read}’` : "the beginning";
}

/**
 * A probability, with what it was computed from.
 * @param {Guess} guess
 * @param {Total} all
 */
export function guessWords({ token, logit, probability, nats: surprise }, { sum }) {
  const share = `e^${short(logit)} = ${figure(Math.exp(logit))} of ${figure(sum)} for all letters is ${percent(probability)}`;
  return `${quoted(token)}: its logit is ${short(logit)}, and ${share}. Surprise if it comes: −ln ${figure(probability)} = ${nats(surprise)} nats.`;
}

/**
 * The same of a bar, with what the temperature makes of it.
 * @param {Bar} bar
 * @param {Total} all
 * @param {number} temperature
 */
export function barWords(bar, all, temperature) {
  const at = `At temperature ${temperature.toFixed(2)} each logit is divided by that: ${percent(bar.tempered)}.`;
  return `${guessWords(bar, all)} ${at}${bar.actual ? " It is what follows in this line." : ""}`;
}

/**
 * A guess of a stage, and how that comes about.
 * @param {Stage} stage
 * @param {Guess} guess
 * @param {Total} all
 */
export function stageGuessWords(stage, guess, all) {
  const actual = guess.token === stage.actual.token;
  const since = actual && Number.isFinite(stage.change) ? ` ${signed(stage.change)} nats since the stage before.` : "";
  return `${capital(stageWords(stage.name))}, ${guessWords(guess, all)}${since}`;
}

/** What the surprises of a line come to. @param {LineInside} inside */
export function sumWords({ surprises, following }) {
  const sum = surprises.reduce((sum, each) => sum + each, 0);
  const ended = following.at(-1) === "";
  const letters = following.length - (ended ? 1 : 0);
  const parts = [letters ? `${letters} letter${letters === 1 ? "" : "s"}` : "", ended ? "the end" : ""];
  const of = parts.filter(Boolean).join(" and ");
  return `All surprises together, of ${of}: ${nats(sum)} nats. That is ${nats(sum / following.length)} for each, the loss on this line.`;
}

/**
 * Where on its way the stream gets nearer to what really follows, over the whole line.
 * @param {LineInside} inside
 */
export function answerWords(inside) {
  const losses = stageLosses(inside);
  const way = losses.map((loss, stage) => `${nats(loss)} ${stageWords(inside.stages[stage] ?? "")}`).join(", ");
  const gains = losses.slice(1).map((loss, i) => Number(losses[i]) - loss);
  const most = Math.max(...gains);
  const where = stageWords(inside.stages[gains.indexOf(most) + 1] ?? "").replace("after ", "");
  const found = most > 0.005 ? `By this measure ${where} brings the most: ${nats(most)}.` : "By this measure no stage brings the answer nearer.";
  return `Surprise on this line, in nats for each letter: ${way}. ${found}`;
}

/** @param {string} sentence */
export function capital(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** What stands in a row of letters: BOS and the end have signs. @param {string} token @param {boolean} first */
export function sign(token, first) {
  if (token === "") return first ? "BOS" : "end";
  return token === " " ? "␣" : token;
}

/** @param {string} token @param {boolean} first */
export function spoken(token, first) {
  return first ? "the beginning" : named(token);
}

/** @param {number} number */
function short(number) {
  return number.toFixed(2).replace("-", "−");
}

/** Three figures. @param {number} number */
function figure(number) {
  if (number >= 1000 && number < 1e6) return Math.round(number).toLocaleString("en-US");
  return number.toPrecision(3);
}
