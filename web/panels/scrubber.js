/** The controls of the time line: replay, and which step is shown. Not about what follows it. */

import { byId, element } from "../page/dom.js";
import { grouped } from "../page/format.js";

const CONTROLS = "button, input, select, textarea, summary, a, label";
// Those that only choose what is seen: the replay goes on in another view.
const ONLOOKERS = "[role=tab]";

const box = byId("timeline");

export class Scrubber {
  #timeLine;
  #state;
  #replay = element("button", "Replay", "quiet");
  #slider = element("input");
  #words = element("span"); // the slider's own value says the same
  /** @type {(step: number) => number} */
  #loss = () => NaN;

  /**
   * @param {import("../page/time-line.js").TimeLine} timeLine
   * @param {import("../page/states.js").PageState} state
   */
  constructor(timeLine, state) {
    this.#timeLine = timeLine;
    this.#state = state;
    this.#replay.type = "button";
    this.#replay.id = "replay";
    this.#replay.addEventListener("click", () => timeLine.replay());
    this.#slider.type = "range";
    this.#slider.id = "step-shown";
    this.#slider.min = "0";
    this.#slider.step = "1";
    this.#slider.ariaLabel = "Step shown";
    this.#slider.addEventListener("input", () => timeLine.show(Number(this.#slider.value)));
    this.#words.ariaHidden = "true";
    box.append(this.#replay, this.#slider, this.#words);
    for (const event of ["change", "kept"]) timeLine.addEventListener(event, () => this.#show());
    state.addEventListener("change", () => this.#follow());
    for (const type of ["pointerdown", "keydown", "click", "input"]) {
      document.addEventListener(type, (event) => this.#pressed(event), { capture: true });
    }
    this.#show();
  }

  /** Where the losses are from. @param {(step: number) => number} loss smoothed, in nats */
  losses(loss) {
    this.#loss = loss;
  }

  /** While it learns, the newest is shown. */
  #follow() {
    if (this.#state.name === "training" && !this.#timeLine.atEnd) {
      this.#timeLine.show(this.#timeLine.steps.length - 1);
    }
    this.#show();
  }

  /** Whoever uses the page has seen enough of the replay. @param {Event} event */
  #pressed(event) {
    if (!this.#timeLine.playing || !(event.target instanceof Element)) return;
    const control = event.target.closest(CONTROLS);
    if (control?.matches(ONLOOKERS) || control === this.#replay) return;
    if (!control && event.type !== "keydown") return;
    this.#timeLine.end();
  }

  #show() {
    const { steps, step, index } = this.#timeLine;
    const possible = steps.length > 1 && ["paused", "finished"].includes(this.#state.name);
    this.#replay.disabled = this.#slider.disabled = !possible;
    this.#slider.max = String(Math.max(1, steps.length - 1));
    this.#slider.value = String(steps.length > 1 ? index : 1);
    const loss = this.#loss(step);
    const words = `step ${grouped(step)} of ${grouped(steps.at(-1) ?? 0)}`;
    const figures = Number.isFinite(loss) ? `, loss ${loss.toFixed(2)}` : "";
    this.#slider.ariaValueText = steps.length ? words + figures : "no steps yet";
    this.#words.textContent = steps.length ? words + figures : "";
  }
}
