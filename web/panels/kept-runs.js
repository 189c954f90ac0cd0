/**
 * The view Runs: all runs that this browser keeps, to be compared, opened, renamed,
 * deleted and exported. It needs no Python, except to open one.
 * Not about the current run's being kept: kept.js.
 */

import { checkedTitle, nameOf } from "../kept/about.js";
import { KeptError } from "../kept/answered.js";
import { size } from "../kept/budget.js";
import { lossesIn } from "../kept/losses.js";
import { announce, onNews } from "../kept/news.js";
import { allRuns, obstacle, openRuns, read, remove, restore, revise } from "../kept/store.js";
import { showError } from "../page/alerts.js";
import { byId, element, saveFile } from "../page/dom.js";
import { counted, megabytes } from "../page/format.js";
import { MARKS, RunCurves } from "./run-curves.js";
import { RunRow } from "./run-row.js";
import { labels, lossesCsv, runsCsv } from "./run-words.js";

/** Not the time at which the page was asked for: what was here before still saves after that. */
const BEGAN = Date.now();
const FIRST_CHOICE = 2; // runs that are chosen before the visitor chooses

/** @typedef {import("../kept/store.js").Found} Found */
/** @typedef {Found & {about: KeptRun}} Known */

const view = byId("view-runs");
const keep = /** @type {HTMLInputElement} */ (byId("keep"));
const list = byId("runs-list");
const count = byId("runs-count");
const note = byId("runs-note");
const empty = byId("runs-empty");
const unkept = byId("runs-unkept");
const table = /** @type {HTMLButtonElement} */ (byId("runs-table"));
const losses = /** @type {HTMLButtonElement} */ (byId("runs-losses"));
const chooseNone = /** @type {HTMLButtonElement} */ (byId("runs-none"));
const removeChosen = /** @type {HTMLButtonElement} */ (byId("runs-remove"));

