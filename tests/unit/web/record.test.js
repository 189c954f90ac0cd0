/** What is gathered of a run for what stands beside it in the store. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Record } from "../../../web/worker/record.js";

const RUN = { name: "a.txt", engine: "scalar", hyperparameters: { steps: 100 } };

/** Progress up to a step, with so many new losses, all of 2 nats. */
function progress(step, count, ending = "") {
  return { step, losses: new Float64Array(count).fill(2), seconds: step / 10, ending };
}

function samples(record, ticket, texts) {
  record.asked(ticket);
  return texts.map((text) => record.drawn({ text, ticket }));
}

test("losses go on, and begin anew where all of them come", () => {
  const record = new Record(RUN, null);
  record.advance(progress(10, 10));
  record.advance(progress(30, 20));
  assert.equal(record.gathered.curve.steps.at(-1), 30);
  assert.deepEqual([record.gathered.loss, record.gathered.seconds], [2, 3]);
  record.advance(progress(20, 20, "stopped")); // back to the best step
  assert.equal(record.gathered.curve.steps.at(-1), 20);
});

test("the samples are the first after the end", () => {
  const record = new Record(RUN, null);
  record.advance(progress(50, 50));
  samples(record, 1, ["on", "its", "way"]);
  assert.deepEqual(record.gathered.samples, ["on", "its", "way"]);
  record.advance(progress(100, 50, "finished"));
  record.lookAt(64); // as the replay does
  assert.deepEqual(samples(record, 5, ["of", "an", "earlier", "step"]), [false, false, false, false]);
  record.lookAt(100);
  assert.deepEqual(samples(record, 6, ["cut", "short"]), [true, true]);
  assert.deepEqual(samples(record, 2, ["a", "b", "c", "d", "e", "f"]), [true, true, true, true, true, false]);
  assert.deepEqual(samples(record, 3, ["other"]), [false]);
  assert.deepEqual(record.gathered.samples, ["a", "b", "c", "d", "e"]);
  record.goOn(RUN);
  record.advance(progress(150, 50, "finished"));
  samples(record, 4, ["new"]);
  assert.deepEqual(record.gathered.samples, ["new"]);
});

test("a request that goes on over the end leaves its place to one from after it", () => {
  const record = new Record(RUN, null);
  record.advance(progress(50, 50));
  samples(record, 1, ["of", "step", "50", "and", "no"]);
  record.advance(progress(100, 50, "finished"));
  assert.equal(record.drawn({ text: "later", ticket: 1 }), false);
  samples(record, 2, ["a", "b", "c", "d", "e"]);
  assert.deepEqual(record.gathered.samples, ["a", "b", "c", "d", "e"]);
});

test("what was measured before a run was opened stays", () => {
  const record = new Record(RUN, null);
  record.advance(progress(100, 100, "finished"));
  const unseen = { steps: [0, 10, 100], nats: [3.3, 2.9, 2.5] };
  record.recall({ before: null, unseen, samples: ["a"], over: true });
  record.measured({ steps: [100], holdout: Float64Array.of() }); // nothing yet
  assert.deepEqual(record.gathered.unseen, unseen);
  record.measured({ steps: [100], holdout: Float64Array.of(2.4) });
  assert.deepEqual(record.gathered.unseen, { steps: [0, 10, 100], nats: [3.3, 2.9, 2.4] });
  assert.deepEqual(samples(record, 1, ["later"]), [false]);
  record.advance(progress(10, 10, "stopped"));
  record.measured({ steps: [0, 10], holdout: Float64Array.of(3.3, 2.9) });
  assert.deepEqual(record.gathered.unseen.steps, [0, 10]);
});

test("settings are those of the last plan, with the engine in use", () => {
  const record = new Record(RUN, { name: "b.txt", settings: { steps: 5 } });
  record.useEngine("compiled");
  assert.deepEqual(record.gathered.settings, { engine: "compiled", steps: 100 });
  record.goOn({ ...RUN, hyperparameters: { steps: 200 } });
  assert.deepEqual(record.asBefore, { name: "a.txt", settings: { engine: "scalar", steps: 200 } });
  assert.deepEqual(record.gathered.before, { name: "b.txt", settings: { steps: 5 } });
});
