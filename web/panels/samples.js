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

const MARKS = {
  line: { words: "in the text", meaning: "A line of the text, or as much of one as the model reads: a copy." },
  beginning: { words: "begins a line", meaning: "The beginning of a line of the text: a copy that ends early." },
};

export class SamplesPanel {
  #client;
  #ticket = 0;
  /** Whether the list has samples of the newest request. */
  #fresh = false;
  /** @type {string[]} */
  #texts = [];

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {Site} site
   */
  constructor(client, state, site) {
    this.#client = client;
    count.max = String(site.maxSamples);
    form.noValidate = true; // Python says what is wrong, in the same words as everywhere
    form.addEventListener("submit", (event) => {
      event.preventDefault();
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
    list.replaceChildren();
    status.textContent = "";
    copy.disabled = download.disabled = true;
  }

  /**
   * Fill the list anew.
   * @param {boolean} original as the original program draws them after training
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
    this.#ticket = request.ticket;
    this.#fresh = false;
    try {
      await this.#client.call("sample", request);
      if (request.ticket !== this.#ticket) return;
      clearAlert("samples");
      for (const each of errors.values()) each.clear();
      status.textContent = `${counted(this.#texts.length, "sample")} drawn.`;
    } catch (error) {
      this.#refused(error, !original);
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

  /** @param {Sample} sample */
  #add({ text, in_text }) {
    // Not when they are asked for: a request that is refused leaves the earlier ones.
    if (!this.#fresh) {
      this.#texts = [];
      list.replaceChildren();
      this.#fresh = true;
      copy.disabled = download.disabled = false;
    }
    this.#texts.push(text);
    const item = element("li");
    if (text) item.append(element("bdi", text, "text"));
    else item.append(element("span", "(nothing)", "help"));
    if (in_text) item.append(" ", mark(in_text));
    list.append(item);
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
  const badge = element("span", words, "badge");
  badge.title = meaning;
  return badge;
}
