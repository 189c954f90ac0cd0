/** The one place where errors are shown: what happened, what was kept, what to do. */

import { byId, element } from "./dom.js";

const box = byId("alert");
let shownAbout = "";

/**
 * @typedef {object} Options
 * @property {{label: string, press: () => void}} [action] a button beside the message; dismiss, if none
 * @property {"text" | "samples" | "share" | ""} [about] whose later success makes the message void
 */

/**
 * @param {string} message
 * @param {Options} [options]
 */
export function showAlert(message, options = {}) {
  const { action = { label: "Dismiss", press: () => clearAlert() }, about = "" } = options;
  shownAbout = about;
  const focused = document.activeElement;
  const button = element("button", action.label, "quiet");
  button.type = "button";
  button.addEventListener("click", () => {
    action.press();
    // The button has gone with the alert; the keyboard goes on where it was.
    if (box.hidden && focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  });
  box.replaceChildren(element("p", message), button);
  box.hidden = false;
}

/** @param {string} [about] only a message about this; any, if not given */
export function clearAlert(about) {
  if (about !== undefined && about !== shownAbout) return;
  box.hidden = true;
  box.replaceChildren();
}

/**
 * Whether an error of Python's has a sentence for the visitor: our package's, and tools/tab/fetched_later.py's.
 * @param {Error} error
 */
export function isForVisitor({ name }) {
  return ["MicrogptError", "NotFetchedError"].includes(name);
}

/**
 * A sentence for an error: its own, where it was written for the visitor.
 * @param {unknown} error
 * @param {string} kept what is still as it was
 * @param {Options["about"]} [about]
 */
export function showError(error, kept, about = "") {
  const { name, message } = /** @type {Error} */ (error);
  if (name === "EndedError") return; // that is said where Python is started anew: rescue.js
  if (isForVisitor(/** @type {Error} */ (error))) return showAlert(`${message} ${kept}`, { about });
  console.error(error);
  showAlert(`Something went wrong in this page (${name}: ${message}). ${kept} Reload the page to start again.`, { about });
}
