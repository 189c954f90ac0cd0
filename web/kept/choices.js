/**
 * What a visitor has chosen for a text, name by name, and how it is put together from
 * several places. Not about where it is stored: favourites.js.
 */

import { first } from "./first.js";

/** In each list; as many as Python takes: sharing/favourites.py. */
export const MOST = 500;
const FURTHEST = 10_000; // in a list that was stored: what comes behind isn't looked at
const MOST_CHARACTERS = 40_000; // of what is liked and blocked together
const LONGEST = 1024; // characters, of a name
const LONGEST_TEXT = 100; // characters, of the name of a text

/** @type {Favourites} */
export const NONE = { liked: [], blocked: [] };

/**
 * As it is stored. `neither` are names that were liked or blocked until the visitor took that
 * back, the newest last: a run that was saved before doesn't bring them back.
 * @typedef {Favourites & {neither: string[], time: number}} Chosen
 */

/**
 * The name of the text that a model's favourites belong to, by the name of what it has learned
 * from: session/favourites.py does the same.
 * @param {string} name
 */
export function textOf(name) {
  const learned = name.replace(/^Favourites of /, "");
  const after = learned.indexOf(", after ", 1);
  const text = after < 0 ? learned : learned.slice(0, after);
  return [...text.slice(0, 2 * LONGEST_TEXT)].slice(0, LONGEST_TEXT).join("");
}

/**
 * What was stored, as far as it makes sense: storage can hold anything.
 * @param {any} value
 * @returns {Chosen}
 */
export function checkedChoices(value) {
  return bounded({
    liked: names(value?.liked),
    blocked: names(value?.blocked),
    neither: names(value?.neither),
    time: Number.isFinite(value?.time) ? value.time : 0,
  });
}

/**
 * What there is after a choice. Another tab may have changed what is stored since this one
 * read it: of each name the newest choice counts, and the order is that of this tab.
 * @param {Chosen} stored
 * @param {Favourites} before as this tab knew them
 * @param {Favourites} after as the visitor wants them in this tab
 * @param {number} time
 * @returns {Chosen}
 */
export function applied(stored, before, after, time) {
  const wanted = new Set([...after.liked, ...after.blocked]);
  const takenBack = [...before.liked, ...before.blocked].filter((name) => !wanted.has(name));
  const known = new Set([...wanted, ...takenBack]);
  const others = (/** @type {string[]} */ list) => list.filter((name) => !known.has(name));
  return bounded({
    liked: [...after.liked, ...others(stored.liked)],
    blocked: [...after.blocked, ...others(stored.blocked)],
    neither: [...others(stored.neither), ...takenBack],
    time,
  });
}

/**
 * What is stored, and what came with a model where nothing was chosen here about the same name.
 * @param {Chosen} stored
 * @param {Favourites} came
 * @returns {Favourites}
 */
export function together(stored, came) {
  const known = new Set([...stored.liked, ...stored.blocked, ...stored.neither]);
  const others = (/** @type {string[]} */ list) => list.filter((name) => !known.has(name));
  const { liked, blocked } = bounded({
    ...stored,
    liked: [...stored.liked, ...others(came.liked)],
    blocked: [...stored.blocked, ...others(came.blocked)],
  });
  return { liked, blocked };
}

/** Whether they are the same, in the same order. @param {Favourites} a @param {Favourites} b */
export function areSame(a, b) {
  return JSON.stringify([a.liked, a.blocked]) === JSON.stringify([b.liked, b.blocked]);
}

/** Whether nothing is chosen. @param {Chosen} chosen */
export function isNothing({ liked, blocked, neither }) {
  return !liked.length && !blocked.length && !neither.length;
}

/**
 * No name twice, a name in the first of the lists that have it, and no more than there is room for.
 * @param {Chosen} chosen
 * @returns {Chosen}
 */
function bounded({ liked, blocked, neither, time }) {
  const seen = new Set();
  let left = MOST_CHARACTERS;
  const take = (/** @type {string[]} */ list) => {
    /** @type {string[]} */
    const taken = [];
    for (const name of list) {
      const { length } = [...name]; // as Python counts
      if (seen.has(name) || taken.length === MOST || length > left) continue;
      seen.add(name);
      taken.push(name);
      left -= length;
    }
    return taken;
  };
  const first = { liked: take(liked), blocked: take(blocked) };
  left = MOST_CHARACTERS; // these have room of their own, the newest first
  return { ...first, neither: take([...neither].reverse()).reverse(), time };
}

/** @param {any} value @returns {string[]} */
function names(value) {
  return first(value, FURTHEST).filter(isName);
}

/** Whether a model can make it up: a line, and text. @param {unknown} value */
function isName(value) {
  if (typeof value !== "string" || !value || value.length > 2 * LONGEST) return false;
  return !/[\x00-\x08\x0a\x0d-\x1f\x7f]|\p{Surrogate}/u.test(value) && [...value].length <= LONGEST;
}
