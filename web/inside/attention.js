/**
 * Attention: where each head looks in one line, and how far back in the mean; and beside each
 * head what the model loses without it. Not about how that is measured: inside/ablation.py.
 */

import { button, element } from "../page/dom.js";
import { percent } from "../page/format.js";
import { AttentionDistances } from "./attention-distances.js";
import { Figure } from "./figure.js";
import { HeatMap } from "./heat-map.js";
import { neuronOf } from "./names.js";
import { tokenName, tokenSign, tokenWords } from "../page/tokens.js";
import { linesWords, worthOf, worthWords } from "./worth.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./moment.js").Moment} Moment */
/** @typedef {import("./desk.js").Section} Section */

const AT_ONCE = 8; // maps of all layers; where there are more, those of one layer are shown

/** @implements {Section} */
export class AttentionPart {
  live = true;
  #desk;
  #field = element("div", "", "field inline");
  #choice = element("select");
  #measured = element("p", "", "help");
  #maps = element("div", "", "attention-layers");
  #chart = new AttentionDistances();
  #far = new Figure(this.#chart.picture, "attention-by-distance");
  /** @type {LayerMaps[]} */
  #layers = [];
  #heads = 0;
  /** @type {LineInside | null} */
  #line = null;
  /** @type {Ablation | null} */
  #ablation = null;
  /** @type {Distances | null} */
  #distances = null;

  /**
   * @param {HTMLElement} root its panel
   * @param {Desk} desk
   */
  constructor(root, desk) {
    this.#desk = desk;
    const label = element("label", "Layer");
    label.htmlFor = this.#choice.id = "attention-layer";
    this.#field.append(label, this.#choice);
    this.#choice.addEventListener("change", () => this.#draw());
    this.#chart.addEventListener("point", (event) => this.#read(/** @type {CustomEvent} */ (event).detail));
    const buttons = element("div", "", "buttons");
    buttons.append(button("What every part is worth", () => desk.open("parts")));
    root.append(this.#measured, this.#field, this.#maps, buttons, this.#far.element);
  }

  /** @param {Moment} moment */
  async show(moment) {
    const { line, temperature, atRest } = this.#desk;
    this.#line = await moment.ask("line", line, temperature);
    this.#ablation = this.#distances = null; // of another model, perhaps
    this.#draw();
    if (!atRest) return;
    this.#distances = await moment.ask("distances");
    this.#drawDistances();
    await moment.pursue("ablation", [], (ablation) => {
      this.#ablation = ablation;
      this.#drawWorth();
      return ablation.complete || ablation.parts.some(({ part }) => neuronOf(part)); // those come last
    });
  }

  /** The layers that are shown. */
  get #shown() {
    if (this.#field.hidden) return this.#layers;
    return this.#layers.filter(({ layer }) => String(layer) === this.#choice.value);
  }

  #draw() {
    const line = this.#line;
    if (!line) return;
    if (this.#layers.length !== line.layers || this.#heads !== line.heads) this.#build(line);
    const shown = this.#shown;
    for (const layer of this.#layers) layer.element.hidden = !shown.includes(layer);
    for (const layer of shown) layer.show(line);
    this.#drawWorth();
    this.#drawDistances();
  }

  /** For a model of another shape. @param {LineInside} line */
  #build({ layers, heads }) {
    this.#heads = heads;
    this.#layers = Array.from({ length: layers }, (_, layer) => new LayerMaps(layer, heads));
    this.#maps.replaceChildren(...this.#layers.map((layer) => layer.element));
    this.#choice.replaceChildren(...this.#layers.map(({ layer }) => new Option(String(layer), String(layer))));
    this.#field.hidden = layers === 1 || layers * heads <= AT_ONCE;
  }

  /** As far as it is measured. */
  #drawWorth() {
    const waits = this.#desk.atRest ? "What it is worth is being measured." : "What it is worth is measured when the model is at rest.";
    this.#measured.textContent = this.#ablation ? measuredWords(this.#ablation) : "";
    for (const layer of this.#shown) layer.value(this.#ablation, waits);
  }

  #drawDistances() {
    const found = this.#distances;
    this.#far.element.hidden = !found?.documents;
    if (!found?.documents) return;
    const { distances, means, even, counts } = found;
    const names = this.#names;
    this.#far.describe(
      "How far back each head looks",
      `The mean share of its attention, by distance in letters: 0 is the position itself. The line across a column is what a head has that looks at all positions alike. Over ${linesWords(found)}.`,
    );
    const mean = (/** @type {number} */ head, /** @type {number} */ distance) => Number(means[head * distances + distance]);
    this.#far.tabulate(["head", "distance", "mean share", "all alike", "positions"], () =>
      names.flatMap(({ name, head }) => counts.map((count, distance) => [name, distance, mean(head, distance), Number(even[distance]), count])),
    );
    this.#chart.show({
      names: names.map(({ name }) => name),
      distances,
      means: names.flatMap(({ head }) => [...means.subarray(head * distances, (head + 1) * distances)]),
      even,
    });
  }

  /** Of the heads that are shown, each with its place among all. */
  get #names() {
    return this.#shown.flatMap(({ layer }) =>
      Array.from({ length: this.#heads }, (_, head) => ({ name: `layer ${layer}, head ${head}`, head: layer * this.#heads + head })),
    );
  }

  /** @param {import("./pointing.js").Cell | null} cell */
  #read(cell) {
    const shown = cell && this.#names[cell.row];
    if (!this.#distances || !shown) return this.#far.read("");
    const { distances, means, even } = this.#distances;
    const where = cell.column ? `${cell.column} back` : "the position itself";
    const share = percent(Number(means[shown.head * distances + cell.column]));
    this.#far.read(`${shown.name}, ${where}: ${share} of its attention; all alike it would be ${percent(Number(even[cell.column]))}.`);
  }
}

