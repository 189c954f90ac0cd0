/**
 * How much is kept: when there is no room for another run, the oldest make it, but not
 * those that the visitor has given a name. Not about a browser that refuses: worker/keeper.js.
 */

import { listed, remove } from "./store.js";

const MOST = 40; // runs
const MOST_BYTES = 100e6; // of all of them
const LEAST = 5; // that stay, however large

/** @typedef {import("./store.js").Found} Found */

/**
 * Makes room for a run that is about to be saved.
 * @param {import("./store.js").Database} database
 * @param {string} id
 * @param {number} bytes that it takes
 * @returns {Promise<(KeptRun | null)[]>} the runs that were deleted for it
 */
export async function makeRoom(database, id, bytes) {
  const others = (await listed(database)).filter((run) => run.id !== id);
  const ids = tooOld(others, bytes, await available(sum(others)));
  if (!ids.length) return [];
  const removed = new Set((await remove(ids)).map((run) => run.id)); // not those that are open in a tab
  return others.filter((run) => removed.has(run.id)).map(({ about }) => about);
}

/**
 * Which runs have to go for one more.
 * @param {Found[]} others the newest first
 * @param {number} bytes of the one more
 * @param {number} most bytes of all together
 * @returns {string[]} their ids
 */
export function tooOld(others, bytes, most) {
  let total = bytes;
  return others
    .filter((run, i) => {
      total += size(run);
      const count = i + 2; // with the one more
      return count > LEAST && (count > MOST || total > most) && !run.about?.title;
    })
    .map(({ id }) => id);
}

/**
 * Bytes for all runs together: half of what the browser has left is for the rest of the site.
 * @param {number} kept bytes that they have now
 */
async function available(kept) {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return Math.min(MOST_BYTES, kept + (quota - usage) / 2);
}

/** @param {Found[]} runs */
function sum(runs) {
  return runs.reduce((total, run) => total + size(run), 0);
}

/** @param {Found} run */
function size({ about }) {
  return about ? about.bytes + about.text_bytes : 0;
}
