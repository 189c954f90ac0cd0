/**
 * The cards of changes: each is put into the code by one press, and taken out by another.
 * Not about which there are (cards/), nor about the run that follows: run.js.
 */

import { byId, button, element } from "../page/dom.js";
import { readJson } from "../page/checked.js";
import { isMade, made, takenOut } from "./changing.js";
import { listed } from "./run-words.js";

const WIDE = matchMedia("(min-width: 46.01rem)");

const box = /** @type {HTMLDetailsElement} */ (byId("code-cards"));
const summary = byId("code-cards-summary");
const said = byId("code-cards-said");
const list = byId("code-cards-list");

/** Announces `run` when a change was put into the code, to be run. */
export class CardsList extends EventTarget {
  #code;
  /** @type {{card: Card, item: HTMLElement, press: HTMLButtonElement, mark: HTMLElement}[]} */
  #shown = [];
  #loading = false;

  /** @param {import("./code.js").CodeView} code */
  constructor(code) {
    super();
    this.#code = code;
    code.addEventListener("change", () => {
      void this.#load();
      this.#mark();
    });
  }

  /** When the files are there, the first time. */
  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    try {
      /** @type {Card[]} */
      const cards = await readJson("code/cards.json");
      summary.textContent = `${cards.length} changes to try, each by one press`;
      // They are the beginning; who has changed something is beyond it, and a phone has little room.
      box.open = WIDE.matches && !Object.keys(this.#code.changes).length;
      this.#shown = cards.map((card) => this.#made(card));
      list.replaceChildren(...this.#shown.map(({ item }) => item));
      this.#mark();
    } catch (error) {
      this.#loading = false; // with the next change
      said.textContent = `The changes to try can’t be shown: ${/** @type {Error} */ (error).message} Your code is as it was. Reload the page to try again.`;
    }
  }

  /** @param {Card} card */
  #made(card) {
    const item = element("li", "", "card");
    const head = element("div", "", "card-head");
    const name = element("h3", card.name);
    const mark = element("span", "in the code", "card-mark");
    const press = button("Try", () => this.#press(card), "quiet");
    head.append(name, mark, press);
    const details = element("details");
    const more = element("summary", "What to expect");
    more.setAttribute("aria-label", `What to expect of ${card.name}`);
    const shown = element("div");
    details.append(more, shown);
    details.addEventListener("toggle", () => {
      if (details.open && !shown.hasChildNodes()) void this.#explain(card, shown);
    });
    item.append(head, element("p", card.explains, "card-about"), details);
    return { card, item, press, mark };
  }

  /**
   * What to expect of a change, and what it is.
   * @param {Card} card
   * @param {HTMLElement} place
   */
  async #explain(card, place) {
    const { originals } = this.#code;
    const changed = made(originals, card.edits);
    const files = Object.keys(originals).filter((file) => changed[file] !== originals[file]);
    place.append(element("p", card.expect));
    const { differenceTable } = await import("./difference-table.js");
    place.append(...files.map((file) => differenceTable(file, String(originals[file]), String(changed[file]))));
  }

  /** @param {Card} card */
  #press({ name, edits }) {
    const code = this.#code;
    const { texts, originals } = code;
    said.textContent = "";
    try {
      const isIn = isMade(texts, edits, originals);
      code.replace(isIn ? takenOut(texts, edits, originals) : made(texts, edits), isIn ? `${name} is taken out again.` : `${name} is in the code.`);
      const file = edits[0]?.file ?? "";
      code.open(file, isIn ? 0 : firstLine(texts[file] ?? "", file, edits), false);
      if (!isIn) this.dispatchEvent(new Event("run"));
    } catch (error) {
      said.textContent = `${name}: ${/** @type {Error} */ (error).message}`;
    }
  }

  /** Which of them are in the code. */
  #mark() {
    const { texts, originals } = this.#code;
    /** @type {string[]} */
    const names = [];
    for (const { card, item, press, mark } of this.#shown) {
      const isIn = isMade(texts, card.edits, originals);
      if (isIn) names.push(card.name);
      item.classList.toggle("in", isIn);
      mark.hidden = !isIn;
      press.textContent = isIn ? "Take out" : "Try";
      press.setAttribute("aria-label", isIn ? `Take out ${card.name}` : `Try ${card.name}`);
    }
    if (this.#shown.length) summary.textContent = `${this.#shown.length} changes to try, each by one press${names.length ? `; in the code: ${listed(names)}` : ""}`;
  }
}

/**
 * The first line that a change is about, from 1.
 * @param {string} text of the file, before it
 * @param {string} file
 * @param {Edit[]} edits
 */
function firstLine(text, file, edits) {
  const places = edits.filter((edit) => edit.file === file).map(({ before }) => text.indexOf(before));
  const line = text.slice(0, Math.max(0, Math.min(...places))).split("\n").length;
  return text.startsWith("\n", Math.min(...places)) ? line + 1 : line;
}