/** One layer's maps, and what all its heads are worth together. */
class LayerMaps {
  element = element("div", "", "attention-layer");
  #worth = element("p");
  #maps;

  /** @param {number} layer @param {number} heads */
  constructor(layer, heads) {
    this.layer = layer;
    this.#maps = Array.from({ length: heads }, (_, head) => new HeadMap(layer, head));
    const figures = element("div", "", "head-maps");
    figures.append(...this.#maps.map(({ figure }) => figure.element));
    this.element.append(this.#worth, figures);
  }

  /** @param {LineInside} line */
  show(line) {
    for (const map of this.#maps) map.show(line);
  }

  /** @param {Ablation | null} ablation @param {string} waits what is said until it is measured */
  value(ablation, waits) {
    const known = ablation && worthOf(ablation, `layer${this.layer}.attention`);
    this.#worth.textContent = `All heads of layer ${this.layer} together. ${known ? worthWords(known, "them") : waits}`;
    for (const map of this.#maps) map.value(ablation, waits);
  }
}

/** Where one head looks in a line. */
class HeadMap {
  #map = new HeatMap();
  #worth = element("p", "", "worth");
  #layer;
  #head;
  /** @type {string[]} */
  #tokens = [];
  /** Row by row, NaN for what comes later. @type {ArrayLike<number>} */
  #shares = [];

  /** @param {number} layer @param {number} head */
  constructor(layer, head) {
    this.#layer = layer;
    this.#head = head;
    this.figure = new Figure(this.#map.canvas, `attention-layer${layer}-head${head}`);
    this.figure.note(this.#worth);
    this.#map.addEventListener("point", (event) => this.#read(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {LineInside} line */
  show({ line, tokens, heads, attention }) {
    const count = tokens.length;
    const first = (this.#layer * heads + this.#head) * count * count;
    const shares = attention.slice(first, first + count * count);
    for (let row = 0; row < count; row++) shares.fill(NaN, row * count + row + 1, (row + 1) * count);
    this.#tokens = tokens;
    this.#shares = shares;
    const signs = tokens.map(tokenSign);
    const names = tokens.map(tokenName);
    const where = line ? `‘${line}’` : "an empty line";
    this.figure.describe(`Layer ${this.#layer}, head ${this.#head}`, `Share of attention in ${where}, 0 (pale) to 1: a row looks at columns.`);
    this.figure.tabulate(["position", "token", "looks at position", "looks at token", "share"], () =>
      names.flatMap((name, row) => names.slice(0, row + 1).map((other, column) => [row, name, column, other, Number(shares[row * count + column])])),
    );
    this.figure.read("");
    this.#map.show({ rows: count, columns: count, values: shares, scale: "share", most: 1, rowNames: signs, columnNames: signs });
  }

  /** @param {Ablation | null} ablation @param {string} waits what is said until it is measured */
  value(ablation, waits) {
    const known = ablation && worthOf(ablation, `layer${this.#layer}.head${this.#head}`);
    this.#worth.textContent = known ? worthWords(known) : waits;
  }

  /** @param {import("./pointing.js").Cell | null} cell */
  #read(cell) {
    if (!cell) return this.figure.read("");
    const { row, column } = cell;
    const share = Number(this.#shares[row * this.#tokens.length + column]);
    const to = tokenWords(this.#tokens[column] ?? "", "the beginning");
    const there = row === column ? `${to} itself` : `${to}, position ${column}`;
    const looks = column > row ? `can't look at ${there}, which comes later` : `looks ${percent(share)} at ${there}`;
    this.figure.read(`Layer ${this.#layer}, head ${this.#head}: at ${tokenWords(this.#tokens[row] ?? "", "the beginning")}, position ${row}, it ${looks}.`);
  }
}

/** @param {Ablation} ablation */
function measuredWords(ablation) {
  if (!ablation.documents) return "What a head is worth can't be measured: there are no lines to measure on.";
  return `What a head is worth is measured on ${linesWords(ablation)}: the loss without it, ± one standard error. Less than two of them is no difference.`;
}
