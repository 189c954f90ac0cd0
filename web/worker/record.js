/**
 * What is told of a run on its way, gathered for what stands beside it in the store.
 * Not about when that is saved: keeper.js.
 */

import { firstSamples, MOST_POINTS, SAMPLES } from "../kept/about.js";
import { Curve } from "../kept/curve.js";

/** @typedef {Pick<KeptRun, "seconds" | "settings" | "before" | "loss" | "curve" | "unseen" | "samples">} Gathered */

export class Record {
  #curve = new Curve();
  /** @type {Points} */
  #unseen = { steps: [], nats: [] };
  /** @type {string[]} */
  #samples = [];
  #ended = false;
  /** The earlier step that samples come from; null where it is the newest. @type {number | null} */
  #lookedAt = null;
  /** Whether the samples are those that were drawn when it had ended: later ones don't take their place. */
  #settled = false;
  /** The request that the samples come from. */
  #ticket = NaN;
  /** The newest request that came after the end: an earlier one may have samples from before it. */
  #askedAtEnd = NaN;
  /** @type {number | null} */
  #seconds = null;
  #name;
  /** @type {AllSettings} */
  #settings;
  #before;

  /**
   * @param {RunReport} run
   * @param {KeptRun["before"]} before the run that this tab had until now
   */
  constructor(run, before) {
    this.#name = run.name;
    this.#settings = { engine: run.engine, ...run.hyperparameters };
    this.#before = before;
  }

  /** The same run goes on with another plan. @param {RunReport} run */
  goOn(run) {
    this.#settings = { engine: run.engine, ...run.hyperparameters };
    this.#ended = this.#settled = false;
    this.#askedAtEnd = NaN;
  }

  /** What was kept of it at an earlier time. @param {KeptRun} about */
  recall(about) {
    this.#before = about.before;
    this.#unseen = about.unseen;
    this.#samples = about.samples;
    this.#settled = about.over && about.samples.length > 0;
  }

  /** @param {string} engine */
  useEngine(engine) {
    this.#settings.engine = engine;
  }

  /** As the run after this one is compared with it. */
  get asBefore() {
    return { name: this.#name, settings: this.#settings };
  }

  /** @returns {Gathered} */
  get gathered() {
    return {
      seconds: this.#seconds,
      settings: this.#settings,
      before: this.#before,
      loss: this.#curve.last,
      curve: this.#curve.points(),
      unseen: this.#unseen,
      samples: this.#samples,
    };
  }

  /** @param {Progress} progress */
  advance({ step, losses, seconds, ending }) {
    // All losses of a run that was opened or has gone back to an earlier step.
    if (losses.length === step) {
      this.#curve = new Curve();
      this.#settled = false;
    }
    this.#curve.add(losses);
    this.#seconds = seconds;
    this.#lookedAt = null;
    this.#ended = ending !== "";
  }

  /** @param {Learning} learning */
  measured({ steps, holdout }) {
    // What was measured before it was opened here stays: the steps of then aren't at hand any more.
    const all = new Map(this.#unseen.steps.map((step, i) => [step, this.#unseen.nats[i] ?? NaN]));
    steps.forEach((step, i) => all.set(step, holdout[i] ?? all.get(step) ?? NaN));
    const known = [...all].filter(([step, nats]) => step <= this.#curve.count && Number.isFinite(nats));
    const newest = known.sort(([a], [b]) => a - b).slice(-MOST_POINTS);
    this.#unseen = { steps: newest.map(([step]) => step), nats: newest.map(([, nats]) => nats) };
  }

  /** Samples come from a step that was kept. @param {number} step */
  lookAt(step) {
    this.#lookedAt = step === this.#curve.count ? null : step;
  }

  /** Samples are asked for. @param {number} ticket */
  asked(ticket) {
    if (this.#ended) this.#askedAtEnd = ticket;
  }

  /**
   * A sample: those of the newest request are kept, once the run has ended those of the first
   * since then that came whole; one that is ended by the next has fewer.
   * @param {Sample & {ticket: number}} sample
   * @returns {boolean} whether it is one of those that are kept
   */
  drawn({ text, ticket }) {
    if (this.#lookedAt !== null || (this.#settled && ticket !== this.#ticket)) return false;
    if (ticket !== this.#ticket) this.#samples = [];
    this.#ticket = ticket;
    const before = this.#samples.length;
    this.#samples = firstSamples([...this.#samples, text]);
    this.#settled = ticket === this.#askedAtEnd && this.#samples.length === SAMPLES;
    return this.#samples.length > before;
  }
}
