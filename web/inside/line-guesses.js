/**
 * Letters that may come next, as bars: a bar for after the temperature, a thin mark for
 * before. Each is a button. Not about which letters these are: line-figures.js.
 */

import { fixed, percent } from "../page/format.js";
import { svg } from "./svg.js";
import { tokenSign, tokenWords } from "../page/tokens.js";

// Of the picture, in its own units: about CSS pixels.
const WIDTH = 404;
const ROW = 26;
const LETTER = 30; // where it has its middle
const LEFT = 52; // of the bars
const LONGEST = 200;
const SHARE = 304; // where percentages end
const SURPRISE = 312;

/** @typedef {import("./line-figures.js").Bar} Bar */
/** @typedef {ReturnType<typeof row>} Row */

/** Announces `point` with the rank of a bar or null, `choose` with the Bar that is pressed. */
export class LineGuesses extends EventTarget {
  picture = svg("svg", { role: "group", class: "line-guesses" });
  /** By their rank; they stay, what they show changes. @type {Row[]} */
  #rows = [];
  /** @type {Bar[]} */
  #bars = [];
  #others = svg("text", { class: "others", x: LEFT });
  /** Which row the Tab key comes to. */
  #rank = 0;

  constructor() {
    super();
    const { picture } = this;
    picture.append(this.#others);
    picture.addEventListener("click", ({ target }) => this.#choose(this.#rankOf(target)));
    picture.addEventListener("pointerover", ({ target }) => this.#point(this.#rankOf(target)));
    picture.addEventListener("pointerleave", () => this.#point(-1));
    picture.addEventListener("focusin", ({ target }) => this.#comeTo(this.#rankOf(target)));
    picture.addEventListener("focusout", () => this.#point(-1));
    picture.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {import("./line-figures.js").Ranking} ranking */
  show({ bars, others, probability, tempered }) {
    this.#bars = bars;
    while (this.#rows.length < bars.length) {
      const made = row(this.#rows.length);
      this.#rows.push(made);
      this.picture.insertBefore(made.group, this.#others);
    }
    for (const surplus of this.#rows.splice(bars.length)) surplus.group.remove();
    this.#rank = Math.max(0, Math.min(this.#rank, bars.length - 1));
    const most = Math.max(...bars.flatMap((bar) => [bar.probability, bar.tempered])) || 1;
    this.#rows.forEach((each, rank) => {
      fill(each, /** @type {Bar} */ (bars[rank]), most);
      each.group.tabIndex = rank === this.#rank ? 0 : -1;
    });
    this.#others.textContent = others
      ? `${others} other${others === 1 ? "" : "s"}: ${percent(tempered)}, before the temperature ${percent(probability)}`
      : "";
    this.#others.setAttribute("y", String((bars.length + 0.5) * ROW));
    const height = (bars.length + (others ? 1 : 0)) * ROW;
    this.picture.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  }

  /** @param {EventTarget | null} target @returns {number} -1 for none */
  #rankOf(target) {
    return this.#rows.findIndex(({ group }) => target instanceof Node && group.contains(target));
  }

  /** @param {number} rank */
  #point(rank) {
    this.dispatchEvent(new CustomEvent("point", { detail: rank < 0 ? null : rank }));
  }

  /** @param {number} rank */
  #choose(rank) {
    const bar = this.#bars[rank];
    if (bar) this.dispatchEvent(new CustomEvent("choose", { detail: bar }));
  }

  /** @param {number} rank */
  #comeTo(rank) {
    if (rank < 0) return;
    this.#rank = rank;
    this.#rows.forEach(({ group }, i) => (group.tabIndex = i === rank ? 0 : -1));
    this.#point(rank);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#rows.length - 1;
    const next = { ArrowDown: this.#rank + 1, ArrowUp: this.#rank - 1, Home: 0, End: last }[event.key];
    if (next !== undefined) this.#rows[Math.max(0, Math.min(next, last))]?.group.focus();
    else if (event.key === "Enter" || event.key === " ") this.#choose(this.#rankOf(event.target));
    else return;
    event.preventDefault();
  }
}

/** @param {number} rank */
function row(rank) {
  const group = svg("g", { role: "button", transform: `translate(0 ${rank * ROW})` });
  const parts = {
    ground: svg("rect", { class: "ground", x: 1, y: 1, width: WIDTH - 2, height: ROW - 2, rx: 4 }),
    arrow: svg("path", { class: "arrow", d: `M6 ${ROW / 2 - 5}l7 5l-7 5z`, visibility: "hidden" }),
    letter: svg("text", { class: "letter", x: LETTER, y: ROW / 2 }),
    bar: svg("rect", { class: "length", x: LEFT, y: 5, height: ROW - 10, width: 0 }),
    before: svg("line", { class: "before", y1: 2, y2: ROW - 2, x1: LEFT, x2: LEFT }),
    share: svg("text", { class: "share", x: SHARE, y: ROW / 2 }),
    surprise: svg("text", { class: "surprise", x: SURPRISE, y: ROW / 2 }),
  };
  for (const part of Object.values(parts)) group.append(part, " "); // a name has spaces, too
  return { group, ...parts };
}

/** @param {Row} row @param {Bar} bar @param {number} most the share that the longest bar stands for */
function fill({ group, arrow, letter, bar, before, share, surprise }, { token, probability, tempered, actual, nats }, most) {
  group.classList.toggle("actual", actual);
  arrow.setAttribute("visibility", actual ? "visible" : "hidden");
  letter.textContent = tokenSign(token);
  letter.classList.toggle("word", token === "");
  bar.setAttribute("width", String((LONGEST * tempered) / most || 0));
  const x = String(LEFT + ((LONGEST * probability) / most || 0));
  before.setAttribute("x1", x);
  before.setAttribute("x2", x);
  share.textContent = percent(tempered);
  surprise.textContent = actual ? `${fixed(nats)} nats` : "";
  // What can be seen first, so that one can say it.
  const seen = [letter, share, surprise].map(({ textContent }) => textContent).join(" ").trim();
  group.ariaLabel = `${seen}, before the temperature ${percent(probability)}${actual ? ", follows here" : ""}: go on with ${tokenWords(token, "the end")}`;
}
