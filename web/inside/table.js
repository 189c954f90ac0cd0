/** Tables with heads. Not about what is in them. */

import { element } from "../page/dom.js";

/**
 * A table with a head and nothing below it.
 * @param {string[]} columns
 * @param {string} [caption]
 */
export function headed(columns, caption = "") {
  const table = element("table");
  if (caption) table.append(element("caption", caption));
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = element("th", column);
    cell.scope = "col";
    head.append(cell);
  }
  return { table, body: table.createTBody() };
}
