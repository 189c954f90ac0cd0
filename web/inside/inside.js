/**
 * The view Inside: which of its parts is in sight, and when that is shown again. Only the
 * part in sight asks Python anything. Not about what a part shows: see the modules beside.
 */

import { byId, element } from "../page/dom.js";
import { Tabs } from "../page/tabs.js";
import { AttentionPart } from "./attention.js";
import { Desk } from "./desk.js";
import { GraphPart } from "./graph.js";
import { LettersPart } from "./letters.js";
import { LinePart } from "./line.js";
import { Moment } from "./moment.js";
import { PartsPart } from "./parts.js";
import { StepPart } from "./step.js";
import { WeightsPart } from "./weights.js";
import { WhatIfPart } from "./what-if.js";

/** In the order of their tabs. @type {import("./desk.js").Part[]} */
const PARTS = ["line", "attention", "parts", "letters", "weights", "step", "graph", "what-if"];
const LEARNING_MS = 500; // between looks at a model while it learns …
const LOOKS = 0.2; // … or longer, so that they take at most this share of the time
const CHIPS = 12; // samples that are offered as lines

const view = byId("view-inside");
const status = byId("inside-status");
const content = byId("of-inside");
const field = /** @type {HTMLInputElement} */ (byId("inside-text"));
const chips = byId("inside-chips");

