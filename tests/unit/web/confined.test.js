/** The worker for changed code, as far as it can be had without a browser: what it is handed, and what is believed. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { heard, heardAnswer, heardRun } from "../../../web/code/heard.js";
import { linked } from "../../../web/page/linked.js";
import { knowing } from "./knowing.js";

const SITE = new URL("../../../web/", import.meta.url);

knowing(SITE);

/** The site's own files, from the disk; Pyodide's, which the build adds, are empty. */
async function fromDisk(address) {
  if (address.includes("/pyodide/")) return new Response("");
  return new Response(readFileSync(fileURLToPath(address)));
}

test("each module comes after all that it imports, once, and nothing is left out", async (t) => {
  t.mock.method(globalThis, "fetch", fromDisk);
  const modules = await linked("worker/confined.js");
  const paths = modules.map(({ path }) => path);
  assert.equal(paths.at(-1), "worker/confined.js");
  assert.equal(new Set(paths).size, paths.length);
  for (const [i, { path, text, imports }] of modules.entries()) {
    const written = [...text.matchAll(/^(?:import|export) .*from "([^"]+)"/gm)].map(([, specifier]) => specifier);
    assert.deepEqual(new Set(written), new Set(imports.map(([specifier]) => specifier)), path);
    for (const [, imported] of imports) assert.ok(paths.slice(0, i).includes(imported), `${path} before ${imported}`);
  }
  // Where the site lies is nothing that it should know.
  assert.ok(!paths.includes("page/site.js"));
});

test("a module that doesn't come is named", async (t) => {
  t.mock.method(globalThis, "fetch", async (address) => (address.endsWith("trainer.js") ? new Response("", { status: 404 }) : fromDisk(address)));
  await assert.rejects(linked("worker/confined.js"), /worker\/trainer\.js could not be loaded \(HTTP 404\)/);
});

test("the document of the worker forbids every connection", () => {
  const page = readFileSync(new URL("code/confined.html", SITE), "utf8");
  const [, policy] = page.match(/content="([^"]*'none'[^"]*)"/);
  assert.equal(policy, "default-src 'none'; worker-src data:; script-src data: 'wasm-unsafe-eval'");
});

const PROGRESS = {
  ...{ step: 3, steps: 5, losses: new Float64Array([3]), seconds: 1, steps_per_second: 3 },
  ...{ seconds_left: NaN, ending: "", problem: "" },
};

const LEARNING = {
  ...{ steps: [3], holdout: new Float64Array([3]), documents: 1, kept_out: true, learned: true },
  ...{ complete: true, guess: 3, letters: null, pairs: null },
};
const RUN = {
  ...{ name: "a", parameters: 1, vocabulary_size: 1, training_documents: 1, holdout_documents: 0, step: 0, steps: 1, began_at: 0 },
  ...{ hyperparameters: { seed: 42 }, engine: "scalar", note: "", flop_per_step: 1, follows_recipe: false },
};

test("what has its shape is taken, and nothing besides", () => {
  assert.deepEqual(heard("progress", { ...PROGRESS, more: "than asked" }), PROGRESS);
  assert.deepEqual(heard("learning", LEARNING), LEARNING);
});

test("what hasn't is refused", () => {
  for (const [event, detail] of [
    ["progress", { ...PROGRESS, step: "3" }],
    ["progress", { ...PROGRESS, losses: [3] }],
    ["progress", { ...PROGRESS, losses: new Float64Array(1_000_001) }],
    ...[NaN, Infinity, -1, 0.5].map((step) => ["progress", { ...PROGRESS, step }]),
    ["progress", { ...PROGRESS, problem: "x".repeat(100_001) }],
    ["learning", { ...LEARNING, steps: new Array(2 ** 32 - 1) }],
    ["progress", null],
    ["printed", { line: { toString: "x" } }],
    ["quiet", { seconds: 1 }],
    ["constructor", {}],
    ["ready", {}],
  ]) {
    assert.throws(() => heard(event, detail), TypeError, event);
  }
  assert.throws(() => heardRun({ steps: 3 }), TypeError);
  assert.equal(heardRun(RUN).hyperparameters.seed, 42);
  for (const hyperparameters of [new Uint8Array(9), "abc", null, { a: {} }, Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, i]))]) {
    assert.throws(() => heardRun({ ...RUN, hyperparameters }), TypeError);
  }
});

test("files, programs and links are taken where they can be such", () => {
  const file = new Uint8Array([1, 2]);
  assert.equal(heardAnswer("saveRun", file), file);
  for (const answer of ["file", [1, 2], null, { byteLength: 2 }, new Uint16Array(2)]) {
    assert.throws(() => heardAnswer("saveRun", answer), TypeError);
  }
  assert.equal(heardAnswer("twin", "print()"), "print()");
  assert.throws(() => heardAnswer("twin", "x".repeat(30_000_001)), TypeError);
});

test("of a link only what stands behind the # is believed", () => {
  const report = (/** @type {any} */ address) => heardAnswer("recipe", { address, characters: 1e9, example: "a.txt", more: 1 });
  assert.deepEqual(report(`http://127.0.0.1/#r=${"aZ09_-".repeat(4)}`), { address: `#r=${"aZ09_-".repeat(4)}`, characters: 1e9, example: "a.txt" });
  const code = "A".repeat(20);
  const wrong = ["", `#m=${code}`, `#r=${code}#m=${code}`.replace("#r", "x"), `javascript:#r=${code}(1)`, `#r=${code} `, `#r=${"A".repeat(40_001)}`, "#r=", null, 3, { split: 1 }];
  for (const address of wrong) assert.throws(() => report(address), TypeError, String(address));
});
