/** The page: builds its parts and connects them. What can happen when: page/states.js. */

import { BroughtCard } from "./code/brought.js";
import { CardsList } from "./code/cards.js";
import { CodeView } from "./code/code.js";
import { RunPanel } from "./code/run.js";
import { TakePanel } from "./code/take.js";
import { InsideView } from "./inside/inside.js";
import { Client } from "./page/client.js";
import { readJson } from "./page/checked.js";
import { followState } from "./page/controls.js";
import { byId } from "./page/dom.js";
import { site as known } from "./page/early.js";
import { explainTerms } from "./page/glossary.js";
import { linkInAddress } from "./page/link.js";
import { Openings } from "./page/openings.js";
import { Requests } from "./page/requests.js";
import { Rescue } from "./page/rescue.js";
import { Runs } from "./page/runs.js";
import { PageState } from "./page/states.js";
import { TimeLine } from "./page/time-line.js";
import { Views } from "./page/views.js";
import { offerCores } from "./panels/cores.js";
import { Explained } from "./panels/explained.js";
import { FavouritesPanel } from "./panels/favourites.js";
import { KeptPanel } from "./panels/kept.js";
import { KeptRuns } from "./panels/kept-runs.js";
import { LearningView } from "./panels/learning.js";
import { OpenedCard } from "./panels/opened.js";
import { HowItWorks } from "./panels/how-it-works.js";
import { NoveltyLine } from "./panels/novelty.js";
import { PlanLine } from "./panels/plan.js";
import { PythonPanel } from "./panels/python.js";
import { ReturnsCard } from "./panels/returns.js";
import { RunBar } from "./panels/run-bar.js";
import { SamplesPanel } from "./panels/samples.js";
import { Scrubber } from "./panels/scrubber.js";
import { SettingsForm } from "./panels/settings.js";
import { SharePanel } from "./panels/share.js";
import { TextPanel } from "./panels/text.js";
import { TrainingPanel } from "./panels/training.js";
import { Verdict } from "./panels/verdict.js";
import { UndoLine } from "./panels/undo.js";

const client = new Client();
const state = new PageState();
const timeLine = new TimeLine();
const scrubber = new Scrubber(timeLine, state);
const python = new PythonPanel(client, state);
followState(state);
explainTerms();
const views = new Views();

async function main() {
  const [site, examples] = /** @type {[Site, Example[]]} */ (
    await Promise.all([known, readJson("examples/index.json")])
  );
  offerCores(client);
  const requests = new Requests(state);
  const undo = new UndoLine(byId("undo"));
  const settings = new SettingsForm(site);
  const text = new TextPanel(client, state, settings, site);
  const learning = new LearningView(client, timeLine);
  const training = new TrainingPanel(client, learning);
  const verdict = new Verdict(client, state);
  const explained = new Explained(client);
  const favourites = new FavouritesPanel(client, state, new UndoLine(byId("choices-undo")), explained, site);
  const samples = new SamplesPanel(client, state, site, timeLine, favourites, explained);
  new NoveltyLine(client, state, timeLine, samples, views);
  const inside = new InsideView(client, state, timeLine, samples, views);
  const code = new CodeView(client, views);
  const changedRun = new RunPanel(client, code, settings, site);
  new TakePanel(changedRun);
  const cards = new CardsList(code);
  const share = new SharePanel(client, site);
  const opened = new OpenedCard(client, settings, site);
  const kept = new KeptPanel(client, undo);
  const bar = new RunBar(site);
  const plan = new PlanLine(() => settings.drawSeed());
  const brought = new BroughtCard(code);
  const article = new HowItWorks(client, site);
  const panels = { article, bar, brought, inside, plan, python, text, settings, timeLine, training, learning, verdict, samples, favourites, share, opened, kept };
  const runs = new Runs(client, state, panels);
  const openings = new Openings(client, state, requests, runs, panels, views);
  const returns = new ReturnsCard(state, openings);
  const keptRuns = new KeptRuns(client, state, openings, undo, views, site);
  bar.connect(state, requests, runs, plan, new Rescue(client, state, runs, panels, openings, returns));

  scrubber.losses((step) => training.lossAt(step));
  verdict.connect(requests, runs, settings);
  python.whatIsLeft = () => [training.whatIsLeft, kept.whatIsLeft].filter(Boolean).join(" ");
  kept.addEventListener("change", () => keptRuns.changed());
  cards.addEventListener("run", () => changedRun.runInSight());
  brought.addEventListener("run", (event) => {
    const { changes, saved, link, opened: from } = /** @type {CustomEvent} */ (event).detail;
    opened.say("Its code runs in the view Code, in a worker of its own.");
    if (saved) void changedRun.continueFrom(changes, saved, from.hyperparameters);
    else void changedRun.follow(changes, link, from.hyperparameters);
  });
  kept.addEventListener("deleting", () => code.keepNow());
  kept.addEventListener("deleted", () => {
    void favourites.forget();
    code.forget();
  });
  kept.addEventListener("back", () => {
    favourites.again();
    void code.again();
  });
  keptRuns.addEventListener("change", () => void returns.check());
  returns.addEventListener("change", () => keptRuns.changed());
  inside.addEventListener("longer", (event) => {
    const steps = /** @type {CustomEvent<number>} */ (event).detail;
    void requests.run("drop", "Starting…", () => runs.more(steps));
  });
  favourites.addEventListener("learn", (event) => {
    const steps = /** @type {CustomEvent<number>} */ (event).detail;
    void requests.run("drop", "Starting…", () => runs.learnFavourites(steps)).then(() => runs.revealRefusal());
  });
  settings.addEventListener("settings", () => {
    void runs.changeEngine();
    runs.prepareSoon();
    state.note({ changed: !runs.repeats });
  });
  text.addEventListener("saved", (event) => openings.file(/** @type {CustomEvent<File>} */ (event).detail));
  text.addEventListener("temperature", (event) => {
    samples.changeTemperature(/** @type {CustomEvent<{from: number | null, to: number | null}>} */ (event).detail);
  });
  text.addEventListener("loaded", () => {
    void opened.compare();
    inside.renew();
    runs.prepareSoon();
    state.note({ changed: !runs.repeats });
  });

  openings.link(); // before the first text: samples come first
  text.offer(examples);
  keptRuns.refresh();
  await returns.refresh().catch((error) => kept.unavailable(error.message));
  const loaded = await text.settled();
  const asked = !text.isFirstExample || !settings.untouched || returns.any || linkInAddress() !== "";
  if (loaded && !asked && state.name === "ready") {
    void requests.run("drop", "Starting…", () => runs.startByItself());
  }
}

document.documentElement.dataset.up = ""; // from now on errors are reported from here: see guard.js
main().catch((error) => python.fail(error));
