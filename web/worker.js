/**
 * The worker: boots Python, owns the session, and paces its training.
 *
 * Python is synchronous, so training is a chain of short calls with a turn of
 * the event queue after each: that is when pause, stop and sample get through.
 * Not about the page: everything it needs to know is in the messages.
 */

import { loadPyodide } from "./pyodide/pyodide.mjs";
import { countFetches, fetchProblem, loaded } from "./counted-fetch.js";
import { Keeper } from "./keeper.js";

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */
/** @typedef {import("pyodide/ffi").PyProxy} PyProxy */

const SLICE_MS = 40; // well under the 100 ms in which a person expects an answer
const GLIMPSE_MS = 2500; // between looks at what the model makes up while it trains …
const GLIMPSE_SHARE = 10; // … or this many times what a look costs, if that is longer
const MILESTONES = [10, 100]; // steps with a look of their own: a quick run is over in no time
const GLIMPSE = { count: 6, temperature: 0.5, prefix: "", original: false };

/** @type {PyodideAPI} */
let pyodide;
/** The Python session, owned for as long as the worker lives. @type {any} */
let session;
/** The chain of slices that is allowed to go on; another one, or null, ends it. @type {object | null} */
let training = null;
/** Likewise for what is drawn, and for the measuring of the held-out loss. @type {object | null} */
let drawing = null;
/** @type {object | null} */
let measuring = null;
/** The last request for a link. @type {object | null} */
let newestLink = null;
let nextGlimpse = 0; // when, on the clock of performance.now()
let stopped = true; // whether there is no run to go on with
let qrWheel = "";
/** The built-in examples' files, by the hashes of their texts. @type {Record<string, string>} */
let exampleHashes = {};

/**
 * @template {keyof Events} E
 * @param {E} event
 * @param {Events[E]} detail
 */
function tell(event, detail) {
  postMessage({ event, detail });
}

const keeper = new Keeper(
  {
    facts: () => taken(session.facts()),
    state: () => taken(session.save_run(false)),
    text: () => taken(session.text()),
    going: () => training !== null,
    reason: (error) => wireError(error).message,
  },
  (kept) => tell("kept", kept),
);

/** A turn of the event queue, without the 4 ms that browsers add to setTimeout. */
const turn = (() => {
  const channel = new MessageChannel();
  /** @type {(() => void)[]} */
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return () =>
    /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.port2.postMessage(null);
      })
    );
})();

async function boot() {
  checkWebAssembly();
  const site = /** @type {Site} */ (await readJson("site.json"));
  qrWheel = site.qrWheel;
  exampleHashes = site.exampleHashes;
  const { files } = /** @type {{files: Record<string, {bytes: number}>}} */ (
    await readJson("manifest.json")
  );
  // pyodide.asm.mjs is left out of the count: it is imported, which nobody can watch.
  const counted = Object.entries(files).filter(([name]) => /\.(wasm|zip|whl)$|lock/.test(name) && !qrWheel.startsWith(name));
  const total = counted.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  countFetches(files, (bytes) => {
    const stage = bytes < total ? "Loading Python" : "Starting Python";
    tell("loading", { bytes: Math.min(bytes, total), total, stage });
  });
  pyodide = await loadPyodide({ indexURL: absolute("pyodide/") });
  const loaded = await pyodide.loadPackage("micropip", { messageCallback: () => {} });
  if (!loaded.some(({ name }) => name === "micropip")) {
    throw new Error("micropip could not be loaded: its file is missing or was changed.");
  }
  const micropip = pyodide.pyimport("micropip");
  await micropip.install(absolute(site.wheel));
  micropip.destroy();
  const microgpt = pyodide.pyimport("microgpt");
  session = microgpt.Session();
  microgpt.destroy();
}

/** Whether a module may be compiled at all: a policy can forbid it, and then Pyodide waits for ever. */
function checkWebAssembly() {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]); // "\0asm", version 1
  try {
    new WebAssembly.Module(empty);
  } catch {
    throw new Error("WebAssembly, which Python needs, is blocked or missing in this browser.");
  }
}

/** @param {string} path */
function absolute(path) {
  return new URL(path, import.meta.url).href;
}

/** @param {string} path */
async function readJson(path) {
  const response = await fetch(absolute(path));
  if (!response.ok) throw new Error(`${path} is missing (HTTP ${response.status}).`);
  return response.json();
}

/**
 * A plain copy of what Python returned, which is then let go.
 * @param {any} proxy
 */
function taken(proxy) {
  const value = proxy.toJs({ dict_converter: Object.fromEntries, create_pyproxies: false });
  proxy.destroy();
  return value;
}

/** A run has just been started. */
function begin() {
  drawing = null;
  measuring = null;
  nextGlimpse = 0;
  stopped = false;
  void train();
}

