/** How a text is read, in words; what the visitor has changed of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { changed, figures, inWords, nounOf } from "../../../web/panels/reading-words.js";

const LINES = {
  encoding: "utf-8",
  documents: "line",
  column: "",
  normalize: true,
  lower_case: false,
  most_frequent: 0,
  replacement: "",
  drop_repeated: false,
  split_long: false,
};

test("what is usual is not mentioned", () => {
  assert.equal(inWords(LINES), "each line");
  assert.equal(inWords({ ...LINES, encoding: "utf-16-le", documents: "paragraph" }), "paragraphs");
  assert.equal(inWords({ ...LINES, documents: "running" }), "running text");
});

test("whatever was chosen is", () => {
  const all = { documents: "column", column: "name", lower_case: true, drop_repeated: true, split_long: true };
  const words = inWords({ ...LINES, ...all, most_frequent: 1200, normalize: false, encoding: "windows-1252" });
  assert.equal(
    words,
    "column name, windows-1252, lower case, no repeated cells, long cells split, 1,200 characters, not composed",
  );
  for (const key of ["lower_case", "drop_repeated", "split_long"]) {
    assert.notEqual(inWords({ ...LINES, [key]: true }), inWords(LINES), key);
  }
});

test("a column without a heading has a number", () => {
  assert.equal(inWords({ ...LINES, documents: "column", column: "column 2" }), "column 2");
});

test("a heading as long as a novel leaves room for the rest", () => {
  const words = inWords({ ...LINES, documents: "column", column: "x".repeat(500), lower_case: true });
  assert.equal(words, `column ${"x".repeat(23)}…, lower case`);
});

test("a text in a line", () => {
  const report = { reading: LINES, documents: 2, characters: 9, vocabulary: "abnel", longest: 5 };
  assert.equal(figures(report), "2 lines, up to 5 letters, 5 different characters, 9 in all.");
  assert.equal(figures(report, "names"), "2 names, up to 5 letters, 5 different characters, 9 in all.");
  const column = { ...report, reading: { ...LINES, documents: "column" }, documents: 1 };
  assert.equal(figures(column, "names"), "1 cell, up to 5 letters, 5 different characters, 9 in all.");
  const running = { ...report, reading: { ...LINES, documents: "running" }, documents: 1200, longest: 16, vocabulary: "ab ", characters: 9608 };
  assert.equal(figures(running), "1,200 windows of 16 characters, 3 different characters, 9,608 in all.");
  assert.equal(nounOf({ ...LINES, documents: "paragraph" }), "paragraph");
});

test("only what the visitor has changed stays with what is typed", () => {
  assert.deepEqual(changed(LINES, LINES), {});
  assert.deepEqual(changed(LINES, { ...LINES, lower_case: true, most_frequent: 30 }), { lower_case: true, most_frequent: 30 });
});
