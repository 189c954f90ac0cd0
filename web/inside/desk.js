/**
 * What the parts of the view Inside have in common: the line that is looked at, the moment,
 * and the ways from one part to another. Not about what any of them shows.
 */

import { sentence } from "../panels/explained.js";
import { Superseded } from "./moment.js";

/** @typedef {import("./moment.js").Moment} Moment */
/** @typedef {"line" | "attention" | "parts" | "letters" | "weights" | "step" | "graph" | "what-if"} Part */

/**
 * A part of the view. It is shown again whenever the model, the step or the line is another.
 * @typedef {object} Section
 * @property {boolean} live whether it follows a model while that learns; else it waits for a pause
 * @property {(moment: Moment) => Promise<void>} show rejects with Superseded where the moment has passed
 */

/**
 * Announces `line` when another line is looked at, `temperature` when that is changed here,
 * `again` when the part in sight is to be shown again, `open` with a part that is to be shown,
 * `longer` with a number of steps.
 */
export class Desk extends EventTarget {
  #line = "";
  /** Lines that are offered to be looked at: samples. @type {string[]} */
  offered = [];
  /** The text that the model learns from, as far as it is here: its first lines, what they are called. */
  text = { name: "", noun: "line" };
  #samples;
  /** Of the run, planned; 0 of a model without one. */
  steps = 0;
  /** Whether the run can be trained on. */
  goesOn = false;
  /** Whether the model that is shown stays as it is: nothing learns, no replay plays. */
  atRest = false;
  #status;

  /**
   * @param {HTMLElement} status where it is said what goes wrong
   * @param {{temperature: number}} samples the view Samples
   */
  constructor(status, samples) {
    super();
    this.#status = status;
    this.#samples = samples;
  }

  /** That of the view Samples: there is one for the whole page. */
  get temperature() {
    return this.#samples.temperature;
  }

  set temperature(temperature) {
    this.#samples.temperature = temperature;
    this.dispatchEvent(new Event("temperature"));
  }

  /** The line that is looked at. */
  get line() {
    return this.#line;
  }

  set line(line) {
    if (line === this.#line) return;
    this.#line = line;
    this.dispatchEvent(new Event("line"));
  }

  /** Back to a line that could be read; nobody is told. @param {string} line */
  goBack(line) {
    this.#line = line;
  }

  /** The part in sight is shown again: what the visitor has chosen there is another. */
  again() {
    this.dispatchEvent(new Event("again"));
  }

  /** @param {Part} part to be shown in place of the one in sight */
  open(part) {
    this.dispatchEvent(new CustomEvent("open", { detail: part }));
  }

  /** The run goes on for so many times its steps altogether. @param {number} times */
  trainLonger(times) {
    this.dispatchEvent(new CustomEvent("longer", { detail: this.steps * (times - 1) }));
  }

  /** What is done now, or "" @param {string} words */
  say(words) {
    this.#status.textContent = words;
  }

  /**
   * Does what asks Python; says so where it goes wrong.
   * @param {() => Promise<void>} task
   */
  async attempt(task) {
    try {
      await task();
      this.#status.textContent = "";
    } catch (error) {
      if (!(error instanceof Superseded)) this.#status.textContent = sentence(error);
    }
  }
}
