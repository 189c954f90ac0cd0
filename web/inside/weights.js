/**
 * All weight matrices as pictures, or how far each weight has moved since the start. Only
 * those in sight are asked for. Not about what the matrices do: parts.js.
 */

import { element } from "../page/dom.js";
import { figures, grouped, signedFigures } from "../page/format.js";
import { Figure } from "./figure.js";
import { HeatMap } from "./heat-map.js";
import { Superseded } from "./moment.js";
import { rowName, weightName } from "./names.js";
import { Radios } from "./radios.js";
import { roundAbove } from "./round-numbers.js";
import { tokenSign } from "../page/tokens.js";

/** @typedef {import("./moment.js").Moment} Moment */

const LARGEST = 10; // CSS pixels a cell
const SIDE = 400; // CSS pixels, of a picture of more cells than that would be; never less than one a cell
const BESIDE = 27; // CSS pixels: names of rows
const SPREAD = 2; // times the root mean square, and more, has the strongest colour: of 20 random numbers, 1
const WIDE = 64; // columns: more, and a table has a row for each weight
const NEAR = "200px"; // from the window's edge, a picture is made

/** @implements {Section} @typedef {import("./desk.js").Section} Section */
export class WeightsPart {
  live = true;
  #desk;
  #summary = element("p", "", "help");
  #gallery = element("div", "", "gallery");
  #what;
  #colours;
  /** @type {Card[]} */
  #cards = [];
  /** @type {Matrices | null} */
  #all = null;
  /** @type {Moment | null} */
  #moment = null;
  #asking = false;
  #sight = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: NEAR });

  /**
   * @param {HTMLElement} root its panel
   * @param {import("./desk.js").Desk} desk
   */
  constructor(root, desk) {
    this.#desk = desk;
    const draw = () => this.#draw();
    this.#what = new Radios("Shown", [["weights", "Weights"], ["change", "Change since the start"]], draw);
    this.#colours = new Radios("Colours", [["one", "The same for all"], ["own", "Each its own"]], draw);
    const choices = element("div", "", "choices-of-pictures");
    choices.append(this.#what.element, this.#colours.element);
    root.append(choices, this.#summary, this.#gallery);
  }

  /** @param {Moment} moment */
  async show(moment) {
    const all = await moment.ask("matrices");
    this.#all = all;
    this.#moment = moment;
    const since = all.start === null ? "Change since the start: not known of this model" : `Change since step ${grouped(all.start)}`;
    this.#what.offer("change", since, all.start !== null);
    this.#provide(all);
    this.#draw();
    await this.#ask();
  }

  /** A card for each matrix; those that are there stay, and with them the keyboard's place. @param {Matrices} all */
  #provide({ matrices }) {
    const key = (/** @type {MatrixBrief[]} */ briefs) => JSON.stringify(briefs.map(({ name, rows, columns }) => [name, rows, columns]));
    if (key(matrices) !== key(this.#cards.map(({ brief }) => brief))) {
      this.#sight.disconnect();
      this.#cards = matrices.map((brief) => new Card(brief));
      this.#gallery.replaceChildren(...this.#cards.map((card) => card.element));
      for (const card of this.#cards) this.#sight.observe(card.element);
    }
    matrices.forEach((brief, i) => {
      const card = this.#cards[i];
      if (card) card.brief = brief;
    });
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      const card = this.#cards.find(({ element }) => element === target);
      if (card) card.inSight = isIntersecting;
    }
    void this.#desk.attempt(() => this.#ask());
  }

  /** The numbers of the cards in sight, one after the other: first of the one that has waited longest. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (let card = this.#waiting(); card && this.#moment; card = this.#waiting()) {
        try {
          await this.#provideNumbers(card, this.#moment);
        } catch (error) {
          if (!(error instanceof Superseded)) throw error;
        }
      }
    } finally {
      this.#asking = false;
    }
  }

  /** @param {Card} card @param {Moment} moment */
  async #provideNumbers(card, moment) {
    card.take(await moment.ask("matrix", card.brief.name), moment);
    this.#draw([card]);
  }

  /** @returns {Card | undefined} */
  #waiting() {
    if (!this.#moment || this.#moment.isPast) return undefined;
    const waiting = this.#cards.filter(({ inSight, moment }) => inSight && moment !== this.#moment);
    return waiting.sort((a, b) => a.taken - b.taken)[0];
  }

  /** @param {Card[]} cards */
  #draw(cards = this.#cards) {
    const all = this.#all;
    if (!all) return;
    const change = this.#what.value === "change";
    const sizes = all.matrices.map((brief) => size(brief, change));
    const one = this.#colours.value === "one" ? strongest(Math.max(...sizes.filter(Number.isFinite))) : null;
    const since = all.start === null ? null : grouped(all.start);
    const count = all.matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    this.#summary.textContent = [
      `${grouped(count)} weights in ${grouped(all.matrices.length)} matrices, one cell a weight.`,
      change ? `Drawn is how far each has moved since step ${since}.` : "",
      "Green is above 0, orange below.",
      one ? `The strongest colours are for ${one} and more, and for −${one} and less.` : "",
      one === null ? "Each picture has colours of its own." : "",
    ].filter(Boolean).join(" ");
    for (const card of cards) card.draw(change, one ?? strongest(size(card.brief, change)), one === null, since);
  }
}

