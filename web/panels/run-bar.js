/**
 * The bar that stays in sight: which model this is, and the buttons that begin, pause
 * and end a run. Not about what they do: see runs.js.
 */

import { byId, element } from "../page/dom.js";
import { grouped } from "../page/format.js";

const now = byId("now");
const loss = byId("now-loss");
const progress = /** @type {HTMLProgressElement} */ (byId("training-progress"));

export class RunBar {
  /** How many steps the run can be given in addition. */
  #more = 0;
  #maxSteps;

  /** @param {Site} site */
  constructor(site) {
    this.#maxSteps = site.hyperparameters.find(({ name }) => name === "steps")?.maximum ?? Infinity;
  }

  /** Which model is here. @param {{name: string, parameters: number}} model */
  describe({ name, parameters }) {
    now.hidden = false;
    byId("now-text").replaceChildren(name);
    byId("now-weights").textContent = `${grouped(parameters)} weights`;
    loss.textContent = "";
  }

  /**
   * As many steps again as its plan has, and not more than a run can have.
   * @param {RunReport} run
   * @param {number} step where it ends
   */
  offerMore({ steps, began_at }, step) {
    const button = byId("more");
    this.#more = Math.min(steps - began_at, this.#maxSteps - step);
    button.hidden = this.#more < 1;
    button.replaceChildren(`+${grouped(this.#more)}`, element("span", " steps", "wide"));
  }

  /** There is no model any more. */
  clear() {
    now.hidden = true;
  }

  /** @param {number} nats the mean over the last steps */
  showLoss(nats) {
    const text = Number.isFinite(nats) ? `loss ${nats.toFixed(2)}` : "";
    if (text !== loss.textContent) loss.textContent = text; // else the bar would be laid out again
  }

  /**
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/requests.js").Requests} requests
   * @param {import("../page/runs.js").Runs} runs
   * @param {import("./plan.js").PlanLine} plan
   * @param {import("../page/rescue.js").Rescue} rescue
   */
  connect(state, requests, runs, plan, rescue) {
    byId("train").addEventListener("click", async () => {
      await requests.run("drop", plan.starting, () => {
        if (plan.large) progress.removeAttribute("value"); // nobody knows how far it is
        return runs.start();
      });
      if (!progress.hasAttribute("value")) progress.value = 0; // it was refused
      runs.revealRefusal();
    });
    byId("more").addEventListener("click", () => {
      void requests.run("drop", "Starting…", () => runs.more(this.#more));
    });
    byId("pause").addEventListener("click", () => {
      const seen = state.name; // a button pressed twice means the same twice
      const doing = seen === "training" ? "Pausing after this step…" : "One moment…";
      void requests.run("wait", doing, () => runs.pauseOrResume(seen));
    });
    byId("stop").addEventListener("click", () => {
      void rescue.stop(); // it is in no queue
      void requests.run("wait", "Stopping…", () => runs.stop());
    });
    byId("compare").addEventListener("click", () => {
      void requests.run("drop", "Measuring…", () => runs.compareWithScalar());
    });
  }
}