/** Announces `change` when runs were deleted, put back, or opened, in whatever tab. */
export class KeptRuns extends EventTarget {
  #client;
  #state;
  #openings;
  #undo;
  #defaults;
  /** @type {RunCurves<KeptRun>} */
  #chart = new RunCurves({ box: byId("curves"), legend: byId("curves-legend"), step: byId("curves-step") }, labels);
  /** @type {Found[]} */
  #runs = [];
  /** @type {Map<string, RunRow>} */
  #rows = new Map();
  /** The ids of chosen runs; the place of each is that of its mark. @type {(string | null)[]} */
  #chosen = [];
  /** Whether the visitor has chosen; until then the newest are. */
  #byHand = false;
  /** The id of the run that is here, as far as it is kept. */
  #here = "";
  /** Those that a tab has. @type {Set<string>} */
  #open = new Set();
  /** Whether something has changed since the list was last read. */
  #stale = true;
  /** Done when it was read. @type {Promise<void> | null} */
  #reading = null;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/openings.js").Openings} openings
   * @param {import("./undo.js").UndoLine} undo
   * @param {import("../page/views.js").Views} views
   * @param {Site} site
   */
  constructor(client, state, openings, undo, views, site) {
    super();
    this.#client = client;
    this.#state = state;
    this.#openings = openings;
    this.#undo = undo;
    this.#defaults = Object.fromEntries(site.hyperparameters.map((entry) => [entry.name, entry.default]));
    client.on("keeping", (id) => {
      this.#here = id;
      announce("changed");
      this.refresh();
    });
    client.on("kept", () => {
      announce("changed");
      this.refresh();
    });
    client.on("madeRoom", (runs) => this.#sayWhatMadeRoom(runs));
    onNews((news) => {
      if (news === "back") void client.call("keepAgain");
      this.refresh();
      this.dispatchEvent(new Event("change"));
    });
    views.addEventListener("change", () => this.#read());
    state.addEventListener("change", () => this.#showUnkept());
    byId("runs-keep").addEventListener("click", () => void client.call("keepThis"));
    table.addEventListener("click", () => saveFile("runs.csv", [runsCsv(this.#wanted.map(({ about }) => about))], "text/csv"));
    losses.addEventListener("click", () => void this.#saveLosses());
    chooseNone.addEventListener("click", () => {
      this.#byHand = true;
      this.#chosen = [];
      this.#showChoice();
    });
    removeChosen.addEventListener("click", ({ detail }) => void this.#remove(this.#chosenIds, detail === 0));
  }

  /** What is kept has changed: the list is read again, now or when it comes in sight. */
  refresh() {
    this.#stale = true;
    this.#read();
  }

  /** Something was deleted or put back in this tab. */
  changed() {
    announce("changed");
    this.refresh();
    this.dispatchEvent(new Event("change"));
  }

  #read() {
    this.#reading ??= this.#readOn().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #readOn() {
    try {
      while (this.#stale && !view.hidden) {
        this.#stale = false;
        if (obstacle()) break;
        [this.#runs, this.#open] = await Promise.all([allRuns(), openRuns()]);
        this.#show();
      }
    } catch (error) {
      note.textContent = `What is kept can't be read: ${/** @type {Error} */ (error).message}`;
    }
  }

  #show() {
    const ids = new Set(this.#runs.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    this.#chosen = this.#byHand
      ? this.#chosen.map((id) => (id && ids.has(id) ? id : null))
      : this.#known.filter(hasCurve).slice(0, FIRST_CHOICE).map(({ id }) => id);
    const parts = [this.#part("This visit", true), this.#part("Earlier visits", false)];
    replace(list, parts.flat());
    this.#showChoice();
    const bytes = this.#runs.reduce((sum, run) => sum + size(run), 0);
    count.textContent = this.#runs.length ? `${counted(this.#runs.length, "run")}, ${megabytes(bytes)}` : "";
    empty.hidden = this.#runs.length > 0 || !keep.checked;
    for (const id of ["runs-bar", "runs-curves", "runs-export"]) byId(id).hidden = !this.#runs.length;
    this.#showUnkept();
  }

  /**
   * The runs of this visit, or of earlier ones, with their heading.
   * @param {string} title
   * @param {boolean} recent
   * @returns {HTMLElement[]}
   */
  #part(title, recent) {
    const rows = this.#runs
      .filter(({ id, about }) => recent === (id === this.#here || (about?.time ?? 0) >= BEGAN))
      .map((run) => this.#row(run).element);
    if (!rows.length) return [];
    const name = `runs-${recent ? "recent" : "earlier"}`;
    const heading = document.getElementById(name) ?? element("h2", title);
    heading.id = name;
    const rowsList = document.getElementById(`${name}-list`) ?? element("ul", "", "run-rows");
    rowsList.id = `${name}-list`;
    rowsList.role = "list"; // which it wouldn't be for all, without its bullets
    rowsList.setAttribute("aria-labelledby", name);
    replace(rowsList, rows);
    return [heading, rowsList];
  }

  /** @param {Found} run */
  #row(run) {
    const row = this.#rows.get(run.id) ?? this.#newRow(run.id);
    const at = this.#chosen.indexOf(run.id);
    const mark = MARKS[at];
    row.update(run, {
      tab: run.id === this.#here ? "here" : this.#open.has(run.id) ? "elsewhere" : "",
      mark: mark ? { letter: mark.letter, colour: `var(${mark.colour})` } : null,
      canChoose: this.#chosenIds.length < MARKS.length,
      canOpen: this.#state.can("open"),
      range: this.#range,
      defaults: this.#defaults,
    });
    return row;
  }

  /** @param {string} id */
  #newRow(id) {
    const row = new RunRow(id, {
      choose: (id, chosen) => this.#choose(id, chosen),
      rename: (id, title) => void this.#rename(id, title),
      open: (id) => void this.#opened(id, this.#openings.continueKept(id)),
      restart: (id) => void this.#opened(id, this.#openings.restartKept(id)),
      remove: (id, byKeyboard) => void this.#remove([id], byKeyboard),
    });
    this.#rows.set(id, row);
    return row;
  }

  #showChoice() {
    for (const run of this.#runs) this.#row(run);
    const chosen = this.#chosen.flatMap((id, i) => {
      const about = this.#runs.find((run) => run.id === id)?.about;
      const mark = MARKS[i];
      return id && about && mark ? [{ id, about, mark }] : [];
    });
    this.#chart.show(chosen);
    const extent = chosen.length ? `${chosen.length} chosen` : `all ${this.#known.length}`;
    table.textContent = `Table as CSV (${extent})`;
    losses.textContent = `Every loss as CSV (${extent})`;
    table.disabled = losses.disabled = !this.#known.length;
    chooseNone.disabled = removeChosen.disabled = !chosen.length;
  }

  /** The run that is here, where the page has begun it by itself. */
  #showUnkept() {
    const kept = this.#here !== "" || this.#state.run === null || this.#state.name !== "finished";
    unkept.hidden = kept || obstacle() !== "" || !keep.checked;
  }

  /** Those that can be read. @returns {Known[]} */
  get #known() {
    return this.#runs.filter(isKnown);
  }

  get #chosenIds() {
    return this.#chosen.filter((id) => id !== null);
  }

  /** Those to export: the chosen ones, or all. */
  get #wanted() {
    const chosen = this.#chosenIds;
    return this.#known.filter(({ id }) => !chosen.length || chosen.includes(id));
  }

  /** Nats that all small curves have in common. @returns {[number, number]} */
  get #range() {
    const all = this.#known.map(({ about }) => about.curve.nats).filter((nats) => nats.length);
    const lowest = Math.min(...all.map((nats) => Math.min(...nats)));
    return [lowest, Math.max(...all.map((nats) => /** @type {number} */ (nats[0])))];
  }

  /**
   * @param {string} id
   * @param {boolean} chosen
   */
  #choose(id, chosen) {
    this.#byHand = true;
    const free = this.#chosen.indexOf(null);
    if (!chosen) this.#chosen = this.#chosen.map((each) => (each === id ? null : each));
    else if (free >= 0) this.#chosen[free] = id;
    else this.#chosen.push(id);
    this.#showChoice();
  }

  /**
   * @param {string} id
   * @param {string} wish
   */
  async #rename(id, wish) {
    const about = this.#runs.find((run) => run.id === id)?.about;
    const title = checkedTitle(wish);
    try {
      await revise(id, { title: title === about?.name ? "" : title });
      this.changed();
    } catch (error) {
      showError(error, "The run has its name as before.");
    }
  }

  /**
   * @param {string} id
   * @param {Promise<boolean>} opening
   */
  async #opened(id, opening) {
    await opening; // else the alert says why not
    this.changed();
    if (document.activeElement === document.body) this.#rows.get(id)?.focus();
  }

