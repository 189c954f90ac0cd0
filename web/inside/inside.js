/**
 * The view Inside: which of its parts is in sight, and when that is shown again; and the
 * line that several of them are about. Only the part in sight asks Python anything. Which
 * part it is stands in the address as &part=…, beside ?view=inside.
 * Not about what a part shows: see the modules beside.
 */

import { WorkerError } from "../page/client.js";
import { byId, element } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
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
/** Those that are about the line. @type {ReadonlySet<import("./desk.js").Part>} */
const READERS = new Set(["line", "attention", "graph"]);
const LEARNING_MS = 500; // between looks at a model while it learns
const CHIPS = 12; // samples that are offered as lines

const view = byId("view-inside");
const form = byId("inside-form");
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
  #part = named(new URLSearchParams(location.search).get("part"));
  #error = new FieldError(field);
  /** Counts models, and states of the one that learns. */
  #model = 0;
  /** What the part in sight shows, or is about to. */
  #shown = "";
  #timer = 0;
  /** Whether the visitor has chosen the line, or done something with it. */
  #chosen = false;
  /** Whether a line has been looked at: then it stays, until there is another model. */
  #lookedAt = false;
  /** The last line that a model could read. @type {string | null} */
  #readable = null;
  /** What the visitor has typed, and no model has read so far. @type {string | null} */
  #typed = null;
  /** Whether the page was training when it changed last. */
  #learned = false;
  /** Whether it has come to an end since a line was offered. */
  #ended = false;
  /** Whether it is said that the part in sight waits. */
  #waits = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("../page/time-line.js").TimeLine} timeLine
   * @param {EventTarget & {temperature: number, texts: string[]}} samples the view Samples
   * @param {EventTarget & {shown: string}} views
   */
  constructor(client, state, timeLine, samples, views) {
    super();
    this.#client = client;
    this.#state = state;
    this.#timeLine = timeLine;
    this.#samples = samples;
    this.#views = views;
    const desk = (this.#desk = new Desk(status, samples));
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
    this.#mark();
  }

  #followDesk() {
    const desk = this.#desk;
    desk.addEventListener("line", () => {
      if (field.value !== desk.line) field.value = desk.line;
      this.#error.clear();
      this.#soon();
    });
    desk.addEventListener("temperature", () => {
      this.#chosen = true;
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
      this.#typed = desk.line = field.value;
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    chips.addEventListener("click", ({ target }) => {
      const chip = target instanceof Element && target.closest("button");
      if (!chip) return;
      this.#chosen = true;
      this.#take(chip.textContent ?? "");
    });
    // Who has done something with a line doesn't want another one.
    for (const type of ["click", "keydown"]) content.addEventListener(type, () => (this.#chosen ||= this.#lookedAt));
  }

  #followPage() {
    this.#samples.addEventListener("forget", () => {
      this.#model++;
      this.#soon();
    });
    this.#samples.addEventListener("drawn", () => {
      if (this.#ended) this.#lookedAt = false; // what it makes up now is worth more
      this.#ended = false;
      this.#offer();
      this.#soon(); // perhaps at another temperature
    });
    for (const event of ["change", "played"]) this.#timeLine.addEventListener(event, () => this.#soon());
    this.#state.addEventListener("change", () => {
      const learning = this.#state.name === "training";
      this.#ended ||= this.#learned && !learning;
      this.#learned = learning;
      this.#soon();
    });
    this.#views.addEventListener("change", () => {
      this.#address();
      this.#soon();
    });
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  /** A model that learns has taken steps. */
  advance() {
    if (this.#timer) return;
    if (!this.#inSight || !this.#sections[this.#part].live) return void this.#model++; // to be seen later
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#model++;
      this.#soon();
    }, LEARNING_MS);
  }

  /** @param {import("./desk.js").Part} part */
  open(part) {
    const left = byId(`inside-${this.#part}`).contains(document.activeElement);
    this.#part = part;
    this.#mark();
    if (left) byId(`inside-tab-${part}`).focus(); // what was pressed is out of sight now
  }

  /** The part is in sight, and no other. */
  #mark() {
    this.#tabs.mark(PARTS.indexOf(this.#part));
    for (const each of PARTS) byId(`inside-${each}`).hidden = each !== this.#part;
    form.hidden = !READERS.has(this.#part);
    this.#address();
    this.#soon();
  }

  /** The first part needs no mention, as the first view doesn't. */
  #address() {
    const address = new URL(location.href);
    if (this.#views.shown === "inside" && this.#part !== PARTS[0]) address.searchParams.set("part", this.#part);
    else address.searchParams.delete("part");
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  get #learning() {
    return this.#state.name === "training" || this.#timeLine.playing;
  }

  get #inSight() {
    return !view.hidden && !document.hidden;
  }

  /** All that what is shown depends on. */
  get #about() {
    const { line, temperature } = this.#desk;
    const own = [READERS.has(this.#part) ? line : "", this.#part === "line" ? temperature : 0];
    return JSON.stringify([this.#model, this.#timeLine.wanted, this.#part, this.#learning, own]);
  }

  /** Shows the part in sight, unless that is shown already, or has to wait. */
  #soon() {
    if (!this.#inSight) return;
    const there = this.#state.can("sample"); // a model
    content.hidden = !there;
    if (!there) return this.#desk.say("There is no model yet. Train one first.");
    this.#offer();
    const section = this.#sections[this.#part];
    const waits = this.#learning && !section.live;
    byId(`inside-${this.#part}`).hidden = waits && this.#state.name === "training"; // it is about a model that is gone
    if (waits) this.#desk.say("This is shown when the model is at rest: pause, or wait for the end.");
    else if (this.#waits) this.#desk.say("");
    this.#waits = waits;
    if (waits) return;
    if (this.#about === this.#shown) return;
    void this.#show(section);
  }

  /** @param {import("./desk.js").Section} section */
  async #show(section) {
    const about = this.#about;
    this.#shown = about;
    const { run } = this.#state;
    this.#desk.steps = run?.steps ?? 0;
    this.#desk.goesOn = this.#state.can("more");
    this.#desk.atRest = !this.#learning;
    const isPast = () => about !== this.#about || this.#shown !== about;
    const moment = new Moment(this.#client, this.#timeLine.wanted, this.#model, isPast, () => this.#inSight);
    view.ariaBusy = "true";
    await this.#desk.attempt(async () => {
      try {
        await section.show(moment);
        if (READERS.has(this.#part) && !moment.isPast) this.#hasRead();
      } catch (error) {
        if (moment.isPast || !this.#refused(error)) throw error;
      }
    });
    if (!moment.isPast) view.ariaBusy = "false";
  }

  #hasRead() {
    this.#lookedAt = this.#chosen || this.#desk.line !== ""; // else there were no samples yet
    this.#typed = null;
    this.#readable = this.#desk.line;
  }

  /**
   * The model can't read the line: what was shown before stays, or another line is taken
   * where it is the model that has changed.
   * @param {unknown} error
   * @returns {boolean} whether that is so
   */
  #refused(error) {
    const { line } = this.#desk;
    if (!READERS.has(this.#part) || !(error instanceof WorkerError) || error.field !== "text") return false;
    if (this.#typed === line && this.#readable !== null) {
      this.#desk.goBack(this.#readable);
      this.#error.show(`${error.message} What is shown is still ${this.#readable ? `‘${this.#readable}’` : "the empty line"}.`);
      this.#soon();
      return true;
    }
    this.#chosen = this.#lookedAt = false;
    const [first = ""] = this.#lines;
    this.#take(first === line ? "" : first);
    return true;
  }

  /** A line that is known to be one. @param {string} line */
  #take(line) {
    this.#typed = null;
    if (line !== this.#desk.line) this.#desk.line = line;
    else {
      field.value = line; // in place of one that can't be read
      this.#error.clear();
    }
  }

  /** What the model has made up last, once each. */
  get #lines() {
    return [...new Set(this.#samples.texts)].filter(Boolean).slice(0, CHIPS);
  }

  /** Lines to look at. Chips stay, what they say changes: one may have the keyboard. */
  #offer() {
    const lines = (this.#desk.offered = this.#lines);
    if (!this.#chosen && !this.#lookedAt) this.#desk.line = lines[0] ?? this.#desk.line;
    while (chips.childElementCount > lines.length) chips.lastElementChild?.remove();
    lines.forEach((line, i) => {
      const chip = chips.children[i] ?? chips.appendChild(Object.assign(element("button", "", "quiet"), { type: "button" }));
      if (chip.textContent !== line) chip.textContent = line;
    });
  }
}

/** @param {string | null} name @returns {import("./desk.js").Part} */
function named(name) {
  return PARTS.find((part) => part === name) ?? "line";
}
