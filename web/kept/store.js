/**
 * What this browser keeps of runs: for each run what is worth knowing of it, its
 * text, and the state from which it goes on. For page and worker alike.
 *
 * IndexedDB, because what is written together is there together or not at all: a
 * crash in the middle leaves the last good state. A run that a tab still has is
 * marked by a Web Lock, which the browser releases however the tab ends.
 * Not about when to save (worker/keeper.js), nor about showing it (panels/returns.js).
 */

import { deleteDB, openDB } from "../idb/index.js";
import { SITE_PATH } from "../page/site.js";

/** @typedef {import("idb").IDBPDatabase} Database */

const NAME = `microgpt-in-a-tab ${SITE_PATH}`; // of the database, and the beginning of those of locks
const PARTS = /** @type {const} */ (["about", "text", "state"]);
const RELEASED_MS = 3000; // within which the browser releases what a reloaded tab had

/** An error that the page shows as it is, like those that Python words for the visitor. */
export class KeptError extends Error {
  name = "MicrogptError";
}

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
  const database = await openDB(NAME, 1, {
    upgrade: (made) => PARTS.forEach((part) => made.createObjectStore(part)),
    blocking() {
      database.close(); // otherwise deleting would wait for this tab to be closed
      onGone(true);
    },
    terminated: () => onGone(false),
  });
  return database;
}

/**
 * All parts of a run's newest state, or none of them.
 * @param {Database} database
 * @param {string} id
 * @param {{about: KeptRun, state: Uint8Array, text?: Uint8Array}} parts without the text where that is kept already
 */
export async function write(database, id, parts) {
  const transaction = database.transaction(PARTS, "readwrite");
  const requests = PARTS.filter((part) => parts[part]).map((part) =>
    transaction.objectStore(part).put(parts[part], id),
  );
  // All of them: when one fails the others do, and a failure that nobody waits for is an error.
  await Promise.all([...requests, transaction.done]);
}

/**
 * The runs whose tabs are gone, the newest first, those that can't be read last.
 * @param {boolean} patient whether to wait for what a tab that was just closed still has
 * @returns {Promise<{id: string, about: KeptRun | null}[]>}
 */
export async function leftRuns(patient) {
  if (!(await hasStore())) return [];
  const ids = (await using((database) => database.getAllKeys("about"))).map(String);
  const left = await Promise.all(ids.map((id) => isLeft(id, patient)));
  const runs = await using((database) => {
    const { store } = database.transaction("about");
    const wanted = ids.filter((_, i) => left[i]);
    return Promise.all(wanted.map(async (id) => ({ id, about: await store.get(id) })));
  });
  return runs
    .filter(({ about }) => about !== undefined) // deleted meanwhile
    .map(({ id, about }) => ({ id, about: checked(about) }))
    .sort((a, b) => (b.about?.time ?? 0) - (a.about?.time ?? 0));
}

/** Whether there is a store: to open one would make it. */
async function hasStore() {
  const { databases } = indexedDB; // older browsers don't tell
  return !databases || (await databases.call(indexedDB)).some(({ name }) => name === NAME);
}

/**
 * Text and state of a run; what they are worth, Python says.
 * @param {string} id
 * @returns {Promise<{about: KeptRun | null, text: Uint8Array, state: Uint8Array}>}
 */
export async function read(id) {
  const [about, text, state] = await using((database) => {
    const transaction = database.transaction(PARTS);
    return Promise.all(PARTS.map((part) => transaction.objectStore(part).get(id)));
  });
  return { about: checked(about), text: bytes(text), state: bytes(state) };
}

/**
 * A run that no tab has.
 * @param {string} id
 */
export async function remove(id) {
  const release = await hold(id);
  if (!release) throw new KeptError("That run is open in another tab.");
  try {
    await using(async (database) => {
      const transaction = database.transaction(PARTS, "readwrite");
      const requests = PARTS.map((part) => transaction.objectStore(part).delete(id));
      await Promise.all([...requests, transaction.done]);
    });
  } finally {
    release();
  }
}

/** Everything, of all tabs: those that still save are told by the browser, and stop. */
export async function removeAll() {
  await deleteDB(NAME);
}

/**
 * Marks a run as one that a tab has, until it is released or the tab ends.
 * @param {string} id
 * @returns {Promise<(() => void) | null>} what lets it go; null where another tab has it
 */
export function hold(id) {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(lockName(id), { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return /** @type {Promise<void>} */ (new Promise((release) => resolve(() => release())));
    });
    held.catch(reject);
  });
}

/**
 * Opens the store for one thing only: an open one would be closed when all is deleted.
 * @template T
 * @param {(database: Database) => Promise<T>} work
 */
async function using(work) {
  const database = await openStore();
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/**
 * Whether no tab has a run.
 * @param {string} id
 * @param {boolean} [patient]
 */
export async function isLeft(id, patient = false) {
  const options = patient ? { signal: AbortSignal.timeout(RELEASED_MS) } : { ifAvailable: true };
  try {
    return await navigator.locks.request(lockName(id), options, (lock) => lock !== null);
  } catch {
    return false; // timed out
  }
}

/** @param {string} id */
function lockName(id) {
  return `${NAME} ${id}`;
}

/**
 * What was stored as a run's description, if it is one.
 * @param {any} value
 * @returns {KeptRun | null}
 */
function checked(value) {
  const numbers = ["step", "steps", "parameters", "time", "bytes"];
  return typeof value?.name === "string" && numbers.every((key) => Number.isFinite(value[key])) ? value : null;
}

/** @param {unknown} value */
function bytes(value) {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
