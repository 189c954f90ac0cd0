/**
 * The newest run of an earlier visit that has not come to its end: offered to be
 * continued when the page opens. It needs no Python. All others: kept-runs.js.
 */

import { nameOf } from "../kept/about.js";
import { allRuns, isLeft, revise } from "../kept/store.js";
import { byId, element } from "../page/dom.js";
import { ago, grouped } from "../page/format.js";

const RECOVERING = 10; // times that it is waited for a worker that was ended

const card = byId("returns");
const sentence = byId("returns-sentence");
const buttons = byId("returns-buttons");

/** Announces `change` when the run that it offers was taken or declined. */
export class ReturnsCard extends EventTarget {
  #state;
  #openings;
  /** The id of the run on offer. */
  #id = "";

  /**
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/openings.js").Openings} openings
   */
  constructor(state, openings) {
    super();
    this.#state = state;
    this.#openings = openings;
  }

  /** Looks what there is. */
  async refresh() {
    await this.#look(false);
    await this.#look(true); // what a tab that was just closed still has
  }

  /**
   * The run that Python had when it was ended, over or not, as it was last kept.
   * @param {string} id
   */
  async recover(id) {
    let left = false;
    // A browser may need seconds to end what never pauses.
    for (let tries = 0; tries < RECOVERING && !left; tries++) left = await isLeft(id, true);
    if (!left) return;
    const found = (await allRuns()).find((run) => run.id === id);
    if (found?.about) this.#show(id, found.about);
  }

  /** Whether a run is offered. */
  get any() {
    return this.#id !== "";
  }

  /** What is kept has changed: the run on offer may have gone. */
  async check() {
    if (!this.#id) return;
    const runs = await allRuns().catch(() => []);
    if (!runs.some(({ id }) => id === this.#id) || !(await isLeft(this.#id))) this.#hide();
  }

  /** @param {boolean} patient whether to wait for tabs that are being closed */
  async #look(patient) {
    const runs = (await allRuns()).filter(({ about }) => about && !about.over && !about.declined);
    const left = await Promise.all(runs.map(({ id }) => isLeft(id, patient)));
    const newest = runs.find((_, i) => left[i]);
    // Nothing must change under a pointer on its way.
    if (newest?.about && newest.id !== this.#id) this.#show(newest.id, newest.about);
    if (!newest) this.#hide();
  }

  /**
   * @param {string} id
   * @param {KeptRun} about
   */
  #show(id, about) {
    this.#id = id;
    const extent = `step ${grouped(about.step)} of ${grouped(about.steps)}`;
    const saved = ago((Date.now() - about.time) / 1000);
    const name = element("bdi", nameOf(about));
    sentence.replaceChildren("A run on ", name, ` was here: ${extent}, saved ${saved}.`);
    buttons.replaceChildren(this.#opening(about.over ? "Open" : "Continue", () => this.#openings.continueKept(id)));
    // Not where it began with an opened model, which isn't kept.
    if (!about.origin && !about.over) buttons.append(this.#opening("Start over", () => this.#openings.restartKept(id)));
    buttons.append(this.#button("Not now", () => this.#decline(id)));
    card.hidden = false;
  }

  #hide() {
    const focused = card.contains(document.activeElement);
    card.hidden = true;
    this.#id = "";
    // The pressed button has gone; the keyboard goes on nearby.
    if (focused) byId("views").focus({ preventScroll: true });
  }

  /**
   * A button that needs Python.
   * @param {string} label
   * @param {() => Promise<boolean>} open gives whether it could be opened
   */
  #opening(label, open) {
    const id = this.#id;
    const button = this.#button(label, async () => {
      // It is this tab's now, or another's. Otherwise the alert says why not; it may be possible later.
      if (((await open()) || !(await isLeft(id))) && id === this.#id) this.#hide();
      this.dispatchEvent(new Event("change"));
    });
    button.dataset.action = "open";
    button.disabled = !this.#state.can("open");
    return button;
  }

  /**
   * @param {string} label
   * @param {() => Promise<void>} press
   */
  #button(label, press) {
    const button = element("button", label, "quiet");
    button.type = "button";
    button.setAttribute("aria-describedby", sentence.id);
    button.addEventListener("click", () => void press());
    return button;
  }

  /** It stays among the runs. @param {string} id */
  async #decline(id) {
    this.#hide();
    await revise(id, { declined: true }).catch(() => {}); // then it is offered again
    this.dispatchEvent(new Event("change"));
  }
}
