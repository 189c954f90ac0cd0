/** Transactions of which all is done or nothing, and that end. Not about what is done in them. */

import { answered } from "./answered.js";

const REQUESTS = /** @type {const} */ (["clear", "count", "delete", "get", "getAll", "getAllKeys", "put"]);

/** @typedef {import("idb").IDBPObjectStore<any, any, any, "readwrite">} AnyStore */
/** @typedef {Pick<AnyStore, typeof REQUESTS[number]>} Store */
/** @typedef {{store: Store, objectStore: (name: string) => Store}} Transaction `store` is the first */

/**
 * Does something in a transaction. Requests that failed end it by themselves; where one
 * can't even be made, or is never answered, those before it would be done without this.
 * @template T
 * @param {import("idb").IDBPDatabase} database
 * @param {string | readonly string[]} stores
 * @param {"readonly" | "readwrite"} mode
 * @param {(transaction: Transaction) => Promise<T>} work
 * @returns {Promise<T>} when it is written
 */
export async function whole(database, stores, mode, work) {
  const transaction = database.transaction(stores, mode);
  transaction.done.catch(() => {}); // it is waited for below, unless the work fails at once
  try {
    const objectStore = (/** @type {string} */ name) => requests(transaction, name);
    const working = work({ objectStore, store: objectStore(String([stores].flat()[0])) });
    const [result] = await answered(Promise.all([working, transaction.done]));
    return result;
  } catch (error) {
    abort(transaction);
    throw error;
  }
}

/**
 * What can be asked of a store. What can't even be asked fails as a promise does, so that
 * those who ask for several things at once wait for all of them.
 * @param {{objectStore: (name: string) => any}} transaction
 * @param {string} store
 */
function requests(transaction, store) {
  const asking = REQUESTS.map((request) => [
    request,
    async (/** @type {unknown[]} */ ...given) => transaction.objectStore(store)[request](...given),
  ]);
  return /** @type {Store} */ (Object.fromEntries(asking));
}

/** @param {{abort: () => void}} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended.
  }
}
