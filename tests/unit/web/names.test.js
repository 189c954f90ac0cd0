/** What parts, stages, weights and tokens are called in the view Inside. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as names from "../../../web/inside/names.js";
import { tokenName, tokenSign, tokenWords } from "../../../web/page/tokens.js";

test("parts have names", () => {
  const expected = { wpe: "positions (wpe)", "layer0.attention": "layer 0, all attention", "layer1.head12": "layer 1, head 12", "layer0.mlp": "layer 0, MLP", "layer3.neuron17": "layer 3, neuron 17" };
  for (const [part, name] of Object.entries(expected)) assert.equal(names.partName(part), name);
  assert.deepEqual(names.neuronOf("layer3.neuron17"), { layer: 3, index: 17 });
  for (const part of ["layer3.head17", "layer3.mlp", "wte"]) assert.equal(names.neuronOf(part), null);
});

test("stages have names", () => {
  assert.deepEqual(names.stageHeading("layer3.mlp"), ["MLP", "layer 3"]);
  assert.deepEqual(names.stageHeading("embedding"), ["embedding", ""]);
  assert.equal(names.stageWords("embedding"), "after the embedding");
  assert.equal(names.stageWords("layer0.attention"), "after layer 0's attention");
  const stages = ["embedding", "layer0.attention", "layer0.mlp"];
  assert.deepEqual(names.stageNames({ stages, layers: 1 }), ["embedding", "attention", "MLP"]);
  assert.deepEqual(names.stageNames({ stages, layers: 2 }), ["embedding", "attention 0", "MLP 0"]);
});

test("weights are called as in Python", () => {
  const wte = { name: "wte", row_names: ["a", " ", ""] };
  assert.deepEqual([0, 1, 2].map((row) => names.weightName(wte, row, 3)), ["wte[a][3]", "wte[space][3]", "wte[BOS][3]"]);
  assert.equal(names.weightName({ name: "layer0.attn_wq", row_names: [] }, 2, 7), "layer0.attn_wq[2][7]");
});

test("tokens have a sign, a name, and words; BOS begins and ends a line", () => {
  const tokens = ["m", "", " ", "\t", "\u2004", "\u0301"];
  assert.deepEqual(tokens.map(tokenSign), ["m", "BOS", "␣", "□", "□", "◌\u0301"]);
  assert.deepEqual(tokens.map(tokenName), ["m", "BOS", "space", "tab", "U+2004", "combining U+0301"]);
  const words = ["‘m’", "the end", "a space", "tab", "U+2004", "combining U+0301"];
  assert.deepEqual(tokens.map((token) => tokenWords(token, "the end")), words);
  assert.equal(tokenWords("", "the beginning"), "the beginning");
});
