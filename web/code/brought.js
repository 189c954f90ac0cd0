/**
 * Changed code that a link or a file has brought: shown as a difference, with what it could do,
 * and run by a press and not before. Not about opening it (page/openings.js), nor about running
 * it: whoever hears `run` does.
 */

import { byId, element } from "../page/dom.js";
import { visible } from "./difference.js";

const card = byId("code-brought");
const heading = byId("code-brought-heading");
const provenance = byId("code-brought-provenance");
const note = byId("code-brought-note");
const tables = byId("code-brought-tables");
const said = byId("code-brought-said");
const put = /** @type {HTMLButtonElement} */ (byId("code-brought-put"));
const run = /** @type {HTMLButtonElement} */ (byId("code-brought-run"));
const could = byId("code-brought-could");
const aside = byId("code-aside");
const asideWhat = byId("code-aside-what");
const asideBack = byId("code-aside-back");
const ACTIONS = [put, run];

const UNSEEN = "Some characters in it can’t be seen, or change how others are seen; they are written as \\u202e is here.";
const MODEL = "The file has a model without its run. It can’t be sampled here; with its code in the editor you can train another one.";

/**
 * What was brought.
 * @typedef {object} Brought
 * @property {Opened & {changed: ChangedCode}} opened
 * @property {Blob | null} saved the file, of a run that can go on
 * @property {string} link of a recipe, or ""
 */

/** Announces `run` when the code stands in the editor and is to be run: with a Brought, and its changed files. */
export class BroughtCard extends EventTarget {
  #code;
  /** @type {Brought | null} */
  #brought = null;
  /** The visitor's own changes, which others took the place of; the newest last. @type {import("./code.js").Texts[]} */
  #aside = [];
  /** What was put into the editor last: whoever has changed nothing since has nothing to lose. */
  #put = "";

  /** @param {import("./code.js").CodeView} code */
  constructor(code) {
    super();
    this.#code = code;
    put.addEventListener("click", () => void this.#edit());
    run.addEventListener("click", () => void this.#run());
    code.addEventListener("change", () => this.#aside.length && this.#showAside());
    asideBack.addEventListener("click", () => this.#putBack());
    byId("code-brought-dismiss").addEventListener("click", () => {
      this.hide();
      byId("tab-code").focus({ preventScroll: true });
    });
  }

  /**
   * Nothing of it runs.
   * @param {Brought} brought
   */
  async show(brought) {
    const { opened } = (this.#brought = brought);
    const { files, difference, problem, goes_on } = opened.changed;
    card.hidden = false;
    heading.textContent = `This ${opened.kind} changes the algorithm`;
    provenance.textContent = opened.provenance;
    const isSeen = files.every(({ text }) => text.split("\n").every((line) => visible(line) === line));
    note.textContent = [problem, opened.kind === "model" ? MODEL : "", isSeen ? "" : UNSEEN].filter(Boolean).join(" ");
    said.textContent = "";
    run.textContent = goes_on ? "Run it, from where it is" : "Run it";
    run.hidden = opened.kind === "model";
    for (const button of ACTIONS) button.disabled = true; // until it is seen
    could.hidden = files.length === 0;
    tables.replaceChildren(...(files.length ? [] : [asText(difference)]));
    await this.#code.load();
    const { differenceTable } = await import("./difference-table.js");
    if (this.#brought !== brought || !files.length) return;
    const { originals } = this.#code;
    tables.replaceChildren(...files.map(({ name, text }) => differenceTable(name, originals[name] ?? "", text)));
    for (const button of ACTIONS) button.disabled = false;
  }

  /** Something else was opened, or it isn't wanted. */
  hide() {
    card.hidden = true;
    this.#brought = null;
    tables.replaceChildren();
  }

  /** @returns {Promise<(Brought & {changes: import("./code.js").Texts}) | null>} what stands in the editor then; null where that can't be */
  async #edit() {
    const brought = this.#brought;
    await this.#code.load();
    if (!brought || brought !== this.#brought) return null;
    const { changed, text_name } = brought.opened;
    const changes = Object.fromEntries(changed.files.map(({ name, text }) => [name, text]));
    const own = this.#code.changes;
    const isTheirs = [this.#put, JSON.stringify(changes)].includes(JSON.stringify(own));
    if (Object.keys(own).length && !isTheirs) this.#aside.push(own);
    this.#code.replace(changes, `The code of the ${brought.opened.kind} on ${text_name} is in the editor.`);
    this.#put = JSON.stringify(this.#code.changes);
    this.#showAside();
    said.textContent = "It is in the editor, and has not run.";
    return { ...brought, changes };
  }

  async #run() {
    const brought = await this.#edit();
    if (!brought) return;
    this.hide();
    this.dispatchEvent(new CustomEvent("run", { detail: brought }));
  }

  #putBack() {
    const own = this.#aside.pop();
    if (own) this.#code.replace(own, "Your own changes are in the editor again.");
    this.#showAside();
    if (aside.hidden) byId("tab-code").focus({ preventScroll: true }); // the button has gone
  }

  #showAside() {
    const now = JSON.stringify(this.#code.changes);
    while (JSON.stringify(this.#aside.at(-1)) === now) this.#aside.pop(); // they are back, by Undo perhaps
    const own = this.#aside.at(-1);
    aside.hidden = !own;
    asideWhat.textContent = own ? `Your own changes (${Object.keys(own).join(", ")}) are put aside until you close this page.` : "";
  }
}

/** A difference that can't be made into files here. @param {string} difference */
function asText(difference) {
  const text = element("pre", difference, "brought-text");
  text.tabIndex = 0;
  text.role = "region";
  text.ariaLabel = "Difference";
  return text;
}
