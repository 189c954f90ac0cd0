/**
 * What this browser's storage may hold, whoever wrote it: it is read without a fault and within
 * bounds, and what is damaged costs nothing else. Seeded, so that the cases are the same each time.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { checked, heldOut, nameOf } from "../../../web/kept/about.js";
import { tooOld } from "../../../web/kept/budget.js";
import { applied, checkedChoices, together } from "../../../web/kept/choices.js";
import { lossesIn } from "../../../web/kept/losses.js";
import { checkedTexts, merged } from "../../../web/kept/merged.js";
import { ago, elapsed, grouped, megabytes } from "../../../web/page/format.js";
import { changes, labels, lossesCsv, runsCsv } from "../../../web/panels/run-words.js";
import { Record } from "../../../web/worker/record.js";

const CASES = 300;
const MOST_MS = 500; // for any one of them, on a busy machine
const FOLDER = new URL("../../browser/kept_before/", import.meta.url);

const ABOUT = {
  ...{ name: "a.txt", step: 40, steps: 400, parameters: 344, time: 1.8e12, bytes: 26184, text_bytes: 32, over: false, origin: "" },
  ...{ going: true, title: "mine", declined: false, seconds: 1.5, loss: 2.5, samples: ["anna", "bob"] },
  settings: { engine: "compiled", steps: 400, n_embd: 16, learning_rate: 0.01 },
  before: { name: "b.txt", settings: { engine: "scalar", steps: 100 } },
  curve: { steps: [1, 2.5, 40], nats: [3.3, 3, 2.5] },
  unseen: { steps: [0, 40], nats: [3.3, 2.6] },
};
const CHOICES = { liked: ["anna", "bob"], blocked: ["karl"], neither: ["ida"], time: 5 };

const sparse = [];
sparse.length = 2 ** 32 - 1;
/** All that storage can hold and a description shouldn't. */
const OTHERS = [
  ...[undefined, null, true, 0, -0, -1, 0.5, 1e15, 2 ** 53, 1e300, -1e300, 5e-324, NaN, Infinity, -Infinity, 7n],
  ...["", "x", "\0", "\n", "\ud800", "\u202e", "=1+1", "__proto__", "constructor", "x".repeat(1e5), "😀".repeat(1e4)],
  ...[[], {}, [,], [1, , 3], sparse, Array(1e4).fill(1), Array(1e4).fill("x"), { length: 5 }, { toString: 5 }, new Date(NaN)],
  ...[new Map([["name", 1]]), new Set([1]), new Uint8Array(1e5), new Float64Array([NaN]), new ArrayBuffer(8), /x/, new Error("x")],
  JSON.parse('{"__proto__": {"name": 5}, "constructor": 5, "hasOwnProperty": 1}'),
];

