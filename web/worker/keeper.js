/**
 * The worker's side of keeping a run in this browser: when to save it, and under
 * what name. Not about where: kept/store.js.
 *
 * Each tab has one run at a time, under an id of its own; a new run takes the
 * place of the one before when it is first saved, and not sooner.
 */

import { hold, KeptError, obstacle, openStore, read, write } from "../kept/store.js";

const FIRST_MS = 1000; // a run that is over sooner is saved at its end
const EVERY_MS = 3000; // between two states of a run, or longer:
const SHARE = 25; // … this many times what saving took
const BYTES_PER_MS = 1000; // … and never more than that is written, for the disk's sake
const RETRY_MS = 20_000; // after the browser refused

/**
 * @typedef {object} Source where a run's parts come from, as they are at that moment
 * @property {() => RunFacts} facts
 * @property {() => Uint8Array} state
 * @property {() => Uint8Array} text
 * @property {() => boolean} going whether it is being trained
 * @property {(error: unknown) => string} reason an error in a sentence
 */

export class Keeper {
  /** Whether the visitor wants it. */
  wanted = true;
  #source;
  #tell;
  /** The run to keep, as an object of its own to be told from the next one. @type {{textKept: boolean} | null} */
  #run = null;
  #id = "";
  /** Lets go the lock of the id. @type {(() => void) | null} */
  #release = null;
  /** Done when there is an id. @type {Promise<void> | null} */
  #claimed = null;
  /** @type {Promise<import("idb").IDBPDatabase> | null} */
  #store = null;
  #next = 0; // when, on the clock of performance.now()
  #saving = false;
  #again = false;

  /**
   * @param {Source} source
   * @param {(kept: Kept) => void} tell
   */
  constructor(source, tell) {
    this.#source = source;
    this.#tell = tell;
  }

  /** A new run goes on from here. */
  begin() {
    if (!this.wanted) return;
    this.#run = { textKept: false };
    this.#next = performance.now() + FIRST_MS;
    this.#open().catch(() => {}); // it is told when the run is to be saved
  }

  /** There is no run any more, or it isn't to be kept; what was kept of it is offered at the next visit. */
  end() {
    this.#run = null;
    this.#release?.();
    this.#release = null;
    this.#claimed = null; // what is kept next is another run, and doesn't take this one's place
  }

  /** Saves if it is time to; for a run that goes on. */
  tick() {
    if (this.#run && !this.#saving && performance.now() >= this.#next) void this.save();
  }

  /** Saves the run as it is now, or once more when what is being saved is done. */
  async save() {
    this.#again = true;
    if (this.#saving) return;
    this.#saving = true;
    while (this.#again && this.#run) {
      this.#again = false;
      await this.#saveOnce(this.#run).catch((error) => this.#failed(error));
    }
    this.#saving = false;
  }

  /**
   * What was kept of a run, which is this tab's from now on.
   * @param {string} id
   */
  async take(id) {
    const release = await hold(id);
    if (!release) throw new KeptError("That run is open in another tab.");
    const kept = await read(id).catch((error) => {
      release();
      throw error;
    });
    if (!kept.state.length) {
      release();
      throw new KeptError("That run was deleted or is damaged: nothing of it is left to go on with.");
    }
    return {
      ...kept,
      /** It was opened. */
      adopt: () => {
        this.#release?.(); // the tab's own run is offered at the next visit
        this.#id = id;
        this.#release = release;
        this.#claimed = Promise.resolve();
        if (!this.wanted) return;
        this.#run = { textKept: true };
        this.#next = performance.now() + EVERY_MS;
        this.#open().catch(() => {}); // so that it hears when all is deleted
      },
      /** It can't be opened. */
      leave: release,
    };
  }

  /** @param {{textKept: boolean}} run */
  async #saveOnce(run) {
    const store = await this.#open();
    await new Promise((resolve) => setTimeout(resolve)); // what is to be answered first goes out first
    if (run !== this.#run) return;
    const begin = performance.now();
    const state = this.#source.state();
    const text = run.textKept ? undefined : this.#source.text();
    const about = {
      ...this.#source.facts(),
      going: this.#source.going(),
      time: Date.now(),
      bytes: state.length,
    };
    const written = write(store, this.#id, { about, state, text });
    // The rest is up to the browser, which does it in the background.
    const now = performance.now();
    this.#next = now + Math.max(EVERY_MS, SHARE * (now - begin), state.length / BYTES_PER_MS);
    await written;
    run.textKept = true;
    if (run === this.#run) this.#tell({ about });
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#next = performance.now() + RETRY_MS;
    const full = /** @type {Error} */ (error).name === "QuotaExceededError";
    this.#tell({ problem: full ? "full" : this.#source.reason(error) });
  }

  async #open() {
    const missing = obstacle();
    if (missing) throw new Error(missing);
    await (this.#claimed ??= this.#claim());
    this.#store ??= openStore((deleted) => {
      this.#store = null;
      this.#run = null; // to write it again would be against the visitor's will
      this.#tell({ problem: deleted ? "deleted" : "closed" });
    });
    try {
      return await this.#store;
    } catch (error) {
      this.#store = null;
      throw error;
    }
  }

  /** Gives this tab's run a name that no other has. */
  async #claim() {
    this.#id = crypto.randomUUID();
    this.#release = await hold(this.#id);
  }
}
