/**
 * The worker's side of keeping runs in this browser: when to save the one that is
 * here, and under what name. Not about where: kept/store.js.
 *
 * Each run has an id of its own, under which it stays when the next one begins.
 */

import { KeptError } from "../kept/answered.js";
import { DeletedError, hold, obstacle, openStore, read, write } from "../kept/store.js";
import { size } from "../page/format.js";
import { makeRoom } from "../kept/room.js";
import { Record } from "./record.js";

const FIRST_MS = 1000; // a run that is over sooner is saved at its end
const EVERY_MS = 3000; // between two states of a run, or longer:
const SHARE = 25; // … this many times what saving took
const LARGEST = 200e6; // bytes of a run's state: it is whole in memory while it is saved, and more than once
const BYTES_PER_MS = 1000; // … and never more than that is written, for the disk's sake
const RETRY_MS = 20_000; // after the browser refused
const SOON_MS = 500; // after a choice of the visitor's that is a part of the run, as others often follow
const REVISE_MS = 200; // between what is said of a run that has ended, and saving that

/**
 * @typedef {object} Source where a run's parts come from, as they are at that moment
 * @property {() => RunFacts} facts
 * @property {() => number} stateBytes
 * @property {() => Uint8Array} state
 * @property {() => Uint8Array} text
 * @property {() => boolean} going whether it is being trained
 * @property {(error: unknown) => string} reason an error in a sentence
 */

/** @typedef {<E extends "kept" | "keeping" | "madeRoom">(event: E, detail: Events[E]) => void} Tell */

/**
 * The run that is here.
 * @typedef {object} Here
 * @property {Record} record
 * @property {"no" | "yes" | "deleted"} kept whether it is kept; deleted where it was until the
 *   visitor deleted it: then it is kept again only if that is undone
 * @property {string} id under which it is kept
 * @property {Promise<(() => void) | null> | null} held what lets go the lock of the id
 * @property {boolean} textKept
 * @property {KeptRun | null} about as it was last saved
 */

/** @typedef {{about: KeptRun, state?: Uint8Array, text?: Uint8Array}} Snapshot */

export class Keeper {
  /** Whether the visitor wants it. */
  wanted = true;
  #source;
  #tell;
  /** @type {Here | null} */
  #run = null;
  /** The run before, to compare the next one with. @type {KeptRun["before"]} */
  #before = null;
  /** @type {Promise<import("idb").IDBPDatabase> | null} */
  #store = null;
  #next = 0; // when, on the clock of performance.now()
  /** Whether the run is to be saved as soon as possible. */
  #due = false;
  /** Done when all that was taken is written. */
  #writing = Promise.resolve();
  #pending = 0;
  /** Done when the run that was left last is no longer held. */
  #left = Promise.resolve();
  #revising = 0; // a timer
  #savingSoon = 0; // a timer

  /**
   * @param {Source} source
   * @param {Tell} tell
   */
  constructor(source, tell) {
    this.#source = source;
    this.#tell = tell;
  }

  /**
   * A new run goes on from here.
   * @param {RunReport} report
   * @param {boolean} keep whether the visitor has asked for this run
   */
  begin(report, keep) {
    this.end();
    this.#run = here(new Record(report, this.#before));
    if (keep) this.keepThis();
  }

  /** The run that is here goes on with another plan. @param {RunReport} report */
  goOn(report) {
    this.#run?.record.goOn(report);
    this.keepThis();
  }

  /** The run that is here is kept from now on. */
  keepThis() {
    const run = this.#run;
    if (!run || run.kept !== "no" || !this.wanted) return;
    run.kept = "yes";
    this.#next = performance.now() + FIRST_MS;
    this.#open(run).catch(() => {}); // it is told when the run is to be saved
  }

