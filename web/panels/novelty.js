/**
 * The line that says how new altogether what the model makes up is. Measured when nothing
 * else is asked of Python, in short calls.
 */

import { WorkerError } from "../page/client.js";
import { byId } from "../page/dom.js";
import { counted } from "../page/format.js";
import { percent } from "./wish-words.js";

const SOON_MS = 400; // after the last change
const REST_MS = 20; // between calls, so that others get through at once

const line = byId("novelty");
const view = byId("view-samples");

export class NoveltyLine {
  #client;
  #state;
  #timeLine;
  #samples;
  /** Counts models. */
  #model = 0;
  /** What the line is about, once it is complete. */
  #done = "";
  #timer = 0;
  #measuring = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/time-line.js").TimeLine} timeLine
   * @param {import("./samples.js").SamplesPanel} samples
   * @param {import("../page/views.js").Views} views
   */
  constructor(client, state, timeLine, samples, views) {
    this.#client = client;
    this.#state = state;
    this.#timeLine = timeLine;
    this.#samples = samples;
    samples.addEventListener("forget", () => {
      this.#model++;
      this.#soon();
    });
    samples.addEventListener("drawn", () => this.#soon());
    for (const event of ["change", "played"]) timeLine.addEventListener(event, () => this.#soon());
    state.addEventListener("change", () => this.#soon());
    views.addEventListener("change", () => this.#soon());
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  /** All that it depends on. */
  get #about() {
    return JSON.stringify([this.#model, this.#timeLine.wanted, this.#samples.temperature]);
  }

  /** Whether the line is in sight, and about a model that stays as it is for now. */
  get #wanted() {
    const atRest = this.#state.name === "finished" || this.#state.name === "paused";
    return atRest && !document.hidden && !view.hidden;
  }

  get #idle() {
    return this.#wanted && this.#state.doing === null && !this.#samples.busy;
  }

  #soon() {
    if (this.#about === this.#done) return;
    this.#done = "";
    line.textContent = "";
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#measure(), SOON_MS);
  }

  async #measure() {
    if (this.#measuring) return;
    this.#measuring = true;
    const about = this.#about;
    try {
      while (this.#idle && about === this.#about) {
        const found = await this.#client.call("novelty", this.#samples.temperature);
        if (about !== this.#about) break;
        if (found.complete) return this.#show(about, found);
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    } catch (error) {
      this.#done = about; // a model may have come without its text
      if (!(error instanceof WorkerError && error.name === "MicrogptError")) console.error(error);
    } finally {
      this.#measuring = false;
      if (this.#wanted) this.#soon(); // it was held up, unless it is done
    }
  }

  /** @param {string} about @param {Novelty} novelty */
  #show(about, { probability, documents }) {
    this.#done = about;
    if (!documents) return; // the text isn't here, or it has no lines
    line.textContent = `${percent(probability)} of what it makes stands in the text.`;
    line.title = `Not counted in samples: added up over the ${counted(documents, "different line")} of the text.`;
  }
}
