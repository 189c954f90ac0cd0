/** The parts of the view Inside, each in its place. Not about which of them is in sight: see inside.js. */

import { byId } from "../page/dom.js";
import { AttentionPart } from "./attention.js";
import { GraphPart } from "./graph.js";
import { LettersPart } from "./letters.js";
import { LinePart } from "./line.js";
import { OneStepPart } from "./one-step.js";
import { PartsPart } from "./parts.js";
import { WeightsPart } from "./weights.js";
import { WhatIfPart } from "./what-if.js";

/**
 * @param {import("./desk.js").Desk} desk
 * @returns {Record<import("./desk.js").Part, import("./desk.js").Section>}
 */
export function sections(desk) {
  return {
    line: new LinePart(byId("inside-line"), desk),
    attention: new AttentionPart(byId("inside-attention"), desk),
    parts: new PartsPart(byId("inside-parts"), desk),
    letters: new LettersPart(byId("inside-letters"), desk),
    weights: new WeightsPart(byId("inside-weights"), desk),
    step: new OneStepPart(byId("inside-step"), desk),
    graph: new GraphPart(byId("inside-graph"), desk),
    "what-if": new WhatIfPart(byId("inside-what-if"), desk),
  };
}
