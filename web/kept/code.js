/**
 * What this browser keeps of changed code: the text of each file that differs from the
 * algorithm's own. For the page; of a file that two tabs change, the last one's is kept, which is said.
 *
 * In a database of their own, for the reason that favourites.js gives. Not about what is
 * done with them: code/code.js.
 */

import { deleteDB, openDB } from "../idb/index.js";
import { SITE_PATH } from "../page/site.js";
import { answered } from "./answered.js";
import { looking } from "./looking.js";
import { checkedTexts, merged } from "./merged.js";
import { turns } from "./turns.js";
import { whole } from "./whole.js";
import { isWanted } from "./wish.js";

/** @typedef {import("./merged.js").Texts} Texts */

const NAME = `microgpt-in-a-tab code ${SITE_PATH}`;
const STORE = "changed";

const inTurn = turns();

/** Everything, as far as it makes sense: storage can hold anything. @returns {Promise<Texts>} */
export function keptCode() {
  return inTurn(async () => (await looking(NAME, everything)) ?? {});
}

/**
 * Keeps what this tab has changed, unless nothing is to be kept.
 * @param {Texts} texts all that differ from the algorithm's own
 * @param {Texts} known what this tab knew to be kept, which is brought up to date
 * @returns {Promise<string[]>} the files in which what another tab has changed since is not kept any more
 * @throws where the browser has no room or no storage
 */
export function keepCode(texts, known) {
  return inTurn(async () => {
    if (!isWanted()) return [];
    const all = merged(texts, known, (await looking(NAME, everything)) ?? {});
    await replace(all.texts);
    for (const file of Object.keys(known)) delete known[file];
    Object.assign(known, texts);
    return all.over;
  });
}

/**
 * Deletes it.
 * @returns {Promise<Texts>} what is needed to put it back, where it could be read
 */
export function removeCode() {
  return inTurn(async () => {
    const found = await looking(NAME, everything).catch(() => null); // what can't be read can still be deleted
    await answered(deleteDB(NAME));
    return found ?? {};
  });
}

/** Puts back what was deleted; what was changed since then is newer. @param {Texts} taken */
export function restoreCode(taken) {
  return inTurn(async () => {
    if (!Object.keys(taken).length) return;
    const since = (await looking(NAME, everything)) ?? {};
    await replace({ ...taken, ...since });
  });
}

/** @param {Texts} texts */
async function replace(texts) {
  const write = (/** @type {import("idb").IDBPDatabase} */ database) =>
    whole(database, STORE, "readwrite", async ({ store }) => {
      await store.clear();
      await Promise.all(Object.entries(texts).map(([file, text]) => store.put(text, file)));
    });
  if (!Object.keys(texts).length) return void (await looking(NAME, write)); // none is made for nothing
  const opening = openDB(NAME, 1, {
    upgrade: (made) => void made.createObjectStore(STORE),
    blocking: () => database.close(), // deleting doesn't wait for it
  });
  const database = await answered(opening, (late) => late.close());
  try {
    await write(database);
  } finally {
    database.close();
  }
}

/** @param {import("idb").IDBPDatabase} database @returns {Promise<Texts>} */
async function everything(database) {
  const [files, texts] = await whole(database, STORE, "readonly", ({ store }) =>
    Promise.all([store.getAllKeys(), store.getAll()]),
  );
  return checkedTexts(files, texts);
}
