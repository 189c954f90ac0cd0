/**
 * The line that several parts of the view Inside are about: typed, or one of the samples that
 * are offered. Not about what is shown of it.
 */

import { WorkerError } from "../page/client.js";
import { byId, element, madeUp } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";

const CHIPS = 12; // samples that are offered

const form = byId("inside-form");
const field = /** @type {HTMLInputElement} */ (byId("inside-text"));
const chips = byId("inside-chips");

export class LineField {
  #desk;
  #samples;
  #error = new FieldError(field);
  /** Whether the visitor has chosen the line, or done something with it. */
  #chosen = false;
  /** Whether a line has been looked at: then it stays, until there is another model. */
  #lookedAt = false;
  /** The last line that a model could read. @type {string | null} */
  #readable = null;
  /** What the visitor has typed, and no model has read so far. @type {string | null} */
  #typed = null;

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {{texts: string[]}} samples the view Samples
   */
  constructor(desk, samples) {
    this.#desk = desk;
    this.#samples = samples;
    desk.addEventListener("line", () => {
      if (field.value !== desk.line) field.value = desk.line;
      this.#error.clear();
    });
    desk.addEventListener("temperature", () => (this.#chosen = true));
    field.addEventListener("input", () => {
      this.#chosen = true;
      this.#typed = desk.line = field.value;
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    chips.addEventListener("click", ({ target }) => {
      const chip = target instanceof Element && target.closest("button");
      if (!chip) return;
      this.#chosen = true;
      this.#take(chip.textContent ?? "");
    });
  }

  /** @param {boolean} wanted whether the part in sight is about it */
  show(wanted) {
    form.hidden = !wanted;
  }

  /** Who has done something with a line doesn't want another one. */
  keep() {
    this.#chosen ||= this.#lookedAt;
  }

  /** What the model makes up now is worth more than the line before. */
  renew() {
    this.#lookedAt = false;
  }

  /** A part has shown the line. */
  hasRead() {
    this.#lookedAt = this.#chosen || this.#desk.line !== ""; // else there were no samples yet
    this.#typed = null;
    this.#readable = this.#desk.line;
  }

  /**
   * The model can't read the line: what was shown before stays, or another line is taken
   * where it is the model that has changed.
   * @param {unknown} error
   * @returns {boolean} whether that is so
   */
  refused(error) {
    const { line } = this.#desk;
    if (!(error instanceof WorkerError) || error.field !== "text") return false;
    if (this.#typed === line && this.#readable !== null) {
      this.#desk.goBack(this.#readable);
      this.#error.show(`${error.message} What is shown is still ${this.#readable ? `‘${this.#readable}’` : "the empty line"}.`);
      return true;
    }
    this.#chosen = this.#lookedAt = false;
    const [first = ""] = this.#lines;
    this.#take(first === line ? "" : first);
    return true;
  }

  /** Lines to look at. Chips stay, what they say changes: one may have the keyboard. */
  offer() {
    const lines = (this.#desk.offered = this.#lines);
    if (!this.#chosen && !this.#lookedAt) this.#desk.line = lines[0] ?? this.#desk.line;
    while (chips.childElementCount > lines.length) chips.lastElementChild?.remove();
    lines.forEach((line, i) => {
      const chip = chips.children[i] ?? chips.appendChild(Object.assign(element("button", "", "quiet"), { type: "button" }));
      if (chip.textContent !== line) chip.replaceChildren(madeUp(line));
    });
  }

  /** A line that is known to be one. @param {string} line */
  #take(line) {
    this.#typed = null;
    if (line !== this.#desk.line) this.#desk.line = line;
    else {
      field.value = line; // in place of one that can't be read
      this.#error.clear();
    }
  }

  /** What the model has made up last, once each. */
  get #lines() {
    return [...new Set(this.#samples.texts)].filter(Boolean).slice(0, CHIPS);
  }
}
