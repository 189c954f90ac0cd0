/** Changed code, without a browser: places in a text, and what differs between two. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { diffLines } from "diff";

import { countsOf, rowsOf, visible } from "../../../web/code/difference.js";
import { asChange, placed } from "../../../web/code/places.js";

/** A text as the editor gives it. @param {string} text */
function doc(text) {
  let from = 0;
  const all = text.split("\n").map((line) => {
    const found = { from, to: from + line.length, text: line };
    from = found.to + 1;
    return found;
  });
  return { lines: all.length, line: (/** @type {number} */ number) => /** @type {any} */ (all[number - 1]) };
}

/** What is marked. @param {string} text @param {{line: number, column?: number}} problem */
function marked(text, problem) {
  const { from, to } = placed(doc(text), problem);
  return text.slice(from, to);
}

test("a problem marks the word at its column, or its line", () => {
  const text = "if x:\n    return value + 1\n\nlast";
  assert.equal(marked(text, { line: 2, column: 12 }), "value");
  assert.equal(marked(text, { line: 2, column: 18 }), "+");
  assert.equal(marked(text, { line: 2 }), "return value + 1");
  assert.equal(marked(text, { line: 2, column: 0 }), "return value + 1");
  assert.equal(marked(text, { line: 3, column: 1 }), "");
  assert.equal(marked(text, { line: 2, column: 99 }), "");
});

test("columns count characters, as Python does", () => {
  assert.equal(marked("x = '🙂🙂' y", { line: 1, column: 10 }), "y");
  assert.equal(marked("é = '🙂'", { line: 1, column: 6 }), "🙂");
});

test("a line that isn't there is the nearest", () => {
  assert.equal(marked("a\nb", { line: 7 }), "b");
  assert.equal(marked("a\nb", { line: 0 }), "a");
  assert.equal(marked("a\nb", { line: NaN }), "a");
});

test("a text made of another changes only what differs", () => {
  const cases = [
    ["", "a"],
    ["abc", ""],
    ["aaa", "aa"],
    ["aa", "aaaa"],
    ["one two three", "one 2 three"],
    ["same", "same"],
    ["abab", "ab"],
  ];
  for (const [before = "", after = ""] of cases) {
    const { from, to, insert } = asChange(before, after);
    assert.ok(from <= to, `${before} → ${after}`);
    assert.equal(before.slice(0, from) + insert + before.slice(to), after);
  }
  assert.deepEqual(asChange("one two three", "one 2 three"), { from: 4, to: 7, insert: "2" });
});

test("a difference shows what came and went, its numbers, and three lines around it", () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  const after = before.with(9, "changed").toSpliced(12, 0, "new");
  const parts = diffLines(`${before.join("\n")}\n`, `${after.join("\n")}\n`);
  assert.deepEqual(countsOf(parts), { added: 2, removed: 1 });
  const rows = rowsOf(parts);
  assert.deepEqual(rows[0], { kind: "gap", count: 6 });
  assert.deepEqual(rows[1], { kind: "same", before: 7, after: 7, text: "line 7" });
  assert.deepEqual(
    rows.filter(({ kind }) => kind === "added" || kind === "removed"),
    [
      { kind: "removed", before: 10, after: null, text: "line 10" },
      { kind: "added", before: null, after: 10, text: "changed" },
      { kind: "added", before: null, after: 13, text: "new" },
    ],
  );
  assert.deepEqual(rows.at(-2), { kind: "same", before: 15, after: 16, text: "line 15" });
  assert.deepEqual(rows.at(-1), { kind: "gap", count: 5 });
});

test("what is the same has no difference, and a last line without an end has one", () => {
  assert.deepEqual(rowsOf(diffLines("a\nb\n", "a\nb\n")), []);
  assert.deepEqual(countsOf(diffLines("a\n", "")), { added: 0, removed: 1 });
  assert.deepEqual(countsOf(diffLines("a\nb", "a\nb\n")), { added: 1, removed: 1 });
  assert.deepEqual(countsOf(diffLines("", "a\n\n\n")), { added: 3, removed: 0 });
});

test("what can't be seen, or turns others round, is written out as Python does it", () => {
  assert.equal(visible("a\tb é 日 🙂"), "a\tb é 日 🙂");
  assert.equal(visible("\u202ex\u200b\u0000\u00a0\ufeff\u{e0001}\r\u2028\u3164\u2800\ufe0f"), "\\u202ex\\u200b\\x00\\xa0\\ufeff\\U000e0001\\x0d\\u2028\\u3164\\u2800\\ufe0f");
});
