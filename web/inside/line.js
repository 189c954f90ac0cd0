/**
 * One line, letter by letter: at each position what may follow, and what each stage of the
 * model makes of it; and lines that are drawn on from there. Not about the line's field
 * (line-field.js) nor about what is computed from what (line-figures.js).
 */

import { byId } from "../page/dom.js";
import { fixed } from "../page/format.js";
import { Figure } from "./figure.js";
import { HeatMap } from "./heat-map.js";
import * as figures from "./line-figures.js";
import { LineFoundations } from "./line-foundations.js";
import { LineGuesses } from "./line-guesses.js";
import { LineLetters } from "./line-letters.js";
import { GUESSES, LineStages } from "./line-stages.js";
import * as words from "./line-words.js";
import { Superseded } from "./moment.js";
import { stageNames } from "./names.js";
import { tokenName, tokenSign, tokenWords } from "../page/tokens.js";

const LETTER_MS = 220; // between letters of a line that is drawn
const still = matchMedia("(prefers-reduced-motion: reduce)");

const note = byId("line-note");
const sum = byId("line-sum");
const place = byId("line-place");
const drawn = byId("line-drawn");
const answer = byId("line-answer");
const temperature = /** @type {HTMLInputElement} */ (byId("line-temperature"));
const temperatureValue = byId("line-temperature-value");
const foundations = byId("line-foundations");
const all = /** @type {HTMLButtonElement} */ (byId("line-all"));

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class LinePart {
  live = true;
  #desk;
  /** @type {import("./moment.js").Moment | null} */
  #moment = null;
  /** @type {LineInside | null} */
  #inside = null;
  /** The temperature that it was asked with. */
  #temperature = 1;
  #position = 0;
  #letters = new LineLetters(byId("line-letters"));
  #bars = new LineGuesses();
  #stages = new LineStages();
  #map = new HeatMap(34);
  #foundations = new LineFoundations();
  #figures = {
    bars: new Figure(this.#bars.picture, "what-follows"),
    stages: new Figure(this.#stages.picture, "guesses-of-stages"),
    map: new Figure(this.#map.canvas, "stages-and-positions"),
  };
  /** What is pointed at. @type {{bar: number | null, guess: import("./pointing.js").Cell | null, cell: import("./pointing.js").Cell | null}} */
  #pointed = { bar: null, guess: null, cell: null };
  /** Whether every letter has a bar. */
  #all = false;
  /** The line that appears letter by letter, and how many of its letters are there. */
  #appearing = { line: "", seen: Infinity, timer: 0 };

  /**
   * @param {HTMLElement} root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, desk) {
    this.#desk = desk;
    all.before(this.#figures.bars.element);
    answer.after(this.#figures.stages.element);
    root.append(this.#figures.map.element);
    this.#followPosition();
    this.#followPointer();
    byId("line-draw").addEventListener("click", () => void this.#draw("", 0));
    byId("line-draw-on").addEventListener("click", () => {
      if (this.#inside) void this.#draw(figures.beginningAt(this.#inside, this.#position), this.#position);
    });
    all.addEventListener("click", () => {
      this.#all = !this.#all;
      this.#update();
    });
    temperature.addEventListener("input", () => (desk.temperature = Number(temperature.value)));
  }

  #followPosition() {
    this.#letters.addEventListener("choose", (event) => this.#choose(/** @type {CustomEvent<number>} */ (event).detail));
    this.#map.addEventListener("choose", (event) => {
      this.#choose(/** @type {CustomEvent<import("./pointing.js").Cell>} */ (event).detail.column);
    });
    this.#bars.addEventListener("choose", (event) => {
      const { token } = /** @type {CustomEvent<import("./line-figures.js").Bar>} */ (event).detail;
      void this.#branch(token);
    });
  }

  #followPointer() {
    this.#bars.addEventListener("point", (event) => {
      this.#pointed.bar = /** @type {CustomEvent<number | null>} */ (event).detail;
      this.#readBar();
    });
    this.#stages.addEventListener("point", (event) => {
      this.#pointed.guess = /** @type {CustomEvent<import("./pointing.js").Cell | null>} */ (event).detail;
      this.#readGuess();
    });
    this.#map.addEventListener("point", (event) => {
      this.#pointed.cell = /** @type {CustomEvent<import("./pointing.js").Cell | null>} */ (event).detail;
      this.#readCell();
    });
  }

  /** @param {import("./moment.js").Moment} moment */
  async show(moment) {
    this.#moment = moment;
    const { line, temperature } = this.#desk;
    const inside = await moment.ask("line", line, temperature);
    if (line !== this.#appearing.line) this.#appear();
    this.#inside = inside;
    this.#temperature = temperature;
    foundations.hidden = !this.#desk.atRest;
    note.textContent = inside.line === line ? "" : `The model reads the first ${[...inside.line].length} letters of a line. The rest of this one is left out.`;
    this.#update();
    await this.#showFoundations();
  }

  /** @param {number} position */
  #choose(position) {
    this.#appear();
    this.#position = position;
    this.#update();
    void this.#desk.attempt(() => this.#showFoundations());
  }

  /** Of a model at rest: it takes as many predictions as the model has parts. */
  async #showFoundations() {
    if (!this.#moment || !this.#inside || !this.#desk.atRest) return;
    await this.#foundations.ask(this.#moment, this.#inside, this.#position);
  }

  /** The line ends here, or goes on with a letter as the model likes. @param {string} token */
  async #branch(token) {
    if (!this.#inside) return;
    const beginning = figures.beginningAt(this.#inside, this.#position);
    if (token) return this.#draw(beginning + token, this.#position);
    this.#appear();
    drawn.textContent = `Ended: ${beginning || "an empty line"}.`;
    this.#desk.line = beginning;
  }

  /**
   * The model goes on from a beginning.
   * @param {string} beginning
   * @param {number} position that is chosen then
   */
  async #draw(beginning, position) {
    await this.#desk.attempt(async () => {
      const line = await this.#ask(beginning);
      this.#position = position;
      this.#appear(line, position);
      drawn.textContent = `Drawn: ${line || "an empty line"}.`;
      if (line === this.#desk.line) this.#update();
      else this.#desk.line = line;
    });
  }

  /** Also of a model that has learned on meanwhile. @param {string} beginning @returns {Promise<string>} */
  async #ask(beginning) {
    const moment = this.#moment;
    if (!moment) throw new Superseded();
    try {
      return await moment.ask("draw", beginning, this.#desk.temperature);
    } catch (error) {
      if (error instanceof Superseded && this.#moment !== moment) return this.#ask(beginning);
      throw error;
    }
  }

  /**
   * A line's letters come one by one from now on; without one, all are there.
   * @param {string} [line]
   * @param {number} [from] letters that are there
   */
  #appear(line = "", from = 0) {
    clearInterval(this.#appearing.timer);
    this.#appearing = { line, seen: Infinity, timer: 0 };
    const length = [...line].length;
    if (!line || still.matches) return;
    this.#appearing.seen = from;
    this.#appearing.timer = window.setInterval(() => {
      if (++this.#appearing.seen > length) this.#appear();
      this.#update();
    }, LETTER_MS);
  }

  /** Shows what is known at the chosen position. */
  #update() {
    const inside = this.#inside;
    if (!inside) return;
    this.#position = Math.min(this.#position, inside.tokens.length - 1);
    const position = this.#shownPosition;
    this.#letters.show(inside, position, this.#appearing.seen);
    sum.textContent = words.sumWords(inside);
    this.#showTemperature();
    this.#showBars(inside, position);
    this.#showStages(inside, position);
    this.#showMap(inside);
  }

  #showTemperature() {
    temperature.value = String(this.#temperature);
    temperatureValue.textContent = fixed(this.#temperature);
  }

  /** @param {LineInside} inside @param {number} position */
  #showBars(inside, position) {
    const ranking = figures.ranking(inside, position, this.#all);
    const token = inside.following[position] ?? "";
    const surprise = fixed(Number(inside.surprises[position]));
    place.textContent = `Position ${position}, after ${words.readWords(inside, position)}. What follows in this line is ${tokenWords(token, "the end")}: ${surprise} nats.`;
    this.#bars.show(ranking);
    const { bars } = this.#figures;
    bars.describe(
      `What may follow ${words.readWords(inside, position)}`,
      `Probability: the bar after the temperature of ${fixed(this.#temperature)}, the thin mark before it. ▸ follows in this line. Press a letter to go on with it.`,
    );
    bars.tabulate(["letter", "probability", `at temperature ${fixed(this.#temperature)}`, "logit", "surprise in nats", "follows"], () =>
      figures.ranking(inside, position, true).bars.map((bar) => [tokenName(bar.token), bar.probability, bar.tempered, bar.logit, bar.nats, bar.actual ? "yes" : ""]),
    );
    all.hidden = !this.#all && !ranking.others;
    all.textContent = this.#all ? "Show the likely ones" : `Show all ${inside.vocabulary.length}`;
    this.#readBar();
  }

  #readBar() {
    const inside = this.#inside;
    const { bar: rank } = this.#pointed;
    if (!inside || rank === null) return this.#figures.bars.read("");
    const position = this.#shownPosition;
    const bar = figures.ranking(inside, position, this.#all).bars[rank];
    const last = figures.total(inside, figures.lastStage(inside), position);
    this.#figures.bars.read(bar ? words.barWords(bar, last, this.#temperature) : "");
  }

  /** @param {LineInside} inside @param {number} position */
  #showStages(inside, position) {
    const stages = figures.stagesAt(inside, position, GUESSES);
    const follows = tokenWords(inside.following[position] ?? "", "the end");
    this.#stages.show(stages);
    answer.textContent = words.answerWords(inside, position);
    const figure = this.#figures.stages;
    figure.describe(
      `What each stage would guess after ${words.readWords(inside, position)}`,
      `Probability. Below the line ${follows}, which follows, with its surprise in nats and how much that is since the stage before. The last stage is the model's answer.`,
    );
    figure.tabulate(["stage", "letter", "probability", "logit", "surprise in nats", "follows"], () =>
      figures.stagesAt(inside, position, inside.vocabulary.length).flatMap(({ name, guesses, actual }) =>
        guesses.map((guess) => [name, tokenName(guess.token), guess.probability, guess.logit, guess.nats, guess.token === actual.token ? "yes" : ""]),
      ),
    );
    this.#readGuess();
  }

  #readGuess() {
    const inside = this.#inside;
    const { guess: at } = this.#pointed;
    if (!inside || !at) return this.#figures.stages.read("");
    const position = this.#shownPosition;
    const stage = figures.stagesAt(inside, position, GUESSES)[at.column];
    const guess = stage?.guesses[at.row] ?? stage?.actual;
    this.#figures.stages.read(stage && guess ? words.stageGuessWords(stage, guess, figures.total(inside, at.column, position)) : "");
  }

  /** @param {LineInside} inside */
  #showMap(inside) {
    const { stages, tokens, following } = inside;
    const values = figures.followingProbabilities(inside);
    const rowNames = stageNames(inside);
    const columnNames = following.map(tokenSign);
    this.#map.show({ rows: stages.length, columns: tokens.length, values, scale: "share", most: 1, rowNames, columnNames });
    this.#figures.map.describe(
      "How probable each stage finds what follows, at all positions",
      "Probability, from 0 to 1, of the letter above the column. Choose a column to see its position.",
    );
    this.#figures.map.tabulate(["stage", "position", "letter that follows", "probability"], () =>
      [...values].map((value, i) => [
        stages[Math.floor(i / tokens.length)] ?? "",
        i % tokens.length,
        tokenName(following[i % tokens.length] ?? ""),
        value,
      ]),
    );
    this.#readCell();
  }

  #readCell() {
    const inside = this.#inside;
    const { cell } = this.#pointed;
    if (!inside || !cell) return this.#figures.map.read("");
    const stage = figures.stagesAt(inside, cell.column, 0)[cell.row];
    const told = stage && words.stageGuessWords(stage, stage.actual, figures.total(inside, cell.row, cell.column));
    this.#figures.map.read(told ? `Having read ${words.readWords(inside, cell.column)}: ${told}` : "");
  }

  /** The chosen one; while letters appear, the one at which the next is drawn. */
  get #shownPosition() {
    const { seen } = this.#appearing;
    const last = (this.#inside?.tokens.length ?? 1) - 1;
    return Math.min(Number.isFinite(seen) ? seen : this.#position, last);
  }
}
