/**
 * What this browser keeps of runs: for each run what is worth knowing of it, its
 * text, and the state from which it goes on. For page and worker alike.
 *
 * IndexedDB, because what is written together is there together or not at all: a
 * crash in the middle leaves the last good state. A run that a tab has is marked by
 * a Web Lock, which the browser releases however the tab ends.
 * Not about when to save (worker/keeper.js), nor about showing it (panels/kept-runs.js).
 */

import { deleteDB, openDB } from "../idb/index.js";
import { SITE_PATH } from "../page/site.js";
import { checked } from "./about.js";
import { answered } from "./answered.js";
import { looking } from "./looking.js";
import { whole } from "./whole.js";

/** @typedef {import("idb").IDBPDatabase} Database */
/** @typedef {{id: string, about: KeptRun | null}} Found about is null where it is damaged */
/** @typedef {Record<"about" | "text" | "state", unknown>} Parts as they are stored */
/** @typedef {{id: string, parts: Parts}} Taken a run that was taken out of the store */

const NAME = `microgpt-in-a-tab ${SITE_PATH}`; // of the database, and the beginning of those of locks
const PARTS = /** @type {const} */ (["about", "text", "state"]);
const RELEASED_MS = 3000; // within which the browser releases what a reloaded tab had
const LOOKED_MS = 300; // within which another tab has looked whether a run is left
/** What the visitor says of a run, which stays when the run goes on. */
const VISITORS = /** @type {const} */ (["title"]);

/** A run can't be written without its text, and what was kept of that has been deleted. */
export class DeletedError extends Error {}

/** Why nothing can be kept here, or "" if it can as far as is known before trying. */
export function obstacle() {
  if (!("indexedDB" in globalThis)) return "this browser has no storage for pages";
  // Both are there for https and for this machine alone.
  if (!navigator.locks) return "this browser keeps things only for pages that came by https";
  return "";
}

/**
 * @param {(deleted: boolean) => void} [onGone] called when all is being deleted, or when
 *   the browser has closed its storage, after which the database can't be used
 * @returns {Promise<Database>}
 */
export async function openStore(onGone = () => {}) {
  const opening = openDB(NAME, 1, {
    upgrade: (made) => PARTS.forEach((part) => made.createObjectStore(part)),
    blocking() {
      database.close(); // otherwise deleting would wait for this tab to be closed
      onGone(true);
    },
    terminated: () => onGone(false),
  });
  const database = await answered(opening, (late) => late.close());
  return database;
}

/**
 * All parts of a run's newest state, or none of them; what the visitor says of it stays.
 * @param {Database} database
 * @param {string} id
 * @param {{about: KeptRun, state?: Uint8Array, text?: Uint8Array}} parts without those that are kept already
 * @throws {DeletedError}
 */
export async function write(database, id, parts) {
  await whole(database, PARTS, "readwrite", async (transaction) => {
    if (!parts.text && !(await transaction.objectStore("text").count(id))) throw new DeletedError();
    const before = checked(await transaction.objectStore("about").get(id));
    const about = { ...parts.about };
    if (before) for (const key of VISITORS) about[key] = before[key];
    /** @type {Partial<Parts>} */
    const all = { ...parts, about };
    const put = (/** @type {keyof Parts} */ part) => transaction.objectStore(part).put(all[part], id);
    await Promise.all(PARTS.filter((part) => all[part]).map(put));
  });
}

/**
 * Changes what is said of a run, wherever that is open.
 * @param {string} id
 * @param {Partial<KeptRun>} change
 */
export async function revise(id, change) {
  await looking(NAME, (database) =>
    whole(database, "about", "readwrite", async ({ store }) => {
      const about = checked(await store.get(id));
      if (about) await store.put({ ...about, ...change }, id);
    }),
  );
}

/**
 * All runs, the newest first, those that can't be read last.
 * @returns {Promise<Found[]>}
 */
export async function allRuns() {
  return (await looking(NAME, listed)) ?? [];
}

/**
 * The same from an open store.
 * @param {Database} database
 * @returns {Promise<Found[]>}
 */
export async function listed(database) {
  const [ids, abouts] = await whole(database, "about", "readonly", ({ store }) =>
    Promise.all([store.getAllKeys(), store.getAll()]),
  );
  return ids
    .map((id, i) => ({ id: String(id), about: checked(abouts[i]) }))
    .sort((a, b) => (b.about?.time ?? 0) - (a.about?.time ?? 0));
}

