/** Step 2: the state of a run in figures, chart, table and fresh samples. */

import { byId, element, saveFile } from "../page/dom.js";
import { counted, duration, fileName, speed } from "../page/format.js";
import { LossChart } from "./loss-chart.js";
import { Losses } from "./losses.js";

const TEXT_MS = 250; // between changes of the figures: faster can't be read
const TABLE_MS = 2000;
const TABLE_ROWS = 100;
const FIRST_GLIMPSES = 2;
const LAST_GLIMPSES = 5;

const bar = /** @type {HTMLProgressElement} */ (byId("training-progress"));
const status = byId("training-status");
const chartBox = byId("chart");
const table = /** @type {HTMLTableElement} */ (byId("loss-table"));
const download = /** @type {HTMLButtonElement} */ (byId("download-losses"));
const machine = byId("machine");
const glimpses = byId("glimpses");
const glimpseRows = byId("glimpse-rows");

export class TrainingPanel {
  #losses = new Losses();
  #chart = new LossChart();
  /** @type {RunReport | null} */
  #run = null;
  /** @type {Progress | null} */
  #progress = null;
  #headline = "";
  #scalarSpeed = 0; // steps per second, once measured for this run
  #holdout = "";
  #over = false;
  #textShown = 0;
  #tableShown = 0;

  /** @param {import("../page/client.js").Client} client */
  constructor(client) {
    client.on("glimpse", ({ step, texts }) => this.#glimpse(step, texts));
    client.on("learning", (learning) => this.#measured(learning));
    download.addEventListener("click", () => {
      saveFile(fileName(`losses ${this.textName}`, "csv"), this.#losses.csv(), "text/csv");
    });
  }

  /** The step that the run has reached. */
  get step() {
    return this.#losses.count;
  }

  /** Nats: the mean over the last steps, or NaN before the first. */
  get meanLoss() {
    return this.#losses.smooth(this.step);
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
    this.#chart.begin(this.#losses, 1000, 1); // an empty one
    bar.max = 1;
    bar.value = 0;
    download.disabled = true;
    glimpses.hidden = true;
    machine.textContent = "";
    status.replaceChildren();
    this.#showTable();
  }

  /** A new run, with nothing learned yet. @param {RunReport} run */
  begin(run) {
    this.#run = run;
    this.#losses = new Losses();
    this.#progress = null;
    this.#holdout = "";
    this.#over = false;
    this.#scalarSpeed = 0;
    this.#chart.begin(this.#losses, run.steps, run.vocabulary_size);
    bar.max = run.steps;
    bar.value = 0;
    glimpseRows.replaceChildren();
    glimpses.hidden = true;
    this.say(`Training on ${run.name}: ${run.parameters.toLocaleString("en-US")} parameters.`);
  }

  /** @param {Progress} progress */
  advance(progress) {
    this.#progress = progress;
    this.#losses.add(progress.losses);
    bar.value = progress.step;
    this.#chart.redraw();
    const now = performance.now();
    if (now - this.#textShown > TEXT_MS) {
      status.ariaLive = "off"; // figures that change all the time are not for reading out
      this.#showText();
    }
    if (now - this.#tableShown > TABLE_MS) this.#showTable();
  }

  /**
   * Say in a sentence what has just happened; screen readers read it out.
   * @param {string} headline
   */
  say(headline) {
    this.#headline = headline;
    status.ariaLive = "polite";
    this.#showText();
    this.#showTable();
  }

  /** Cut the chart where a run ended before its plan. */
  end() {
    this.#over = true;
    this.#chart.endAt(this.step);
  }

  /** @param {Learning} learning */
  #measured({ holdout, documents, kept_out, complete }) {
    const loss = holdout.at(-1);
    if (!kept_out || loss === undefined) return;
    this.#holdout = `${loss.toFixed(4)} (${counted(documents, "line")})`;
    const now = performance.now();
    if (complete || now - this.#textShown > TEXT_MS) this.#showText();
  }

  /** @param {number} stepsPerSecond of the scalar engine on this run */
  compared(stepsPerSecond) {
    this.#scalarSpeed = stepsPerSecond;
    this.#showText();
  }

  /**
   * @param {number} step
   * @param {string[]} texts
   */
  #glimpse(step, texts) {
    glimpses.hidden = false;
    const row = element("div");
    const made = element("dd");
    texts.forEach((text, i) => made.append(i ? " · " : "", element("bdi", text)));
    row.append(element("dt", `step ${step}`), made);
    glimpseRows.append(row);
    // The beginning shows how it began, the end where it is; what is between makes room.
    if (glimpseRows.children.length > FIRST_GLIMPSES + LAST_GLIMPSES) {
      glimpseRows.children[FIRST_GLIMPSES]?.remove();
    }
  }

  #showText() {
    this.#textShown = performance.now();
    const run = this.#run;
    if (!run) return;
    download.disabled = this.step === 0;
    /** @type {[string, string][]} */
    const figures = [["Step", `${this.step} / ${run.steps}`]];
    const progress = this.#progress;
    if (this.step && progress) {
      figures.push(["Loss", this.#losses.raw(this.step).toFixed(4)]);
      figures.push(["Smoothed", this.#losses.smooth(this.step).toFixed(4)]);
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
    this.#showMachine(run, this.step && progress ? progress.steps_per_second : 0);
  }

  /**
   * @param {RunReport} run
   * @param {number} stepsPerSecond
   */
  #showMachine(run, stepsPerSecond) {
    if (!stepsPerSecond) {
      machine.textContent = "";
      return;
    }
    const gflops = (stepsPerSecond * run.flop_per_step) / 1e9;
    const times = stepsPerSecond / this.#scalarSpeed;
    machine.ariaLive = "off"; // it changes all the time
    machine.textContent =
      `This machine: ${speed(stepsPerSecond)} steps per second, ${speed(gflops)} GFLOP/s` +
      (this.#scalarSpeed
        ? `, ${speed(times)} times the scalar engine (${speed(this.#scalarSpeed)} steps per second).`
        : ".");
  }

  /** The chart in words and as a table, for those who don't see it. */
  #showTable() {
    this.#tableShown = performance.now();
    const step = this.step;
    if (!step || !this.#run) {
      chartBox.ariaLabel = "Loss: nothing trained yet";
      return table.tBodies[0]?.replaceChildren();
    }
    const guess = Math.log(this.#run.vocabulary_size).toFixed(2);
    chartBox.ariaLabel =
      `Loss, smoothed, from ${this.#losses.smooth(1).toFixed(2)} at step 1 to ` +
      `${this.#losses.smooth(step).toFixed(2)} at step ${step}; random guessing would be ${guess}`;
    const rows = this.#losses.evenly(TABLE_ROWS).map((s) => {
      const row = element("tr");
      const figures = [String(s), this.#losses.raw(s).toFixed(4), this.#losses.smooth(s).toFixed(4)];
      row.append(...figures.map((figure) => element("td", figure)));
      return row;
    });
    table.tBodies[0]?.replaceChildren(...rows);
  }
}
