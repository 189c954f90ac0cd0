/** Numbers, lines of code and operations of a graph, as the page writes them. */

import { element } from "../page/dom.js";

/** What an operation makes of what it is given. @type {Record<string, string>} */
const OPERATIONS = {
  dot: "dot product",
  sum: "sum",
  "+": "addition",
  "·": "multiplication",
  power: "power",
  exp: "exponential",
  log: "logarithm",
  relu: "ReLU",
  number: "constant",
  weight: "weight",
};

/** @param {string} name of an operation */
export function operationWords(name) {
  return OPERATIONS[name] ?? name;
}

/** With a real minus sign. @param {number} value @param {number} [digits] */
export function written(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  const plain = Number.isInteger(value) && Math.abs(value) < 1e6;
  return (plain ? String(value) : value.toPrecision(digits)).replaceAll("-", "−");
}

/** A power of ten, as 0.0001. @param {number} value */
export function decimal(value) {
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(value))));
}

/** What stands in the last brackets of a name: "m" of "logits[m] of position 2". @param {string} name */
export function elementOf(name) {
  return /\[([^[]*)\](?: of .*)?$/.exec(name)?.[1] ?? "";
}

/**
 * The way from the loss's function to the line that made something; one of them says most.
 * @param {CodeLine[]} calls
 * @param {number} telling
 */
export function callList(calls, telling) {
  const list = element("ol", "", "graph-calls");
  calls.forEach((call, index) => {
    const item = element("li");
    item.append(element("code", call.source), " ", element("small", place(call)));
    if (index === telling) item.className = "telling";
    list.append(item);
  });
  return list;
}

/** @param {CodeLine} call */
export function place({ file, number, function: name }) {
  return `${file}, line ${number}, in ${name}`;
}

/**
 * A number that can be opened.
 * @param {GraphNode} node
 * @param {(id: number) => void} open
 */
export function nodeButton(node, open) {
  const button = element("button", node.name, "link graph-node");
  button.type = "button";
  button.addEventListener("click", () => open(node.id));
  return button;
}

/** The same with the number and its gradient. @param {GraphNode} node @param {(id: number) => void} open */
export function nodeCell(node, open) {
  const cell = element("td");
  cell.append(nodeButton(node, open), " ", element("span", written(node.data), "graph-number"), " ");
  cell.append(element("small", `gradient ${written(node.gradient)}`));
  return cell;
}

/**
 * A table that scrolls where it is too wide; the keyboard can scroll it too.
 * @param {string} name
 * @param {string[]} columns
 */
export function scrollingTable(name, columns) {
  const region = element("div", "", "graph-table");
  region.tabIndex = 0;
  region.role = "region";
  region.ariaLabel = name;
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = element("th", column);
    cell.scope = "col";
    head.append(cell);
  }
  region.append(table);
  return { region, body: table.createTBody(), table };
}
