/** Requests one at a time: what each policy does with those that come meanwhile. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../../../web/page/queue.js";

/** A task that goes on until it is told to end, and a log of what has begun and ended. */
function tasks() {
  const log = [];
  const ends = {};
  const task = (name) => (signal) => {
    log.push(`${name} begins`);
    return new Promise((resolve, reject) => {
      ends[name] = (outcome) => {
        log.push(`${name} ends${signal.aborted ? ", called off" : ""}`);
        outcome instanceof Error ? reject(outcome) : resolve(outcome ?? name);
      };
    });
  };
  return { log, ends, task };
}

test("the first begins at once", () => {
  const { log, task } = tasks();
  const queue = new Queue();
  assert.equal(queue.busy, false);
  void queue.run("drop", task("a"));
  assert.deepEqual(log, ["a begins"]);
  assert.equal(queue.busy, true);
});

test("wait: one after the other, in the order in which they came", async () => {
  const { log, ends, task } = tasks();
  const queue = new Queue();
  const [a, b, c] = ["a", "b", "c"].map((name) => queue.run("wait", task(name)));
  ends.a();
  assert.equal(await a, "a");
  ends.b();
  assert.equal(await b, "b");
  ends.c("an answer");
  assert.equal(await c, "an answer");
  assert.deepEqual(log, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  assert.equal(queue.busy, false);
});

test("drop: not at all while another runs or waits", async () => {
  const { log, ends, task } = tasks();
  const queue = new Queue();
  const a = queue.run("wait", task("a"));
  assert.equal(await queue.run("drop", task("b")), undefined);
  ends.a();
  await a;
  void queue.run("drop", task("c"));
  assert.deepEqual(log, ["a begins", "a ends", "c begins"]);
});

test("newest wins: one that waits is dropped, one that runs is told, and waited for", async () => {
  const { log, ends, task } = tasks();
  const queue = new Queue();
  const [a, b, c] = ["a", "b", "c"].map((name) => queue.run("newest wins", task(name)));
  assert.equal(await b, undefined);
  assert.deepEqual(log, ["a begins"]);
  ends.a();
  assert.equal(await a, "a");
  ends.c();
  assert.equal(await c, "c");
  assert.deepEqual(log, ["a begins", "a ends, called off", "c begins", "c ends"]);
});

test("newest wins: only over its like", async () => {
  const { log, ends, task } = tasks();
  const queue = new Queue();
  const start = queue.run("drop", task("start"));
  const pause = queue.run("wait", task("pause"));
  const old = queue.run("newest wins", task("old link"));
  const link = queue.run("newest wins", task("link"));
  assert.equal(await old, undefined);
  ends.start();
  await start;
  ends.pause();
  await pause;
  ends.link();
  await link;
  const names = ["start", "pause", "link"];
  assert.deepEqual(log, names.flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("one that fails tells who asked, and the next goes on", async () => {
  const { ends, task } = tasks();
  const queue = new Queue();
  const a = queue.run("wait", task("a"));
  const b = queue.run("wait", task("b"));
  ends.a(new Error("broken"));
  await assert.rejects(a, /broken/);
  ends.b();
  assert.equal(await b, "b");
  await assert.rejects(queue.run("wait", () => { throw new Error("at once"); }), /at once/);
  assert.equal(queue.busy, false);
});

test("cancel: what runs is told, what waits is dropped, and the next one can come", async () => {
  const { log, ends, task } = tasks();
  const queue = new Queue();
  const a = queue.run("wait", task("a"));
  const b = queue.run("wait", task("b"));
  queue.cancel();
  assert.equal(queue.busy, false, "as far as anybody is to care");
  assert.equal(await b, undefined);
  const c = queue.run("drop", task("c"));
  assert.deepEqual(log, ["a begins"], "never two at a time");
  ends.a();
  await a;
  ends.c();
  assert.equal(await c, "c");
});
