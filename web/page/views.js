/**
 * The page's views as tabs: one is shown, on a very wide screen two side by side. Which
 * one stands in the address as ?view=…, so that a reload and a link find it.
 * Not about what is in a view: see panels/.
 */

import { byId } from "./dom.js";
import { Tabs } from "./tabs.js";

/** In the order of their tabs. @typedef {"samples" | "learning" | "inside" | "code" | "runs"} View */
const VIEWS = /** @type {const} */ (["samples", "learning", "inside", "code", "runs"]);
const TWO = matchMedia("(min-width: 120rem)"); // where two fit beside each other

const panes = byId("panes");

/** Announces `change`. */
export class Views extends EventTarget {
  /** @type {View} */
  #shown = named(new URLSearchParams(location.search).get("view")) ?? "samples";

  #tabs = new Tabs(
    VIEWS.map((view) => byId(`tab-${view}`)),
    (index) => this.show(VIEWS[index] ?? "samples"),
  );

  constructor() {
    super();
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

  #update() {
    const beside = this.#shown === "samples" ? "learning" : "samples";
    panes.classList.toggle("two", TWO.matches);
    this.#tabs.mark(VIEWS.indexOf(this.#shown));
    for (const view of VIEWS) {
      byId(`view-${view}`).hidden = !(view === this.#shown || (TWO.matches && view === beside));
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string | null} name @returns {View | undefined} */
function named(name) {
  return VIEWS.find((view) => view === name);
}
