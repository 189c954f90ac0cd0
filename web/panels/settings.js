/** The hyperparameters as a form, made from the package's table (site.json). */

import { byId, element } from "../page/dom.js";

const MAIN = ["steps", "n_embd", "block_size"]; // those that a visitor changes first

// What the list of presets shows when the settings are an example's, or nobody's but the visitor's.
const EXAMPLE = "example";
const OWN = "own";

const engine = /** @type {HTMLSelectElement} */ (byId("engine"));
const preset = /** @type {HTMLSelectElement} */ (byId("preset"));

/** Announces `blocksize` when that changed, and `settings` when anything did. */
export class SettingsForm extends EventTarget {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
  #fields = new Map();
  /** Names of those that can't be changed now. @type {Set<string>} */
  #fixed = new Set();
  /** @type {Map<string, string>} */
  #ranges = new Map();
  #table;
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
    for (const row of this.#table) {
      const place = byId(MAIN.includes(row.name) ? "main-settings" : "all-settings");
      place.append(this.#makeField(row));
    }
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
    byId("settings-fields").addEventListener("change", () => this.#changed());
    this.#fields.get("block_size")?.addEventListener("change", () => this.#announce());
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

  /** Take over settings; what isn't named gets its default. @param {Settings} settings */
  take(settings) {
    for (const row of this.#table) {
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

  #changed() {
    const same = this.#presets.find((each) => this.is(each));
    const example = this.#example !== null && this.is(this.#example);
    preset.value = same?.name ?? (example ? EXAMPLE : OWN);
    byId("preset-help").textContent =
      same?.help ?? (example ? "Found for this example by measurement." : "");
    byId("engine-help").textContent = this.#engines[engine.value] ?? "";
    this.dispatchEvent(new Event("settings"));
  }

  get engine() {
    return engine.value;
  }

  get blockSize() {
    return Number(this.#fields.get("block_size")?.value);
  }

  get maximumBlockSize() {
    return Number(/** @type {HTMLInputElement} */ (this.#fields.get("block_size")).max);
  }

  focusBlockSize() {
    this.#fields.get("block_size")?.focus();
  }

  set blockSize(characters) {
    this.#set("block_size", characters);
    this.#changed();
    this.#announce();
  }

  /** What the fields say; Python checks it. @returns {Record<string, number | string>} */
  values() {
    return Object.fromEntries(
      this.#table.map(({ name, type }) => {
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
    const label = element("label", row.name);
    label.htmlFor = input.id;
    const help = element("p", row.help, "help");
    help.id = `${input.id}-help`;
    input.setAttribute("aria-describedby", help.id);
    this.#fields.set(row.name, input);
    const field = element("div", "", "field");
    field.append(label, input, help);
    return field;
  }
}
