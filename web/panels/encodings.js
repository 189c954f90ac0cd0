/**
 * What can be done with a text that isn't UTF-8: the encodings that it could be in, each
 * with lines as they would be then. Python makes the previews; the visitor can tell.
 */

import { byId, element } from "../page/dom.js";
import { visible } from "../page/characters.js";

const offer = byId("encodings");
const choices = byId("encoding-choices");
const read = byId("read-so");

/** Announces `read` when the visitor has chosen. */
export class EncodingOffer extends EventTarget {
  constructor() {
    super();
    read.addEventListener("click", () => this.dispatchEvent(new Event("read")));
  }

  /** The encoding that was chosen. */
  get value() {
    return /** @type {HTMLInputElement | null} */ (choices.querySelector(":checked"))?.value ?? "";
  }

  /**
   * @param {EncodingPreview[]} previews
   * @param {string} name of the text
   */
  show(previews, name) {
    byId("encodings-legend").textContent = `Read ${name} as`;
    choices.replaceChildren(...previews.map((preview, i) => choice(preview, i)));
    offer.hidden = previews.length === 0;
    if (!offer.hidden) offer.scrollIntoView({ block: "nearest" });
  }

  hide() {
    offer.hidden = true;
    choices.replaceChildren();
  }

  focus() {
    /** @type {HTMLElement | null} */ (choices.querySelector(":checked"))?.focus({ preventScroll: true });
  }
}

/**
 * @param {EncodingPreview} preview
 * @param {number} number
 */
function choice({ encoding, label, first }, number) {
  const input = element("input");
  Object.assign(input, { type: "radio", name: "encoding", value: encoding, id: `encoding-${number}` });
  input.checked = number === 0;
  const name = element("label", label);
  name.htmlFor = input.id;
  const lines = element("ul", "", "preview");
  lines.id = `${input.id}-preview`;
  input.setAttribute("aria-describedby", lines.id);
  lines.append(
    ...first.map((line) => {
      const item = element("li");
      item.append(element("bdi", visible(line)));
      return item;
    }),
  );
  const whole = element("div", "", "encoding");
  whole.append(input, name, lines);
  // The lines are what people look at, and so what they press.
  lines.addEventListener("click", () => input.click());
  return whole;
}
