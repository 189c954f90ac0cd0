/** How many cores the visitor lets large models use, on this machine; no run and no link has it. */

import { SITE_PATH } from "../page/site.js";

const NAME = `microgpt-in-a-tab cores ${SITE_PATH}`; // nothing is stored where nothing was chosen

/** @returns {number | null} null where it is left to the page */
export function chosenCores() {
  try {
    const count = Number(localStorage.getItem(NAME));
    return Number.isInteger(count) && count > 0 ? count : null;
  } catch {
    return null; // storage is blocked
  }
}

/** @param {number | null} count */
export function rememberCores(count) {
  try {
    if (count === null) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, String(count));
  } catch {
    // Then it holds for this visit.
  }
}
