/**
 * What is told of a line that the model reads, in sentences: what was expected, how surprising
 * what follows is, and how a number was computed. Not about the figures: line-figures.js.
 */

import { capital, counted, figures, fixed, percent, signed } from "../page/format.js";
import { beginningAt } from "./line-figures.js";
import { stageWords } from "./names.js";
import { tokenWords } from "../page/tokens.js";

/** @typedef {import("./line-figures.js").Bar} Bar */
/** @typedef {import("./line-figures.js").Guess} Guess */
/** @typedef {import("./line-figures.js").Stage} Stage */
/** @typedef {import("./line-figures.js").Total} Total */

/** What was read at a position, in a sentence. @param {LineInside} inside @param {number} position */
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
  const share = `e^${fixed(logit)} = ${figures(Math.exp(logit), 3)} of ${figures(sum, 3)} for all letters is ${percent(probability)}`;
  return `${tokenWords(token, "the end")}: its logit is ${fixed(logit)}, and ${share}. Surprise if it comes: −ln ${figures(probability, 3)} = ${fixed(surprise)} nats.`;
}

/**
 * The same of a bar, with what the temperature makes of it.
 * @param {Bar} bar
 * @param {Total} all
 * @param {number} temperature
 */
export function barWords(bar, all, temperature) {
  const at = `At temperature ${fixed(temperature)} each logit is divided by that: ${percent(bar.tempered)}.`;
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
  const parts = [letters ? counted(letters, "letter") : "", ended ? "the end" : ""];
  const of = parts.filter(Boolean).join(" and ");
  return `All surprises together, of ${of}: ${fixed(sum)} nats. That is ${fixed(sum / following.length)} for each, the loss on this line.`;
}

/**
 * Where on its way the stream comes to the model's first guess at a position.
 * @param {LineInside} inside
 * @param {number} position
 */
export function answerWords(inside, position) {
  const { stages, tokens, vocabulary, stage_probabilities } = inside;
  const size = vocabulary.length;
  const rows = stages.map((_, stage) => {
    const begin = (stage * tokens.length + position) * size;
    return [...stage_probabilities.slice(begin, begin + size)];
  });
  const answer = rows.at(-1) ?? [];
  const guess = answer.indexOf(Math.max(...answer));
  if (guess < 0) return "The model's answer can't be computed: its weights have grown too large.";
  const shares = rows.map((row) => Number(row[guess]));
  const way = shares.map((share, stage) => `${percent(share)} ${stageWords(stages[stage] ?? "")}`).join(", ");
  const gains = shares.slice(1).map((share, i) => share - Number(shares[i]));
  const most = Math.max(...gains);
  const where = stageWords(stages[gains.indexOf(most) + 1] ?? "").replace("after ", "");
  const found = most >= 0.005 ? `Most of that comes with ${where}.` : "No stage after the embedding adds to it.";
  return `The model's first guess here is ${tokenWords(vocabulary[guess] ?? "", "the end")}: ${way}. ${found}`;
}
