/**
 * A browser's storage that fails at a call that a test chooses: IndexedDB in memory, with its
 * calls counted, and the locks and the estimate that go with it. Not about what uses it.
 */

import { register } from "node:module";

import * as implementation from "fake-indexeddb";

register("./resolve.js", import.meta.url);

const { get } = implementation.IDBObjectStore.prototype;

/** Every method of IndexedDB that asks for something. */
const METHODS = {
  IDBFactory: ["open", "deleteDatabase"],
  IDBDatabase: ["transaction"],
  IDBObjectStore: ["get", "getAll", "getAllKeys", "put", "delete", "clear", "count"],
};

/** What goes wrong at the chosen call, instead of or before what it does. */
export const FAULTS = {
  "is blocked": () => {
    throw new DOMException("Storage is blocked.", "SecurityError");
  },
  "has no room": () => {
    throw new DOMException("There is no room.", "QuotaExceededError");
  },
  "aborts": (/** @type {any} */ place, /** @type {() => any} */ call) => {
    const request = call();
    (place.transaction?.abort ? place.transaction : request).abort?.();
    return request;
  },
  "never answers": (/** @type {any} */ place) => {
    if (place instanceof implementation.IDBObjectStore) keepOpen(place);
    return new implementation.IDBOpenDBRequest();
  },
  "is deleted": (/** @type {any} */ _place, /** @type {() => any} */ call) => {
    for (const name of storage.names) storage.deleteQuietly(name);
    return call();
  },
  "is closed by the browser": (/** @type {any} */ _place, /** @type {() => any} */ call) => {
    for (const database of storage.opened) {
      database.close();
      database.dispatchEvent(new Event("close"));
    }
    return call();
  },
};

/** A transaction in which something is unanswered doesn't end. @param {any} store */
function keepOpen(store) {
  try {
    get.call(store, "").onsuccess = () => keepOpen(store);
  } catch {
    // It was aborted.
  }
}

export const storage = {
  /** How many calls there have been. */
  calls: 0,
  /** At which call it fails. */
  at: Infinity,
  /** How. @type {keyof typeof FAULTS} */
  fault: "aborts",
  /** @type {Set<string>} */
  names: new Set(),
  /** @type {Set<IDBDatabase>} */
  opened: new Set(),

  /** Empty, and with nothing wrong but what is said. @param {number} at @param {keyof typeof FAULTS} fault */
  begin(at = Infinity, fault = "aborts") {
    Object.assign(storage, { calls: 0, at, fault, names: new Set(), opened: new Set() });
    globalThis.indexedDB = new implementation.IDBFactory();
  },

  /** From now on nothing goes wrong. */
  heal() {
    storage.at = Infinity;
  },

  /** @param {string} name */
  deleteQuietly(name) {
    implementation.IDBFactory.prototype.deleteDatabase.call(globalThis.indexedDB, name);
  },
};

for (const [type, names] of Object.entries(METHODS)) {
  const prototype = /** @type {any} */ (implementation)[type].prototype;
  for (const name of names) {
    const method = prototype[name];
    prototype[name] = function (/** @type {any[]} */ ...given) {
      const call = () => method.apply(this, given);
      if (name === "transaction" && !storage.opened.has(this)) return call(); // an upgrade, which the browser begins
      const result = storage.calls++ === storage.at ? FAULTS[storage.fault](this, call) : call();
      if (name === "open") note(given[0], result);
      return result;
    };
  }
}
Object.assign(globalThis, implementation);

/** @param {string} name @param {any} request */
function note(name, request) {
  storage.names.add(name);
  request.addEventListener("success", () => storage.opened.add(request.result));
}

/** Web Locks, as far as the page uses them. */
class Locks {
  /** @type {Set<string>} */
  #held = new Set();

  /** @param {string} name @param {{signal: AbortSignal}} options @param {() => any} work */
  async request(name, { signal }, work) {
    while (this.#held.has(name)) {
      signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#held.add(name);
    try {
      return await work();
    } finally {
      this.#held.delete(name);
    }
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name, mode: "exclusive" })) };
  }
}

const navigator = { locks: new Locks(), storage: { estimate: async () => ({ quota: 1e9, usage: 0 }) } };
Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
