/**
 * How the text in use is read: what a document is, and what is done to its characters.
 * Python reads; this asks for it and shows what it has found.
 */

import { byId, element } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { inWords, nounOf } from "./reading-words.js";

const panel = /** @type {HTMLDetailsElement} */ (byId("reading"));
const fields = /** @type {HTMLFieldSetElement} */ (byId("reading-fields"));
const documents = /** @type {HTMLSelectElement} */ (byId("documents"));
const column = /** @type {HTMLSelectElement} */ (byId("column"));
const normalize = /** @type {HTMLInputElement} */ (byId("normalize"));
const lowerCase = /** @type {HTMLInputElement} */ (byId("lower-case"));
const dropRepeated = /** @type {HTMLInputElement} */ (byId("drop-repeated"));
const splitLong = /** @type {HTMLInputElement} */ (byId("split-long"));
const mostFrequent = /** @type {HTMLInputElement} */ (byId("most-frequent"));
const replacement = /** @type {HTMLInputElement} */ (byId("replacement"));
const encodingField = byId("encoding-field");
const other = byId("other-encoding");

/** @type {Record<string, HTMLElement>} */
const REFUSABLE = { documents, column, most_frequent: mostFrequent, replacement };

/** Announces `change` when the visitor wants it read in another way, `encoding` when in another encoding. */
export class ReadingForm extends EventTarget {
  /** As the text in use is read. @type {Reading | null} */
  #reading = null;
  /** Whether the panel was opened without being asked for, and so is closed again. */
  #opened = false;
  /** Controls at which it is said why a reading was refused, by the part of it that they are for. */
  #errors = new Map(Object.entries(REFUSABLE).map(([name, field]) => [name, new FieldError(field)]));

  constructor() {
    super();
    fields.addEventListener("change", () => {
      for (const error of this.#errors.values()) error.clear();
      this.#showWhatApplies();
      this.dispatchEvent(new Event("change"));
    });
    fields.addEventListener("input", () => this.#showWhatApplies());
    other.addEventListener("click", () => this.dispatchEvent(new Event("encoding")));
  }

  /** What the controls say. @returns {Reading} */
  get value() {
    const choice = /** @type {Reading["documents"]} */ (documents.value);
    return {
      encoding: this.#reading?.encoding ?? "",
      documents: choice,
      column: choice === "column" ? column.value : "",
      normalize: normalize.checked,
      lower_case: lowerCase.checked,
      most_frequent: Math.max(0, Math.round(mostFrequent.valueAsNumber || 0)),
      replacement: replacement.value,
      drop_repeated: dropRepeated.checked,
      split_long: splitLong.checked,
    };
  }

  /** Another text is in use. @param {boolean} choice whether there is something to choose, which is then in sight */
  introduce(choice) {
    const asked = panel.open && !this.#opened;
    panel.open = choice || asked;
    this.#opened = choice && !asked;
  }

  /**
   * @param {TextReport} report
   * @param {string} fixed why it can't be read in another way, or ""
   */
  show({ reading, columns }, fixed) {
    this.#reading = reading;
    panel.hidden = false;
    byId("reading-now").textContent = `: ${inWords(reading)}`;
    byId("reading-fixed").textContent = fixed;
    fields.hidden = fixed !== "";
    documents.value = reading.documents;
    column.replaceChildren(...columns.map((name) => new Option(name || "(no heading)", name)));
    column.value = reading.column || (columns[0] ?? "");
    normalize.checked = reading.normalize;
    lowerCase.checked = reading.lower_case;
    dropRepeated.checked = reading.drop_repeated;
    splitLong.checked = reading.split_long;
    put(mostFrequent, reading.most_frequent ? String(reading.most_frequent) : "");
    put(replacement, reading.replacement);
    byId("encoding").textContent = reading.encoding;
    encodingField.hidden = /^utf/i.test(reading.encoding);
    for (const error of this.#errors.values()) error.clear();
    this.#showWhatApplies();
  }

  /**
   * The controls say again how the text is read, and why it can't be as they said.
   * @param {TextReport} report
   * @param {string} message
   * @param {string} field that it is about, if it is about one
   */
  refuse(report, message, field) {
    this.show(report, "");
    const seen = REFUSABLE[field]?.checkVisibility() ? field : "documents";
    this.#errors.get(seen)?.show(`${message} Still read as before.`);
  }

  /** Only what means something for what is chosen. */
  #showWhatApplies() {
    const { value } = documents;
    const noun = nounOf(this.value);
    byId("column-field").hidden = value !== "column" || column.options.length === 0; // until Python has found some
    byId("replacement-field").hidden = mostFrequent.value === "";
    for (const [box, words] of /** @type {const} */ ([
      [dropRepeated, `Drop repeated ${noun}s`],
      [splitLong, `Split long ${noun}s`],
    ])) {
      const label = /** @type {HTMLElement} */ (box.closest("label"));
      label.hidden = value === "running"; // whose pieces are all as long as block_size
      label.querySelector("span")?.replaceWith(element("span", words));
    }
  }
}

/**
 * What is being typed now stays.
 * @param {HTMLInputElement} field
 * @param {string} value
 */
function put(field, value) {
  if (field !== document.activeElement) field.value = value;
}
