/**
 * Makes room for another run: deletes what is over the budget. Not about a browser
 * that refuses although there should be room: worker/keeper.js.
 */

import { tooOld } from "./budget.js";
import { listed, remove } from "./store.js";

/**
 * @param {import("./store.js").Database} database
 * @param {string} id of the run that is about to be saved
 * @param {number} bytes that it takes
 * @returns {Promise<(KeptRun | null)[]>} the runs that were deleted for it
 */
export async function makeRoom(database, id, bytes) {
  const others = (await listed(database)).filter((run) => run.id !== id);
  const ids = tooOld(others, bytes, await left());
  if (!ids.length) return [];
  const removed = new Set((await remove(ids)).map((run) => run.id)); // not those that are open in a tab
  return others.filter((run) => removed.has(run.id)).map(({ about }) => about);
}

/** Bytes that the browser has left for the page, as far as it says. */
async function left() {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return quota - usage;
}
