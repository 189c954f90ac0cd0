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
import { KeptPanel } from "./kept-panel.js";
import { OpenedCard } from "./opened-card.js";
import { ReturnsCard } from "./returns-card.js";
import { SamplesPanel } from "./samples-panel.js";
import { SettingsForm } from "./settings-form.js";
import { SharePanel } from "./share-panel.js";
import { TextPanel } from "./text-panel.js";
import { TrainingPanel } from "./training-panel.js";

/** @typedef {"loading" | "ready" | "training" | "paused" | "finished" | "failed"} State */

const PREPARE_MS = 150; // after the last change of text or settings
const RECIPE_SECONDS = 10; // a recipe that takes longer waits until it is asked for
const STALLED_MS = 60_000; // without a byte or a sign of life while Python loads

const train = /** @type {HTMLButtonElement} */ (byId("train"));
const pause = /** @type {HTMLButtonElement} */ (byId("pause"));
const stop = /** @type {HTMLButtonElement} */ (byId("stop"));
const compare = /** @type {HTMLButtonElement} */ (byId("compare"));
const sample = /** @type {HTMLButtonElement} */ (byId("sample"));
const openFile = /** @type {HTMLInputElement} */ (byId("open-file"));
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
/** @type {SharePanel | undefined} */
let sharing;
/** @type {OpenedCard | undefined} */
let card;
/** @type {KeptPanel | undefined} */
let kept;
const returns = new ReturnsCard(continueKept, restartKept);
const training = new TrainingPanel();
/** Whether Train, Pause, Resume or Stop was pressed and the worker has not answered yet. */
let pending = false;
let preparing = 0;
/** What goes on when it has. @type {((value: unknown) => void)[]} */
const waiting = [];
/** What computes the present run. */
let runningEngine = "";
/** Whether there is a run, and not only a model that was opened. */
let hasRun = false;
let maxFileBytes = 0;
/** How many links and files were opened so far: the newest counts. */
let openings = 0;
/** Whether a link came while something else was being done. */
let linkWaits = false;
/** Whether the present run follows a recipe, whose weights are then compared. */
let followsRecipe = false;

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
  if (card) card.locked = locked;
  returns.locked = locked || state === "loading";
  openFile.disabled = locked || state === "loading";
  if (sharing) {
    const still = (state === "paused" || state === "finished") && !pending;
    sharing.available = { model: still, run: still && hasRun };
  }
  // Engines can take over from each other in the middle of a run; nothing else can change.
  if (settings) settings.open = { settings: !locked, engine: state !== "failed" && !pending };
  compare.disabled = !(state === "paused" || state === "finished") || pending || !hasRun;
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
  const untouched = training.step
    ? "Your file is untouched, and the losses can still be downloaded."
    : "Your file is untouched.";
  const rest = kept?.rest ? ` ${kept.rest}` : "";
  const check = state === "loading" ? "Check the connection, then reload" : "Reload";
  enter("failed");
  loadingText.textContent = `${what}.`;
  const message = error.message.replace(/\.?$/, ".");
  showAlert(`${what}. ${message} ${untouched}${rest} ${check} the page.`, {
    action: { label: "Reload", press: () => location.reload() },
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
 * @param {() => Promise<unknown>} request
 * @param {boolean} [patient] whether to wait for another one; else this one is dropped
 */
async function during(doing, request, patient = false) {
  if (pending && !patient) return;
  while (pending) await new Promise((resolve) => waiting.push(resolve));
  pending = true;
  byId("pending").textContent = doing;
  showControls();
  try {
    await request();
  } finally {
    pending = false;
    byId("pending").textContent = "";
    showControls();
    for (const resume of waiting.splice(0)) resume(undefined);
    if (linkWaits) openAddress();
  }
}

async function startRun() {
  if (!text || !settings || !card) return;
  try {
    if (!(await text.settled())) return; // refused; the alert says why
    const { engine } = settings;
    showRun(await client.call("start", settings.values(), engine, card.fromOpened), engine);
    card.hide();
    forgetLink();
  } catch (error) {
    showError(error, "Text and settings are kept, and so is the last model.");
  }
}

/** Another model than that of the link in the address is here: that would be a false name for it. */
function forgetLink() {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}

/**
 * A run has begun.
 * @param {RunReport} run
 * @param {string} engine
 */
function showRun(run, engine) {
  clearAlert();
  runningEngine = engine;
  hasRun = true;
  followsRecipe = false;
  samples?.clear();
  samples?.describeModel(`From a model that is learning from ${run.name}.`);
  shareAs(run);
  kept?.begin();
  training.begin(run);
  enter("training");
}

/** Tell the dialog of links which model it is about. @param {{name: string, parameters: number}} model */
function shareAs({ name, parameters }) {
  if (sharing) Object.assign(sharing, { textName: name, parameters });
}

/**
 * A link or a file takes the place of what is here.
 * @param {string} source "link", "file" or "earlier visit"
 * @param {() => Promise<Opened>} open
 * @returns {Promise<boolean>} whether it could be opened
 */
async function openFrom(source, open) {
  const mine = ++openings;
  try {
    const opened = await open();
    if (mine !== openings) return false; // a newer one takes its place
    await show(opened, source);
    return true;
  } catch (error) {
    if (mine !== openings) return false;
    card?.takeBack();
    showError(error, hasRun ? "The present model is kept." : "Nothing else has changed.");
    return false;
  }
}

/**
 * A run of an earlier visit goes on, if it was going on when it was last saved.
 * @param {string} id
 */
async function continueKept(id) {
  let opened = false;
  await during("Opening…", async () => {
    let going = false;
    opened = await openFrom("earlier visit", async () => {
      const report = await client.call("openKept", id);
      going = report.going;
      return report;
    });
    if (going) await pauseOrResume("paused");
  });
  return opened;
}

/**
 * A run of an earlier visit is begun again, with the same text and settings.
 * @param {string} id
 */
async function restartKept(id) {
  let opened = false;
  await during("Starting…", async () => {
    opened = await openFrom("earlier visit", () => client.call("openKept", id));
    if (opened) await startRun();
  });
  return opened;
}

/**
 * @param {Opened} opened
 * @param {string} source
 */
async function show(opened, source) {
  clearAlert();
  if (source !== "link") forgetLink();
  card?.show(opened, source);
  if (opened.text) text?.show(opened.text, `From the ${source}.`);
  if (opened.kind === "recipe") return showRecipe(opened);
  samples?.clear({ prefix: true });
  hasRun = opened.kind === "run";
  followsRecipe = false;
  shareAs({ name: opened.text_name, parameters: opened.parameters });
  if (opened.run && opened.progress) {
    showSavedRun(opened, opened.run, opened.progress);
  } else {
    training.clear();
    samples?.describeModel(`From the opened model, which learned from ${opened.text_name}.`);
    enter("finished");
  }
  if (state === "finished") void samples?.draw(true);
}

/**
 * @param {Opened} opened
 * @param {RunReport} run
 * @param {Progress} progress
 */
function showSavedRun(opened, run, progress) {
  settings?.use(opened.hyperparameters);
  if (settings) settings.engine = opened.engine;
  runningEngine = opened.engine;
  kept?.begin();
  training.begin(run);
  training.advance(progress);
  const over = progress.finished || opened.stopped;
  if (over) training.end();
  enter(over ? "finished" : "paused");
  training.say(`As it was saved, after step ${progress.step}.` + (over ? "" : " Resume goes on from there."));
  samples?.describeModel(`From the model after step ${progress.step} on ${run.name}.`);
}

/** @param {Opened} opened */
async function showRecipe(opened) {
  settings?.use(opened.hyperparameters);
  if (settings) settings.engine = opened.engine;
  if (opened.seconds_expected <= RECIPE_SECONDS) return followRecipe(opened);
  card?.say(`This takes about ${elapsed(opened.seconds_expected)}.`);
  card?.offer("Follow the recipe", () => during("Starting…", () => followRecipe(opened)));
}

/** @param {Opened} opened */
async function followRecipe({ engine, example, text: own }) {
  const mine = openings;
  if (example && !(await text?.useExample(example))) {
    card?.say("It can't be followed here.");
    showAlert(`The recipe needs the example ${example}, which this page doesn't have. Ask for a link to the model itself.`);
    return;
  }
  if (mine !== openings) return;
  try {
    const run = await client.call("startRecipe");
    if (own) text?.show(own, "From the recipe."); // another one may have been read meanwhile
    showRun(run, engine);
    followsRecipe = true;
    card?.withdraw();
    card?.say("It is learned from scratch now …");
  } catch (error) {
    showError(error, "Text and settings are kept.");
  }
}

async function compareWithRecipe() {
  const { same, step } = await client.call("recipeOutcome");
  card?.say(
    same
      ? `Learned again from scratch in ${elapsed(training.seconds)}: after step ${step} every bit of every weight is the same.`
      : `After step ${step} the weights are not the same. Browsers without vectors add numbers ` +
          "in another order, and other versions of this page may too.",
  );
}

/** The link in the address, if there is one. */
function openAddress() {
  linkWaits = false;
  if (state === "failed") return;
  const link = decoded(location.hash);
  if (!link || document.getElementById(link.slice(1))) return; // a place on this page
  if (state === "training" || state === "paused") {
    showAlert("A link was opened, but a run is going on and goes on. Press Stop first, then open it again.");
    forgetLink(); // else to open it again would be no change
    return;
  }
  const open = () => openFrom("link", () => client.call("openLink", link));
  if (pending) {
    linkWaits = true;
    return;
  }
  sharing?.close();
  if (state !== "loading") return void during("Opening…", open);
  card?.announce("A link was opened. It is read as soon as Python is up.");
  void open(); // meanwhile a text can be chosen already
}

/**
 * Browsers write what can't stand in an address as %…; chat programs put such things behind links.
 * @param {string} hash
 */
function decoded(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

/** @param {File} file */
async function openSaved(file) {
  // One byte too many is refused by Python, which words the reason; no more is ever read.
  const part = file.slice(0, maxFileBytes + 1);
  await openFrom("file", async () => client.call("openFile", await part.arrayBuffer(), file.name));
}

/** @param {State} from what the visitor saw: a button pressed twice means the same twice */
async function pauseOrResume(from) {
  if (state !== from) return;
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
  if (state !== "training" && state !== "paused") return; // it has come to its end meanwhile
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
  if (followsRecipe && finished) void compareWithRecipe();
  else if (followsRecipe) card?.say("The recipe was not followed to its end, so there is nothing to compare.");
}

function listen() {
  client.on("loading", ({ bytes, total, stage }) => {
    if (state !== "loading") return; // what is fetched later is no part of the start
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
  pause.addEventListener("click", () => {
    const from = state;
    void during("One moment…", () => pauseOrResume(from), true);
  });
  stop.addEventListener("click", () => void during("Stopping…", stopRun, true));
  openFile.addEventListener("change", () => {
    const file = openFile.files?.[0];
    openFile.value = ""; // else choosing the same file again would be no change
    if (file) void during("Opening…", () => openSaved(file));
  });
  addEventListener("hashchange", openAddress);
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
  sharing = new SharePanel(client, site);
  maxFileBytes = site.maxFileBytes;
  kept = new KeptPanel(client);
  kept.addEventListener("deleted", () => returns.clear());
  card = new OpenedCard(client, settings, site);
  settings.addEventListener("settings", () => {
    void changeEngine();
    prepareSoon();
  });
  text.addEventListener("saved", (event) => {
    const file = /** @type {CustomEvent<File>} */ (event).detail;
    if (state !== "loading") return void during("Opening…", () => openSaved(file));
    showAlert(`${file.name} was not opened: Python is still loading. Drop it again when it is up.`);
  });
  text.addEventListener("loaded", () => {
    void card?.compare();
    showControls();
    prepareSoon();
  });
  openAddress(); // before the first text: samples come first
  text.offer(examples);
  showControls();
  await returns.refresh().catch((error) => kept?.unavailable(error.message));
}

/** @param {string} path */
async function readJson(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} could not be loaded (HTTP ${response.status}).`);
  return response.json();
}

document.documentElement.dataset.up = ""; // from here on, errors are told by this file: see guard.js
main().catch((error) => fail(error));
