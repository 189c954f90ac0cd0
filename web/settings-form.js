/** The hyperparameters as a form, made from the package's table (site.json). */

import { byId, element } from "./format.js";

const MAIN = ["steps", "n_embd", "block_size"]; // those that a visitor changes first

const engine = /** @type {HTMLSelectElement} */ (byId("engine"));

export class SettingsForm extends EventTarget {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
  #fields = new Map();
  #table;

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
    const explain = () => (byId("engine-help").textContent = site.engines[engine.value] ?? "");
    engine.addEventListener("change", explain);
    explain();
    byId("defaults").addEventListener("click", () => this.reset());
    this.#fields.get("block_size")?.addEventListener("change", () => this.#announce());
  }

  get engine() {
    return engine.value;
  }

  get blockSize() {
    return Number(this.#fields.get("block_size")?.value);
  }

  set blockSize(characters) {
    this.#set("block_size", characters);
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

  reset() {
    for (const row of this.#table) this.#set(row.name, row.default);
    this.#announce();
  }

  #announce() {
    this.dispatchEvent(new Event("blocksize"));
  }

  /**
   * @param {string} name
   * @param {number | string} value
   */
  #set(name, value) {
    const field = this.#fields.get(name);
    if (field) field.value = String(value);
  }

  /** @param {Hyperparameter} row */
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
