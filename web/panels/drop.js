/** A file that is dropped on the page, wherever that is. Not about what becomes of it. */

import { showAlert } from "../page/alerts.js";
import { byId } from "../page/dom.js";

const overlay = byId("drop");

/**
 * @param {import("../page/states.js").PageState} state
 * @param {(file: File) => void} use is given a file when one can be used
 */
export function acceptDrops(state, use) {
  const carriesFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault(); // otherwise the browser would open the file in place of the page
    overlay.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) overlay.hidden = true; // has left the window
  });
  document.addEventListener("drop", (event) => {
    overlay.hidden = true;
    const dropped = event.dataTransfer?.files[0];
    if (!dropped) return;
    event.preventDefault();
    if (state.name === "failed") return;
    if (state.can("edit")) use(dropped);
    else showAlert(`${dropped.name} was not loaded: ${whyNot(state)}`, { about: "text" });
  });
}

/** @param {import("../page/states.js").PageState} state */
function whyNot({ going, run }) {
  return going && run
    ? `a run on ${run.name} is still going. Press Stop first, then drop the file again.`
    : "Python is busy for a moment. Drop the file again.";
}
