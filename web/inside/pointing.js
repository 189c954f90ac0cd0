/**
 * How a picture of cells in rows and columns is pointed at: by the pointer, by a finger, or,
 * when the picture has the keyboard, by arrow keys. Not about how it looks.
 */

/** @typedef {{row: number, column: number}} Cell */

/**
 * What a picture says of itself.
 * - at: the cell under the pointer, or null.
 * - point: another cell is pointed at, or none.
 * - choose: a cell is pressed.
 * @typedef {object} Hands
 * @property {(event: MouseEvent) => Cell | null} at
 * @property {(cell: Cell | null) => void} point
 * @property {(cell: Cell) => void} [choose]
 */

export class Pointing {
  /** @type {Cell | null} */
  cell = null;
  #hands;
  #rows = 0;
  #columns = 0;

  /** @param {HTMLElement | SVGElement} picture @param {Hands} hands */
  constructor(picture, hands) {
    this.#hands = hands;
    const listen = (/** @type {string} */ type, /** @type {(event: any) => void} */ react) => picture.addEventListener(type, react);
    for (const type of ["pointermove", "pointerdown"]) listen(type, (event) => this.#point(this.#within(hands.at(event))));
    listen("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") this.#point(null); // a finger is lifted, to read
    });
    listen("blur", () => this.#point(null));
    listen("click", (event) => this.#choose(this.#within(hands.at(event))));
    listen("keydown", (event) => this.#press(event));
  }

  /** There are so many now; the same cell is pointed at, if it is still there. @param {number} rows @param {number} columns */
  resize(rows, columns) {
    [this.#rows, this.#columns] = [rows, columns];
    this.cell = this.#within(this.cell);
  }

  /** @param {Cell | null} cell */
  #within(cell) {
    return cell && cell.row >= 0 && cell.row < this.#rows && cell.column >= 0 && cell.column < this.#columns ? cell : null;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { row, column } = this.cell ?? (this.#columns > 1 ? { row: 0, column: -1 } : { row: -1, column: 0 });
    const next = {
      ArrowRight: { row: Math.max(0, row), column: column + 1 },
      ArrowLeft: { row: Math.max(0, row), column: column - 1 },
      ArrowDown: { row: row + 1, column: Math.max(0, column) },
      ArrowUp: { row: row - 1, column: Math.max(0, column) },
      ...this.#ends(row, column),
    }[event.key];
    if (next) {
      event.preventDefault();
      const there = this.#within(next);
      if (there) this.#point(there);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.cell);
    }
  }

  /** Of a row; of a picture with one column, of that. @param {number} row @param {number} column */
  #ends(row, column) {
    if (this.#columns > 1) return { Home: { row, column: 0 }, End: { row, column: this.#columns - 1 } };
    return { Home: { row: 0, column }, End: { row: this.#rows - 1, column } };
  }

  /** @param {Cell | null} cell */
  #point(cell) {
    if (cell?.row === this.cell?.row && cell?.column === this.cell?.column) return;
    this.cell = cell;
    this.#hands.point(cell);
  }

  /** @param {Cell | null} cell */
  #choose(cell) {
    if (cell) this.#hands.choose?.(cell);
  }
}
