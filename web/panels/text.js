/**
 * Step 1: where the text comes from (example, file, drop, paste) and what is in it.
 * The text itself is kept and checked by Python; this only carries its bytes there.
 * Not about how it is read: see reading.js.
 */

import { isForVisitor } from "../page/alerts.js";
import { checked } from "../page/checked.js";
import { wasEnded, WorkerError } from "../page/client.js";
import { byId, element } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { Queue } from "../page/queue.js";
import { acceptDrops } from "./drop.js";
import { EncodingOffer } from "./encodings.js";
import { showDocuments } from "./look-closer.js";
import { advanceReading, beginReading, endReading, readNext } from "./reading-progress.js";
import { ReadingForm } from "./reading.js";
import { changed, figures, isChoice } from "./reading-words.js";

const PASTE_PAUSE_MS = 400; // after the last key, before what was typed is read
const OWN = "own";
const AS_LINES = { documents: /** @type {const} */ ("line") }; // the examples, whatever they look like
const CAME_WITH_A_RUN = "It came with a run, as it was read there. Bring the text itself to read it in another way.";

const example = /** @type {HTMLSelectElement} */ (byId("example"));
const file = /** @type {HTMLInputElement} */ (byId("file"));
const paste = /** @type {HTMLTextAreaElement} */ (byId("paste"));
const corpus = byId("corpus");
const fit = byId("fit");
const lookFor = byId("look-for");
/** @type {Map<Source, FieldError>} */
const errors = new Map();
errors.set(example, new FieldError(example));
errors.set(file, new FieldError(file, byId("upload")));
errors.set(paste, new FieldError(paste));

/** The control that a text was brought by. @typedef {HTMLSelectElement | HTMLInputElement | HTMLTextAreaElement} Source */

/**
 * A text on its way.
 * @typedef {object} Coming
 * @property {string} note on what it is
 * @property {string} name
 * @property {Source} source the control that it was brought by
 * @property {() => Promise<ArrayBuffer>} read
 * @property {() => void} [takeSettings] those that come with it, once it has come
 * @property {Example} [example] that it is
 * @property {Partial<Reading>} reading how; what isn't in it Python finds out
 */

/** What Python can be given to have a text as it has it now. @typedef {Pick<Coming, "name" | "read" | "reading">} Given */

/**
 * Announces `loaded` when a text was read or refused, `saved` when a saved model was brought,
 * and `temperature` when that of an example comes or goes.
 */
