/** The view Samples: what the model makes up, and what is asked of it. */

import { clearAlert, showError } from "../page/alerts.js";
import { WorkerError } from "../page/client.js";
import { byId, element, saveFile } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { counted } from "../page/format.js";

const form = /** @type {HTMLFormElement} */ (byId("sample-form"));
const count = /** @type {HTMLInputElement} */ (byId("count"));
const temperature = /** @type {HTMLInputElement} */ (byId("temperature"));
const prefix = /** @type {HTMLInputElement} */ (byId("prefix"));
const list = byId("samples");
const copy = /** @type {HTMLButtonElement} */ (byId("copy"));
const download = /** @type {HTMLButtonElement} */ (byId("download-samples"));
const status = byId("sample-status");
/** By what Python calls each part of a request. @type {Map<string, FieldError>} */
const errors = new Map([
  ["count", new FieldError(count)],
  ["temperature", new FieldError(temperature, byId("temperature-help"))],
  ["prefix", new FieldError(prefix)],
]);

/** Characters up to which there is room for it in a column, and in a wide one. */
const NAME = 18;
const PHRASE = 34;

const FIRST_LOOK_MS = 500; // after a run has begun: one that is over sooner has samples of its end
const LOOK_MS = 2500; // between looks at what a model makes up while it learns …
const LOOK_SHARE = 10; // … or this many times what a look takes, if that is longer

const MARKS = {
  line: { words: "in the text", meaning: "A line of the text, or as much of one as the model reads: a copy." },
  beginning: { words: "begins a line", meaning: "The beginning of a line of the text: a copy that ends early." },
};

