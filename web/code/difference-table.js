/**
 * The difference between two texts as a table: the lines that went and came, between those
 * around them. Imported when one is wanted.
 */

import { diffLines } from "../diff/line.js";
import { element } from "../page/dom.js";
import { counted, grouped } from "../page/format.js";
import { countsOf, rowsOf, visible } from "./difference.js";

const MOST = 1000; // lines that went and came: finding which takes the square of their number
const SIGNS = { same: "", added: "+", removed: "−" };
const WORDS = { same: "", added: "added", removed: "removed" };

/** Where they have next to nothing in common, all of one and all of the other. @param {string} before @param {string} after */
function differing(before, after) {
  const all = [{ value: before, removed: true }, { value: after, added: true }];
  return diffLines(before, after, { maxEditLength: MOST }) ?? all.filter(({ value }) => value);
}

/** As "3 lines added, 1 line removed". @param {string} before @param {string} after */
export function differenceWords(before, after) {
  const { added, removed } = countsOf(differing(before, after));
  const words = [added && `${counted(added, "line")} added`, removed && `${counted(removed, "line")} removed`];
  return words.filter(Boolean).join(", ") || "nothing changed";
}

/**
 * @param {string} name of what is compared
 * @param {string} before
 * @param {string} after
 */
export function differenceTable(name, before, after) {
  const table = element("table", "", "difference");
  const caption = element("caption");
  caption.append(element("strong", name), `: ${differenceWords(before, after)}`);
  const head = element("thead", "", "hidden");
  const headings = element("tr");
  for (const text of ["Line before", "Line now", "What became of it", "Text"]) {
    const heading = element("th", text);
    heading.scope = "col";
    headings.append(heading);
  }
  head.append(headings);
  const body = element("tbody");
  body.append(...rowsOf(differing(before, after)).map(row));
  table.append(caption, head, body);
  return table;
}

/** @param {import("./difference.js").Row} row */
function row(row) {
  const tr = element("tr", "", row.kind);
  if (row.kind === "gap") {
    const cell = element("td", `${counted(row.count, "line")} the same`);
    cell.colSpan = 4;
    tr.append(cell);
    return tr;
  }
  const numbers = [row.before, row.after].map((number) => element("td", number === null ? "" : grouped(number), "number"));
  const sign = element("td", "", "sign");
  const shown = element("span", SIGNS[row.kind]);
  shown.ariaHidden = "true";
  sign.append(shown, element("span", WORDS[row.kind], "hidden"));
  const text = element("td");
  text.append(element("code", visible(row.text)));
  tr.append(...numbers, sign, text);
  return tr;
}
