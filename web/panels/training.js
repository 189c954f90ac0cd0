/**
 * The run that is followed, in the bar: its progress, what has just happened, and its
 * figures. Not about the curve: see learning.js.
 */

import { byId, element } from "../page/dom.js";
import { counted, duration, speed } from "../page/format.js";
import { Losses } from "./losses.js";

const TEXT_MS = 250; // between changes of the figures: faster can't be read
const SLOW = 50; // steps a second: one alone moves bar and curve less than can be seen, then …
const MOVE_MS = 80; // … between their movements: each is drawn by a core that could compute

const bar = /** @type {HTMLProgressElement} */ (byId("training-progress"));
const status = byId("training-status");

export class TrainingPanel {
  #losses = new Losses();
  #view;
  /** @type {RunReport | null} */
  #run = null;
  /** @type {Progress | null} */
  #progress = null;
  #headline = "";
  #holdout = ""; // the loss on what was kept out
  #over = false;
  #shown = 0;
  #moved = 0;
  #moving = 0; // a timer

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("./learning.js").LearningView} view
   */
  constructor(client, view) {
    this.#view = view;
    client.on("learning", (learning) => this.#measured(learning));
  }

  /** The step that the run has reached. */
  get step() {
    return this.#losses.count;
  }

  /** Nats: the mean over the last steps, or NaN before the first. */
  get meanLoss() {
    return this.lossAt(this.step);
  }

  /** Nats: the mean over the last steps up to one. @param {number} step */
  lossAt(step) {
    return step >= 1 ? this.#losses.smooth(step) : NaN;
  }

  /** The name of the text that this run learns from. */
  get textName() {
    return this.#run?.name ?? "";
  }

  /** What is left when Python breaks down, as a sentence. */
  get whatIsLeft() {
    return this.step
      ? "Your file is untouched, and the losses can still be downloaded."
      : "Your file is untouched.";
  }

  /** How long this run has trained, pauses not counted. */
  get seconds() {
    return this.#progress?.seconds ?? 0;
  }

  /** Nothing is known of how the current model was trained: it was opened without its run. */
  clear() {
    this.#run = null;
    this.#progress = null;
    this.#losses = new Losses();
    bar.max = 1;
    bar.value = 0;
    status.replaceChildren();
    this.#view.clear();
  }

  /** A new run, with nothing learned yet. @param {RunReport} run */
  begin(run) {
    this.#losses = new Losses();
    this.#progress = null;
    bar.value = 0;
    this.#view.begin(run, this.#losses);
    this.#goOn(run);
    this.say(`Training on ${run.name}: ${run.parameters.toLocaleString("en-US")} weights.`);
  }

  /** The run at hand has been given more steps. @param {RunReport} run */
  continue(run) {
    this.#view.continue(run);
    this.#goOn(run);
    this.say(`Training goes on from step ${run.step}.`);
  }

  /** @param {RunReport} run */
  #goOn(run) {
    this.#run = run;
    this.#holdout = "";
    this.#over = false;
    bar.max = run.steps;
  }

  /** @param {Progress} progress */
  advance(progress) {
    this.#progress = progress;
    this.#losses.add(progress.losses);
    const pause = progress.steps_per_second < SLOW ? MOVE_MS : 0;
    this.#moving ||= setTimeout(() => this.#move(), this.#moved + pause - performance.now());
    if (performance.now() - this.#shown > TEXT_MS) {
      status.ariaLive = "off"; // figures that change all the time are not for reading out
      this.#show();
    }
  }

  #move() {
    clearTimeout(this.#moving);
    this.#moving = 0;
    if (!this.#progress) return; // another run has begun, or a model was opened
    this.#moved = performance.now();
    bar.value = this.step;
    this.#view.advance(this.#progress.steps_per_second);
  }

  /**
   * Say in a sentence what has just happened; screen readers read it out.
   * @param {string} headline
   */
  say(headline) {
    if (this.#moving) this.#move(); // whoever pauses sees where it stands
    this.#headline = headline;
    status.ariaLive = "polite";
    this.#show();
    this.#view.show();
  }

  /** The run stands again where it was before, and has ended there. @param {Progress} progress */
  goBack(progress) {
    this.#progress = progress;
    this.#losses.cut(progress.step);
    this.end();
  }

  /** The run has come to its end, maybe before its plan. */
  end() {
    this.#over = true;
    this.#move();
    this.#view.end();
  }

  /** The run has been lost, but for its losses. */
  lose() {
    if (!this.#run) return;
    this.end();
    this.say(`Ended after step ${this.step}: Python didn’t answer.`);
  }

  /** @param {Learning} learning */
  #measured({ holdout, documents, kept_out, complete }) {
    const loss = holdout.at(-1);
    if (!kept_out || loss === undefined) return;
    this.#holdout = `${loss.toFixed(4)} (${counted(documents, "line")})`;
    if (complete) this.#show();
  }

  #show() {
    this.#shown = performance.now();
    const run = this.#run;
    if (!run) return;
    /** @type {[string, string][]} */
    const figures = [["Step", `${this.step} / ${run.steps}`]];
    const progress = this.#progress;
    if (this.step && progress) {
      figures.push(["Loss", this.#losses.raw(this.step).toFixed(4)]);
      figures.push(["Smoothed", this.meanLoss.toFixed(4)]);
      if (progress.steps_per_second) {
        figures.push(["Steps per second", speed(progress.steps_per_second)]);
        figures.push(["Time left", duration(this.#over ? 0 : progress.seconds_left)]);
      }
    }
    if (this.#holdout) figures.push(["Held-out loss", this.#holdout]);
    const list = element("dl");
    for (const [name, value] of figures) {
      const pair = element("div");
      pair.append(element("dt", name), " ", element("dd", value));
      list.append(pair, " ");
    }
    status.replaceChildren(element("p", this.#headline), list);
  }
}
