/**
 * What each part of the model is worth: the loss without it, part by part, down to each
 * neuron. Not about how that is measured (inside/ablation.py), nor about the part that is
 * chosen: parts-chosen.js.
 */

import { button, element } from "../page/dom.js";
import { counted, FINE_NATS, fixed, grouped, signed } from "../page/format.js";
import { BarChart } from "./bar-chart.js";
import { Figure } from "./figure.js";
import { neuronOf, partName } from "./names.js";
import { ChosenPart } from "./parts-chosen.js";
import { NeuronGrid } from "./parts-neurons.js";
import { found, linesWords, worthWords } from "./worth.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./moment.js").Moment} Moment */
/** @typedef {import("./desk.js").Section} Section */

const MOST_BARS = 60; // the table has all
const LITTLE = 0.02; // nats: as if each letter were 2 % likelier
const NAMED = 8; // parts that are worth little, in a sentence
const LONGER = 20; // times

/** @implements {Section} */
export class PartsPart {
  live = false;
  #desk;
  #said = element("p");
  #progress = element("progress");
  #remark = element("div", "", "remark");
  #little = element("p");
  #longer;
  #order = element("select");
  #bars = new BarChart();
  #figure = new Figure(this.#bars.picture, "worth-of-parts");
  #grids = element("div", "", "neuron-grids");
  /** @type {NeuronGrid[]} */
  #neurons = [];
  #chosen;
  /** @type {Ablation | null} */
  #ablation = null;
  /** The parts as they are drawn. @type {PartWorth[]} */
  #drawn = [];

