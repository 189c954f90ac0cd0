/** One of a few, to be chosen. */

import { element } from "../page/dom.js";

let groups = 0;

/** @template {string} T */
export class Radios {
  element = element("fieldset", "", "radios");
  /** @type {Map<T, {input: HTMLInputElement, text: HTMLElement}>} */
  #choices = new Map();
  #choose;
  /** @type {T} */
  value;

  /**
   * The first is chosen.
   * @param {string} name of the group
   * @param {[T, string][]} choices values with their names
   * @param {(value: T) => void} choose
   */
  constructor(name, choices, choose) {
    this.#choose = choose;
    this.value = /** @type {[T, string]} */ (choices[0])[0];
    this.element.append(element("legend", name));
    const group = `radios-${groups++}`;
    for (const [value, words] of choices) {
      const label = element("label");
      const input = element("input");
      const text = element("span", words);
      Object.assign(input, { type: "radio", name: group, value, checked: value === this.value });
      input.addEventListener("change", () => this.#take(value));
      label.append(input, text);
      this.element.append(label);
      this.#choices.set(value, { input, text });
    }
  }

  /** @param {T} value @param {string} words its name now @param {boolean} there whether it can be chosen */
  offer(value, words, there) {
    const choice = this.#choices.get(value);
    if (!choice) return;
    choice.text.textContent = words;
    choice.input.disabled = !there;
    const [first] = this.#choices.keys();
    if (there || this.value !== value || first === undefined) return;
    /** @type {{input: HTMLInputElement}} */ (this.#choices.get(first)).input.checked = true;
    this.value = first;
  }

  /** @param {T} value */
  #take(value) {
    this.value = value;
    this.#choose(value);
  }
}
