/**
 * The loss chart: every loss, a smoothed line, and the level of random guessing.
 * Redrawn at most once a frame, whatever the speed of training. uPlot draws it.
 */

import uPlot from "../uplot/uPlot.esm.js";
import { byId } from "../page/dom.js";

/** @typedef {import("./losses.js").Losses} Losses */

const HEIGHT = 260; // CSS pixels
const WHOLE = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5].map((e) => n * 10 ** e)).sort((a, b) => a - b);
const box = byId("chart");
const readout = byId("readout");

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(box).getPropertyValue(name).trim();
const font = () => `12px ${getComputedStyle(box).fontFamily}`;

export class LossChart {
  #plot;
  #scheduled = false;
  /** @type {Losses | null} */
  #losses = null;
  #lastStep = 1000;
  #guess = 0;

  constructor() {
    const axis = {
      stroke: () => colour("--ink-soft"),
      grid: { stroke: () => colour("--line"), width: 1 },
      ticks: { show: false },
      font: font(),
    };
    /** @type {uPlot.Options} */
    const options = {
      width: box.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: false, range: () => [1, Math.max(2, this.#lastStep)] },
        y: { range: (_, low, high) => this.#range(low, high) },
      },
      axes: [
        { ...axis, size: 30, incrs: WHOLE, values: (_, splits) => splits.map((s) => s.toLocaleString("en-US")) },
        { ...axis, size: 42 },
      ],
      series: [
        {},
        { stroke: () => colour("--chart-raw"), width: 1, points: { show: false } },
        { stroke: () => colour("--chart-smooth"), width: 2.5, points: { show: (u) => (u.data[0]?.length ?? 0) < 2 } },
      ],
      hooks: { draw: [() => this.#drawGuess()], setCursor: [() => this.#showReadout()] },
    };
    this.#plot = new uPlot(options, [[], [], []], box);
    new ResizeObserver(() => this.#resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  /**
   * Show another run.
   * @param {Losses} losses
   * @param {number} lastStep right end of the chart
   * @param {number} vocabularySize
   */
  begin(losses, lastStep, vocabularySize) {
    this.#losses = losses;
    this.#lastStep = lastStep;
    this.#guess = Math.log(vocabularySize);
    this.redraw();
  }

  /** Cut the empty part of a run that ended early. @param {number} lastStep */
  endAt(lastStep) {
    this.#lastStep = lastStep;
    this.redraw();
  }

  /** Ask for a redraw in the next frame. */
  redraw() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#plot.setData(this.#losses?.points(this.#plot.width) ?? [[], [], []]);
      this.#showReadout();
    });
  }

  #resize() {
    // At most once a frame too: the observer reports in the middle of one.
    requestAnimationFrame(() => {
      if (box.clientWidth) this.#plot.setSize({ width: box.clientWidth, height: HEIGHT });
    });
  }

  /**
   * @param {number | null} low of the losses shown
   * @param {number | null} high
   * @returns {uPlot.Range.MinMax}
   */
  #range(low, high) {
    if (low === null || high === null) return [0, 4];
    const margin = 0.05;
    return uPlot.rangeNum(Math.min(low, this.#guess), Math.max(high, this.#guess), margin, true);
  }

  /** The dashed line of ln(vocabulary), named on the line itself. */
  #drawGuess() {
    if (!this.#losses?.count) return;
    const { ctx, bbox } = this.#plot;
    const y = Math.round(this.#plot.valToPos(this.#guess, "y", true));
    const scale = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("--chart-guess");
    ctx.lineWidth = scale;
    ctx.setLineDash([6 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${12 * scale}px ${getComputedStyle(box).fontFamily}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    const label = `random guessing ${this.#guess.toFixed(2)}`;
    const right = bbox.left + bbox.width - 4 * scale;
    ctx.lineWidth = 4 * scale;
    ctx.setLineDash([]);
    ctx.strokeStyle = colour("--panel");
    ctx.strokeText(label, right, y - 3 * scale);
    ctx.fillText(label, right, y - 3 * scale);
    ctx.restore();
  }

  /** The figures under the pointer, or the newest. */
  #showReadout() {
    const losses = this.#losses;
    if (!losses?.count) {
      readout.textContent = "";
      return;
    }
    const index = this.#plot.cursor.idx;
    const step = (index == null ? undefined : this.#plot.data[0][index]) ?? losses.count;
    const figures = `loss ${losses.raw(step).toFixed(4)}, smoothed ${losses.smooth(step).toFixed(4)}`;
    readout.textContent = `Step ${step}: ${figures}`;
  }
}
