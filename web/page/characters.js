/**
 * Characters as they can be shown: those that nobody can see have names, line ends have
 * signs. And what of a line is learned. Not about where it is shown.
 */

/** @type {Record<string, string>} */
const NAMES = {
  "\t": "tab",
  "\n": "line end",
  " ": "space",
  "\u00a0": "no-break space",
  "\u00ad": "soft hyphen",
  "\u2002": "en space",
  "\u2003": "em space",
  "\u2009": "thin space",
  "\u200b": "zero-width space",
  "\u200c": "zero-width non-joiner",
  "\u200d": "zero-width joiner",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\u2028": "line separator",
  "\u202f": "narrow no-break space",
  "\u3000": "ideographic space",
  "\ufe0f": "emoji selector",
  "\ufeff": "byte order mark",
  "↵": "line end", // which running text has in its place
};

/** @type {Record<string, string>} */
const SIGNS = { "\n": "↵", "\t": "⇥" };

const UNSEEN = /^[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]+$/u;
const COMBINING = /^\p{M}/u;

/**
 * A character's name, if that says more than its sight: "space", "U+2004"; else "".
 * @param {string} character also one of several code points
 */
export function nameOf(character) {
  const points = [...character];
  const known = NAMES[character];
  if (known) return known;
  if (points.length > 0 && UNSEEN.test(character)) return points.map(codePoint).join(" ");
  return COMBINING.test(character) ? `combining ${points.map(codePoint).join(" ")}` : "";
}

/** A character to look at; a combining mark has a place to stand on. @param {string} character */
export function sightOf(character) {
  if (COMBINING.test(character)) return `◌${character}`;
  return UNSEEN.test(character) ? "" : character;
}

/** @param {string} character */
function codePoint(character) {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * A text in which the ends of lines, tabs, and spaces at both ends can be seen.
 * @param {string} text
 */
export function visible(text) {
  const signs = text.replace(/[\n\t]/g, (sign) => SIGNS[sign] ?? sign);
  return signs.replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
}

/**
 * What of a document is learned, and what of it is not.
 * @param {string} document
 * @param {number} blockSize
 * @returns {[string, string]}
 */
export function learned(document, blockSize) {
  const characters = [...document];
  return [characters.slice(0, blockSize).join(""), characters.slice(blockSize).join("")];
}
