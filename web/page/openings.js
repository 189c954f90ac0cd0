/**
 * Models, runs and recipes from elsewhere, which take the place of what is here: by a
 * link, from a file, from what this browser has kept. Not about what is in them: Python says that.
 */

import { clearAlert, showAlert, showError } from "./alerts.js";
import { byId } from "./dom.js";
import { elapsed } from "./format.js";
import { forgetLink, linkInAddress } from "./link.js";
import { advanceOpening, beginOpening, endOpening, offerCancel } from "./opening-progress.js";

// A recipe that takes longer waits until it is asked for: altogether, or in one piece.
const RECIPE_SECONDS = 10;
const PIECE_SECONDS = 1;

const openFile = /** @type {HTMLInputElement} */ (byId("open-file"));

/** @typedef {"link" | "file" | "browser"} Source */

export class Openings {
  #client;
  #state;
  #requests;
  #runs;
  #panels;
  #views;

  /**
   * @param {import("./client.js").Client} client
   * @param {import("./states.js").PageState} state
   * @param {import("./requests.js").Requests} requests
   * @param {import("./runs.js").Runs} runs
   * @param {import("./runs.js").Panels} panels
   * @param {import("./views.js").Views} views
   */
  constructor(client, state, requests, runs, panels, views) {
    this.#client = client;
    this.#state = state;
    this.#requests = requests;
    this.#runs = runs;
    this.#panels = panels;
    this.#views = views;
    addEventListener("hashchange", () => this.link());
    client.on("opening", advanceOpening);
    offerCancel(() => void client.call("stopOpening"));
    openFile.addEventListener("change", () => {
      const file = openFile.files?.[0];
      openFile.value = ""; // so that choosing the same file again is a change
      if (file) this.file(file);
    });
  }

  /** The link in the address, if there is one. */
  link() {
    if (this.#state.name === "failed" || !linkInAddress() || this.#refused()) return;
    const loading = this.#state.name === "loading";
    if (loading) this.#panels.opened.announce("A link was opened. It is read as soon as Python is up.");
    // While Python loads nobody is kept waiting: a text can be chosen already.
    void this.#requests.run("newest wins", loading ? "" : "Opening…", async (signal) => {
      const link = linkInAddress();
      if (!link || this.#refused()) return; // things have changed while it waited
      this.#panels.share.close();
      await this.#open("link", signal, () => this.#client.call("openLink", link));
    });
  }

  /** A link doesn't end a run, and says so. */
  #refused() {
    if (!this.#state.going) return false;
    showAlert("The link was not opened: a run is still going. Press Stop first, then open the link again.");
    forgetLink(); // so that opening it again is a change
    return true;
  }

