/**
 * The page's state as a table: what can happen in each state, and what the visitor can
 * do in it. Not about how that looks: see controls.js.
 */

/** @typedef {"loading" | "ready" | "training" | "paused" | "finished" | "failed"} State */
/** @typedef {"up" | "begin" | "pause" | "resume" | "end" | "openUnfinished" | "openFinished" | "lose" | "break"} Happening */
/** @typedef {"train" | "more" | "pause" | "stop" | "sample" | "edit" | "changeEngine" | "open" | "share" | "saveRun" | "compare" | "learn"} Action */
/** @typedef {"text" | "run" | "quiet" | "favourites" | "silent"} Need */

/**
 * What each happening leads to, by state; one that isn't listed changes nothing.
 * - up: Python has started.
 * - begin: a new run.
 * - end: of a run, by itself or by the visitor; there is a model then.
 * - openUnfinished: a run from elsewhere that can go on. openFinished: one that can't, or a model.
 * - lose: Python was ended, and with it the model; it starts anew.
 * - break: Python is gone for good.
 * @type {Record<State, Partial<Record<Happening, State>>>}
 */
export const TRANSITIONS = {
  loading: { up: "ready", break: "failed" },
  ready: { begin: "training", openUnfinished: "paused", openFinished: "finished", lose: "loading", break: "failed" },
  training: { pause: "paused", end: "finished", lose: "loading", break: "failed" },
  paused: { resume: "training", end: "finished", begin: "training", lose: "loading", break: "failed" },
  finished: { begin: "training", openUnfinished: "paused", openFinished: "finished", lose: "loading", break: "failed" },
  failed: {},
};

/**
 * In which states each action is possible, and what it needs there: a text, a run (not only
 * a model that was opened), enough favourites, quiet: that no other request is being answered,
 * or silent: that Python answers none, whatever it does.
 * @type {Record<Action, Partial<Record<State, Need[]>>>}
 */
export const ACTIONS = {
  train: { ready: ["text"], finished: ["text"] },
  more: { finished: ["quiet", "run"] }, // steps
  pause: { training: [], paused: [] }, // and resume
  stop: { training: [], paused: [], ready: ["silent"], finished: ["silent"] },
  sample: { training: [], paused: [], finished: [] },
  // Text and settings. While Python loads, too: a link that waits for it holds nobody up.
  edit: { loading: [], ready: ["quiet"], finished: ["quiet"] },
  // Engines can take over from each other in the middle of a run; nothing else can change.
  changeEngine: { loading: [], ready: ["quiet"], training: ["quiet"], paused: ["quiet"], finished: ["quiet"] },
  open: { ready: ["quiet"], finished: ["quiet"] },
  share: { paused: ["quiet"], finished: ["quiet"] },
  saveRun: { paused: ["quiet", "run"], finished: ["quiet", "run"] },
  compare: { paused: ["quiet", "run"], finished: ["quiet", "run"] },
  learn: { finished: ["quiet", "favourites"] }, // from favourites
};

/**
 * What is true besides.
 * @typedef {object} Facts
 * @property {string | null} doing what Python was asked and has not answered yet, as shown; null if nothing
 * @property {boolean} stopping whether Stop was pressed and is not heard yet
 * @property {boolean} silent whether Python is waited for and doesn't answer
 * @property {boolean} text whether one is loaded
 * @property {boolean} changed whether text or settings were, since the model was made
 * @property {boolean} favourites whether there are enough to learn from
 * @property {RunReport | null} run that the model comes from; null if it came without, or there is no model
 */

/** The one state of the page; announces `change`. */
export class PageState extends EventTarget {
  /** @type {State} */
  #name = "loading";
  /** @type {Facts} */
  #facts = { doing: null, stopping: false, silent: false, text: false, changed: false, favourites: false, run: null };

  get name() {
    return this.#name;
  }

  get doing() {
    return this.#facts.doing;
  }

  get stopping() {
    return this.#facts.stopping;
  }

  get silent() {
    return this.#facts.silent;
  }

  get run() {
    return this.#facts.run;
  }

  /** Whether a run is on its way: training, or paused. */
  get going() {
    return this.#name === "training" || this.#name === "paused";
  }

  /** The one button of the bar that leads on from here. */
  get primary() {
    if (this.going) return "pause";
    return this.#name === "finished" && !this.#facts.changed ? "share" : "train";
  }

  /** @param {Action} action */
  can(action) {
    const { doing, silent, text, favourites, run } = this.#facts;
    const met = { silent, text, favourites, run: run !== null, quiet: doing === null };
    return ACTIONS[action][this.#name]?.every((need) => met[need]) ?? false;
  }

  /**
   * @param {Happening} happening
   * @param {Partial<Facts>} [facts] that are true from then on
   * @returns {boolean} whether it changed the state: what comes too late doesn't
   */
  happen(happening, facts = {}) {
    const next = TRANSITIONS[this.#name][happening];
    if (!next) return false;
    this.#name = next;
    this.note(facts);
    return true;
  }

  /** @param {Partial<Facts>} facts that are true from now on */
  note(facts) {
    Object.assign(this.#facts, facts);
    this.dispatchEvent(new Event("change"));
  }
}
