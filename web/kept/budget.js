/**
 * How much is kept: which runs have to go when there is no room for another. The oldest,
 * but not those that the visitor has given a name. Not about deleting them: room.js.
 */

const MOST = 40; // runs
const MOST_BYTES = 100e6; // of all of them
const LEAST = 5; // that stay, however large

/** @typedef {{id: string, about: KeptRun | null}} Found */

/**
 * @param {Found[]} others the newest first
 * @param {number} bytes of the one more
 * @param {number} left bytes that the browser has left
 * @returns {string[]} the ids of those that have to go
 */
export function tooOld(others, bytes, left) {
  // Half of what is left is for the rest of the site.
  const most = Math.min(MOST_BYTES, others.reduce((sum, run) => sum + size(run), 0) + left / 2);
  let total = bytes;
  return others
    .filter((run, i) => {
      total += size(run);
      const count = i + 2; // with the one more
      return count > LEAST && (count > MOST || total > most) && !run.about?.title;
    })
    .map(({ id }) => id);
}

/** Bytes of a run with its text. @param {Found} run */
export function size({ about }) {
  return about ? about.bytes + about.text_bytes : 0;
}
