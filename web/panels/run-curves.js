/**
 * The curves of several runs in one chart, with a readout for all of them. uPlot draws it. Not about the run that is here in detail: see loss-chart.js.
 */

import { heldOut } from "../kept/about.js";
import { element } from "../page/dom.js";
import { grouped } from "../page/format.js";
import { placed } from "./placed.js";
import { plots } from "./plots.js";

/** How a run is told from the others: a letter, a colour (a custom property) and dashes. */
/** @typedef {{letter: string, colour: string, dash: number[]}} Mark */
/** What is drawn of a run. @typedef {Pick<KeptRun, "curve" | "unseen" | "loss" | "step">} Drawn */
/** @template {Drawn} R @typedef {{id: string, about: R, mark: Mark}} Chosen */
/** The chart, what its runs are called with their figures, and where those are of. @typedef {{box: HTMLElement, legend: HTMLElement, step: HTMLElement}} Parts */

const HEIGHT = 250; // CSS pixels
const WIDE = 600; // from where there is room for names beside the lines …
const NAMES = 165; // … of this width
const LABEL = 16; // height of a label
const SHORT = 20; // characters of a name at its line
const COLOURS = 6;
const DASHES = [[], [9, 4]];

/** @type {Mark[]} */
export const MARKS = Array.from({ length: COLOURS * DASHES.length }, (_, i) => ({
  letter: String.fromCharCode(65 + i),
  colour: `--run-${(i % COLOURS) + 1}`,
  dash: DASHES[Math.floor(i / COLOURS)] ?? [],
}));

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const font = () => `12px ${getComputedStyle(document.body).fontFamily}`;

/** @template {Drawn} R */
export class RunCurves {
  #parts;
  #namesOf;
  /** @type {uPlot | null} */
  #plot = null;
  /** @type {import("./plots.js").Plots | null} */
  #library = null;
  /** @type {Chosen<R>[]} */
  #runs = [];
  /** @type {string[]} */
  #names = [];
  #scheduled = 0;

  /**
   * @param {Parts} parts of the page
   * @param {(runs: R[]) => string[]} namesOf
   */
  constructor(parts, namesOf) {
    this.#parts = parts;
    this.#namesOf = namesOf;
    new ResizeObserver(() => this.#resize()).observe(parts.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot?.redraw());
  }

  /** @param {Chosen<R>[]} runs */
  show(runs) {
    const same = runs.length === this.#runs.length && runs.every(({ id }, i) => id === this.#runs[i]?.id);
    this.#runs = runs;
    this.#names = this.#namesOf(runs.map(({ about }) => about));
    this.#parts.box.ariaLabel = this.#words;
    // New series need a new plot, and so does a box that was not to be seen.
    if (!same || !this.#plot) this.#build();
    else this.#plot.setData(this.#data());
    this.#showLegend();
  }

  /** The chart for those who don't see it. */
  get #words() {
    if (!this.#runs.length) return "Curves: no run is chosen";
    const each = this.#runs.map(({ about: { curve: { nats } }, mark }, i) => {
      return `${mark.letter} ${this.#names[i]}: from ${nats[0]?.toFixed(2)} to ${nats.at(-1)?.toFixed(2)}`;
    });
    return `Curves in nats. ${each.join("; ")}`;
  }

