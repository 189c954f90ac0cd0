/**
 * What is asked of the model beside a number, a temperature and a beginning, and how that is
 * going, in words. Not about the form: wishes.js.
 */

import { counted, grouped } from "../page/format.js";

/** What is asked where nothing is wished. Numbers: 0 for any. */
export const NO_WISHES = Object.freeze({
  suffix: "",
  contains: "",
  without: "",
  min_length: 0,
  max_length: 0,
  new: false,
  unique: false,
  min_edits: 0,
  written: /** @type {Wish["written"]} */ ("as_is"),
  likeliest: false,
});

/** @typedef {Omit<Wish, "count" | "temperature" | "prefix">} Wishes */

/** Whether nothing is wished. @param {Wishes} wishes */
export function isPlain(wishes) {
  return Object.entries(NO_WISHES).every(([name, value]) => wishes[/** @type {keyof Wishes} */ (name)] === value);
}

/** As "6 letters, ends with na, new only"; "" where nothing is wished. @param {Wishes} wishes */
export function wishWords(wishes) {
  const { suffix, contains, without, min_edits: edits, written } = wishes;
  return [
    wishes.likeliest && "the likeliest",
    lengths(wishes),
    suffix && `ends with ${suffix}`,
    contains && `contains ${contains}`,
    without && `without ${[...new Set(without)].join(", ")}`,
    wishes.new && "new only",
    wishes.unique && "no repeats",
    edits && `at least ${counted(edits, "edit")} from every line`,
    written !== "as_is" && `in ${{ title: "Title Case", upper: "UPPER CASE" }[written]}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {Wishes} wishes */
function lengths({ min_length: from, max_length: to }) {
  if (from && from === to) return counted(from, "letter");
  if (from && to) return `${from} to ${counted(to, "letter")}`;
  if (from) return `at least ${counted(from, "letter")}`;
  return to ? `at most ${counted(to, "letter")}` : "";
}

/**
 * As "44 of 200, 1.2 % of 18,000 draws fit".
 * @param {Pick<Making, "found" | "draws" | "accepted" | "method">} making
 * @param {number} count wished for
 */
export function progressWords({ found, draws, accepted, method }, count) {
  const share = method === "search" ? `${grouped(draws)} beginnings looked at` : `${percent(accepted)} of ${grouped(draws)} draws fit`;
  return `${grouped(found)} of ${grouped(count)}, ${share}`;
}

/** Two figures: 100 %, 44 %, 1.2 %, 0.034 %. @param {number} share */
export function percent(share) {
  if (!(share > 0)) return "0 %";
  if (share < 1e-6) return "less than 0.0001 %";
  const figure = 100 * share;
  const digits = figure >= 9.95 ? 0 : 1 - Math.floor(Math.log10(figure));
  return `${Number(figure.toFixed(Math.max(0, digits)))} %`;
}
