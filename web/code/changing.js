/**
 * Changes as data, made in texts and taken out again: as in microgpt/changes.py, on top of
 * whatever the texts are by now. Not about showing them: cards.js.
 */

/** By the name of a file. @typedef {Record<string, string>} Texts */

/** A change that can't be made as the texts are: says where, and what helps. */
export class ChangeError extends Error {}

/**
 * All texts with each edit made; or none of them.
 * @param {Texts} texts
 * @param {Edit[]} edits each is looked for in the text as it was before all of them
 * @throws {ChangeError} one doesn't fit
 */
export function made(texts, edits) {
  return replaced(texts, edits, (file) => `${file} has no longer what this replaces, or has it twice. Nothing was changed. Reset ${file}, then try it again.`);
}

/**
 * All texts with a change taken out again; or none of them.
 * @param {Texts} texts
 * @param {Edit[]} edits
 * @param {Texts} originals
 * @throws {ChangeError} it isn't there any more as it was made
 */
export function takenOut(texts, edits, originals) {
  const back = edits.map((edit) => {
    const { file, before, after } = placed(edit, originals);
    return { file, before: after, after: before };
  });
  return replaced(texts, back, (file) => `What this change has put into ${file} is another by now. Nothing was changed. Take it out by hand, or reset ${file}.`);
}

/**
 * Whether a change is made in the texts.
 * @param {Texts} texts
 * @param {Edit[]} edits
 * @param {Texts} originals
 */
export function isMade(texts, edits, originals) {
  return edits.every((edit) => {
    const { file, after } = placed(edit, originals);
    return count(texts[file] ?? "", after) === 1;
  });
}

/**
 * An edit by whose `after` it can be told whether it is made: with the lines around it, where
 * without them the original has it too, or where it is nothing at all.
 * @param {Edit} edit
 * @param {Texts} originals
 * @returns {Edit}
 */
function placed(edit, originals) {
  const { file, before, after } = edit;
  const text = originals[file] ?? "";
  const at = text.indexOf(before);
  if (at < 0 || (after && count(text, after) === 0)) return edit;
  const from = text.lastIndexOf("\n", Math.max(0, at - 2)) + 1; // the line before
  const end = text.indexOf("\n", at + before.length) + 1 || text.length; // the line after
  const [ahead, behind] = [text.slice(from, at), text.slice(at + before.length, end)];
  return { file, before: ahead + before + behind, after: ahead + after + behind };
}

/**
 * @param {Texts} texts
 * @param {Edit[]} edits
 * @param {(file: string) => string} refusal
 */
function replaced(texts, edits, refusal) {
  /** @type {Map<string, {from: number, to: number, after: string}[]>} */
  const places = new Map();
  for (const { file, before, after } of edits) {
    const text = texts[file];
    if (text === undefined || count(text, before) !== 1) throw new ChangeError(refusal(file));
    const from = text.indexOf(before);
    places.set(file, [...(places.get(file) ?? []), { from, to: from + before.length, after }]);
  }
  const changed = [...places].map(([file, found]) => {
    const text = /** @type {string} */ (texts[file]);
    const sorted = found.sort((a, b) => a.from - b.from);
    if (sorted.some(({ from }, i) => i > 0 && from < Number(sorted[i - 1]?.to))) throw new ChangeError(refusal(file));
    const ends = [0, ...sorted.map(({ to }) => to)];
    const parts = sorted.map(({ from, after }, i) => text.slice(ends[i], from) + after);
    return [file, parts.join("") + text.slice(ends.at(-1))];
  });
  return { ...texts, ...Object.fromEntries(changed) };
}

/** @param {string} text @param {string} part that isn't empty, or is never there */
function count(text, part) {
  return part ? text.split(part).length - 1 : 0;
}
