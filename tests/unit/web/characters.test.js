/** Characters that nobody can see have names; what of a line is learned. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { learned, nameOf, sightOf, visible } from "../../../web/page/characters.js";

test("what can be seen needs no name", () => {
  for (const character of ["a", "é", "-", "字", "😀", "👩‍🚀", "e\u0301"]) {
    assert.deepEqual([sightOf(character), nameOf(character)], [character, ""]);
  }
});

test("what can't be seen is named", () => {
  const names = { " ": "space", "\t": "tab", "\u00a0": "no-break space", "\u200b": "zero-width space", "\ufeff": "byte order mark" };
  for (const [character, name] of Object.entries(names)) {
    assert.deepEqual([sightOf(character), nameOf(character)], ["", name]);
  }
  assert.deepEqual([sightOf("↵"), nameOf("↵")], ["↵", "line end"]); // as Python has it in running text
  // Every other character without a picture of its own has its number.
  assert.equal(nameOf("\u2004"), "U+2004");
  assert.equal(nameOf("\u0001"), "U+0001");
  assert.equal(nameOf("\u{e0041}"), "U+E0041");
  assert.equal(nameOf("\ue123"), "U+E123");
});

test("a combining mark alone has a place to stand on", () => {
  assert.deepEqual([sightOf("\u0301"), nameOf("\u0301")], ["◌\u0301", "combining U+0301"]);
});

test("line ends, tabs and outer spaces are seen, character for character", () => {
  assert.equal(visible("  a b\tc\nd "), "␣␣a b⇥c↵d␣");
  for (const text of ["", " ", "anna", "\n\n", "😀 \n"]) assert.equal([...visible(text)].length, [...text].length);
});

test("what is learned, and what is cut, is counted in characters and complete", () => {
  assert.deepEqual(learned("anna", 16), ["anna", ""]);
  assert.deepEqual(learned("annabel", 4), ["anna", "bel"]);
  assert.deepEqual(learned("😀😀😀", 2), ["😀😀", "😀"]);
  assert.deepEqual(learned("annabel", Infinity), ["annabel", ""]);
});
