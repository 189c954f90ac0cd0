/**
 * A worker that doesn't answer when Stop is pressed is ended, and another takes its place: what
 * the page has stays, and what was kept of the model is offered.
 * Not about how it is noticed that it doesn't answer: watch.js.
 */

import { showAlert } from "./alerts.js";
import { grouped } from "./format.js";
import { linkInAddress } from "./link.js";

export class Rescue {
  #client;
  #state;
  #runs;
  #panels;
  #openings;
  #returns;

  /**
   * @param {import("./client.js").Client} client
   * @param {import("./states.js").PageState} state
   * @param {import("./runs.js").Runs} runs
   * @param {import("./runs.js").Panels} panels
   * @param {import("./openings.js").Openings} openings
   * @param {import("../panels/returns.js").ReturnsCard} returns
   */
  constructor(client, state, runs, panels, openings, returns) {
    this.#client = client;
    this.#state = state;
    this.#runs = runs;
    this.#panels = panels;
    this.#openings = openings;
    this.#returns = returns;
    client.watch.addEventListener("change", () => state.note({ silent: client.watch.silent }));
  }

  /** Stop was pressed: what it asks of Python is asked elsewhere, and this sees to it that it is heard. */
  async stop() {
    this.#state.note({ stopping: true });
    const answers = await this.#client.watch.answers();
    this.#state.note({ stopping: false });
    if (!answers) await this.#startAnew();
  }

  async #startAnew() {
    const { id, step } = this.#panels.kept;
    const model = this.#state.can("sample");
    if (!this.#runs.lose()) return; // it is being started, or gone for good
    this.#client.restart();
    this.#say(model, id, step);
    if (id) await this.#returns.recover(id);
  }

  /**
   * @param {boolean} model whether there was one
   * @param {string} id under which it is kept
   * @param {number} [step] up to which it is
   */
  #say(model, id, step) {
    const what = this.#panels.training.step ? "Text, settings and losses" : "Text and settings";
    const happened = `Python didn’t answer, so it was ended and starts anew. ${what} are kept.`;
    if (id) {
      const upTo = step === undefined ? "" : ` up to step ${grouped(step)}`;
      return showAlert(`${happened} The model is kept${upTo}, and offered below.`);
    }
    if (!model) return showAlert(happened);
    if (!linkInAddress()) return showAlert(`${happened} The model was not kept in this browser: train it again.`);
    showAlert(`${happened} The model is not: open the link again to have it.`, {
      action: { label: "Open the link again", press: () => this.#openings.link() },
    });
  }
}
