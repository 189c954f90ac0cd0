/** Changed runs, without a browser: changes in texts, comparisons, and what is said of them. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { ChangeError, isMade, made, takenOut } from "../../../web/code/changing.js";
import { agreement, finalLoss, lastLoss, paired } from "../../../web/code/comparison.js";
import { heardAnswer } from "../../../web/code/heard.js";
import {
  agreementWords,
  comparable,
  engineWords,
  gradientWords,
  listed,
  lossWords,
  noteWords,
  pairedWords,
  progressWords,
} from "../../../web/code/run-words.js";


const GPT = new URL("../../../py/microgpt/gpt/", import.meta.url);
const CARDS = new URL("../../../dist/code/cards.json", import.meta.url);

const ORIGINALS = Object.fromEntries(
  readdirSync(GPT)
    .filter((name) => name.endsWith(".py"))
    .map((name) => [name, readFileSync(new URL(name, GPT), "utf8")]),
);
const EDITS = [
  { file: "a.py", before: "one", after: "1" },
  { file: "a.py", before: "three\n", after: "" },
];
const TEXTS = { "a.py": "one\ntwo\nthree\nfour\n", "b.py": "b" };

test("a change is made in all its places, and taken out again", () => {
  const changed = made(TEXTS, EDITS);
  assert.deepEqual(changed, { "a.py": "1\ntwo\nfour\n", "b.py": "b" });
  assert.ok(!isMade(TEXTS, EDITS, TEXTS));
  assert.ok(isMade(changed, EDITS, TEXTS));
  assert.deepEqual(takenOut(changed, EDITS, TEXTS), TEXTS);
  const other = { ...changed, "a.py": `${changed["a.py"]}five\n` };
  assert.equal(takenOut(other, EDITS, TEXTS)["a.py"], `${TEXTS["a.py"]}five\n`);
});

test("what doesn't fit changes nothing, and is said with its file", () => {
  const refused = (/** @type {string} */ text, edits = EDITS) => {
    assert.throws(() => made({ "a.py": text }, edits), (error) => error instanceof ChangeError && /a\.py/.test(error.message) && /Reset a\.py/.test(error.message));
  };
  refused("one\nTHREE\n");
  refused("one one\nthree\n");
  refused("one\nthree\n", [{ file: "a.py", before: "one\nth", after: "" }, { file: "a.py", before: "three", after: "" }]);
  refused("one\nthree\n", [{ file: "a.py", before: "", after: "x" }]);
  assert.throws(() => made({}, EDITS), ChangeError);
  assert.throws(() => takenOut({ ...TEXTS, "a.py": "1\nTWO\nfour\n" }, EDITS, TEXTS), ChangeError);
});

test("each card is told from the original, and beside each other one that fits", { skip: !existsSync(CARDS) && "not built" }, () => {
  const cards = JSON.parse(readFileSync(CARDS, "utf8"));
  assert.ok(cards.length >= 12);
  let pairs = 0;
  for (const card of cards) {
    assert.ok(!isMade(ORIGINALS, card.edits, ORIGINALS), card.id);
    const changed = made(ORIGINALS, card.edits);
    assert.ok(isMade(changed, card.edits, ORIGINALS), card.id);
    assert.deepEqual(takenOut(changed, card.edits, ORIGINALS), ORIGINALS, card.id);
    for (const other of cards) {
      if (other === card) continue;
      assert.ok(!isMade(changed, other.edits, ORIGINALS), `${other.id} in ${card.id}`);
      let both;
      try {
        both = made(changed, other.edits);
      } catch {
        continue;
      }
      pairs++;
      if (isMade(both, card.edits, ORIGINALS)) assert.deepEqual(takenOut(both, card.edits, ORIGINALS), made(ORIGINALS, other.edits), `${card.id} out of ${other.id}`);
    }
  }
  assert.ok(pairs > 60);
});

test("how far two runs are the same", () => {
  assert.deepEqual(agreement([3, 2], [3, 2]), { kind: "identical" });
  assert.deepEqual(agreement([3, 2 + 1e-15, 1], [3, 2, 1]), { kind: "close", step: 2 });
  assert.deepEqual(agreement([3, 2 + 1e-15, 1.1], [3, 2, 1]), { kind: "different", step: 3 });
  assert.deepEqual(agreement([3, 2], [3, 2, 1]), { kind: "different", step: 3 });
  assert.deepEqual(agreement([NaN], [3]), { kind: "different", step: 1 });
});

test("paired differences and their interval", () => {
  // By hand: a variance of 55e-6, over 5 of them, and t = 2.7764.
  const pairs = paired([2.31, 2.3, 2.33, 2.29, 2.32], [2.35, 2.345, 2.36, 2.34, 2.36]);
  assert.equal(pairs.count, 5);
  assert.deepEqual([pairs.lower, pairs.higher, pairs.found], [5, 0, true]);
  assert.ok(Math.abs(pairs.difference - -0.041) < 1e-12);
  assert.ok(Math.abs(pairs.interval - 0.009208) < 1e-5, String(pairs.interval));
  assert.equal(paired([1, 2, 3], [2, 1, 3]).found, false);
  assert.equal(paired([1], [2]).found, false); // nothing is known of one
});

