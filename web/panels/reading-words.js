/** How a text is read, in words. Not about the controls for it: see reading.js. */

import { counted, grouped } from "../page/format.js";

const SHOWN = 24; // characters of a heading

/** What a document is, in the singular. @type {Record<Reading["documents"], string>} */
const NOUNS = { "": "line", line: "line", paragraph: "paragraph", column: "cell", running: "window" };

/** @param {Reading} reading */
export function nounOf({ documents }) {
  return NOUNS[documents];
}

/** Whether a text can well be something else than a list of lines. @param {TextReport} report */
export function isChoice({ reading, columns }) {
  return reading.documents !== "line" || columns.length > 0;
}

/** In a few words: what is learned from, and whatever isn't as usual. @param {Reading} reading */
export function inWords(reading) {
  const { encoding, lower_case, drop_repeated, split_long, most_frequent, normalize } = reading;
  const noun = nounOf(reading);
  return [
    source(reading),
    /^(utf|ascii)/i.test(encoding) || encoding === "" ? "" : encoding,
    lower_case ? "lower case" : "",
    drop_repeated ? `no repeated ${noun}s` : "",
    split_long ? `long ${noun}s split` : "",
    most_frequent ? counted(most_frequent, "character") : "",
    normalize ? "" : "not composed",
  ]
    .filter(Boolean)
    .join(", ");
}

/** @param {Reading} reading */
function source({ documents, column }) {
  if (documents === "paragraph") return "paragraphs";
  if (documents === "running") return "running text";
  if (documents !== "column") return "each line";
  const heading = [...column];
  if (/^column \d+$/.test(column)) return column; // it has no heading
  return `column ${heading.length > SHOWN ? `${heading.slice(0, SHOWN - 1).join("")}…` : column}`;
}

/**
 * What the text has, in a line.
 * @param {TextReport} report
 * @param {string} [nouns] what an example's lines are, in the plural
 */
export function figures({ reading, documents, characters, vocabulary, longest }, nouns) {
  const noun = nounOf(reading);
  const named = reading.documents === "line" && nouns && documents > 1;
  const lines = named ? `${grouped(documents)} ${nouns}` : counted(documents, noun);
  const kind = /^\p{L}+$/u.test(vocabulary) ? "letter" : "character";
  const different = counted([...vocabulary].length, "different character");
  const rest = `${different}, ${grouped(characters)} in all.`;
  if (reading.documents === "running") return `${lines} of ${counted(longest, kind)}, ${rest}`;
  return `${lines}, up to ${counted(longest, kind)}, ${rest}`;
}

/**
 * What is other in a reading than it was.
 * @param {Reading} before
 * @param {Reading} after
 * @returns {Partial<Reading>}
 */
export function changed(before, after) {
  const keys = /** @type {(keyof Reading)[]} */ (Object.keys(after));
  return Object.fromEntries(keys.filter((key) => before[key] !== after[key]).map((key) => [key, after[key]]));
}
