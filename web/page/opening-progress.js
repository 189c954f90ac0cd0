/**
 * What is said while a saved model is being read, where that takes longer than a moment: large
 * ones have hundreds of megabytes. Not about who opens it: openings.js.
 */

import { byId } from "./dom.js";

const SOON_MS = 300; // what is read sooner needs no words

const card = byId("opening");
const words = byId("opening-words");
const bar = /** @type {HTMLProgressElement} */ (byId("opening-progress"));
const cancel = /** @type {HTMLButtonElement} */ (byId("opening-cancel"));

let timer = 0;
let name = "";

/** @param {() => void} stop is called when the visitor thinks again */
export function offerCancel(stop) {
  cancel.addEventListener("click", stop);
}

/** @param {string} file that is being read from now on */
export function beginOpening(file) {
  endOpening();
  name = file;
  advanceOpening({ share: 0 });
  timer = window.setTimeout(() => (card.hidden = false), SOON_MS);
}

/** @param {Opening} progress */
export function advanceOpening({ share }) {
  bar.value = share;
  words.textContent = `Reading ${name}: ${Math.floor(100 * share)} %`;
}

export function endOpening() {
  clearTimeout(timer);
  card.hidden = true;
}
