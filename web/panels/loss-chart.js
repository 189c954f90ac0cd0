/**
 * The loss chart: the mean and a band of a run's losses, the loss on unseen lines, and
 * lines to compare with, each named at its end. Redrawn at most once a frame, whatever the
 * speed of training. uPlot draws axes and curve. Not about what the curve is: see trend.js.
 */

import { byId } from "../page/dom.js";
import { grouped } from "../page/format.js";
import { apart } from "./labels.js";
import { plots } from "./plots.js";
import { Trend } from "./trend.js";

/** @typedef {import("./losses.js").Losses} Losses */
/** @typedef {import("./trend.js").Points} Points */

const NARROW = 560; // CSS pixels: below, labels are short
const GRID = 0.25; // nats: the range ends at multiples of this, so that it rarely changes
const LABEL = 16; // CSS pixels
const WHOLE = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((e) => n * 10 ** e)).sort((a, b) => a - b);
const box = byId("chart");

/** Custom properties of the colour scheme, by their names: to look one up in every frame takes time. @type {Map<string, string>} */
const colours = new Map();

/** @param {string} name of a custom property */
function colour(name) {
  const value = colours.get(name) ?? getComputedStyle(box).getPropertyValue(name).trim();
  colours.set(name, value);
  return value;
}

/** @param {number} [scale] @param {string} [weight] */
const font = (scale = 1, weight = "") => `${weight} ${12 * scale}px ${getComputedStyle(box).fontFamily}`;

export class LossChart {
  /** Told which step is under the pointer; null: none. @type {(step: number | null) => void} */
  onpoint = () => {};
  /** Loaded and made when the chart is first seen. @type {import("./plots.js").Plot | null} */
  #made = null;
  /** @type {import("./plots.js").Plots | null} */
  #library = null;
  #scheduled = false;
  /** @type {Losses | null} */
  #losses = null;
  /** @type {Trend | null} */
  #trend = null;
  #lastStep = 1000;
  /** @type {Learning} */
  #learning = nothingLearned(NaN);
  /** The step that is looked at, and whether the curve ends there. */
  #shown = { step: Infinity, cut: false };
  /** Nats, both ends of the vertical axis. @type {[number, number]} */
  #range = [0, 1];
  #logarithmic = false;

