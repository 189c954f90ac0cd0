/**
 * The list Samples: a row a name, with a heart, a mark where it is a copy, and its letters
 * tinted by surprise where that is wanted. Not about where names come from: samples.js.
 */

import { byId, element, writeMadeUp } from "../page/dom.js";
import { Roving } from "../page/roving.js";
import { letters, level, surpriseWords } from "./figures.js";

/** Characters up to which there is room for a name in a column, and in a wide one. */
const NAME = 18;
const PHRASE = 34;

/** By a part of these names people find the page's own buttons, also by speaking to their computer. */
const TAKEN = /train|sample|pause|resume|stop|share as a link/i;

const MARKS = {
  line: { words: "in the text", meaning: "A line of the text, or as much of one as the model reads: a copy." },
  beginning: { words: "begins a line", meaning: "The beginning of a line of the text: a copy that ends early." },
};

/**
 * A name in the list. `made` is what is known of it, or null where that hasn't been asked.
 * @typedef {Sample & {made: Made | null}} Entry
 */

const list = byId("samples");
const row = rowTemplate();

/** Announces `choose`, `reach` (by the keyboard), `like` (also where it is liked already) and `block`, with the text. */
export class NameList extends EventTarget {
  /** In the order shown. @type {Entry[]} */
  #entries = [];
  #roving = new Roving(list);
  /** @type {Set<string>} */
  #liked = new Set();
  #chosen = "";
  #tinted = false;
  /** Characters of the longest that this model has made. */
  #longest = 0;

