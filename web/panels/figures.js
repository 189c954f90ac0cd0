/**
 * What is known of a name, in words, and how surprising each of its letters is.
 * Not about how that is shown: why.js, name-list.js.
 */

import { nameOf } from "../page/characters.js";
import { counted } from "../page/format.js";

/** Nats from which a letter is shown as more surprising: one in 1.6, 4.5, 12 and 55. */
const LEVELS = [0.5, 1.5, 2.5, 4];

/** From 0, expected, to 4. @param {number} nats */
export function level(nats) {
  return LEVELS.filter((least) => nats >= least).length;
}

/**
 * The letters of a name with their surprise in nats, at last the end; null where a name is
 * written with other letters than the model has, as the German sharp s in capitals.
 * @param {Pick<Made, "text" | "surprises">} made
 * @returns {{letter: string, nats: number}[] | null}
 */
export function letters({ text, surprises }) {
  const all = [...text, ""]; // "" is the end
  if (all.length !== surprises.length) return null;
  return all.map((letter, i) => ({ letter, nats: surprises[i] ?? 0 }));
}

/** As "m 2.1, a 0.3, end 1.2". @param {Pick<Made, "text" | "surprises">} made */
export function surpriseWords(made) {
  return (letters(made) ?? []).map(({ letter, nats }) => `${named(letter)} ${nats.toFixed(1)}`).join(", ");
}

/** A letter that can't be seen has a name. @param {string} letter */
export function named(letter) {
  return letter === "" ? "end" : nameOf(letter) || letter;
}

/** As "12,400", "4.1 million". @param {number} oneIn */
export function oneInWords(oneIn) {
  if (!Number.isFinite(oneIn)) return "more than can be counted";
  if (oneIn >= 1e15) return `10 to the ${Math.round(Math.log10(oneIn))}`;
  const long = /** @type {const} */ ({ notation: "compact", compactDisplay: "long" });
  return oneIn.toLocaleString("en-US", { maximumSignificantDigits: oneIn < 10 ? 2 : 3, ...(oneIn >= 1e6 ? long : {}) });
}

/**
 * As "2 edits from marian"; "" where no text is known.
 * @param {Pick<Made, "edits" | "nearest">} made
 */
export function nearestWords({ edits, nearest }) {
  if (edits < 0) return "";
  return edits ? `${counted(edits, "edit")} from ${nearest}` : `${nearest} itself`;
}

/** @param {Pick<Made, "text" | "typical">} made */
export function typicalWords({ text, typical }) {
  return `more than ${Math.round(typical)} % of what it makes of ${counted([...text].length, "letter")}`;
}

/** @param {Pick<Made, "distinctive">} made */
export function distinctiveWords({ distinctive }) {
  const than = `${Math.abs(distinctive).toFixed(2)} nats a letter`;
  return distinctive >= 0 ? `${than} likelier than by how often letters come` : `${than} less likely than by how often letters come`;
}
