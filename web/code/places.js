/** Places in a text, as Python names them and as the editor does. Not about showing them. */

/**
 * A text of which lines can be looked up, from 1, as CodeMirror's.
 * @typedef {{lines: number, line: (number: number) => {from: number, to: number, text: string}}} Lines
 */

/**
 * From where to where a problem is: from its column to the end of a word or else of one
 * character; the whole line where there is no column.
 * @param {Lines} doc
 * @param {{line: number, column?: number}} problem from 1; columns in characters, not in UTF-16's units
 */
export function placed(doc, { line, column = 0 }) {
  const { from, to, text } = doc.line(Math.min(Math.max(1, Math.trunc(line) || 1), doc.lines));
  if (!(column >= 1)) return { from: from + text.length - text.trimStart().length, to };
  const before = [...text].slice(0, column - 1).join("").length;
  const [word] = /^(?:[\p{L}\p{N}_]+|.)?/su.exec(text.slice(before)) ?? [""];
  return { from: from + before, to: Math.min(to, from + before + word.length) };
}

/**
 * One text made of another as one change: what is alike before and behind stays, and with
 * it the cursor and the marks.
 * @param {string} before
 * @param {string} after
 */
export function asChange(before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}