/** Announces `longer`, with a number of steps that the run is to go on for. */
export class InsideView extends EventTarget {
  #client;
  #state;
  #timeLine;
  #samples;
  #views;
  #desk;
  /** @type {Record<import("./desk.js").Part, import("./desk.js").Section>} */
  #sections;
  #tabs = new Tabs(
    PARTS.map((part) => byId(`inside-tab-${part}`)),
    (index) => this.open(PARTS[index] ?? "line"),
  );
  /** @type {import("./desk.js").Part} */
  #part = "line";
  /** Counts models. */
  #model = 0;
  /** Counts states of the one that learns. */
  #learned = 0;
  /** What the part in sight shows, or is about to. */
  #shown = "";
  /** The subject of what is about to be shown, until it is; else "". */
  #coming = "";
  /** Milliseconds that it took to show that last. */
  #took = 0;
  #timer = 0;
  /** Whether the visitor has chosen the line. */
  #chosen = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/time-line.js").TimeLine} timeLine
   * @param {EventTarget & {temperature: number, texts: string[]}} samples the view Samples
   * @param {EventTarget} views
   */
  constructor(client, state, timeLine, samples, views) {
    super();
    this.#client = client;
    this.#state = state;
    this.#timeLine = timeLine;
    this.#samples = samples;
    this.#views = views;
    const desk = (this.#desk = new Desk(status, () => samples.temperature));
    this.#sections = {
      line: new LinePart(byId("inside-line"), desk),
      attention: new AttentionPart(byId("inside-attention"), desk),
      parts: new PartsPart(byId("inside-parts"), desk),
      letters: new LettersPart(byId("inside-letters"), desk),
      weights: new WeightsPart(byId("inside-weights"), desk),
      step: new StepPart(byId("inside-step"), desk),
      graph: new GraphPart(byId("inside-graph"), desk),
      "what-if": new WhatIfPart(byId("inside-what-if"), desk),
    };
    this.#followDesk();
    this.#followPage();
    this.open("line");
  }

  #followDesk() {
    const desk = this.#desk;
    desk.addEventListener("line", () => {
      field.value = desk.line;
      this.#soon();
    });
    desk.addEventListener("again", () => {
      this.#shown = "";
      this.#soon();
    });
    desk.addEventListener("open", (event) => this.open(/** @type {CustomEvent} */ (event).detail));
    desk.addEventListener("longer", (event) => {
      this.dispatchEvent(new CustomEvent("longer", { detail: /** @type {CustomEvent<number>} */ (event).detail }));
    });
    field.addEventListener("input", () => {
      this.#chosen = true;
      desk.line = field.value;
    });
    byId("inside-form").addEventListener("submit", (event) => event.preventDefault());
  }

  #followPage() {
    this.#samples.addEventListener("forget", () => {
      this.#model++;
      this.#soon();
    });
    this.#samples.addEventListener("drawn", () => this.#offer());
    for (const event of ["change", "played"]) this.#timeLine.addEventListener(event, () => this.#soon());
    this.#state.addEventListener("change", () => this.#soon());
    this.#views.addEventListener("change", () => this.#soon());
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  /** A model that learns has taken steps. */
  advance() {
    if (!this.#inSight || !this.#sections[this.#part].live || this.#timer) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#learned++;
      this.#soon();
    }, Math.max(LEARNING_MS, this.#took / LOOKS));
  }

  /** @param {import("./desk.js").Part} part */
  open(part) {
    this.#part = part;
    this.#tabs.mark(PARTS.indexOf(part));
    for (const each of PARTS) byId(`inside-${each}`).hidden = each !== part;
    this.#soon();
  }

  get #learning() {
    return this.#state.name === "training" || this.#timeLine.playing;
  }

  get #inSight() {
    return !view.hidden && !document.hidden;
  }

  /** What is looked at, wherever that is in its run. */
  get #subject() {
    const line = this.#sections[this.#part].ofAnyLine ? "" : this.#desk.line;
    return JSON.stringify([this.#model, this.#part, line]);
  }

  /** All that what is shown depends on. */
  get #about() {
    return JSON.stringify([this.#subject, this.#learned, this.#timeLine.wanted, this.#learning]);
  }

  /** Shows the part in sight, unless that is shown already, or has to wait. */
  #soon() {
    if (!this.#inSight) return;
    const there = this.#state.can("sample"); // a model
    content.hidden = !there;
    if (!there) return this.#desk.say("There is no model yet. Train one first.");
    if (!this.#chosen) this.#offer();
    const section = this.#sections[this.#part];
    if (this.#learning && !section.live) return this.#desk.say("This is shown when the model is at rest: pause, or wait for the end.");
    if (this.#about === this.#shown) return;
    // Where steps come faster than they can be shown: the newest, when this one is there.
    if (this.#learning && this.#shown && this.#coming === this.#subject) return;
    void this.#show(section);
  }

  /** @param {import("./desk.js").Section} section */
  async #show(section) {
    const [about, subject] = [this.#about, this.#subject];
    this.#shown = about;
    this.#coming = subject;
    const { run } = this.#state;
    this.#desk.steps = run?.steps ?? 0;
    this.#desk.goesOn = this.#state.can("more");
    this.#desk.atRest = !this.#learning;
    const isPast = () => this.#shown !== about || (this.#learning ? subject !== this.#subject : about !== this.#about);
    const moment = new Moment(this.#client, this.#timeLine.wanted, this.#model + this.#learned, isPast, () => this.#inSight);
    const begin = performance.now();
    view.ariaBusy = "true";
    await this.#desk.attempt(() => section.show(moment));
    if (this.#shown !== about) return; // another is on its way
    this.#coming = "";
    this.#took = performance.now() - begin;
    if (!moment.isPast) view.ariaBusy = "false";
    this.#soon();
  }

  /** Lines to look at: what the model has made up last. */
  #offer() {
    const texts = [...new Set(this.#samples.texts)].filter(Boolean).slice(0, CHIPS);
    if (!this.#chosen) this.#desk.line = texts[0] ?? this.#desk.line;
    this.#desk.offered = texts;
    if (texts.join() === chips.dataset.texts) return;
    chips.dataset.texts = texts.join();
    chips.replaceChildren(
      ...texts.map((text) => {
        const chip = element("button", text, "quiet");
        chip.type = "button";
        chip.addEventListener("click", () => {
          this.#chosen = true;
          this.#desk.line = text;
        });
        return chip;
      }),
    );
  }
}
