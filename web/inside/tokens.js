/**
 * Tokens as signs in a picture, by name, and in sentences. BOS, which stands where a line
 * begins and where it ends, is "" to Python.
 */

import { nameOf, sightOf } from "../page/characters.js";

/** In or beside a picture. @param {string} token */
export function tokenSign(token) {
  return token === "" ? "BOS" : token === " " ? "␣" : sightOf(token) || "□";
}

/** In a table, or as the index of a weight. @param {string} token */
export function tokenName(token) {
  return token === "" ? "BOS" : nameOf(token) || token;
}

/** In a sentence: ‘m’, "a space". @param {string} token @param {"the beginning" | "the end"} bos what BOS is there */
export function tokenWords(token, bos) {
  return token === "" ? bos : token === " " ? "a space" : nameOf(token) || `‘${token}’`;
}