  constructor() {
    new ResizeObserver(() => this.#resize()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      colours.clear();
      this.redraw();
    });
  }

  /**
   * Show another run.
   * @param {Losses | null} losses
   * @param {number} lastStep right end of the chart
   * @param {number} guess nats, of guessing at random
   */
  begin(losses, lastStep, guess) {
    this.#losses = losses;
    this.#trend = losses && new Trend(losses);
    this.#learning = nothingLearned(guess);
    this.#shown = { step: Infinity, cut: false };
    this.endAt(lastStep);
  }

  /** Where the chart ends. @param {number} lastStep */
  endAt(lastStep) {
    this.#lastStep = lastStep;
    this.redraw();
  }

  /** What to compare with, and the loss on unseen lines. @param {Learning} learning */
  compareWith(learning) {
    this.#learning = learning;
    this.redraw();
  }

  /**
   * Mark a step.
   * @param {number} step
   * @param {boolean} cut whether what comes later isn't drawn
   */
  mark(step, cut) {
    this.#shown = { step, cut };
    this.redraw();
  }

  /** Whether steps stand on a logarithmic axis. @param {boolean} logarithmic */
  set logarithmic(logarithmic) {
    if (logarithmic === this.#logarithmic) return;
    this.#logarithmic = logarithmic;
    if (this.#made) this.#make();
  }

  /** Ask for a redraw in the next frame. */
  redraw() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  get #plot() {
    return /** @type {import("./plots.js").Plot} */ (this.#made);
  }

  #draw() {
    if (!this.#made) return;
    const points = this.#trend?.points() ?? { steps: [], mean: [], low: [], high: [] };
    this.#range = this.#suitable(points);
    const { step, cut } = this.#shown;
    const count = cut ? points.steps.filter((each) => each <= step).length : points.steps.length;
    const drawn = (/** @type {number[]} */ column) => column.slice(0, count);
    this.#plot.setData([drawn(points.steps), drawn(points.mean), drawn(points.low), drawn(points.high)]);
  }

  /** Once more, where the axes are others. */
  #make() {
    if (!this.#library) return;
    this.#made?.destroy();
    const { width, height } = size();
    const axis = {
      stroke: () => colour("--ink-soft"),
      grid: { stroke: () => colour("--line"), width: 1 },
      ticks: { show: false },
      font: font(),
      labelFont: font(),
      labelSize: 18,
      labelGap: 0,
    };
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    /** @type {import("uplot").Options} */
    const options = {
      width,
      height,
      padding: [LABEL / 2, () => gutter(), 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: (_, series) => (series === 1 ? 7 : 0) },
      },
      scales: {
        x: { time: false, distr: this.#logarithmic ? 3 : 1, range: () => [1, Math.max(2, this.#lastStep)] },
        y: { range: () => this.#range },
      },
      axes: [
        {
          ...axis,
          label: "steps",
          size: 26,
          incrs: WHOLE,
          ...(this.#logarithmic ? { splits: () => this.#decades(), filter: (_, splits) => splits } : {}),
          values: (_, splits) => splits.map((step) => grouped(step)),
        },
        {
          ...axis,
          label: "loss (nats per character)",
          size: 34,
          space: 48,
          values: (_, splits, _axis, _space, gap) => splits.map((nats) => nats.toFixed(Math.round(100 * gap) % 10 ? 2 : 1)),
        },
      ],
      series: [
        {},
        {
          stroke: () => colour("--chart-smooth"),
          width: 2.25,
          points: { show: (u) => (u.data[0]?.length ?? 0) < 2 },
        },
        hidden,
        hidden,
      ],
      bands: [{ series: [3, 2], fill: () => colour("--chart-band") }],
      hooks: {
        drawAxes: [() => this.#drawLevels()],
        draw: [() => this.#drawUnseen(), () => this.#drawMark(), () => this.#drawLabels()],
        setCursor: [(u) => this.onpoint(u.cursor.idx == null ? null : u.data[0][u.cursor.idx] ?? null)],
      },
    };
    this.#made = new this.#library(options, [[], [], [], []], box);
    this.redraw();
  }

  async #resize() {
    const wanted = size();
    if (!this.#made) {
      if (!box.clientWidth) return; // in a view that isn't shown
      this.#library ??= await plots(box);
      if (!this.#made) this.#make();
      return;
    }
    const { width, height } = this.#plot;
    if (wanted.width && (wanted.width !== width || wanted.height !== height)) this.#plot.setSize(wanted);
  }

  /** 1, 10, 100 …, as far as the chart goes. */
  #decades() {
    const count = Math.floor(Math.log10(Math.max(2, this.#lastStep))) + 1;
    return Array.from({ length: count }, (_, exponent) => 10 ** exponent);
  }

  /** What is compared with: nats, and the names, short for narrow charts. */
  #levels() {
    const { guess, letters, pairs } = this.#learning;
    /** @type {[number | null, string, string][]} */
    const all = [
      [guess, "guessing at random", "guess"],
      [letters, "letter frequencies", "letters"],
      [pairs, "letter pairs", "pairs"],
    ];
    return all.flatMap(([nats, long, short]) => {
      return nats !== null && Number.isFinite(nats) ? [{ nats, name: narrow() ? short : long }] : [];
    });
  }

  /** The loss on unseen lines, as far as it is measured and drawn. @returns {[number, number][]} steps and nats */
  #unseen() {
    const { steps, holdout, documents } = this.#learning;
    if (!documents) return [];
    const until = this.#shown.cut ? this.#shown.step : Infinity;
    return Array.from(holdout, (nats, i) => /** @type {[number, number]} */ ([steps[i] ?? NaN, nats]))
      .filter(([step, nats]) => step >= 1 && step <= until && Number.isFinite(nats));
  }

  /**
   * A range that shows the curves and what to compare them with, and that single losses,
   * however far off, don't change.
   * @param {Points} points
   * @returns {[number, number]}
   */
  #suitable({ mean, low, high }) {
    const levels = this.#levels().map(({ nats }) => nats);
    const most = Math.max(...levels, 1);
    const unseen = this.#learning.documents ? Array.from(this.#learning.holdout).filter(Number.isFinite) : [];
    const bottom = Math.min(...levels, ...unseen, quantile(low, 0.02));
    const lowest = mean.filter(Number.isFinite).reduce((least, nats) => Math.min(least, nats), Infinity);
    const top = Math.max(
      ...levels,
      Number.isFinite(lowest) ? lowest * 1.1 : 0, // of a curve that is above all else, a part is seen
      Math.min(2 * most, quantile(high, 0.98)),
      Math.min(3 * most, Math.max(0, ...unseen)),
    );
    if (!Number.isFinite(bottom)) return [0, 4];
    const [from, to] = [Math.floor(bottom / GRID) * GRID, Math.ceil((top + 0.02) / GRID) * GRID];
    return [Math.max(0, from), to];
  }

  /** Draws with the canvas's own units: device pixels. @param {(ctx: CanvasRenderingContext2D, scale: number) => void} draw */
  #paint(draw) {
    const { ctx } = this.#plot;
    ctx.save();
    draw(ctx, devicePixelRatio);
    ctx.restore();
  }

  /** @param {number} nats */
  #y(nats) {
    return this.#plot.valToPos(nats, "y", true);
  }

  /** @param {number} step */
  #x(step) {
    return this.#plot.valToPos(step, "x", true);
  }

  #drawLevels() {
    const { bbox } = this.#plot;
    this.#paint((ctx, scale) => {
      ctx.strokeStyle = colour("--chart-guess");
      ctx.lineWidth = scale;
      ctx.setLineDash([2 * scale, 3 * scale]);
      for (const { nats } of this.#levels()) {
        const y = Math.round(this.#y(nats)) + 0.5;
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
      }
    });
  }

  #drawUnseen() {
    const places = this.#unseen().map(([step, nats]) => [this.#x(step), this.#y(nats)]);
    const { bbox } = this.#plot;
    this.#paint((ctx, scale) => {
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width + 4 * scale, bbox.height);
      ctx.clip();
      ctx.strokeStyle = colour("--chart-unseen");
      ctx.fillStyle = colour("--panel");
      ctx.lineWidth = 1.5 * scale;
      ctx.setLineDash([5 * scale, 3 * scale]);
      ctx.beginPath();
      for (const [x = 0, y = 0] of places) ctx.lineTo(x, y);
      ctx.stroke();
      ctx.setLineDash([]);
      for (const [x = 0, y = 0] of spread(places, 7 * scale)) {
        ctx.beginPath();
        ctx.arc(x, y, 2.25 * scale, 0, 2 * Math.PI);
        ctx.fill();
        ctx.stroke();
      }
    });
  }

  /** The step that is looked at. */
  #drawMark() {
    const { step } = this.#shown;
    if (!(step >= 1 && step < (this.#losses?.count ?? 0))) return;
    const { bbox } = this.#plot;
    const x = Math.round(this.#x(step)) + 0.5;
    this.#paint((ctx, scale) => {
      ctx.strokeStyle = ctx.fillStyle = colour("--ink");
      ctx.lineWidth = scale;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(x, this.#y(this.#meanAt(step)), 4 * scale, 0, 2 * Math.PI);
      ctx.fill();
    });
  }

  /** On the curve as it is drawn. @param {number} step */
  #meanAt(step) {
    const [steps, mean] = this.#plot.data;
    const after = steps.findIndex((each) => each >= step);
    return Number(mean?.[after === -1 ? steps.length - 1 : after] ?? NaN);
  }

  /** Right of the chart, each line's name at its end. */
  #drawLabels() {
    const { bbox, data } = this.#plot;
    const levels = this.#levels();
    const grey = colour("--chart-guess");
    const labels = levels.map(({ nats, name }) => ({ nats, figure: nats, name, colour: grey, weight: "" }));
    const nats = data[1]?.at(-1);
    if (typeof nats === "number") {
      const figure = this.#losses?.smooth(data[0].at(-1) ?? 0) ?? NaN; // the same as elsewhere on the page
      labels.push({ nats, figure, name: "loss", colour: colour("--chart-smooth"), weight: "600" });
    }
    const unseen = this.#unseen().at(-1)?.[1];
    if (unseen !== undefined) {
      const name = narrow() ? "unseen" : "on unseen lines";
      labels.push({ nats: unseen, figure: unseen, name, colour: colour("--chart-unseen"), weight: "600" });
    }
    this.#paint((ctx, scale) => {
      const right = bbox.left + bbox.width;
      const bottom = bbox.top + bbox.height;
      const ends = labels.map(({ nats }) => Math.max(bbox.top, Math.min(bottom, this.#y(nats))));
      const places = apart(ends, LABEL * scale, bbox.top - (LABEL / 2) * scale, bottom + (LABEL / 2) * scale);
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.lineWidth = scale;
      labels.forEach(({ figure, name, colour, weight }, i) => {
        const y = places[i] ?? 0;
        ctx.strokeStyle = ctx.fillStyle = colour;
        ctx.beginPath();
        ctx.moveTo(right + 3 * scale, ends[i] ?? 0);
        ctx.lineTo(right + 11 * scale, y);
        ctx.stroke();
        ctx.font = font(scale, weight);
        ctx.fillText(`${name} ${figure.toFixed(2)}`, right + 15 * scale, y);
      });
    });
  }
}

/** @param {number} guess @returns {Learning} */
function nothingLearned(guess) {
  const holdout = new Float64Array();
  return { steps: [], holdout, documents: 0, kept_out: false, learned: false, complete: false, guess, letters: null, pairs: null };
}

/** @returns {{width: number, height: number}} of the chart, in CSS pixels */
function size() {
  const width = box.clientWidth || 300;
  return { width, height: box.clientHeight || 300 };
}

function narrow() {
  return (box.clientWidth || 300) < NARROW;
}

/** Room for the labels. */
function gutter() {
  return narrow() ? 99 : 178;
}

/**
 * @param {number[]} numbers
 * @param {number} share
 */
function quantile(numbers, share) {
  const finite = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return finite[Math.round(share * (finite.length - 1))] ?? NaN;
}

/**
 * Without those that would lie on the one before.
 * @param {number[][]} places x and y
 * @param {number} distance
 */
function spread(places, distance) {
  let last = [-Infinity, -Infinity];
  return places.filter((place, i) => {
    const far = Math.hypot(Number(place[0]) - Number(last[0]), Number(place[1]) - Number(last[1])) >= distance;
    if (far || i === places.length - 1) last = place;
    return far || i === places.length - 1;
  });
}
