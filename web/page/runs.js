/**
 * A run from its beginning to its end, as the whole page follows it: started, paused,
 * resumed, stopped, finished. Not about runs and models from elsewhere: see openings.js.
 */

import { clearAlert, showAlert, showError } from "./alerts.js";
import { elapsed } from "./format.js";
import { forgetLink } from "./link.js";

/**
 * The parts of the page that have to do with a model.
 * @typedef {object} Panels
 * @property {import("../panels/python.js").PythonPanel} python
 * @property {import("../panels/text.js").TextPanel} text
 * @property {import("../panels/settings.js").SettingsForm} settings
 * @property {import("../panels/training.js").TrainingPanel} training
 * @property {import("../panels/samples.js").SamplesPanel} samples
 * @property {import("../panels/share.js").SharePanel} share
 * @property {import("../panels/opened.js").OpenedCard} opened
 * @property {import("../panels/kept.js").KeptPanel} kept
 */

const PREPARE_MS = 150; // after the last change of text or settings

export class Runs {
  #client;
  #state;
  #panels;
  /** What computes the current run. */
  #engine = "";
  #preparing = 0;

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
      if (progress.ending) this.#end(progress);
    });
  }

  /** A new run on the text and the settings at hand. */
  async start() {
    const { text, settings, opened } = this.#panels;
    try {
      if (!(await text.settled())) return; // refused; the alert says why
      const { engine } = settings;
      this.begin(await this.#client.call("start", settings.values(), engine, opened.fromOpened), engine);
      opened.hide();
      forgetLink();
    } catch (error) {
      showError(error, "Text and settings are kept, and so is the last model.");
    }
  }

  /**
   * A run has begun.
   * @param {RunReport} run
   * @param {string} engine
   */
  begin(run, engine) {
    const { samples, share, kept, training } = this.#panels;
    clearAlert();
    this.#engine = engine;
    samples.clear();
    samples.describeModel(`From a model that is learning from ${run.name}.`);
    share.describe(run);
    kept.begin();
    training.begin(run);
    this.#state.happen("begin", { run });
  }

  /**
   * A saved run is here, as it was.
   * @param {RunReport} run
   * @param {string} engine
   * @param {Progress} progress
   */
  restore(run, engine, progress) {
    const { samples, kept, training } = this.#panels;
    this.#engine = engine;
    kept.begin();
    training.begin(run);
    training.advance(progress);
    if (progress.ending) training.end();
    this.#state.happen(progress.ending ? "openFinished" : "openUnfinished", { run });
    training.say(`As it was saved, after step ${progress.step}.` + (progress.ending ? "" : " Resume goes on from there."));
    samples.describeModel(`From the model after step ${progress.step} on ${run.name}.`);
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

  async stop() {
    if (!this.#state.going) return; // it has come to its end meanwhile
    this.#end(await this.#client.call("stop"));
  }

  /** @param {Progress} progress */
  #end({ step, seconds, ending, problem }) {
    const { training, samples } = this.#panels;
    if (!this.#state.happen("end")) return;
    if (problem) showAlert(`${problem} Text, settings and the losses so far are kept.`);
    training.end();
    training.say(
      ending === "finished"
        ? `Finished: ${step} of ${step} steps in ${elapsed(seconds)}.`
        : ending === "diverged"
          ? `Ended after step ${step}: the loss can't be computed any more.`
          : `Stopped after step ${step}; the model is kept.`,
    );
    samples.describeModel(
      `From the model after step ${step} on ${training.textName}. ` +
        "Marked: copies of a line, and of the beginning of one. The others are new.",
    );
    // What the original program does at the end; it says so itself where it can't.
    if (ending !== "diverged") void samples.draw(true);
    if (this.#state.run?.follows_recipe) void this.#compareWithRecipe(ending);
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
      this.#panels.training.compared(await this.#client.call("scalarSpeed"));
    } catch (error) {
      showError(error, "The model is kept.");
    }
  }

  /** Lets the worker do in advance what takes time at the start, when there is time. */
  prepareSoon() {
    const { settings, python } = this.#panels;
    clearTimeout(this.#preparing);
    this.#preparing = window.setTimeout(() => {
      if (!this.#state.can("train") || !this.#state.can("edit")) return;
      this.#client.call("prepare", settings.values(), settings.engine).catch((error) => python.fail(error));
    }, PREPARE_MS);
  }
}
