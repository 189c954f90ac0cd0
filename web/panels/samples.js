/**
 * The view Samples: what the model makes up, as it is asked for, in the order that is wanted.
 * Not about the form (wishes.js), the rows (name-list.js), and looking closer at one (closer.js).
 */

import { clearAlert, showError } from "../page/alerts.js";
import { byId, saveFile } from "../page/dom.js";
import { counted } from "../page/format.js";
import { Closer, heard } from "./closer.js";
import { sentence } from "./explained.js";
import { namesText } from "./exports.js";
import { hold, NameList, release } from "./name-list.js";
import { OrderChoice } from "./order.js";
import { copyNames, saveNames } from "./taking.js";
import { progressWords } from "./wish-words.js";
import { WishForm } from "./wishes.js";

const list = byId("samples");
const copy = button("copy");
const download = button("download-samples");
const asCsv = button("download-csv");
const asJson = button("download-json");
const status = byId("sample-status");
const reason = byId("reason");
const makingRow = byId("making");
const progress = /** @type {HTMLProgressElement} */ (byId("making-progress"));

const FIRST_LOOK_MS = 500; // after a run has begun: one that is over sooner has samples of its end
const LOOK_MS = 2500; // between looks at what a model makes up while it learns …
const LOOK_SHARE = 10; // … or this many times what a look takes, if that is longer

/** @typedef {import("./order.js").Drawn} Drawn */

