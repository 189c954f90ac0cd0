/** uPlot, loaded when the first chart is seen. Not about what is drawn: loss-chart.js, run-curves.js. */

/** @typedef {import("uplot")} Plot */
/** @typedef {typeof import("uplot")} Plots */

/** @type {Promise<Plots> | null} */
let asked = null;

/**
 * Asked for once: WebKit answers as if it were there when a module is imported again that failed.
 * @param {HTMLElement} box where the chart is to be
 * @returns {Promise<Plots | null>} null where it doesn't come, which is said there
 */
export async function plots(box) {
  asked ??= import("../uplot/uPlot.esm.js").then((module) => module.default);
  try {
    return await asked;
  } catch {
    box.textContent = "The chart could not be loaded. The figures are there; to see it, reload the page.";
    return null;
  }
}
