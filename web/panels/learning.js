/**
 * The view Learning: the curve, the same as a table, how well unseen lines are known, and
 * how fast this machine is. Not about drawing the curve: see loss-chart.js; nor about what
 * to make of it: see verdict.js.
 */

import { byId, element, saveFile } from "../page/dom.js";
import { counted, fileName, speed } from "../page/format.js";
import { LossChart } from "./loss-chart.js";
import { Losses } from "./losses.js";

const TABLE_MS = 2000; // between changes while it learns
const TABLE_ROWS = 12; // few enough to listen to

const chartBox = byId("chart");
const readout = byId("readout");
const table = /** @type {HTMLTableElement} */ (byId("loss-table"));
const unseenNote = byId("unseen-note");
const logarithmic = /** @type {HTMLInputElement} */ (byId("log-steps"));
const download = /** @type {HTMLButtonElement} */ (byId("download-losses"));
const machine = byId("machine");

export class LearningView {
  #chart = new LossChart();
  #losses = new Losses();
  /** @type {RunReport | null} */
  #run = null;
  /** @type {Learning | null} */
  #learning = null;
  #speed = 0; // steps per second
  #scalarSpeed = 0; // of the scalar engine, once measured for this run
  #tableShown = 0;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/time-line.js").TimeLine} timeLine
   */
  constructor(client, timeLine) {
    client.on("learning", (learning) => this.#compare(learning));
    const mark = () => this.#chart.mark(timeLine.atEnd ? Infinity : timeLine.moment, timeLine.playing);
    for (const event of ["change", "kept", "frame", "played"]) timeLine.addEventListener(event, mark);
    this.#chart.onpoint = (step) => this.#read(step);
    logarithmic.addEventListener("change", () => {
      this.#chart.logarithmic = logarithmic.checked;
    });
    this.#chart.logarithmic = logarithmic.checked; // a browser may have kept the last visit's
    download.addEventListener("click", () => {
      saveFile(fileName(`losses ${this.#run?.name ?? ""}`, "csv"), this.#losses.csv(), "text/csv");
    });
  }

  /** Nothing is known of how the model learned. */
  clear() {
    this.#run = null;
    this.#losses = new Losses();
    this.#learning = null;
    this.#chart.begin(null, 1000, NaN); // an empty one
    this.show();
  }

  /**
   * A new run.
   * @param {RunReport} run
   * @param {Losses} losses that it will have
   */
  begin(run, losses) {
    this.#losses = losses;
    this.#learning = null;
    this.#speed = this.#scalarSpeed = 0;
    this.#chart.begin(losses, run.steps, Math.log(run.vocabulary_size));
    this.#run = run;
  }

  /** The run has been given more steps. @param {RunReport} run */
  continue(run) {
    this.#run = run;
    this.#chart.endAt(run.steps);
  }

  /** There are more losses. @param {number} stepsPerSecond */
  advance(stepsPerSecond) {
    this.#speed = stepsPerSecond;
    this.#chart.redraw();
    this.#read(null);
    if (performance.now() - this.#tableShown > TABLE_MS) this.show();
  }

  /** Cut the chart where the run ended before its plan. */
  end() {
    this.#chart.endAt(this.#losses.count);
    this.show();
  }

  /** @param {number} stepsPerSecond of the scalar engine on this run */
  compared(stepsPerSecond) {
    this.#scalarSpeed = stepsPerSecond;
    this.#showMachine();
  }

  /** @param {Learning} learning */
  #compare(learning) {
    this.#learning = learning;
    this.#chart.compareWith(learning);
    if (learning.complete || performance.now() - this.#tableShown > TABLE_MS) this.show();
  }

  /** The figures under the pointer, or the newest. @param {number | null} step */
  #read(step) {
    const at = step ?? this.#losses.count;
    const unseen = step === null ? NaN : this.#unseenNear(at);
    readout.textContent = at
      ? `Step ${at}: loss ${this.#losses.raw(at).toFixed(4)}, smoothed ${this.#losses.smooth(at).toFixed(4)}` +
        (Number.isFinite(unseen) ? `, on unseen lines ${unseen.toFixed(4)}` : "")
      : "";
  }

  /** Of the last step measured up to one, in nats; NaN where none is. @param {number} step */
  #unseenNear(step) {
    const { steps, holdout, documents } = this.#learning ?? { steps: [], holdout: [], documents: 0 };
    const measured = documents ? steps.slice(0, holdout.length) : [];
    return holdout[measured.findLastIndex((each) => each <= step)] ?? NaN;
  }

  /** All but the chart, which shows itself. */
  show() {
    this.#tableShown = performance.now();
    download.disabled = this.#losses.count === 0;
    this.#read(null);
    this.#showWords();
    this.#showTable();
    this.#showUnseen();
    this.#showMachine();
  }

  /** The chart in words, for those who don't see it. */
  #showWords() {
    const step = this.#losses.count;
    if (!step || !this.#run) {
      chartBox.ariaLabel = "Loss: nothing trained yet";
      return;
    }
    const unseen = this.#unseenNear(step);
    const guess = this.#learning?.guess ?? Math.log(this.#run.vocabulary_size);
    chartBox.ariaLabel =
      `Loss, smoothed, from ${this.#losses.smooth(1).toFixed(2)} at step 1 to ` +
      `${this.#losses.smooth(step).toFixed(2)} at step ${step}; random guessing would be ${guess.toFixed(2)}` +
      (Number.isFinite(unseen) ? `; on unseen lines it is ${unseen.toFixed(2)}` : "");
  }

  #showTable() {
    const { count } = this.#losses;
    const rows = Math.min(TABLE_ROWS, count);
    const steps = Array.from({ length: rows }, (_, i) => Math.round(((i + 1) * count) / rows));
    table.tBodies[0]?.replaceChildren(
      ...steps.map((step) => {
        const unseen = this.#unseenNear(step);
        const figures = [this.#losses.raw(step), this.#losses.smooth(step), unseen];
        const row = element("tr");
        row.append(element("td", String(step)));
        row.append(...figures.map((nats) => element("td", Number.isFinite(nats) ? nats.toFixed(4) : "–")));
        return row;
      }),
    );
  }

  /** What the loss on unseen lines is measured on. Why it isn't, the verdict says. */
  #showUnseen() {
    const { documents, kept_out, learned } = this.#learning ?? { documents: 0, kept_out: false, learned: false };
    const why = kept_out ? "held out of training" : "that this run doesn't reach";
    // Of a run on favourites, whose model may have known them before.
    const which = learned ? "Not unseen, but other than the favourites" : "Unseen";
    unseenNote.textContent = documents ? `${which}: ${counted(documents, "line")} ${why}.` : "";
  }

  #showMachine() {
    if (!this.#speed || !this.#run) {
      machine.textContent = "";
      return;
    }
    const gflops = (this.#speed * this.#run.flop_per_step) / 1e9;
    machine.ariaLive = "off"; // it changes all the time
    machine.textContent =
      `This machine: ${speed(this.#speed)} steps per second, ${speed(gflops)} GFLOP/s` +
      (this.#scalarSpeed
        ? `, ${speed(this.#speed / this.#scalarSpeed)} times the scalar engine ` +
          `(${speed(this.#scalarSpeed)} steps per second).`
        : ".");
  }
}
