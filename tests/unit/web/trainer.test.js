/** The worker's pace, with a session that counts instead of computing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trainer } from "../../../web/worker/trainer.js";
import { turn } from "../../../web/worker/turn.js";

/** What Python would give: a proxy that must be destroyed. */
class Proxies {
  open = 0;

  of(value) {
    this.open++;
    return { toJs: () => value, destroy: () => this.open-- };
  }
}

/** A session of so many slices, in each of which one step is taken. */
function worker({ slices = 1e9, ending = "finished", holdout = 0 } = {}) {
  const proxies = new Proxies();
  const told = [];
  let step = 0;
  let stopped = false;
  let measured = 0;
  const progress = () => ({ step, ending: stopped ? "stopped" : step === slices ? ending : "" });
  const session = {
    advance() {
      assert.ok(!stopped, "a run that was stopped doesn't go on");
      step++;
      return proxies.of(progress());
    },
    stop() {
      stopped = true;
      return proxies.of(progress());
    },
    keep_best() {
      stopped = true;
      step = 1;
      return proxies.of(progress());
    },
    learning: () => proxies.of({ measured: ++measured, complete: measured >= holdout }),
    sample_piecewise(count) {
      if (count < 1) throw new Error("refused");
      proxies.open++;
      let drawn = 0;
      return {
        next: () => (drawn++ < count ? { done: false, value: proxies.of({ text: `${count}` }) } : { done: true }),
        destroy: () => proxies.open--,
      };
    },
  };
  const saved = [];
  const keeper = { save: () => saved.push(`${step}${trainer.going ? ", going" : ""}`), tick: () => {} };
  const trainer = new Trainer(session, (event, detail) => told.push([event, detail]), keeper);
  const steps = () => told.filter(([event]) => event === "progress").map(([, { step }]) => step);
  const events = (wanted) => told.filter(([event]) => event === wanted);
  return { trainer, told, steps, events, saved, proxies };
}

async function turns(count) {
  for (let i = 0; i < count; i++) await turn();
}

test("a run is trained until Python says that it has ended, then saved and measured", async () => {
  const { trainer, steps, events, saved, proxies } = worker({ slices: 5, holdout: 2 });
  await trainer.train();
  assert.deepEqual(steps(), [1, 2, 3, 4, 5]);
  assert.equal(trainer.going, false);
  assert.deepEqual(saved, ["5"]);
  await turns(5);
  assert.deepEqual(events("learning").map(([, { measured }]) => measured), [1, 2]);
  assert.equal(proxies.open, 0, "every proxy is destroyed");
});

test("what is learned is told on the way, and while nothing is trained until all is measured", async () => {
  const { trainer, told, events, proxies } = worker({ holdout: 4 });
  void trainer.train();
  await turns(2);
  assert.equal(events("learning").length, 1, "not with every slice");
  trainer.pause();
  trainer.measure();
  await turns(6);
  assert.deepEqual(events("learning").map(([, { measured }]) => measured), [1, 2, 3, 4]);
  const before = told.length;
  await turns(3);
  assert.equal(told.length, before, "nothing is left to tell");
  assert.equal(proxies.open, 0);
});

test("the best step ends the run, which is saved and measured again", async () => {
  const { trainer, events, saved, steps } = worker({ holdout: 3 });
  void trainer.train();
  await turns(2);
  const { step, ending } = trainer.keepBest();
  assert.deepEqual([step, ending], [1, "stopped"]);
  const trained = steps().length;
  await turns(5);
  assert.equal(steps().length, trained);
  assert.deepEqual(saved, ["1"]);
  assert.equal(events("learning").at(-1)[1].complete, true);
});

test("pause ends the chain, resume begins one where it was", async () => {
  const { trainer, steps, saved } = worker();
  void trainer.train();
  await turns(3);
  trainer.pause();
  assert.equal(trainer.going, false);
  const paused = steps().length;
  assert.ok(paused > 0);
  await turns(3);
  assert.equal(steps().length, paused);
  assert.deepEqual(saved, [`${paused}`]);
  void trainer.train();
  await turns(3);
  assert.ok(steps().length > paused);
  assert.deepEqual(steps(), steps().map((_, i) => i + 1), "one chain, not two");
  trainer.cancel();
});

test("resume right after pause leaves one chain", async () => {
  const { trainer, steps } = worker();
  void trainer.train();
  await turns(2);
  trainer.pause();
  void trainer.train();
  void trainer.train();
  const before = steps().length;
  await turns(4);
  const after = steps().length;
  assert.ok(after > before);
  assert.ok(after <= before + 4, "at most one slice a turn");
  trainer.cancel();
});

test("stop says how the run has ended, and nothing goes on", async () => {
  const { trainer, steps, saved } = worker();
  void trainer.train();
  await turns(3);
  assert.equal(trainer.stop().ending, "stopped");
  const stopped = steps().length;
  await turns(3);
  assert.equal(steps().length, stopped);
  assert.deepEqual(saved, [`${stopped}`]);
});

test("an error ends the chain and is told", async () => {
  const { trainer, events } = worker({ slices: 2 });
  trainer.pause(); // nothing is going on yet
  await trainer.train();
  await trainer.stop();
  await trainer.train(); // the session above refuses
  assert.match(events("failed")[0][1].message, /doesn't go on/);
  assert.equal(trainer.going, false);
});

test("samples come with the ticket of their request, and a refused one ends none", async () => {
  const { trainer, events, proxies } = worker();
  const ask = (ticket, count) => trainer.draw({ ticket, count, temperature: 1, prefix: "", original: false });
  await ask(1, 3);
  await assert.rejects(ask(2, 0), /refused/);
  await ask(3, 2);
  assert.deepEqual(events("sampled").map(([, { ticket }]) => ticket), [1, 1, 1, 3, 3]);
  assert.equal(proxies.open, 0);
});

test("samples that nobody waits for any more are let go, drawn or not", async () => {
  const { trainer, events, proxies } = worker();
  const ask = (ticket, count) => trainer.draw({ ticket, count, temperature: 1, prefix: "", original: false });
  const asked = [ask(1, 1e9), ask(2, 1e9), ask(3, 2)];
  await Promise.all(asked);
  const tickets = events("sampled").map(([, { ticket }]) => ticket);
  assert.ok(!tickets.includes(2));
  assert.deepEqual(tickets.slice(-2), [3, 3]);
  assert.equal(proxies.open, 0);
});
