/** Looking into a database that may not be there. Not about what is in it. */

import { openDB } from "../idb/index.js";
import { answered } from "./answered.js";

/**
 * Opens a database if there is one, and makes none: it may be deleted at this moment.
 * @template T
 * @param {string} name
 * @param {(database: import("idb").IDBPDatabase) => Promise<T>} work
 * @returns {Promise<T | null>} null where there is none
 */
export async function looking(name, work) {
  let missing = false;
  try {
    const opening = openDB(name, 1, {
      upgrade(_made, _old, _new, transaction) {
        missing = true;
        transaction.done.catch(() => {});
        transaction.abort();
      },
      blocking: (_before, _after, event) => /** @type {IDBDatabase} */ (event.target).close(), // deleting doesn't wait for it
    });
    const database = await answered(opening, (late) => late.close());
    try {
      return await work(database);
    } finally {
      database.close();
    }
  } catch (error) {
    if (missing) return null;
    throw error;
  }
}
