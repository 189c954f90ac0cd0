/**
 * One number of a graph: what it was made of, what was made of it and passes a gradient back,
 * a proof of that gradient, and the way from a weight to the loss.
 */

import { element } from "../page/dom.js";
import { grouped } from "../page/format.js";
import { callList, decimal, nodeButton, nodeCell, operationWords, place, scrollingTable, written } from "./graph-words.js";

const ROWS = 50; // of a table, at first

/** @typedef {(id: number) => void} Open */

/** Announces `prove` and `path`: the visitor wants them of the value that is shown. */
export class ValueView extends EventTarget {
  element = element("div", "", "inside-pane");
  heading = element("h3", "", "graph-name");
  #about = element("div", "", "inside-pane");
  #proof = element("p", "", "graph-proof");
  #way = element("section", "", "inside-pane");
  #made = element("section", "", "inside-pane");
  #used = element("section", "", "inside-pane");
  #open;
  /** The id of the value that is shown. @type {number | null} */
  id = null;

  /** @param {Open} open */
  constructor(open) {
    super();
    this.#open = open;
    this.heading.tabIndex = -1;
    this.#proof.role = "status";
    this.#proof.ariaLabel = "Proof";
    this.#way.ariaLabel = "Path to the loss";
    const buttons = element("div", "", "buttons");
    for (const [text, name] of [["Prove it", "prove"], ["Path to the loss", "path"]]) {
      const button = element("button", text, "quiet");
      button.type = "button";
      button.addEventListener("click", () => this.dispatchEvent(new Event(String(name))));
      buttons.append(button);
    }
    this.element.append(this.heading, this.#about, buttons, this.#proof, this.#way, this.#made, this.#used);
  }

  /**
   * @param {GraphValue} value
   * @param {number} telling which of its calls says most
   */
  show(value, telling) {
    const { node } = value;
    this.id = node.id;
    this.#proof.textContent = "";
    this.#way.hidden = true;
    this.heading.textContent = node.name;
    const numbers = element("dl", "", "graph-facts");
    numbers.append(element("dt", "Value"), element("dd", written(node.data, 7)));
    numbers.append(element("dt", "Gradient"), element("dd", written(node.gradient, 7)));
    numbers.append(element("dt", "Made by"), element("dd", operationWords(value.operation)));
    this.#about.replaceChildren(numbers, element("p", meaning(node.gradient), "help"));
    if (value.formula) this.#about.append(element("p", value.formula, "graph-formula"));
    if (value.calls.length) this.#about.append(callList(value.calls, telling));
    this.#showTerms(value);
    this.#showUsers(value);
  }

  /** @param {Proof} proof */
  prove(proof) {
    if (proof.id !== this.id) return;
    this.#proof.textContent = proofWords(proof);
  }

  /** @param {PathStep[]} path */
  trace(path) {
    const title = element("h4", "From a weight to the loss, along the way that passes most back");
    title.tabIndex = -1;
    const list = element("ol", "", "graph-path");
    for (const [index, step] of path.entries()) {
      const item = element("li");
      if (step.node.id === this.id) item.ariaCurrent = "true";
      if (index) item.append(element("span", `× ${written(step.local)}:`, "graph-number"), " ");
      item.append(nodeButton(step.node, this.#open));
      item.append(` ${written(step.node.data)} `, element("small", `gradient ${written(step.node.gradient)}`));
      if (step.line) item.append(element("code", step.line.source), element("small", place(step.line)));
      list.append(item);
    }
    this.#way.replaceChildren(title, element("p", pathWords(path), "help"), list);
    this.#way.hidden = false;
    title.focus();
  }

  /** @param {GraphValue} value */
  #showTerms({ node, operation, terms }) {
    if (!terms.length) {
      const words = operation === "weight" ? "A weight: it isn't computed. Learning changes it, by its gradient." : "A constant, as it stands in the line.";
      return this.#made.replaceChildren(element("h4", "What it was made of"), element("p", words));
    }
    const pairs = terms.some(({ right }) => right);
    const columns = pairs ? ["Left", "Right", "Product", "Back to left", "Back to right"] : ["Number", "Slope", "Back to it"];
    const { region, body } = scrollingTable("What it was made of", columns);
    const words = pairs
      ? "The products are added up. Back to each factor goes this gradient times the other factor."
      : "Back to each number goes this gradient times the slope: how much this value changes with that number.";
    this.#made.replaceChildren(element("h4", "What it was made of"), element("p", words, "help"), region);
    fill(body, terms, ({ left, right, local, data }) => {
      const cells = [nodeCell(left, this.#open)];
      if (right) cells.push(nodeCell(right, this.#open));
      cells.push(number(right ? data : local), number(local * node.gradient));
      if (right) cells.push(number(left.data * node.gradient));
      return cells;
    });
  }

  /** @param {GraphValue} value */
  #showUsers({ node, users, users_count }) {
    const title = element("h4", "Where its gradient comes from");
    if (!users.length) {
      return this.#used.replaceChildren(title, element("p", "This is the loss: backward() begins here, with the gradient 1."));
    }
    const { region, body, table } = scrollingTable("Where its gradient comes from", ["Made of it", "Slope", "Its gradient", "Passes back"]);
    fill(body, users, (use) => [nodeCell(use.node, this.#open), number(use.local), number(use.node.gradient), number(use.passes)]);
    const foot = table.createTFoot();
    const rest = node.gradient - users.reduce((sum, { passes }) => sum + passes, 0);
    if (users_count > users.length) total(foot, `${grouped(users_count - users.length)} more`, rest);
    total(foot, "Together: the gradient", node.gradient);
    const words = "Each number that was made of this one passes back its own gradient times the slope. Added up, that is the gradient.";
    this.#used.replaceChildren(title, element("p", words, "help"), region);
  }
}

/**
 * Rows, the first ones; the others on a press.
 * @template T
 * @param {HTMLTableSectionElement} body
 * @param {T[]} items
 * @param {(item: T) => HTMLTableCellElement[]} cells
 */
function fill(body, items, cells) {
  const add = (/** @type {T[]} */ some) => some.forEach((item) => body.insertRow().append(...cells(item)));
  add(items.slice(0, ROWS));
  if (items.length <= ROWS) return;
  const row = body.insertRow();
  const more = element("button", `Show ${grouped(items.length - ROWS)} more`, "quiet");
  more.type = "button";
  more.addEventListener("click", () => {
    row.remove();
    add(items.slice(ROWS));
    body.rows[ROWS]?.querySelector("button")?.focus();
  });
  const cell = row.insertCell();
  cell.colSpan = 5;
  cell.append(more);
}

/** @param {number} value */
function number(value) {
  return element("td", written(value), "graph-number");
}

/** @param {HTMLTableSectionElement} foot @param {string} name @param {number} value */
function total(foot, name, value) {
  const row = foot.insertRow();
  const head = element("th", name);
  head.scope = "row";
  head.colSpan = 3;
  row.append(head, number(value));
}

/** @param {number} gradient */
function meaning(gradient) {
  if (!gradient) return "If it were a little larger, the loss would stay as it is.";
  const change = gradient > 0 ? "rise" : "fall";
  return `If it were a little larger, the loss would ${change} by ${written(Math.abs(gradient))} times as much.`;
}

/** @param {Proof} proof */
export function proofWords({ epsilon, loss_up, loss_down, slope, gradient, agrees, note }) {
  if (Number.isNaN(slope)) return note;
  const difference = loss_up - loss_down;
  const changed = difference
    ? `the loss was ${written(loss_up, 12)} and ${written(loss_down, 12)}, a difference of ${written(difference)}`
    : `the loss was ${written(loss_up, 12)} both times`;
  const verdict = agrees ? "They agree." : "They don't agree.";
  const said = `Made ${decimal(epsilon)} larger, then smaller, and all computed again: ${changed}. That is a slope of ${written(slope, 7)}; backward() said ${written(gradient, 7)}. ${verdict}`;
  return note ? `${said} ${note}` : said;
}

/** @param {PathStep[]} path */
function pathWords(path) {
  const [first] = path;
  if (!first || path.length === 1) return "This is the loss itself.";
  const product = path.reduce((all, { local }) => all * local, 1);
  return `The factors multiplied are ${written(product)}: so much does this path alone pass back to ${first.node.name}. All paths together pass back ${written(first.node.gradient)}.`;
}