  #build() {
    const { box } = this.#parts;
    this.#plot?.destroy();
    this.#plot = null;
    if (!box.clientWidth) return; // in a view that isn't shown
    if (!this.#library) return void this.#load();
    const axis = {
      stroke: () => colour("--ink-soft"),
      grid: { stroke: () => colour("--line"), width: 1 },
      ticks: { show: false },
      font: font(),
      labelFont: font(),
      labelSize: 16,
    };
    /** @type {uPlot.Options} */
    const options = {
      width: box.clientWidth,
      height: HEIGHT,
      padding: [8, box.clientWidth > WIDE ? NAMES : 24, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, dataIdx: nearest },
      scales: { x: { time: false, range: (_, __, high) => [0, high || 1] }, y: { range: (_, low, high) => this.#range(low, high) } },
      axes: [
        { ...axis, size: 28, label: "step", values: (_, splits) => splits.map(grouped) },
        { ...axis, size: 38, label: "loss in nats" },
      ],
      series: [{}, ...this.#runs.flatMap(({ mark }) => [line(mark), unseenLine(mark)])],
      hooks: { draw: [() => this.#drawLabels()], setCursor: [() => this.#showLegend()] },
    };
    this.#plot = new this.#library(options, this.#data(), box);
  }

  async #load() {
    this.#library = await plots(this.#parts.box);
    if (this.#library && !this.#plot) this.#build();
  }

  /** @returns {uPlot.AlignedData} */
  #data() {
    const tables = this.#runs.flatMap(({ about: { curve, unseen } }) =>
      [curve, unseen].map(({ steps, nats }) => /** @type {uPlot.AlignedData} */ ([steps, nats])),
    );
    return tables.length && this.#library ? this.#library.join(tables) : [[]];
  }

  /**
   * Without the first, high losses of short runs, and without those of a run that diverged.
   * @param {number | null} low
   * @param {number | null} high
   * @returns {uPlot.Range.MinMax}
   */
  #range(low, high) {
    if (low === null || high === null) return [0, 4];
    const first = Math.max(...this.#runs.map(({ about }) => about.curve.nats[0] ?? 0));
    return /** @type {import("./plots.js").Plots} */ (this.#library).rangeNum(low, Math.min(high, 1.1 * first || high), 0.05, true);
  }

  #resize() {
    cancelAnimationFrame(this.#scheduled);
    // At most once a frame: the observer reports in the middle of one.
    this.#scheduled = requestAnimationFrame(() => {
      const { clientWidth } = this.#parts.box;
      if (clientWidth && clientWidth !== this.#plot?.width) this.#build();
    });
  }

  /** The name of each run at the end of its line. */
  #drawLabels() {
    const plot = this.#plot;
    if (!plot) return;
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.font = `600 ${12 * scale}px ${getComputedStyle(this.#parts.box).fontFamily}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const labels = this.#runs.flatMap(({ about, mark }, i) => {
      const { steps, nats } = about.curve;
      if (!steps.length) return [];
      const text = plot.width > WIDE ? `${mark.letter} ${shortened(this.#names[i] ?? "")}` : mark.letter;
      const x = plot.valToPos(/** @type {number} */ (steps.at(-1)), "x", true) + 6 * scale;
      const y = plot.valToPos(/** @type {number} */ (nats.at(-1)), "y", true);
      return [{ mark, x, y, text, width: ctx.measureText(text).width }];
    });
    for (const { mark, x, y, text, width } of placed(labels, LABEL * scale, bbox.top, bbox.top + bbox.height)) {
      ctx.fillStyle = colour("--panel");
      ctx.globalAlpha = 0.85; // what lies behind can still be seen
      ctx.fillRect(x - 2 * scale, y - (LABEL * scale) / 2, width + 4 * scale, LABEL * scale);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour(mark.colour);
      ctx.fillText(text, x, y);
    }
    ctx.restore();
  }

  /** The figures of each run under the pointer, or at its end. */
  #showLegend() {
    const at = this.#plot?.cursor.left ?? -1;
    const step = this.#plot && at >= 0 ? this.#plot.posToVal(at, "x") : Infinity;
    const items = this.#runs.map(({ about, mark }, i) => {
      const item = element("li");
      item.style.setProperty("--run", `var(${mark.colour})`);
      const letter = element("span", mark.letter, "mark");
      const name = element("bdi", this.#names[i]);
      const [loss, unseen] = Number.isFinite(step)
        ? [reading(about.curve, step), reading(about.unseen, step)]
        : [about.loss, heldOut(about)];
      const figures = [loss?.toFixed(2) ?? "", unseen === null ? "" : `held-out ${unseen.toFixed(2)}`].filter(Boolean);
      item.append(letter, " ", name, " ", element("span", figures.join(", "), "readings"));
      return item;
    });
    const { legend, step: where } = this.#parts;
    legend.replaceChildren(...items);
    where.textContent = Number.isFinite(step) ? `At step ${grouped(Math.max(1, Math.round(step)))}` : "At the end";
  }
}

/** @param {Mark} mark @returns {uPlot.Series} */
function line({ colour: name, dash }) {
  return { stroke: () => colour(name), width: 2.25, dash, spanGaps: true, points: { show: false } };
}

/** The loss on lines that it hasn't learned from. @param {Mark} mark @returns {uPlot.Series} */
function unseenLine({ colour: name }) {
  return { stroke: () => colour(name), width: 1.25, dash: [2, 3], spanGaps: true, points: { show: false } };
}

/**
 * Which point of a series the cursor is at: the runs don't share their steps. None before its
 * first and after its last.
 * @param {uPlot} plot
 * @param {number} series
 * @param {number} index of the nearest step of all runs
 */
function nearest(plot, series, index) {
  const values = plot.data[series] ?? [];
  let before = index;
  while (before >= 0 && values[before] == null) before--;
  let after = index;
  while (after < values.length && values[after] == null) after++;
  if (before < 0 || after === values.length) return index; // where there is nothing
  return index - before < after - index ? before : after;
}

/**
 * @param {Points} points
 * @param {number} step
 * @returns {number | null} nats at the nearest of its steps; null after the last
 */
function reading({ steps, nats }, step) {
  const at = steps.findIndex((each) => each >= step);
  if (at < 0) return null;
  const nearer = at > 0 && step - /** @type {number} */ (steps[at - 1]) < /** @type {number} */ (steps[at]) - step;
  return nats[nearer ? at - 1 : at] ?? null;
}

/** @param {string} name */
function shortened(name) {
  const characters = [...name];
  return characters.length > SHORT ? `${characters.slice(0, SHORT - 1).join("")}…` : name;
}
