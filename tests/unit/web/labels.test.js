/** Labels beside each other, none over another. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apart } from "../../../web/panels/labels.js";

test("labels that have room stay where they are", () => {
  assert.deepEqual(apart([50, 10, 90], 16, 0, 100), [50, 10, 90]);
});

test("two that overlap share the way", () => {
  assert.deepEqual(apart([50, 54], 16, 0, 100), [44, 60]);
  assert.deepEqual(apart([54, 50], 16, 0, 100), [60, 44]);
});

test("however many there are, they keep their order, their distance and inside", () => {
  for (const wanted of [[1, 2, 3, 4, 5], [99, 98, 97, 96, 20], [50, 50, 50, 50, 50], [0, 30, 31, 32, 100], [-5, 120, 60, 61, 8]]) {
    const places = apart(wanted, 16, 0, 100);
    const sorted = [...places].sort((a, b) => a - b);
    assert.ok(sorted[0] >= 8 && sorted[4] <= 92, `${places}`);
    for (let i = 1; i < 5; i++) assert.ok(sorted[i] - sorted[i - 1] >= 16 - 1e-9, `${places}`);
    for (let i = 0; i < 5; i++) for (let j = 0; j < 5; j++) if (wanted[i] < wanted[j]) assert.ok(places[i] < places[j]);
  }
});
