/** The losses of a run, and which of them are drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Losses } from "../../../web/panels/losses.js";

test("however few points are drawn, no spike is lost", () => {
  const losses = new Losses();
  const raw = Float64Array.from({ length: 10_000 }, (_, i) => 2 + Math.sin(i));
  raw[1234] = 9;
  raw[8765] = 0.5;
  for (let i = 0; i < raw.length; i += 700) losses.add(raw.subarray(i, i + 700));
  const [steps, drawn, smooth] = losses.points(100);
  assert.ok(steps.length <= 200);
  assert.deepEqual([Math.max(...drawn), Math.min(...drawn)], [9, 0.5]);
  assert.deepEqual(drawn, steps.map((step) => raw[step - 1]));
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b));
  assert.ok(smooth.every((value) => value > 1 && value < 3));
});

test("the smoothed line begins at the first loss", () => {
  const losses = new Losses();
  losses.add(Float64Array.of(3, 3, 3));
  assert.deepEqual([1, 2, 3].map((step) => losses.smooth(step).toFixed(12)), Array(3).fill("3.000000000000"));
});

test("the file has every step in full precision", () => {
  const losses = new Losses();
  losses.add(Float64Array.of(1 / 3, 0.1 + 0.2));
  assert.equal(losses.csv().join(""), "step,loss\n1,0.3333333333333333\n2,0.30000000000000004\n");
});

test("rows for a table are spread evenly, the last one among them", () => {
  const losses = new Losses();
  losses.add(new Float64Array(1000));
  assert.equal(losses.evenly(100).length, 100);
  assert.equal(losses.evenly(100).at(-1), 1000);
  assert.deepEqual(losses.evenly(3), [333, 667, 1000]);
});
