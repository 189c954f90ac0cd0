/**
 * What a link or a file has brought: where it comes from, and what to begin the
 * next run with. Not about opening it: see openings.js.
 */

import { byId, element } from "../page/dom.js";
import { grouped } from "../page/format.js";

const card = byId("opened");
const heading = byId("opened-heading");
const provenance = byId("opened-provenance");
const note = byId("opened-note");
const field = byId("origin-field");
const origin = /** @type {HTMLSelectElement} */ (byId("origin"));
const help = byId("origin-help");

export class OpenedCard {
  /** The opened model's hyperparameters, if a run can begin with it. @type {Record<string, number | string> | null} */
  #model = null;
  #settings;
  #client;
  #shape;
  /** Whether all that is shown is that something will be opened. */
  #announced = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("./settings.js").SettingsForm} settings
   * @param {Site} site
   */
  constructor(client, settings, site) {
    this.#shape = site.shape;
    this.#client = client;
    this.#settings = settings;
    origin.addEventListener("change", () => this.#fixShape());
  }

  /** Whether the next run is to begin with the opened model. */
  get fromOpened() {
    return this.#model !== null && origin.value === "opened";
  }

  /** @param {string} text */
  announce(text) {
    this.#announced = true;
    card.hidden = false;
    heading.textContent = text;
    provenance.textContent = note.textContent = "";
  }

  /**
   * @param {Opened} opened
   * @param {import("../page/openings.js").Source} source
   */
  show(opened, source) {
    card.hidden = source === "browser"; // the visitor knows what was kept
    this.#announced = false;
    this.withdraw();
    const what = { model: "A model", run: "A run", recipe: "A recipe" }[opened.kind];
    heading.textContent = `${what} from a ${source}`;
    const isHere = opened.kind === "model" && !opened.changed;
    provenance.textContent = opened.provenance;
    const without = isHere ? `${grouped(opened.parameters)} weights. The text that it learned from isn't here.` : "";
    this.say([without, opened.note].filter(Boolean).join(" "));
    this.#model = isHere ? opened.hyperparameters : null;
    field.hidden = this.#model === null;
    origin.value = "opened";
    this.#fixShape();
  }

  /** @param {string} text */
  say(text) {
    note.textContent = text;
  }

  /**
   * A button below what is said.
   * @param {string} label
   * @param {() => void} press
   */
  offer(label, press) {
    const button = element("button", label, "primary");
    button.type = "button";
    button.addEventListener("click", press);
    card.append(button);
  }

  /** The button has done its work. */
  withdraw() {
    card.querySelector("button")?.remove();
  }

  hide() {
    card.hidden = true;
  }

  /** The opened model isn't there any more: no run can begin with it. */
  forget() {
    this.#model = null;
    field.hidden = true;
    this.withdraw();
    this.hide();
    this.#fixShape();
  }

  /** What was announced has not come. */
  takeBack() {
    if (this.#announced) this.hide();
  }

  /** How the text at hand differs from what the model knows. */
  async compare() {
    help.textContent = this.fromOpened ? (await this.#client.call("openedNotes")).join(" ") : "";
  }

  #fixShape() {
    const model = this.fromOpened ? this.#model : null;
    const fixed = model ? this.#shape.map((name) => [name, model[name] ?? ""]) : [];
    this.#settings.fix(Object.fromEntries(fixed), "As in the opened model");
    void this.compare();
  }
}
