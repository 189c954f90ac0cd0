/**
 * Kept runs in words and as tables: how a run differs from the one before, and from others.
 * Not about how they look on the page: run-row.js.
 */

import { heldOut, nameOf } from "../kept/about.js";
import { csv, quoted } from "../page/csv.js";
import { grouped } from "../page/format.js";

const MOST_CHANGES = 5;
const MOST_SETTINGS = 2; // in a label

/**
 * What was changed against the run before, or against the defaults where there was none.
 * @param {KeptRun} run
 * @param {AllSettings} defaults
 */
export function changes({ name, settings, before }, defaults) {
  if (!settings) return "";
  const was = before?.settings ?? defaults;
  const all = Object.keys(settings).filter((key) => Object.hasOwn(was, key) && String(settings[key]) !== String(was[key]));
  const words = all.map((key) => `${key} ${figure(settings[key])} instead of ${figure(was[key])}`);
  if (before && before.name !== name) words.unshift(`text instead of ${before.name}`);
  if (!words.length) return before ? "Nothing was changed" : "The default settings";
  const more = words.length - MOST_CHANGES;
  return words.slice(0, MOST_CHANGES).join(" · ") + (more > 0 ? ` · and ${more} more` : "");
}

/**
 * What tells each run from the others: its name, or where they share that, settings.
 * @param {KeptRun[]} runs
 */
export function labels(runs) {
  const names = runs.map(nameOf);
  const shown = telling(runs);
  return runs.map((run, i) => {
    const name = names[i] ?? "";
    if (names.indexOf(name) === names.lastIndexOf(name) || !shown.length) return name;
    return shown.map((key) => `${key} ${figure(run.settings?.[key] ?? "–")}`).join(", ");
  });
}

/**
 * The few settings that tell most runs from each other.
 * @param {KeptRun[]} runs
 */
function telling(runs) {
  /** @type {string[]} */
  const chosen = [];
  const kinds = (/** @type {string[]} */ keys) => new Set(runs.map(({ settings }) => JSON.stringify(keys.map((key) => settings?.[key])))).size;
  // Steps last: the axis shows them.
  const rest = differing(runs).sort((a, b) => Number(a === "steps") - Number(b === "steps"));
  while (chosen.length < MOST_SETTINGS) {
    const [best] = [...rest].sort((a, b) => kinds([...chosen, b]) - kinds([...chosen, a]));
    if (best === undefined || kinds([...chosen, best]) === kinds(chosen)) break;
    chosen.push(best);
  }
  return chosen;
}

/**
 * Names of the settings in which runs differ.
 * @param {KeptRun[]} runs
 */
function differing(runs) {
  const names = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings ?? {})))];
  return names.filter((name) => new Set(runs.map(({ settings }) => String(settings?.[name] ?? ""))).size > 1);
}

/**
 * A row a run, as CSV; what isn't known is empty.
 * @param {KeptRun[]} runs
 */
export function runsCsv(runs) {
  const settings = differing(runs).filter((name) => name !== "steps");
  const heading = ["name", "text", ...settings, "steps", "weights", "loss", "held_out_loss", "seconds"];
  const rows = runs.map((run) => [
    nameOf(run),
    run.name,
    ...settings.map((name) => run.settings?.[name] ?? ""),
    run.step,
    run.parameters,
    run.loss ?? "",
    heldOut(run) ?? "",
    run.seconds ?? "",
  ]);
  return csv([heading, ...rows]);
}

/**
 * A row a step, as CSV.
 * @param {{name: string, losses: Float64Array}[]} runs
 */
export function lossesCsv(runs) {
  return ["run,step,loss\n"].concat(
    runs.map(({ name, losses }) => {
      const lines = Array.from(losses, (loss, i) => `${quoted(name)},${i + 1},${loss}\n`);
      return lines.join("");
    }),
  );
}

/** @param {number | string | undefined} value */
function figure(value) {
  return typeof value === "number" && Number.isInteger(value) ? grouped(value) : String(value);
}
