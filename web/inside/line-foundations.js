/**
 * What one guess rests on: how probable a letter would be without each part of the model.
 * Of one position; over many lines a part may be worth something else, see parts.js.
 */

import { byId, element } from "../page/dom.js";
import { fixed, percent } from "../page/format.js";
import { BarChart } from "./bar-chart.js";
import { Figure } from "./figure.js";
import { beginningAt } from "./line-figures.js";
import { readWords } from "./line-words.js";
import { partName } from "./names.js";
import { tokenWords } from "./tokens.js";

const SHOWN = 8; // parts, those that matter most
const LEAST = 0.001; // of probability: less is not worth a row

const choice = /** @type {HTMLSelectElement} */ (byId("line-guess"));
const remark = byId("line-rests");

export class LineFoundations {
  #chart = new BarChart();
  #figure = new Figure(this.#chart.picture, "what-a-guess-rests-on");
  /** @type {GuessParts | null} */
  #guess = null;
  /** Where it is, in words. */
  #after = "";
  /** The letter that the visitor has chosen for this beginning; null for the likeliest. @type {string | null} */
  #chosen = null;

  constructor() {
    remark.after(this.#figure.element);
    choice.addEventListener("change", () => {
      this.#chosen = choice.value;
      this.#show();
    });
    this.#chart.addEventListener("point", (event) => this.#read(/** @type {CustomEvent<number | null>} */ (event).detail));
  }

  /**
   * @param {import("./moment.js").Moment} moment
   * @param {LineInside} inside
   * @param {number} position
   */
  async ask(moment, inside, position) {
    const guess = await moment.ask("guess", beginningAt(inside, position));
    if (guess.beginning !== this.#guess?.beginning) this.#chosen = null;
    this.#guess = guess;
    this.#after = readWords(inside, position);
    this.#offer();
    this.#show();
  }

  /** The letters, the likeliest first. */
  #offer() {
    const { vocabulary, whole } = this.#known;
    const ranks = [...vocabulary.keys()].sort((a, b) => Number(whole[b]) - Number(whole[a]));
    choice.replaceChildren(
      ...ranks.map((index) => Object.assign(element("option", `${tokenWords(vocabulary[index] ?? "", "the end")}, ${percent(Number(whole[index]))}`), { value: String(index) })),
    );
    choice.value = this.#chosen ?? String(ranks[0]);
  }

  get #known() {
    if (!this.#guess) throw new Error("Nothing is known of a guess yet.");
    return this.#guess;
  }

  /** Each part with what the letter's probability is without it, the most that it loses first. */
  get #parts() {
    const { parts, without, vocabulary } = this.#known;
    const index = Number(choice.value);
    return parts
      .map((part, i) => ({ part, without: Number(without[i * vocabulary.length + index]) }))
      .sort((a, b) => a.without - b.without);
  }

  /** Those without which the letter is less probable. */
  get #losing() {
    return this.#parts.filter(({ without }) => this.#whole - without >= LEAST);
  }

  get #whole() {
    return Number(this.#known.whole[Number(choice.value)]);
  }

  #show() {
    const whole = this.#whole;
    const letter = tokenWords(this.#known.vocabulary[Number(choice.value)] ?? "", "the end");
    const losing = this.#losing;
    const shown = losing.slice(0, SHOWN);
    this.#chart.show([
      { name: "the whole model", value: whole, words: percent(whole), soft: true },
      ...shown.map(({ part, without }) => ({ name: `without ${partName(part)}`, value: without, words: percent(without) })),
    ]);
    this.#figure.describe(
      `How probable ${letter} after ${this.#after} is without each part`,
      "Probability. A part is taken out by setting its weights to 0. Those that take most away come first.",
    );
    this.#figure.tabulate(["part", `probability of ${letter} without it`, "with all parts"], () =>
      this.#parts.map(({ part, without }) => [part, without, whole]),
    );
    const most = losing[0];
    remark.textContent = most
      ? `It rests most on ${partName(most.part)}: without it ${letter} falls from ${percent(whole)} to ${percent(most.without)}.`
      : `No single part takes as much as ${percent(LEAST)} away from ${letter}.`;
  }

  /** @param {number | null} row */
  #read(row) {
    const part = row ? this.#losing[row - 1] : undefined; // the first row is the whole model
    if (!part) return this.#figure.read("");
    const surprise = Math.log(this.#whole / part.without);
    this.#figure.read(`Without ${partName(part.part)}: ${percent(part.without)}, which is ${fixed(surprise)} nats more surprising.`);
  }
}
