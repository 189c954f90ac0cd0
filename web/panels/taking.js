/** Taking names along: into the clipboard, and into files with all that is known of them. */

import { saveFile } from "../page/dom.js";
import { counted } from "../page/format.js";
import { sentence } from "./explained.js";
import { namesCsv, namesJson, withoutFigures } from "./exports.js";

const FILES = {
  csv: { written: namesCsv, type: "text/csv" },
  json: { written: namesJson, type: "application/json" },
};
const SAID_EVERY = 50; // names whose figures are asked for

/**
 * @param {string[]} texts
 * @param {string} noun
 * @param {HTMLElement} list where they stand
 * @param {HTMLElement} said where it is said what became of it
 */
export async function copyNames(texts, noun, list, said) {
  try {
    await navigator.clipboard.writeText(texts.join("\n"));
    said.textContent = `${counted(texts.length, noun)} copied.`;
  } catch {
    // Without https, or where it is forbidden: leave them selected instead.
    getSelection()?.selectAllChildren(list);
    said.textContent = "This browser doesn't let a page copy. They are selected: press Ctrl+C.";
  }
}

/**
 * A file of names with what is known of each, or what can be asked.
 * @param {string} name of the file, without its extension
 * @param {keyof typeof FILES} kind
 * @param {{text: string, made?: Made | null}[]} names
 * @param {import("./explained.js").Explained} explained
 * @param {HTMLElement} said where it is said how far that is, and why it can't be done
 */
export async function saveNames(name, kind, names, explained, said) {
  /** @type {Made[]} */
  const found = [];
  try {
    for (const { text, made } of names) {
      found.push(made ?? (await explained.ask(text).catch((error) => withoutFigures(text, error))));
      if (found.length % SAID_EVERY === 0) said.textContent = `Looking at them: ${found.length} of ${names.length}…`;
    }
    saveFile(`${name}.${kind}`, [FILES[kind].written(found)], FILES[kind].type);
    said.textContent = `${counted(found.length, "name")} saved.`;
  } catch (error) {
    said.textContent = sentence(error);
  }
}
