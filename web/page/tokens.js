/**
 * Tokens as signs in a picture, by name, and in sentences. BOS, which stands where a line
 * begins and where it ends, is "" to Python.
 */

import { nameOf, sightOf } from "./characters.js";

// Letters that would turn the sentence around them, with its figures.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

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
  return token === "" ? bos : token === " " ? "a space" : nameOf(token) || `‘${isolated(token)}’`;
}

/** @param {string} token */
function isolated(token) {
  return RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token;
}
