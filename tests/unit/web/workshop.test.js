/** Wishes, what is known of names, and files of them, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { namesCsv, namesJson, namesText, withoutFigures } from "../../../web/panels/exports.js";
import * as figures from "../../../web/panels/figures.js";
import { isPlain, NO_WISHES, percent, progressWords, wishWords } from "../../../web/panels/wish-words.js";

const MADE = {
  text: "mia",
  in_text: "",
  surprises: new Float64Array([2.1, 0.25, 0.5, 1.2]),
  one_in: 57.4,
  nearest: "mina",
  edits: 1,
  typical: 61.4,
  distinctive: -0.318,
};

test("wishes in words, and whether there are any", () => {
  assert.equal(wishWords(NO_WISHES), "");
  assert.ok(isPlain(NO_WISHES));
  const wish = { ...NO_WISHES, min_length: 6, max_length: 6, suffix: "na", new: true };
  assert.equal(wishWords(wish), "6 letters, ends with na, new only");
  const rest = { likeliest: true, max_length: 1, contains: "a", without: "xyx", unique: true, min_edits: 2, written: "title" };
  assert.equal(
    wishWords({ ...NO_WISHES, ...rest }),
    "the likeliest, at most 1 letter, contains a, without x, y, no repeats, at least 2 edits from every line, in Title Case",
  );
  assert.equal(wishWords({ ...NO_WISHES, min_length: 4, max_length: 8 }), "4 to 8 letters");
  assert.equal(wishWords({ ...NO_WISHES, min_length: 4 }), "at least 4 letters");
  for (const [name, value] of Object.entries({ ...wish, ...rest })) {
    if (value !== NO_WISHES[name]) assert.ok(!isPlain({ ...NO_WISHES, [name]: value }), name);
  }
});

test("a number that isn't one is a wish, which Python refuses", () => {
  assert.ok(!isPlain({ ...NO_WISHES, min_length: NaN }));
});

test("how far a wish is", () => {
  const making = { found: 44, draws: 18_000, accepted: 0.0123, method: "draw" };
  assert.equal(progressWords(making, 200), "44 of 200, 1.2 % of 18,000 draws fit");
  assert.equal(progressWords({ ...making, method: "search" }, 200), "44 of 200, 18,000 beginnings looked at");
});

test("shares", () => {
  const shares = [0, 1e-8, 0.00034, 0.0876, 0.0996, 0.4444, 1];
  const words = ["0 %", "less than 0.0001 %", "0.034 %", "8.8 %", "10 %", "44 %", "100 %"];
  assert.deepEqual(shares.map(percent), words);
});

test("what is known of a name", () => {
  assert.deepEqual(figures.letters(MADE).map(({ letter }) => letter), ["m", "i", "a", ""]);
  assert.equal(figures.surpriseWords(MADE), "m 2.1, i 0.3, a 0.5, end 1.2");
  assert.equal(figures.letters({ ...MADE, text: "STRASSE" }), null, "letters that aren't the model's");
  assert.deepEqual(
    figures.letters({ text: "🙂", surprises: new Float64Array([1, 2]) }).map(({ letter }) => letter),
    ["🙂", ""],
    "a character is one, also where JavaScript counts two",
  );
  assert.deepEqual([0, 0.49, 0.5, 1.5, 2.5, 4, 99].map(figures.level), [0, 0, 1, 2, 3, 4, 4]);
  assert.deepEqual(
    [1.53, 12_412, 4.1e6, 2e18, Infinity].map(figures.oneInWords),
    ["1.5", "12,400", "4.1 million", "10 to the 18", "more than can be counted"],
  );
  assert.equal(figures.nearestWords(MADE), "1 edit from mina");
  assert.equal(figures.nearestWords({ nearest: "mia", edits: 0 }), "mia itself");
  assert.equal(figures.nearestWords({ nearest: "", edits: -1 }), "");
  assert.equal(figures.typicalWords(MADE), "more than 61 % of what it makes of 3 letters");
  assert.match(figures.distinctiveWords(MADE), /^0\.32 nats a letter less likely/);
});

test("files: a line or a row a name, and JSON, with the figures in full", () => {
  const odd = { ...MADE, text: '=a"b', nearest: "", edits: -1 };
  assert.equal(namesText(["a", "b"]), "a\nb\n");
  assert.equal(
    namesCsv([MADE, odd]),
    "name,in_text,one_in,surprise,typical,distinctive,nearest,edits,surprises\n" +
      "mia,,57.4,4.05,61.4,-0.318,mina,1,2.1 0.25 0.5 1.2\n" +
      `"'=a""b",,57.4,4.05,61.4,-0.318,,,2.1 0.25 0.5 1.2\n`,
  );
  const [first, second] = JSON.parse(namesJson([MADE, odd]));
  const { text, ...known } = MADE;
  assert.deepEqual(first, { ...known, name: text, surprise: 4.05, surprises: [2.1, 0.25, 0.5, 1.2] });
  assert.deepEqual([second.name, second.edits], ['=a"b', null]);
});

test("a name that the model can't read has its place in files, without figures", () => {
  const refused = Object.assign(new Error("never seen"), { name: "MicrogptError" });
  const typed = withoutFigures("Zoë", refused);
  assert.equal(namesCsv([typed]).split("\n")[1], "Zoë,,,,,,,,");
  const [found] = JSON.parse(namesJson([typed]));
  const nothing = { one_in: null, surprise: null, typical: null, distinctive: null, nearest: "", edits: null, surprises: [] };
  assert.deepEqual(found, { name: "Zoë", in_text: "", ...nothing });
  assert.throws(() => withoutFigures("a", new TypeError("broken")), TypeError);
});
