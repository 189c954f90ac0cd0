/** Why a name is as it is: the card of the one that is chosen. In words: figures.js. */

import { byId, element, madeUp } from "../page/dom.js";
import { distinctiveWords, letters, level, named, nearestWords, oneInWords, typicalWords } from "./figures.js";

const MOST_NATS = 8; // that a bar can show

const card = byId("why");
const heading = byId("why-name");
const bars = byId("why-letters");
const figures = byId("why-figures");
const said = byId("why-said");
const like = byId("why-like");
const say = byId("why-say");

const COPIES = {
  line: "A line of the text: a copy.",
  beginning: "The beginning of a line of the text.",
  "": "New: it isn't in the text.",
};

/** Announces `close`, `like`, `block` and `sort`. */
export class WhyCard extends EventTarget {
  #text = "";

  constructor() {
    super();
    byId("why-close").addEventListener("click", () => this.dispatchEvent(new Event("close")));
    card.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.dispatchEvent(new Event("close"));
    });
    like.addEventListener("click", () => this.dispatchEvent(new Event("like")));
    byId("why-block").addEventListener("click", () => this.dispatchEvent(new Event("block")));
    byId("why-sort").addEventListener("click", () => this.dispatchEvent(new Event("sort")));
    say.hidden = !("speechSynthesis" in globalThis);
    say.addEventListener("click", () => {
      speechSynthesis.cancel();
      speechSynthesis.speak(new SpeechSynthesisUtterance(this.#text));
    });
  }

  /** The name that it is about, or "". */
  get text() {
    return this.#text;
  }

  /** Its name, before anything is known of it. @param {string} text @param {boolean} liked */
  expect(text, liked) {
    if (this.#text !== text) {
      for (const part of [bars, figures]) part.replaceChildren();
      byId("why-mark").textContent = said.textContent = "";
    }
    this.#text = text;
    heading.replaceChildren(madeUp(text));
    this.showLiked(liked);
    card.hidden = false;
  }

  /** @param {Made} made */
  show(made) {
    if (made.text !== this.#text) return; // another one is chosen by now
    const nearest = nearestWords(made);
    byId("why-mark").textContent = nearest || made.in_text ? COPIES[made.in_text] : "";
    bars.replaceChildren(...(letters(made) ?? []).map(bar));
    const rows = [
      ["Likelihood", `one in ${oneInWords(made.one_in)}`],
      ["Nearest line", nearest || "not known: the text isn't here"],
      ["Typical", typicalWords(made)],
      ["Distinctive", distinctiveWords(made)],
    ];
    figures.replaceChildren(
      ...rows.flatMap(([name, value]) => [element("dt", name), element("dd", value)]),
    );
    said.textContent = `${made.text}: one in ${oneInWords(made.one_in)}${nearest ? `, ${nearest}` : ""}.`;
  }

  /** Why nothing can be told. @param {string} message */
  refuse(message) {
    byId("why-mark").textContent = message;
  }

  /** @param {boolean} liked */
  showLiked(liked) {
    like.ariaPressed = String(liked);
  }

  hide() {
    this.#text = "";
    card.hidden = true;
    said.textContent = "";
  }
}

/** A letter with its bar. @param {{letter: string, nats: number}} letter */
function bar({ letter, nats }) {
  const item = element("li");
  const column = element("span", "", `column s${level(nats)}`);
  column.style.setProperty("--share", String(Math.min(1, nats / MOST_NATS)));
  column.ariaHidden = "true";
  item.append(column, element("span", named(letter), letter.trim() ? "letter" : "letter word"), " ", element("small", nats.toFixed(1)));
  return item;
}
