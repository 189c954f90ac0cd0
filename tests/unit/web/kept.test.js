/** What is kept of runs, without a browser: descriptions, curves, the budget, words, tables. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { checked, heldOut } from "../../../web/kept/about.js";
import { tooOld } from "../../../web/kept/budget.js";
import { Curve } from "../../../web/kept/curve.js";
import { lossesIn } from "../../../web/kept/losses.js";
import { merged } from "../../../web/kept/merged.js";
import { placed } from "../../../web/panels/placed.js";
import { changes, labels, lossesCsv, runsCsv } from "../../../web/panels/run-words.js";

const OLD = { name: "before.txt", step: 40, steps: 400, parameters: 344, time: 1.8e12, bytes: 26184 };
const DEFAULTS = { steps: 1000, n_embd: 16, learning_rate: 0.01 };

/** A run as it is kept, with some things of its own. */
function run(own = {}) {
  return { ...checked({ ...OLD, settings: { engine: "compiled", ...DEFAULTS } }), ...own };
}

test("a description that an earlier version wrote is complete", () => {
  const about = checked({ ...OLD, over: false, origin: "", going: true });
  assert.equal(about.name, "before.txt");
  assert.equal(about.going, true);
  assert.deepEqual([about.title, about.settings, about.loss, about.samples], ["", null, null, []]);
  assert.deepEqual(about.curve, { steps: [], nats: [] });
});

test("what is no description is none", () => {
  for (const value of [undefined, null, 5, "x", [], {}, { ...OLD, name: 5 }, { ...OLD, step: NaN }, { ...OLD, time: "1" }]) {
    assert.equal(checked(value), null);
  }
});

test("what is wrong or too much in a description is left out", () => {
  const many = Array.from({ length: 1000 }, (_, i) => i + 1);
  const about = checked({
    ...OLD,
    name: "n".repeat(1e6),
    title: { toString: () => "x" },
    samples: [...Array(100).fill("😀".repeat(1e4)), 5],
    settings: Object.fromEntries([["steps", 5], ["list", [1]], ["long", "l".repeat(1e4)], ...many.map((i) => [`k${i}`, i])]),
    before: { settings: 7 },
    curve: { steps: many, nats: many },
    unseen: { steps: [0, 2, 1], nats: [1, 2, 3] },
    loss: "2",
  });
  assert.equal(about.name.length, 120);
  assert.equal(about.title, "");
  assert.equal(about.samples.length, 5);
  assert.equal(about.samples[0], "😀".repeat(120));
  assert.equal(Object.keys(about.settings).length, 63);
  assert.equal(about.settings.long.length, 120);
  assert.ok(!("list" in about.settings));
  assert.deepEqual([about.before, about.loss], [null, null]);
  assert.deepEqual([about.curve, about.unseen], [{ steps: [], nats: [] }, { steps: [], nats: [] }]);
});

test("the held-out loss is that of the end", () => {
  const unseen = { steps: [0, 10, 40], nats: [3.3, 3, 2.5] };
  assert.equal(heldOut(run({ unseen })), 2.5);
  assert.equal(heldOut(run({ unseen: { steps: [0, 10], nats: [3.3, 3] } })), null);
  assert.equal(heldOut(run()), null);
});

test("a curve has few points, whatever its length, and each is a mean of what is around it", () => {
  for (const count of [1, 7, 200, 201, 1000, 12_345]) {
    const curve = new Curve();
    const losses = Float64Array.from({ length: count }, (_, i) => 3 - (2 * i) / count);
    for (let i = 0; i < count; i += 97) curve.add(losses.subarray(i, i + 97));
    assert.equal(curve.count, count);
    const { steps, nats } = curve.points();
    assert.ok(steps.length <= 200 && steps.length >= Math.min(count, 100), `${steps.length} of ${count}`);
    assert.equal(steps.at(-1), count);
    assert.ok(steps.every((step, i) => i === 0 || step > steps[i - 1]));
    // On a straight line a mean of as many on both sides is what stands in the middle.
    steps.slice(0, -6).forEach((step, i) => {
      assert.ok(Math.abs(nats[i] - losses[0] + (2 * (step - 1)) / count) < 1e-4, `step ${step}`);
    });
    const last = losses.slice(-50);
    assert.ok(Math.abs(curve.last - last.reduce((sum, loss) => sum + loss) / last.length) < 1e-12);
  }
});