/** Announces `drawn` when there are other samples or there is another temperature, `forget` when there is another model. */
export class SamplesPanel extends EventTarget {
  #client;
  #state;
  #timeLine;
  #favourites;
  #form;
  #names = new NameList();
  #closer;
  #order;
  #explained;
  #ticket = 0;
  /** What has come of the newest request. @type {Drawn[]} */
  #drawn = [];
  /** How many of those the list has: not the ones that are never to come again. */
  #put = 0;
  /** Samples of kept steps, from the same random numbers: they need not be drawn again. @type {Map<string, Drawn[]>} */
  #frames = new Map();
  /** Whether samples of a kept step are being drawn, and whether another one is shown by now. */
  #drawing = false;
  #behind = false;
  /** When the next look is due, on the clock of performance.now(); Infinity once the visitor has asked. */
  #nextLook = 0;
  /** Whether samples are drawn that nobody has asked for. */
  #watching = false;
  /** How far the wish is that is being fulfilled. @type {(Making & {count: number, calledOff: boolean}) | null} */
  #making = null;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {Site} site
   * @param {import("../page/time-line.js").TimeLine} timeLine whose step samples are drawn at
   * @param {import("./favourites.js").FavouritesPanel} favourites
   * @param {import("./explained.js").Explained} explained
   */
  constructor(client, state, site, timeLine, favourites, explained) {
    super();
    this.#client = client;
    this.#state = state;
    this.#timeLine = timeLine;
    this.#favourites = favourites;
    this.#form = new WishForm(site.maxSamples);
    this.#explained = explained;
    this.#order = new OrderChoice(client);
    this.#closer = new Closer(this.#names, favourites, explained);
    this.#followForm();
    this.#followNames();
    client.on("sampled", (sample) => {
      if (sample.ticket === this.#ticket) this.#add(sample);
    });
    client.on("made", (made) => {
      if (made.ticket === this.#ticket) this.#receive(made);
    });
    timeLine.addEventListener("change", () => void this.#follow());
    state.addEventListener("change", () => {
      if (state.name === "training") this.forget(); // the end will be another
    });
  }

  #followForm() {
    const form = this.#form;
    form.addEventListener("ask", () => {
      this.#nextLook = Infinity; // what the visitor has asked for stays
      void (form.plain && !this.#favourites.blocked.length ? this.draw(false) : this.#make());
    });
    form.addEventListener("temperature", () => {
      // From the same random numbers, so that one sees what the temperature does. What took a search stays.
      if (this.#state.can("sample") && form.valid && form.plain) void this.draw(true);
      else this.dispatchEvent(new Event("drawn"));
    });
    byId("enough").addEventListener("click", () => {
      if (this.#making) this.#making.calledOff = true;
      void this.#client.call("stopMaking");
    });
    copy.addEventListener("click", () => void copyNames(this.texts, "sample", list, status));
    download.addEventListener("click", () => saveFile("samples.txt", [namesText(this.texts)], "text/plain"));
    const save = (/** @type {"csv" | "json"} */ kind) =>
      saveNames("samples", kind, this.#names.entries.filter(({ text }) => text), this.#explained, status);
    asCsv.addEventListener("click", () => void save("csv"));
    asJson.addEventListener("click", () => void save("json"));
  }

  #followNames() {
    const order = this.#order;
    heard(this.#closer, "choose", (text) => order.choose(text));
    heard(this.#closer, "sort", (text) => order.byLikeness(text));
    heard(this.#closer, "problem", (text) => (status.textContent = text));
    this.#closer.addEventListener("tint", () => void this.#explain());
    order.addEventListener("change", () => void this.#sort());
    this.#favourites.addEventListener("change", () => this.#leaveOut());
  }

  /** What the visitor has typed. */
  get temperature() {
    return this.#form.temperature;
  }

  /** Whether Python is asked for samples, or the list changes as in a film. */
  get busy() {
    return this.#making !== null || this.#drawing || this.#watching || this.#timeLine.playing;
  }

  set temperature(temperature) {
    this.#form.temperature = temperature;
  }

  /** What the list shows. */
  get texts() {
    return this.#names.entries.map(({ text }) => text);
  }

  /** @param {{from: number | null, to: number | null}} change see WishForm */
  changeTemperature(change) {
    this.#form.changeTemperature(change);
  }

  /** What the samples come from. @param {string} note */
  describeModel(note) {
    byId("model-note").textContent = note;
  }

  /** Forget what an earlier model made. @param {{prefix: boolean}} [also] the beginning, too */
  clear(also) {
    if (also?.prefix) this.#form.clearPrefix(); // the next model may not know its characters
    this.#ticket++;
    this.#endMaking();
    this.#drawn = [];
    this.#put = 0;
    this.#nextLook = performance.now() + FIRST_LOOK_MS;
    this.forget();
    this.#closer.leave();
    this.#names.clear();
    this.#names.forgetWidth();
    status.textContent = reason.textContent = "";
    this.#offer();
  }

  /** Now and then while a run goes on: what it makes up by now, from the same random numbers. */
  async watch() {
    const begin = performance.now();
    if (this.#watching || begin < this.#nextLook) return;
    this.#watching = true;
    await this.draw(true);
    this.#watching = false;
    const now = performance.now();
    if (this.#nextLook < Infinity) this.#nextLook = now + Math.max(LOOK_MS, LOOK_SHARE * (now - begin));
  }

  /** The steps that are kept are of other weights now. */
  forget() {
    this.#frames.clear();
    this.#explained.forget();
    this.dispatchEvent(new Event("forget"));
  }

  /**
   * Fill the list anew, from the model at the step shown.
   * @param {boolean} original as the original program draws them after training
   * @returns {Promise<boolean>} whether it has samples of this request
   */
  async draw(original) {
    const { count, temperature, prefix } = this.#form.wish;
    /** @type {SampleRequest} */
    const request = { ticket: this.#ticket + 1, count, temperature, prefix, original };
    const frame = this.#looking && original ? frameKey(this.#timeLine.wanted, request) : "";
    this.#begin(request.ticket);
    try {
      const known = this.#frames.get(frame);
      if (known) known.forEach((sample) => this.#add(sample));
      else await this.#ask(() => this.#client.call("sample", request));
      if (request.ticket !== this.#ticket) return false;
      if (frame) this.#frames.set(frame, this.#drawn);
      this.#names.cut(this.#put);
      this.#names.settle();
      if (this.#timeLine.playing || this.#watching) return true;
      this.#accepted();
      status.textContent = `${counted(this.#drawn.length, "sample")} drawn.${this.#leftOut}`;
      void this.#finish();
      return true;
    } catch (error) {
      if (request.ticket === this.#ticket && !this.#watching) this.#refused(error, !original);
      return false;
    }
  }

  /** Make what is wished for; the names before stay until the first ones come. */
  async #make() {
    const { wish } = this.#form;
    const ticket = this.#ticket + 1;
    const before = status.textContent;
    this.#begin(ticket);
    const own = { made: [], found: 0, draws: 0, accepted: 0, method: /** @type {const} */ ("draw"), complete: false, reason: "", count: wish.count, calledOff: false };
    this.#making = own;
    status.ariaLive = "off"; // figures that change all the time are not for reading out
    status.textContent = "Making them up…";
    progress.removeAttribute("value");
    makingRow.hidden = false;
    try {
      await this.#ask(() => this.#client.call("make", { ...wish, ticket }));
      if (ticket !== this.#ticket) return;
      const last = this.#making;
      this.#endMaking();
      if (!this.#drawn.length) this.#names.clear();
      this.#names.settle();
      this.#accepted();
      this.#sayWhatWasMade(last ?? own);
      void this.#finish();
    } catch (error) {
      if (ticket !== this.#ticket) return;
      this.#endMaking();
      status.textContent = before;
      this.#refused(error, true);
    }
  }

  /** What has come of a wish since the last report. @param {Making} report */
  #receive(report) {
    const making = this.#making;
    if (!making) return;
    if (report.made.length && !this.#drawn.length) this.#names.clear();
    for (const made of report.made) this.#add({ text: made.text, in_text: made.in_text, made });
    Object.assign(making, report);
    progress.value = report.found / making.count;
    status.textContent = `${progressWords(report, making.count)}.`;
  }

  /** @param {Making & {count: number, calledOff: boolean}} making */
  #sayWhatWasMade(making) {
    status.textContent = `${making.calledOff ? "Called off: " : ""}${progressWords(making, making.count)}.`;
    reason.textContent = making.calledOff ? "" : making.reason;
  }

  #endMaking() {
    this.#making = null;
    status.ariaLive = "polite";
    makingRow.hidden = true;
  }

  /** @param {number} ticket of the request that begins */
  #begin(ticket) {
    if (this.#making) status.textContent = ""; // it was about that
    this.#endMaking();
    this.#ticket = ticket;
    this.#drawn = [];
    this.#put = 0;
  }

  #accepted() {
    clearAlert("samples");
    this.#form.clearErrors();
    reason.textContent = "";
  }

  /** What is done once all names of a request are there. */
  async #finish() {
    this.#offer();
    this.#explained.forget();
    this.dispatchEvent(new Event("drawn"));
    if (this.#order.any) await this.#sort();
    this.#closer.again();
    await this.#explain();
  }

  /**
   * @param {unknown} error
   * @param {boolean} asked whether the visitor has pressed the button
   */
  #refused(error, asked) {
    if (this.#form.refuse(error, asked)) return;
    showError(error, "The model and earlier samples are kept.", "samples");
  }

  /** Whether samples come from a step that is looked at, and not from the model as it learns. */
  get #looking() {
    return this.#timeLine.steps.length > 0 && this.#state.name !== "training";
  }

  /** @param {() => Promise<void>} call that asks for what the list is filled with */
  async #ask(call) {
    // Sent together, so that no other request comes between them.
    const look = this.#looking ? this.#client.call("lookAt", this.#timeLine.wanted) : null;
    await Promise.all([look, call()]);
  }

  /** Another step is shown: its samples take the place of those that the list has, as soon as they can. */
  async #follow() {
    if (!this.#looking) return release();
    if (this.#timeLine.playing) hold();
    this.#behind = true;
    if (this.#drawing) return; // steps that are passed meanwhile are left out
    this.#drawing = true;
    while (this.#behind) {
      this.#behind = false;
      await this.draw(true);
    }
    this.#drawing = false;
    if (!this.#timeLine.playing) release(); // not before the end is there
  }

  /** The next of the newest request. It takes the place of the one that stood there. @param {Sample & {made?: Made | null}} sample */
  #add({ text, in_text, made = null }) {
    const entry = { text, in_text, made, place: this.#drawn.length };
    this.#drawn.push(entry);
    if (!this.#favourites.isBlocked(text)) this.#names.put(this.#put++, entry);
    if (this.#drawn.length === 1) this.#offer();
  }

  #offer() {
    for (const each of [copy, download, asCsv, asJson]) each.disabled = !this.#put;
  }

  /** How many are never to come again, in a sentence. */
  get #leftOut() {
    const left = this.#drawn.length - this.#put;
    return left ? ` ${left} never again.` : "";
  }

  async #sort() {
    const entries = /** @type {Drawn[]} */ ([...this.#names.entries]);
    const ticket = this.#ticket;
    try {
      const order = await this.#order.sorted(entries);
      if (ticket === this.#ticket) this.#names.reorder(order);
    } catch (error) {
      this.#order.giveUp();
      status.textContent = sentence(error);
    }
  }

  /** What is known of the names that are shown; of a model at rest. */
  async #explain() {
    const ticket = this.#ticket;
    await this.#closer.explain(
      () => ticket === this.#ticket && !this.#timeLine.playing && this.#state.name !== "training",
    );
  }

  /** Other names than before are never to come again. */
  #leaveOut() {
    const favourites = this.#favourites;
    const wanted = this.#drawn.filter(({ text }) => !favourites.isBlocked(text));
    const shown = new Set(this.texts);
    this.#put = wanted.length;
    if (wanted.every(({ text }) => shown.has(text))) {
      for (const text of shown) if (favourites.isBlocked(text)) this.#names.remove(text);
    } else {
      wanted.forEach((entry, place) => this.#names.put(place, entry));
      this.#names.cut(this.#put);
      void this.#sort();
    }
    this.#offer();
  }
}

/** @param {string} id */
function button(id) {
  return /** @type {HTMLButtonElement} */ (byId(id));
}

/**
 * What decides the samples of a kept step.
 * @param {number} step
 * @param {SampleRequest} request
 */
function frameKey(step, { count, temperature, prefix }) {
  return JSON.stringify([step, count, temperature, prefix]);
}
