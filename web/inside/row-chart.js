/**
 * Numbers as bars, a row each, on one scale from 0; beside them dots, and the interval around
 * a bar's end. A row is pointed at by the pointer or, when the picture has the keyboard, by
 * arrow keys. Not about what the numbers mean.
 */

import { svg } from "./svg.js";

/**
 * - words: the number as it stands beside the bar.
 * - kind: of the bar, for its colour; "" is the usual one, "soft" a paler one.
 * - error: half of the interval around the value.
 * @typedef {object} Row
 * @property {string} name
 * @property {number} value
 * @property {string} words
 * @property {"" | "soft"} [kind]
 * @property {number[]} [dots]
 * @property {number} [error]
 */

const WIDE = 520; // CSS pixels; in less the words stand above the bar
const LINE = 22; // CSS pixels
const BAR = 10;
const CHARACTER = 7.2; // about as wide, at the most
const MARGIN = 6;

/** Announces `point` with a row's index or -1, and `choose` with the one that is pressed. */
export class RowChart extends EventTarget {
  picture = svg("svg", { class: "row-chart", tabindex: 0 });
  /** @type {Row[]} */
  #rows = [];
  #at = -1;
  #width = 0;

  constructor() {
    super();
    const picture = this.picture;
    picture.addEventListener("pointermove", (event) => this.#point(this.#under(event)));
    picture.addEventListener("pointerleave", () => this.#point(-1));
    picture.addEventListener("blur", () => this.#point(-1));
    picture.addEventListener("click", (event) => this.#choose(this.#under(event)));
    picture.addEventListener("keydown", (event) => this.#press(event));
    new ResizeObserver(() => {
      if (picture.clientWidth !== this.#width) this.#draw();
    }).observe(picture);
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.#rows = rows;
    this.#at = Math.min(this.#at, rows.length - 1);
    this.#draw();
  }

  get #stacked() {
    return this.#width < WIDE;
  }

  get #rowHeight() {
    return this.#stacked ? LINE + BAR + MARGIN : LINE + 2;
  }

  /** @param {MouseEvent} event */
  #under({ clientY }) {
    const row = Math.floor((clientY - this.picture.getBoundingClientRect().top) / this.#rowHeight);
    return row >= 0 && row < this.#rows.length ? row : -1;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const last = this.#rows.length - 1;
    const next = { ArrowDown: Math.min(this.#at + 1, last), ArrowUp: Math.max(this.#at - 1, 0), Home: 0, End: last }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#point(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#at);
    }
  }

  /** @param {number} row */
  #point(row) {
    if (row === this.#at) return;
    this.#at = row;
    this.#mark();
    this.dispatchEvent(new CustomEvent("point", { detail: row }));
  }

  /** @param {number} row */
  #choose(row) {
    if (row >= 0) this.dispatchEvent(new CustomEvent("choose", { detail: row }));
  }

  #mark() {
    this.picture.querySelectorAll(".row").forEach((row, i) => row.classList.toggle("marked", i === this.#at));
  }

  #draw() {
    const rows = this.#rows;
    this.#width = this.picture.clientWidth;
    if (!this.#width || !rows.length) return;
    const numbers = rows.flatMap(({ value, dots = [], error = 0 }) => [value - error, value + error, ...dots]).filter(Number.isFinite);
    const least = Math.min(0, ...numbers);
    const span = Math.max(0, ...numbers) - least || 1;
    const [left, right] = this.#sides();
    const room = Math.max(1, this.#width - left - right);
    const x = (/** @type {number} */ number) => left + ((number - least) / span) * room;
    const height = rows.length * this.#rowHeight;
    this.picture.setAttribute("height", String(height));
    this.picture.replaceChildren(...rows.map((row, i) => this.#row(row, i * this.#rowHeight, x)));
    this.#mark();
  }

  /** Where the bars begin, and what is left free behind them. @returns {[number, number]} */
  #sides() {
    if (this.#stacked) return [MARGIN, MARGIN];
    const longest = (/** @type {"name" | "words"} */ of) => Math.max(...this.#rows.map((row) => row[of].length)) * CHARACTER + 2 * MARGIN;
    return [Math.min(longest("name"), this.#width / 3), Math.min(longest("words"), this.#width / 3)];
  }

  /** @param {Row} row @param {number} top @param {(number: number) => number} x */
  #row({ name, value, words, kind = "", dots = [], error = 0 }, top, x) {
    const group = svg("g", { class: "row" });
    const middle = top + (this.#stacked ? LINE + BAR / 2 : this.#rowHeight / 2);
    const text = this.#stacked ? top + LINE / 2 : middle;
    group.append(svg("rect", { class: "behind", x: 0, y: top, width: this.#width, height: this.#rowHeight }));
    group.append(svg("text", { class: "name", x: 2, y: text, "dominant-baseline": "central" }, name));
    group.append(svg("text", { class: "words", x: this.#width - 2, y: text, "text-anchor": "end", "dominant-baseline": "central" }, words));
    if (!Number.isFinite(value)) return group;
    const above = this.#stacked ? BAR / 2 + 2 : this.#rowHeight / 2; // the words are spared
    group.append(svg("line", { class: "axis", x1: x(0), x2: x(0), y1: middle - above, y2: middle + above }));
    const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
    group.append(svg("rect", { class: `value ${kind}`, x: from, y: middle - BAR / 2, width: to - from, height: BAR }));
    if (error) group.append(svg("path", { class: "interval", d: interval(x(value - error), x(value + error), middle) }));
    for (const dot of dots) group.append(svg("circle", { class: "dot", cx: x(dot), cy: middle, r: 3 }));
    return group;
  }
}

/** @param {number} from @param {number} to @param {number} y */
function interval(from, to, y) {
  return `M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8`;
}
