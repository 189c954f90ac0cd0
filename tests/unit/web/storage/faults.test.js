/** What is kept, where the browser's storage fails at each of its calls in turn. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { FAULTS, storage } from "./faulty.js"; // before what uses storage

const { Keeper } = await import("../../../../web/worker/keeper.js");
const store = await import("../../../../web/kept/store.js");
const favourites = await import("../../../../web/kept/favourites.js");
const code = await import("../../../../web/kept/code.js");

const REPORT = { name: "a.txt", engine: "scalar", hyperparameters: { steps: 100 } };
/** @type {unknown[]} */
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(error));
beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** Waits for something, however long storage takes to answer. @template T @param {Promise<T>} promise */
async function settled(promise) {
  let done = false;
  /** @type {{value?: T, error?: any}} */
  const outcome = {};
  promise.then((value) => (outcome.value = value), (error) => (outcome.error = error)).finally(() => (done = true));
  for (let turn = 0; !done; turn++) {
    assert.ok(turn < 400, "it is waited for without an end");
    mock.timers.tick(1000);
    for (let i = 0; i < 5 && !done; i++) await new Promise((resolve) => setImmediate(resolve));
  }
  return outcome;
}

/** A run in Python's place: its state is its step, eight times. */
class Run {
  step = 0;
  /** @type {any[]} */
  told = [];
  keeper = new Keeper(
    {
      facts: () => ({ name: "a.txt", step: this.step, steps: 100, parameters: 1, over: false, origin: "" }),
      stateBytes: () => 8,
      state: () => new Uint8Array(8).fill(this.step),
      text: () => new TextEncoder().encode("anna"),
      going: () => true,
      reason: (error) => /** @type {Error} */ (error).message,
    },
    (event, detail) => event === "kept" && this.told.push(detail),
  );

  begin() {
    this.keeper.begin(REPORT, true);
  }

  /** @param {number} step */
  async save(step) {
    this.step = step;
    this.keeper.advance({ step, losses: new Float64Array(step), seconds: step, ending: "" });
    const { error } = await settled(this.keeper.save());
    assert.equal(error, undefined); // what goes wrong is told instead
  }

  /** What was told last: of which step a state is kept, or what is wrong. */
  get last() {
    const told = this.told.at(-1);
    return told?.about ? told.about.step : (told?.problem ?? "");
  }
}

/** What a store holds, with nothing wrong any more: each run is whole. */
async function found() {
  storage.heal();
  const { value: all = [], error } = await settled(store.allRuns());
  assert.equal(error, undefined);
  const runs = [];
  for (const { id, about } of all) {
    const { value } = await settled(store.read(id));
    assert.equal(value.state.length, 8);
    assert.ok(value.state.every((each) => each === about.step), "the state is that of which it is told");
    assert.equal(new TextDecoder().decode(value.text), "anna");
    runs.push({ id, step: about.step, title: about.title });
  }
  return runs;
}

/**
 * Does something again and again, with the storage failing at another call each time.
 * @param {(deleted: boolean) => Promise<void>} scenario asserts what must be so
 * @param {string[]} [faults]
 */
async function atEachCall(scenario, faults = Object.keys(FAULTS)) {
  storage.begin();
  await scenario(false);
  const calls = storage.calls;
  assert.ok(calls > 3);
  for (const fault of faults) {
    for (let at = 0; at < calls; at++) {
      storage.begin(at, fault);
      try {
        await scenario(fault === "is deleted");
        await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(unhandled.splice(0), []);
      } catch (error) {
        error.message = `at call ${at}, storage ${fault}: ${error.message}`;
        throw error;
      }
    }
  }
}

test("a run that is saved is kept whole, or it is told that it isn't", () =>
  atEachCall(async (deleted) => {
    const run = new Run();
    run.begin();
    for (const step of [10, 20, 30]) await run.save(step);
    const [kept] = await found();
    if (typeof run.last === "number") assert.equal(kept?.step, run.last);
    else assert.ok(run.told.some(({ problem }) => problem), "it is told");
    if (!deleted && kept === undefined) assert.notEqual(run.last, 30);
    run.keeper.end();
    // The next run is kept again.
    const next = new Run();
    next.begin();
    await next.save(40);
    assert.equal(next.last, 40);
    next.keeper.end();
    await settled(next.keeper.drop());
  }));

test("runs that can't be taken out stay, and those that were are in the hand of who took them", () =>
  atEachCall(async (deleted) => {
    const at = storage.at;
    storage.heal();
    const run = new Run();
    run.begin();
    await run.save(10);
    run.keeper.end();
    const other = new Run();
    other.begin();
    await other.save(20);
    other.keeper.end();
    const before = await found();
    assert.equal(before.length, 2);
    storage.at = at; // counted from the beginning: calls until here are made without a fault
    const ids = before.map(({ id }) => id);
    const { value: taken, error } = await settled(store.remove(ids));
    storage.heal();
    const left = await found();
    if (error) assert.ok(deleted || left.length === 2, "nothing is lost");
    else if (!deleted) assert.deepEqual([taken.map(({ id }) => id), left], [ids, []]);
    storage.at = at;
    const { error: refused } = await settled(store.restore(taken ?? []));
    if (!refused && !deleted) assert.deepEqual(await found(), before);
    storage.heal();
    if (!error && !deleted) {
      await settled(store.restore(taken)); // as Undo can be tried again
      assert.deepEqual(await found(), before);
    }
  }));

test("a kept run is taken and goes on, or it is left to others, whole", () =>
  atEachCall(async (deleted) => {
    const at = storage.at;
    storage.heal();
    const run = new Run();
    run.begin();
    await run.save(10);
    run.keeper.end();
    const [{ id }] = await found();
    storage.at = at;
    const next = new Run();
    const { value: taken, error } = await settled(next.keeper.take(id));
    if (error) assert.ok(error.message);
    else taken.adopt({ run: REPORT, progress: null });
    if (!error) await next.save(20);
    next.keeper.end();
    await settled(next.keeper.drop());
    const [kept] = await found();
    if (!deleted) assert.ok(kept && [10, 20].includes(kept.step));
    if (!error && kept?.step !== 20) assert.ok(typeof next.last === "string" && next.last, "it is told");
    assert.deepEqual([...(await store.openRuns())], [], "nobody holds it");
  }));

test("favourites and changed code are kept, or it is an error", () =>
  atEachCall(async (deleted) => {
    const chosen = { liked: ["anna"], blocked: ["bob"] };
    const known = {};
    const choosing = await settled(favourites.keepFavourites("a.txt", chosen));
    const changing = await settled(code.keepCode({ "model.py": "x = 1" }, known));
    storage.heal();
    const { value: liked } = await settled(favourites.favouritesOf("a.txt"));
    const { value: texts } = await settled(code.keptCode());
    if (!choosing.error && !deleted) assert.deepEqual(liked, chosen);
    if (!changing.error && !deleted) assert.deepEqual([texts, known], [{ "model.py": "x = 1" }, texts]);
    if (changing.error) assert.deepEqual(known, {});
    await settled(favourites.removeFavourites());
  }));
