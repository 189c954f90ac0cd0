/**
 * What stands beside a kept run, as it is read: storage can hold anything, and what
 * earlier versions of the page wrote says less. Not about where it is: store.js.
 */

import { first } from "./first.js";

/** Of a curve. */
export const MOST_POINTS = 200;
export const SAMPLES = 5;
const SETTINGS = 64;
const LATE = 0.9; // of the steps
const CHARACTERS = 120; // of a name, a sample, a value
const LATEST = 8.64e15; // milliseconds: there is no later date

/**
 * What was stored as a run's description, if it is one.
 * @param {any} value
 * @returns {KeptRun | null}
 */
export function checked(value) {
  const counts = ["step", "steps", "parameters", "bytes"];
  if (typeof value?.name !== "string" || !counts.every((key) => isCount(value[key]))) return null;
  const { step, steps, parameters, time, bytes, before } = value;
  if (!isAmount(time) || time > LATEST) return null;
  const settings = checkedSettings(before?.settings);
  return {
    name: short(value.name),
    step,
    steps,
    parameters,
    over: value.over === true,
    origin: short(value.origin),
    going: value.going === true,
    time,
    bytes,
    text_bytes: isCount(value.text_bytes) ? value.text_bytes : 0,
    title: short(value.title),
    declined: value.declined === true,
    seconds: isAmount(value.seconds) ? value.seconds : null,
    settings: checkedSettings(value.settings),
    before: settings && { name: short(before.name), settings },
    loss: isNumber(value.loss) ? value.loss : null,
    curve: checkedPoints(value.curve),
    unseen: checkedPoints(value.unseen),
    samples: first(value.samples, SAMPLES).map(short).filter(Boolean),
  };
}

/** What a visitor may call a run. @param {string} title */
export function checkedTitle(title) {
  return short(title.trim());
}

/** What a run is called. @param {KeptRun} run */
export function nameOf({ title, name }) {
  return title || name;
}

/**
 * Nats on lines that a run has not learned from, when it was last saved; null where that
 * wasn't measured so late.
 * @param {Pick<KeptRun, "step" | "unseen">} run
 */
export function heldOut({ step, unseen: { steps, nats } }) {
  return (steps.at(-1) ?? 0) >= LATE * step ? (nats.at(-1) ?? null) : null;
}

/**
 * The first samples of many, as they are kept.
 * @param {string[]} texts
 */
export function firstSamples(texts) {
  return texts.slice(0, SAMPLES).map(short);
}

/** @param {any} value @returns {AllSettings | null} */
function checkedSettings(value) {
  // Not of a list or of bytes, of which there can be millions.
  if (Object.prototype.toString.call(value) !== "[object Object]") return null;
  const entries = Object.entries(value).slice(0, SETTINGS);
  const known = entries.filter(([, each]) => isNumber(each) || typeof each === "string");
  return Object.fromEntries(known.map(([name, each]) => [short(name), isNumber(each) ? each : short(each)]));
}

/** @param {any} value @returns {Points} */
function checkedPoints(value) {
  const steps = first(value?.steps, MOST_POINTS + 1);
  const nats = first(value?.nats, MOST_POINTS + 1);
  const ascending = steps.every((step, i) => isAmount(step) && (i === 0 || step > steps[i - 1]));
  const fits = steps.length <= MOST_POINTS && nats.length === steps.length && ascending && nats.every(isNumber);
  return fits ? { steps, nats } : { steps: [], nats: [] };
}

/** What there can be a number of. @param {unknown} value */
function isCount(value) {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** @param {unknown} value */
function isAmount(value) {
  return isNumber(value) && Number(value) >= 0;
}

/** @param {unknown} value */
function isNumber(value) {
  return Number.isFinite(value);
}

/** @param {unknown} value */
function short(value) {
  return typeof value === "string" ? [...value.slice(0, 2 * CHARACTERS)].slice(0, CHARACTERS).join("") : "";
}
