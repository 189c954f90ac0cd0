/** The page's watch on its worker, with one that answers when a test says so. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Watch } from "../../../web/page/watch.js";

/** A worker that is waited for, and a clock that stands still. */
function watched() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const questions = [];
  const said = [];
  const worker = {
    waited: true,
    ask: () => new Promise((resolve, reject) => questions.push({ resolve, reject })),
  };
  const watch = new Watch(() => worker.waited, worker.ask);
  watch.addEventListener("change", () => said.push(watch.silent));
  return { worker, watch, questions, said };
}

/** So much time goes by, and all that comes of it. */
async function pass(milliseconds) {
  for (let i = 0; i < milliseconds; i += 100) {
    mock.timers.tick(100);
    for (let j = 0; j < 10; j++) await Promise.resolve();
  }
}

test("what is answered soon is not asked about", async () => {
  const { worker, watch, questions, said } = watched();
  watch.begin();
  worker.waited = false;
  await pass(5000);
  assert.deepEqual([questions.length, said], [0, []]);
});

test("silence is told within two seconds of the request, and that it is over", async () => {
  const { worker, watch, questions, said } = watched();
  watch.begin();
  watch.begin();
  await pass(2100);
  assert.deepEqual([questions.length, said], [1, [true]]);
  await pass(60_000);
  assert.deepEqual([questions.length, said], [1, [true]], "it is not asked again and again");
  questions[0].resolve();
  worker.waited = false;
  await pass(100);
  assert.deepEqual(said, [true, false]);
  await pass(1000);
  worker.waited = true;
  watch.begin();
  await pass(2100);
  assert.deepEqual(said, [true, false, true]);
});

test("long work that answers in between is not silent", async () => {
  const { watch, questions, said } = watched();
  watch.begin();
  for (let i = 0; i < 30; i++) {
    await pass(1000);
    for (const { resolve } of questions) resolve();
  }
  assert.ok(questions.length > 5);
  assert.deepEqual(said, []);
});

test("who presses Stop waits for two seconds, and no longer", async () => {
  const { watch, questions } = watched();
  let answers = null;
  void watch.answers().then((found) => (answers = found));
  await pass(1900);
  assert.equal(answers, null);
  await pass(300);
  assert.equal(answers, false);
  void watch.answers().then((found) => (answers = found));
  await pass(1000);
  questions[1].resolve();
  await pass(100);
  assert.equal(answers, true);
});

test("a worker that was ended meanwhile isn't ended again", async () => {
  const { watch, questions } = watched();
  let answers = null;
  void watch.answers().then((found) => (answers = found));
  await pass(100);
  questions[0].reject(new Error("ended"));
  await pass(100);
  assert.equal(answers, true);
});
