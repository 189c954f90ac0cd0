/**
 * A run from its beginning to its end, as the whole page follows it: started, paused,
 * resumed, stopped, finished. Not about runs and models from elsewhere: see openings.js.
 */

import { clearAlert, showAlert, showError } from "./alerts.js";
import { wasEnded, WorkerError } from "./client.js";
import { elapsed, grouped } from "./format.js";
import { forgetLink } from "./link.js";

/**
 * The parts of the page that have to do with a model.
 * @typedef {object} Panels
 * @property {import("../panels/python.js").PythonPanel} python
 * @property {import("../panels/text.js").TextPanel} text
 * @property {import("../panels/settings.js").SettingsForm} settings
 * @property {import("../panels/training.js").TrainingPanel} training
 * @property {import("../panels/learning.js").LearningView} learning
 * @property {import("../panels/verdict.js").Verdict} verdict
 * @property {import("./time-line.js").TimeLine} timeLine
 * @property {import("../panels/samples.js").SamplesPanel} samples
 * @property {import("../panels/favourites.js").FavouritesPanel} favourites
 * @property {{advance(): void}} inside
 * @property {import("../panels/share.js").SharePanel} share
 * @property {import("../panels/opened.js").OpenedCard} opened
 * @property {import("../panels/kept.js").KeptPanel} kept
 * @property {import("../panels/run-bar.js").RunBar} bar
 * @property {{hide(): void, show(brought: {opened: Opened & {changed: ChangedCode}, saved: Blob | null, link: string}): Promise<void>}} brought
 * @property {import("../panels/plan.js").PlanLine} plan
 * @property {import("../panels/how-it-works.js").HowItWorks} article
 */

const PREPARE_MS = 150; // after the last change of text or settings

const TRANSLATING_MS = 400;

export class Runs {
  #client;
  #state;
  #panels;
  /** What computes the current run. */
  #engine = "";
  /** Whether the page has begun the current run by itself. */
  #byItself = false;
  #preparing = 0;
  /** Whether there is no plan yet for the text and the settings at hand. */
  #unplanned = false;
  /** What was being measured when Python was ended for not answering: once is enough. */
  #unmeasured = "";
  /** Brings in sight what has kept the last run from beginning. */
  #reveal = () => {};
  /** What the current run was begun with, or "" if that isn't known. */
  #begunWith = "";

  /**
   * @param {import("./client.js").Client} client
   * @param {import("./states.js").PageState} state
   * @param {Panels} panels
   */
  constructor(client, state, panels) {
    this.#client = client;
    this.#state = state;
    this.#panels = panels;
    client.on("progress", (progress) => {
      panels.training.advance(progress);
      panels.bar.showLoss(panels.training.meanLoss);
      panels.article.follow(progress, panels.training.meanLoss);
      if (progress.ending) this.#end(progress);
      else void panels.samples.watch();
      panels.inside.advance();
    });
    client.on("learning", ({ steps }) => panels.timeLine.keep(steps));
    panels.timeLine.addEventListener("change", () => {
      if (!panels.timeLine.playing && state.run && !state.can("pause")) this.#describeModel();
    });
    state.addEventListener("change", () => {
      if (this.#unplanned && !this.#preparing && this.#canPrepare) this.prepareSoon();
      this.#sayWhatIsNext();
    });
  }

  /** Whether Train would give the very same numbers again. */
  get repeats() {
    return this.#begunWith !== "" && this.#begunWith === this.#asked;
  }

  /** All that decides what Train begins. */
  get #asked() {
    const { text, settings, opened } = this.#panels;
    return JSON.stringify([text.version, settings.values(), settings.engine, opened.fromOpened]);
  }

