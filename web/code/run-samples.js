/** What the changed model and the original one make up, beside each other. Not about the models. */

import { byId, element, madeUp } from "../page/dom.js";

const COUNT = 20;
const TEMPERATURE = 0.5; // as the original program draws
const MOST = 200; // of each, in the lists

const box = byId("code-samples");
const lists = { ours: byId("code-samples-ours"), theirs: byId("code-samples-theirs") };
const more = /** @type {HTMLButtonElement} */ (byId("code-samples-more"));
const said = byId("code-samples-said");

export class BothSamples {
  #page;
  #client;
  /** Tells samples that are wanted from those of a request before. */
  #ticket = 0;

  /**
   * @param {import("../page/client.js").Client} page
   * @param {import("./confined.js").ConfinedClient} client
   */
  constructor(page, client) {
    this.#page = page;
    this.#client = client;
    client.on("sampled", (sample) => this.#add(lists.ours, sample));
    page.on("sampledBeside", (sample) => this.#add(lists.theirs, sample));
    more.addEventListener("click", () => void this.draw(false));
  }

  clear() {
    this.#ticket++;
    box.hidden = true;
    said.textContent = "";
    for (const list of Object.values(lists)) list.replaceChildren();
  }

  /** The worker with the changed model was ended: what it has made up stays. */
  end() {
    more.disabled = true;
  }

  /** @param {boolean} first as the original program does at its end */
  async draw(first) {
    const ticket = ++this.#ticket;
    const request = { ticket, count: COUNT, temperature: TEMPERATURE, prefix: "", original: first };
    box.hidden = false;
    more.disabled = true;
    try {
      await Promise.all([this.#client.sample(request), this.#page.call("sampleBeside", request)]);
      if (ticket === this.#ticket) said.textContent = `${COUNT} samples of each drawn.`;
    } catch (error) {
      if (ticket === this.#ticket) said.textContent = `No samples: ${/** @type {Error} */ (error).message} The losses are kept.`;
    } finally {
      if (ticket === this.#ticket) more.disabled = false;
    }
  }

  /**
   * @param {HTMLElement} list
   * @param {Sample & {ticket: number}} sample
   */
  #add(list, { ticket, text }) {
    if (ticket !== this.#ticket) return;
    const item = element("li");
    item.append(text ? madeUp(text, "text") : element("span", "(nothing)", "help"));
    list.append(item);
    while (list.childElementCount > MOST) list.firstElementChild?.remove();
  }
}