/** Numbers from 0 on, below 1 (mulberry32). @param {number} seed */
function stream(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A copy of which one part is another.
 * @param {any} value
 * @param {() => number} draw
 * @returns {any}
 */
function changed(value, draw) {
  const some = (/** @type {any[]} */ list) => list[Math.floor(draw() * list.length)];
  if (OTHERS.includes(value) || typeof value !== "object" || draw() < 0.1) return some(OTHERS);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const key = some(Object.keys(copy));
  if (draw() < 0.1) delete copy[key];
  else if (draw() < 0.1) copy[some(["__proto__x", "constructor", "toString", "9"])] = some(OTHERS);
  else copy[key] = changed(copy[key], draw);
  return copy;
}

/**
 * Hands over changed copies, as storage would.
 * @param {any} value
 * @param {(value: any) => void} use
 */
function each(value, use) {
  for (let seed = 1; seed <= CASES; seed++) {
    const draw = stream(seed);
    let stored = value;
    for (let i = 0; i <= draw() * 3; i++) stored = changed(stored, draw);
    const found = structuredClone(stored);
    const began = performance.now();
    try {
      use(found);
    } catch (error) {
      throw new Error(`case ${seed}: ${/** @type {Error} */ (error).message}`, { cause: error });
    }
    assert.ok(performance.now() - began < MOST_MS, `case ${seed} takes ${performance.now() - began} ms`);
  }
}

const isCount = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isShort = (/** @type {unknown} */ value) => typeof value === "string" && [...value].length <= 120;

test("a description is none, or whole and within its bounds; and all that is said of it are words", () => {
  let good = 0;
  each(ABOUT, (stored) => {
    const about = checked(stored);
    if (!about) return;
    good++;
    assert.deepEqual(checked(about), about);
    assert.ok([about.step, about.steps, about.parameters, about.bytes, about.text_bytes].every(isCount));
    assert.ok([about.name, about.title, about.origin, ...about.samples].every(isShort));
    assert.ok(about.seconds === null || about.seconds >= 0);
    for (const { steps, nats } of [about.curve, about.unseen]) {
      assert.ok(steps.length === nats.length && steps.length <= 200 && [...steps, ...nats].every(Number.isFinite));
    }
    new Date(about.time).toISOString(); // for which there are impossible times
    const words = [
      ...[nameOf(about), changes(about, { steps: 1000 }), ...labels([about, about]), runsCsv([about]), grouped(about.step)],
      ...[ago((Date.now() - about.time) / 1000), elapsed(about.seconds ?? 0), megabytes(about.bytes), String(heldOut(about))],
    ];
    for (const each of words) assert.doesNotMatch(each, /NaN|undefined|\[object|native code/);
    const record = new Record({ name: "a.txt", engine: "scalar", hyperparameters: {} }, null);
    record.recall(about);
    assert.deepEqual(checked({ ...about, ...record.gathered })?.unseen, about.unseen);
  });
  assert.ok(good > CASES / 10 && good < CASES, `${good}`);
});

test("a run whose description is damaged costs no other its place", () => {
  const others = Array.from({ length: 30 }, (_, i) => ({ id: `${i}`, about: checked(ABOUT) }));
  for (const bytes of [1e300, -1e300, 1e17, 0.5, NaN, "5"]) {
    const damaged = { id: "damaged", about: checked({ ...ABOUT, bytes }) };
    assert.deepEqual(tooOld([damaged, ...others], 1e5, 1e9), []);
  }
});

test("choices are lines within their bounds, whatever is stored", () => {
  each(CHOICES, (stored) => {
    const chosen = checkedChoices(stored);
    assert.deepEqual(checkedChoices(chosen), chosen);
    const { liked, blocked } = together(chosen, { liked: ["new"], blocked: [] });
    const both = [...liked, ...blocked];
    assert.ok(both.every((name) => typeof name === "string" && name) && new Set(both).size === both.length);
    assert.ok(liked.length <= 500 && blocked.length <= 500 && both.join("").length <= 80_000);
    applied(chosen, { liked, blocked }, { liked: [], blocked: [] }, 9);
  });
});

test("changed code is text by the names of files, whatever is stored", () => {
  each([["model.py", "x = 1\n"], ["adam.py", ""], ["__proto__", "y"]], (stored) => {
    const pairs = Array.isArray(stored) && stored.length < 1e4 ? [...stored] : [];
    const [keys, values] = [0, 1].map((i) => pairs.map((pair) => (Array.isArray(pair) ? pair[i] : pair)));
    const texts = checkedTexts(keys, values);
    assert.ok(Object.entries(texts).every(([file, text]) => file && typeof text === "string" && text.length <= 500_000));
    const mine = merged({ "model.py": "mine" }, {}, texts).texts;
    assert.equal(mine["model.py"], "mine");
    assert.equal(Object.keys(mine).length, new Set([...Object.keys(texts), "model.py"]).size);
  });
});

test("of a state, every loss is read, or none", () => {
  const state = new Uint8Array(readFileSync(new URL("state.safetensors", FOLDER)));
  const losses = lossesIn(state);
  assert.equal(losses?.length, 40);
  const header = Number(new DataView(state.buffer, state.byteOffset).getBigUint64(0, true));
  const heading = JSON.parse(new TextDecoder().decode(state.subarray(8, 8 + header)));
  const told = (/** @type {unknown} */ value) => {
    const plain = (/** @type {string} */ _, /** @type {any} */ each) => (typeof each === "bigint" || each?.length > 1e4 ? 7 : each);
    const json = new TextEncoder().encode(JSON.stringify(value, plain) ?? "");
    const bytes = new Uint8Array(8 + json.length + state.length - 8 - header);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    bytes.set(state.subarray(8 + header), 8 + json.length);
    return bytes;
  };
  each({ losses: heading.losses }, (value) => {
    const found = lossesIn(told(value));
    if (found) assert.doesNotMatch(lossesCsv([{ name: "a", losses: found }]).join(""), /NaN|Infinity/);
  });
  const draw = stream(1);
  for (let i = 0; i < 300; i++) {
    const bytes = state.slice(0, Math.ceil(draw() * state.length));
    for (let j = 0; j < 3; j++) bytes[Math.floor(draw() ** 3 * bytes.length)] = Math.floor(draw() * 256);
    lossesIn(bytes);
  }
});
