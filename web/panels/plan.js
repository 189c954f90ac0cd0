/**
 * What pressing Train would begin, before it is pressed: how large, how long, how much of
 * the text; and whether it would only repeat what is here. Not about the settings
 * themselves: see settings.js.
 */

import { byId, element } from "../page/dom.js";
import { grouped, size } from "../page/format.js";

const LARGE = 100_000; // weights: drawing so many takes a moment

const SAME = "Same text, settings and seed: Train gives the very same numbers again.";

const line = byId("plan");
const more = byId("plan-more");
const next = byId("next");
const again = byId("again");

export class PlanLine {
  /** @type {Plan | null} */
  #plan = null;
  #measuring = false;

  /** @param {() => void} newSeed */
  constructor(newSeed) {
    byId("new-seed").addEventListener("click", newSeed);
    byId("draw-seed").addEventListener("click", () => {
      newSeed();
      byId("train").focus({ preventScroll: true }); // the button has done its work and goes
    });
  }

  /** What is shown is of other settings, until the new plan is here. */
  expect() {
    line.ariaBusy = "true";
  }

  /**
   * @param {Plan} plan
   * @param {boolean} measuring whether its seconds are still to come
   */
  show(plan, measuring) {
    const { problem, field } = plan;
    this.#measuring = measuring;
    line.ariaBusy = null;
    line.classList.toggle("error", problem !== "" && field === "");
    this.#plan = problem ? null : plan;
    if (problem) line.textContent = field ? `First put ${field} right.` : problem;
    else line.replaceChildren(...figures(plan, measuring).flatMap((figure) => [element("span", figure), " "]));
    more.textContent = problem ? "" : reading(plan);
  }

  /**
   * @param {"nothing" | "plan" | "repetition"} what to say beside Train
   */
  beside(what) {
    const plan = this.#plan;
    again.textContent = what === "repetition" ? SAME : "";
    byId("next-again").hidden = what !== "repetition";
    byId("next-plan").textContent = what === "plan" && plan ? `Next: ${figures(plan, this.#measuring).join(" · ")}` : "";
    next.hidden = what === "nothing" || (what === "plan" && !plan);
  }

  /** Whether starting takes a moment. */
  get large() {
    return (this.#plan?.parameters ?? 0) >= LARGE;
  }

  /** What is being done while a run starts. */
  get starting() {
    const weights = this.#plan?.parameters ?? 0;
    if (!this.large) return "Starting…";
    const drawn = weights < 1e6 ? grouped(weights) : `${(weights / 1e6).toFixed(1)} million`;
    return `Starting… drawing ${drawn} weights`;
  }
}

/**
 * @param {Plan} plan
 * @param {boolean} [measuring]
 */
function figures({ parameters, memory, seconds }, measuring = false) {
  const known = seconds == null ? [] : [`about ${roughly(seconds)}`]; // Python's None arrives as undefined
  return [`${grouped(parameters)} weights`, size(memory), ...(measuring ? ["measuring…"] : known)];
}

/** As exact as an estimate is. @param {number} seconds */
function roughly(seconds) {
  if (seconds < 90) return `${Number(seconds.toPrecision(seconds < 10 ? 1 : 2))} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${Math.round(minutes)} minutes` : `${grouped(Math.round(minutes / 60))} hours`;
}

/** @param {Plan} plan */
function reading({ goes_round }) {
  if (goes_round < 0.995) return `Reads ${Number((goes_round * 100).toPrecision(2))} % of the lines.`;
  if (goes_round < 1.005) return "Reads every line once.";
  return `Reads every line about ${grouped(Number(goes_round.toPrecision(2)))} times.`;
}
