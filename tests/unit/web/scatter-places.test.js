/** Where points and labels of a map stand. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { roundAbove, roundBelow } from "../../../web/inside/round-numbers.js";
import { apart, AS_IT_IS, fitted, nearestTurn, turned, withRoom } from "../../../web/inside/scatter-places.js";

/** @typedef {import("../../../web/inside/scatter-places.js").Place} Place */
/** @typedef {import("../../../web/inside/scatter-places.js").Turn} Turn */

/** The same numbers each time. */
function random(seed = 1) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
}

/** @param {number} count @returns {Place[]} */
function some(count, seed = 1) {
  const next = random(seed);
  return Array.from({ length: count }, () => [next(), next()]);
}

/** @param {Place[]} ones @param {Place[]} others */
function distance(ones, others) {
  return ones.reduce((sum, [x, y], i) => sum + (x - Number(others[i]?.[0])) ** 2 + (y - Number(others[i]?.[1])) ** 2, 0);
}

/** @param {number} angle @param {1 | -1} mirror @returns {Turn} */
function turn(angle, mirror) {
  return [[Math.cos(angle), -Math.sin(angle) * mirror], [Math.sin(angle), Math.cos(angle) * mirror]];
}

test("a map that was only turned or mirrored is turned back", () => {
  const before = some(27);
  for (const mirror of /** @type {const} */ ([1, -1])) {
    for (const angle of [0, 0.3, 1.7, Math.PI, -2]) {
      const places = before.map((place) => turned(turn(angle, mirror), place));
      const found = nearestTurn(places, before);
      assert.ok(distance(places.map((place) => turned(found, place)), before) < 1e-20);
    }
  }
});

test("of all turns it is the one that moves the least", () => {
  for (let seed = 1; seed < 30; seed++) {
    const [places, before] = [some(9, seed), some(9, seed + 100)];
    const found = nearestTurn(places, before);
    const moved = distance(places.map((place) => turned(found, place)), before);
    for (const mirror of /** @type {const} */ ([1, -1])) {
      for (let angle = 0; angle < 2 * Math.PI; angle += 0.01) {
        const other = turn(angle, mirror);
        assert.ok(moved <= distance(places.map((place) => turned(other, place)), before) + 1e-12);
      }
    }
  }
});

test("a turn keeps distances, also where there is nothing to turn to", () => {
  assert.deepEqual(nearestTurn([[0, 0], [0, 0]], [[1, 2], [3, 4]]), AS_IT_IS);
  const [[a, b], [c, d]] = nearestTurn([[1, 0]], [[0, 2]]);
  assert.ok(Math.abs(a * a + c * c - 1) + Math.abs(b * b + d * d - 1) + Math.abs(a * b + c * d) < 1e-12);
});

test("a map fills its picture, alike in both directions", () => {
  const { scale, to } = fitted([[-1, 0], [3, 1]], 420, 300, 10);
  assert.equal(scale, 100);
  assert.deepEqual(to([-1, 0]), [10, 200]);
  assert.deepEqual(to([3, 1]), [410, 100]);
  assert.deepEqual(fitted([[2, 2], [2, 2]], 400, 300, 10).to([2, 2]), [200, 150]);
});

test("labels are moved off each other, within the picture, and no others", () => {
  const far = /** @type {Place[]} */ ([[50, 50], [90, 50], [50, 90]]);
  assert.deepEqual(apart(far, [10, 10, 10], 200, 200), far);
  const places = /** @type {Place[]} */ ([...Array(12).fill([100, 100]), [180, 20]]);
  const radii = places.map(() => 10);
  const found = apart(places, radii, 200, 200);
  assert.deepEqual(found[12], [180, 20]);
  found.forEach(([x, y], i) => {
    assert.ok(x >= 10 && x <= 190 && y >= 10 && y <= 190);
    for (const [u, v] of found.slice(0, i)) assert.ok(Math.hypot(x - u, y - v) > 18);
  });
  assert.deepEqual(places[0], [100, 100]);
});

test("of many labels those are shown that have room", () => {
  assert.deepEqual(withRoom([[0, 0], [5, 0], [30, 0], [21, 0]], [10, 10, 10, 10]), [true, false, true, false]);
});

test("round numbers below and above", () => {
  for (const [number, below, above] of /** @type {const} */ ([
    [0.03, 0.02, 0.05],
    [1, 1, 1],
    [0.2, 0.2, 0.2],
    [7, 5, 10],
    [999, 500, 1000],
    [1.3e-7, 1e-7, 2e-7],
  ])) {
    assert.equal(roundBelow(number), below);
    assert.equal(roundAbove(number), above);
  }
});