  /** There is no run any more; what was kept of it stays. */
  end() {
    if (!this.#run) return;
    this.#before = this.#run.record.asBefore;
    this.#leave(this.#run);
    this.#run = null;
  }

  /** Whether runs are to be kept. @param {boolean} wanted */
  want(wanted) {
    this.wanted = wanted;
    if (wanted || !this.#run) return;
    this.#leave(this.#run);
    this.#run.kept = "no";
  }

  /** The visitor deletes what is kept of the run that is here: then nothing holds it. */
  drop() {
    if (this.#run?.kept === "yes") {
      this.#leave(this.#run);
      this.#run.kept = "deleted";
    }
    return this.#left;
  }

  /** What was deleted is back, perhaps the run that is here among it. */
  async again() {
    const run = this.#run;
    if (run?.kept !== "deleted") return;
    await this.#left;
    const { about } = await read(run.id);
    const release = about && (await hold(run.id));
    if (!release || run !== this.#run || run.kept !== "deleted") return release?.();
    run.held = Promise.resolve(release);
    run.kept = "yes";
    this.#tell("keeping", run.id);
    void this.save();
  }

  /** @param {Progress} progress */
  advance(progress) {
    this.#run?.record.advance(progress);
  }

  /** Samples come from a step that was kept. @param {number} step */
  lookAt(step) {
    this.#run?.record.lookAt(step);
  }

  /** Samples are asked for. @param {number} ticket of the request */
  asked(ticket) {
    this.#run?.record.asked(ticket);
  }

  /** @param {Sample & {ticket: number}} sample */
  drawn(sample) {
    if (this.#run?.record.drawn(sample)) this.#reviseSoon();
  }

  /** @param {Learning} learning */
  measured(learning) {
    this.#run?.record.measured(learning);
    if (learning.complete && !this.#source.going()) this.#reviseSoon();
  }

  /** @param {string} engine */
  useEngine(engine) {
    this.#run?.record.useEngine(engine);
  }

  /** Saves if it is time to; for a run that goes on. */
  tick() {
    if (this.#run?.kept === "yes" && !this.#pending && performance.now() >= this.#next) void this.save();
  }

  /** Saves the run as it is soon, when what is being saved is done. */
  async save() {
    this.#due = true;
    await this.#writing;
    await new Promise((resolve) => setTimeout(resolve)); // what is to be answered first goes out first
    this.settle();
    await this.#writing;
  }

  /** Saves the run in a moment, whether it goes on or has ended: something other than training has changed it. */
  saveSoon() {
    if (this.#run?.kept !== "yes") return;
    this.#due = true;
    clearTimeout(this.#savingSoon);
    this.#savingSoon = setTimeout(() => void this.save(), SOON_MS);
  }

  /** Takes what is still to be saved, at once: another run is about to take this one's place in Python. */
  settle() {
    const run = this.#run;
    const due = this.#due;
    const revising = this.#revising !== 0;
    clearTimeout(this.#revising);
    clearTimeout(this.#savingSoon);
    this.#due = false;
    this.#revising = 0;
    if (run?.kept !== "yes") return;
    if (due) this.#saveNow(run);
    else if (revising) this.#queue(run, () => this.#write(run, this.#revision(run)));
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
      /** It was opened. @param {Opened} opened */
      adopt: (opened) => {
        this.#restore(opened);
        const run = this.#run;
        if (!run || !this.wanted) return release();
        if (kept.about) run.record.recall(kept.about);
        Object.assign(run, { kept: "yes", id, held: Promise.resolve(release), textKept: kept.about !== null, about: kept.about });
        this.#next = performance.now() + EVERY_MS;
        this.#tell("keeping", id);
        this.#open(run).catch(() => {}); // so that it hears when all is deleted
        if (!kept.about) void this.save(); // what was noted of it is damaged
      },
      /** It can't be opened. */
      leave: release,
    };
  }

  /** A run from a file. @param {Opened} opened */
  adoptFile(opened) {
    this.#restore(opened);
    this.keepThis();
    void this.save();
  }

  /** @param {Opened} opened */
  #restore({ run, progress }) {
    if (!run) return;
    this.begin(run, false);
    if (progress) this.advance(progress);
  }

  /** @param {Here} run */
  #leave(run) {
    clearTimeout(this.#revising);
    clearTimeout(this.#savingSoon);
    this.#revising = 0;
    this.#due = false;
    const { held } = run;
    // Not before all is written.
    this.#left = this.#writing.then(() => held).then((release) => release?.(), () => {});
    this.#tell("keeping", "");
  }

  #reviseSoon() {
    this.#revising ||= setTimeout(() => this.settle(), REVISE_MS);
  }

  /**
   * @param {Here} run
   * @returns {Snapshot} the run as it is now
   */
  #snapshot(run) {
    const bytes = this.#source.stateBytes();
    if (bytes > LARGEST) throw new KeptError(`this one is too large (${size(bytes)}, and ${size(LARGEST)} is the most)`);
    const state = this.#source.state();
    const text = run.textKept ? undefined : this.#source.text();
    const about = {
      ...this.#source.facts(),
      ...run.record.gathered,
      title: "",
      declined: false,
      going: this.#source.going(),
      time: Date.now(),
      bytes: state.length,
      text_bytes: text?.length ?? run.about?.text_bytes ?? 0,
    };
    return { about, state, text };
  }

  /**
   * @param {Here} run
   * @returns {Snapshot | null} what is said of it now; null where nothing was saved of it
   */
  #revision(run) {
    return run.about && { about: { ...run.about, ...run.record.gathered } };
  }

  /** Takes the run as it is now, and writes that when its turn comes. @param {Here} run */
  #saveNow(run) {
    const begin = performance.now();
    try {
      const parts = this.#snapshot(run);
      const took = performance.now() - begin;
      this.#queue(run, () => this.#write(run, parts, took));
    } catch (error) {
      this.#failed(run, error);
    }
  }

  /**
   * @param {Here} run
   * @param {() => Promise<void>} write after what is being written
   */
  #queue(run, write) {
    this.#pending++;
    this.#writing = this.#writing
      .then(write)
      .catch((error) => this.#failed(run, error))
      .then(() => void this.#pending--);
  }

  /**
   * @param {Here} run
   * @param {Snapshot | null} parts
   * @param {number} [took] ms, to take them
   */
  async #write(run, parts, took = 0) {
    if (!parts || run.kept !== "yes") return;
    const store = await this.#open(run);
    const { about, state, text } = parts;
    if (state && (!run.about || about.over)) {
      const gone = await makeRoom(store, run.id, about.bytes + about.text_bytes);
      if (gone.length) this.#tell("madeRoom", gone);
    }
    if (run.kept !== "yes") return; // deleted meanwhile
    const begin = performance.now();
    const written = write(store, run.id, parts);
    // The rest is up to the browser, which does it in the background.
    const now = performance.now();
    if (state) this.#next = now + Math.max(EVERY_MS, SHARE * (took + now - begin), about.bytes / BYTES_PER_MS);
    await written;
    if (text) run.textKept = true;
    run.about = about;
    if (run !== this.#run || run.kept !== "yes") return;
    this.#tell("keeping", run.id);
    this.#tell("kept", { id: run.id, about });
  }

  /**
   * @param {Here} run
   * @param {unknown} error
   */
  #failed(run, error) {
    if (run !== this.#run || run.kept !== "yes") return; // it was deleted meanwhile, or it is another's turn
    if (error instanceof DeletedError) return this.#gone(true);
    this.#next = performance.now() + RETRY_MS;
    const full = /** @type {Error} */ (error).name === "QuotaExceededError";
    this.#tell("kept", { problem: full ? "full" : this.#source.reason(error) });
  }

  /** @param {Here} run */
  async #open(run) {
    const missing = obstacle();
    if (missing) throw new Error(missing);
    run.held ??= hold(run.id);
    await run.held;
    this.#store ??= openStore((deleted) => this.#gone(deleted));
    try {
      return await this.#store;
    } catch (error) {
      this.#store = null;
      throw error;
    }
  }

  /** @param {boolean} deleted by the visitor; else by the browser */
  #gone(deleted) {
    this.#store = null;
    if (this.#run?.kept === "yes") {
      this.#leave(this.#run);
      this.#run.kept = deleted ? "deleted" : "no"; // to write it again would be against the visitor's will
    }
    this.#tell("kept", { problem: deleted ? "deleted" : "closed" });
  }
}

/** @param {Record} record @returns {Here} */
function here(record) {
  return { record, kept: "no", id: crypto.randomUUID?.() ?? "", held: null, textKept: false, about: null };
}
