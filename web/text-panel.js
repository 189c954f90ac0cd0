/**
 * Step 1: where the text comes from (example, file, drop, paste) and what is in it.
 * The text itself is kept and checked by Python; this only carries its bytes there.
 */

import { clearAlert, showAlert, showError } from "./alerts.js";
import { byId, counted, element } from "./format.js";

const PASTE_PAUSE_MS = 400; // after the last key, before what was typed is read
const OWN = "own";

const example = /** @type {HTMLSelectElement} */ (byId("example"));
const file = /** @type {HTMLInputElement} */ (byId("file"));
const paste = /** @type {HTMLTextAreaElement} */ (byId("paste"));
const fields = /** @type {HTMLFieldSetElement} */ (byId("text-fields"));
const corpus = byId("corpus");
const fit = /** @type {HTMLButtonElement} */ (byId("fit"));
const drop = byId("drop");

export class TextPanel extends EventTarget {
  /** The text in use, as Python described it. @type {TextReport | null} */
  report = null;
  #client;
  #settings;
  /** @type {Example[]} */
  #examples = [];
  /** The newest request to load; an earlier one that ends later is not shown. */
  #newest = 0;
  /** @type {Promise<void>} */
  #loading = Promise.resolve();
  #pasteTimer = 0;
  #maxBytes;

  /**
   * @param {import("./client.js").Client} client
   * @param {import("./settings-form.js").SettingsForm} settings
   * @param {Site} site
   */
  constructor(client, settings, site) {
    super();
    this.#client = client;
    this.#settings = settings;
    this.#maxBytes = site.maxBytes;
    example.addEventListener("change", () => this.#useExample());
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) this.#useFile(chosen);
    });
    paste.addEventListener("input", () => {
      clearTimeout(this.#pasteTimer);
      this.#pasteTimer = window.setTimeout(() => this.#usePasted(), PASTE_PAUSE_MS);
    });
    settings.addEventListener("blocksize", () => void this.#describe());
    fit.addEventListener("click", () => {
      if (this.report) settings.blockSize = this.report.block_size_needed;
    });
    this.#acceptDrops();
  }

  /** @param {Example[]} examples */
  offer(examples) {
    this.#examples = examples;
    example.append(...examples.map(({ file: name, title }) => new Option(title, name)));
    const own = new Option("Your own text", OWN);
    own.disabled = true; // says what is in use; chosen by bringing a text
    example.append(own);
    const sources = new Map(examples.map(({ title, source }) => [source, title]));
    for (const source of sources.keys()) {
      const titles = examples.filter((e) => e.source === source).map((e) => e.title.toLowerCase());
      sources.set(source, titles.join(", "));
    }
    byId("example-sources").textContent =
      [...sources].map(([source, titles]) => `${titles} (${source})`).join("; ") + ".";
    // A visitor who was faster than the list of examples has brought a text already.
    if (this.#newest === 0) this.#useExample();
  }

  /** @param {boolean} locked */
  set locked(locked) {
    fields.disabled = locked;
    fit.disabled = locked;
    byId("locked").hidden = !locked;
  }

  /** When everything that was chosen or typed so far has been read. */
  async settled() {
    if (this.#pasteTimer) this.#usePasted();
    await this.#loading;
  }

  #useExample() {
    const chosen = this.#examples.find((e) => e.file === example.value);
    if (!chosen) return;
    this.#forgetOthers(example);
    const read = async () => {
      const response = await fetch(new URL(`examples/${chosen.file}`, import.meta.url));
      if (!response.ok) throw new Error(`${chosen.file} is missing (HTTP ${response.status})`);
      return response.arrayBuffer();
    };
    this.#load(`${chosen.note[0]?.toUpperCase()}${chosen.note.slice(1)}`, chosen.title, read);
  }

  /** @param {File} chosen */
  #useFile(chosen) {
    this.#forgetOthers(file);
    // One byte too many is refused by Python, which words the reason; no more is ever read.
    const part = chosen.slice(0, this.#maxBytes + 1);
    this.#load("", chosen.name, () => part.arrayBuffer());
  }

  #usePasted() {
    clearTimeout(this.#pasteTimer);
    this.#pasteTimer = 0;
    this.#forgetOthers(paste);
    const bytes = new TextEncoder().encode(paste.value.slice(0, this.#maxBytes + 1));
    this.#load("", "Pasted text", async () => bytes.buffer);
  }

  /** Only one source is in use, and shown as such. @param {HTMLElement} used */
  #forgetOthers(used) {
    if (used !== example) example.value = OWN;
    if (used !== file) file.value = "";
    if (used !== paste) {
      clearTimeout(this.#pasteTimer);
      this.#pasteTimer = 0;
      paste.value = "";
    }
  }

  /**
   * @param {string} note on what it is
   * @param {string} name
   * @param {() => Promise<ArrayBuffer>} read
   */
  #load(note, name, read) {
    const mine = ++this.#newest;
    byId("example-note").textContent = note;
    if (document.documentElement.dataset.state === "loading") {
      corpus.replaceChildren(element("p", `${name} will be read as soon as Python is up.`));
    }
    this.#loading = (async () => {
      try {
        const data = await read();
        if (mine !== this.#newest) return;
        const report = await this.#client.call("load", data, name, this.#blockSize());
        if (mine !== this.#newest) return;
        this.report = report;
        clearAlert();
      } catch (error) {
        if (mine !== this.#newest) return;
        this.#refused(error, name);
      }
      this.#show();
      this.dispatchEvent(new Event("loaded"));
    })();
  }

  /**
   * @param {unknown} error
   * @param {string} name
   */
  #refused(error, name) {
    const kept = this.report ? `Still in use: ${this.report.name}.` : "No text is loaded yet.";
    if (/** @type {Error} */ (error).name === "NotReadableError") {
      showAlert(`${name} could not be read; was it moved or changed? Choose it again. ${kept}`);
    } else {
      showError(error, kept);
    }
  }

  async #describe() {
    if (!this.report) return;
    const report = await this.#client.call("describe", this.#blockSize());
    if (report.name === this.report.name) this.report = report;
    this.#show();
  }

  /** A block_size to describe the text with, also while the field holds nonsense. */
  #blockSize() {
    return Math.max(1, Math.round(this.#settings.blockSize) || 1);
  }

  #show() {
    const report = this.report;
    if (!report) return corpus.replaceChildren();
    const characters = counted(report.characters, "character");
    const figures = `${counted(report.documents, "document")}, ${characters} (${
      report.vocabulary.length === 1 ? "1 kind" : `${[...report.vocabulary].length} kinds`
    }), longest ${report.longest}.`;
    const name = element("strong", report.name);
    const first = element("p");
    first.append(name, `: ${figures}`);
    corpus.replaceChildren(first, ...report.notes.map((note) => element("p", note, "help")));
    fit.hidden = report.block_size_needed <= this.#blockSize();
    fit.textContent = `Set block_size to ${report.block_size_needed}`;
  }

  #acceptDrops() {
    const carriesFile = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => {
      if (!carriesFile(event)) return;
      event.preventDefault(); // else the browser would open the file in place of the page
      drop.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.hidden = true; // has left the window
    });
    document.addEventListener("drop", (event) => {
      drop.hidden = true;
      const dropped = event.dataTransfer?.files[0];
      if (!dropped) return;
      event.preventDefault();
      if (fields.disabled) {
        const name = this.report?.name ?? "the text";
        showAlert(
          `${dropped.name} was not taken: a run on ${name} is going on, and goes on. ` +
            "Press Stop first, then drop the file again.",
        );
      } else {
        this.#useFile(dropped);
      }
    });
  }
}