/** A matrix with its picture. */
class Card {
  inSight = false;
  /** That its numbers are of. @type {Moment | null} */
  moment = null;
  /** When they came. */
  taken = 0;
  #map;
  #figure;
  /** @type {MatrixInside | null} */
  #matrix = null;
  #change = false;
  #since = "";

  /** @param {MatrixBrief} brief */
  constructor(brief) {
    this.brief = brief;
    const { rows, columns, name } = brief;
    const cell = Math.max(1, Math.min(LARGEST, Math.floor(SIDE / Math.max(rows, columns))));
    this.#map = new HeatMap(cell);
    this.#figure = new Figure(this.#map.canvas, name);
    // Its place is as large before there is a picture: else all would be in sight at once.
    this.element.style.setProperty("--width", `${columns * cell + BESIDE}px`);
    this.element.style.setProperty("--height", `${rows * cell + 2}px`);
    this.#map.canvas.dataset.name = name;
    this.#map.addEventListener("point", (event) => this.#read(/** @type {CustomEvent} */ (event).detail));
  }

  get element() {
    return this.#figure.element;
  }

  /** @param {MatrixInside} matrix @param {Moment} moment */
  take(matrix, moment) {
    this.#matrix = matrix;
    this.moment = moment;
    this.taken = performance.now();
  }

  /**
   * @param {boolean} change drawn, not weights
   * @param {number} most that has the strongest colour
   * @param {boolean} own whether no other picture has these colours
   * @param {string | null} since the step
   */
  draw(change, most, own, since) {
    const { name, rows, columns, size, moved } = this.brief;
    this.#change = change;
    this.#since = since ?? "";
    const unit = [
      `Root mean square ${figures(size)}`,
      moved === null ? "" : `, moved by ${figures(moved)} since step ${since}`,
      own ? `. Strongest colours: ±${most}` : "",
    ];
    this.#figure.describe(`${name} · ${grouped(rows)} × ${grouped(columns)}`, `${unit.join("")}.`);
    const matrix = this.#matrix;
    if (!matrix) return;
    const values = change ? matrix.change : matrix.weights;
    const rowNames = matrix.row_names.map(tokenSign);
    this.#map.show({ rows, columns, values: values ?? [], scale: "signed", most, rowNames, columnNames: [] });
    this.#figure.tabulate(...table(matrix, change));
    this.#read(this.#cell);
  }

  /** @type {import("./pointing.js").Cell | null} */
  #cell = null;

  /** @param {import("./pointing.js").Cell | null} cell */
  #read(cell) {
    this.#cell = cell;
    const matrix = this.#matrix;
    if (!matrix || !cell) return this.#figure.read("");
    const at = cell.row * matrix.columns + cell.column;
    const name = weightName(matrix, cell.row, cell.column);
    const now = figures(Number(matrix.weights[at]));
    if (!matrix.change) return this.#figure.read(`${name} = ${now}.`);
    const moved = signedFigures(Number(matrix.change[at]));
    this.#figure.read(this.#change ? `${name}: ${moved} since step ${this.#since}, now ${now}.` : `${name} = ${now}; ${moved} since step ${this.#since}.`);
  }
}

/** @param {MatrixBrief} brief @param {boolean} change */
function size({ size, moved }, change) {
  return change ? moved ?? 0 : size;
}

/** The number that has the strongest colour; a round one, which rarely changes as a model learns. @param {number} size */
function strongest(size) {
  return size > 0 && Number.isFinite(size) ? roundAbove(SPREAD * size) : 0;
}

/**
 * @param {MatrixInside} matrix
 * @param {boolean} change
 * @returns {[string[], () => import("./figure.js").Rows]}
 */
function table(matrix, change) {
  const { rows, columns, weights } = matrix;
  const moved = matrix.change;
  if (columns > WIDE) {
    const cells = () => Array.from(weights, (weight, i) => {
      const place = [rowName(matrix, Math.floor(i / columns)), i % columns];
      return moved ? [...place, weight, Number(moved[i])] : [...place, weight];
    });
    return [moved ? ["row", "column", "weight", "change"] : ["row", "column", "weight"], cells];
  }
  const values = (change && moved) || weights;
  const lines = () => Array.from({ length: rows }, (_, row) => [
    rowName(matrix, row),
    ...values.slice(row * columns, (row + 1) * columns),
  ]);
  return [["row", ...Array.from({ length: columns }, (_, column) => String(column))], lines];
}