  constructor() {
    super();
    list.addEventListener("click", (event) => this.#press(event));
    list.addEventListener("focusin", ({ target }) => {
      if (target instanceof HTMLAnchorElement) this.#tell("reach", target);
    });
    list.addEventListener("keydown", (event) => {
      if (event.key !== " " || !(event.target instanceof HTMLAnchorElement)) return;
      event.preventDefault(); // a name can be chosen with either key
      event.target.click();
    });
  }

  /** @returns {readonly Entry[]} in the order shown */
  get entries() {
    return this.#entries;
  }

  /** Puts a name at a place, instead of the one that stands there. @param {number} place @param {Entry} entry */
  put(place, entry) {
    this.#entries[place] = entry;
    this.#fit(entry.text.length);
    const item = list.children[place] ?? list.appendChild(element("li"));
    this.#fill(item, entry);
  }

  /** No more than so many. @param {number} length */
  cut(length) {
    this.#entries.length = Math.min(this.#entries.length, length);
    while (list.children.length > this.#entries.length) list.lastChild?.remove();
    this.#roving.update();
  }

  /** Nothing is there; what is below stays where it is, until `settle`. */
  clear() {
    list.style.minHeight = `${list.offsetHeight}px`;
    this.cut(0);
  }

  /** All names of a request are there. */
  settle() {
    list.style.minHeight = "";
    this.#roving.update();
  }

  /** Names of another model may be of another length. */
  forgetWidth() {
    this.#longest = 0;
  }

  /** @param {number[]} order the places as they are, in the order in which they are to be */
  reorder(order) {
    if (order.length !== this.#entries.length) return; // others have come meanwhile
    const items = [...list.children];
    const focused = document.activeElement;
    this.#entries = order.map((place) => /** @type {Entry} */ (this.#entries[place]));
    list.replaceChildren(...order.map((place) => /** @type {Element} */ (items[place])));
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** A name goes; the keyboard goes on with the next. @param {string} text */
  remove(text) {
    for (let place = this.#entries.length - 1; place >= 0; place--) {
      if (this.#entries[place]?.text !== text) continue;
      const item = /** @type {Element} */ (list.children[place]);
      const focused = [...item.querySelectorAll("a, button")].indexOf(/** @type {Element} */ (document.activeElement));
      this.#entries.splice(place, 1);
      item.remove();
      this.#roving.update();
      if (focused >= 0) this.#roving.focus(place, focused);
    }
  }

  /** @param {string[]} texts that the visitor likes */
  showLiked(texts) {
    const before = this.#liked;
    this.#liked = new Set(texts);
    this.#entries.forEach(({ text }, place) => {
      if (before.has(text) === this.#liked.has(text)) return;
      list.children[place]?.querySelector(".heart")?.setAttribute("aria-pressed", String(this.#liked.has(text)));
    });
  }

  /** @param {string} text the one that is looked at closer, or "" */
  showChosen(text) {
    this.#chosen = text;
    for (const link of list.querySelectorAll("a")) this.#markChosen(link);
  }

  /** Whether letters are tinted by surprise, as far as that is known. @param {boolean} tinted */
  tint(tinted) {
    this.#tinted = tinted;
    this.#entries.forEach((entry, place) => this.#write(list.children[place], entry));
  }

  /** What was asked about a name is known. @param {Made} made */
  tell(made) {
    this.#entries.forEach((entry, place) => {
      if (entry.text !== made.text || entry.made) return;
      entry.made = made;
      this.#write(list.children[place], entry);
    });
  }

  /** The keyboard goes back to a name. @param {string} text */
  focus(text) {
    const place = this.#entries.findIndex((entry) => entry.text === text);
    list.children[place]?.querySelector("a")?.focus();
  }

  /** @param {Element} item @param {Entry} entry */
  #fill(item, entry) {
    if (!entry.text) return item.replaceChildren(element("span", "(nothing)", "help"));
    const place = [...item.children].findIndex((each) => each === document.activeElement);
    item.replaceChildren(row.cloneNode(true));
    const [heart, link, block] = /** @type {HTMLElement[]} */ ([...item.children]);
    const called = calledBy(entry.text, this.#entries.indexOf(entry));
    heart?.setAttribute("aria-label", `Like ${called}`);
    heart?.setAttribute("aria-pressed", String(this.#liked.has(entry.text)));
    block?.setAttribute("aria-label", `Never again: ${called}`);
    if (link instanceof HTMLAnchorElement) this.#markChosen(link, entry.text);
    this.#write(item, entry);
    if (entry.in_text) link?.after(" ", mark(entry.in_text));
    this.#roving.settle(item);
    if (place >= 0) /** @type {HTMLElement | undefined} */ (item.children[place])?.focus({ preventScroll: true });
  }

  /** The letters of a name. @param {Element | undefined} item @param {Entry} entry */
  #write(item, { text, made }) {
    const place = item?.querySelector(".text");
    if (!(place instanceof HTMLElement)) return;
    const known = this.#tinted && made ? letters(made) : null;
    if (!known) {
      writeMadeUp(place, text);
      place.removeAttribute("title");
    } else {
      place.replaceChildren(...known.slice(0, -1).map(({ letter, nats }) => element("span", letter, `s${level(nats)}`)));
      place.title = `Surprise in nats: ${surpriseWords(/** @type {Made} */ (made))}`;
    }
  }

  /** @param {HTMLAnchorElement} link @param {string} [text] */
  #markChosen(link, text = link.textContent ?? "") {
    if (text === this.#chosen) link.ariaCurrent = "true";
    else link.removeAttribute("aria-current");
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const control = event.target instanceof Element ? event.target.closest("a, button") : null;
    if (!control) return;
    event.preventDefault();
    this.#tell(control.matches(".heart") ? "like" : control.matches(".block") ? "block" : "choose", control);
  }

  /** @param {"choose" | "reach" | "like" | "block"} name @param {Element} control of a row */
  #tell(name, control) {
    const place = [...list.children].indexOf(/** @type {Element} */ (control.closest("li")));
    this.dispatchEvent(new CustomEvent(name, { detail: this.#entries[place]?.text ?? "" }));
  }

  /** Columns for names, fewer and smaller type for what is longer. @param {number} characters */
  #fit(characters) {
    if (characters <= this.#longest) return;
    this.#longest = characters;
    list.classList.toggle("phrases", this.#longest > NAME && this.#longest <= PHRASE);
    list.classList.toggle("lines", this.#longest > PHRASE);
  }
}

/** What each row of a name begins as: copied, because there can be a thousand. */
function rowTemplate() {
  const heart = element("button", "", "icon heart");
  const block = element("button", "", "icon block");
  heart.type = block.type = "button";
  const link = element("a", "", "name");
  link.href = "#why"; // a link, not a button: what was made up must not pass for the page's own
  link.append(element("bdi", "", "text"));
  const made = document.createDocumentFragment();
  made.append(heart, link, block);
  return made;
}

/**
 * What a button that is about a name calls it.
 * @param {string} text
 * @param {number} place in its list
 */
export function calledBy(text, place) {
  return TAKEN.test(text) ? `number ${place + 1}` : text;
}

/** What tells a copy from an invention. @param {"line" | "beginning"} kind */
function mark(kind) {
  const { words, meaning } = MARKS[kind];
  const badge = element("span", words, `badge ${kind}`);
  badge.title = meaning;
  return badge;
}

/** While samples change in place, each row keeps the height that it has. */
export function hold() {
  if (list.classList.contains("held")) return;
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  const heights = items.map((item) => item.getBoundingClientRect().height);
  items.forEach((item, i) => (item.style.height = `${heights[i]}px`));
  list.classList.add("held");
}

export function release() {
  list.classList.remove("held");
  for (const item of /** @type {HTMLElement[]} */ ([...list.children])) item.style.height = "";
}
