/**
 * Numbers as horizontal bars, one a row, with their errors where they have some. A row is
 * pointed at by the pointer or, when the picture has the keyboard, by arrow keys. Not about
 * what the numbers mean.
 */

import { svg } from "./svg.js";

/**
 * - name: at the left. value: the bar, from 0. words: the value as it is written at the right.
 * - error: drawn as a line, so much to both sides of the value.
 * - faint: not to be told from nothing.
 * @typedef {object} Bar
 * @property {string} name
 * @property {number} value
 * @property {string} words
 * @property {number} [error]
 * @property {boolean} [faint]
 */

const ROW = 26; // CSS pixels: large enough to touch
const LETTER = 7.4; // of a name, in the mean
const GAP = 8;
const LEAST = 40; // of the bars' own room

/** Announces `point` with a row's index or null, and `choose` with the index of the row that is pressed. */
export class Bars extends EventTarget {
  picture = svg("svg", { class: "bars", tabindex: 0 });
  #rows = svg("g");
  #mark = svg("rect", { class: "mark", x: 1, height: ROW - 2, rx: 4 });
  /** @type {Bar[]} */
  #bars = [];
  /** @type {number | null} */
  #at = null;

  constructor() {
    super();
    const picture = this.picture;
    picture.append(this.#rows, this.#mark);
    picture.addEventListener("pointermove", (event) => this.#point(this.#under(event)));
    picture.addEventListener("pointerleave", () => this.#point(null));
    picture.addEventListener("click", (event) => this.#choose(this.#under(event)));
    picture.addEventListener("keydown", (event) => this.#press(event));
    picture.addEventListener("blur", () => this.#point(null));
    new ResizeObserver(() => this.#draw()).observe(picture);
  }

  /** @param {Bar[]} bars */
  show(bars) {
    this.#bars = bars;
    if (this.#at !== null && this.#at >= bars.length) this.#at = null;
    this.#draw();
  }

  /** @param {MouseEvent} event */
  #under({ clientY }) {
    const row = Math.floor((clientY - this.picture.getBoundingClientRect().top) / ROW);
    return row >= 0 && row < this.#bars.length ? row : null;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const last = this.#bars.length - 1;
    const at = this.#at ?? -1;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      if (next >= 0 && next <= last) this.#point(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#at);
    }
  }

  /** @param {number | null} at */
  #point(at) {
    if (at === this.#at) return;
    this.#at = at;
    this.#place();
    this.dispatchEvent(new CustomEvent("point", { detail: at }));
  }

  /** @param {number | null} at */
  #choose(at) {
    if (at !== null) this.dispatchEvent(new CustomEvent("choose", { detail: at }));
  }

  /** The frame around the row that is pointed at. */
  #place() {
    this.#mark.style.display = this.#at === null ? "none" : "";
    this.#mark.setAttribute("y", String((this.#at ?? 0) * ROW + 1));
  }

  #draw() {
    const width = this.picture.parentElement?.clientWidth ?? 0;
    if (!width) return;
    const bars = this.#bars;
    const longest = (/** @type {string[]} */ texts) => 4 + LETTER * Math.max(0, ...texts.map((text) => text.length));
    const right = longest(bars.map(({ words }) => words));
    const left = Math.min(longest(bars.map(({ name }) => name)), Math.max(0, width - right - LEAST - 2 * GAP));
    const room = Math.max(LEAST, width - left - right - 2 * GAP);
    const ends = bars.flatMap(({ value, error = 0 }) => [value - error, value + error]).filter(Number.isFinite);
    const low = Math.min(0, ...ends);
    const span = Math.max(0, ...ends) - low || 1;
    const x = (/** @type {number} */ value) => left + GAP + (room * (value - low)) / span;
    this.picture.setAttribute("width", String(width));
    this.picture.setAttribute("height", String(bars.length * ROW));
    this.#mark.setAttribute("width", String(width - 2));
    this.#rows.replaceChildren(
      svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: bars.length * ROW }),
      ...bars.map((bar, row) => drawn(bar, row * ROW, x, left, width)),
    );
    this.#place();
  }
}

/**
 * @param {Bar} bar
 * @param {number} top
 * @param {(value: number) => number} x
 * @param {number} left where names end
 * @param {number} width
 */
function drawn({ name, value, words, error = 0, faint = false }, top, x, left, width) {
  const group = svg("g", { class: faint ? "bar faint" : "bar" });
  const middle = top + ROW / 2;
  group.append(
    svg("text", { x: left, y: middle, "text-anchor": "end", "dominant-baseline": "central" }, name),
    svg("text", { x: width, y: middle, "text-anchor": "end", "dominant-baseline": "central" }, words),
  );
  if (!Number.isFinite(value)) return group;
  const [from, to] = [x(0), x(value)];
  const sign = value < 0 ? "less" : "more";
  group.append(svg("rect", { class: sign, x: Math.min(from, to), y: top + 6, width: Math.max(1, Math.abs(to - from)), height: ROW - 12 }));
  if (error > 0) {
    group.append(svg("path", { class: "spread", d: `M${x(value - error)} ${middle}H${x(value + error)}m0 -3v6M${x(value - error)} ${middle - 3}v6` }));
  }
  return group;
}
