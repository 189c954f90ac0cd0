/**
 * A matrix as a picture: a cell a number. A cell is pointed at by the pointer or, when the
 * picture has the keyboard, by arrow keys. Not about what the numbers mean.
 */

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

/** @typedef {{row: number, column: number}} Cell */

const LARGEST = 26; // CSS pixels a cell
const NAMED = 9; // the smallest that has a name beside it
const GAP = 14; // of the smallest that are drawn apart

/** Announces `point` with a Cell or null, and `choose` with the Cell that is pressed. */
export class HeatMap extends EventTarget {
  canvas = document.createElement("canvas");
  /** @type {Matrix} */
  #matrix = { rows: 0, columns: 0, values: [], scale: "share", most: 1, rowNames: [], columnNames: [] };
  /** @type {Cell | null} */
  #cell = null;
  #largest;
  /** In CSS pixels: a cell's side, and where the first begins. */
  #side = 1;
  #left = 0;
  #top = 0;

  /** @param {number} [largest] CSS pixels a cell */
  constructor(largest = LARGEST) {
    super();
    this.#largest = largest;
    const canvas = this.canvas;
    canvas.className = "heat-map";
    canvas.tabIndex = 0;
    canvas.addEventListener("pointermove", (event) => this.#point(this.#at(event)));
    canvas.addEventListener("pointerleave", () => this.#point(null));
    canvas.addEventListener("click", (event) => this.#choose(this.#at(event)));
    canvas.addEventListener("keydown", (event) => this.#press(event));
    canvas.addEventListener("blur", () => this.#point(null));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** @param {Matrix} matrix */
  show(matrix) {
    this.#matrix = matrix;
    if (this.#cell && (this.#cell.row >= matrix.rows || this.#cell.column >= matrix.columns)) this.#cell = null;
    this.#draw();
  }

  /** Points at a cell from elsewhere; announces nothing. @param {Cell | null} cell */
  mark(cell) {
    this.#cell = cell;
    this.#draw();
  }

  /** @param {MouseEvent} event @returns {Cell | null} */
  #at({ offsetX, offsetY }) {
    const column = Math.floor((offsetX - this.#left) / this.#side);
    const row = Math.floor((offsetY - this.#top) / this.#side);
    const { rows, columns } = this.#matrix;
    return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { rows, columns } = this.#matrix;
    const { row, column } = this.#cell ?? { row: 0, column: -1 };
    const next = {
      ArrowRight: { row, column: column + 1 },
      ArrowLeft: { row, column: column - 1 },
      ArrowDown: { row: row + 1, column: Math.max(0, column) },
      ArrowUp: { row: row - 1, column: Math.max(0, column) },
      Home: { row, column: 0 },
      End: { row, column: columns - 1 },
    }[event.key];
    if (next) {
      event.preventDefault();
      if (next.row >= 0 && next.row < rows && next.column >= 0 && next.column < columns) this.#point(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#cell);
    }
  }

  /** @param {Cell | null} cell */
  #point(cell) {
    if (cell?.row === this.#cell?.row && cell?.column === this.#cell?.column) return;
    this.mark(cell);
    this.dispatchEvent(new CustomEvent("point", { detail: cell }));
  }

  /** @param {Cell | null} cell */
  #choose(cell) {
    if (cell) this.dispatchEvent(new CustomEvent("choose", { detail: cell }));
  }

  #draw() {
    const { rows, columns, values, scale, most, rowNames, columnNames } = this.#matrix;
    const room = this.canvas.parentElement?.clientWidth ?? 0;
    const context = this.canvas.getContext("2d");
    if (!context || !rows || !room) return;
    const left = rowNames.length ? this.#widest(context, rowNames, room) : 1;
    const top = columnNames.length ? 18 : 1;
    const side = Math.max(1, Math.min(this.#largest, Math.floor((room - left - 2) / columns)));
    [this.#side, this.#left, this.#top] = [side, left, top];
    const width = left + side * columns + 1;
    const height = top + side * rows + 1;
    const ratio = devicePixelRatio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    const colours = palette(scale);
    const gap = side >= GAP ? 1 : 0;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = Number(values[row * columns + column]);
        if (Number.isNaN(value)) continue;
        context.fillStyle = colours(most > 0 ? value / most : 0);
        context.fillRect(left + column * side, top + row * side, side - gap, side - gap);
      }
    }
    this.#name(context, side);
    if (this.#cell) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2;
      context.strokeRect(left + this.#cell.column * side, top + this.#cell.row * side, side - gap, side - gap);
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

/**
 * From a share of the most, -1 to 1, to a colour.
 * @param {Matrix["scale"]} scale
 * @returns {(share: number) => string}
 */
function palette(scale) {
  const [none, more, less] = ["--heat-none", "--heat-more", "--heat-less"].map((name) => parsed(colour(name)));
  if (!none || !more || !less) return () => "transparent";
  return (share) => {
    const end = share < 0 && scale === "signed" ? less : more;
    const part = Math.min(1, Math.abs(share));
    return `rgb(${none.map((from, i) => Math.round(from + (Number(end[i]) - from) * part)).join(" ")})`;
  };
}

/** Red, green and blue of #rrggbb. @param {string} hex */
function parsed(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