test("a run's loss is the mean of its last steps, where there is one", () => {
  const losses = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 9 : 2));
  assert.equal(lastLoss(losses), 2);
  const progress = { ...{ step: 100, steps: 100, losses, seconds: 1, steps_per_second: 1 }, ...{ seconds_left: 0, problem: "" } };
  assert.equal(finalLoss({ ...progress, ending: "finished" }), 2);
  assert.equal(finalLoss({ ...progress, ending: "diverged" }), Infinity);
});

test("a verdict in words", () => {
  assert.equal(agreementWords({ kind: "identical" }), "Identical to the original to the last digit.");
  assert.equal(agreementWords({ kind: "close", step: 1200 }), "The same as the original to 1e-9 (from step 1,200 on the last digits differ, as they do from engine to engine).");
  assert.equal(agreementWords({ kind: "different", step: 3 }), "Differs from the original from step 3 on.");
  const measured = { ours: 2.31, theirs: 2.351, documents: 1000 };
  assert.equal(lossWords(measured, ["model.py"]), "Loss on 1,000 unseen lines: 2.310 against the original’s 2.351 (−0.041).");
  assert.match(lossWords({ ...measured, theirs: 2.3101 }, []), /\(less than 0\.001 apart\)/);
  assert.match(lossWords({ ...measured, ours: Infinity }, []), /that of the changed run can’t be computed/);
  assert.match(noteWords(measured, ["model.py"]), /^One seed says little/);
  assert.match(noteWords(measured, ["corpus.py"]), /^corpus\.py can decide which lines/);
});

test("a changed loss is held against the original's on unseen lines alone", () => {
  const measured = { ours: 2.31, theirs: 2.35, documents: 100 };
  assert.ok(comparable(measured, ["training.py"]));
  assert.match(noteWords(measured, ["training.py"]), /curves are of different kinds/);
  const without = { ...measured, documents: 0 };
  assert.ok(!comparable(without, ["training.py"]));
  assert.doesNotMatch(lossWords(without, ["training.py"]), /2\.3/);
  assert.match(lossWords(without, ["model.py"]), /^Loss over the last steps: 2\.310/);
});

test("five seeds in words", () => {
  const pairs = { count: 5, lower: 5, higher: 0, ours: 2.31, theirs: 2.351, difference: -0.041, interval: 0.006, found: true };
  assert.equal(
    pairedWords(pairs, true),
    "Over 5 seeds lower in 5: 2.310 against 2.351 on average on unseen lines, difference −0.041 ± 0.006 (95 % interval of the paired differences).",
  );
  assert.match(pairedWords({ ...pairs, lower: 0, higher: 5, difference: 0.041 }, false), /^Over 5 seeds higher in 5: 2\.310 against 2\.351 on average, difference \+0\.041/);
  assert.match(pairedWords({ ...pairs, difference: 0.0001, found: false }, true), /difference 0\.000 ± 0\.006/);
  assert.match(pairedWords({ ...pairs, lower: 2, difference: 0.001, found: false }, true), /^No difference found over 5 seeds: lower in 2/);
});

test("what computes it, how far it is, and its gradients, in words", () => {
  const run = /** @type {any} */ ({ engine: "scalar", note: "" });
  assert.match(engineWords(run, ["a.py", "b.py", "c.py"]), /no faster one follows changes of a\.py, b\.py and c\.py\.$/);
  assert.equal(engineWords({ ...run, note: "It can't be traced." }, []), "It can't be traced.");
  assert.equal(engineWords({ ...run, engine: "traced" }, []), "The traced engine computes it.");
  assert.match(engineWords(run, ["hyperparameters.py"]), /changes nothing: the settings have a value for each\.$/);
  assert.equal(listed(["a.py"]), "a.py");
  const progress = /** @type {any} */ ({ step: 340, steps: 1000, steps_per_second: 4300, seconds_left: 65 });
  assert.equal(progressWords(progress, 2.61), "Step 340 of 1,000 · loss 2.610 · 4,300 steps per second · 1:05 left");
  assert.equal(progressWords({ ...progress, step: 0, steps_per_second: 0, seconds_left: Infinity }, NaN), "Step 0 of 1,000");
  assert.doesNotMatch(progressWords({ ...progress, ending: "diverged" }, 2.61), /left/);
  const finding = (/** @type {any} */ verdict, words = "") => ({ name: "", verdict, words });
  assert.equal(gradientWords([finding("agrees"), finding("agrees")]), "Gradients: 2 operations agree with finite differences.");
  assert.equal(
    gradientWords([finding("wrong", "softplus: wrong, 0.31 by differences, 0.62 by its gradient"), finding("agrees")]),
    "Gradients: softplus: wrong, 0.31 by differences, 0.62 by its gradient. 1 operation agrees with finite differences.",
  );
});

test("what the worker answers is taken only in its shape", () => {
  assert.deepEqual(heardAnswer("unseen", { documents: 3, loss: 2, more: 1 }), { documents: 3, loss: 2 });
  assert.equal(heardAnswer("unseen", null), null);
  assert.equal(heardAnswer("pause", { anything: 1 }), undefined);
  assert.equal(heardAnswer("checkGradients", Array(5000).fill({ name: "", verdict: "agrees", words: "" })).length, 1000);
  for (const answer of [{ documents: "3", loss: 2 }, undefined, 7]) assert.throws(() => heardAnswer("unseen", answer), TypeError);
  assert.throws(() => heardAnswer("again", { losses: [] }), TypeError);
  assert.throws(() => heardAnswer("checkGradients", {}), TypeError);
});
