/** In which order names are shown: what a person means by it, Python knows. */

import { byId } from "../page/dom.js";

/** A name, and its place as it was drawn. @typedef {import("./name-list.js").Entry & {place: number}} Drawn */

const select = /** @type {HTMLSelectElement} */ (byId("sort"));
const likeOption = /** @type {HTMLOptionElement} */ (select.querySelector("[value=like]"));

/** Announces `change`. */
export class OrderChoice extends EventTarget {
  #client;
  /** The name that the others are compared with, where they are. */
  #like = "";
  #chosen = "";

  /** @param {import("../page/client.js").Client} client */
  constructor(client) {
    super();
    this.#client = client;
    select.addEventListener("change", () => {
      this.#like = this.#chosen;
      this.#changed();
    });
  }

  /** Whether it is another than that in which names were drawn. */
  get any() {
    return select.value !== "drawn";
  }

  /** The visitor looks at a name, or at none: "". @param {string} text */
  choose(text) {
    this.#chosen = text;
    this.#offer();
  }

  /** Those come first that are most like a name. @param {string} text */
  byLikeness(text) {
    this.#like = text;
    select.value = "like";
    this.#changed();
  }

  /** As they were drawn: the order that was wanted can't be told. */
  giveUp() {
    select.value = "drawn";
    this.#offer();
  }

  /** The places of names in the order that is wanted. @param {readonly Drawn[]} names */
  async sorted(names) {
    const places = names.map((_, i) => i);
    if (!this.any) return places.sort((a, b) => (names[a]?.place ?? 0) - (names[b]?.place ?? 0));
    const by = /** @type {Order} */ (select.value);
    const full = places.filter((i) => names[i]?.text);
    const texts = full.map((i) => names[i]?.text ?? "");
    const order = await this.#client.call("order", texts, by, by === "like" ? this.#like : "");
    const empty = places.filter((i) => !names[i]?.text); // these come last
    return [...order.map((i) => full[i] ?? 0), ...empty];
  }

  #changed() {
    this.#offer();
    this.dispatchEvent(new Event("change"));
  }

  #offer() {
    const like = select.value === "like" ? this.#like : this.#chosen;
    likeOption.textContent = like ? `like ${like}` : "like a chosen one";
    likeOption.disabled = !like;
  }
}
