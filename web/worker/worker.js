/**
 * The worker: owns the Python session and answers the page's requests.
 * Not about the page: everything it needs to know is in the messages.
 */

import { Queue } from "../page/queue.js";
import { address } from "../page/site.js";
import { Beside } from "./beside.js";
import { gathered, Held, OnDisk } from "./files.js";
import { offerCores } from "./cores.js";
import { Keeper } from "./keeper.js";
import { loadPython } from "./loading.js";
import { adopt, given, isMendable, taken, wireError, withModule } from "./python.js";
import { bringLater, bringWhenNeeded, install } from "./rest.js";
import { Trainer } from "./trainer.js";
import { turn } from "./turn.js";

const CODE = "microgpt.session.code";
const MOMENT_MS = 40; // well under the 100 ms in which a person expects an answer

/** The Python session, owned for as long as the worker lives. @type {any} */
let session;
/** @type {Trainer} */
let trainer;
/** @type {Site} */
let site;
/** Texts that are read. */
const texts = new Queue();
/** Saved models that are read. */
const files = new Queue();
/** The original's run that a changed one is held against, and its runs with other seeds. */
const besides = {
  original: new Beside((progress) => tell("beside", progress)),
  again: new Beside(() => {}),
};
/** The session as it was when its text was last given away, which both of those follow. @type {any} */
let aside = null;
/** Done when QR codes can be drawn: installed when the first is asked for, as few visitors do. @type {Promise<void> | null} */
let qrReady = null;

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
    stateBytes: () => session.state_bytes(),
    state: () => taken(session.save_run(false)),
    text: () => taken(session.text()),
    going: () => trainer.going,
    reason: (error) => wireError(error).message,
  },
  tell,
);

/** What is kept beside a run of what the trainer tells. */
const heard = {
  progress: (/** @type {Progress} */ progress) => keeper.advance(progress),
  sampled: (/** @type {Events["sampled"]} */ sample) => keeper.drawn(sample),
  learning: (/** @type {Learning} */ learning) => keeper.measured(learning),
};

/**
 * What the trainer tells.
 * @template {keyof Events} E
 * @param {E} event
 * @param {Events[E]} detail
 */
function report(event, detail) {
  /** @type {Partial<Record<keyof Events, (detail: any) => void>>} */ (heard)[event]?.(detail);
  tell(event, detail);
}

/** @param {WorkerBeginning} beginning what the page hands over before it asks for anything */
async function start({ parts, helper, ...known }) {
  site = known.site;
  const runtime = address("pyodide/");
  const python = await loadPython(parts, { indexURL: runtime, packageBaseUrl: runtime });
  adopt(python);
  bringWhenNeeded(python, site);
  session = await withModule("microgpt", (microgpt) => microgpt.Session());
  await offerCores(helper);
  trainer = new Trainer(session, report, keeper);
}

/**
 * A run begins, or goes on with another plan.
 * @param {() => any} begin gives Python's report
 * @returns {RunReport}
 */
function begun(begin) {
  keeper.settle();
  const proxy = begin();
  trainer.cancel();
  void trainer.train();
  return taken(proxy);
}

/**
 * A file or a link takes the place of whatever was going on.
 * @param {Opened} report of it
 * @returns {Brought}
 */
function opened(report) {
  texts.cancel(); // what was on its way would take the place of its text
  const own = report.text && given({}, (values) => /** @type {TextBeside} */ (taken(session.text_beside(values))));
  const brought = { ...report, own };
  if (report.changed) return brought; // it is told of, and takes no place but that of the text
  trainer.cancel();
  keeper.end();
  if (report.progress?.ending) trainer.measure();
  return brought;
}

/**
 * A file takes the place of whatever was going on, when all of it has been read and is good.
 * @param {() => any} begin gives Python's iterator, which ends with the report
 * @returns {Promise<Brought | null>} null where it was called off
 */
