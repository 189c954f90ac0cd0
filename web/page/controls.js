/**
 * The state on the page: every control with a `data-action` can be used when the table
 * in states.js allows that action, and at no other time.
 */

import { byId } from "./dom.js";

/** @typedef {HTMLButtonElement | HTMLInputElement | HTMLSelectElement | HTMLFieldSetElement} Control */

// Sample before Train: a key that is pressed once too often must not begin a new run.
const NEXT = ["pause", "sample", "train"];

/** @param {import("./states.js").PageState} state */
export function followState(state) {
  state.addEventListener("change", () => show(state));
  show(state);
}

/** @param {import("./states.js").PageState} state */
function show(state) {
  const focused = document.activeElement;
  document.documentElement.dataset.state = state.name;
  for (const control of /** @type {NodeListOf<Control>} */ (document.querySelectorAll("[data-action]"))) {
    control.disabled = !state.can(/** @type {import("./states.js").Action} */ (control.dataset.action));
  }
  byId("pause").textContent = state.name === "paused" ? "Resume" : "Pause";
  for (const button of document.querySelectorAll(".bar button")) {
    button.classList.toggle("primary", button.id === state.primary);
  }
  byId("pending").textContent = pending(state);
  byId("locked").hidden = !state.going;
  // A button that is disabled under the keyboard's focus would send it to the top of the page.
  if (focused instanceof HTMLButtonElement && focused.disabled) {
    const buttons = NEXT.map((id) => /** @type {HTMLButtonElement} */ (byId(id)));
    buttons.find((button) => !button.disabled)?.focus({ preventScroll: true });
  }
}

/** What Python is doing, as far as that is known. @param {import("./states.js").PageState} state */
function pending({ doing, going, silent, stopping }) {
  if (stopping) return "Stopping…";
  // Of a run the buttons say it all, and a step may take long.
  if (silent && !going) return "Busy: Stop ends it"; // on a phone there is room for no more
  return doing ?? "";
}
