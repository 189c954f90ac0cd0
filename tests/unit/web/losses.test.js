/** The losses of a run, and the curve that is drawn of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Losses } from "../../../web/panels/losses.js";
import { Trend } from "../../../web/panels/trend.js";

/** @param {ArrayLike<number>} raw @param {number} [piece] */
function lossesOf(raw, piece = raw.length) {
  const losses = new Losses();
  const all = Float64Array.from(raw);
  for (let i = 0; i < all.length; i += piece) losses.add(all.subarray(i, i + piece));
  return losses;
}

/** Random numbers from 0 to 1, the same each time. */
function* random(state = 1) {
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** @param {number} count @param {(step: number, random: number) => number} loss */
function noisy(count, loss) {
  const numbers = random();
  return Float64Array.from({ length: count }, (_, i) => loss(i + 1, /** @type {number} */ (numbers.next().value)));
}

test("the smoothed loss is the mean over some 50 steps around one, at the end over the last", () => {
  const losses = lossesOf(Array.from({ length: 200 }, (_, i) => i + 1), 7);
  assert.deepEqual([1, 3, 100].map((step) => losses.smooth(step)), [1, 3, 100]);
  assert.equal(losses.smooth(200), (150 + 200) / 2);
  assert.ok(Number.isNaN(new Losses().smooth(0)));
  const long = lossesOf(Array.from({ length: 100_000 }, (_, i) => i + 1));
  assert.equal(long.smooth(100_000), 99_000);
});

test("the file has every step in full precision", () => {
  const losses = lossesOf([1 / 3, 0.1 + 0.2]);
  assert.equal(losses.csv().join(""), "step,loss\n1,0.3333333333333333\n2,0.30000000000000004\n");
});

test("a curve begins with the first loss and ends with the last step", () => {
  for (const count of [1, 2, 40, 511, 513, 30_000]) {
    const raw = noisy(count, (_, random) => random);
    const { steps, mean, low, high } = new Trend(lossesOf(raw)).points();
    assert.deepEqual([steps[0], mean[0], steps.at(-1)], [1, raw[0], count]);
    assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b));
    assert.ok(steps.length < 900);
    assert.ok(steps.every((_, i) => low[i] <= mean[i] + 0.02 && mean[i] <= high[i] + 0.02));
  }
});

test("the band holds what is between the lowest and the highest tenth, spikes or not", () => {
  const raw = noisy(100_000, (step, random) => (step % 997 ? 2 + random : 50));
  const { steps, mean, low, high } = new Trend(lossesOf(raw, 1234)).points();
  for (let i = 0; i < steps.length; i++) {
    if (steps[i] < 2000) continue;
    assert.ok(Math.abs(low[i] - 2.1) < 0.06, `${low[i]} at ${steps[i]}`);
    assert.ok(Math.abs(high[i] - 2.9) < 0.06, `${high[i]} at ${steps[i]}`);
    assert.ok(Math.abs(mean[i] - 2.5) < 0.15);
  }
});

test("losses that come bit by bit give the same curve as all at once", () => {
  const raw = noisy(5000, (step, random) => 3 / Math.sqrt(step) + random);
  const losses = new Losses();
  const trend = new Trend(losses);
  for (let i = 0; i < raw.length; i += 37) {
    losses.add(raw.subarray(i, i + 37));
    trend.points();
  }
  assert.deepEqual(trend.points(), new Trend(lossesOf(raw)).points());
});
