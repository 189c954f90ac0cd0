/**
 * What each stage of the model would guess, as columns side by side. A guess is pointed at
 * by the pointer or by arrow keys. Not about what stages are: line-figures.js.
 */

import { fixed, percent, signed } from "../page/format.js";
import { stageHeading } from "./names.js";
import { Pointing } from "./pointing.js";
import { svg } from "./svg.js";
import { tokenSign } from "../page/tokens.js";

export const GUESSES = 5; // of each stage

// Of the picture, in its own units: CSS pixels, where there is room.
const COLUMN = 112;
const TOP = 42; // where guesses begin
const ROW = 24;
const ACTUAL = TOP + GUESSES * ROW + 10; // where what really follows begins
const HEIGHT = ACTUAL + 64;
const LETTER = 14; // where it has its middle, in its column
const LEFT = 30; // of the bars
const LONGEST = 32;
const END = COLUMN - 8; // of percentages

/** @typedef {import("./line-figures.js").Stage} Stage */
/** @typedef {import("./pointing.js").Cell} Cell */

/** Announces `point` with a Cell or null: its column is the stage, its last row what really follows. */
export class LineStages extends EventTarget {
  picture = svg("svg", { class: "line-stages", tabindex: 0 });
  #rows = 0;
  #ring = svg("rect", { class: "ring", width: COLUMN - 6, height: ROW, rx: 4, visibility: "hidden" });

  #pointing = new Pointing(this.picture, {
    at: ({ target }) => cellOf(target),
    point: (cell) => {
      this.#place(cell);
      this.dispatchEvent(new CustomEvent("point", { detail: cell }));
    },
  });

  /** @param {Stage[]} stages */
  show(stages) {
    this.#rows = (stages[0]?.guesses.length ?? 0) + 1;
    this.#pointing.resize(this.#rows, stages.length);
    const most = Math.max(...stages.flatMap(({ guesses, actual }) => [...guesses, actual].map(({ probability }) => probability)));
    this.picture.replaceChildren(...stages.map((stage, index) => column(stage, index, LONGEST / most)), this.#ring);
    this.picture.setAttribute("viewBox", `0 0 ${COLUMN * stages.length} ${HEIGHT}`);
    this.picture.style.minWidth = `${(COLUMN - 12) * stages.length}px`;
    this.picture.style.maxWidth = `${(COLUMN + 28) * stages.length}px`;
  }

  /** The ring around a guess. @param {Cell | null} cell */
  #place(cell) {
    this.#ring.setAttribute("visibility", cell ? "visible" : "hidden");
    if (!cell) return;
    this.#ring.setAttribute("x", String(cell.column * COLUMN + 3));
    this.#ring.setAttribute("y", String(cell.row === this.#rows - 1 ? ACTUAL : TOP + cell.row * ROW));
  }
}

/** @param {EventTarget | null} target @returns {Cell | null} */
function cellOf(target) {
  const found = target instanceof Element ? target.closest("[data-row]") : null;
  if (!(found instanceof SVGElement)) return null;
  return { column: Number(found.dataset.column), row: Number(found.dataset.row) };
}

/** @param {Stage} stage @param {number} index @param {number} length of a bar that stands for 1 */
function column({ name, guesses, actual, change }, index, length) {
  const group = svg("g", { transform: `translate(${index * COLUMN} 0)` });
  const [part, layer] = stageHeading(name);
  group.append(
    svg("text", { class: "part", x: 6, y: 12 }, part),
    svg("text", { class: "layer", x: 6, y: 28 }, layer),
    ...guesses.map((guess, row) => line(guess, TOP + row * ROW, { column: index, row }, length, guess.token === actual.token)),
    svg("line", { class: "rule", x1: 4, x2: COLUMN - 4, y1: ACTUAL - 5, y2: ACTUAL - 5 }),
    line(actual, ACTUAL, { column: index, row: guesses.length }, length, true),
    svg("text", { class: "surprise", x: 6, y: ACTUAL + ROW + 12 }, `${fixed(actual.nats)} nats`),
    svg("text", { class: "layer", x: 6, y: ACTUAL + ROW + 28 }, Number.isFinite(change) ? signed(change) : ""),
  );
  return group;
}

/**
 * @param {import("./line-figures.js").Guess} guess
 * @param {number} y
 * @param {Cell} cell
 * @param {number} length of a bar that stands for 1
 * @param {boolean} actual whether it is what really follows
 */
function line({ token, probability }, y, { column, row }, length, actual) {
  const group = svg("g", { "data-column": column, "data-row": row, class: actual ? "actual" : "", transform: `translate(0 ${y})` });
  group.append(
    svg("rect", { class: "ground", x: 3, width: COLUMN - 6, height: ROW }),
    svg("text", { class: token ? "letter" : "letter word", x: LETTER, y: ROW / 2 }, tokenSign(token)),
    svg("rect", { class: "length", x: LEFT, y: 6, height: ROW - 12, width: length * probability || 0 }),
    svg("text", { class: "share", x: END, y: ROW / 2 }, percent(probability)),
  );
  return group;
}
