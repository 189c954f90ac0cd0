/** What is told of a line that the model reads, from figures that can be checked by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as figures from "../../../web/inside/line-figures.js";
import * as words from "../../../web/inside/line-words.js";

const VOCABULARY = ["a", "b", ""];
const LOGITS = [
  [[0, 0, 0], [1, 0, 0], [0, 0, 0]], // after the embedding: no idea, save at position 1
  [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
  [[2, 1, -9], [0, 3, 1], [-1, 0, 4]],
];

/** Of the line "ab". */
function inside(temperature = 0.5) {
  const flat = LOGITS.flat();
  const softmax = (row, t = 1) => {
    const sum = row.reduce((all, logit) => all + Math.exp(logit / t), 0);
    return row.map((logit) => Math.exp(logit / t) / sum);
  };
  const last = LOGITS.at(-1);
  const following = ["a", "b", ""];
  return {
    line: "ab",
    tokens: ["", "a", "b"],
    following,
    vocabulary: VOCABULARY,
    probabilities: Float64Array.from(last.flatMap((row) => softmax(row))),
    tempered: Float64Array.from(last.flatMap((row) => softmax(row, temperature))),
    surprises: Float64Array.from(last.map((row, i) => -Math.log(softmax(row)[VOCABULARY.indexOf(following[i])]))),
    stages: ["embedding", "layer0.attention", "layer0.mlp"],
    stage_logits: Float64Array.from(flat.flat()),
    stage_probabilities: Float64Array.from(flat.flatMap((row) => softmax(row))),
    layers: 1,
  };
}

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

test("letters at a position: the likeliest first, the one that follows marked, the rest together", () => {
  const { bars, others, probability, tempered } = figures.ranking(inside(), 0, false);
  assert.deepEqual(bars.map(({ token }) => token), ["a", "b"]);
  assert.deepEqual(bars.map(({ actual }) => actual), [true, false]);
  assert.equal(others, 1);
  near(bars.reduce((sum, bar) => sum + bar.probability, probability), 1);
  near(bars.reduce((sum, bar) => sum + bar.tempered, tempered), 1);
  for (const bar of bars) near(bar.nats, -Math.log(bar.probability));
  const all = figures.ranking(inside(), 0, true);
  assert.deepEqual(all.bars.map(({ token }) => token), ["a", "b", ""]);
  assert.equal(all.others, 0);
});

test("what follows has a bar however unlikely it is", () => {
  const unlikely = { ...inside(), following: ["", "b", ""] };
  const { bars } = figures.ranking(unlikely, 0, false);
  assert.deepEqual(bars.map(({ token, actual }) => [token, actual]), [["a", false], ["b", false], ["", true]]);
});

test("a great many letters: not all have bars, and nothing is lost", () => {
  const count = 200;
  const even = new Float64Array(count).fill(1 / count);
  const vocabulary = [...Array(count - 1).keys()].map((i) => String.fromCodePoint(0x4e00 + i)).concat("");
  const many = {
    ...inside(), tokens: [""], following: [""], vocabulary, stages: ["embedding"],
    probabilities: even, tempered: even, stage_probabilities: even, stage_logits: new Float64Array(count),
  };
  const { bars, others, probability } = figures.ranking(many, 0, false);
  assert.deepEqual(bars.map(({ token }) => token), [""], "each has half a percent");
  assert.equal(others, count - 1);
  near(probability, 1 - 1 / count);
});

test("stages at a position: guesses, what follows, and how its surprise changes", () => {
  const stages = figures.stagesAt(inside(), 1, 2);
  assert.deepEqual(stages.map(({ guesses }) => guesses.map(({ token }) => token)), [["a", "b"], ["a", "b"], ["b", ""]]);
  assert.deepEqual(stages.map(({ actual }) => actual.token), ["b", "b", "b"]);
  assert.ok(Number.isNaN(stages[0].change));
  near(stages[1].change, 0);
  near(stages[2].actual.nats, Math.log(1 + Math.exp(3) + Math.E) - 3);
  near(stages[2].change, stages[2].actual.nats - Math.log(2 + Math.E));
});

test("the last stage is the model's answer", () => {
  const given = inside();
  const values = figures.followingProbabilities(given);
  assert.equal(values.length, 9);
  for (let position = 0; position < 3; position++) {
    near(values[6 + position], Math.exp(-given.surprises[position]));
    near(values[position], position === 1 ? 1 / (2 + Math.E) : 1 / 3);
  }
});

test("where the answer is made, or that it isn't", () => {
  const given = inside();
  assert.match(words.answerWords(given, 0), /^The model's first guess here is ‘\w’: 33 % after the embedding, .* Most of that comes with layer 0's MLP\.$/);
  const flat = { ...given, stage_probabilities: new Float64Array(27).fill(1 / 3) };
  assert.match(words.answerWords(flat, 0), /33 % after layer 0's MLP\. No stage after the embedding adds to it\.$/);
});

test("a number says what it was computed from", () => {
  const given = inside();
  const { bars } = figures.ranking(given, 0, true);
  const all = figures.total(given, 2, 0);
  near(all.sum, Math.exp(2) + Math.E + Math.exp(-9));
  assert.equal(
    words.barWords(bars[0], all, 0.5),
    "‘a’: its logit is 2.00, and e^2.00 = 7.39 of 10.1 for all letters is 73 %. Surprise if it comes: −ln 0.731 = 0.31 nats. " +
      "At temperature 0.50 each logit is divided by that: 88 %. It is what follows in this line.",
  );
  const [, , stage] = figures.stagesAt(given, 1, 1);
  assert.match(words.stageGuessWords(stage, stage.actual, figures.total(given, 2, 1)), /^After layer 0's MLP, ‘b’: .* −\d\.\d\d nats since the stage before\.$/);
});

test("logits so large that their powers can't be told change no figure", () => {
  const given = { ...inside(), stage_logits: new Float64Array(27).fill(2000) };
  near(figures.ranking(given, 0, true).bars[0].nats, Math.log(3));
});

test("the sum of surprises, and what it is of", () => {
  const given = inside();
  assert.match(words.sumWords(given), /^All surprises together, of 2 letters and the end: 0\.\d\d nats\. That is 0\.\d\d for each, /);
  const cut = { surprises: new Float64Array([1, 2]), following: ["a", "b"] };
  assert.match(words.sumWords(cut), /of 2 letters: 3\.00 nats\. That is 1\.50 for each/);
  assert.match(words.sumWords({ surprises: new Float64Array([2]), following: [""] }), /of the end: 2\.00 nats/);
});

test("what was read, in a sentence", () => {
  assert.equal(words.readWords(inside(), 0), "the beginning");
  assert.equal(words.readWords(inside(), 2), "‘ab’");
});
