/**
 * What the figures say of a run, in sentences, each with a button for what could be done.
 * The sentences are Python's.
 */

import { byId, element } from "../page/dom.js";

const box = byId("verdict");
const line = byId("verdict-line"); // above the samples
const beside = byId("unseen-remark"); // the curve, where there would be one of unseen lines

export class Verdict {
  #client;
  #state;
  #said = element("p", "", "help");
  /** @type {Partial<Record<Remark["action"], (value: number) => void>>} */
  #acts = {};

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   */
  constructor(client, state) {
    this.#client = client;
    this.#state = state;
    this.#said.role = "status";
    this.#said.ariaLabel = "What was changed";
    client.on("learning", ({ complete }) => {
      if (complete && state.name === "finished") void this.ask();
    });
  }

  /**
   * What the buttons do: go on with the run, or change what the next one begins with.
   * @param {import("../page/requests.js").Requests} requests
   * @param {import("../page/runs.js").Runs} runs
   * @param {import("./settings.js").SettingsForm} settings
   */
  connect(requests, runs, settings) {
    const set = (/** @type {string} */ name, /** @type {string} */ why) => (/** @type {number} */ value) => {
      settings.use({ [name]: value });
      this.#said.textContent = `${name} is now ${value}: ${why}. Press Train to begin anew with it.`;
    };
    this.#acts = {
      train_more: (steps) => void requests.run("drop", "Starting…", () => runs.more(steps)),
      keep_best: () => void requests.run("drop", "One moment…", () => runs.keepBest()),
      whole_lines: set("block_size", "lines are read to their end"),
      hold_out: set("holdout", "one line in ten is kept out of training"),
      lower_rate: set("learning_rate", "smaller steps"),
    };
  }

  /** Of another run, nothing is known yet. */
  clear() {
    line.textContent = "";
    beside.replaceChildren();
    this.#said.textContent = "";
    box.replaceChildren(this.#said);
  }

  /** Ask Python anew. */
  async ask() {
    const remarks = await this.#client.call("verdict").catch(() => []); // the run may be another by now
    if (this.#state.name !== "finished") return;
    line.textContent = remarks[0]?.text ?? "";
    const rows = (/** @type {boolean} */ unseen) =>
      remarks.filter(({ action }) => (action === "hold_out") === unseen).map((remark) => this.#row(remark));
    beside.replaceChildren(...rows(true));
    box.replaceChildren(...rows(false), this.#said);
  }

  /** @param {Remark} remark */
  #row(remark) {
    const row = element("div", "", "remark");
    row.append(element("p", remark.text));
    const act = remark.action && this.#acts[remark.action];
    // One button of a name: the text's own is there in every view.
    const there = remark.action === "whole_lines" && !byId("fit").hidden;
    if (act && !there) {
      const button = element("button", remark.label, "quiet");
      button.type = "button";
      button.addEventListener("click", () => act(remark.value));
      row.append(button);
    }
    return row;
  }
}
