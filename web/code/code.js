/**
 * The view Code: the algorithm's files, as they are and as the visitor has changed them, each
 * with what Python's compiler has against it, and what differs from the original.
 *
 * Nothing is loaded for it until it is seen. Not about the editor (editor.js), nor about
 * running what was changed.
 */

import { keepCode, keptCode } from "../kept/code.js";
import { isWanted } from "../kept/wish.js";
import { byId } from "../page/dom.js";
import { grouped } from "../page/format.js";
import { UndoLine } from "../panels/undo.js";
import { FileTabs } from "./file-tabs.js";

/** By the name of a file. @typedef {Record<string, string>} Texts */
/** @typedef {import("./editor.js").Problem} Problem */

const CHECK_MS = 250; // after the last letter
const KEEP_MS = 500;
const KEPT = "What you change is kept in this browser, and nowhere else.";
const NOT_WANTED = "What you change is gone with this page: you have chosen that nothing is kept.";

const view = byId("view-code");
const status = byId("code-status");
const content = byId("of-code");
const about = byId("code-about");
const lines = byId("code-lines");
const kept = byId("code-kept");
const difference = byId("code-difference");
const differenceSummary = byId("code-difference-summary");
const differenceTables = byId("code-difference-tables");
const reset = /** @type {HTMLButtonElement} */ (byId("code-reset"));
const resetAll = /** @type {HTMLButtonElement} */ (byId("code-reset-all"));

/** Announces `change` when a file has another text, and when the files are there; `problems` when those are others; `run` when the visitor asks for that in the editor. */
export class CodeView extends EventTarget {
  #client;
  #undo = new UndoLine(byId("code-undo"));
  #tabs = new FileTabs((file) => this.open(file));
  /** @type {Promise<void> | null} */
  #loading = null;
  /** @type {Texts} */
  #originals = {};
  /** Every file as it is now. @type {Map<string, string>} */
  #texts = new Map();
  /** @type {Map<string, string>} */
  #abouts = new Map();
  /** What is wrong with each file: by the compiler, and by whoever ran it. @type {Map<string, {syntax: Problem[], told: Problem[]}>} */
  #problems = new Map();
  #file = "";
  /** @type {import("./editor.js").Editor | null} */
  #editor = null;
  /** @type {typeof import("./difference-table.js") | null} */
  #differences = null;
  /** Timers of the checks that are due, by file. @type {Map<string, number>} */
  #checks = new Map();
  #keeping = 0; // a timer
  /** Why the browser refused to keep what was changed last. @type {Error | null} */
  #notKept = null;
  /** Why what was put in last isn't there; until the next change. */
  #refused = "";
  /** What this tab knows to be kept. @type {Texts} */
  #known = {};
  /** Files that another tab has changed, too, and of which this tab's are kept. @type {Set<string>} */
  #over = new Set();

