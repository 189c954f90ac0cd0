/** What a visitor has chosen for a text, without a browser: read, changed, put together. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { applied, areSame, checkedChoices, isNothing, MOST, NONE, textOf, together } from "../../../web/kept/choices.js";

const NOTHING = { liked: [], blocked: [], neither: [], time: 0 };

test("what was stored comes back, and what makes no sense is left out", () => {
  const stored = { liked: ["b", "a"], blocked: ["c"], neither: ["d"], time: 5 };
  assert.deepEqual(checkedChoices(stored), stored);
  for (const value of [undefined, null, 5, "x", [], {}, { liked: "ab", blocked: { length: 3 }, time: "1" }]) {
    assert.deepEqual(checkedChoices(value), NOTHING);
  }
  const wrong = ["", 5, null, "a\nb", "a\rb", "\u0000", "\ud800", "x".repeat(1025), { toString: () => "x" }];
  assert.deepEqual(checkedChoices({ liked: [...wrong, "é 👩‍👩‍👧", "é 👩‍👩‍👧"] }).liked, ["é 👩‍👩‍👧"]);
  assert.deepEqual(checkedChoices({ liked: ["a"], blocked: ["a", "b"], neither: ["b", "a"] }), {
    ...NOTHING,
    liked: ["a"],
    blocked: ["b"],
  });
});

test("there is never more than there is room for", () => {
  const many = Array.from({ length: 2000 }, (_, i) => `${i}`);
  const { liked, blocked, neither } = checkedChoices({ liked: many, blocked: many, neither: many });
  assert.deepEqual([liked.length, blocked.length, neither.length], [MOST, MOST, MOST]);
  assert.equal(neither.at(-1), "1999", "the newest stay");
  const long = many.map((name) => name.padStart(400, "x"));
  assert.equal(checkedChoices({ liked: long, blocked: long }).liked.length, 100);
  assert.equal(checkedChoices({ liked: long, blocked: long }).blocked.length, 0);
  assert.equal(checkedChoices({ liked: ["😀".repeat(1024), "😀".repeat(1025)] }).liked.length, 1);
});

test("a choice changes what it is about, and the order is the visitor's", () => {
  const before = { liked: ["a", "b", "c"], blocked: ["x"] };
  const stored = { ...before, neither: ["d"], time: 1 };
  const after = { liked: ["c", "a", "d"], blocked: [] };
  assert.deepEqual(applied(stored, before, after, 9), { ...after, neither: ["b", "x"], time: 9 });
  assert.deepEqual(applied(stored, before, { liked: ["a"], blocked: ["b", "c", "x"] }, 9), {
    liked: ["a"],
    blocked: ["b", "c", "x"],
    neither: ["d"],
    time: 9,
  });
});

test("what another tab has chosen meanwhile stays, but where this one has chosen since", () => {
  const before = { liked: ["a", "b"], blocked: [] };
  const stored = { liked: ["b", "theirs"], blocked: ["no"], neither: ["a"], time: 5 };
  // They have taken a back and added two; here c comes and b goes.
  assert.deepEqual(applied(stored, before, { liked: ["a", "c"], blocked: [] }, 9), {
    liked: ["a", "c", "theirs"],
    blocked: ["no"],
    neither: ["b"],
    time: 9,
  });
});

test("of each name the choice made here counts, and a saved run's where there is none", () => {
  const stored = { liked: ["a"], blocked: ["b"], neither: ["gone"], time: 1 };
  const came = { liked: ["b", "gone", "new"], blocked: ["a", "other"] };
  assert.deepEqual(together(stored, came), { liked: ["a", "new"], blocked: ["b", "other"] });
  assert.deepEqual(together(checkedChoices(null), came), came);
  assert.deepEqual(together(stored, NONE), { liked: ["a"], blocked: ["b"] });
});

test("what is taken back doesn't come back with a run that was saved before", () => {
  const run = { liked: ["a", "b"], blocked: [] };
  let stored = applied(checkedChoices(null), NONE, run, 1);
  stored = applied(stored, run, { liked: ["b"], blocked: [] }, 2);
  assert.deepEqual(together(stored, run).liked, ["b"]);
  stored = applied(stored, { liked: ["b"], blocked: [] }, { liked: ["b", "a"], blocked: [] }, 3);
  assert.deepEqual(together(stored, run).liked, ["b", "a"]);
});

test("nothing is nothing, and the same is the same", () => {
  assert.ok(isNothing(checkedChoices(undefined)));
  assert.ok(!isNothing({ ...NOTHING, neither: ["a"] }));
  assert.ok(areSame({ liked: ["a"], blocked: [] }, { blocked: [], liked: ["a"] }));
  assert.ok(!areSame({ liked: ["a"], blocked: [] }, { liked: [], blocked: ["a"] }));
});

test("a text is found by the name of what was learned, as Python finds it", () => {
  assert.equal(textOf("names.txt"), "names.txt");
  assert.equal(textOf("Favourites of names.txt"), "names.txt");
  assert.equal(textOf("mine.txt, after names.txt"), "mine.txt");
  assert.equal(textOf(", after names.txt"), ", after names.txt");
  assert.equal(textOf(""), "");
  assert.equal(textOf("n".repeat(1e6)).length, 100);
});
