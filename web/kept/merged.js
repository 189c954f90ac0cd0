/** What is kept of texts that several tabs may change, each by its name. Not about where. */

const MOST = 32; // files
const LONGEST = 500_000; // characters, of a file

/** By the name of the file. @typedef {Record<string, string>} Texts */

/**
 * What was stored, as far as it makes sense: storage can hold anything.
 * @param {unknown[]} files
 * @param {unknown[]} texts
 * @returns {Texts}
 */
export function checkedTexts(files, texts) {
  const pairs = files.map((file, i) => [file, texts[i]]);
  const good = pairs.filter(([file, text]) => file && typeof file === "string" && typeof text === "string" && text.length <= LONGEST);
  return Object.fromEntries(good.slice(0, MOST));
}

/**
 * A tab's changes on top of what is kept by now: of files that only others have changed, theirs stay.
 * @param {Texts} texts of the tab
 * @param {Texts} known what the tab knew to be kept
 * @param {Texts} stored what is kept
 * @returns {{texts: Texts, over: string[]}} what is to be kept, and the files in which another tab's change goes for it
 */
export function merged(texts, known, stored) {
  const files = [...new Set([...Object.keys(texts), ...Object.keys(known)])];
  const changed = files.filter((file) => of(texts, file) !== of(known, file));
  const over = changed.filter((file) => ![of(known, file), of(texts, file)].includes(of(stored, file)));
  const others = Object.entries(stored).filter(([file]) => !changed.includes(file));
  const own = Object.entries(texts).filter(([file]) => changed.includes(file));
  return { texts: Object.fromEntries([...others, ...own]), over };
}

/** Null where there is none. @param {Texts} texts @param {string} file */
function of(texts, file) {
  return Object.hasOwn(texts, file) ? texts[file] : null;
}