  /**
   * @param {string[]} ids
   * @param {boolean} byKeyboard
   */
  async #remove(ids, byKeyboard) {
    const next = this.#nextTo(ids);
    const here = ids.includes(this.#here);
    try {
      if (here) await this.#client.call("dropThis");
      const names = this.#runs.filter(({ id }) => ids.includes(id)).map(({ about }) => (about ? nameOf(about) : "a damaged run"));
      const removed = await remove(ids);
      if (!removed.length) throw new KeptError("That run is open in another tab.");
      this.changed();
      const what = removed.length === 1 ? names[0] : counted(removed.length, "run");
      this.#undo.offer(`Deleted: ${what}.`, () => this.#putBack(removed));
      if (byKeyboard) this.#undo.focus();
      else next?.focus();
    } catch (error) {
      if (here) void this.#client.call("keepAgain");
      showError(error, "Nothing was deleted.");
    }
  }

  /** @param {import("../kept/store.js").Taken[]} removed */
  async #putBack(removed) {
    await restore(removed);
    announce("back");
    await this.#client.call("keepAgain");
    this.changed();
    const first = removed[0]?.id ?? "";
    await this.#read();
    this.#rows.get(first)?.focus();
  }

  /** The row where the keyboard goes when some have gone. @param {string[]} ids */
  #nextTo(ids) {
    const at = this.#runs.findIndex(({ id }) => ids.includes(id));
    const left = this.#runs.filter(({ id }, i) => !ids.includes(id) && i > at);
    const next = left[0] ?? this.#runs.findLast(({ id }) => !ids.includes(id));
    return next && this.#rows.get(next.id);
  }

  async #saveLosses() {
    try {
      const runs = [];
      for (const { id, about } of this.#wanted) {
        const found = lossesIn((await read(id)).state);
        if (found) runs.push({ name: nameOf(about), losses: found });
      }
      saveFile("run-losses.csv", lossesCsv(runs), "text/csv");
    } catch (error) {
      showError(error, "The runs are kept.");
    }
  }

  /** @param {(KeptRun | null)[]} runs */
  #sayWhatMadeRoom(runs) {
    const names = runs.map((about) => (about ? nameOf(about) : "one that can't be read"));
    note.textContent = `To make room, the oldest were deleted: ${names.join("; ")}. Runs that you give a name stay.`;
    this.changed();
  }
}

/** @param {Found} run @returns {run is Known} */
function isKnown(run) {
  return run.about !== null;
}

/** @param {Found} run */
function hasCurve({ about }) {
  return Boolean(about?.curve.steps.length);
}

/**
 * Puts children in their order without touching those that are in place: one of them may have the focus.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} children
 */
function replace(parent, children) {
  for (const child of [...parent.children]) if (!children.includes(/** @type {HTMLElement} */ (child))) child.remove();
  children.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}
