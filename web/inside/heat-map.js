/**
 * A matrix as a picture: a cell a number. A cell is pointed at by the pointer or, when the
 * picture has the keyboard, by arrow keys. Not about what the numbers mean.
 */

import { Pointing } from "./pointing.js";

/** @typedef {import("./pointing.js").Cell} Cell */

/**
 * - rows, columns: how many of each.
 * - values: row by row; NaN where there is none.
 * - scale: "share", from 0 to 1; "signed", from -most to most.
 * - most: the number that has the strongest colour.
 * - rowNames, columnNames: drawn beside the cells where there is room; [] for none.
 * @typedef {object} Matrix
 * @property {number} rows
 * @property {number} columns
 * @property {ArrayLike<number>} values
 * @property {"share" | "signed"} scale
 * @property {number} most
 * @property {string[]} rowNames
 * @property {string[]} columnNames
 */

const LARGEST = 26; // CSS pixels a cell
const NAMED = 9; // the smallest that has a name beside it
const GAP = 14; // of the smallest that are drawn apart

/** Announces `point` with a Cell or null, and `choose` with the Cell that is pressed. */
export class HeatMap extends EventTarget {
  canvas = document.createElement("canvas");
  /** @type {Matrix} */
  #matrix = { rows: 0, columns: 0, values: [], scale: "share", most: 1, rowNames: [], columnNames: [] };
  #pointing = new Pointing(this.canvas, {
    at: ({ offsetX, offsetY }) => ({ row: Math.floor((offsetY - this.#top) / this.#side), column: Math.floor((offsetX - this.#left) / this.#side) }),
    point: (cell) => {
      this.#draw();
      this.dispatchEvent(new CustomEvent("point", { detail: cell }));
    },
    choose: (cell) => this.dispatchEvent(new CustomEvent("choose", { detail: cell })),
  });
  #largest;
  /** In CSS pixels: a cell's side, and where the first begins. */
  #side = 1;
  #left = 0;
  #top = 0;
  /** The cells, a pixel each; null: to be made. @type {HTMLCanvasElement | null} */
  #image = null;
  /** Of the canvas, which comes into sight, and of what it stands in, which sets its width. */
  #observer = new ResizeObserver(() => this.#draw());
  /** @type {Element | null} */
  #frame = null;

  /** @param {number} [largest] CSS pixels a cell */
  constructor(largest = LARGEST) {
    super();
    this.#largest = largest;
    const canvas = this.canvas;
    canvas.className = "heat-map";
    canvas.tabIndex = 0;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#image = null;
      this.#draw();
    });
    this.#observer.observe(canvas);
  }

  /** @param {Matrix} matrix */
  show(matrix) {
    this.#matrix = matrix;
    this.#image = null;
    this.#pointing.resize(matrix.rows, matrix.columns);
    this.#draw();
  }

  /** Points at a cell from elsewhere; announces nothing. @param {Cell | null} cell */
  mark(cell) {
    this.#pointing.cell = cell;
    this.#draw();
  }

  #draw() {
    const { rows, columns, rowNames, columnNames } = this.#matrix;
    const frame = this.canvas.parentElement;
    if (frame && frame !== this.#frame) this.#observer.observe((this.#frame = frame));
    const room = frame?.clientWidth ?? 0;
    const context = this.canvas.getContext("2d");
    if (!context || !rows || !room) return;
    const left = rowNames.length ? this.#widest(context, rowNames, room) : 1;
    const top = columnNames.length ? 18 : 1;
    const fitting = (room - left - 2) / columns; // below 1, what is beside each other is mixed
    const side = fitting < 1 ? fitting : Math.min(this.#largest, Math.floor(fitting));
    [this.#side, this.#left, this.#top] = [side, left, top];
    const width = left + side * columns + 1;
    const height = top + side * rows + 1;
    const ratio = devicePixelRatio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    const gap = side >= GAP ? 1 : 0;
    this.#paint(context, side, gap);
    this.#name(context, side);
    const { cell } = this.#pointing;
    if (cell) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2;
      context.strokeRect(left + cell.column * side, top + cell.row * side, side - gap, side - gap);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} side @param {number} gap */
  #paint(context, side, gap) {
    const { rows, columns } = this.#matrix;
    const image = (this.#image ??= pixels(this.#matrix));
    context.imageSmoothingEnabled = side < 1;
    context.drawImage(image, this.#left, this.#top, side * columns, side * rows);
    for (let column = 1; gap && column <= columns; column++) {
      context.clearRect(this.#left + column * side - gap, this.#top, gap, side * rows);
    }
    for (let row = 1; gap && row <= rows; row++) {
      context.clearRect(this.#left, this.#top + row * side - gap, side * columns, gap);
    }
  }

  /** Room for the names of rows. @param {CanvasRenderingContext2D} context @param {string[]} names @param {number} room */
  #widest(context, names, room) {
    context.font = `13px ${getComputedStyle(this.canvas).fontFamily}`;
    const widths = names.map((name) => context.measureText(name).width);
    return Math.min(room / 3, Math.max(24, 12 + Math.ceil(Math.max(...widths))));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} side */
  #name(context, side) {
    const { rowNames, columnNames } = this.#matrix;
    const every = Math.ceil(NAMED / side);
    context.fillStyle = colour("--ink-soft");
    context.font = `${Math.min(13, Math.max(NAMED, side))}px ${getComputedStyle(this.canvas).fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    rowNames.forEach((name, row) => {
      if (row % every === 0) context.fillText(name, this.#left / 2, this.#top + (row + 0.5) * side);
    });
    columnNames.forEach((name, column) => {
      if (column % every === 0) context.fillText(name, this.#left + (column + 0.5) * side, this.#top / 2);
    });
  }
}

/** @param {string} property a custom property */
function colour(property) {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

/** A picture with a pixel for each cell. @param {Matrix} matrix */
function pixels({ rows, columns, values, scale, most }) {
  const made = document.createElement("canvas");
  made.width = columns;
  made.height = rows;
  const context = made.getContext("2d");
  const [none, more, less] = ["--heat-none", "--heat-more", "--heat-less"].map((name) => parsed(colour(name)));
  if (!context || !none || !more || !less) return made;
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const value = Number(values[i]);
    if (Number.isNaN(value)) continue; // nothing is seen there
    const end = value < 0 && scale === "signed" ? less : more;
    const part = most > 0 ? Math.min(1, Math.abs(value / most)) : 0;
    none.forEach((from, channel) => {
      image.data[4 * i + channel] = from + (Number(end[channel]) - from) * part;
    });
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return made;
}

/** Red, green and blue of #rrggbb. @param {string} hex */
function parsed(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
