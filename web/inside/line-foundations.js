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
import { tokenWords } from "../page/tokens.js";

const SHOWN = 8; // parts, those that matter most
const INPUTS = new Set(["wte", "wpe"]);
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
  /** Of the model that it is of. */
  #vocabulary = "";

  constructor() {
    remark.after(this.#figure.element);
    choice.addEventListener("change", () => {
      this.#chosen = this.#token;
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
    const vocabulary = guess.vocabulary.join();
    if (guess.beginning !== this.#guess?.beginning || vocabulary !== this.#vocabulary) this.#chosen = null;
    this.#vocabulary = vocabulary;
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
    const chosen = this.#chosen === null ? -1 : vocabulary.indexOf(this.#chosen);
    choice.value = String(chosen < 0 ? ranks[0] : chosen);
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

  /** The letter that is looked at. */
  get #token() {
    return this.#known.vocabulary[Number(choice.value)] ?? "";
  }

  get #whole() {
    return Number(this.#known.whole[Number(choice.value)]);
  }

  #show() {
    const whole = this.#whole;
    const letter = tokenWords(this.#token, "the end");
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
    remark.textContent = this.#words(letter);
  }

  /** What computes comes first: without letters or positions, all that follows gets something else to read. @param {string} letter */
  #words(letter) {
    const [inputs, computing] = [true, false].map((is) => this.#losing.filter(({ part }) => INPUTS.has(part) === is));
    const [most, next] = computing ?? [];
    const falls = (/** @type {{part: string, without: number}} */ { part, without }) => `without ${partName(part)} ${percent(without)}`;
    const read = inputs?.length ? ` What it reads: ${inputs.map(falls).join(", ")}.` : "";
    if (!most) return `No part that computes takes as much as ${percent(LEAST)} away from ${letter}: it comes straight from the embedding.${read}`;
    const other = next ? `, then ${falls(next)}` : "";
    return `Of what computes, ${letter} rests most on ${partName(most.part)}: ${percent(this.#whole)} with it, ${falls(most)}${other}.${read}`;
  }

  /** @param {number | null} row */
  #read(row) {
    const part = row ? this.#losing[row - 1] : undefined; // the first row is the whole model
    if (!part) return this.#figure.read("");
    const surprise = Math.log(this.#whole / part.without);
    this.#figure.read(`Without ${partName(part.part)}: ${percent(part.without)}, which is ${fixed(surprise)} nats more surprising.`);
  }
}