  /**
   * @param {HTMLElement} root its panel
   * @param {Desk} desk
   */
  constructor(root, desk) {
    this.#desk = desk;
    this.#chosen = new ChosenPart(desk);
    this.#progress.ariaLabel = "Parts measured";
    this.#longer = button("", () => desk.trainLonger(LONGER));
    this.#order.append(new Option("by place", "place"), new Option("by size", "size"));
    this.#order.addEventListener("change", () => this.#drawBars());
    this.#bars.addEventListener("point", (event) => this.#read(/** @type {CustomEvent} */ (event).detail));
    this.#bars.addEventListener("choose", (event) => {
      const worth = this.#drawn[/** @type {CustomEvent<number>} */ (event).detail];
      if (worth) this.#chosen.choose(worth.part);
    });
    this.#build(root);
  }

  /** @param {HTMLElement} root */
  #build(root) {
    const order = element("div", "", "field inline");
    const label = element("label", "Order");
    label.htmlFor = this.#order.id = "parts-order";
    order.append(label, this.#order);
    this.#remark.hidden = true;
    this.#remark.append(this.#little, this.#longer);
    const measured = element("div", "", "inside-pane");
    measured.append(order, this.#figure.element, this.#grids);
    const beside = element("div", "", "parts-beside");
    beside.append(measured, this.#chosen.element);
    root.append(this.#said, this.#progress, this.#remark, beside);
  }

  /** @param {Moment} moment */
  async show(moment) {
    this.#ablation = null; // what is shown is of another moment
    let refused = null;
    try {
      await this.#chosen.show(moment);
    } catch (error) {
      if (moment.isPast) throw error;
      this.#chosen.drop(); // another model, which may not have it
      refused = error;
    }
    await moment.pursue("ablation", [], (ablation) => {
      this.#ablation = ablation;
      this.#draw(ablation);
      return ablation.complete;
    });
    if (refused && !isMendable(refused)) throw refused;
  }

  /** @param {Ablation} ablation */
  #draw(ablation) {
    this.#progress.max = ablation.planned || 1;
    this.#progress.value = ablation.parts.length;
    this.#progress.hidden = ablation.complete;
    this.#said.textContent = said(ablation);
    this.#chosen.offer(ablation);
    this.#remarkOn(ablation);
    this.#drawBars();
    this.#drawNeurons(ablation.parts.filter(({ part }) => neuronOf(part)));
  }

  /** Where little matters: that it does, and what may help. @param {Ablation} ablation */
  #remarkOn({ parts, complete }) {
    const large = parts.filter(({ part }) => !neuronOf(part));
    const little = large.filter((worth) => !found(worth) || worth.difference < LITTLE);
    const few = complete && little.length >= large.length / 2;
    this.#remark.hidden = !few;
    const named = little.length <= NAMED ? `: ${little.map(({ part }) => partName(part)).join("; ")}` : "";
    this.#little.textContent =
      `${grouped(little.length)} of the ${counted(large.length, "part")} below are worth less than ${LITTLE} nats each, or nothing ` +
      `that could be found${named}. After longer training it may be more; what was not learned from may be less then, so that other lines are measured.`;
    this.#longer.hidden = !this.#desk.goesOn;
    this.#longer.textContent = `Train ${LONGER} times longer (${grouped(this.#desk.steps * (LONGER - 1))} more steps)`;
  }

  #drawBars() {
    if (!this.#ablation) return;
    const large = this.#ablation.parts.filter(({ part }) => !neuronOf(part));
    if (this.#order.value === "size") large.sort((a, b) => b.difference - a.difference);
    this.#drawn = large.slice(0, MOST_BARS);
    const rest = large.length > MOST_BARS ? ` The first ${MOST_BARS} of ${large.length}; the table has all.` : "";
    this.#figure.describe(
      "The loss without each part",
      `Nats that the loss is higher by, with one standard error to both sides. Pale: no difference found, less than two standard errors.${rest}`,
    );
    this.#figure.tabulate(["part", "loss without", "difference", "standard error", "lines worse", "found"], () =>
      (this.#ablation?.parts ?? []).map((worth) => [
        partName(worth.part), worth.loss_without, worth.difference, worth.error, worth.worse, found(worth) ? "yes" : "no",
      ]),
    );
    this.#bars.show(
      this.#drawn.map((worth) => ({
        name: partName(worth.part), value: worth.difference, error: worth.error, words: signed(worth.difference, FINE_NATS), soft: !found(worth),
      })),
    );
  }

  /** @param {number | null} row */
  #read(row) {
    const worth = row === null ? undefined : this.#drawn[row];
    this.#figure.read(worth && this.#ablation ? `${partName(worth.part)}: ${worthWords(worth)} ${worseWords(worth, this.#ablation)}` : "");
  }

  /** @param {PartWorth[]} worths */
  #drawNeurons(worths) {
    const layers = new Map(worths.map(({ part }) => [neuronOf(part)?.layer ?? 0, /** @type {PartWorth[]} */ ([])]));
    for (const worth of worths) layers.get(neuronOf(worth.part)?.layer ?? 0)?.push(worth);
    while (this.#neurons.length < layers.size) {
      const grid = new NeuronGrid(this.#neurons.length, (part) => this.#chosen.choose(part));
      this.#neurons.push(grid);
      this.#grids.append(grid.element);
    }
    this.#neurons.forEach((grid, layer) => grid.show(layers.get(layer) ?? []));
  }
}

/** @param {Ablation} ablation */
function said(ablation) {
  const { documents, loss, parts, planned, complete } = ablation;
  if (!documents) return "Nothing can be measured: there are no lines to measure on.";
  if (loss === null) return `To be measured on ${linesWords(ablation)}.`;
  if (!Number.isFinite(loss)) return `The loss can't be computed on ${linesWords(ablation)}: the weights have grown too large.`;
  const far = complete ? "" : ` ${grouped(parts.length)} of ${counted(planned, "part")} measured.`;
  return `The whole model's loss is ${fixed(loss, FINE_NATS)} nats on ${linesWords(ablation)}.${far}`;
}

/** @param {PartWorth} worth @param {Ablation} ablation */
function worseWords({ worse }, { documents }) {
  return `${grouped(worse)} of ${counted(documents, "line")} are worse off.`;
}

/** Whether it is a sentence of Python's, that what is chosen isn't there. @param {unknown} error */
function isMendable(error) {
  return error instanceof Error && error.name === "MicrogptError";
}
