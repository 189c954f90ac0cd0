/**
 * Numbers as bars, a row each, on one scale from 0: with their errors, and with dots where
 * single measurements are. A row is pointed at by the pointer or, when the picture has the
 * keyboard, by arrow keys. Not about what the numbers mean.
 */

import { Pointing } from "./pointing.js";
import { svg } from "./svg.js";

/**
 * - name: at the left. words: the number as it is written, at the right.
 * - value: the bar, from 0; not finite where there is none.
 * - error: half of the interval around the value.
 * - dots: single measurements, on the same scale.
 * - soft: paler: what the others are compared with, or what can't be told from nothing.
 * @typedef {object} Bar
 * @property {string} name
 * @property {number} value
 * @property {string} words
 * @property {number} [error]
 * @property {number[]} [dots]
 * @property {boolean} [soft]
 */

// CSS pixels
const ROW = 26; // large enough to touch
const BAR = 12;
const ABOVE = 20; // names and words, where the bars have no room beside them
const LEAST = 180; // of the bars' own room, beside names and words
const GAP = 10;
const EDGE = 6;
const DOT = 3;

/** Announces `point` with a row's index or null, and `choose` with the index of the row that is pressed. */
export class BarChart extends EventTarget {
  picture = svg("svg", { class: "bar-chart", tabindex: 0 });
  #pointing = new Pointing(this.picture, {
    at: ({ clientY }) => ({ row: Math.floor((clientY - this.picture.getBoundingClientRect().top) / this.#height), column: 0 }),
    point: (cell) => {
      this.#mark();
      this.dispatchEvent(new CustomEvent("point", { detail: cell && cell.row }));
    },
    choose: ({ row }) => this.dispatchEvent(new CustomEvent("choose", { detail: row })),
  });
  /** @type {Bar[]} */
  #bars = [];
  #width = 0;
  /** Of a row. */
  #height = ROW;

  constructor() {
    super();
    new ResizeObserver(() => {
      if (this.picture.clientWidth !== this.#width) this.#draw();
    }).observe(this.picture);
  }

  /** @param {Bar[]} bars */
  show(bars) {
    this.#bars = bars;
    this.#pointing.resize(bars.length, 1);
    this.#draw();
  }

  #mark() {
    this.picture.querySelectorAll(".bar").forEach((bar, row) => bar.classList.toggle("at", row === this.#pointing.cell?.row));
  }

  #draw() {
    this.#width = this.picture.clientWidth;
    if (!this.#width) return;
    const rows = this.#bars.map(labelled);
    this.picture.replaceChildren(...rows.map(({ group }) => group));
    const longest = (/** @type {SVGTextElement[]} */ texts) => Math.max(0, ...texts.map((text) => text.getComputedTextLength()));
    const [left, right] = [longest(rows.map(({ name }) => name)) + EDGE + GAP, longest(rows.map(({ words }) => words)) + EDGE + GAP];
    const above = this.#width - left - right < LEAST ? ABOVE : 0;
    const x = above ? scale(this.#bars, EDGE, this.#width - EDGE) : scale(this.#bars, left, this.#width - right);
    const height = (this.#height = ROW + above);
    this.picture.setAttribute("height", String(rows.length * height));
    rows.forEach(({ group, ground, name, words }, row) => {
      const bar = /** @type {Bar} */ (this.#bars[row]);
      group.setAttribute("transform", `translate(0 ${row * height})`);
      place(ground, { x: 1, y: 1, width: this.#width - 2, height: height - 2, rx: 4 });
      place(name, { x: EDGE, y: above ? ABOVE / 2 + 3 : ROW / 2 });
      place(words, { x: this.#width - EDGE, y: above ? ABOVE / 2 + 3 : ROW / 2 });
      group.append(...drawn(bar, above + ROW / 2, above ? BAR + 4 : ROW, x));
    });
    this.#mark();
  }
}

/** @param {Bar} bar */
function labelled({ name, words, soft = false }) {
  const group = svg("g", { class: soft ? "bar soft" : "bar" });
  const parts = { ground: svg("rect", { class: "ground" }), name: svg("text", { class: "name" }, name), words: svg("text", { class: "words" }, words) };
  group.append(parts.ground, parts.name, parts.words);
  return { group, ...parts };
}

/**
 * Where a number stands, so that there is room for all, and for 0.
 * @param {Bar[]} bars
 * @param {number} left
 * @param {number} right
 */
function scale(bars, left, right) {
  const all = bars.flatMap(({ value, error = 0, dots = [] }) => [value - error, value + error, ...dots]).filter(Number.isFinite);
  const least = Math.min(0, ...all);
  const span = Math.max(0, ...all) - least || 1;
  return (/** @type {number} */ number) => left + ((number - least) / span) * (right - left);
}

/**
 * @param {Bar} bar
 * @param {number} y its middle
 * @param {number} height of the line at 0
 * @param {(number: number) => number} x
 */
function* drawn({ value, error = 0, dots = [] }, y, height, x) {
  if (!Number.isFinite(value)) return;
  yield svg("line", { class: "zero", x1: x(0), x2: x(0), y1: y - height / 2, y2: y + height / 2 });
  const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
  yield svg("rect", { class: value < 0 ? "length less" : "length", x: from, y: y - BAR / 2, width: Math.max(value ? 1 : 0, to - from), height: BAR });
  if (error > 0 && Number.isFinite(error)) {
    const [low, high] = [x(value - error), x(value + error)];
    yield svg("path", { class: "interval", d: `M${low} ${y}H${high}M${low} ${y - 4}v8M${high} ${y - 4}v8` });
  }
  for (const dot of dots) yield svg("circle", { class: "dot", cx: x(dot), cy: y, r: DOT });
}

/** @param {SVGElement} shape @param {Record<string, number>} attributes */
function place(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
}
