/**
 * One step of learning: the lines that it learned from, what it did to their loss and to that
 * of others, and what it did to every weight. Not about how the run comes to that step.
 */

import { button, byId, element } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { FINE_NATS, capital, counted, figures, fixed, grouped, signedFigures } from "../page/format.js";
import { BarChart } from "./bar-chart.js";
import { Figure } from "./figure.js";
import { HeatMap } from "./heat-map.js";
import { weightName } from "./names.js";
import { Radios } from "./radios.js";
import { headed } from "./table.js";
import { tokenSign } from "../page/tokens.js";

/** @typedef {"change" | "gradient" | "mean" | "square"} Kind */

/** What can be shown of a matrix: its name, and what its numbers are. @type {Record<Kind, [string, string]>} */
const KINDS = {
  change: ["change", "What the step added to each weight."],
  gradient: ["gradient", "By how much the loss of the step's lines would grow for each unit of the weight, in nats."],
  mean: ["Adam's mean", "Adam's running mean of the gradients, after the step."],
  square: ["Adam's mean of squares", "Adam's running mean of the squared gradients, after the step."],
};
const LINES = 8; // of a batch that are named
const CELL = 14; // CSS pixels

const number = /** @type {HTMLInputElement} */ (byId("step-number"));
const before = byId("step-before");
const after = byId("step-after");
const ofTime = byId("step-of-time");
const progress = /** @type {HTMLProgressElement} */ (byId("step-progress"));
const content = byId("step-content");
const matrices = /** @type {HTMLSelectElement} */ (byId("step-matrix"));

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class OneStepPart {
  live = false;
  #desk;
  #error = new FieldError(number);
  /** 0 is the next that there is. */
  #wanted = 0;
  /** @type {import("./moment.js").Moment | null} */
  #moment = null;
  /** @type {StepInside | null} */
  #found = null;
  /** @type {MatrixLearning | null} */
  #matrix = null;
  #kinds = new Radios("What is shown of each weight", kinds(), () => this.#drawMatrix());
  #losses = new BarChart();
  #lossFigure = new Figure(this.#losses.picture, "step-losses");
  #moved = new BarChart();
  #movedFigure = new Figure(this.#moved.picture, "step-matrices");
  #map = new HeatMap(CELL);
  #mapFigure = new Figure(this.#map.canvas, "step-matrix");

  /**
   * @param {HTMLElement} _root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(_root, desk) {
    this.#desk = desk;
    byId("step-losses").append(this.#lossFigure.element);
    byId("step-figures").append(this.#movedFigure.element);
    byId("step-map").append(this.#mapFigure.element);
    byId("step-choice").append(this.#kinds.element);
    byId("step-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#want(number.valueAsNumber);
    });
    number.addEventListener("change", () => this.#want(number.valueAsNumber));
    before.addEventListener("click", () => this.#move(-1));
    after.addEventListener("click", () => this.#move(1));
    ofTime.addEventListener("click", () => this.#want(this.#ofTime()));
    matrices.addEventListener("change", () => this.#choose(matrices.value));
    this.#moved.addEventListener("choose", (event) => {
      const { detail } = /** @type {CustomEvent<number>} */ (event);
      this.#choose(this.#found?.matrices[detail]?.name ?? matrices.value);
    });
    this.#moved.addEventListener("point", (event) => this.#readMoved(/** @type {CustomEvent<number | null>} */ (event).detail));
    this.#losses.addEventListener("point", (event) => this.#readLoss(/** @type {CustomEvent<number | null>} */ (event).detail));
    this.#map.addEventListener("point", (event) => this.#readWeight(/** @type {CustomEvent} */ (event).detail));
  }

  /** The step that has led to what the time line shows. */
  #ofTime() {
    const step = this.#moment?.step ?? 0;
    return step === Number.MAX_SAFE_INTEGER ? 0 : Math.max(1, step);
  }

  /** @param {number} by */
  #move(by) {
    const found = this.#found;
    if (!found) return;
    const step = found.step + by;
    if (step >= found.first && step <= found.last) this.#want(step);
  }

  /** @param {number} step */
  #want(step) {
    if (step === this.#wanted && !this.#error.message) return;
    this.#wanted = step;
    this.#desk.again();
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    const last = this.#moment;
    this.#moment = moment;
    // The time line was moved, or the model has learned more: that is what is looked at.
    if (last?.step !== moment.step || last.model !== moment.model) this.#wanted = this.#ofTime();
    ofTime.hidden = this.#ofTime() === 0;
    try {
      await moment.pursue("one_step", [this.#wanted], (answer) => {
        if ("share" in answer) {
          progress.hidden = false;
          progress.value = answer.share;
          return false;
        }
        this.#found = answer;
        return true;
      });
      this.#error.clear();
      this.#draw();
      await this.#ask(matrices.value);
    } catch (error) {
      const { name, message, field } = /** @type {Error & {field?: string}} */ (error);
      if (name !== "MicrogptError" || field !== "step") throw error;
      this.#error.show(message);
      if (!this.#found || last?.model !== moment.model) content.hidden = true;
    } finally {
      progress.hidden = true;
    }
  }

  #draw() {
    const found = this.#found;
    if (!found) return;
    content.hidden = false;
    if (document.activeElement !== number || !Number.isFinite(number.valueAsNumber) || !this.#wanted) number.value = String(found.step);
    number.min = String(found.first);
    number.max = String(found.last);
    before.ariaDisabled = String(found.step <= found.first);
    after.ariaDisabled = String(found.step >= found.last);
    byId("step-own").replaceChildren(...ownWords(found));
    byId("step-others").textContent = othersWords(found);
    byId("step-limit").textContent = found.limit;
    this.#drawLosses(found);
    this.#drawMoved(found);
    this.#drawLargest(found);
    const names = found.matrices.map(({ name }) => name);
    if (names.join() !== [...matrices.options].map(({ value }) => value).join()) {
      matrices.replaceChildren(...names.map((name) => new Option(name, name)));
    }
  }

  /** @param {StepInside} found */
  #drawLosses(found) {
    const rows = lossRows(found);
    this.#lossFigure.describe(`Loss before and after step ${grouped(found.step)}`, "Nats; lower is better.");
    this.#losses.show(rows.map(([name, value], i) => ({ name, value, words: fixed(value, FINE_NATS), soft: i % 2 === 0 })));
    this.#lossFigure.tabulate(["of", "loss"], () => lossRows(found));
  }

  /** @param {StepInside} found */
  #drawMoved({ step, matrices }) {
    this.#movedFigure.describe(`How far step ${grouped(step)} moved each matrix`, "Root mean square of what it added to the weights. Press a matrix to see its weights below.");
    this.#moved.show(matrices.map(({ name, moved }) => ({ name, value: moved, words: figures(moved) })));
    this.#movedFigure.tabulate(["matrix", "moved", "gradient"], () => matrices.map(({ name, moved, gradient }) => [name, moved, gradient]));
  }

  /** @param {StepInside} found */
  #drawLargest({ largest }) {
    const { table, body } = headed(["weight", "before", "after", "change", "gradient", "mean", "square"]);
    for (const { name, before, after, gradient, mean, square } of largest) {
      const row = body.insertRow();
      row.insertCell().append(button(name, () => this.#choose(name.replace(/\[.*/s, ""), name), "link"));
      for (const value of [before, after, after - before, gradient, mean, square]) row.insertCell().textContent = figures(value);
    }
    byId("step-largest").replaceChildren(table);
  }

  /**
   * Another matrix is to be shown.
   * @param {string} name
   * @param {string} [weight] of it that is to be pointed at
   */
  #choose(name, weight = "") {
    void this.#desk.attempt(async () => {
      matrices.value = name;
      await this.#ask(name);
      if (!weight || !this.#matrix) return;
      const { rows, columns } = this.#matrix;
      const index = Array.from({ length: rows * columns }, (_, i) => i).findIndex((i) => this.#weightName(i) === weight);
      const cell = { row: Math.floor(index / columns), column: index % columns };
      this.#map.mark(cell);
      this.#readWeight(cell);
      this.#mapFigure.element.scrollIntoView({ block: "nearest" });
    });
  }

  /** @param {string} name */
  async #ask(name) {
    if (!this.#moment) return;
    this.#matrix = await this.#moment.ask("one_step_matrix", name);
    this.#drawMatrix();
  }

  #drawMatrix() {
    const matrix = this.#matrix;
    const found = this.#found;
    if (!matrix || !found) return;
    const { name, rows, columns, row_names } = matrix;
    const kind = this.#kinds.value;
    const values = matrix[kind];
    const [what, unit] = KINDS[kind];
    const most = Math.max(...Array.from(values, Math.abs));
    const rowNames = row_names.map(tokenSign);
    this.#mapFigure.describe(`${name} in step ${grouped(found.step)}: ${what}`, `${unit} ${grouped(rows)} × ${grouped(columns)}; the strongest colour is ${figures(most)}.`);
    this.#map.show({ rows, columns, values, scale: kind === "square" ? "share" : "signed", most, rowNames, columnNames: [] });
    this.#mapFigure.read("");
    this.#mapFigure.tabulate(["weight", "before", "change", "gradient", "mean", "square"], () =>
      Array.from(values, (_, i) => [
        this.#weightName(i),
        ...[matrix.before, matrix.change, matrix.gradient, matrix.mean, matrix.square].map((each) => Number(each[i])),
      ]),
    );
  }

  /** @param {number} index among the matrix's weights */
  #weightName(index) {
    const matrix = this.#matrix;
    return matrix ? weightName(matrix, Math.floor(index / matrix.columns), index % matrix.columns) : "";
  }

  /** @param {import("./pointing.js").Cell | null} cell */
  #readWeight(cell) {
    const matrix = this.#matrix;
    if (!cell || !matrix) return this.#mapFigure.read("");
    const i = cell.row * matrix.columns + cell.column;
    const told = (/** @type {ArrayLike<number>} */ of) => figures(Number(of[i]));
    this.#mapFigure.read(
      `${this.#weightName(i)}: ${told(matrix.before)} before, change ${told(matrix.change)}, gradient ${told(matrix.gradient)}, mean ${told(matrix.mean)}, mean of squares ${told(matrix.square)}.`,
    );
  }

  /** @param {number | null} row */
  #readMoved(row) {
    const matrix = this.#found?.matrices[row ?? -1];
    this.#movedFigure.read(matrix ? `${matrix.name}: moved by ${figures(matrix.moved)}, its gradient ${figures(matrix.gradient)} (root mean squares).` : "");
  }

  /** @param {number | null} row */
  #readLoss(row) {
    const [name, loss] = (this.#found && lossRows(this.#found)[row ?? -1]) || [];
    this.#lossFigure.read(name === undefined ? "" : `${name}: ${fixed(Number(loss), FINE_NATS)} nats.`);
  }
}

