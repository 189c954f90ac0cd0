/**
 * The page's views as tabs: one is shown, on a very wide screen two side by side. Which
 * one stands in the address as ?view=…, so that a reload and a link find it.
 * Not about what is in a view: see panels/.
 */

import { byId } from "./dom.js";

/** In the order of their tabs. @typedef {"samples" | "learning" | "runs"} View */
const VIEWS = /** @type {const} */ (["samples", "learning", "runs"]);
const TWO = matchMedia("(min-width: 120rem)"); // where two fit beside each other

const panes = byId("panes");

/** Announces `change`. */
export class Views extends EventTarget {
  /** @type {View} */
  #shown = named(new URLSearchParams(location.search).get("view")) ?? "samples";

  constructor() {
    super();
    for (const view of VIEWS) {
      const tab = byId(`tab-${view}`);
      tab.addEventListener("click", () => this.show(view));
      tab.addEventListener("keydown", (event) => this.#move(event));
    }
    TWO.addEventListener("change", () => this.#update());
    this.#update();
  }

  /** The one whose tab is selected. */
  get shown() {
    return this.#shown;
  }

  /** @param {View} view */
  show(view) {
    if (view === this.#shown) return;
    this.#shown = view;
    const address = new URL(location.href);
    address.searchParams.set("view", view);
    history.replaceState(history.state, "", address);
    this.#update();
  }

  /** Arrow keys, Home and End, as in the pattern for tabs. @param {KeyboardEvent} event */
  #move(event) {
    const at = VIEWS.indexOf(this.#shown);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    const view = next === undefined ? undefined : VIEWS.at(next % VIEWS.length);
    if (!view) return;
    event.preventDefault();
    this.show(view);
    byId(`tab-${view}`).focus({ preventScroll: true });
  }

  #update() {
    const beside = this.#shown === "samples" ? "learning" : "samples";
    panes.classList.toggle("two", TWO.matches);
    for (const view of VIEWS) {
      const selected = view === this.#shown;
      const tab = byId(`tab-${view}`);
      tab.ariaSelected = String(selected);
      tab.tabIndex = selected ? 0 : -1;
      byId(`view-${view}`).hidden = !(selected || (TWO.matches && view === beside));
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string | null} name @returns {View | undefined} */
function named(name) {
  return VIEWS.find((view) => view === name);
}
