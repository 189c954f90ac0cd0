/**
 * Names looked at closer: the card of the one that is chosen, and letters tinted by surprise.
 * Not about the rows (name-list.js) nor what the card says (why.js).
 */

import { byId } from "../page/dom.js";
import { sentence } from "./explained.js";
import { WhyCard } from "./why.js";

const tinted = /** @type {HTMLInputElement} */ (byId("show-surprise"));

/** Announces `choose` with the name, or "" for none; `sort` with the one to compare with; `tint`; `problem` with a sentence. */
export class Closer extends EventTarget {
  #names;
  #favourites;
  #explained;
  #why = new WhyCard();

  /**
   * @param {import("./name-list.js").NameList} names
   * @param {import("./favourites.js").FavouritesPanel} favourites
   * @param {import("./explained.js").Explained} explained
   */
  constructor(names, favourites, explained) {
    super();
    this.#names = names;
    this.#favourites = favourites;
    this.#explained = explained;
    const why = this.#why;
    for (const from of [names, favourites]) heard(from, "choose", (text) => void this.choose(text));
    heard(names, "reach", (text) => void (why.text && this.choose(text)));
    heard(names, "like", (text) => favourites.toggle(text));
    heard(names, "block", (text) => favourites.block(text));
    why.addEventListener("like", () => favourites.toggle(why.text));
    why.addEventListener("block", () => favourites.block(why.text));
    why.addEventListener("sort", () => this.#tell("sort", why.text));
    why.addEventListener("close", () => {
      const { text } = why;
      this.leave();
      names.focus(text);
    });
    favourites.addEventListener("change", () => {
      names.showLiked(favourites.liked);
      why.showLiked(favourites.isLiked(why.text));
      if (favourites.isBlocked(why.text)) this.leave();
    });
    tinted.addEventListener("change", () => {
      byId("scale").hidden = !tinted.checked;
      names.tint(tinted.checked);
      this.dispatchEvent(new Event("tint"));
    });
  }

  /** @param {string} text */
  async choose(text) {
    this.#why.expect(text, this.#favourites.isLiked(text));
    this.#names.showChosen(text);
    this.#tell("choose", text);
    try {
      const entry = this.#names.entries.find((entry) => entry.text === text && entry.made);
      this.#why.show(entry?.made ?? (await this.#explained.ask(text)));
    } catch (error) {
      this.#why.refuse(sentence(error));
    }
  }

  /** The model is another, so that what the card says is. */
  again() {
    if (this.#why.text) void this.choose(this.#why.text);
  }

  /** Nothing is chosen any more. */
  leave() {
    this.#why.hide();
    this.#names.showChosen("");
    this.#tell("choose", "");
  }

  /** What is known of the names that are shown, where they are tinted by it. @param {() => boolean} wanted whether to go on */
  async explain(wanted) {
    const unknown = this.#names.entries.filter(({ text, made }) => text && !made).map(({ text }) => text);
    try {
      for (const text of new Set(unknown)) {
        if (!tinted.checked || !wanted()) return;
        const made = await this.#explained.ask(text); // one by one, so that Python can answer others in between
        if (wanted()) this.#names.tell(made);
      }
    } catch (error) {
      this.#tell("problem", sentence(error));
    }
  }

  /** @param {string} name @param {string} text */
  #tell(name, text) {
    this.dispatchEvent(new CustomEvent(name, { detail: text }));
  }
}

/**
 * @param {EventTarget} from
 * @param {string} name
 * @param {(text: string) => void} act
 */
export function heard(from, name, act) {
  from.addEventListener(name, (event) => act(/** @type {CustomEvent<string>} */ (event).detail));
}