/**
 * A file or a link has been taken in place of whatever was going on.
 * @param {any} proxy
 * @returns {Opened}
 */
function opened(proxy) {
  const report = /** @type {Opened} */ (taken(proxy));
  training = drawing = measuring = null;
  stopped = report.kind !== "run" || report.stopped || Boolean(report.progress?.finished);
  nextGlimpse = 0;
  keeper.end();
  return report;
}

/** What draws QR codes, for as long as the worker lives. @type {any} */
let qr = null;

/** Installs that when it is first asked for: few visitors do. */
async function qrModule() {
  if (qr) return qr;
  const micropip = pyodide.pyimport("micropip");
  try {
    await micropip.install(absolute(qrWheel));
  } finally {
    micropip.destroy();
  }
  return (qr = pyodide.pyimport("microgpt.qr"));
}

/** @type {{[M in keyof Methods]: (...args: Parameters<Methods[M]>) => ReturnType<Methods[M]> | Promise<ReturnType<Methods[M]>>}} */
const methods = {
  load: (data, name, blockSize) => taken(session.load(new Uint8Array(data), name, blockSize)),
  describe: (blockSize) => taken(session.describe(blockSize)),
  start(hyperparameters, engine, fromOpened) {
    const values = pyodide.toPy(hyperparameters);
    try {
      const report = taken(session.start(values, engine, fromOpened));
      keeper.begin();
      begin();
      return report;
    } finally {
      values.destroy();
    }
  },
  pause() {
    training = null;
    void keeper.save();
  },
  resume() {
    if (!training && !stopped) void train();
  },
  stop() {
    training = null;
    stopped = true;
    session.stop();
    void keeper.save();
    void measureHoldout();
  },
  sample: (request) => draw(request),
  openFile(data, name) {
    const report = opened(session.open_file(new Uint8Array(data), name));
    if (report.kind === "run") {
      keeper.begin();
      void keeper.save();
    }
    return report;
  },
  keepRuns(wanted) {
    keeper.wanted = wanted;
    if (!wanted) keeper.end();
  },
  keepNow: () => void keeper.save(),
  async openKept(id) {
    const { about, state, text, adopt, leave } = await keeper.take(id);
    try {
      const report = opened(session.open_file(state, `The run on ${about?.name}`, text));
      adopt();
      return { ...report, going: Boolean(about?.going) };
    } catch (error) {
      leave();
      throw error;
    }
  },
  openLink: (link) => opened(session.open_link(link)),
  openedNotes: () => taken(session.opened_notes()),
  startRecipe() {
    const report = taken(session.start_recipe());
    keeper.end(); // its link is enough, and would else leave a run at each visit
    begin();
    return report;
  },
  recipeOutcome: () => taken(session.recipe_outcome()),
  async link(site, maxCharacters) {
    const mine = {};
    newestLink = mine;
    await turn(); // for a large model it takes seconds, and the visitor may have chosen another
    return newestLink === mine ? taken(session.link(site, maxCharacters)) : null;
  },
  recipe(site, maxCharacters) {
    const examples = pyodide.toPy(exampleHashes);
    try {
      return taken(session.recipe(site, maxCharacters, examples));
    } finally {
      examples.destroy();
    }
  },
  qrCode: async (address) => (await qrModule()).svg(address),
  saveModel: () => taken(session.save_model()),
  saveRun: () => taken(session.save_run()),
  twin: () => session.twin(),
  useEngine: (engine) => session.use_engine(engine),
  scalarSpeed: () => session.scalar_speed(),
  prepare(hyperparameters, engine) {
    // Not while a run goes on: it would hold it up. What is wrong with the values, start will say.
    if (training) return;
    const values = pyodide.toPy(hyperparameters);
    try {
      session.prepare(values, engine);
    } catch (error) {
      if (!isMendable(error)) throw error;
    } finally {
      values.destroy();
    }
  },
};

/** Slices of training, until another chain, pause or stop takes over or the run ends. */
async function train() {
  const mine = {};
  training = mine;
  let step = -1; // not known: the run may be one that was saved on its way
  await turn(); // the answer to the request comes before the first losses
  while (training === mine) {
    try {
      const pausesAt = MILESTONES.find((milestone) => milestone > step);
      const progress = /** @type {Progress} */ (taken(session.advance(SLICE_MS, pausesAt)));
      const { finished, problem } = progress;
      step = progress.step;
      if (MILESTONES.includes(step)) nextGlimpse = 0;
      tell("progress", progress);
      if (finished || problem) {
        training = null;
        stopped = true;
        tell("ended", { step, finished, problem });
        void keeper.save();
        void measureHoldout();
        return;
      }
      await glimpse(step);
      keeper.tick();
    } catch (error) {
      training = null;
      return tell("failed", wireError(error));
    }
    await turn();
  }
}