/** With their names, as they are offered. @returns {[Kind, string][]} */
function kinds() {
  return /** @type {Kind[]} */ (Object.keys(KINDS)).map((kind) => [kind, KINDS[kind][0]]);
}

/** @param {StepInside} found @returns {[string, number][]} */
function lossRows({ documents, loss_before, loss_after, measured, others_before, others_after }) {
  const [first = ""] = documents;
  const own = documents.length > 1 ? `its ${counted(documents.length, "line")}` : first.length > 16 ? "its line" : first;
  /** @type {[string, number][]} */
  const rows = [[`${own}, before`, loss_before], [`${own}, after`, loss_after]];
  const others = counted(measured, "other");
  return measured ? [...rows, [`${others}, before`, others_before], [`${others}, after`, others_after]] : rows;
}

/** @param {StepInside} found */
function ownWords({ step, taken, documents, loss_before, loss_after, learning_rate }) {
  const lines = documents.slice(0, LINES).flatMap((line, i) => [i ? ", " : "", element("strong", line)]);
  const more = documents.length > LINES ? ` and ${grouped(documents.length - LINES)} more` : "";
  const which = taken ? `Step ${grouped(step)} learned from ` : `Step ${grouped(step)}, the next one, will learn from `;
  const change = loss_after - loss_before;
  const moved = change < 0 ? "fell" : change > 0 ? "rose" : "stayed";
  const how = capital(`${taken ? "" : "Then "}${documents.length > 1 ? "their mean" : taken ? "Its" : "its"} loss ${taken ? moved : { fell: "falls", rose: "rises", stayed: "stays" }[moved]} from ${fixed(loss_before, FINE_NATS)} to ${fixed(loss_after, FINE_NATS)} nats (${signedFigures(change)}).`);
  return [which, ...lines, `${more}, with a learning rate of ${Number(learning_rate.toPrecision(3))}. ${how}`];
}

/** @param {StepInside} found */
function othersWords({ measured, lines, others_before, others_after, helped }) {
  if (!measured) return "There are no other lines to measure it on.";
  const which = lines === "unseen" ? "lines that the model doesn't learn from" : "other lines that the model learns from";
  return `It lowers the loss of ${grouped(helped)} of ${grouped(measured)} ${which}. Their mean goes from ${fixed(others_before, FINE_NATS)} to ${fixed(others_after, FINE_NATS)} nats (${signedFigures(others_after - others_before)}).`;
}
