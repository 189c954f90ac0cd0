/**
 * What parts of a model, stages on its residual stream and weights are called. Not about
 * what they are worth or do.
 */

import { tokenName } from "../page/tokens.js";

/**
 * As "layer 0, head 2", "positions (wpe)".
 * @param {string} part as in `PartWorth`
 */
export function partName(part) {
  const { layer, what, number } = taken(part);
  if (layer === undefined) return { wte: "letters (wte)", wpe: "positions (wpe)" }[part] ?? part;
  if (what === "attention") return `layer ${layer}, all attention`;
  return `layer ${layer}, ${what === "MLP" ? what : `${what} ${number}`}`;
}

/** The neuron that a part is; null of others. @param {string} part */
export function neuronOf(part) {
  const { layer, what, number } = taken(part);
  return what === "neuron" ? { layer: Number(layer), index: Number(number) } : null;
}

/** As "after layer 0's attention". @param {string} stage as in `LineInside` */
export function stageWords(stage) {
  const { layer, what } = taken(stage);
  return layer ? `after layer ${layer}'s ${what}` : `after the ${stage}`;
}

/** In two lines, as "attention" and "layer 0". @param {string} stage @returns {[string, string]} */
export function stageHeading(stage) {
  const { layer, what } = taken(stage);
  return layer ? [what, `layer ${layer}`] : [stage, ""];
}

/** As "attention", or "attention 1" where there are several. @param {Pick<LineInside, "stages" | "layers">} inside */
export function stageNames({ stages, layers }) {
  return stages.map((stage) => {
    const { layer, what } = taken(stage);
    return layer && layers > 1 ? `${what} ${layer}` : what;
  });
}

/** As in Python: wte[e][3]. @param {Pick<MatrixInside, "name" | "row_names">} matrix @param {number} row @param {number} column */
export function weightName(matrix, row, column) {
  return `${matrix.name}[${rowName(matrix, row)}][${column}]`;
}

/** The index of a matrix's row, or the name of its token. @param {Pick<MatrixInside, "row_names">} matrix @param {number} row */
export function rowName({ row_names }, row) {
  const token = row_names[row];
  return token === undefined ? String(row) : tokenName(token);
}

/** A name such as layer0.head2, taken apart; without a layer, all of it is what it is. @param {string} name */
function taken(name) {
  const [, layer, what = name, number] = /^layer(\d+)\.([a-z]+)(\d*)$/.exec(name) ?? [];
  return { layer, what: what === "mlp" ? "MLP" : what, number };
}