export class SamplesPanel {
  #client;
  #state;
  #timeLine;
  #ticket = 0;
  /** What has come of the newest request. @type {Sample[]} */
  #drawn = [];
  /** What the list shows. @type {string[]} */
  #texts = [];
  /** Characters of the longest that this model has made. */
  #longest = 0;
  /** Samples of kept steps, from the same random numbers: they need not be drawn again. @type {Map<string, Sample[]>} */
  #frames = new Map();
  /** Whether samples of a kept step are being drawn, and whether another one is shown by now. */
  #drawing = false;
  #behind = false;
  /** When the next look is due, on the clock of performance.now(); Infinity once the visitor has asked. */
  #nextLook = 0;
  /** Whether samples are drawn that nobody has asked for. */
  #watching = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {Site} site
   * @param {import("../page/time-line.js").TimeLine} timeLine whose step samples are drawn at
   */
  constructor(client, state, site, timeLine) {
    this.#client = client;
    this.#state = state;
    this.#timeLine = timeLine;
    count.max = String(site.maxSamples);
    form.noValidate = true; // Python says what is wrong, in the same words as everywhere
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#nextLook = Infinity; // what the visitor has asked for stays
      void this.draw(false);
    });
    temperature.addEventListener("input", () => {
      showTemperature();
      // From the same random numbers, so that one sees what the temperature does.
      if (state.can("sample") && count.checkValidity()) void this.draw(true);
    });
    showTemperature(); // a browser may have kept the last visit's value
    copy.addEventListener("click", () => void this.#copy());
    download.addEventListener("click", () => {
      saveFile("samples.txt", [this.#texts.map((text) => `${text}\n`).join("")], "text/plain");
    });
    client.on("sampled", (sample) => {
      if (sample.ticket === this.#ticket) this.#add(sample);
    });
    timeLine.addEventListener("change", () => void this.#follow());
    state.addEventListener("change", () => {
      if (state.name === "training") this.forget(); // the end will be another
    });
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

  /** What the samples come from. @param {string} note */
  describeModel(note) {
    byId("model-note").textContent = note;
  }

  /** Forget what an earlier model made. @param {{prefix: boolean}} [also] the beginning, too */
  clear(also) {
    if (also?.prefix) prefix.value = ""; // the next model may not know its characters
    this.#ticket++;
    this.#texts = [];
    this.#longest = 0;
    this.#nextLook = performance.now() + FIRST_LOOK_MS;
    this.forget();
    list.style.minHeight = `${list.offsetHeight}px`; // nothing below jumps
    list.replaceChildren();
    status.textContent = "";
    copy.disabled = download.disabled = true;
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
  }

  /**
   * Fill the list anew, from the model at the step shown.
   * @param {boolean} original as the original program draws them after training
   * @returns {Promise<boolean>} whether it has samples of this request
   */
  async draw(original) {
    /** @type {SampleRequest} */
    const request = {
      ticket: this.#ticket + 1,
      count: count.value.trim() === "" ? NaN : Number(count.value),
      temperature: Number(temperature.value),
      prefix: prefix.value,
      original,
    };
    const frame = this.#looking && original ? frameKey(this.#timeLine.wanted, request) : "";
    this.#ticket = request.ticket;
    this.#drawn = [];
    try {
      const known = this.#frames.get(frame);
      if (known) known.forEach((sample) => this.#add(sample));
      else await this.#ask(request);
      if (request.ticket !== this.#ticket) return false;
      if (frame) this.#frames.set(frame, this.#drawn);
      while (list.children.length > this.#drawn.length) list.lastChild?.remove();
      list.style.minHeight = "";
      this.#texts.length = this.#drawn.length;
      if (this.#timeLine.playing || this.#watching) return true;
      clearAlert("samples");
      for (const each of errors.values()) each.clear();
      status.textContent = `${counted(this.#texts.length, "sample")} drawn.`;
      return true;
    } catch (error) {
      if (request.ticket === this.#ticket && !this.#watching) this.#refused(error, !original);
      return false;
    }
  }

  /**
   * @param {unknown} error
   * @param {boolean} asked whether the visitor has pressed the button
   */
  #refused(error, asked) {
    const at = error instanceof WorkerError && errors.get(error.field);
    if (!at) return showError(error, "The model and earlier samples are kept.", "samples");
    for (const each of errors.values()) each.clear();
    at.show(error.message);
    if (asked) at.reveal();
  }

  /** Whether samples come from a step that is looked at, and not from the model as it learns. */
  get #looking() {
    return this.#timeLine.steps.length > 0 && this.#state.name !== "training";
  }

  /** @param {SampleRequest} request */
  async #ask(request) {
    // Sent together, so that no other request comes between them.
    const look = this.#looking ? this.#client.call("lookAt", this.#timeLine.wanted) : null;
    await Promise.all([look, this.#client.call("sample", request)]);
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

  /** The next sample of the newest request. It takes the place of the one that stood there. @param {Sample} sample */
  #add(sample) {
    const place = this.#drawn.push(sample) - 1;
    const item = list.children[place] ?? list.appendChild(element("li"));
    this.#texts[place] = sample.text;
    this.#fit(sample.text.length);
    copy.disabled = download.disabled = false;
    if (sample.text) item.replaceChildren(element("bdi", sample.text, "text"));
    else item.replaceChildren(element("span", "(nothing)", "help"));
    if (sample.in_text) item.append(" ", mark(sample.in_text));
  }

  /** Columns for names, fewer and smaller type for what is longer. @param {number} characters */
  #fit(characters) {
    this.#longest = Math.max(this.#longest, characters);
    list.classList.toggle("phrases", this.#longest > NAME && this.#longest <= PHRASE);
    list.classList.toggle("lines", this.#longest > PHRASE);
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#texts.join("\n"));
      status.textContent = `${counted(this.#texts.length, "sample")} copied.`;
    } catch {
      // Without https, or where it is forbidden: leave them selected instead.
      getSelection()?.selectAllChildren(list);
      status.textContent = "This browser doesn't let a page copy. They are selected: press Ctrl+C.";
    }
  }
}

function showTemperature() {
  byId("temperature-value").textContent = Number(temperature.value).toFixed(2);
}

/** What tells a copy from an invention. @param {"line" | "beginning"} kind */
function mark(kind) {
  const { words, meaning } = MARKS[kind];
  const badge = element("span", words, `badge ${kind}`);
  badge.title = meaning;
  return badge;
}

/**
 * What decides the samples of a kept step.
 * @param {number} step
 * @param {SampleRequest} request
 */
function frameKey(step, { count, temperature, prefix }) {
  return JSON.stringify([step, count, temperature, prefix]);
}

/** While samples change in place, each row keeps the height that it has. */
function hold() {
  if (list.classList.contains("held")) return;
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  const heights = items.map((item) => item.getBoundingClientRect().height);
  items.forEach((item, i) => (item.style.height = `${heights[i]}px`));
  list.classList.add("held");
}

function release() {
  list.classList.remove("held");
  for (const item of /** @type {HTMLElement[]} */ ([...list.children])) item.style.height = "";
}
