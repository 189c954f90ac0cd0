/**
 * An error at the field that it is about: the field is marked, the message stands below it.
 * Not about errors of the whole page: see alerts.js.
 */

import { element } from "./dom.js";

export class FieldError {
  #control;
  #message = element("p", "", "error");

  /**
   * @param {HTMLElement} control
   * @param {Element} [after] what the message stands below, if not the control itself
   */
  constructor(control, after = control) {
    this.#control = control;
    this.#message.id = `${control.id}-error`;
    this.#message.ariaLive = "polite";
    const described = control.getAttribute("aria-describedby") ?? "";
    control.setAttribute("aria-describedby", `${described} ${this.#message.id}`.trim());
    after.after(this.#message);
    control.addEventListener("input", () => this.clear()); // it was about another value
  }

  /** What is shown, or "". */
  get message() {
    return this.#message.textContent ?? "";
  }

  /** @param {string} message what is wrong, what was kept, what to do */
  show(message) {
    this.#message.textContent = message;
    this.#control.ariaInvalid = "true";
    if (inSight(this.#control) && !inSight(this.#message)) this.#message.scrollIntoView({ block: "nearest" });
  }

  clear() {
    this.#message.textContent = "";
    this.#control.removeAttribute("aria-invalid");
  }

  /** Brings the field in sight, and the keyboard to it. */
  reveal() {
    const closed = this.#control.closest("details:not([open])");
    if (closed instanceof HTMLDetailsElement) closed.open = true;
    if (!inSight(this.#control)) this.#control.scrollIntoView({ block: "center" });
    this.#control.focus({ preventScroll: true });
  }
}

/** Whether nothing hides it, neither a window's edge nor the bar. @param {HTMLElement} control */
function inSight(control) {
  const { left, top, width, height } = control.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && control.contains(there);
}