  /** @param {File} file a saved model or run */
  file(file) {
    if (this.#state.name === "loading") {
      return showAlert(`${file.name} was not opened: Python is still loading. Drop it again when it is up.`);
    }
    void this.#requests.run("drop", "Opening…", async (signal) => {
      beginOpening(file.name);
      await this.#open("file", signal, () => this.#client.call("openFile", file, file.name), file);
      endOpening();
    });
  }

  /**
   * A run that this browser has kept goes on, if it was going on when it was last saved.
   * @param {string} id
   * @returns {Promise<boolean>} whether it could be opened
   */
  async continueKept(id) {
    let opened = false;
    await this.#requests.run("drop", "Opening…", async (signal) => {
      let going = false;
      opened = await this.#open("browser", signal, async () => {
        const report = await this.#client.call("openKept", id);
        going = Boolean(report?.going);
        return report;
      });
      if (going) await this.#runs.pauseOrResume("paused");
    });
    return opened;
  }

  /**
   * A run that this browser has kept is begun again, with the same text and settings.
   * @param {string} id
   * @returns {Promise<boolean>} whether it could be opened
   */
  async restartKept(id) {
    let opened = false;
    await this.#requests.run("drop", "Starting…", async (signal) => {
      opened = await this.#open("browser", signal, () => this.#client.call("openKept", id));
      if (opened) await this.#runs.start();
    });
    return opened;
  }

  /**
   * @param {Source} source
   * @param {AbortSignal} signal that a newer one will take its place
   * @param {() => Promise<Brought | null>} open gives null where the visitor has thought again
   * @param {Blob | null} [saved]
   * @returns {Promise<boolean>} whether it could be opened
   */
  async #open(source, signal, open, saved = null) {
    try {
      // Also where a newer one comes: until that is here, this is what Python has.
      const opened = await open();
      if (opened) await this.#show(opened, source, signal, saved);
      return opened !== null;
    } catch (error) {
      if (signal.aborted) return false;
      this.#panels.opened.takeBack();
      showError(error, this.#state.can("sample") ? "The model here is kept." : "Nothing else has changed.");
      return false;
    }
  }

  /**
   * @param {Brought} opened
   * @param {Source} source
   * @param {AbortSignal} signal
   * @param {Blob | null} saved the file, where it is one
   */
  async #show(opened, source, signal, saved) {
    const { article, bar, brought, favourites, opened: card, text, samples, share, training, timeLine, verdict } = this.#panels;
    clearAlert();
    if (source !== "link") forgetLink();
    card.show(opened, source);
    brought.hide();
    if (opened.text) text.show(opened.text, source === "browser" ? "As it was kept." : `From the ${source}.`, opened.own);
    if (opened.changed) return this.#showChanged({ ...opened, changed: opened.changed }, saved);
    if (opened.kind === "recipe") return this.#showRecipe(opened, signal);
    samples.clear({ prefix: true });
    share.describe({ name: opened.text_name, parameters: opened.parameters });
    if (opened.run && opened.progress) {
      this.#useSettings(opened);
      this.#runs.restore(opened.run, opened.engine, opened.progress);
    } else {
      bar.describe({ name: opened.text_name, parameters: opened.parameters });
      article.describe({ ...opened, name: opened.text_name, vocabulary_size: [...opened.vocabulary].length + 1, lines: null, line: "" });
      article.rest(null, NaN);
      timeLine.begin();
      training.clear();
      verdict.clear();
      favourites.follow(opened.text_name);
      samples.describeModel(`From the opened model, which learned from ${opened.text_name}.`);
      this.#state.happen("openFinished", { run: null, changed: false });
    }
    if (this.#state.name === "finished") void samples.draw(true);
  }

  /**
   * What needs changed code: its text and settings are here, its code is shown.
   * @param {Opened & {changed: ChangedCode}} opened
   * @param {Blob | null} saved
   */
  async #showChanged(opened, saved) {
    const { brought, opened: card, text } = this.#panels;
    this.#useSettings(opened);
    card.say("It changes the algorithm. Nothing of its code has run: the view Code shows what it changes.");
    if (opened.example && !(await text.useExample(opened.example))) {
      card.say("It changes the algorithm, and needs an example that this page doesn’t have. Nothing of its code has run.");
    }
    this.#views.show("code");
    const link = opened.kind === "recipe" ? linkInAddress() : "";
    await brought.show({ opened, saved: opened.changed.goes_on ? saved : null, link });
  }

  /** @param {Opened} opened */
  #useSettings({ hyperparameters, engine }) {
    this.#panels.settings.use(hyperparameters);
    this.#panels.settings.engine = engine;
  }

  /**
   * @param {Brought} opened
   * @param {AbortSignal} signal
   */
  async #showRecipe(opened, signal) {
    const { opened: card, text } = this.#panels;
    this.#useSettings(opened);
    const { version } = text;
    if (signal.aborted) return;
    const { seconds_expected: all, longest_wait: piece } = opened;
    if (all <= RECIPE_SECONDS && piece <= PIECE_SECONDS) return this.#followRecipe(opened, version, signal, false);
    const pieces = piece <= PIECE_SECONDS ? "" : `, in pieces of up to ${elapsed(piece)}`;
    card.say(`This takes about ${elapsed(all)}${pieces}. Stop ends it at any time.`);
    card.offer("Follow the recipe", () => {
      void this.#requests.run("drop", "Starting…", (signal) => this.#followRecipe(opened, version, signal, true));
    });
  }

  /**
   * @param {Brought} opened
   * @param {number} version of the text that it came with, if it did
   * @param {AbortSignal} signal
   * @param {boolean} asked by the visitor, after whom it is kept: of others the link is enough,
   *   and each visit would leave a run behind
   */
  async #followRecipe({ engine, example, text: its, own }, version, signal, asked) {
    const { opened: card, text } = this.#panels;
    if (example && !(await text.useExample(example))) {
      card.say("This recipe can't be followed here.");
      return showAlert(
        `The recipe needs the example ${example}, which this page doesn't have. Ask for a link to the model itself.`,
      );
    }
    if (signal.aborted) return;
    try {
      const run = await this.#client.call("startRecipe", asked);
      // Another one may have been read meanwhile.
      if (its && text.version !== version) text.show(its, "From the recipe.", own);
      this.#runs.begin(run, engine);
      card.withdraw();
      card.say("It is being trained again from scratch…");
    } catch (error) {
      showError(error, "Text and settings are kept.");
    }
  }
}
