/** How the part Graph writes numbers, names and proofs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { proofWords } from "../../../web/inside/graph-value.js";
import { decimal, elementOf, written } from "../../../web/inside/graph-words.js";

test("numbers have a real minus sign and four figures", () => {
  assert.equal(written(-0.123456), "−0.1235");
  assert.equal(written(-0.123456, 6), "−0.123456");
  assert.equal(written(0), "0");
  assert.equal(written(-3), "−3");
  assert.equal(written(1.5e-9), "1.500e−9");
  assert.equal(written(NaN), "–");
});

test("a power of ten is written out", () => {
  assert.deepEqual([1, 0.1, 1e-4, 1e-9].map(decimal), ["1", "0.1", "0.0001", "0.000000001"]);
});

test("what stands in the brackets of a name, whatever it is", () => {
  assert.equal(elementOf("query[3] of position 2"), "3");
  assert.equal(elementOf("probabilities[BOS] of position 4"), "BOS");
  assert.equal(elementOf("dot(query[head], key[head])[1] of position 3, head 2"), "1");
  assert.equal(elementOf("keys[2][3] of layer 1"), "3");
  assert.equal(elementOf("scale of position 2"), "");
  assert.equal(elementOf("dot(x, x) of position 2"), "");
});

test("a proof is told with what was done and what came of it", () => {
  const proof = { id: 1, epsilon: 1e-4, loss_up: 2.5, loss_down: 2.4999, slope: 0.5, gradient: 0.5, agrees: true, note: "" };
  assert.equal(
    proofWords(proof),
    "Made 0.0001 larger, then smaller, and all computed again: the loss was 2.50000000000 and 2.49990000000, " +
      "a difference of 0.0001000. That is a slope of 0.5000000; backward() said 0.5000000. They agree.",
  );
  assert.match(proofWords({ ...proof, agrees: false, note: "A kink." }), / They don't agree\. A kink\.$/);
  assert.match(proofWords({ ...proof, loss_down: 2.5, slope: 0 }), /the loss was 2\.50000000000 both times/);
  assert.equal(proofWords({ ...proof, slope: NaN, note: "It can't be computed." }), "It can't be computed.");
});
