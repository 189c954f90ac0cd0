/**
 * The neurons of one layer's MLP as a grid, coloured by what they are worth. Not about the
 * one that is chosen: parts-chosen.js.
 */

import { FINE_NATS, fixed } from "../page/format.js";
import { Figure } from "./figure.js";
import { HeatMap } from "./heat-map.js";
import { found, worthWords } from "./worth.js";

const NARROW = 16; // columns
const WIDE = 32; // of more than a few hundred
const MANY = 256;
const BY_CHANCE = 0.05; // that a difference is two standard errors where there is none

export class NeuronGrid {
  #map = new HeatMap();
  #figure;
  #layer;
  #columns = NARROW;
  /** @type {PartWorth[]} */
  #worths = [];

  /** @param {number} layer @param {(part: string) => void} choose */
  constructor(layer, choose) {
    this.#layer = layer;
    this.#figure = new Figure(this.#map.canvas, `worth-of-neurons-layer${layer}`);
    this.#map.addEventListener("point", (event) => this.#read(this.#at(event)));
    this.#map.addEventListener("choose", (event) => {
      const worth = this.#at(event);
      if (worth) choose(worth.part);
    });
  }

  get element() {
    return this.#figure.element;
  }

  /** As far as they are measured. @param {PartWorth[]} worths in the order of the neurons */
  show(worths) {
    this.#worths = worths;
    const count = worths.length;
    this.element.hidden = !count;
    if (!count) return;
    this.#columns = count > MANY ? WIDE : NARROW;
    const rows = Math.ceil(count / this.#columns);
    const sizes = worths.map(({ difference }) => Math.abs(difference)).filter(Number.isFinite);
    const most = Math.max(0, ...sizes);
    this.#figure.describe(`Neurons of layer ${this.#layer}`, unit(worths, most));
    this.#figure.tabulate(["neuron", "loss without", "difference", "standard error", "lines worse", "found"], () =>
      worths.map((worth, index) => [index, worth.loss_without, worth.difference, worth.error, worth.worse, found(worth) ? "yes" : "no"]),
    );
    const values = Array.from({ length: rows * this.#columns }, (_, index) => worths[index]?.difference ?? NaN);
    const first = (/** @type {number} */ row) => String(row * this.#columns);
    this.#map.show({
      rows, columns: this.#columns, values, scale: "signed", most,
      rowNames: Array.from({ length: rows }, (_, row) => first(row)), columnNames: [],
    });
  }

  /** @param {Event} event @returns {PartWorth | undefined} */
  #at(event) {
    const cell = /** @type {CustomEvent<import("./pointing.js").Cell | null>} */ (event).detail;
    return cell ? this.#worths[cell.row * this.#columns + cell.column] : undefined;
  }

  /** @param {PartWorth | undefined} worth */
  #read(worth) {
    this.#figure.read(worth ? `Neuron ${this.#worths.indexOf(worth)}: ${worthWords(worth)}` : "");
  }
}

/** @param {PartWorth[]} worths @param {number} most */
function unit(worths, most) {
  const different = worths.filter(found).length;
  return (
    `A cell is what the loss is higher by without a neuron, in nats; the strongest colour is ${fixed(most, FINE_NATS)}. ` +
    `A difference was found for ${different} of ${worths.length}; by chance alone it would be about ${Math.round(BY_CHANCE * worths.length)}. ` +
    "Choose one to see what it answers to."
  );
}