  /**
   * @param {import("../page/client.js").Client} client
   * @param {EventTarget & {shown: string}} views
   */
  constructor(client, views) {
    super();
    this.#client = client;
    const seen = () => void (view.hidden || this.load());
    views.addEventListener("change", seen);
    seen();
    reset.addEventListener("click", ({ detail }) => this.#reset([this.#file], detail === 0));
    resetAll.addEventListener("click", ({ detail }) => this.#reset(Object.keys(this.changes), detail === 0));
    difference.addEventListener("toggle", () => this.#showDifference());
    // What is hidden may never be shown again.
    document.addEventListener("visibilitychange", () => document.hidden && this.keepNow());
    addEventListener("pagehide", () => this.keepNow());
  }

  /** The files that differ from the original ones; none until the view was seen, or `load` is done. @returns {Texts} */
  get changes() {
    return Object.fromEntries([...this.#texts].filter(([file, text]) => text !== this.#originals[file]));
  }

  /** The files as the package has them. @returns {Texts} */
  get originals() {
    return { ...this.#originals };
  }

  /** Which of them have something that the compiler refuses. */
  get refused() {
    return [...this.#problems].filter(([, { syntax }]) => syntax.length).map(([file]) => file);
  }

  /** The line of a file in which that is, from 1; 0 where there is nothing. @param {string} file */
  refusedAt(file) {
    return this.#problems.get(file)?.syntax[0]?.line ?? 0;
  }

  /** Every file as it is now. @returns {Texts} */
  get texts() {
    return Object.fromEntries(this.#texts);
  }

  /**
   * Files as others want them; those that aren't named are as the package has them.
   * @param {Texts} changes
   * @param {string} [what] was done, in a sentence: then the visitor is offered to undo it
   */
  replace(changes, what = "") {
    const before = this.changes;
    for (const [file, original] of Object.entries(this.#originals)) this.#change(file, changes[file] ?? original);
    if (what) this.#undo.offer(what, async () => this.replace(before));
    else this.#undo.withdraw(); // it would put back what was there before these
  }

  /**
   * Marks lines of a file, in place of those that were marked so before.
   * @param {string} file
   * @param {Problem[]} list
   */
  problems(file, list) {
    this.#ofFile(file).told = list;
    this.#showProblems(file);
  }

  /**
   * Shows a file.
   * @param {string} file
   * @param {number} [line] where the cursor goes
   * @param {boolean} [follow] whether the keyboard follows, and the page
   */
  open(file, line, follow = true) {
    const text = this.#texts.get(file);
    if (text === undefined || !this.#editor) return;
    this.#file = file;
    this.#editor.label = `Code of ${file}`;
    this.#editor.open(file, text);
    this.#showProblems(file);
    this.#show();
    if (line && follow) this.#editor.goTo(line);
    else if (line) this.#editor.showLine(line);
  }

  /** What is kept was deleted: so is what was changed here, if that was kept. */
  forget() {
    if (this.#editor && isWanted() && !this.#notKept) this.replace({});
  }

  /** What was deleted is back. */
  async again() {
    const found = await keptCode().catch(() => ({})); // then this tab's own are all there is
    this.#known = { ...found };
    if (this.#editor) this.replace({ ...found, ...this.changes });
  }

  /** Gets all that the view needs, the first time. */
  load() {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = null; // the next time that it is opened
      const reason = /** @type {Error} */ (error).message.replace(/\.$/, "");
      status.textContent = `The code can't be shown: ${reason}. Your model and your changes are as they were. Open this view again to try once more, or reload the page.`;
    });
    return this.#loading;
  }

  async #load() {
    status.textContent = "Loading the files and the editor…";
    const [files, { Editor, MOST }, differences, changed] = await Promise.all([
      this.#client.call("sources"),
      import("./editor.js"),
      import("./difference-table.js"),
      keptCode().catch(() => /** @type {Texts} */ ({})),
    ]);
    this.#known = { ...changed };
    for (const { name, about, text } of files) {
      this.#originals[name] = text;
      this.#abouts.set(name, about);
      this.#texts.set(name, Object.hasOwn(changed, name) ? String(changed[name]) : text);
    }
    lines.textContent = `${grouped(files.reduce((sum, file) => sum + file.lines, 0))} lines of code`;
    status.textContent = "";
    content.hidden = false;
    this.#tabs.offer(files);
    this.#differences = differences;
    const editor = (this.#editor = new Editor(byId("code-editor"), { label: "Code" }));
    editor.addEventListener("change", () => {
      // What was typed since would go.
      if (editor.text !== this.#texts.get(this.#file)) this.#undo.withdraw();
      this.#change(this.#file, editor.text);
    });
    editor.addEventListener("refused", () => {
      this.#refused = `That is too much: a file can have ${grouped(MOST)} characters. ${this.#file} is as it was.`;
      this.#sayKept();
    });
    editor.addEventListener("run", () => this.dispatchEvent(new Event("run")));
    this.open(files[0]?.name ?? "");
    for (const file of Object.keys(this.changes)) void this.#check(file);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * A file has another text, by whomever.
   * @param {string} file
   * @param {string} text
   */
  #change(file, text) {
    if (text === this.#texts.get(file)) return;
    this.#refused = "";
    this.#texts.set(file, text);
    if (file === this.#file && this.#editor) this.#editor.text = text;
    clearTimeout(this.#checks.get(file));
    this.#checks.set(file, window.setTimeout(() => void this.#check(file), CHECK_MS));
    this.#keeping ||= window.setTimeout(() => this.keepNow(), KEEP_MS);
    this.#show();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} file */
  async #check(file) {
    const text = String(this.#texts.get(file));
    const asked = text === this.#originals[file] ? null : this.#client.call("checkSource", file, text);
    const found = await Promise.resolve(asked).catch(() => null); // Python is gone, as the page says
    if (text !== this.#texts.get(file)) return; // another check is on its way
    this.#ofFile(file).syntax = found ? [found] : [];
    this.#showProblems(file);
  }

  /** @param {string} file */
  #ofFile(file) {
    const of = this.#problems.get(file) ?? { syntax: [], told: [] };
    this.#problems.set(file, of);
    return of;
  }

  /** @param {string} file */
  #showProblems(file) {
    const { syntax, told } = this.#ofFile(file);
    if (file === this.#file) this.#editor?.problems([...syntax, ...told]);
    this.#tabs.mark(file, { wrong: syntax.length + told.length > 0 });
    this.dispatchEvent(new Event("problems"));
  }

  /** All but the text itself. */
  #show() {
    const changes = this.changes;
    for (const file of this.#texts.keys()) this.#tabs.mark(file, { changed: Object.hasOwn(changes, file) });
    this.#tabs.select(this.#file);
    about.textContent = this.#abouts.get(this.#file) ?? "";
    reset.textContent = `Reset ${this.#file}`;
    reset.disabled = !Object.hasOwn(changes, this.#file);
    resetAll.disabled = Object.keys(changes).length === 0;
    this.#showDifference();
    this.#sayKept();
  }

  #showDifference() {
    if (!this.#differences) return;
    const changes = Object.entries(this.changes);
    const { differenceTable, differenceWords } = this.#differences;
    const original = (/** @type {string} */ file) => String(this.#originals[file]);
    difference.hidden = changes.length === 0;
    differenceSummary.textContent = `Difference to the original: ${changes
      .map(([file, text]) => `${file}, ${differenceWords(original(file), text)}`)
      .join("; ")}`;
    if (!(/** @type {HTMLDetailsElement} */ (difference).open)) return;
    differenceTables.replaceChildren(...changes.map(([file, text]) => differenceTable(file, original(file), text)));
  }

  /**
   * @param {string[]} files
   * @param {boolean} byKeyboard
   */
  #reset(files, byKeyboard) {
    const others = Object.entries(this.changes).filter(([file]) => !files.includes(file));
    const what = files.length === 1 ? `${files[0]} is` : `${files.length} files are`;
    this.replace(Object.fromEntries(others), `${what} as the original again.`);
    if (byKeyboard) this.#undo.focus(); // what was pressed can't be pressed any more
  }

  /** Keeps what is about to be kept. */
  keepNow() {
    if (!this.#keeping) return;
    clearTimeout(this.#keeping);
    this.#keeping = 0;
    const said = (/** @type {Error | null} */ problem) => {
      this.#notKept = problem;
      this.#sayKept();
    };
    keepCode(this.changes, this.#known).then((over) => {
      for (const file of over) this.#over.add(file);
      said(null);
    }, said);
  }

  #sayKept() {
    const keeps = isWanted() ? `${KEPT}${over([...this.#over])}` : NOT_WANTED;
    const words = this.#refused || (this.#notKept ? notKept(this.#notKept) : keeps);
    if (kept.textContent !== words) kept.textContent = words; // else it would be read out at each letter
  }
}

/** @param {string[]} files */
function over(files) {
  if (!files.length) return "";
  return ` Another tab has changed ${files.join(", ")}, too: what was typed last is kept, and the other tab has its own until it is closed.`;
}

/** @param {Error} problem */
function notKept({ name, message }) {
  const reason = name === "QuotaExceededError" ? "this browser has no room" : message.replace(/\.$/, "");
  return `Your changes aren't kept: ${reason}. They are here until you close the page; copy what you want to keep.`;
}
