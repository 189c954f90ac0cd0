/**
 * A changed run in sentences: what computes it, how far it is, and what came of it.
 * Not about the figures: comparison.js. Nor about where it is said: run.js.
 */

import { counted, duration, fixed, grouped, signed, speed } from "../page/format.js";

/** @typedef {import("./comparison.js").Agreement} Agreement */
/** @typedef {import("./comparison.js").Paired} Paired */

const DIGITS = 3; // of nats, where little things are to be told apart
const DEFAULTS = "A default of hyperparameters.py that is another one changes nothing: the settings have a value for each.";
/** Files by which the order of the lines can become another, or which are kept out. */
const DECIDE_LINES = ["corpus.py", "random_streams.py", "hyperparameters.py"];

/** As "a.py, b.py and c.py". @param {string[]} names */
export function listed(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}

/**
 * What is run, and how.
 * @param {RunReport} run
 * @param {boolean} ofRun whether the settings are those of the run beside it
 */
export function planWords({ name, steps, parameters, hyperparameters }, ofRun) {
  const whose = ofRun ? "the settings of the run beside it" : "the settings that stand beside it";
  return `${name}, with ${whose}: ${counted(steps, "step")}, seed ${hyperparameters.seed}. ${counted(parameters, "weight")}.`;
}

/**
 * What computes it, and where that is the slow one, why.
 * @param {RunReport} run
 * @param {string[]} files that are changed
 */
export function engineWords({ engine, note }, files) {
  const computed = computedWords(engine, note, files);
  return files.includes("hyperparameters.py") ? `${computed} ${DEFAULTS}` : computed;
}

/** @param {string} engine @param {string} note @param {string[]} files */
function computedWords(engine, note, files) {
  if (note) return note;
  if (engine === "scalar") return `The scalar engine computes it, number by number: no faster one follows changes of ${listed(files)}.`;
  return `The ${engine} engine computes it.`;
}

/** @param {Progress} progress @param {number} loss smoothed, in nats */
export function progressWords({ step, steps, steps_per_second, seconds_left, ending }, loss) {
  const words = [`Step ${grouped(step)} of ${grouped(steps)}`];
  if (Number.isFinite(loss)) words.push(`loss ${fixed(loss, DIGITS)}`);
  if (steps_per_second > 0) words.push(`${speed(steps_per_second)} steps per second`);
  if (step < steps && !ending && Number.isFinite(seconds_left)) words.push(`${duration(seconds_left)} left`);
  return words.join(" · ");
}

/** @param {Agreement} agreement of the losses, step by step */
export function agreementWords(agreement) {
  if (agreement.kind === "identical") return "Identical to the original to the last digit.";
  const { kind, step } = agreement;
  if (kind === "close") return `The same as the original to 1e-9 (from step ${grouped(step)} on the last digits differ, as they do from engine to engine).`;
  return step === 1 ? "Differs from the original from the first step on." : `Differs from the original from step ${grouped(step)} on.`;
}

/**
 * What was measured of both: on lines that neither has learned from, or the losses while they
 * learned, where there are none.
 * @typedef {{ours: number, theirs: number, documents: number}} Measured
 */

/** Whether figures of these can be held against each other. @param {Measured} measured @param {string[]} files that are changed */
export function comparable({ documents }, files) {
  return documents > 0 || !files.includes("training.py");
}

/** @param {Measured} measured @param {string[]} files that are changed */
export function lossWords(measured, files) {
  const { ours, theirs, documents } = measured;
  if (!comparable(measured, files)) {
    return "training.py is changed, so both losses are of different kinds and say nothing about each other. Set holdout and train, then both are measured alike on lines that they have not learned from.";
  }
  const where = documents ? `Loss on ${counted(documents, "unseen line")}` : "Loss over the last steps";
  if (!Number.isFinite(ours) || !Number.isFinite(theirs)) {
    return `${where}: ${Number.isFinite(ours) ? "the original’s" : "that of the changed run"} can’t be computed.`;
  }
  const apart = signed(ours - theirs, DIGITS);
  const less = /^±/.test(apart) ? `less than ${10 ** -DIGITS} apart` : apart;
  return `${where}: ${fixed(ours, DIGITS)} against the original’s ${fixed(theirs, DIGITS)} (${less}).`;
}

/** What is to be borne in mind with them. @param {Measured} measured @param {string[]} files that are changed */
export function noteWords(measured, files) {
  if (!comparable(measured, files)) return "";
  const notes = [];
  if (files.includes("training.py")) {
    notes.push("training.py is changed: the curves are of different kinds of loss and can’t be compared. The loss on unseen lines can: for both it is how surprising the lines are by the model’s own probabilities.");
  }
  const lines = files.filter((file) => DECIDE_LINES.includes(file));
  if (measured.documents && lines.length) notes.push(`${listed(lines)} can decide which lines are unseen: they may not be the same for both.`);
  return [...notes, "One seed says little: another one moves the loss, too."].join(" ");
}

/** What became of pairs of runs with several seeds. @param {Paired} pairs @param {boolean} unseen whether they were measured on unseen lines */
export function pairedWords({ count, lower, higher, ours, theirs, difference, interval, found }, unseen) {
  const each = `${fixed(ours, DIGITS)} against ${fixed(theirs, DIGITS)} on average${unseen ? " on unseen lines" : ""}`;
  const within = `difference ${signed(difference, DIGITS).replace("±", "")} ± ${fixed(interval, DIGITS)} (95 % interval of the paired differences)`;
  const times = found && difference > 0 ? `higher in ${higher}` : `lower in ${lower}`;
  return found
    ? `Over ${counted(count, "seed")} ${times}: ${each}, ${within}.`
    : `No difference found over ${counted(count, "seed")}: ${times}, ${each}, ${within}.`;
}

/** What is known of the operations of autograd.py. @param {Finding[]} findings */
export function gradientWords(findings) {
  const wrong = findings.filter(({ verdict }) => verdict === "wrong");
  const unknown = findings.filter(({ verdict }) => verdict === "unknown");
  const agree = findings.length - wrong.length - unknown.length;
  const words = [];
  if (wrong.length) words.push(wrong.map(({ words }) => words).join("; "));
  if (agree) words.push(`${counted(agree, "operation")} ${agree === 1 ? "agrees" : "agree"} with finite differences`);
  if (unknown.length) words.push(`not checked: ${unknown.map(({ words }) => words).join("; ")}`);
  return words.length ? `Gradients: ${words.join(". ").replace(/\.+$/, "")}.` : "Gradients: there is no operation to check.";
}
