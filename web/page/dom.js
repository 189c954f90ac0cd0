/** Elements of the page: found by id, made with their text; and files for the visitor. */

import { nameOf, sightOf } from "./characters.js";

/**
 * @template {HTMLElement} T
 * @param {string} id of an element that index.html has
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}.`);
  return /** @type {T} */ (element);
}

/**
 * An element with text in it and a class.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [text]
 * @param {string} [className]
 */
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/**
 * What a model has made up: apart from the page's own words, and named where nobody can see it.
 * @param {string} text
 * @param {string} [className]
 */
export function madeUp(text, className) {
  const made = element("bdi", "", className);
  writeMadeUp(made, text);
  return made;
}

/** @param {HTMLElement} place @param {string} text */
export function writeMadeUp(place, text) {
  place.textContent = text;
  if (text && !sightOf(text)) place.dataset.unseen = nameOf(text);
}

/**
 * A button, made with what it says.
 * @param {string} text
 * @param {() => void} press
 * @param {string} [className]
 */
export function button(text, press, className = "quiet") {
  const made = element("button", text, className);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/**
 * Hands a file to the visitor.
 * @param {string} name
 * @param {BlobPart[]} parts
 * @param {string} type
 */
export function saveFile(name, parts, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  // The download has its own hold on the blob once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