async function openedInPieces(begin) {
  const report = await files.run("wait", async (signal) => {
    const pieces = begin();
    try {
      for (let told = 0; !signal.aborted; ) {
        keeper.settle(); // with the last piece it takes the place in Python
        const piece = /** @type {Opening | Opened} */ (taken(pieces.next().value));
        if (!("share" in piece)) return opened(piece);
        if (performance.now() < told + MOMENT_MS) continue;
        tell("opening", piece);
        await turn();
        told = performance.now();
      }
      return null;
    } finally {
      pieces.destroy();
    }
  });
  return report ?? null;
}

/**
 * Reads a text, with a turn between its pieces; one text after the other.
 * @param {Partial<Reading>} reading
 * @param {(values: any) => any} begin gives Python's iterator, which ends with the report
 * @returns {Promise<TextReport | null>} null where it was called off
 */
async function read(reading, begin) {
  const report = await texts.run("wait", async (signal) => {
    const pieces = given(reading, begin);
    try {
      while (!signal.aborted) {
        const piece = /** @type {ReadingProgress | TextReport} */ (taken(pieces.next().value));
        if (!("doing" in piece)) return piece;
        tell("reading", piece);
        await turn();
      }
      return null;
    } finally {
      pieces.destroy();
    }
  });
  return report ?? null;
}

/**
 * @param {"plan" | "prepare"} method of the session
 * @param {Record<string, number | string>} hyperparameters
 * @param {string} engine
 * @returns {Plan | null}
 */
function planned(method, hyperparameters, engine) {
  if (trainer.going) return null; // it would hold the run up
  try {
    return given(hyperparameters, (values) => taken(session[method](values, engine)));
  } catch (error) {
    if (!isMendable(error)) throw error; // else start will say it
    return null;
  }
}

