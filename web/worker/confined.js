/**
 * The worker that runs changed code: a session of our package, with other texts in place of
 * gpt/. It is handed all that it needs, gives up every way out, and only then lets the code
 * run. Not about how it is started, nor ended: code/confined.js. Nor about the walls: walls.js.
 */

import { Queue } from "../page/queue.js";
import { LATER, REST } from "./archives.js";
import { Beside, measureUnseen } from "./beside.js";
import { loadPython } from "./loading.js";
import { adopt, given, taken, wireError, withModule } from "./python.js";
import { Trainer } from "./trainer.js";
import { giveUp, holds } from "./walls.js";

const NOWHERE = "file:///nowhere/"; // Pyodide wants to know where it lies
const MOST_PRINTED = 20_000; // characters
const LEAST_PRINTED = 10; // as which a line counts, however short: each is a message
const CRASHED = "Python has crashed, as it does where memory runs out or functions call each other too deeply.";

/** `microgpt.changed`, for as long as the worker lives. @type {any} */
let changed;
/** Python's session, likewise. @type {any} */
let session;
/** @type {Trainer} */
let trainer;
/** The same code's runs with other seeds. */
const others = new Beside((progress) => tell("again", progress));
const measuring = new Queue();
/** To the page. Bound, so that nobody can put something in between. @type {(message: unknown) => void} */
let post;

/**
 * @template {keyof ConfinedEvents} E
 * @param {E} event
 * @param {ConfinedEvents[E]} detail
 */
function tell(event, detail) {
  post({ event, detail });
}

/**
 * @param {ConfinedFiles} files
 * @param {MessagePort} port to the page
 */
export async function main(files, port) {
  post = port.postMessage.bind(port);
  for (const kind of /** @type {const} */ (["error", "unhandledrejection"])) {
    self.addEventListener(kind, (event) => {
      event.preventDefault();
      tell("failed", problem(wireError("reason" in event ? event.reason : event.error)));
    });
  }
  const isApart = await holds();
  const python = await raise(files);
  const left = giveUp();
  if (!isApart || left.length) {
    const detail = left.length ? ` (It can't be parted from ${left.join(", ")}.)` : "";
    throw new Error(`This browser does not keep changed code apart from the network and from what is stored here.${detail}`);
  }
  changed = python.pyimport("microgpt.changed");
  adopt(python, understand);
  port.onmessage = ({ data }) => void answer(data);
  tell("up", {});
}

/**
 * Python with our package, all of it from what was handed over.
 * @param {ConfinedFiles} files
 */
async function raise({ later, rest, ...parts }) {
  const python = await loadPython(parts, {
    ...{ indexURL: NOWHERE, packageBaseUrl: NOWHERE },
    ...{ jsglobals: visible(), stdout: printer(), stderr: () => {} },
  });
  // It can fetch nothing later, so what would be fetched is there.
  python.FS.writeFile(LATER, new Uint8Array(later));
  python.FS.writeFile(REST, new Uint8Array(rest));
  hideInternals(python);
  return python;
}

/** Python doesn't find Pyodide's own side: nothing leads out there, but nothing is to be done there either. @param {import("pyodide").PyodideAPI} python */
function hideInternals(python) {
  python.unregisterJsModule("pyodide_js");
  const { modules } = python.pyimport("sys");
  for (const name of [...modules.keys()]) if (name.startsWith("pyodide_js")) modules.delete(name);
  modules.destroy();
}

/** What `import js` gives: what the engines use. */
function visible() {
  const { Module, Instance, validate } = WebAssembly;
  return Object.freeze({ WebAssembly: Object.freeze({ Module, Instance, validate }), Uint8Array });
}

/** Tells what is printed, as long as it isn't too much. */
function printer() {
  let left = MOST_PRINTED;
  return (/** @type {string} */ line) => {
    if (left > 0) tell("printed", { line: line.slice(0, left) });
    left -= Math.max(line.length, LEAST_PRINTED);
  };
}

/** @type {import("./python.js").Understand} */
function understand(exception) {
  const { traceback, ...said } = /** @type {CodeProblem} */ (taken(changed.problem(exception)));
  return { ...said, stack: traceback };
}

/**
 * @param {WireError} wire
 * @returns {CodeProblem}
 */
function problem({ name, message, stack, field = "", file, line = 0 }) {
  // What isn't of Python's own making is the end of it.
  if (file === undefined) return { name, message: CRASHED, field, file: "", line, traceback: `${message}\n${stack}` };
  return { name, message, field, file, line, traceback: stack };
}

/**
 * What the trainer tells.
 * @template {keyof Events} E
 * @param {E} event
 * @param {Events[E]} detail
 */
function report(event, detail) {
  post({ event, detail: event === "failed" ? problem(/** @type {WireError} */ (detail)) : detail });
}

/**
 * The only run that this worker has.
 * @param {ChangedRun | ContinuedRun} run
 * @returns {Promise<RunReport>}
 */
async function begin(run) {
  given(run.sources, (values) => changed.use(values));
  session = await withModule("microgpt", (microgpt) => microgpt.Session());
  trainer = new Trainer(session, report, { save() {}, tick() {} });
  return "saved" in run ? goOn(run) : beginAnew(run);
}

/**
 * @param {ChangedRun} run
 * @returns {RunReport}
 */
function beginAnew({ text, settings: { hyperparameters, engine }, recipe }) {
  const blockSize = Number(hyperparameters.block_size ?? 16);
  given(text.reading ?? {}, (reading) => {
    session.load(new Uint8Array(text.data), text.name, blockSize, reading).destroy();
  });
  if (recipe) session.open_link(recipe).destroy();
  const run = recipe ? taken(session.start_recipe()) : given(hyperparameters, (values) => taken(session.start(values, engine)));
  void trainer.train();
  return run;
}

/**
 * A saved run goes on; what it has done before is told at once.
 * @param {ContinuedRun} saved
 * @returns {RunReport}
 */
function goOn({ saved }) {
  const { run, progress } = /** @type {Opened} */ (taken(session.open_file(new Uint8Array(saved), "The saved run")));
  if (!run || !progress) throw new Error("The file has no run that these changes have made.");
  tell("progress", progress);
  if (progress.ending) trainer.measure();
  else void trainer.train();
  return run;
}

/** @type {{[M in keyof ConfinedMethods]: (...args: Parameters<ConfinedMethods[M]>) => unknown}} */
const methods = {
  begin,
  pause: () => trainer.pause(),
  resume: () => void trainer.train(),
  sample: (request) => trainer.draw(request),
  saveRun: () => taken(session.save_run()),
  twin: () => session.twin(),
  recipe: (address, maxCharacters, examples) =>
    given(examples, (values) => taken(session.recipe(address, maxCharacters, values))),
  link: (address) => trainer.link(address),
  recipeOutcome: () => taken(session.recipe_outcome()),
  checkGradients: (text) => withModule("microgpt.gradients", (gradients) => taken(gradients.check_text(text))),
  unseen: (most) => measureUnseen(session, most, measuring),
  again: (settings) => others.train(session, settings),
  againUnseen: (most) => others.unseen(most),
  stopAgain: () => others.stop(),
};

/** @param {{id: number, method: keyof ConfinedMethods, args: any[]}} request */
async function answer({ id, method, args }) {
  try {
    post({ id, result: await /** @type {(...args: any[]) => unknown} */ (methods[method])(...args) });
  } catch (error) {
    post({ id, error: problem(wireError(error)) });
  }
}
