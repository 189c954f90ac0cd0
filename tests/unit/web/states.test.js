/** The page's table of states: complete, and what it promises the visitor. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ACTIONS, PageState, TRANSITIONS } from "../../../web/page/states.js";

const STATES = Object.keys(TRANSITIONS);
const RUN = { name: "a.txt", follows_recipe: false };

/** A page that has come to a state. */
function pageIn(state) {
  const ways = {
    loading: [],
    ready: ["up"],
    training: ["up", "begin"],
    paused: ["up", "begin", "pause"],
    finished: ["up", "begin", "end"],
    failed: ["break"],
  };
  const page = new PageState();
  for (const happening of ways[state]) assert.ok(page.happen(happening), happening);
  assert.equal(page.name, state);
  return page;
}

/** What can be done in a state, with a text and a run here and nothing asked of Python. */
function possible(state, facts = {}) {
  const page = pageIn(state);
  page.note({ text: true, run: RUN, ...facts });
  return Object.keys(ACTIONS).filter((action) => page.can(action));
}

test("the states are those of the page's contract", () => {
  assert.deepEqual(STATES, ["loading", "ready", "training", "paused", "finished", "failed"]);
  for (const to of Object.values(TRANSITIONS)) {
    for (const next of Object.values(to)) assert.ok(STATES.includes(next), next);
  }
  for (const action of Object.values(ACTIONS)) {
    for (const state of Object.keys(action)) assert.ok(STATES.includes(state), state);
  }
});

test("failed can come from anywhere and is the end", () => {
  for (const state of STATES.filter((state) => state !== "failed")) {
    const page = pageIn(state);
    assert.ok(page.happen("break"));
    assert.equal(page.name, "failed");
  }
  assert.deepEqual(TRANSITIONS.failed, {});
  assert.deepEqual(possible("failed"), []);
});

test("what each state allows", () => {
  const atRest = ["sample", "changeEngine", "share", "saveRun", "compare"];
  assert.deepEqual(possible("loading"), ["edit", "changeEngine"]);
  assert.deepEqual(possible("ready"), ["train", "edit", "changeEngine", "open"]);
  assert.deepEqual(possible("training"), ["pause", "stop", "sample", "changeEngine"]);
  assert.deepEqual(possible("paused"), ["pause", "stop", ...atRest]);
  assert.deepEqual(new Set(possible("finished")), new Set(["train", "more", "edit", "open", ...atRest]));
});

test("a run that is going locks text, settings and whatever would replace it", () => {
  for (const state of ["training", "paused"]) {
    assert.ok(pageIn(state).going);
    for (const action of ["train", "edit", "open"]) assert.ok(!possible(state).includes(action));
  }
});

test("while Python is asked something, a run can still be paused and stopped, and nothing be changed", () => {
  const asked = { doing: "Measuring…" };
  assert.deepEqual(possible("training", asked), ["pause", "stop", "sample"]);
  assert.deepEqual(possible("paused", asked), ["pause", "stop", "sample"]);
  assert.deepEqual(possible("finished", asked), ["train", "sample"]);
  assert.deepEqual(possible("finished", { doing: "" }), ["train", "sample"], "also where it has no name");
});

test("without a text nothing can be trained, without a run none be saved", () => {
  assert.ok(!possible("ready", { text: false }).includes("train"));
  const opened = possible("finished", { run: null });
  assert.ok(opened.includes("share") && opened.includes("train"));
  assert.ok(!opened.includes("saveRun") && !opened.includes("compare"));
});

test("favourites can be learned from when there are enough, and a model is at rest", () => {
  const able = STATES.filter((state) => possible(state, { favourites: true }).includes("learn"));
  assert.deepEqual(able, ["finished"]);
  assert.ok(!possible("finished", { favourites: false }).includes("learn"));
  assert.ok(possible("finished", { favourites: true, run: null }).includes("learn"), "also for an opened model");
});

test("whatever Python is busy with can be stopped once it doesn't answer, and then it starts anew", () => {
  const silent = { silent: true, doing: "Measuring…" };
  assert.deepEqual(STATES.filter((state) => possible(state, silent).includes("stop")), ["ready", "training", "paused", "finished"]);
  for (const state of ["ready", "training", "paused", "finished"]) {
    const page = pageIn(state);
    assert.ok(page.happen("lose", { run: null }));
    assert.deepEqual([page.name, page.can("sample"), page.happen("up"), page.name], ["loading", false, true, "ready"]);
  }
  for (const state of ["loading", "failed"]) assert.ok(!pageIn(state).happen("lose"), "it isn't there, or starts already");
});

test("what comes too late changes nothing and tells nobody", () => {
  const page = pageIn("finished");
  page.note({ run: RUN });
  let changes = 0;
  page.addEventListener("change", () => changes++);
  for (const late of ["end", "pause", "resume", "up"]) assert.equal(page.happen(late, { run: null }), false);
  assert.deepEqual([page.name, page.run, changes], ["finished", RUN, 0]);
});

test("a change is told when all of it is true", () => {
  const page = pageIn("ready");
  const seen = [];
  page.addEventListener("change", () => seen.push([page.name, page.run]));
  page.happen("begin", { run: RUN });
  assert.deepEqual(seen, [["training", RUN]]);
});

test("every control in index.html follows a row of the table, and every row has a control", () => {
  const html = readFileSync(new URL("../../../web/index.html", import.meta.url), "utf8");
  const used = new Set(Array.from(html.matchAll(/data-action="(\w+)"/g), ([, action]) => action));
  assert.deepEqual([...used].sort(), Object.keys(ACTIONS).sort());
});