export class TextPanel extends EventTarget {
  /** The text in use, as Python described it. @type {TextReport | null} */
  report = null;
  /** Another one for each text that was taken. */
  version = 0;
  #client;
  #state;
  #settings;
  /** @type {Example[]} */
  #examples = [];
  /** Texts are read one after the other, so that the last good one is the one in use. */
  #reading = new Queue();
  /** Whether the newest text will be taken, while that is not yet known. @type {Promise<boolean> | null} */
  #loading = null;
  /** What the list of examples shows for the text in use. */
  #example = OWN;
  #pasteTimer = 0;
  #maxBytes;
  #form = new ReadingForm();
  #encodings = new EncodingOffer();
  /** Where the text in use came from; null if it came with a run. @type {Coming | null} */
  #source = null;
  /** Whose bytes Python was given last; it may have refused them. @type {Coming | null} */
  #last = null;
  /** What the visitor has chosen for what is in the paste field, which is read again when that changes. @type {Partial<Reading>} */
  #pasted = {};
  /** The text in use, where it came with a run or a recipe: it is nowhere else on this page. @type {Given | null} */
  #cameWithRun = null;
  /** Whether Python is still to be given the text in use. */
  #absent = false;
  /** How often the text in use was to be read in another way. */
  #asked = 0;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("./settings.js").SettingsForm} settings
   * @param {Site} site
   */
  constructor(client, state, settings, site) {
    super();
    this.#client = client;
    this.#state = state;
    this.#settings = settings;
    this.#maxBytes = site.maxBytes;
    example.addEventListener("change", () => this.#useExample(true));
    state.addEventListener("change", () => this.#showLookFor());
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) this.#bring(chosen);
    });
    // So that choosing the same file again, edited meanwhile, is a change.
    file.addEventListener("click", () => (file.value = ""));
    paste.addEventListener("input", () => {
      clearTimeout(this.#pasteTimer);
      this.#pasteTimer = window.setTimeout(() => this.#usePasted(), PASTE_PAUSE_MS);
    });
    settings.addEventListener("blocksize", () => void this.#describe());
    fit.addEventListener("click", () => {
      if (this.report) settings.blockSize = this.report.block_size_needed;
      settings.focusBlockSize(); // the button has done its work and goes
    });
    this.#form.addEventListener("change", () => this.#readAgain());
    this.#form.addEventListener("encoding", () => this.#otherEncoding());
    this.#encodings.addEventListener("read", () => this.#readAs(this.#encodings.value));
    client.on("reading", advanceReading);
    client.addEventListener("restarted", () => this.#giveAgain());
    acceptDrops(state, (dropped) => this.#bring(dropped));
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
    // A visitor who was faster than this script, or came back, has brought a text already.
    const chosen = file.files?.[0];
    if (chosen) this.#bring(chosen);
    else if (paste.value) this.#usePasted();
    else if (!this.#loading && !this.report) this.#useExample(false);
  }

  /**
   * Show a text that came with an opened run or recipe, and that Python has already.
   * @param {TextReport} report
   * @param {string} note
   * @param {TextBeside | null} own the text itself
   */
  show(report, note, own) {
    this.#reading.cancel();
    clearTimeout(this.#pasteTimer);
    this.#pasteTimer = 0;
    this.#source = this.#last = null;
    this.#use(report);
    if (own) this.#cameWithRun = given(own);
    this.#settings.example = null;
    this.#showSource(corpus, note);
    this.#form.introduce(false);
    // Whether it was composed before it was saved is not known.
    this.#form.show({ ...report, reading: { ...report.reading, normalize: true } }, CAME_WITH_A_RUN);
    this.#show();
  }

  /** Python has started anew, or another text has come too late: it is given the one in use once more. */
  #giveAgain() {
    const { report } = this;
    if (!report) return;
    this.#last = null;
    const source = this.#source;
    const again = source ? { ...source, reading: report.reading } : this.#cameWithRun;
    if (!again) return;
    this.#absent = true;
    this.#inTurn("wait", report, async () => {
      try {
        const [data, blockSize] = [await again.read(), this.#blockSize()];
        this.report = await this.#client.call("load", data, again.name, blockSize, again.reading);
        this.#last = source;
        this.#absent = false;
        if (this.#blockSize() !== blockSize) await this.#describe();
      } catch (error) {
        this.#lost(error, report);
      }
      return this.report !== null;
    });
  }

  /**
   * Python can't be given the text again: it came from a file that is gone, or by the network.
   * @param {unknown} error
   * @param {TextReport} report
   */
  #lost(error, { name }) {
    if (wasEnded(error)) return; // then it is given once more
    this.report = null;
    this.#state.note({ text: false });
    errors.get(example)?.show(whyRefused(/** @type {Error} */ (error), name));
  }

  /**
   * Take a built-in example, but not its settings: a recipe has its own.
   * @param {string} name of its file
   * @returns {Promise<boolean>} whether there is one, and it was read
   */
  async useExample(name) {
    if (!this.#examples.some((e) => e.file === name)) return false;
    example.value = name;
    this.#useExample(false);
    return this.settled();
  }

  /** Whether the text in use is the one that the page took by itself. */
  get isFirstExample() {
    return this.#example === this.#examples[0]?.file;
  }

  /** Waits until what was just chosen or typed has been read; false if it was refused. */
  async settled() {
    if (this.#pasteTimer) this.#usePasted();
    let taken = true;
    while (this.#loading) taken = await this.#loading; // another may have been chosen meanwhile
    return taken;
  }

  /** @param {boolean} settings whether its own are taken over */
  #useExample(settings) {
    const chosen = this.#examples.find((e) => e.file === example.value);
    if (!chosen) return;
    if (settings) this.#settings.noteEdits();
    const read = async () => {
      try {
        return await checked(`examples/${chosen.file}`, (response) => response.arrayBuffer());
      } catch (error) {
        const message = `${/** @type {Error} */ (error).message} Check the connection and choose it again.`;
        throw new WorkerError({ name: "MicrogptError", message, stack: "" });
      }
    };
    const note = `${chosen.note[0]?.toUpperCase()}${chosen.note.slice(1)}.`;
    const takeSettings = () => void (settings && this.#useSettings(chosen));
    this.#load({ note, name: chosen.title, source: example, read, takeSettings, example: chosen, reading: AS_LINES });
  }

  /** @param {Example} chosen */
  #useSettings({ settings, temperature }) {
    this.#settings.takeAroundEdits(settings);
    this.#announceTemperature(null, temperature);
  }

  /**
   * An example's settings go with it, and the original's come; others are the visitor's.
   * @returns {boolean} whether they have changed
   */
  #leaveSettings() {
    const before = this.#inUse;
    if (!before || !this.#settings.is(before.settings)) return false;
    this.#settings.take(this.#settings.original);
    this.#announceTemperature(before.temperature, null);
    return true;
  }

  /**
   * @param {number | null} from the one that it takes the place of, or null for any
   * @param {number | null} to null for the original's
   */
  #announceTemperature(from, to) {
    this.dispatchEvent(new CustomEvent("temperature", { detail: { from, to } }));
  }

  /** The example that the text in use is, if it is one. */
  get #inUse() {
    return this.#examples.find((e) => e.file === this.#example);
  }

  /** A text; or a saved model, which isn't read as one. @param {File} brought */
  #bring(brought) {
    if (!brought.name.toLowerCase().endsWith(".safetensors")) return this.#useFile(brought);
    file.value = ""; // it shows where the text in use came from
    this.dispatchEvent(new CustomEvent("saved", { detail: brought }));
  }

  /** @param {File} chosen */
  #useFile(chosen) {
    // One byte too many is refused by Python, which words the reason; no more is ever read.
    const part = chosen.slice(0, this.#maxBytes + 1);
    this.#load({ note: "", name: chosen.name, source: file, read: () => part.arrayBuffer(), reading: {} });
  }

  #usePasted() {
    clearTimeout(this.#pasteTimer);
    this.#pasteTimer = 0;
    if (!paste.value) return void (this.#pasted = {}); // emptied, to make room: what was read from it stays in use
    const bytes = new TextEncoder().encode(paste.value.slice(0, this.#maxBytes + 1));
    this.#load({ note: "", name: "Pasted text", source: paste, read: async () => bytes.slice().buffer, reading: this.#pasted });
  }

  /** @param {Coming} coming */
  #load(coming) {
    if (this.#state.name === "loading") {
      corpus.replaceChildren(element("p", `${coming.name} will be read as soon as Python is up.`));
    }
    this.#inTurn("wait", coming, (signal) => this.#loadNow(coming, coming.reading, signal));
  }

  /**
   * A text is read when those before it have been.
   * @param {import("../page/queue.js").Policy} policy
   * @param {{name: string}} coming
   * @param {(signal: AbortSignal) => Promise<boolean>} task gives whether it was taken
   */
  #inTurn(policy, coming, task) {
    if (this.#loading) readNext(coming.name);
    const reading = this.#reading.run(policy, async (signal) => {
      if (this.#state.name !== "loading") beginReading(coming.name);
      const taken = await task(signal).finally(endReading);
      if (signal.aborted) return taken;
      this.#show();
      this.dispatchEvent(new Event("loaded"));
      return taken;
    });
    // Called off where another text came with a run or a recipe: that one is in use.
    const loading = (this.#loading = reading.then((taken) => {
      if (this.#loading === loading) this.#loading = null;
      return taken ?? true;
    }));
  }

  /**
   * @param {Coming} coming
   * @param {Partial<Reading>} reading
   * @param {AbortSignal} signal
   */
  async #loadNow(coming, reading, signal) {
    try {
      const data = await coming.read();
      if (signal.aborted) return true;
      coming.takeSettings?.();
      this.#last = coming;
      await this.#take(coming, async (blockSize) => {
        const report = await this.#client.call("load", data, coming.name, blockSize, reading);
        if (!signal.aborted) return report;
        this.#giveAgain(); // one has come with a run meanwhile
        return null;
      });
      return true;
    } catch (error) {
      await this.#refused(error, coming);
      return false;
    }
  }

  /**
   * @param {Coming} coming
   * @param {(blockSize: number) => Promise<TextReport | null>} ask
   */
  async #take(coming, ask) {
    const blockSize = this.#blockSize();
    const report = await ask(blockSize);
    if (!report) return; // the text of what was opened is in use
    const before = this.#source;
    this.#source = coming;
    this.#cameWithRun = null;
    this.#use(report);
    if (coming !== before) this.#introduce(coming, report, before?.source === paste);
    if (this.#blockSize() !== blockSize) await this.#describe();
  }

  /**
   * Another text is in use.
   * @param {Coming} coming
   * @param {TextReport} report
   * @param {boolean} pasted whether the one before was
   */
  #introduce({ source, note, example: chosen }, report, pasted) {
    if (!chosen) this.#leaveSettings();
    this.#settings.example = chosen?.settings ?? null;
    if (source !== paste) this.#pasted = {};
    this.#showSource(source, note);
    // What is pasted is another text with every key.
    if (source !== paste || !pasted) this.#form.introduce(!chosen && isChoice(report));
    this.#form.show(report, "");
  }

  /** The text in use is read as the form says; of several such wishes the newest counts. */
  #readAgain() {
    const [coming, report, asked] = [this.#source, this.report, ++this.#asked];
    if (!coming || !report) return;
    const [reading, pasted] = [this.#form.value, this.#pasted];
    if (coming.source === paste) this.#pasted = { ...this.#pasted, ...changed(report.reading, reading) };
    this.#inTurn("newest wins", coming, async () => {
      if (coming !== this.#source) return true; // another has come meanwhile
      try {
        await this.#take(coming, (blockSize) => this.#again(coming, reading, blockSize));
        // Unless the visitor has changed more, or opened what has its own text.
        if (asked === this.#asked && coming === this.#source && this.report) this.#form.show(this.report, "");
      } catch (error) {
        if (coming.source === paste) this.#pasted = pasted;
        this.#stays(error, coming);
      }
      return true; // the text is in use, in one way or the other
    });
  }

  /**
   * The text in use can't be read as was asked, and stays as it was.
   * @param {unknown} error
   * @param {Coming} coming
   */
  #stays(error, { name }) {
    const field = error instanceof WorkerError ? error.field : "";
    if (this.report) this.#form.refuse(this.report, whyRefused(/** @type {Error} */ (error), name), field);
  }

  /**
   * Python has the bytes that came last; others are brought once more.
   * @param {Coming} coming
   * @param {Partial<Reading>} reading
   * @param {number} blockSize
   */
  async #again(coming, reading, blockSize) {
    if (this.#last === coming) return this.#client.call("readAgain", reading, blockSize);
    const data = await coming.read();
    this.#last = coming;
    return this.#client.call("load", data, coming.name, blockSize, reading);
  }

  /** What was refused, or is in use, is read in an encoding that the visitor knows. @param {string} encoding */
  #readAs(encoding) {
    const coming = this.#last;
    if (!coming) return;
    const { reading: before = { column: "" } } = (coming === this.#source && this.report) || {};
    const column = /^[ -~]*$/.test(before.column) ? before.column : ""; // others are called otherwise then
    const reading = { ...before, column, encoding };
    coming.source.focus({ preventScroll: true }); // the button goes
    this.#inTurn("newest wins", coming, async () => {
      if (coming !== this.#last) return true; // another has come meanwhile
      try {
        await this.#take(coming, (blockSize) => this.#client.call("readAgain", reading, blockSize));
        if (coming === this.#source && this.report) this.#form.show(this.report, "");
        return true;
      } catch (error) {
        await this.#refused(error, coming);
        return false;
      }
    });
  }

  /** The visitor thinks that the text in use was read in a wrong encoding. */
  #otherEncoding() {
    const [coming, report] = [this.#source, this.report];
    if (!coming || !report) return;
    const { reading } = report;
    this.#inTurn("newest wins", coming, async () => {
      if (coming !== this.#source) return true;
      try {
        if (this.#last !== coming) await this.#take(coming, (blockSize) => this.#again(coming, reading, blockSize));
        this.#encodings.show(await this.#client.call("encodingPreviews"), coming.name);
        this.#encodings.focus();
      } catch (error) {
        this.#stays(error, coming);
      }
      return true;
    });
  }

  /** @param {TextReport} report */
  #use(report) {
    this.report = report;
    this.#absent = false;
    this.version++;
    for (const error of errors.values()) error.clear();
    this.#encodings.hide();
    this.#state.note({ text: true });
  }

  /**
   * Only one control shows where the text in use came from.
   * @param {HTMLElement} source
   * @param {string} note
   */
  #showSource(source, note) {
    this.#example = source === example ? example.value : OWN;
    example.value = this.#example;
    byId("example-note").textContent = note;
    if (source !== file) file.value = "";
    if (source !== paste && !this.#pasteTimer) paste.value = "";
  }

  /**
   * @param {unknown} error
   * @param {Coming} coming
   */
  async #refused(error, { name, source }) {
    example.value = this.#example;
    file.value = "";
    this.#encodings.hide();
    for (const each of errors.values()) each.clear();
    const kept = this.report ? `Still in use: ${this.report.name}.` : "No text is loaded yet.";
    errors.get(source)?.show(`${whyRefused(/** @type {Error} */ (error), name)} ${kept}`);
    if (!source.contains(document.activeElement)) this.revealError(); // it was dropped on the page
    if (!(error instanceof WorkerError) || error.field !== "encoding") return;
    this.#encodings.show(await this.#client.call("encodingPreviews"), name);
  }

  /** Brings in sight why the last text was refused. */
  revealError() {
    for (const error of errors.values()) if (error.message) error.reveal();
  }

  async #describe() {
    if (!this.report || this.#absent) return;
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
    const name = element("strong");
    name.append(element("bdi", report.name));
    const first = element("p");
    first.append(name, `: ${figures(report, this.#inUse?.noun)}`);
    corpus.replaceChildren(first, ...report.notes.map((note) => element("p", note, "help")));
    const needed = report.block_size_needed;
    const { documents, split_long } = report.reading;
    fit.hidden =
      needed <= this.#blockSize() ||
      documents === "running" || // as long as block_size, whatever that is
      split_long ||
      !this.#settings.blockSizeIsFree ||
      needed > this.#settings.maximumBlockSize;
    showDocuments(report, this.#blockSize());
    this.#showLookFor();
  }

  /** Once a model has learned from an example, and long enough: what to look for in its samples. */
  #showLookFor() {
    const { name, run } = this.#state;
    const chosen = this.#inUse;
    const learned =
      chosen && name === "finished" && run?.name === chosen.title && run.steps >= this.#settings.stepsOf(chosen.settings);
    lookFor.textContent = learned ? chosen.look_for : "";
  }
}

/** @param {TextBeside} own @returns {Given} */
function given({ name, data, reading }) {
  const bytes = new Blob([/** @type {BlobPart} */ (data)]); // which browsers need not have in memory
  return { name, reading, read: () => bytes.arrayBuffer() };
}

/**
 * @param {Error} error
 * @param {string} name
 */
function whyRefused(error, name) {
  if (["NotReadableError", "NotFoundError"].includes(error.name)) {
    return `${name} could not be read. Is it a folder, or was it moved? Choose it again.`;
  }
  if (isForVisitor(error)) return error.message;
  if (wasEnded(error)) return `${name} was not read to its end. Bring it again.`;
  console.error(error);
  return `Something went wrong in this page (${error.name}: ${error.message}). Reload it to begin again.`;
}
