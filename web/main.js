/**
 * The page: its state, and who may do what in each.
 *
 * The state stands once, as data-state on <html>: loading → ready → training ⇄
 * paused → finished → training …; failed, from anywhere, is the end. Panels show
 * things; only this file changes the state.
 */

import { clearAlert, showAlert, showError } from "./alerts.js";
import { Client } from "./client.js";
import { byId, elapsed, megabytes } from "./format.js";
import { keepForOffline } from "./offline.js";
import { SamplesPanel } from "./samples-panel.js";
import { SettingsForm } from "./settings-form.js";
import { TextPanel } from "./text-panel.js";
import { TrainingPanel } from "./training-panel.js";

/** @typedef {"loading" | "ready" | "training" | "paused" | "finished" | "failed"} State */

const PREPARE_MS = 150; // after the last change of text or settings
const STALLED_MS = 60_000; // without a byte or a sign of life while Python loads

const train = /** @type {HTMLButtonElement} */ (byId("train"));
const pause = /** @type {HTMLButtonElement} */ (byId("pause"));
const stop = /** @type {HTMLButtonElement} */ (byId("stop"));
const compare = /** @type {HTMLButtonElement} */ (byId("compare"));
const sample = /** @type {HTMLButtonElement} */ (byId("sample"));
const loadingBar = /** @type {HTMLProgressElement} */ (byId("loading-progress"));
const loadingText = byId("loading-text");

const client = new Client(); // first: Python takes longest
/** @type {State} */
let state = "loading";
let watchdog = 0;
/** @type {TextPanel | undefined} */
let text;
/** @type {SettingsForm | undefined} */
let settings;
/** @type {SamplesPanel | undefined} */
let samples;
const training = new TrainingPanel();
/** Whether Train, Pause, Resume or Stop was pressed and the worker has not answered yet. */
let pending = false;
let preparing = 0;
/** What computes the present run. */
let runningEngine = "";

/** @param {State} next */
function enter(next) {
  state = next;
  document.documentElement.dataset.state = next;
  showControls();
}

function showControls() {
  const focused = document.activeElement;
  const going = state === "training" || state === "paused";
  const model = going || state === "finished";
  train.disabled = !(state === "ready" || state === "finished") || !text?.report;
  pause.disabled = stop.disabled = !going;
  pause.textContent = state === "paused" ? "Resume" : "Pause";
  sample.disabled = !model;
  const locked = going || pending || state === "failed";
  if (text) text.locked = locked;
  // Engines can take over from each other in the middle of a run; nothing else can change.
  if (settings) settings.open = { settings: !locked, engine: state !== "failed" && !pending };
  compare.disabled = !(state === "paused" || state === "finished") || pending;
  byId("locked").hidden = !going;
  // Hidden, but not gone: the page must not jump under a pointer on its way.
  loadingBar.style.visibility = state === "loading" ? "visible" : "hidden";
  // A button that is disabled under the keyboard's focus would send it to the top of the page.
  // Sample comes before Train: a key that was pressed once too often must not begin a new run.
  if (focused instanceof HTMLButtonElement && focused.disabled) {
    [pause, sample, train].find((button) => !button.disabled)?.focus();
  }
}

/** @param {WireError} error */
function fail(error) {
  if (state === "failed") return;
  clearTimeout(watchdog);
  client.end();
  console.error(error.stack || error.message);
  const what = state === "loading" ? "Python could not be started" : "Python has stopped working";
  const kept = training.step
    ? "Your file is untouched, and the losses can still be downloaded."
    : "Your file is untouched.";
  const check = state === "loading" ? "Check the connection, then reload" : "Reload";
  enter("failed");
  loadingText.textContent = `${what}.`;
  const message = error.message.replace(/\.?$/, ".");
  showAlert(`${what}. ${message} ${kept} ${check} the page.`, {
    label: "Reload",
    press: () => location.reload(),
  });
}

/** Any sign of life puts the time-out off: Pyodide itself never reports that it is stuck. */
function alive() {
  clearTimeout(watchdog);
  const message = `Nothing was heard of it for ${STALLED_MS / 1000} seconds.`;
  watchdog = window.setTimeout(() => fail({ name: "Error", message, stack: "" }), STALLED_MS);
}

/**
 * One request at a time, named while it waits for the worker to end its slice.
 * @param {string} doing
 * @param {() => Promise<void>} request
 */
async function during(doing, request) {
  if (pending) return;
  pending = true;
  byId("pending").textContent = doing;
  showControls();
  try {
    await request();
  } finally {
    pending = false;
    byId("pending").textContent = "";
    showControls();
  }
}

