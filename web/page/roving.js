/**
 * A list whose rows have controls, reached by the keyboard as one: Tab comes to one row,
 * arrow keys, Home and End go on to the others, to the same control of each.
 */

const CONTROLS = "a, button";

export class Roving {
  #list;
  /** The row that Tab comes to. @type {Element | null} */
  #row = null;

  /** @param {HTMLElement} list whose children are the rows, in one column or a grid of several */
  constructor(list) {
    this.#list = list;
    list.addEventListener("keydown", (event) => this.#press(event));
    list.addEventListener("focusin", ({ target }) => this.#comeTo(rowOf(list, target)));
  }

  /** Its controls have been made anew, or its place is another. @param {Element} row */
  settle(row) {
    for (const control of controls(row)) control.tabIndex = row === this.#row ? 0 : -1;
  }

  /** Rows have come or gone: Tab comes to the first, if the one that it came to isn't there. */
  update() {
    if (this.#row?.parentElement === this.#list && controls(this.#row).length) return;
    this.#row = null;
    this.#comeTo([...this.#list.children].find((row) => controls(row).length) ?? null);
  }

  /**
   * The keyboard goes on at a row, or at the last if there are fewer.
   * @param {number} place
   * @param {number} [which] of its controls
   */
  focus(place, which = 0) {
    const row = this.#list.children[Math.min(place, this.#list.children.length - 1)];
    if (!row) return;
    const all = controls(row);
    (all[which] ?? all[0])?.focus();
  }

  /** @param {Element | null} row */
  #comeTo(row) {
    if (row === this.#row) return;
    const before = this.#row;
    this.#row = row;
    if (before) this.settle(before);
    if (row) this.settle(row);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...this.#list.children];
    const at = rows.indexOf(/** @type {Element} */ (rowOf(this.#list, event.target)));
    if (at < 0) return;
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: 1, End: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const which = controls(/** @type {Element} */ (rows[at])).indexOf(/** @type {HTMLElement} */ (event.target));
    let next = event.key === "Home" ? 0 : event.key === "End" ? rows.length - 1 : at + step;
    while (rows[next] && !controls(/** @type {Element} */ (rows[next])).length) next += step;
    if (rows[next]) this.focus(next, which);
  }
}

/** @param {Element} row @returns {HTMLElement[]} */
function controls(row) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(CONTROLS))];
}

/** @param {Element} list @param {EventTarget | null} target */
function rowOf(list, target) {
  let row = target instanceof Element ? target : null;
  while (row && row.parentElement !== list) row = row.parentElement;
  return row;
}
