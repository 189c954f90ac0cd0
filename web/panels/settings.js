/** The hyperparameters as a form, made from the package's table (site.json). */

import { byId, element } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { grouped } from "../page/format.js";
import { explainedBy, questionMark } from "../page/glossary.js";

const MAIN = ["steps", "n_embd", "block_size"]; // those that a visitor changes first

// What the list of presets shows when the settings are an example's, or nobody's but the visitor's.
const EXAMPLE = "example";
const OWN = "own";

const MOST_SEED = 999_999; // of those drawn: short enough to tell a friend

const engine = /** @type {HTMLSelectElement} */ (byId("engine"));
const preset = /** @type {HTMLSelectElement} */ (byId("preset"));
const rateNote = element("p", "", "note");
const useRate = element("button", "Use it", "link");
useRate.type = "button";
useRate.dataset.action = "edit";

/** Announces `blocksize` when that changed, and `settings` when anything did. */
export class SettingsForm extends EventTarget {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
  #fields = new Map();
  /** @type {Map<string, FieldError>} */
  #errors = new Map();
  /**
   * Where the learning rate comes from: settings that were taken over as a whole, such as
   * a preset; the model's size, once the visitor has changed that; or the visitor.
   * @type {"settings" | "size" | "visitor"}
   */
  #rateFrom = "settings";
  /** Names of those that the visitor has changed since settings were last asked for. @type {Set<string>} */
  #edits = new Set();
  /** Names of those that can't be changed now. @type {Set<string>} */
  #fixed = new Set();
  /** @type {Map<string, string>} */
  #ranges = new Map();
  #table;
  #shape;
  /** @type {Preset[]} */
  #presets = [];
  /** Those of the example in use, if it is one. @type {Settings | null} */
  #example = null;
  #exampleOption = new Option("The example's own", EXAMPLE);
  /** @type {Record<string, string>} */
  #engines = {};