async function startRun() {
  if (!text || !settings) return;
  try {
    if (!(await text.settled())) return; // refused; the alert says why
    runningEngine = settings.engine;
    const run = await client.call("start", settings.values(), runningEngine);
    clearAlert();
    samples?.clear();
    samples?.describeModel(`From a model that is learning from ${run.name}.`);
    training.begin(run);
    enter("training");
  } catch (error) {
    showError(error, "Text and settings are kept, and so is the last model.");
  }
}

async function pauseOrResume() {
  if (state === "training") {
    await client.call("pause");
    if (state !== "training") return; // the last step was faster
    enter("paused");
    training.say("Paused.");
  } else if (state === "paused") {
    enter("training");
    training.say("Training goes on.");
    await client.call("resume");
  }
}

/** The Engine list was changed: a run that goes on changes over, with all that it has learned. */
async function changeEngine() {
  if (!settings || !(state === "training" || state === "paused")) return;
  try {
    await client.call("useEngine", settings.engine);
    runningEngine = settings.engine;
  } catch (error) {
    settings.engine = runningEngine;
    showError(error, "The run and its engine are as they were.");
  }
}

async function compareWithScalar() {
  try {
    training.compared(await client.call("scalarSpeed"));
  } catch (error) {
    showError(error, "The model is kept.");
  }
}

/** Let the worker do in advance what takes time at the start, when there is time. */
function prepareSoon() {
  clearTimeout(preparing);
  preparing = window.setTimeout(() => {
    if (!settings || !text?.report || pending) return;
    if (state !== "ready" && state !== "finished") return;
    client.call("prepare", settings.values(), settings.engine).catch((error) => fail(error));
  }, PREPARE_MS);
}

async function stopRun() {
  await client.call("stop");
  finish({ step: training.step, finished: false, problem: "" });
}

/** @param {Events["ended"]} end */
function finish({ step, finished, problem }) {
  if (state !== "training" && state !== "paused") return;
  if (problem) showAlert(`${problem} Text, settings and the losses so far are kept.`);
  training.end();
  enter("finished");
  training.say(
    finished
      ? `Finished: ${step} of ${step} steps in ${elapsed(training.seconds)}.`
      : problem
        ? `Ended after step ${step}: the loss was no number any more.`
        : `Stopped after step ${step}; the model is kept.`,
  );
  samples?.describeModel(
    `From the model after step ${step} on ${training.textName}. ` +
      "Marked: those that stand in the text, letter for letter.",
  );
  // What the original program does at the end; it says so itself where it can't.
  if (!problem) void samples?.draw(true);
}

function listen() {
  client.on("loading", ({ bytes, total, stage }) => {
    alive();
    loadingBar.max = total;
    loadingBar.value = bytes;
    loadingText.textContent = `${stage}: ${megabytes(bytes)} of ${megabytes(total)}. You can choose your text already.`;
  });
  client.on("ready", () => {
    clearTimeout(watchdog);
    if (state !== "loading") return;
    loadingText.textContent = "Python is up and ready.";
    enter("ready");
    void keepForOffline(byId("offline")); // not before: it would compete with Python for the network
  });
  client.on("failed", fail);
  client.on("progress", (progress) => training.advance(progress));
  client.on("glimpse", ({ step, texts }) => training.glimpse(step, texts));
  client.on("holdout", (holdout) => training.measured(holdout));
  client.on("ended", finish);
  train.addEventListener("click", () => void during("Starting…", startRun));
  pause.addEventListener("click", () => void during("One moment…", pauseOrResume));
  stop.addEventListener("click", () => void during("Stopping…", stopRun));
  compare.addEventListener("click", () => void during("Measuring…", compareWithScalar));
}

async function main() {
  listen();
  alive();
  const [site, examples] = /** @type {[Site, Example[]]} */ (
    await Promise.all(["site.json", "examples/index.json"].map(readJson))
  );
  settings = new SettingsForm(site);
  text = new TextPanel(client, settings, site);
  samples = new SamplesPanel(client, site);
  settings.addEventListener("settings", () => {
    void changeEngine();
    prepareSoon();
  });
  text.addEventListener("loaded", () => {
    showControls();
    prepareSoon();
  });
  text.offer(examples);
  showControls();
}

/** @param {string} path */
async function readJson(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} could not be loaded (HTTP ${response.status}).`);
  return response.json();
}

document.documentElement.dataset.up = ""; // from here on, errors are told by this file: see guard.js
main().catch((error) => fail(error));
