/** Whether the visitor wants runs to be kept in this browser. */

import { SITE_PATH } from "../page/site.js";

/** Stored when they are not to be kept; nothing is stored otherwise. */
export const WISH = `microgpt-in-a-tab off ${SITE_PATH}`;

/** Whether runs are to be kept. */
export function isWanted() {
  try {
    return localStorage.getItem(WISH) === null;
  } catch {
    return true; // storage is blocked, and nothing will be kept anyway
  }
}

/** @param {boolean} wanted */
export function remember(wanted) {
  try {
    if (wanted) localStorage.removeItem(WISH);
    else localStorage.setItem(WISH, "");
  } catch {
    // Then it holds for this visit.
  }
}