  get #canPrepare() {
    return this.#state.can("train") && this.#state.can("edit");
  }

  #sayWhatIsNext() {
    const { plan } = this.#panels;
    if (this.#state.going || this.#state.name === "loading") return plan.beside("nothing");
    plan.beside(this.#state.name === "finished" && this.repeats ? "repetition" : "plan");
  }

  /**
   * A new run on the text and the settings at hand.
   * @param {boolean} [keep] in this browser, if the visitor wants that of runs
   */
  async start(keep = true) {
    const { text, settings, opened } = this.#panels;
    try {
      if (!(await text.settled())) return void (this.#reveal = () => text.revealError());
      const { engine } = settings;
      this.begin(await this.#client.call("start", settings.values(), engine, opened.fromOpened, keep), engine);
      opened.hide();
      forgetLink();
    } catch (error) {
      const kept = this.#state.can("sample") ? "The model here is kept." : "Nothing was begun.";
      const { message, field } = error instanceof WorkerError ? error : { message: "", field: "" };
      if (!settings.refuse(field, `${message} ${kept}`)) return showError(error, kept);
      this.#reveal = () => settings.reveal(field);
    }
  }

  /** Why nothing was begun is brought in sight, where that stands at a field: once those can be used again. */
  revealRefusal() {
    this.#reveal();
    this.#reveal = () => {};
  }

  /**
   * A run has begun.
   * @param {RunReport} run
   * @param {string} engine
   */
  begin(run, engine) {
    const { samples, kept, training, timeLine } = this.#panels;
    clearAlert();
    this.#introduce(run);
    this.#engine = engine;
    this.#begunWith = this.#asked;
    timeLine.begin();
    samples.clear();
    samples.describeModel(`From a model that is learning from ${run.name}.`);
    kept.begin();
    training.begin(run);
    this.#state.happen("begin", { run, changed: false });
  }

  /**
   * A saved run is here, as it was.
   * @param {RunReport} run
   * @param {string} engine
   * @param {Progress} progress
   */
  restore(run, engine, progress) {
    const { article, bar, samples, kept, text, training, timeLine } = this.#panels;
    this.#introduce(run);
    this.#engine = engine;
    // Learning from favourites is no run that Train begins.
    this.#begunWith = run.name === text.report?.name ? this.#asked : "";
    timeLine.begin();
    kept.begin();
    training.begin(run);
    training.advance(progress);
    bar.showLoss(training.meanLoss);
    article.rest(progress, training.meanLoss);
    if (progress.ending) training.end();
    this.#state.happen(progress.ending ? "openFinished" : "openUnfinished", { run, changed: false });
    training.say(`As it was saved, after step ${progress.step}.` + (progress.ending ? "" : " Resume goes on from there."));
    samples.describeModel(`From the model after step ${progress.step} on ${run.name}.`);
  }

  /** What all parts of the page say of a run that is here now. @param {RunReport} run */
  #introduce(run) {
    const { article, bar, favourites, share, text, verdict } = this.#panels;
    this.#byItself = false;
    favourites.follow(run.name);
    bar.describe(run);
    bar.offerMore(run, run.steps);
    share.describe(run);
    verdict.clear();
    const { vocabulary = "", first = [] } = text.report ?? {};
    const lines = run.training_documents + run.holdout_documents;
    article.describe({ ...run, vocabulary, lines, line: first[0] ?? "" });
  }

  /** The run goes on from where it ended. @param {number} steps */
  async more(steps) {
    const { samples, kept, training, timeLine } = this.#panels;
    try {
      const run = await this.#client.call("trainMore", steps);
      clearAlert();
      this.#introduce(run);
      this.#begunWith = "";
      timeLine.end();
      samples.forget();
      samples.describeModel(`From a model that goes on learning from ${run.name}.`);
      kept.begin();
      training.continue(run);
      this.#state.happen("begin", { run });
      forgetLink();
    } catch (error) {
      showError(error, "The model is kept.");
    }
  }

  /** A new run on what the visitor likes, which begins with the model that is here. @param {number} steps */
  async learnFavourites(steps) {
    const { favourites, opened } = this.#panels;
    try {
      const run = await this.#client.call("learnFavourites", steps);
      this.begin(run, run.engine);
      this.#begunWith = "";
      opened.hide();
      forgetLink();
    } catch (error) {
      if (!(error instanceof WorkerError) || error.field !== "steps") return showError(error, "The model is kept.");
      this.#reveal = () => favourites.refuseSteps(error.message);
    }
  }

  /** Back to the step at which unseen lines were known best, or before too much was forgotten. */
  async keepBest() {
    const { bar, samples, training, timeLine, verdict } = this.#panels;
    try {
      const progress = await this.#client.call("keepBest");
      timeLine.end();
      samples.forget();
      training.goBack(progress);
      bar.showLoss(training.meanLoss);
      training.say(`Back at step ${progress.step}: what was learned after it is undone.`);
      this.#begunWith = "";
      this.#describeModel();
      await Promise.all([samples.draw(true), verdict.ask()]);
    } catch (error) {
      showError(error, "The model is kept.");
    }
  }

  /** @param {import("./states.js").State} seen when the button was pressed; in any other it means nothing */
  async pauseOrResume(seen) {
    if (seen !== this.#state.name) return;
    if (seen === "training") {
      await this.#client.call("pause");
      // The last step may have been faster.
      if (this.#state.happen("pause")) this.#panels.training.say("Paused.");
    } else if (this.#state.happen("resume")) {
      this.#panels.training.say("Training continues.");
      await this.#client.call("resume");
    }
  }

  /**
   * The page opens alive: what it trains by itself, so that there is something to see.
   * Nobody has asked for it, so nothing of it is kept.
   */
  async startByItself() {
    await this.start(false);
    this.#byItself = true;
  }

  async stop() {
    if (!this.#state.going) return; // it has come to its end meanwhile
    this.#end(await this.#client.call("stop"));
  }

  /** @param {Progress} progress */
  #end({ step, seconds, ending, problem }) {
    const { article, bar, training, samples, timeLine } = this.#panels;
    // A spoilt model is nothing to share: the next thing to do is to train anew.
    if (!this.#state.happen("end", ending === "diverged" ? { changed: true } : {})) return;
    if (this.#state.run) bar.offerMore(this.#state.run, step);
    article.rest({ step, seconds }, training.meanLoss);
    if (problem) showAlert(`${problem} Text, settings and the losses so far are kept.`);
    training.end();
    training.say(
      this.#byItself && ending === "finished"
        ? `Trained on ${training.textName} when the page opened: ${step} steps in ${elapsed(seconds)}. Now bring a text of your own.`
        : ending === "finished"
        ? `Finished: ${step} of ${step} steps in ${elapsed(seconds)}.`
        : ending === "diverged"
          ? `Ended after step ${step}: the loss can't be computed any more.`
          : `Stopped after step ${step}; the model is kept.`,
    );
    this.#describeModel();
    // What the original program does at the end; it says so itself where it can't.
    if (ending !== "diverged") void samples.draw(true).then((drawn) => drawn && timeLine.replayTo(step));
    if (this.#state.run?.follows_recipe) void this.#compareWithRecipe(ending);
  }

  /** Python was ended, and the model with it: what the page has of it stays. */
  lose() {
    const { bar, opened, samples, share, timeLine, training, verdict } = this.#panels;
    if (!this.#state.happen("lose", { run: null, changed: true })) return false;
    this.#begunWith = "";
    this.#byItself = false;
    training.lose();
    timeLine.begin();
    verdict.clear();
    share.close();
    opened.forget();
    bar.clear();
    samples.describeModel("From a model that isn’t here any more.");
    return true;
  }

  /** What the samples come from: the run's end, or an earlier step that is looked at. */
  #describeModel() {
    const { samples, training, timeLine } = this.#panels;
    const step = timeLine.atEnd ? training.step : timeLine.step;
    samples.describeModel(
      (this.#byItself ? `Trained on ${training.textName} when the page opened: bring a text of your own. ` : "") +
        `From the model after step ${grouped(step)} on ${training.textName}. ` +
        "Marked: copies of a line, and of the beginning of one. The others are new.",
    );
  }

  /** @param {Progress["ending"]} ending */
  async #compareWithRecipe(ending) {
    const { opened, training } = this.#panels;
    if (ending !== "finished") {
      return opened.say("The recipe was not followed to its end, so there is nothing to compare.");
    }
    const { same, step } = await this.#client.call("recipeOutcome");
    opened.say(
      same
        ? `Trained again from scratch in ${elapsed(training.seconds)}: after step ${step} every bit of every weight is the same.`
        : `After step ${step} the weights are not the same. Browsers without vector instructions add ` +
            "numbers in a different order, and other versions of this page may do so too.",
    );
  }

  /** The Engine list was changed: a run that is going on changes over, with all that it has learned. */
  async changeEngine() {
    const { settings } = this.#panels;
    if (!this.#state.going) return;
    try {
      await this.#client.call("useEngine", settings.engine);
      this.#engine = settings.engine;
    } catch (error) {
      settings.engine = this.#engine;
      showError(error, "The run goes on with the engine that it had.");
    }
  }

  async compareWithScalar() {
    try {
      this.#panels.learning.compared(await this.#client.call("scalarSpeed"));
    } catch (error) {
      showError(error, "The model is kept.");
    }
  }

  /** Text or settings have changed: soon Python says what that means, and does in advance what takes time. */
  prepareSoon() {
    this.#unplanned = true;
    this.#panels.plan.expect();
    clearTimeout(this.#preparing);
    this.#preparing = window.setTimeout(() => {
      this.#preparing = 0;
      if (!this.#canPrepare) return; // when that is possible again
      const asked = this.#asked;
      this.#prepare().catch((error) => {
        if (!wasEnded(error)) return this.#panels.python.fail(error);
        this.#unmeasured = asked;
        this.#unplanned = true;
      });
    }, PREPARE_MS);
  }

  /**
   * The sizes come first: for a large model the rest takes seconds. The speed is measured
   * twice, because meanwhile the browser translates the kernels into something quicker.
   */
  async #prepare() {
    const { settings, plan: line } = this.#panels;
    const asked = this.#asked;
    const isOld = () => asked !== this.#asked; // then another plan is on its way
    this.#unplanned = false;
    for (const method of /** @type {const} */ (["plan", "prepare", "prepare again"])) {
      const called = method === "plan" ? "plan" : "prepare";
      const plan = await this.#client.call(called, settings.values(), settings.engine);
      if (isOld()) return;
      if (!plan) return void (this.#unplanned = true);
      const measuring = (method === "plan" && asked !== this.#unmeasured) || (method === "prepare" && plan.seconds != null);
      line.show(plan, measuring);
      settings.heed(plan);
      this.#sayWhatIsNext();
      if (!measuring || plan.problem) return;
      if (method === "prepare") await new Promise((resolve) => setTimeout(resolve, TRANSLATING_MS));
      if (isOld()) return;
      if (!this.#canPrepare) return line.show(plan, false);
    }
  }
}
