/**
 * What one line of Python has made: pictures of all its numbers, and each time that it was run,
 * with numbers to open. Not about a single number: graph-value.js.
 */

import { csv } from "../page/csv.js";
import { element, saveFile } from "../page/dom.js";
import { counted, grouped } from "../page/format.js";
import { Roving } from "../page/roving.js";
import { Figure } from "./figure.js";
import { callList, elementOf, operationWords, written } from "./graph-words.js";
import { HeatMap } from "./heat-map.js";

const OPENED = 40; // numbers that are in sight at first
const RUNS = 30; // that are listed at a time

/** @typedef {(id: number) => void} Open */
/** @typedef {{name: string, vectors: GraphVector[]}} Run */

export class GroupView {
  element = element("div", "", "inside-pane");
  heading = element("h3");
  #about = element("div", "", "inside-pane");
  #pictures = element("div", "", "figures");
  #runs = element("div", "", "graph-runs");
  #csv = element("button", "CSV of these numbers", "quiet");
  /** Pictures are kept: each listens to the colour scheme. @type {Picture[]} */
  #kept = [];
  #open;
  /** @type {GraphVector[]} */
  #vectors = [];

  /** @param {Open} open */
  constructor(open) {
    this.#open = open;
    this.heading.tabIndex = -1;
    this.#csv.type = "button";
    this.#csv.addEventListener("click", () => saveFile("graph-line.csv", [csv(rows(this.#vectors))], "text/csv"));
    const files = element("div", "", "buttons");
    files.append(this.#csv);
    this.element.append(this.heading, this.#about, this.#pictures, this.#runs, files);
  }

  /** @param {GraphGroup} group @param {GraphVector[]} vectors */
  show(group, vectors) {
    this.#vectors = vectors;
    this.heading.replaceChildren("What this line makes: ", element("code", group.name));
    const many = `${counted(group.values, "value")}, ${counted(group.edges, "edge")}`;
    const operations = group.operations.map(operationWords).join(", ");
    this.#about.replaceChildren(
      callList(group.calls, group.telling),
      element("p", `${many}. Made by: ${operations}. Open a number to see what it was computed from.`, "help"),
    );
    this.#draw(vectors);
    this.#list(vectors);
  }

  /** @param {GraphVector[]} vectors */
  #draw(vectors) {
    const places = together(vectors, ({ makes, operation }) => `${makes} ${operation}`);
    const wide = [...places.values()].filter((of) => of.some(({ elements }) => elements.length > 1));
    const pictures = wide.flatMap((of) => [{ of, what: /** @type {const} */ ("data") }, { of, what: /** @type {const} */ ("gradient") }]);
    pictures.forEach(({ of, what }, index) => {
      const picture = (this.#kept[index] ??= new Picture(`graph-${index + 1}`, (id) => this.#open(id)));
      picture.element.hidden = false;
      if (!picture.element.isConnected) this.#pictures.append(picture.element);
      picture.show(of, what);
    });
    for (const picture of this.#kept.slice(pictures.length)) picture.element.hidden = true;
    this.#pictures.hidden = !pictures.length;
  }

  /** @param {GraphVector[]} vectors */
  #list(vectors) {
    const runs = [...together(vectors, ({ name }) => name)].map(([name, of]) => ({ name, vectors: of }));
    const title = element("h4", runs.length === 1 ? "The numbers" : `The numbers, each time that it was run`);
    this.#runs.replaceChildren(title);
    this.#more(runs, 0);
  }

  /** @param {Run[]} runs @param {number} from */
  #more(runs, from) {
    let seen = 0;
    for (const [index, run] of runs.slice(from, from + RUNS).entries()) {
      seen += run.vectors.reduce((sum, { values }) => sum + values.length, 0);
      this.#runs.append(this.#run(run, from === 0 && (index === 0 || seen <= OPENED)));
    }
    const left = runs.length - from - RUNS;
    if (left <= 0) return;
    const more = element("button", `Show more (${grouped(left)} left)`, "quiet");
    more.type = "button";
    more.addEventListener("click", () => {
      more.remove();
      this.#more(runs, from + RUNS);
      const next = this.#runs.querySelectorAll("summary")[from + RUNS];
      if (next instanceof HTMLElement) next.focus();
    });
    this.#runs.append(more);
  }

