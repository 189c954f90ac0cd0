/** A kept run as a row of the view Runs: what it is, and what can be done with it. */

import { heldOut, nameOf } from "../kept/about.js";
import { element, madeUp } from "../page/dom.js";
import { ago, counted, elapsed, grouped } from "../page/format.js";
import { changes } from "./run-words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 96; // of the small curve, and its height, in CSS pixels
const HEIGHT = 32;

/** @typedef {import("../kept/store.js").Found} Found */

/**
 * @typedef {object} Wishes what the visitor does with a run
 * @property {(id: string, chosen: boolean) => void} choose
 * @property {(id: string, title: string) => void} rename
 * @property {(id: string) => void} open
 * @property {(id: string) => void} restart
 * @property {(id: string, byKeyboard: boolean) => void} remove
 */

/**
 * @typedef {object} Circumstances
 * @property {"here" | "elsewhere" | ""} tab that has the run
 * @property {{letter: string, colour: string} | null} mark of a chosen one
 * @property {boolean} canChoose
 * @property {boolean} canOpen
 * @property {[number, number]} range of the small curve, in nats
 * @property {AllSettings} defaults
 */

export class RunRow {
  element = element("li", "", "run");
  #pick = element("input");
  #mark = element("span", "", "mark");
  #spark = document.createElementNS(SVG, "path");
  #called = element("span", "", "hidden");
  #title = element("input", "", "run-name");
  #tag = element("span", "", "run-tag");
  #changes = element("p", "", "help");
  #samples = element("p", "", "run-samples");
  #facts = element("p", "", "help");
  #times = element("p", "", "help");
  #figures = element("dl");
  #open = button("Open");
  #restart = button("Start over");
  #remove = button("Delete");
  #name = "";

  /**
   * @param {string} id
   * @param {Wishes} wishes
   */
  constructor(id, wishes) {
    this.#called.id = `run-${id}`;
    this.#pick.type = "checkbox";
    this.#pick.addEventListener("change", () => wishes.choose(id, this.#pick.checked));
    this.#title.type = "text";
    this.#title.ariaLabel = "Name of the run";
    this.#title.spellcheck = false;
    this.#title.autocomplete = "off";
    this.#title.maxLength = 60;
    this.#title.dir = "auto";
    this.#title.addEventListener("change", () => wishes.rename(id, this.#title.value));
    this.#title.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#title.value = this.#name;
      if (key === "Escape" || key === "Enter") this.#title.blur();
    });
    this.#open.dataset.action = this.#restart.dataset.action = "open";
    this.#open.addEventListener("click", () => wishes.open(id));
    this.#restart.addEventListener("click", () => wishes.restart(id));
    this.#remove.addEventListener("click", ({ detail }) => wishes.remove(id, detail === 0));
    this.#assemble();
  }

  #assemble() {
    const label = element("label", "", "pick");
    label.append(this.#pick, this.#mark);
    this.#mark.ariaHidden = "true";
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "spark");
    svg.ariaHidden = "true";
    svg.append(this.#spark);
    const head = element("div", "", "run-head");
    head.append(this.#title, this.#tag);
    const what = element("div", "", "run-what");
    what.append(this.#called, head, this.#changes, this.#samples);
    const figures = element("div", "", "run-facts");
    figures.append(this.#figures, this.#facts, this.#times);
    const buttons = element("div", "", "buttons");
    buttons.append(this.#open, this.#restart, this.#remove);
    for (const each of buttons.children) each.setAttribute("aria-describedby", this.#called.id);
    this.element.append(label, svg, what, figures, buttons);
  }

  /**
   * @param {Found} run
   * @param {Circumstances} circumstances
   */
  update({ about }, { tab, mark, canChoose, canOpen, range, defaults }) {
    this.#name = about ? nameOf(about) : "A damaged run";
    this.#called.textContent = this.#name;
    this.#pick.ariaLabel = `Compare ${this.#name}`;
    this.#pick.checked = mark !== null;
    this.#pick.disabled = !about?.curve.steps.length || !(mark || canChoose);
    this.#mark.textContent = mark?.letter ?? "";
    this.element.style.setProperty("--run", mark?.colour ?? "var(--ink-soft)");
    this.element.classList.toggle("here", tab === "here");
    if (document.activeElement !== this.#title) this.#title.value = this.#name;
    this.#title.disabled = !about;
    this.#tag.textContent = { here: "current", elsewhere: "open in another tab", "": "" }[tab];
    this.#open.textContent = about && !about.over ? "Continue" : "Open";
    this.#open.disabled = this.#restart.disabled = !canOpen;
    this.#open.hidden = tab !== "";
    // Not where it began with an opened model, which isn't kept.
    this.#restart.hidden = !about || tab !== "" || about.over || about.origin !== "";
    this.#remove.hidden = tab === "elsewhere";
    if (about) this.#describe(about, defaults, range);
    else this.#changes.textContent = "What was noted of it can't be read. What it has learned may be whole: open it to see.";
  }

  /** Gives the keyboard to the row. */
  focus() {
    const place = [this.#pick, this.#title, this.#remove].find((each) => !each.disabled && !each.hidden);
    place?.focus({ preventScroll: true });
  }

  /**
   * @param {KeptRun} about
   * @param {AllSettings} defaults
   * @param {[number, number]} range
   */
  #describe(about, defaults, range) {
    this.#spark.setAttribute("d", path(about.curve, range));
    const text = about.title ? [`on ${about.name}`] : [];
    this.#changes.textContent = [changes(about, defaults), ...text].filter(Boolean).join(" · ");
    const samples = about.samples.map((sample) => madeUp(sample));
    this.#samples.replaceChildren(...samples.flatMap((each) => [each, " "]));
    const time = element("time", ago((Date.now() - about.time) / 1000));
    const date = new Date(about.time);
    // Storage can hold a number that is no date.
    if (!Number.isNaN(date.getTime())) time.title = time.dateTime = date.toISOString();
    const extent = about.step === about.steps || about.over ? counted(about.step, "step") : `step ${grouped(about.step)} of ${grouped(about.steps)}`;
    const origin = about.origin && `began with the model on ${about.origin}`;
    const facts = [extent, counted(about.parameters, "weight"), origin];
    this.#facts.textContent = facts.filter(Boolean).join(" · ");
    this.#times.replaceChildren(about.seconds === null ? "" : `${elapsed(about.seconds)} · `, time);
    this.#figures.replaceChildren(figure("loss", about.loss), figure("held-out", heldOut(about)));
  }
}

/** @param {string} label */
function button(label) {
  const made = element("button", label, "quiet");
  made.type = "button";
  return made;
}

/**
 * @param {string} name
 * @param {number | null} nats
 */
function figure(name, nats) {
  const pair = element("div");
  pair.append(element("dt", name), " ", element("dd", nats === null ? "–" : nats.toFixed(2)));
  return pair;
}

/**
 * @param {Points} curve
 * @param {[number, number]} range
 */
function path({ steps, nats }, [low, high]) {
  const last = steps.at(-1) ?? 1;
  const points = steps.map((step, i) => {
    const share = (/** @type {number} */ (nats[i]) - low) / (high - low || 1);
    const y = HEIGHT - 2 - (HEIGHT - 4) * Math.min(1, Math.max(0, share));
    return `${((WIDTH * step) / last).toFixed(1)} ${y.toFixed(1)}`;
  });
  return points.length ? `M${points.join("L")}` : "";
}
