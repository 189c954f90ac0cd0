/** Step 3: new documents from the model. */

import { clearAlert, showError } from "../page/alerts.js";
import { byId, element, saveFile } from "../page/dom.js";
import { counted } from "../page/format.js";

const form = /** @type {HTMLFormElement} */ (byId("sample-form"));
const count = /** @type {HTMLInputElement} */ (byId("count"));
const temperature = /** @type {HTMLInputElement} */ (byId("temperature"));
const prefix = /** @type {HTMLInputElement} */ (byId("prefix"));
const list = byId("samples");
const copy = /** @type {HTMLButtonElement} */ (byId("copy"));
const download = /** @type {HTMLButtonElement} */ (byId("download-samples"));
const status = byId("sample-status");

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
    const showTemperature = () => {
      byId("temperature-value").textContent = Number(temperature.value).toFixed(2);
    };
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
      status.textContent = `${counted(this.#texts.length, "sample")} drawn.`;
    } catch (error) {
      showError(error, "The model and earlier samples are kept.", "samples");
    }
  }

  /** @param {Sample} sample */
  #add({ text, in_training_text }) {
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
    if (in_training_text) item.append(" ", element("span", "in the text", "badge"));
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
