/** What is asked of the inside of a model, and when it isn't. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Moment, Superseded } from "../../../web/inside/moment.js";

/** Turns of the event loop, until something is so. */
async function until(isSo) {
  for (let turn = 0; !isSo() && turn < 1000; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(isSo());
}

function client() {
  const calls = [];
  return { calls, call: async (...args) => calls.push(args) };
}

test("what is measured waits while the view is out of sight, and goes on after", async () => {
  const python = client();
  let inSight = true;
  const moment = new Moment(python, 7, 1, () => false, () => inSight);
  const done = moment.pursue("ablation", [], (answer) => {
    if (answer === 2) inSight = false;
    return answer === 4;
  });
  await until(() => !inSight);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(python.calls.length, 2);
  inSight = true;
  await done;
  assert.equal(python.calls.length, 4);
  assert.deepEqual(python.calls[0], ["inside", 7, "ablation", []]);
});

test("of a moment that has passed nothing more is asked, nor heard", async () => {
  const python = client();
  let past = false;
  const moment = new Moment(python, 0, 1, () => past, () => true);
  const asked = moment.ask("matrices");
  past = true;
  await assert.rejects(asked, Superseded);
  await assert.rejects(moment.ask("matrices"), Superseded);
  assert.equal(python.calls.length, 1);
});