/** @type {{[M in keyof Methods]: (...args: Parameters<Methods[M]>) => ReturnType<Methods[M]> | Promise<ReturnType<Methods[M]>>}} */
const methods = {
  isThere: () => {},
  load: (data, name, blockSize, reading) =>
    read(reading, (values) => session.load_piecewise(new Uint8Array(data), name, blockSize, values)),
  readAgain: (reading, blockSize) => read(reading, (values) => session.read_again_piecewise(values, blockSize)),
  encodingPreviews: () => taken(session.encoding_previews()),
  describe: (blockSize) => taken(session.describe(blockSize)),
  start(hyperparameters, engine, fromOpened, keep) {
    const run = given(hyperparameters, (values) => begun(() => session.start(values, engine, fromOpened)));
    keeper.begin(run, keep);
    return run;
  },
  pause: () => trainer.pause(),
  resume: () => void trainer.train(),
  stop() {
    const progress = trainer.stop();
    keeper.advance(progress);
    return progress;
  },
  sample(request) {
    keeper.asked(request.ticket);
    return trainer.draw(request);
  },
  make: (request) => trainer.make(request),
  stopMaking: () => trainer.stopMaking(),
  explain: (text) => taken(session.explain(text)),
  async importInside() {
    await bringLater(site);
    session.import_inside();
  },
  inside(step, what, args) {
    const inside = session.inside(step);
    try {
      const answer = inside[what](...args) ?? null; // None: it takes longer
      return typeof answer === "object" && answer ? taken(answer) : answer;
    } finally {
      inside.destroy();
    }
  },
  order: (lines, by, like) => given(lines, (values) => taken(session.order(values, by, like))),
  novelty: (temperature) => taken(session.novelty(temperature, MOMENT_MS)),
  favourites: () => taken(session.favourites()),
  setFavourites({ liked, blocked }) {
    given(liked, (first) => given(blocked, (second) => session.set_favourites(first, second)));
    keeper.saveSoon(); // they are a part of the saved run
  },
  learnFavourites(steps) {
    const run = begun(() => session.learn_favourites(steps));
    keeper.begin(run, true); // another run: its text has the favourites besides
    return run;
  },
  nextCharacters: (prefix) => taken(session.next_characters(prefix)),
  async openFile(file, name) {
    const report = await openedInPieces(() => session.open_piecewise(new OnDisk(file), name));
    if (report?.kind === "run" && !report.changed) keeper.adoptFile(report);
    return report;
  },
  stopOpening: () => files.cancel(),
  keepRuns: (wanted) => keeper.want(wanted),
  allowCores: (count) => session.allow_cores(count ?? undefined),
  keepNow: () => void keeper.save(),
  keepThis() {
    keeper.keepThis();
    void keeper.save();
  },
  dropThis: () => keeper.drop(),
  keepAgain: () => keeper.again(),
  async openKept(id) {
    const { about, state, text, adopt, leave } = await keeper.take(id);
    try {
      const name = `The run on ${about?.name}`;
      const report = await openedInPieces(() => session.open_piecewise(new Held(state), name, text));
      if (report) adopt(report);
      else leave();
      return report && { ...report, going: Boolean(about?.going) };
    } catch (error) {
      leave();
      throw error;
    }
  },
  openLink(link) {
    keeper.settle();
    return opened(taken(session.open_link(link)));
  },
  openedNotes: () => taken(session.opened_notes()),
  startRecipe(keep) {
    const run = begun(() => session.start_recipe());
    texts.cancel(); // the recipe's is in use
    keeper.begin(run, keep);
    return run;
  },
  recipeOutcome: () => taken(session.recipe_outcome()),
  link: (address, maxCharacters) => trainer.link(address, maxCharacters),
  stopLink: () => trainer.stopLink(),
  recipe: (address, maxCharacters) =>
    given(site.exampleHashes, (examples) => taken(session.recipe(address, maxCharacters, examples))),
  async qrCode(address) {
    qrReady ??= install(site.qrWheel);
    try {
      await qrReady;
    } catch (error) {
      qrReady = null; // perhaps later
      throw error;
    }
    return withModule("microgpt", (microgpt) => microgpt.qr_code(address));
  },
  saveModel: () => gathered(session.save_model_piecewise()),
  saveRun: () => gathered(session.save_run_piecewise()),
  twin: () => session.twin(),
  useEngine(engine) {
    session.use_engine(engine);
    keeper.useEngine(engine);
  },
  lookAt(step) {
    const kept = session.look_at(step);
    keeper.lookAt(kept);
    return kept;
  },
  verdict: () => taken(session.verdict()),
  trainMore(steps) {
    const run = begun(() => session.train_more(steps));
    keeper.goOn(run);
    return run;
  },
  keepBest() {
    const progress = trainer.keepBest();
    keeper.advance(progress);
    return progress;
  },
  scalarSpeed: () => session.scalar_speed(),
  sources: () => withModule(CODE, (code) => taken(code.sources())),
  checkSource: (file, text) =>
    withModule(CODE, (code) => {
      const problem = code.check_source(file, text);
      return problem ? taken(problem) : null;
    }),
  textBeside: (hyperparameters) => {
    aside?.destroy();
    aside = session.aside();
    return given(hyperparameters, (values) => taken(aside.text_beside(values)));
  },
  beside: (which, settings) => besides[which].train(aside ?? session, settings),
  besideUnseen: (which, most) => besides[which].unseen(most),
  sampleBeside: (request) => besides.original.draw(request, (sample) => tell("sampledBeside", sample)),
  stopBeside: (which) => besides[which].stop(),
  plan: (hyperparameters, engine) => planned("plan", hyperparameters, engine),
  prepare: (hyperparameters, engine) => planned("prepare", hyperparameters, engine),
};

self.onmessage = ({ data }) => {
  const started = start(data);
  started.then(
    () => tell("ready", {}),
    (error) => tell("failed", wireError(error)),
  );
  self.onmessage = (event) => void reply(event.data, started);
};

/**
 * Requests are answered in the order in which they came, from when Python is up.
 * @param {WorkerRequest} request
 * @param {Promise<void>} started
 */
async function reply({ id, method, args }, started) {
  try {
    await started;
    const answer = /** @type {(...args: any[]) => unknown} */ (methods[method]);
    postMessage({ id, result: await answer(...args) });
  } catch (error) {
    postMessage({ id, error: wireError(error) });
  }
}

// Neither kind reaches the page by itself when it happens in a promise.
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  tell("failed", wireError(event.reason));
});
