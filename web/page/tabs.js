/**
 * Tabs by the keyboard and the pointer, as in the ARIA pattern. Not about what they show:
 * views.js, inside/inside.js.
 */

export class Tabs {
  #tabs;
  #select;

  /**
   * @param {HTMLElement[]} tabs in their order
   * @param {(index: number) => void} select the visitor wants another one
   */
  constructor(tabs, select) {
    this.#tabs = tabs;
    this.#select = select;
    tabs.forEach((tab, index) => {
      tab.addEventListener("click", () => select(index));
      tab.addEventListener("keydown", (event) => this.#move(index, event));
    });
  }

  /** The one that is selected now. @param {number} index */
  mark(index) {
    this.#tabs.forEach((tab, i) => {
      tab.ariaSelected = String(i === index);
      tab.tabIndex = i === index ? 0 : -1;
    });
  }

  /** @param {number} at @param {KeyboardEvent} event */
  #move(at, event) {
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.#tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + this.#tabs.length) % this.#tabs.length;
    this.#select(index);
    this.#tabs[index]?.focus({ preventScroll: true });
  }
}