/** The ids of runs that a tab has, this one's among them. @returns {Promise<Set<string>>} */
export async function openRuns() {
  const { held = [] } = await navigator.locks.query();
  const names = held.filter(({ mode }) => mode === "exclusive").map(({ name = "" }) => name);
  return new Set(names.filter((name) => name.startsWith(lockName(""))).map((name) => name.slice(lockName("").length)));
}

/**
 * Text and state of a run; what they are worth, Python says.
 * @param {string} id
 * @returns {Promise<{about: KeptRun | null, text: Uint8Array, state: Uint8Array}>}
 */
export async function read(id) {
  const parts = await looking(NAME, (database) =>
    whole(database, PARTS, "readonly", (transaction) => partsOf(transaction, id)),
  );
  const { about, text, state } = parts ?? { about: null, text: null, state: null };
  return { about: checked(about), text: bytes(text), state: bytes(state) };
}

/**
 * Takes runs that no tab has out of the store: all of them, or none.
 * @param {string[]} ids
 * @returns {Promise<Taken[]>} with all that is needed to put them back; without those that a tab has
 */
export async function remove(ids) {
  const held = await Promise.all(ids.map(async (id) => ({ id, release: await hold(id) })));
  const free = held.filter(({ release }) => release).map(({ id }) => id);
  try {
    return (await looking(NAME, (database) => takeOut(database, free))) ?? [];
  } finally {
    for (const { release } of held) release?.();
  }
}

/**
 * Everything, of all tabs: those that still save are told by the browser, and stop.
 * @returns {Promise<Taken[]>} what is needed to put it back, where it could be read
 */
export async function removeAll() {
  /** @type {Taken[]} */
  let removed = [];
  try {
    removed = (await looking(NAME, everything)) ?? [];
  } catch {
    // What can't be read can still be deleted.
  }
  await answered(deleteDB(NAME));
  return removed;
}

/**
 * Puts back what was taken out: all of it, or nothing.
 * @param {Taken[]} taken
 */
export async function restore(taken) {
  const database = await openStore();
  try {
    await whole(database, PARTS, "readwrite", async (transaction) => {
      const putBack = (/** @type {Taken} */ { id, parts }) =>
        PARTS.filter((part) => parts[part] !== undefined).map((part) => transaction.objectStore(part).put(parts[part], id));
      await Promise.all(taken.flatMap(putBack));
    });
  } finally {
    database.close();
  }
}

/** @param {Database} database @param {string[]} ids @returns {Promise<Taken[]>} */
async function takeOut(database, ids) {
  if (!ids.length) return [];
  return whole(database, PARTS, "readwrite", (transaction) =>
    Promise.all(
      ids.map(async (id) => {
        const parts = await partsOf(transaction, id);
        await Promise.all(PARTS.map((part) => transaction.objectStore(part).delete(id)));
        return { id, parts };
      }),
    ),
  );
}

/** @param {Database} database @returns {Promise<Taken[]>} */
async function everything(database) {
  return whole(database, PARTS, "readonly", async (transaction) => {
    const ids = await transaction.objectStore("about").getAllKeys();
    return Promise.all(ids.map(async (id) => ({ id: String(id), parts: await partsOf(transaction, String(id)) })));
  });
}

/**
 * @param {import("./whole.js").Transaction} transaction
 * @param {string} id
 * @returns {Promise<Parts>}
 */
async function partsOf(transaction, id) {
  const [about, text, state] = await Promise.all(PARTS.map((part) => transaction.objectStore(part).get(id)));
  return { about, text, state };
}

/**
 * Marks a run as one that a tab has, until it is released or the tab ends.
 * @param {string} id
 * @returns {Promise<(() => void) | null>} what lets it go; null where another tab has it
 */
export function hold(id) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LOOKED_MS);
    const held = navigator.locks.request(
      lockName(id),
      { signal },
      () => /** @type {Promise<void>} */ (new Promise((release) => resolve(() => release()))),
    );
    held.catch((error) => (signal.aborted ? resolve(null) : reject(error)));
  });
}

/**
 * Whether no tab has a run.
 * @param {string} id
 * @param {boolean} [patient] whether to wait for what a tab that was just closed still has
 */
export async function isLeft(id, patient = false) {
  if (!patient) return !(await openRuns()).has(id);
  try {
    // Shared: several tabs may look at once.
    const signal = AbortSignal.timeout(RELEASED_MS);
    return await navigator.locks.request(lockName(id), { mode: "shared", signal }, () => true);
  } catch {
    return false; // timed out
  }
}

/** @param {string} id */
function lockName(id) {
  return `${NAME} ${id}`;
}

/** @param {unknown} value */
function bytes(value) {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