  /** @param {Site} site */
  constructor(site) {
    super();
    this.#table = site.hyperparameters;
    this.#shape = site.shape;
    const isMain = (/** @type {Entry} */ { name }) => MAIN.includes(name);
    byId("main-settings").append(...this.#table.filter(isMain).map((row) => this.#makeField(row)));
    for (const group of site.groups) {
      const rows = this.#table.filter((row) => row.group === group && !isMain(row));
      const set = element("fieldset", "", "bare");
      set.append(element("legend", group), ...rows.map((row) => this.#makeField(row)));
      byId("all-settings").append(set);
    }
    byId("setting-learning_rate-error").after(rateNote);
    for (const name of Object.keys(site.engines)) {
      engine.append(new Option(name[0]?.toUpperCase() + name.slice(1), name));
    }
    this.#engines = site.engines;
    preset.append(...site.presets.map(({ name }) => new Option(name, name)));
    const own = new Option("Your own settings", OWN);
    own.disabled = true;
    preset.append(this.#exampleOption, own);
    this.#presets = site.presets;
    preset.addEventListener("change", () => this.take(this.#chosen));
    byId("defaults").addEventListener("click", () => this.take(this.original));
    engine.addEventListener("change", () => this.#changed());
    byId("settings-fields").addEventListener("input", ({ target }) => this.#edits.add(this.#nameOf(target)));
    byId("settings-fields").addEventListener("change", (event) => this.#edited(event.target));
    // From the first key on: a plan that arrives meanwhile must not write over it.
    this.#fields.get("learning_rate")?.addEventListener("input", () => (this.#rateFrom = "visitor"));
    useRate.addEventListener("click", () => this.#followSize());
    this.example = null;
    this.take(this.original);
  }

  /** The original program's. @returns {Settings} */
  get original() {
    return this.#presets[0] ?? { engine: engine.value, hyperparameters: {} };
  }

  /** Those that can be chosen as the example's own; null where the text is none. @param {Settings | null} settings */
  set example(settings) {
    this.#example = settings;
    this.#exampleOption.hidden = this.#exampleOption.disabled = settings === null;
    this.#changed();
  }

  get example() {
    return this.#example;
  }

  /** What the list of presets says. @returns {Settings} */
  get #chosen() {
    const chosen = this.#presets.find(({ name }) => name === preset.value);
    return chosen ?? this.#example ?? this.original;
  }

  /**
   * Take over values, as those of an opened run or model; what isn't named keeps its own.
   * @param {Record<string, number | string>} values
   */
  use(values) {
    this.#rateFrom = "settings";
    for (const [name, value] of Object.entries(values)) this.#set(name, value);
    this.#changed();
    this.#announce();
  }

  /**
   * Values that nothing changes until others, or none, are fixed.
   * @param {Record<string, number | string>} values
   * @param {string} reason
   */
  fix(values, reason) {
    this.#fixed = new Set();
    for (const [name, value] of Object.entries(values)) this.#set(name, value);
    this.#fixed = new Set(Object.keys(values));
    for (const [name, field] of this.#fields) {
      const fixed = this.#fixed.has(name);
      field.disabled = fixed;
      // Without an action the page's state leaves it alone.
      if (fixed) delete field.dataset.action;
      else field.dataset.action = "edit";
      field.title = fixed ? reason : this.#ranges.get(name) ?? "";
    }
    this.#changed();
    this.#announce();
  }

  /** Whether block_size can be changed. */
  get blockSizeIsFree() {
    return !this.#fixed.has("block_size");
  }

  /** @param {string} name */
  set engine(name) {
    engine.value = name;
    this.#changed();
  }

  /** Settings are on their way: what the visitor changes from now on is meant to stay. */
  noteEdits() {
    this.#edits.clear();
  }

  /** Take over those that were waited for, around what was changed meanwhile. @param {Settings} settings */
  takeAroundEdits(settings) {
    this.take(settings, this.#edits);
  }

  /**
   * Take over settings; what isn't named gets its default.
   * @param {Settings} settings
   * @param {Set<string>} [kept] names of hyperparameters that stay as they are
   */
  take(settings, kept = new Set()) {
    if (!kept.has("learning_rate")) this.#rateFrom = "settings";
    for (const row of this.#table.filter(({ name }) => !kept.has(name))) {
      this.#set(row.name, settings.hyperparameters[row.name] ?? row.default);
    }
    engine.value = settings.engine;
    this.#changed();
    this.#announce();
  }

  /** How many steps settings plan. @param {Settings} settings */
  stepsOf({ hyperparameters }) {
    const row = this.#table.find(({ name }) => name === "steps");
    return Number(hyperparameters.steps ?? row?.default);
  }

  /** Whether engine and fields are as there. @param {Settings} each */
  is(each) {
    if (each.engine !== engine.value) return false;
    return this.#table.every((row) => {
      const value = String(each.hyperparameters[row.name] ?? row.default);
      return this.#fields.get(row.name)?.value === value;
    });
  }

  /** @param {EventTarget | null} target a field */
  #nameOf(target) {
    return this.#table.find((row) => this.#fields.get(row.name) === target)?.name ?? "";
  }

  /** @param {EventTarget | null} target the field that the visitor has changed */
  #edited(target) {
    const name = this.#nameOf(target);
    if (this.#shape.includes(name) && this.#rateFrom === "settings") this.#rateFrom = "size";
    this.#changed();
    if (name === "block_size") this.#announce();
  }

  /** Give up the visitor's learning rate for the one that suits the size. */
  #followSize() {
    this.#rateFrom = "size";
    this.#fields.get("learning_rate")?.focus({ preventScroll: true }); // the button goes
    this.#changed();
  }

  /** What Python says of the settings: a field that is wrong, the learning rate for the size. @param {Plan} plan */
  heed({ problem, field, learning_rate }) {
    if (problem && this.#errors.get(field)?.message.startsWith(problem)) return; // Train has said more
    this.#clearErrors();
    if (problem) return void this.#mark(field, problem);
    const recommended = String(Number(learning_rate.toPrecision(3)));
    if (this.#rateFrom === "size") this.#set("learning_rate", recommended);
    const same = Number(this.#fields.get("learning_rate")?.value) === Number(recommended);
    rateNote.textContent = `Recommended for this size${same ? "." : `: ${recommended}. `}`;
    if (!same) rateNote.append(useRate);
    this.#showChoice();
  }

  /**
   * Python has refused to begin with a value.
   * @param {string} name of the hyperparameter, or ""
   * @param {string} message
   * @returns {boolean} whether it can be said at a field
   */
  refuse(name, message) {
    this.#clearErrors();
    return this.#mark(name, message);
  }

  /** @param {string} name of the hyperparameter whose error is brought in sight */
  reveal(name) {
    this.#errors.get(name)?.reveal();
  }

  /**
   * @param {string} name
   * @param {string} message
   */
  #mark(name, message) {
    this.#errors.get(name)?.show(message);
    const closed = this.#fields.get(name)?.closest("details:not([open])");
    if (closed instanceof HTMLDetailsElement) closed.open = true;
    return this.#errors.has(name);
  }

  #clearErrors() {
    for (const error of this.#errors.values()) error.clear();
  }

  /** Another seed, so that the next run is another one. */
  drawSeed() {
    this.#set("seed", 1 + Math.floor(Math.random() * MOST_SEED));
    this.#changed();
  }

  #changed() {
    this.#showChoice();
    this.dispatchEvent(new Event("settings"));
  }

  /** Which of the presets it is, and what was chosen elsewhere. */
  #showChoice() {
    const same = this.#presets.find((each) => this.is(each));
    const example = this.#example !== null && this.is(this.#example);
    preset.value = same?.name ?? (example ? EXAMPLE : OWN);
    byId("preset-help").textContent = same?.help ?? (example ? "Found for this example by measurement." : "");
    byId("engine-help").textContent = this.#engines[engine.value] ?? "";
    byId("seed-now").textContent = `now ${this.#fields.get("seed")?.value}`;
  }

  get engine() {
    return engine.value;
  }

  /** Whether all is as it was when the page opened. */
  get untouched() {
    return preset.value === this.#presets[0]?.name;
  }

  get blockSize() {
    return Number(this.#fields.get("block_size")?.value);
  }

  get maximumBlockSize() {
    return Number(/** @type {HTMLInputElement} */ (this.#fields.get("block_size")).max);
  }

  focusBlockSize() {
    this.#fields.get("block_size")?.focus({ preventScroll: true });
  }

  set blockSize(characters) {
    this.#set("block_size", characters);
    this.#changed();
    this.#announce();
  }

  /**
   * What the fields say; Python checks it, and chooses a learning rate where that is left to it.
   * @returns {Record<string, number | string>}
   */
  values() {
    const chosen = this.#table.filter(({ name }) => name !== "learning_rate" || this.#rateFrom !== "size");
    return Object.fromEntries(
      chosen.map(({ name, type }) => {
        const text = this.#fields.get(name)?.value ?? "";
        // An empty field is no number, where Number("") would be 0.
        return [name, type === "choice" ? text : text.trim() === "" ? NaN : Number(text)];
      }),
    );
  }

  #announce() {
    this.dispatchEvent(new Event("blocksize"));
  }

  /**
   * @param {string} name
   * @param {number | string} value
   */
  #set(name, value) {
    const field = this.#fixed.has(name) ? undefined : this.#fields.get(name);
    if (field) field.value = String(value);
  }

  /** @param {Entry} row */
  #makeField(row) {
    const input = row.type === "choice" ? element("select") : element("input");
    input.id = `setting-${row.name}`;
    if (input instanceof HTMLSelectElement) {
      input.append(...row.choices.map((choice) => new Option(choice, choice)));
    } else {
      input.type = "number";
      input.min = String(row.minimum);
      input.max = String(row.maximum);
      input.step = row.type === "int" ? "1" : "any";
      input.autocomplete = "off";
      input.title = `${row.minimum} to ${row.maximum} ${row.unit}`.trim();
    }
    this.#ranges.set(row.name, input.title);
    input.value = String(row.default);
    input.dataset.action = "edit"; // not of them all by their fieldset: explanations open at any time
    this.#fields.set(row.name, input);
    return this.#fieldWith(row, input);
  }

  /**
   * The field in its row: name and unit, the control, and what it means behind a question mark.
   * @param {Entry} row
   * @param {HTMLInputElement | HTMLSelectElement} input
   */
  #fieldWith({ name, unit, help, minimum, maximum }, input) {
    const label = element("label", name);
    label.htmlFor = input.id;
    const why = questionMark(name);
    const head = element("div", "", "name");
    head.append(label, why);
    const range = minimum === null || maximum === null ? "" : ` ${grouped(minimum)} to ${grouped(maximum)}.`;
    const explanation = explainedBy(why, element("strong", name), ` ${help}`, element("span", range, "range"));
    head.append(element("span", unit === name ? "" : unit, "unit"));
    const field = element("div", "", "setting");
    field.append(head, input);
    input.setAttribute("aria-describedby", explanation.id);
    this.#errors.set(name, new FieldError(input));
    return field;
  }
}
