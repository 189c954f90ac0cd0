/** Tokens as signs beside a picture, and in sentences. BOS is named by "". */

import { nameOf, sightOf } from "../page/characters.js";

/** Stands for BOS: the beginning, before the first character. */
export const BEGINNING = "^";

/** To be drawn: one sign. @param {string} token */
export function tokenSign(token) {
  return token === "" ? BEGINNING : token === " " ? "␣" : sightOf(token) || "□";
}

/** As ‘m’, "space", "the beginning". @param {string} token */
export function tokenWords(token) {
  return token === "" ? "the beginning" : nameOf(token) || `‘${token}’`;
}