test("a curve ends where its losses can't be computed any more", () => {
  const curve = new Curve();
  assert.equal(curve.last, null);
  assert.deepEqual(curve.points(), { steps: [], nats: [] });
  curve.add(new Float64Array(20).fill(2));
  curve.add(Float64Array.of(NaN, Infinity));
  assert.equal(curve.last, null);
  assert.deepEqual(new Set(curve.points().nats), new Set([2]));
});

test("the oldest make room, but for those with a name, and a few stay", () => {
  const runs = (count, bytes, own = () => ({})) =>
    Array.from({ length: count }, (_, i) => ({ id: `${i}`, about: run({ bytes, ...own(i) }) }));
  assert.deepEqual(tooOld(runs(39, 1e5), 1e5, 1e9), []);
  assert.deepEqual(tooOld(runs(41, 1e5), 1e5, 1e9), ["39", "40"]);
  assert.deepEqual(tooOld(runs(41, 1e5, (i) => ({ title: i === 40 ? "mine" : "" })), 1e5, 1e9), ["39"]);
  assert.deepEqual(tooOld(runs(10, 2e7), 2e7, 1e9), ["4", "5", "6", "7", "8", "9"]);
  assert.deepEqual(tooOld(runs(10, 1e7), 1e6, 0), ["9"], "a full disk");
  assert.deepEqual(tooOld(runs(4, 5e7), 1e9, 0), [], "the last few");
  assert.deepEqual(tooOld([...runs(39, 1), { id: "damaged", about: null }], 1, 1e9), ["damaged"]);
});

test("what was changed against the run before", () => {
  const settings = { engine: "compiled", ...DEFAULTS, steps: 5000, n_embd: 32 };
  const before = { name: "before.txt", settings: { engine: "compiled", ...DEFAULTS } };
  assert.equal(changes(run({ settings, before }), DEFAULTS), "steps 5,000 instead of 1,000 · n_embd 32 instead of 16");
  assert.equal(changes(run({ before }), DEFAULTS), "Nothing was changed");
  assert.equal(changes(run({ before: { ...before, name: "other.txt" } }), DEFAULTS), "text instead of other.txt");
  assert.equal(changes(run({ settings }), DEFAULTS), "steps 5,000 instead of 1,000 · n_embd 32 instead of 16");
  assert.equal(changes(run(), DEFAULTS), "The default settings");
  assert.equal(changes(run({ settings: null }), DEFAULTS), "");
  const many = Object.fromEntries("abcdefgh".split("").map((key) => [key, 0.0001]));
  const was = Object.fromEntries(Object.keys(many).map((key) => [key, 1]));
  assert.match(changes(run({ settings: many }), was), /^a 0\.0001 instead of 1 · .* · and 3 more$/);
});

test("runs of one name are told apart by their settings", () => {
  const other = { ...DEFAULTS, steps: 5000, n_embd: 32 };
  assert.deepEqual(labels([run({ settings: DEFAULTS }), run({ settings: other })]), ["n_embd 16", "n_embd 32"]);
  assert.deepEqual(labels([run({ settings: DEFAULTS }), run({ settings: other, title: "Mine" })]), ["before.txt", "Mine"]);
  assert.deepEqual(labels([run(), run()]), ["before.txt", "before.txt"]);
  const longer = run({ settings: { ...DEFAULTS, steps: 5000 } });
  assert.deepEqual(labels([run({ settings: DEFAULTS }), longer]), ["steps 1,000", "steps 5,000"]);
  const rates = [0.01, 0.02, 0.03].map((learning_rate, i) => run({ settings: { ...DEFAULTS, n_embd: i ? 32 : 16, learning_rate } }));
  assert.deepEqual(labels(rates), ["learning_rate 0.01", "learning_rate 0.02", "learning_rate 0.03"]);
});

