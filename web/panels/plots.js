/** uPlot, loaded when the first chart is seen. Not about what is drawn: loss-chart.js, run-curves.js. */

/** @typedef {import("uplot")} Plot */
/** @typedef {typeof import("uplot")} Plots */

/**
 * @param {HTMLElement} box where the chart is to be
 * @returns {Promise<Plots | null>} null where it doesn't come, which is said there
 */
export async function plots(box) {
  try {
    return (await import("../uplot/uPlot.esm.js")).default;
  } catch {
    box.textContent = "The chart could not be loaded. The figures are there; to see it, reload the page.";
    return null;
  }
}
