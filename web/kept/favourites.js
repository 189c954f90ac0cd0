/**
 * What this browser keeps of favourites: for each text, by its name, what the visitor likes
 * and blocks of what models of it make up. For the page.
 *
 * Who puts together what comes from where: this module, and the page asks it to. When a model
 * is here, the page calls `favouritesOf` with the text's name and what Python says that it has
 * (`favourites`: of a saved run those that were saved with it), and gives Python the answer
 * (`setFavourites`), so that what is blocked isn't made and what is saved has them. When the
 * visitor chooses, it gives the new lists to Python and to `keepFavourites`. Of each name the
 * newest choice counts: all that was ever chosen in this browser is newer than what comes with
 * a saved run, also that a name is neither liked nor blocked any more; about a name of which
 * nothing was chosen here, the saved run is believed. Between tabs the later choice counts.
 *
 * In a database of their own, not beside the runs: a store more there is a new version of
 * that database, which a tab with an earlier version of this page would take for the deletion
 * of everything. Each operation opens and closes it, so nobody waits for a tab.
 */

import { deleteDB, openDB } from "../idb/index.js";
import { SITE_PATH } from "../page/site.js";
import { answered } from "./answered.js";
import { applied, checkedChoices, isNothing, NONE, textOf, together } from "./choices.js";
import { looking } from "./looking.js";
import { turns } from "./turns.js";
import { whole } from "./whole.js";
import { isWanted } from "./wish.js";

/** @typedef {import("idb").IDBPDatabase} Database */
/** @typedef {{text: string, chosen: import("./choices.js").Chosen}} TakenFavourites */

const NAME = `microgpt-in-a-tab favourites ${SITE_PATH}`;
const STORE = "favourites";
const MOST_TEXTS = 100; // the oldest go first

/** What this tab last knew of each text: what differs from it is the visitor's choice. @type {Map<string, Favourites>} */
const known = new Map();

const inTurn = turns();

/**
 * What the visitor likes and blocks of a text.
 * @param {string} name of the text, or of what a model has learned from
 * @param {Favourites} [came] with the model that is here
 * @returns {Promise<Favourites>} where storage can't be read, what came
 */
export function favouritesOf(name, came = NONE) {
  return inTurn(async () => {
    const text = textOf(name);
    const stored = await looking(NAME, (database) =>
      whole(database, STORE, "readonly", ({ store }) => store.get(text)),
    ).catch(() => null);
    const found = together(checkedChoices(stored), came);
    known.set(text, found);
    return found;
  });
}

/**
 * Keeps what the visitor has chosen, unless nothing is to be kept.
 * @param {string} name as above
 * @param {Favourites} favourites
 * @throws where the browser has no room or no storage; they are then here for this visit
 */
export function keepFavourites(name, favourites) {
  return inTurn(async () => {
    const text = textOf(name);
    const before = known.get(text) ?? NONE;
    known.set(text, favourites);
    if (!isWanted()) return;
    const database = await open();
    try {
      await whole(database, STORE, "readwrite", async ({ store }) => {
        const stored = checkedChoices(await store.get(text));
        const chosen = applied(stored, before, favourites, Date.now());
        await (isNothing(chosen) ? store.delete(text) : store.put(chosen, text));
        await dropOldest(store);
      });
    } finally {
      database.close();
    }
  });
}

/**
 * Deletes those of all texts.
 * @returns {Promise<TakenFavourites[]>} what is needed to put them back, where it could be read
 */
export function removeFavourites() {
  return inTurn(async () => {
    const found = await looking(NAME, everything).catch(() => null); // what can't be read can still be deleted
    await answered(deleteDB(NAME));
    known.clear();
    return found ?? [];
  });
}

/** Puts back what was deleted. @param {TakenFavourites[]} taken */
export function restoreFavourites(taken) {
  return inTurn(async () => {
    if (!taken.length) return;
    const database = await open();
    try {
      await whole(database, STORE, "readwrite", async ({ store }) => {
        // What was chosen since then is newer.
        const putBack = async (/** @type {TakenFavourites} */ { text, chosen }) => {
          const since = checkedChoices(await store.get(text));
          await store.put(applied(chosen, since, since, Math.max(since.time, chosen.time)), text);
        };
        await Promise.all(taken.map(putBack));
      });
    } finally {
      database.close();
    }
  });
}

/** @param {Database} database @returns {Promise<TakenFavourites[]>} */
async function everything(database) {
  const [texts, values] = await whole(database, STORE, "readonly", ({ store }) =>
    Promise.all([store.getAllKeys(), store.getAll()]),
  );
  return texts.map((text, i) => ({ text: String(text), chosen: checkedChoices(values[i]) }));
}

/** @param {import("./whole.js").Store} store */
async function dropOldest(store) {
  if ((await store.count()) <= MOST_TEXTS) return;
  const [texts, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
  const oldest = texts
    .map((text, i) => ({ text, time: checkedChoices(values[i]).time }))
    .sort((a, b) => b.time - a.time)
    .slice(MOST_TEXTS);
  await Promise.all(oldest.map(({ text }) => store.delete(text)));
}

/** @returns {Promise<Database>} made where there is none yet */
async function open() {
  const opening = openDB(NAME, 1, {
    upgrade: (made) => void made.createObjectStore(STORE),
    blocking: () => database.close(), // deleting doesn't wait for it
  });
  const database = await answered(opening, (late) => late.close());
  return database;
}
