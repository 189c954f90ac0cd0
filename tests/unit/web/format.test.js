/** Numbers, times and file names as the page writes them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../../web/page/format.js";

test("times", () => {
  assert.deepEqual([0, 59.6, 3599, 3723].map(format.duration), ["0:00", "1:00", "59:59", "1:02:03"]);
  assert.equal(format.duration(Infinity), "–");
  assert.deepEqual([0.0214, 4.2, 75].map(format.elapsed), ["0.021 s", "4.2 s", "1:15"]);
  const ago = [0.4, 1, 59, 60, 3600, 172_800].map(format.ago);
  const words = ["just now", "1 second ago", "59 seconds ago", "1 minute ago", "1 hour ago", "2 days ago"];
  assert.deepEqual(ago, words);
});

test("numbers", () => {
  assert.deepEqual([0.5182, 88.06, 1240.4].map(format.speed), ["0.518", "88.1", "1,240"]);
  assert.deepEqual([0, 1, 4192].map((n) => format.counted(n, "line")), ["0 lines", "1 line", "4,192 lines"]);
  assert.deepEqual([0.0654, -0.0654, -0.0001, 0].map((n) => format.signed(n, 3)), ["+0.065", "−0.065", "±0.000", "±0.000"]);
  assert.deepEqual([2.345, -0.421, -0.001, NaN, Infinity].map((n) => format.fixed(n)), ["2.35", "−0.42", "0.00", "–", "–"]);
  assert.deepEqual([-0.42, 0.1, NaN].map((n) => format.signed(n)), ["−0.42", "+0.10", "–"]);
  assert.equal(format.megabytes(13_560_000), "13.6 MB");
  assert.deepEqual([9, 2.4e6, 740e6, 999.6e6].map(format.size), ["1 MB", "2 MB", "740 MB", "1.0 GB"]);
});

test("so many figures as are needed to compare", () => {
  const numbers = [0, -0, -1, 4192, 0.05228, -3.14159, 12345.6, -12345.6, 1.5e-7, 2.5e7, NaN];
  const written = ["0", "0", "−1", "4,192", "0.05228", "−3.142", "12,346", "−12,346", "1.500e−7", "2.500e+7", "–"];
  assert.deepEqual(numbers.map((number) => format.figures(number)), written);
  assert.deepEqual([0.05, -0.05, 0, NaN].map(format.signedFigures), ["+0.05000", "−0.05000", "+0", "–"]);
  assert.deepEqual([7.389, 10.107].map((number) => format.figures(number, 3)), ["7.39", "10.1"]);
});

test("shares", () => {
  const shares = [0, 0.0001, 0.0123, 0.0996, 0.344, 1, NaN];
  assert.deepEqual(shares.map(format.percent), ["0 %", "< 0.1 %", "1.2 %", "10 %", "34 %", "100 %", "–"]);
});

test("file names are ones that every system takes", () => {
  assert.equal(format.fileName("model Zoë's <names>.txt", "safetensors"), "model-zoë-s-names.safetensors");
  assert.equal(format.fileName("???", "csv"), "microgpt.csv");
  assert.equal(format.fileName("a".repeat(100), "csv").length, 64);
});
