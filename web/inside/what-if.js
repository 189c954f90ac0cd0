/**
 * What lines would cost a model whose text had not had a group of lines: which group, which
 * lines, and the answer beside its controls. Not about the trainings: see inside/what_if.py.
 */

import { byId } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { counted, elapsed, fixed, grouped, signed } from "../page/format.js";
import { BarChart } from "./bar-chart.js";
import { Figure } from "./figure.js";

const WATCHED = 6; // lines that are offered to be watched
const FIRST = 2; // characters of the line that is looked at, to begin with
const LONG = 1; // seconds, from which on it is told how long it will take

const kind = /** @type {HTMLSelectElement} */ (byId("what-if-kind"));
const text = /** @type {HTMLInputElement} */ (byId("what-if-text"));
const lines = /** @type {HTMLTextAreaElement} */ (byId("what-if-lines"));
const watched = /** @type {HTMLTextAreaElement} */ (byId("what-if-watched"));
const go = /** @type {HTMLButtonElement} */ (byId("what-if-go"));
const end = /** @type {HTMLButtonElement} */ (byId("what-if-end"));
const progress = /** @type {HTMLProgressElement} */ (byId("what-if-progress"));
const said = byId("what-if-said");
const note = byId("what-if-note");
const place = byId("what-if-figure");

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class WhatIfPart {
  live = false;
  #desk;
  /** @type {import("./moment.js").Moment | null} */
  #moment = null;
  /** Counts questions: an answer to one that was given up is thrown away. */
  #question = 0;
  /** What the visitor has typed is left alone. */
  #typed = { text: false, watched: false };
  #errors = { text: new FieldError(text), lines: new FieldError(lines), watched: new FieldError(watched) };
  #chart = new BarChart();
  #figure = new Figure(this.#chart.picture, "what-if");
  /** @type {WatchedLine[]} */
  #shown = [];

  /**
   * @param {HTMLElement} _root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(_root, desk) {
    this.#desk = desk;
    place.append(this.#figure.element);
    byId("what-if-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#ask();
    });
    kind.addEventListener("change", () => this.#offerField());
    text.addEventListener("input", () => (this.#typed.text = true));
    watched.addEventListener("input", () => (this.#typed.watched = true));
    end.addEventListener("click", () => {
      this.#finish("Given up. The model is as it was.");
      go.focus();
    });
    this.#chart.addEventListener("point", (event) => this.#read(/** @type {CustomEvent<number | null>} */ (event).detail));
  }

  #offerField() {
    const list = kind.value === "lines";
    byId("what-if-part").hidden = list;
    byId("what-if-list").hidden = !list;
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    const another = this.#moment && (this.#moment.model !== moment.model || this.#moment.step !== moment.step);
    this.#moment = moment;
    if (!go.hidden) this.#offer();
    if (!another) return;
    place.hidden = true; // that was of another model
    this.#finish("");
  }

  #offer() {
    const { line, offered } = this.#desk;
    if (!this.#typed.text) text.value = [...line].slice(0, FIRST).join("");
    if (!this.#typed.watched) watched.value = [...new Set([line, ...offered])].filter(Boolean).slice(0, WATCHED).join("\n");
  }

  async #ask() {
    const moment = this.#moment;
    if (!moment) return;
    const question = ++this.#question;
    const group = kind.value === "lines" ? lines.value : text.value;
    const chosen = /** @type {"begins" | "contains" | "lines"} */ (kind.value);
    Object.values(this.#errors).forEach((error) => error.clear());
    this.#begin();
    await this.#desk.attempt(async () => {
      try {
        await moment.pursue("what_if", [chosen, group, watched.value.split("\n")], (answer) => {
          if (question !== this.#question) return true;
          progress.value = answer.share;
          if (!answer.complete && answer.left + answer.seconds > LONG) said.textContent = `Training again, about ${elapsed(answer.left)} more …`;
          if (answer.complete) this.#answer(answer, chosen, group);
          return answer.complete;
        });
      } catch (error) {
        if (question === this.#question) this.#finish("");
        const { name, message, field } = /** @type {Error & {field?: string}} */ (error);
        if (name !== "MicrogptError" || !field) throw error;
        const at = field === "watched" ? "watched" : chosen === "lines" ? "lines" : "text";
        this.#errors[at].show(message);
        this.#errors[at].reveal();
      }
    });
  }

  #begin() {
    place.hidden = true;
    note.textContent = "";
    said.textContent = "";
    progress.value = 0;
    progress.hidden = false;
    end.hidden = false;
  }

  /** Nothing is trained any more. @param {string} words */
  #finish(words) {
    this.#question++;
    if (document.activeElement === end) go.focus();
    end.hidden = true;
    progress.hidden = true;
    said.textContent = words;
    note.textContent = "";
  }

  /** @param {WhatIf} answer @param {string} chosen @param {string} group */
  #answer(answer, chosen, group) {
    const such = chosen === "lines" ? "the lines given" : `${chosen === "begins" ? "beginning with" : "with"} ‘${group}’`;
    const found = answer.watched.filter(({ found }) => found);
    const names = found.map(({ line }) => line).join(", ");
    this.#finish(found.length ? `A difference was found for ${grouped(found.length)} of ${counted(answer.watched.length, "line")}: ${names}.` : "No difference found.");
    note.textContent = noteWords(answer);
    this.#shown = answer.watched;
    const title = chosen === "lines" ? `Without ${such}` : `Without the ${counted(answer.learned, "line")} ${such}`;
    this.#figure.describe(
      `${title}, after ${counted(answer.steps, "step")}`,
      `Nats that a line costs more than without as many random lines (bar, with its 95 % interval). Dots: the ${answer.repeats} controls, about their mean.`,
    );
    this.#chart.show(
      answer.watched.map(({ line, difference, error, controls, found, left_out }) => ({
        name: line,
        value: difference,
        words: (found ? within(difference, error) : `no difference found (${within(difference, error)})`) + (left_out ? ", itself left out" : ""),
        soft: !found,
        error,
        dots: about(controls),
      })),
    );
    this.#figure.tabulate(
      ["line", "with all", "without them", "difference", "95 % interval ±", "found", ...Array.from({ length: answer.repeats }, (_, i) => `control ${i + 1}`)],
      () => answer.watched.map(({ line, whole, without, difference, error, found, controls }) => [line, whole, without, difference, error, found ? "yes" : "no", ...controls]),
    );
    place.hidden = false;
  }

  /** @param {number | null} row */
  #read(row) {
    const each = row === null ? undefined : this.#shown[row];
    if (!each) return this.#figure.read("");
    const { line, whole, without, controls, difference, error } = each;
    const random = `${fixed(Math.min(...controls))} to ${fixed(Math.max(...controls))} without random ones`;
    this.#figure.read(
      `${line}: ${fixed(whole)} nats with all lines, ${fixed(without)} without them, ${random}; difference ${within(difference, error)}.`,
    );
  }
}

/** @param {number} difference @param {number} error */
function within(difference, error) {
  return `${signed(difference)} ± ${fixed(error)}`;
}

/** Each control about their mean. @param {ArrayLike<number>} controls */
function about(controls) {
  const all = Array.from(controls);
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  return all.map((each) => each - mean);
}

/** @param {WhatIf} answer */
function noteWords({ matching, learned, skipped, steps, trainings, seconds, limit }) {
  const others = matching > learned ? ` (of ${grouped(matching)} in the text; the model hasn't come to the others in its ${counted(steps, "step")})` : "";
  const how = skipped ? "Their steps were skipped; all other lines kept theirs." : "The lines that follow moved up in their place.";
  return `${counted(learned, "line")} left out${others}. ${how} ${counted(trainings, "training")} of ${counted(steps, "step")} in ${elapsed(seconds)}: with all lines, without these, and ${trainings - 2} without as many random ones. By chance, one line in twenty shows a difference that isn't there. ${limit}`.trim();
}