  /** One time that the line was run. @param {Run} run @param {boolean} open */
  #run({ name, vectors }, open) {
    const details = element("details", "", "graph-run");
    details.append(element("summary", name));
    const fill = () => {
      if (details.open && details.children.length === 1) details.append(...vectors.map((vector) => this.#vector(vector)));
    };
    details.addEventListener("toggle", fill);
    details.open = open;
    fill();
    return details;
  }

  /** @param {GraphVector} vector */
  #vector(vector) {
    const made = element("div", "", vector.values.length > 1 ? "graph-vector" : "graph-vector single");
    const title = element("p", "", "graph-makes");
    title.append(element("code", vector.makes), ` ${operationWords(vector.operation)}`);
    const list = element("ol", "", "graph-numbers");
    list.ariaLabel = `${vector.makes}, ${vector.name}`;
    const most = largest(vector.values.map(({ data }) => data));
    const steepest = largest(vector.values.map(({ gradient }) => gradient));
    const roving = new Roving(list);
    for (const node of vector.values) {
      const item = element("li");
      const button = element("button", "", "graph-cell");
      button.type = "button";
      button.title = node.name;
      const index = elementOf(node.name);
      if (vector.values.length > 1 || index) button.append(element("b", index), " ");
      button.append(swatch(node.data, most), element("span", written(node.data)), " ");
      const gradient = element("small", `${written(node.gradient, 3)}`);
      gradient.prepend(element("span", "gradient ", "hidden"), swatch(node.gradient, steepest));
      button.append(gradient);
      button.addEventListener("click", () => this.#open(node.id));
      item.append(button);
      list.append(item);
      roving.settle(item);
    }
    roving.update();
    made.append(title, list);
    return made;
  }
}

/** All numbers of one place in the line, a row each time that it was run. */
class Picture {
  #map = new HeatMap();
  #figure;
  /** @type {(GraphNode | undefined)[][]} */
  #nodes = [];
  /** @type {GraphVector[]} */
  #vectors = [];

  /** @param {string} name of its files @param {Open} open */
  constructor(name, open) {
    this.#figure = new Figure(this.#map.canvas, name);
    this.#map.addEventListener("point", (event) => {
      const cell = /** @type {CustomEvent<import("./heat-map.js").Cell | null>} */ (event).detail;
      const node = cell && this.#nodes[cell.row]?.[cell.column];
      this.#figure.read(node ? `${node.name}: ${written(node.data)}, gradient ${written(node.gradient)}. Press to open.` : "");
    });
    this.#map.addEventListener("choose", (event) => {
      const { row, column } = /** @type {CustomEvent<import("./heat-map.js").Cell>} */ (event).detail;
      const node = this.#nodes[row]?.[column];
      if (node) open(node.id);
    });
  }

  get element() {
    return this.#figure.element;
  }

  /** @param {GraphVector[]} vectors of one place @param {"data" | "gradient"} what */
  show(vectors, what) {
    this.#vectors = vectors;
    const columns = 1 + vectors.reduce((most, { elements }) => Math.max(most, ...elements), 0);
    this.#nodes = vectors.map(({ elements, values }) => {
      const row = /** @type {(GraphNode | undefined)[]} */ (Array(columns).fill(undefined));
      elements.forEach((column, index) => (row[column] = values[index]));
      return row;
    });
    const values = this.#nodes.flat().map((node) => node?.[what] ?? NaN);
    const columnNames = Array.from({ length: columns }, (_, column) => short(this.#nodes.find((row) => row[column])?.[column]));
    const makes = vectors[0]?.makes ?? "";
    const most = largest(values);
    const title = what === "data" ? "Numbers" : "Gradients";
    const unit = what === "data" ? "" : "In nats for each unit. ";
    const ends = `From −${written(most)} to ${written(most)}`;
    this.#figure.describe(`${title} of ${makes}`, `${unit}${ends}. A row each time that the line was run.`);
    this.#map.show({ rows: vectors.length, columns, values, scale: "signed", most, rowNames: vectors.map(rowName), columnNames });
    this.#figure.read("");
    this.#figure.tabulate(HEAD, () => rows(this.#vectors).slice(1));
  }
}

const HEAD = ["run", "makes", "name", "value", "gradient"];

/** @param {GraphVector[]} vectors @returns {(string | number)[][]} */
function rows(vectors) {
  const all = vectors.flatMap(({ name, makes, values }) => values.map((node) => [name, makes, node.name, node.data, node.gradient]));
  return [HEAD, ...all];
}

/**
 * Vectors by what they have in common, in the order of the first of each.
 * @param {GraphVector[]} vectors
 * @param {(vector: GraphVector) => string} common
 */
function together(vectors, common) {
  /** @type {Map<string, GraphVector[]>} */
  const found = new Map();
  for (const vector of vectors) {
    const before = found.get(common(vector));
    if (before) before.push(vector);
    else found.set(common(vector), [vector]);
  }
  return found;
}

/** @param {number[]} values NaN where there is none */
function largest(values) {
  return values.reduce((most, value) => (Number.isNaN(value) ? most : Math.max(most, Math.abs(value))), 0);
}

/** The character at whose position a line was run, at the first head. @param {GraphVector} vector */
function rowName({ name }) {
  return / head [1-9]/.test(name) ? "" : (/‘(.)’/u.exec(name)?.[1] ?? "");
}

/** A character, or every fifth number: they are to fit a narrow picture. @param {GraphNode | undefined} node */
function short(node) {
  const name = node ? elementOf(node.name) : "";
  return name === "BOS" || Number(name) % 5 ? "" : name;
}

/** A number as a colour. @param {number} value @param {number} most */
function swatch(value, most) {
  const made = element("span", "", value < 0 ? "swatch less" : "swatch");
  made.style.setProperty("--share", String(most ? Math.abs(value) / most : 0));
  made.ariaHidden = "true";
  return made;
}
