/**
 * Runs of earlier visits that this browser has kept: offered to be continued, or
 * to be deleted. It needs no Python. Not about keeping them: kept/store.js.
 */

import { isLeft, leftRuns, remove } from "../kept/store.js";
import { showError } from "../page/alerts.js";
import { byId, element } from "../page/dom.js";
import { ago, grouped } from "../page/format.js";

const MOST = 5; // runs that are kept for tabs that are gone

/** @typedef {{id: string, about: KeptRun | null}} Left about is null where it can't be continued */

const card = byId("returns");
const list = byId("returns-runs");
const note = byId("returns-note");

export class ReturnsCard {
  #state;
  #openings;
  /** @type {Left[]} */
  #runs = [];

  /**
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/openings.js").Openings} openings
   */
  constructor(state, openings) {
    this.#state = state;
    this.#openings = openings;
  }

  /** Looks what there is, and deletes what is too old. */
  async refresh() {
    this.#show((await leftRuns(false)).slice(0, MOST));
    const left = await leftRuns(true);
    this.#show(left.slice(0, MOST));
    const old = left.slice(MOST);
    if (!old.length) return;
    /** @type {Left[]} */
    const deleted = [];
    for (const run of old) {
      await remove(run.id).then(
        () => deleted.push(run),
        () => {}, // another tab has just opened it
      );
    }
    if (!deleted.length) return;
    const names = deleted.map(({ about }) => (about ? `${about.name}, ${extent(about)}` : "one that can't be read"));
    note.textContent = `The last ${MOST} are kept here. Older ones were deleted: ${names.join("; ")}.`;
  }

  /** Whether there is one. */
  get any() {
    return this.#runs.length > 0;
  }

  /** All was deleted. */
  clear() {
    note.textContent = "";
    this.#show([]);
  }

  /** @param {Left[]} runs */
  #show(runs) {
    const shown = (/** @type {Left} */ { id, about }) => id + (about ? "" : " damaged");
    // Nothing must change under a pointer on its way.
    if (runs.map(shown).join() === this.#runs.map(shown).join()) return;
    this.#runs = runs;
    const [newest, ...earlier] = runs.map((run) => this.#row(run));
    list.replaceChildren(...(newest ? [newest] : []));
    if (earlier.length) {
      const more = element("details");
      more.append(element("summary", `And ${earlier.length} more`), ...earlier);
      list.append(more);
    }
    card.hidden = runs.length === 0;
  }

  /** @param {Left} run */
  #row({ id, about }) {
    const row = element("div");
    const sentence = element("p");
    sentence.id = `return-${id}`;
    if (about) {
      sentence.append("A run on ", element("bdi", about.name), ` was here: ${extent(about)}, saved ${ago((Date.now() - about.time) / 1000)}.`);
    } else {
      sentence.textContent = "A run was here, but what is left of it is damaged and can't be continued.";
    }
    const buttons = element("div", "", "buttons");
    if (about) {
      const label = about.over ? "Open it" : "Continue";
      const opens = this.#opening(label, sentence.id, () => this.#leave(id, this.#openings.continueKept(id)));
      opens.className = "primary";
      buttons.append(opens);
      // Not where it began with an opened model, which isn't kept.
      if (!about.over && !about.origin) {
        buttons.append(this.#opening("Start over", sentence.id, () => this.#leave(id, this.#openings.restartKept(id))));
      }
    }
    buttons.append(this.#button("Delete it", sentence.id, () => this.#remove(id)));
    row.append(sentence, buttons);
    return row;
  }

  /**
   * A button that needs Python.
   * @param {string} label
   * @param {string} about the id of what says which run
   * @param {() => Promise<void>} press
   */
  #opening(label, about, press) {
    const button = this.#button(label, about, press);
    button.dataset.action = "open";
    button.disabled = !this.#state.can("open");
    return button;
  }

  /**
   * @param {string} label
   * @param {string} about the id of what says which run
   * @param {() => Promise<void>} press
   */
  #button(label, about, press) {
    const button = element("button", label, "quiet");
    button.type = "button";
    button.setAttribute("aria-describedby", about);
    button.addEventListener("click", () => void press());
    return button;
  }

  /**
   * @param {string} id
   * @param {Promise<boolean>} opened whether it could be opened
   */
  async #leave(id, opened) {
    // It is this tab's now, or another's. Otherwise the alert says why not; it may be possible later.
    if ((await opened) || !(await isLeft(id))) this.#gone(id);
  }

  /** @param {string} id */
  async #remove(id) {
    try {
      await remove(id);
      this.#gone(id);
    } catch (error) {
      showError(error, "It could not be deleted.");
    }
  }

  /** @param {string} id */
  #gone(id) {
    const focused = card.contains(document.activeElement);
    this.#show(this.#runs.filter((run) => run.id !== id));
    // The pressed button has gone; the keyboard goes on nearby.
    if (focused) (list.querySelector("button") ?? byId("example")).focus({ preventScroll: true });
  }
}

/** How far a run has come. @param {KeptRun} run */
function extent({ step, steps, over }) {
  if (step === steps) return `all ${grouped(steps)} steps`;
  return `${over ? "stopped after " : ""}step ${grouped(step)} of ${grouped(steps)}`;
}