/**
 * Now and then, a few documents from the model as it is.
 * @param {number} step
 */
async function glimpse(step) {
  const begin = performance.now();
  if (begin < nextGlimpse) return;
  /** @type {string[]} */
  const texts = [];
  const running = training;
  const wanted = () => training === running && performance.now() - begin < GLIMPSE_MS;
  try {
    await drawFrom(startDrawing(GLIMPSE), ({ text }) => texts.push(text || "∅"), wanted);
  } catch (error) {
    if (!isMendable(error)) throw error;
    return; // a model without probabilities: training will say so itself
  } finally {
    const now = performance.now();
    nextGlimpse = now + Math.max(GLIMPSE_MS, GLIMPSE_SHARE * (now - begin));
  }
  if (texts.length === GLIMPSE.count) tell("glimpse", { step, texts });
}

/**
 * Samples one by one, as they are drawn; a later request ends an earlier one.
 * @param {SampleRequest} request
 */
async function draw(request) {
  const { ticket } = request;
  const samples = startDrawing(request);
  drawing = request; // not before: a refused request ends none that is going on
  const receive = (/** @type {Sample} */ sample) => tell("sampled", { ...sample, ticket });
  await drawFrom(samples, receive, () => drawing === request);
  keeper.tick(); // the stream of samples has gone on
}

/**
 * Python's iterator of samples, which drawFrom destroys.
 * @param {Omit<SampleRequest, "ticket">} request
 */
function startDrawing({ count, temperature, prefix, original }) {
  return session.sample_piecewise(count, temperature, prefix, original);
}

/**
 * @param {any} samples from startDrawing
 * @param {(sample: Sample) => void} receive
 * @param {() => boolean} wanted whether to go on
 */
async function drawFrom(samples, receive, wanted) {
  let sliceEnd = performance.now() + SLICE_MS;
  try {
    while (wanted()) {
      const { value, done } = samples.next();
      if (done) return;
      if (value) receive(taken(value));
      if (performance.now() < sliceEnd) continue;
      await turn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  } finally {
    samples.destroy();
  }
}

/** The loss on what was kept out of training, while nothing else is asked for. */
async function measureHoldout() {
  const mine = {};
  measuring = mine;
  while (measuring === mine && !training) {
    const proxy = session.holdout_loss(SLICE_MS);
    if (!proxy) return; // nothing was kept out
    const holdout = /** @type {HoldoutLoss} */ (taken(proxy));
    tell("holdout", holdout);
    if (holdout.documents === holdout.of) return;
    await turn();
  }
}

/** @param {unknown} error */
function isMendable(error) {
  return wireError(error).name === "MicrogptError";
}

/**
 * An error as the page gets it. One that the visitor can mend is called
 * MicrogptError, and its message is the sentence that Python gave it.
 * @param {unknown} error
 * @returns {WireError}
 */
function wireError(error) {
  if (!(error instanceof Error)) return { name: "Error", message: "No reason was given.", stack: String(error) };
  const { name, message, stack = "" } = error;
  if (!(pyodide && error instanceof pyodide.ffi.PythonError)) return { name, message, stack };
  // The message of a PythonError is the whole traceback; the exception itself is kept in sys.
  // After a fatal error nothing can be asked of Python any more, and asking throws in its turn.
  try {
    return fromPython(error);
  } catch {
    return { name: error.type, message: "Python has broken down.", stack: message };
  }
}

/**
 * @param {any} error a PythonError
 * @returns {WireError}
 */
function fromPython(error) {
  const sys = pyodide.pyimport("sys");
  const microgpt = pyodide.pyimport("microgpt");
  const builtins = pyodide.pyimport("builtins");
  const exception = sys.last_exc;
  const mendable = builtins.isinstance(exception, microgpt.MicrogptError);
  const wire = {
    name: mendable ? "MicrogptError" : error.type,
    message: exception.toString(),
    stack: error.message,
  };
  for (const proxy of [exception, builtins, microgpt, sys]) proxy.destroy();
  return wire;
}

const booted = boot();
booted.then(
  () => {
    loaded();
    tell("ready", {});
  },
  async (error) => {
    await turn(); // a file that is cut short may be noticed only now
    tell("failed", wireError(fetchProblem ?? error));
  },
);

/** Requests are answered in the order in which they came, from when Python is up. */
self.onmessage = async (/** @type {MessageEvent<WorkerRequest>} */ { data: { id, method, args } }) => {
  try {
    await booted;
    const answer = /** @type {(...args: any[]) => unknown} */ (methods[method]);
    postMessage({ id, result: await answer(...args) });
  } catch (error) {
    postMessage({ id, error: wireError(error) });
  }
};

// Neither kind reaches the page by itself when it happens in a promise.
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  tell("failed", wireError(event.reason));
});
