/**
 * The worker: owns the Python session and answers the page's requests.
 * Not about the page: everything it needs to know is in the messages.
 */

import { Keeper } from "./keeper.js";
import { given, install, isMendable, startPython, taken, wireError, withModule } from "./python.js";
import { Trainer } from "./trainer.js";

/** The Python session, owned for as long as the worker lives. @type {any} */
let session;
/** @type {Trainer} */
let trainer;
/** @type {Site} */
let site;
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
    state: () => taken(session.save_run(false)),
    text: () => taken(session.text()),
    going: () => trainer.going,
    reason: (error) => wireError(error).message,
  },
  (kept) => tell("kept", kept),
);

async function start() {
  site = await startPython((progress) => tell("loading", progress));
  session = await withModule("microgpt", (microgpt) => microgpt.Session());
  trainer = new Trainer(session, tell, keeper);
}

/**
 * A run has just been started.
 * @param {any} proxy
 * @returns {RunReport}
 */
function begun(proxy) {
  trainer.cancel();
  void trainer.train();
  return taken(proxy);
}

/**
 * A file or a link has taken the place of whatever was going on.
 * @param {any} proxy
 * @returns {Opened}
 */
function opened(proxy) {
  trainer.cancel();
  keeper.end();
  return taken(proxy);
}

/** @type {{[M in keyof Methods]: (...args: Parameters<Methods[M]>) => ReturnType<Methods[M]> | Promise<ReturnType<Methods[M]>>}} */
const methods = {
  load: (data, name, blockSize) => taken(session.load(new Uint8Array(data), name, blockSize)),
  describe: (blockSize) => taken(session.describe(blockSize)),
  start(hyperparameters, engine, fromOpened) {
    const report = given(hyperparameters, (values) => begun(session.start(values, engine, fromOpened)));
    keeper.begin();
    return report;
  },
  pause: () => trainer.pause(),
  resume: () => void trainer.train(),
  stop: () => trainer.stop(),
  sample: (request) => trainer.draw(request),
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
    const report = begun(session.start_recipe());
    keeper.end(); // its link is enough, and each visit would leave a run behind
    return report;
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
  saveModel: () => taken(session.save_model()),
  saveRun: () => taken(session.save_run()),
  twin: () => session.twin(),
  useEngine: (engine) => session.use_engine(engine),
  scalarSpeed: () => session.scalar_speed(),
  prepare(hyperparameters, engine) {
    // Not while a run goes on: it would hold it up. What is wrong with the values, start will say.
    if (trainer.going) return;
    try {
      given(hyperparameters, (values) => session.prepare(values, engine));
    } catch (error) {
      if (!isMendable(error)) throw error;
    }
  },
};

const started = start();
started.then(
  () => tell("ready", {}),
  (error) => tell("failed", wireError(error)),
);

/** Requests are answered in the order in which they came, from when Python is up. */
self.onmessage = async (/** @type {MessageEvent<WorkerRequest>} */ { data: { id, method, args } }) => {
  try {
    await started;
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
