/**
 * The view Inside: which of its parts is in sight, and when that is shown again. Only the
 * part in sight asks Python anything. Which one it is stands in the address as &part=…,
 * beside ?view=inside. Not about what a part shows, nor about the line: see the modules beside.
 */

import { byId } from "../page/dom.js";
import { Tabs } from "../page/tabs.js";
import { Desk } from "./desk.js";
import { LineField } from "./line-field.js";
import { Moment } from "./moment.js";

/** In the order of their tabs. @type {import("./desk.js").Part[]} */
const PARTS = ["line", "attention", "parts", "letters", "weights", "step", "graph", "what-if"];
/** Those that are about the line. @type {ReadonlySet<import("./desk.js").Part>} */
const READERS = new Set(["line", "attention", "graph"]);
const LEARNING_MS = 500; // between looks at a model while it learns …
const IMPORT_MS = 1000; // after a run: Python's modules are read when nobody waits for it
const LOOKS = 0.2; // … or longer, so that they take at most this share of the time

const view = byId("view-inside");
const content = byId("of-inside");

/** Announces `longer`, with a number of steps that the run is to go on for. */
export class InsideView extends EventTarget {
  #client;
  #state;
  #timeLine;
  #samples;
  #views;
  #desk;
  #line;
  /** What shows each part, once the first is seen. @type {Record<import("./desk.js").Part, import("./desk.js").Section> | null} */
  #sections = null;
  /** Whether they are being loaded. */
  #loading = false;
  #tabs = new Tabs(
    PARTS.map((part) => byId(`inside-tab-${part}`)),
    (index) => this.open(PARTS[index] ?? "line"),
  );
  #part = named(new URLSearchParams(location.search).get("part"));
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
  /** Whether the page was training when it changed last, and has come to an end since a line was offered. */
  #wasTraining = false;
  #ended = false;
  /** Whether Python's modules for it are read by now, or soon. */
  #imported = false;
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
    const desk = (this.#desk = new Desk(byId("inside-status"), samples));
    this.#line = new LineField(desk, samples);
    this.#followDesk();
    this.#followPage();
    this.#mark();
  }

  #followDesk() {
    const desk = this.#desk;
    for (const event of ["line", "temperature"]) desk.addEventListener(event, () => this.#soon());
    desk.addEventListener("again", () => {
      this.#shown = "";
      this.#soon();
    });
    desk.addEventListener("open", (event) => this.open(/** @type {CustomEvent} */ (event).detail));
    desk.addEventListener("longer", (event) => {
      this.dispatchEvent(new CustomEvent("longer", { detail: /** @type {CustomEvent<number>} */ (event).detail }));
    });
    for (const type of ["click", "keydown"]) content.addEventListener(type, () => this.#line.keep());
  }

  #importSoon() {
    this.#client.call("importInside").catch(() => {}); // without a network it is said where that is seen
  }

  #followPage() {
    this.#samples.addEventListener("forget", () => {
      this.#model++;
      this.#soon();
    });
    this.#samples.addEventListener("drawn", () => {
      if (this.#ended) this.#line.renew();
      this.#ended = false;
      this.#line.offer();
      this.#soon(); // perhaps at another temperature
    });
    for (const event of ["change", "played"]) this.#timeLine.addEventListener(event, () => this.#soon());
    this.#state.addEventListener("change", () => {
      const training = this.#state.name === "training";
      this.#ended ||= this.#wasTraining && !training;
      this.#wasTraining = training;
      if (this.#ended && !this.#imported) setTimeout(() => this.#importSoon(), IMPORT_MS);
      this.#imported ||= this.#ended;
      this.#soon();
    });
    this.#views.addEventListener("change", () => {
      this.#address();
      this.#soon();
    });
    document.addEventListener("visibilitychange", () => this.#soon());
  }

  /** Another text is loaded: an opened model may be measured on it. */
  renew() {
    this.#model++;
    this.#soon();
  }

  /** A model that learns has taken steps. */
  advance() {
    if (this.#timer) return;
    if (!this.#inSight || !this.#section?.live) return void this.#learned++; // to be seen later
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#learned++;
      this.#soon();
    }, Math.max(LEARNING_MS, this.#took / LOOKS));
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
    this.#line.show(READERS.has(this.#part));
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

  get #section() {
    return this.#sections?.[this.#part];
  }

  /** Few visitors look inside before they have seen a name, so it isn't loaded before. */
  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    await this.#desk.attempt(async () => {
      this.#sections = (await import("./sections.js")).sections(this.#desk);
    });
    this.#loading = false;
    if (this.#sections) this.#soon(); // else it says why, and tries when it is asked for again
  }

  get #learning() {
    return this.#state.name === "training" || this.#timeLine.playing;
  }

  get #inSight() {
    return !view.hidden && !document.hidden;
  }

  /** What is looked at, wherever that is in its run. */
  get #subject() {
    const { line, temperature } = this.#desk;
    const own = [READERS.has(this.#part) ? line : "", this.#part === "line" ? temperature : 0];
    return JSON.stringify([this.#model, this.#part, own]);
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
    if (!this.#sections) return void this.#load();
    this.#line.offer();
    if (this.#mustWait() || this.#about === this.#shown) return;
    // Where steps come faster than they can be shown: the newest, when this one is there.
    if (this.#learning && this.#shown && this.#coming === this.#subject) return;
    void this.#show();
  }

  /** Whether the part in sight is about a model at rest, and says that it waits for one. */
  #mustWait() {
    const waits = this.#learning && !this.#section?.live;
    const pane = byId(`inside-${this.#part}`);
    const left = !pane.hidden && pane.contains(document.activeElement);
    pane.hidden = waits && this.#state.name === "training"; // it is about a model that is gone
    if (pane.hidden && left) byId(`inside-tab-${this.#part}`).focus();
    if (waits) this.#desk.say("This is shown when the model is at rest: pause, or wait for the end.");
    else if (this.#waits) this.#desk.say("");
    this.#waits = waits;
    return waits;
  }

  async #show() {
    const [about, subject] = [this.#about, this.#subject];
    this.#shown = about;
    this.#coming = subject;
    this.#desk.steps = this.#state.run?.steps ?? 0;
    this.#desk.goesOn = this.#state.can("more");
    this.#desk.atRest = !this.#learning;
    const isPast = () => this.#shown !== about || (this.#learning ? subject !== this.#subject : about !== this.#about);
    const moment = new Moment(this.#client, this.#timeLine.wanted, this.#model + this.#learned, isPast, () => this.#inSight);
    const begin = performance.now();
    view.ariaBusy = "true";
    await this.#desk.attempt(() => this.#fill(moment));
    if (this.#shown !== about) return; // another is on its way
    this.#coming = "";
    this.#took = performance.now() - begin;
    if (!moment.isPast) view.ariaBusy = "false";
    this.#soon();
  }

  /** @param {Moment} moment */
  async #fill(moment) {
    const reads = READERS.has(this.#part);
    try {
      await this.#section?.show(moment);
      if (reads && !moment.isPast) this.#line.hasRead();
    } catch (error) {
      if (moment.isPast || !reads || !this.#line.refused(error)) throw error;
    }
  }
}

/** @param {string | null} name @returns {import("./desk.js").Part} */
function named(name) {
  return PARTS.find((part) => part === name) ?? "line";
}
