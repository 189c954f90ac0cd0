/**
 * What a part is worth, in words: the same beside every picture. Not about how it is
 * measured (inside/ablation.py), nor how it is drawn (parts.js, attention.js).
 */

import { counted, FINE_NATS, fixed, signed } from "../page/format.js";

const SURE = 2; // standard errors from which a difference is one

/** Whether taking the part away makes a difference that isn't chance. @param {PartWorth} worth */
export function found({ difference, error }) {
  return Math.abs(difference) > SURE * error;
}

/** Of a measured part, by its name. @param {Ablation} ablation @param {string} part */
export function worthOf({ parts }, part) {
  return parts.find((each) => each.part === part);
}

/** A sentence on the loss without a part. @param {PartWorth} worth @param {string} [it] the part */
export function worthWords(worth, it = "it") {
  const { difference, error } = worth;
  if (!Number.isFinite(difference)) return `Without ${it} the loss can't be computed.`;
  const within = `± ${fixed(error, FINE_NATS)} nats`;
  if (!found(worth)) return `No difference found without ${it}: ${signed(difference, FINE_NATS)} ${within}.`;
  const measured = `${fixed(Math.abs(difference), FINE_NATS)} ${within}`;
  if (difference < 0) return `Without ${it} the loss is ${measured} lower, on these lines.`;
  return `Without ${it} the loss is ${measured} higher.`;
}

/** On what something was measured. @type {Record<Ablation["lines"], string>} */
const LINES = {
  unseen: "that it hasn't learned from",
  learned: "that it has learned from (there are no others)",
  loaded: "of the text that is loaded now, whether or not it has learned from them",
  own: "that it makes up itself (there are no others here)",
};

/** As "1,000 lines that it hasn't learned from". @param {{documents: number, lines: Ablation["lines"]}} measured */
export function linesWords({ documents, lines }) {
  return `${counted(documents, "line")} ${LINES[lines]}`;
}
