/**
 * A line as a row of letters, of which one is chosen: each coloured by its surprise, which
 * stands below. Not about what is known of the chosen one: line.js.
 */

import { element } from "../page/dom.js";
import { fixed } from "../page/format.js";
import { level } from "../panels/figures.js";
import { tokenName, tokenSign } from "../page/tokens.js";

/** Announces `choose` with a position. */
export class LineLetters extends EventTarget {
  /** One for each position; they stay, what they show changes. @type {HTMLButtonElement[]} */
  #buttons = [];
  #end = letter(element("span", "", "line-letter end"));
  #position = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    root.append(this.#end);
    root.addEventListener("click", ({ target }) => this.#choose(this.#buttons.findIndex((each) => each.contains(/** @type {Node} */ (target)))));
    root.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * @param {LineInside} inside
   * @param {number} position that is chosen
   * @param {number} seen letters that are there by now, while a line is drawn
   */
  show({ tokens, following, surprises }, position, seen) {
    this.#position = position;
    while (this.#buttons.length < tokens.length) {
      const made = letter(element("button", "", "line-letter"));
      made.type = "button";
      made.role = "radio";
      this.#buttons.push(made);
      this.#end.before(made);
    }
    for (const surplus of this.#buttons.splice(tokens.length)) surplus.remove();
    this.#buttons.forEach((button, i) => {
      fill(button, tokens[i] ?? "", i ? Number(surprises[i - 1]) : NaN, i === 0);
      const surprise = i ? `, surprise ${fixed(Number(surprises[i - 1]))} nats` : "";
      button.ariaLabel = `position ${i}: ${tokenName(tokens[i] ?? "")}${surprise}`;
      button.ariaChecked = String(i === position);
      button.tabIndex = i === position ? 0 : -1;
      button.classList.toggle("follows", i === position + 1);
      button.classList.toggle("unseen", i > seen);
    });
    const last = following.length - 1;
    fill(this.#end, following[last] ?? "", Number(surprises[last]), false);
    this.#end.classList.toggle("follows", position === last);
    this.#end.classList.toggle("unseen", last + 1 > seen);
  }

  /** @param {number} position */
  #choose(position) {
    if (position >= 0) this.dispatchEvent(new CustomEvent("choose", { detail: position }));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#position;
    const last = this.#buttons.length - 1;
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (!this.#buttons[next]) return;
    this.#choose(next);
    this.#buttons[next]?.focus();
  }
}

/**
 * @template {HTMLElement} T
 * @param {T} made
 */
function letter(made) {
  made.append(element("bdi"), element("small"));
  return made;
}

/** @param {HTMLElement} place @param {string} token @param {number} surprise @param {boolean} first */
function fill(place, token, surprise, first) {
  const [sight, figure] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (place.children));
  sight.textContent = tokenSign(token);
  sight.className = [token ? "" : "word", Number.isFinite(surprise) ? `s${level(surprise)}` : ""].join(" ").trim();
  figure.textContent = first ? "" : fixed(surprise);
}
