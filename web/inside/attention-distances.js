/**
 * Attention by distance: for each head a strip of columns, one a distance, and beside each what
 * a head would have that looks at all positions alike. A column is pointed at by the pointer
 * or, when the picture has the keyboard, by arrow keys. Not about how it is measured.
 */

import { Pointing } from "./pointing.js";
import { svg } from "./svg.js";

/**
 * - names: of the heads. means: (heads, distances), shares. even: (distances).
 * @typedef {object} Strips
 * @property {string[]} names
 * @property {number} distances
 * @property {ArrayLike<number>} means
 * @property {ArrayLike<number>} even
 */

const NAME = 18; // CSS pixels, above a strip
const COLUMNS = 44; // a strip's height
const STRIP = NAME + COLUMNS + 8;
const AXIS = 20; // below the last
const WIDEST = 34; // of a column with its gap
const DIGITS = 22; // room for a distance below the axis

/** Announces `point` with a Cell or null: its row is the head, its column the distance. */
export class AttentionDistances extends EventTarget {
  picture = svg("svg", { class: "distances", tabindex: 0 });
  #columns = svg("g");
  #mark = svg("rect", { class: "mark", height: COLUMNS + 2 });
  /** @type {Strips} */
  #strips = { names: [], distances: 0, means: [], even: [] };
  #step = 1;
  #pointing = new Pointing(this.picture, {
    at: ({ clientX, clientY }) => {
      const { left, top } = this.picture.getBoundingClientRect();
      return { row: Math.floor((clientY - top) / STRIP), column: Math.floor((clientX - left) / this.#step) };
    },
    point: (cell) => {
      this.#place();
      this.dispatchEvent(new CustomEvent("point", { detail: cell }));
    },
  });

  constructor() {
    super();
    const picture = this.picture;
    picture.append(this.#columns, this.#mark);
    new ResizeObserver(() => this.#draw()).observe(picture);
  }

  /** @param {Strips} strips */
  show(strips) {
    this.#strips = strips;
    this.#pointing.resize(strips.names.length, strips.distances);
    this.#draw();
  }

  /** The frame around the column that is pointed at. */
  #place() {
    const { cell } = this.#pointing;
    this.#mark.style.display = cell ? "" : "none";
    this.#mark.setAttribute("x", String((cell?.column ?? 0) * this.#step));
    this.#mark.setAttribute("y", String((cell?.row ?? 0) * STRIP + NAME - 1));
  }

  #draw() {
    const width = this.picture.parentElement?.clientWidth ?? 0;
    const { names, distances, means, even } = this.#strips;
    if (!width || !distances) return;
    const step = (this.#step = Math.min(WIDEST, (width - 2) / distances));
    const most = Math.max(...Array.from(means), ...Array.from(even)) || 1;
    const bottom = names.length * STRIP;
    this.picture.setAttribute("width", String(width));
    this.picture.setAttribute("height", String(bottom + AXIS));
    this.#mark.setAttribute("width", String(step));
    const every = Math.ceil(DIGITS / step);
    const numbers = Array.from({ length: distances }, (_, distance) => distance).filter((distance) => distance % every === 0);
    this.#columns.replaceChildren(
      ...names.map((name, head) => strip(name, head * STRIP, distances, step, (distance) => [
        (COLUMNS * Number(means[head * distances + distance])) / most,
        (COLUMNS * Number(even[distance])) / most,
      ])),
      ...numbers.map((distance) => svg("text", { x: (distance + 0.5) * step, y: bottom + 10, "text-anchor": "middle" }, String(distance))),
    );
    this.#place();
  }
}

/**
 * @param {string} name
 * @param {number} top
 * @param {number} distances
 * @param {number} step CSS pixels from one column to the next
 * @param {(distance: number) => [number, number]} heights of the column, and of the mark
 */
function strip(name, top, distances, step, heights) {
  const group = svg("g");
  const floor = top + NAME + COLUMNS;
  group.append(svg("text", { x: 0, y: top + NAME - 6 }, name));
  const wide = Math.max(1, step * 0.75);
  for (let distance = 0; distance < distances; distance++) {
    const [height, mark] = heights(distance);
    const x = distance * step + (step - wide) / 2;
    group.append(
      svg("rect", { class: "column", x, y: floor - height, width: wide, height }),
      svg("line", { class: "even", x1: x, x2: x + wide, y1: floor - mark, y2: floor - mark }),
    );
  }
  group.append(svg("line", { class: "zero", x1: 0, x2: distances * step, y1: floor, y2: floor }));
  return group;
}
