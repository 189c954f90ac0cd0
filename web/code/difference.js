/**
 * What differs between two texts, line by line, as rows to show. Not about finding it, nor
 * about showing it: difference-table.js.
 */

const CONTEXT = 3; // lines that are the same, on each side of what isn't

/** What comes next in both texts or in one of them, as the package `diff` says it. @typedef {{value: string, added?: boolean, removed?: boolean}} Part */

/**
 * A line, with its number in each text that has it; or so many lines that aren't shown.
 * @typedef {{kind: "same" | "added" | "removed", before: number | null, after: number | null, text: string}} Line
 * @typedef {Line | {kind: "gap", count: number}} Row
 */

/** @param {Part[]} parts @returns {Row[]} none where both are the same */
export function rowsOf(parts) {
  const lines = linesOf(parts);
  const shown = lines.map(({ kind }, i) => {
    return kind !== "same" || lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((near) => near.kind !== "same");
  });
  if (!shown.includes(true)) return [];
  /** @type {Row[]} */
  const rows = [];
  lines.forEach((line, i) => {
    const last = rows.at(-1);
    if (shown[i]) rows.push(line);
    else if (last?.kind === "gap") last.count++;
    else rows.push({ kind: "gap", count: 1 });
  });
  return rows;
}

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/**
 * A text with nothing in it that can't be seen, or that changes how others are seen: that is
 * written as Python escapes it. Tabs stay.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(UNSEEN, (character) => {
    if (character === "\t") return character;
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length < 3 ? `\\x${hex.padStart(2, "0")}` : hex.length < 5 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}

/** How many lines came and went. @param {Part[]} parts */
export function countsOf(parts) {
  const lines = linesOf(parts);
  const count = (/** @type {string} */ wanted) => lines.filter(({ kind }) => kind === wanted).length;
  return { added: count("added"), removed: count("removed") };
}

/** @param {Part[]} parts */
function linesOf(parts) {
  let [before, after] = [0, 0];
  return parts.flatMap(({ value, added, removed }) => {
    return value.replace(/\n$/, "").split("\n").map((text) => {
      /** @type {Line} */
      const line = added
        ? { kind: "added", before: null, after: ++after, text }
        : removed
          ? { kind: "removed", before: ++before, after: null, text }
          : { kind: "same", before: ++before, after: ++after, text };
      return line;
    });
  });
}
