/** What a part is worth, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { found, linesWords, worthWords } from "../../../web/inside/worth.js";

const worth = (difference, error) => ({ part: "wpe", loss_without: 2 + difference, difference, error, worse: 1 });

test("a difference is found from two standard errors on, to either side", () => {
  assert.equal(found(worth(0.021, 0.01)), true);
  assert.equal(found(worth(-0.021, 0.01)), true);
  assert.equal(found(worth(0.019, 0.01)), false);
  assert.equal(found(worth(0, 0)), false);
  assert.equal(found(worth(0.5, Infinity)), false);
  assert.equal(found(worth(NaN, Infinity)), false);
});

test("nothing is said to be worth something that can't be told from nothing", () => {
  assert.equal(worthWords(worth(0.0123, 0.001)), "Without it the loss is 0.0123 ± 0.0010 nats higher.");
  assert.equal(worthWords(worth(-0.0123, 0.001)), "Without it the loss is 0.0123 ± 0.0010 nats lower, on these lines.");
  assert.equal(worthWords(worth(-0.0012, 0.001)), "No difference found without it: −0.0012 ± 0.0010 nats.");
  assert.equal(worthWords(worth(0.0012, 0.001), "them"), "No difference found without them: +0.0012 ± 0.0010 nats.");
  assert.equal(worthWords(worth(0.5, Infinity)), "No difference found without it: +0.5000 ± – nats.");
  assert.equal(worthWords(worth(Infinity, Infinity)), "Without it the loss can't be computed.");
});

test("it is said on which lines", () => {
  assert.equal(linesWords({ documents: 1000, lines: "unseen" }), "1,000 lines that it hasn't learned from");
  assert.match(linesWords({ documents: 1, lines: "learned" }), /^1 line that it has learned from/);
});
