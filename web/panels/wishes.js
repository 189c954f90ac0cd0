/** What is asked of the model: the form, and its errors at their fields. In words: wish-words.js. */

import { WorkerError } from "../page/client.js";
import { byId } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { isPlain, wishWords } from "./wish-words.js";

const form = /** @type {HTMLFormElement} */ (byId("sample-form"));
const count = input("count");
const temperature = input("temperature");
const prefix = input("prefix");
// Not "contains" alone: the form would have that in place of its own method.
const suffix = input("wish-suffix");
const contains = input("wish-contains");
const without = input("wish-without");
const minLength = input("wish-min-length");
const maxLength = input("wish-max-length");
const minEdits = input("wish-min-edits");
const fresh = input("wish-new");
const unique = input("wish-unique");
const likeliest = input("wish-likeliest");
const written = /** @type {HTMLSelectElement} */ (byId("wish-written"));
const words = byId("wish-words");
const clear = byId("clear-wishes");

/** Announces `ask` when the visitor wants samples, and `temperature` when that changes. */
export class WishForm extends EventTarget {
  /** By what Python calls each part of a wish. @type {Map<string, FieldError>} */
  #errors = new Map([
    ["count", new FieldError(count)],
    ["temperature", new FieldError(temperature, byId("temperature-help"))],
    ["prefix", new FieldError(prefix)],
    ["suffix", new FieldError(suffix)],
    ["contains", new FieldError(contains)],
    ["without", new FieldError(without, byId("wish-without-help"))],
    ["min_length", new FieldError(minLength)],
    ["max_length", new FieldError(maxLength)],
    ["min_edits", new FieldError(minEdits, byId("wish-min-edits-help"))],
    ["written", new FieldError(written)],
    ["new", errorBelow(fresh)],
    ["unique", errorBelow(unique)],
    ["likeliest", errorBelow(likeliest)],
  ]);

  /** @param {number} maxSamples */
  constructor(maxSamples) {
    super();
    count.max = String(maxSamples);
    form.noValidate = true; // Python says what is wrong, in the same words as everywhere
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.dispatchEvent(new Event("ask"));
    });
    temperature.addEventListener("input", () => {
      showTemperature();
      this.dispatchEvent(new Event("temperature"));
    });
    form.addEventListener("input", () => this.#say());
    clear.addEventListener("click", () => {
      for (const field of [suffix, contains, without, minLength, maxLength, minEdits]) field.value = "";
      for (const box of [fresh, unique, likeliest]) box.checked = false;
      written.value = "as_is";
      for (const each of this.#errors.values()) each.clear();
      this.#say();
      byId("wishes").querySelector("summary")?.focus(); // the button is gone
    });
    showTemperature(); // a browser may have kept the last visit's values
    this.#say();
  }

  /** Whether there is a number of samples to draw anew. */
  get valid() {
    return count.checkValidity();
  }

  /** Whether nothing is wished but a number, a temperature and a beginning. */
  get plain() {
    return isPlain(this.#wishes);
  }

  /** @returns {Wish} */
  get wish() {
    return {
      count: count.value.trim() === "" ? NaN : Number(count.value),
      temperature: Number(temperature.value),
      prefix: prefix.value,
      ...this.#wishes,
    };
  }

  get temperature() {
    return Number(temperature.value);
  }

  /** As if the visitor had moved the slider. */
  set temperature(value) {
    temperature.value = String(value);
    temperature.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /**
   * Another temperature goes with another text; one that the visitor has set himself stays.
   * @param {{from: number | null, to: number | null}} change from which, or any; to which, or the original's
   */
  changeTemperature({ from, to }) {
    if (from !== null && Number(temperature.value) !== from) return;
    temperature.value = to === null ? temperature.defaultValue : String(to);
    showTemperature();
  }

  /** The next model may not know its characters. */
  clearPrefix() {
    prefix.value = "";
  }

  clearErrors() {
    for (const each of this.#errors.values()) each.clear();
  }

  /**
   * Says at a field what is wrong with it.
   * @param {unknown} error
   * @param {boolean} asked whether the visitor has pressed the button
   * @returns {boolean} whether it is about a field
   */
  refuse(error, asked) {
    const at = error instanceof WorkerError && this.#errors.get(error.field);
    if (!at) return false;
    this.clearErrors();
    if (asked) at.reveal();
    at.show(error.message);
    return true;
  }

  /** @returns {import("./wish-words.js").Wishes} */
  get #wishes() {
    return {
      suffix: suffix.value,
      contains: contains.value,
      without: without.value,
      min_length: number(minLength),
      max_length: number(maxLength),
      new: fresh.checked,
      unique: unique.checked,
      min_edits: number(minEdits),
      written: /** @type {Wish["written"]} */ (written.value),
      likeliest: likeliest.checked,
    };
  }

  #say() {
    words.textContent = wishWords(this.#wishes);
    clear.hidden = this.plain;
  }
}

/** @param {string} id @returns {HTMLInputElement} */
function input(id) {
  return byId(id);
}

/** 0 where nothing is typed. @param {HTMLInputElement} field */
function number(field) {
  return field.validity.badInput ? NaN : Number(field.value);
}

/** @param {HTMLInputElement} box */
function errorBelow(box) {
  return new FieldError(box, box.closest("label") ?? box);
}

function showTemperature() {
  byId("temperature-value").textContent = Number(temperature.value).toFixed(2);
}
