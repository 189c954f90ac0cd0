/** The buttons that begin, pause and end a run. Not about what they do: see runs.js. */

import { byId } from "../page/dom.js";

export class RunBar {
  /**
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/requests.js").Requests} requests
   * @param {import("../page/runs.js").Runs} runs
   */
  constructor(state, requests, runs) {
    byId("train").addEventListener("click", () => void requests.run("drop", "Starting…", () => runs.start()));
    byId("pause").addEventListener("click", () => {
      const seen = state.name; // a button pressed twice means the same twice
      void requests.run("wait", "One moment…", () => runs.pauseOrResume(seen));
    });
    byId("stop").addEventListener("click", () => void requests.run("wait", "Stopping…", () => runs.stop()));
    byId("compare").addEventListener("click", () => {
      void requests.run("drop", "Measuring…", () => runs.compareWithScalar());
    });
  }
}
