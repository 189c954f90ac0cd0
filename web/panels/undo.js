/**
 * The line that says what was deleted, with a button that brings it back. It stays for
 * some seconds, longer while the pointer or the keyboard is on it, and until the next
 * deletion. What was deleted is no longer stored; until the line goes, this tab has it.
 */

import { showError } from "../page/alerts.js";
import { byId } from "../page/dom.js";

const STAYS_MS = 10_000;

const line = byId("undo");
const said = byId("undo-said");
const button = /** @type {HTMLButtonElement} */ (byId("undo-button"));

export class UndoLine {
  /** @type {(() => Promise<void>) | null} */
  #undo = null;
  #timer = 0;

  constructor() {
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
    said.textContent = what;
    button.hidden = false;
    this.#wait();
  }

  /** For those who have deleted with the keyboard. */
  focus() {
    button.focus({ preventScroll: true });
  }

  async #press() {
    const undo = this.#undo;
    if (!undo) return;
    button.disabled = true;
    try {
      await undo();
      if (undo === this.#undo) this.#end();
    } catch (error) {
      showError(error, "It could not be put back yet; Undo can be tried again.");
    } finally {
      button.disabled = false;
    }
  }

  #wait() {
    clearTimeout(this.#timer);
    if (!this.#undo || line.matches(":hover") || line.contains(document.activeElement)) return;
    this.#timer = window.setTimeout(() => this.#end(), STAYS_MS);
  }

  #end() {
    this.#undo = null; // and what it has kept
    said.textContent = "";
    button.hidden = true;
  }
}
