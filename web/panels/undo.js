/**
 * The line that says what was deleted, with a button that brings it back. It stays for
 * some seconds, longer while the pointer or the keyboard is on it, and until the next
 * deletion or whatever makes it stale. What was deleted is no longer stored; until the line goes, this tab has it.
 */

import { showError } from "../page/alerts.js";

const STAYS_MS = 10_000;

export class UndoLine {
  /** @type {(() => Promise<void>) | null} */
  #undo = null;
  #timer = 0;
  #line;
  #said;
  #button;

  /** @param {HTMLElement} line with a status and a button in it */
  constructor(line) {
    const button = /** @type {HTMLButtonElement} */ (line.querySelector("button"));
    this.#line = line;
    this.#said = /** @type {HTMLElement} */ (line.querySelector("[role=status]"));
    this.#button = button;
    button.addEventListener("click", () => void this.#press());
    for (const event of ["pointerenter", "focusin"]) line.addEventListener(event, () => clearTimeout(this.#timer));
    for (const event of ["pointerleave", "focusout"]) line.addEventListener(event, () => this.#wait());
  }

  /**
   * @param {string} what was done, in a sentence
   * @param {() => Promise<void>} undo
   */
  offer(what, undo) {
    this.#undo = undo;
    this.#said.textContent = what;
    this.#button.hidden = false;
    this.#wait();
  }

  /** What could be undone isn't any more what was there. */
  withdraw() {
    clearTimeout(this.#timer);
    this.#end();
  }

  /** For those who have deleted with the keyboard. */
  focus() {
    this.#button.focus({ preventScroll: true });
  }

  async #press() {
    const undo = this.#undo;
    if (!undo) return;
    this.#button.disabled = true;
    try {
      await undo();
      if (undo === this.#undo) this.#end();
    } catch (error) {
      showError(error, "It could not be put back yet; Undo can be tried again.");
    } finally {
      this.#button.disabled = false;
    }
  }

  #wait() {
    clearTimeout(this.#timer);
    if (!this.#undo || this.#line.matches(":hover") || this.#line.contains(document.activeElement)) return;
    this.#timer = window.setTimeout(() => this.#end(), STAYS_MS);
  }

  #end() {
    this.#undo = null; // and what it has kept
    this.#said.textContent = "";
    this.#button.hidden = true;
  }
}
