/** Names with all that is known of them, as files. Not about who saves them. */

import { csv } from "../page/csv.js";

/**
 * A row a name; what isn't known is empty.
 * @param {Made[]} names
 */
export function namesCsv(names) {
  const heading = ["name", "in_text", "one_in", "surprise", "typical", "distinctive", "nearest", "edits", "surprises"];
  const rows = names.map((made) => [
    made.text,
    made.in_text,
    known(made.one_in),
    known(total(made.surprises)),
    known(made.typical),
    known(made.distinctive),
    made.nearest,
    made.edits < 0 ? "" : made.edits,
    Array.from(made.surprises).join(" "),
  ]);
  return csv([heading, ...rows]);
}

/** An array of objects, with the same names; nats in full. @param {Made[]} names */
export function namesJson(names) {
  const all = names.map(({ text, ...figures }) => ({
    name: text,
    ...figures,
    edits: figures.edits < 0 ? null : figures.edits,
    surprise: total(figures.surprises),
    surprises: Array.from(figures.surprises),
  }));
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** A line a name. @param {string[]} names */
export function namesText(names) {
  return names.map((name) => `${name}\n`).join("");
}

/**
 * A name that the model can't read, as one that was typed may be: it has its place in a file.
 * @param {string} text
 * @param {Error} error which Python gave; any other is thrown again
 * @returns {Made}
 */
export function withoutFigures(text, error) {
  if (error.name !== "MicrogptError") throw error;
  const surprises = new Float64Array();
  return { text, in_text: "", surprises, one_in: NaN, nearest: "", edits: -1, typical: NaN, distinctive: NaN };
}

/** Nats, of the whole name; NaN where they aren't known. @param {Float64Array} surprises */
function total(surprises) {
  return surprises.length ? surprises.reduce((sum, nats) => sum + nats, 0) : NaN;
}

/** Empty where it isn't known. @param {number} figure */
function known(figure) {
  return Number.isNaN(figure) ? "" : figure;
}