test("the table has a row a run, and the settings in which they differ", () => {
  const settings = { engine: "compiled", ...DEFAULTS, n_embd: 32 };
  const unseen = { steps: [40], nats: [2.6] };
  const rows = runsCsv([run({ loss: 2.5, seconds: 0.1 }), run({ settings, title: 'a "b", c', unseen }), run({ name: "=1+1" })]);
  assert.deepEqual(rows.trimEnd().split("\n"), [
    "name,text,n_embd,steps,weights,loss,held_out_loss,seconds",
    "before.txt,before.txt,16,40,344,2.5,,0.1",
    '"a ""b"", c",before.txt,32,40,344,,2.6,',
    "'=1+1,'=1+1,16,40,344,,,",
  ]);
});

test("every loss is read from the state, and from nothing else", () => {
  const losses = Float64Array.of(3.25, 2.5, 2.125);
  const state = (heading, data = losses) => {
    const json = new TextEncoder().encode(typeof heading === "string" ? heading : JSON.stringify(heading));
    const bytes = new Uint8Array(8 + json.length + data.byteLength);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    bytes.set(new Uint8Array(data.buffer), 8 + json.length);
    return bytes;
  };
  const heading = { losses: { dtype: "F64", shape: [3], data_offsets: [0, 24] } };
  assert.deepEqual(lossesIn(state(heading)), losses);
  assert.equal(lossesCsv([{ name: "a,b", losses }]).join(""), 'run,step,loss\n"a,b",1,3.25\n"a,b",2,2.5\n"a,b",3,2.125\n');
  const huge = new Uint8Array(16).fill(255);
  const wrong = [new Uint8Array(), huge, state("{"), state({}), state("null"), state(heading).slice(0, -1)];
  for (const data_offsets of [[0, 25], [24, 0], [-8, 16], ["a", "b"], [0, 1e12], 5]) {
    wrong.push(state({ losses: { dtype: "F64", data_offsets } }));
  }
  wrong.push(state({ losses: { dtype: "F32", data_offsets: [0, 24] } }));
  for (const bytes of wrong) assert.equal(lossesIn(bytes), null);
});

test("labels don't lie over each other, and move only where they would", () => {
  const at = (x, y) => ({ x, y, width: 50 });
  assert.deepEqual(placed([at(0, 50), at(60, 50)], 10, 0, 100), [at(0, 50), at(60, 50)]);
  assert.deepEqual(placed([at(0, 50), at(0, 52), at(0, 54)], 10, 0, 100).map(({ y }) => y), [50, 60, 40]);
  const crowded = placed([at(0, 99), at(0, 99), at(0, 99)], 10, 0, 100).map(({ y }) => y);
  assert.deepEqual([...crowded].sort(), [75, 85, 95]);
});

test("two tabs keep what each has changed, and whoever takes another's place hears of it", () => {
  const known = { "a.py": "old", "b.py": "old" };
  const cases = [
    // this tab's, stored meanwhile, kept, over
    [{ "a.py": "mine", "b.py": "old" }, { "a.py": "old", "b.py": "theirs" }, { "b.py": "theirs", "a.py": "mine" }, []],
    [{ "a.py": "mine", "b.py": "old" }, { "a.py": "theirs", "b.py": "old" }, { "b.py": "old", "a.py": "mine" }, ["a.py"]],
    [{ "a.py": "same", "b.py": "old" }, { "a.py": "same", "b.py": "old" }, { "b.py": "old", "a.py": "same" }, []],
    [{ "b.py": "old" }, { "a.py": "theirs", "b.py": "old" }, { "b.py": "old" }, ["a.py"]],
    [{ "b.py": "old" }, { "b.py": "old" }, { "b.py": "old" }, []],
    [{ ...known, "c.py": "mine" }, { "c.py": "theirs" }, { "c.py": "mine" }, ["c.py"]],
    [known, {}, {}, []],
  ];
  for (const [texts, stored, kept, over] of cases) {
    assert.deepEqual(merged(/** @type {any} */ (texts), known, /** @type {any} */ (stored)), { texts: kept, over });
  }
});
