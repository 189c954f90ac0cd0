/**
 * The article below the views: how a GPT works, told with the figures of the model that is
 * here. Its sentences stand in index.html; this fills in what is marked `data-live`.
 */

import { byId, element } from "../page/dom.js";
import { elapsed, grouped, percent } from "../page/format.js";
import { address } from "../page/site.js";
import { tokenSign } from "../page/tokens.js";

const LINE = 12; // characters of the example line that are shown
const BEGINNING = 2; // of it, to go on from
const LIKELIEST = 6;
const TEXT_MS = 250; // between changes of the figures: faster can't be read
const GUESS_MS = 1000;

const article = byId("how-it-works");
const tokens = byId("how-tokens");
const written = byId("how-written");
const after = byId("how-after");
const guesses = byId("how-guesses");
const torn = byId("how-torn");
const parts = /** @type {HTMLTableElement} */ (byId("how-parts"));

/**
 * What the article says of a model.
 * @typedef {object} Described
 * @property {string} name of its text
 * @property {number} parameters
 * @property {Record<string, number | string>} hyperparameters
 * @property {string} vocabulary its characters, without BOS
 * @property {number} vocabulary_size with BOS
 * @property {number | null} lines of the text, if it is here
 * @property {string} line of the text, or "" where that isn't here
 */

export class HowItWorks {
  #client;
  /** @type {Described | null} */
  #model = null;
  #inSight = false;
  #shown = 0; // when, on the clock of performance.now()
  #guessed = 0;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {Site} site
   */
  constructor(client, site) {
    this.#client = client;
    /** @type {HTMLAnchorElement} */ (byId("wheel")).href = address(site.wheel);
    new IntersectionObserver(([entry]) => (this.#inSight = entry?.isIntersecting ?? false)).observe(article);
    client.on("sampled", ({ text }) => this.#showWritten(text));
  }

  /** Another model is here. @param {Described} model */
  describe(model) {
    this.#model = model;
    const { hyperparameters: h, vocabulary_size: size, lines } = model;
    write({
      name: model.name,
      lines: lines === null ? "" : ` has ${grouped(lines)} lines and`,
      characters: grouped(size - 1),
      tokens: grouped(size),
      blind: Math.log(size).toFixed(2),
      weights: grouped(model.parameters),
      layers: h.n_layer === 1 ? "one layer" : `${h.n_layer} layers`,
      heads: h.n_head === 1 ? "one" : String(h.n_head),
      "heads-word": h.n_head === 1 ? "head" : "heads",
      width: String(h.n_embd),
      block: grouped(Number(h.block_size)),
      batch: h.batch_size === 1 ? "one line" : `${h.batch_size} lines`,
      seed: String(h.seed),
    });
    this.#showTokens(model);
    this.#showParts(model);
    this.#showLoss(NaN);
  }

  /**
   * It has learned on.
   * @param {Pick<Progress, "step" | "seconds">} progress
   * @param {number} loss nats
   */
  follow({ step, seconds }, loss) {
    const now = performance.now();
    if (now - this.#shown < TEXT_MS) return;
    this.#shown = now;
    write({ step: grouped(step), seconds: elapsed(seconds) });
    this.#showLoss(loss);
    if (this.#inSight && now - this.#guessed > GUESS_MS) void this.#guess();
  }

  /**
   * It learns no further.
   * @param {Pick<Progress, "step" | "seconds"> | null} progress null where it was opened without its run
   * @param {number} loss nats
   */
  rest(progress, loss) {
    this.#shown = 0;
    if (progress) this.follow(progress, loss);
    void this.#guess();
  }

  /** What it expects after the beginning of a line. */
  async #guess() {
    this.#guessed = performance.now();
    const beginning = [...(this.#model?.line ?? "")].slice(0, BEGINNING).join("");
    try {
      const found = await this.#client.call("nextCharacters", beginning);
      const likeliest = found.slice(0, LIKELIEST);
      const rest = found.slice(LIKELIEST).reduce((sum, { probability }) => sum + probability, 0);
      const rows = likeliest.map(({ character, probability }) => bar(tokenSign(character), probability, percent(probability)));
      if (found.length > LIKELIEST) rows.push(bar("others", rest, percent(rest)));
      guesses.replaceChildren(...rows);
      if (beginning) after.replaceChildren("After “", element("bdi", beginning), "” it expects");
      else after.textContent = "At the beginning of a line it expects";
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "MicrogptError") throw error;
      guesses.replaceChildren(); // it knows nothing of these characters, or was spoilt in training
    }
  }

  /** @param {Described} model */
  #showTokens({ line }) {
    byId("how-line").hidden = line === "";
    tokens.replaceChildren(...this.#tokens(line));
    byId("how-sample").hidden = true;
  }

  /** @param {string} text that the model has made up */
  #showWritten(text) {
    if (!this.#model || !text || !byId("how-sample").hidden) return; // one is enough
    byId("how-sample").hidden = false;
    written.replaceChildren(...this.#tokens(text));
  }

  /** A line as its tokens, so far as there is room. @param {string} line */
  #tokens(line) {
    const known = [...(this.#model?.vocabulary ?? "")];
    const bos = (this.#model?.vocabulary_size ?? 1) - 1;
    const characters = [...line].slice(0, LINE);
    // A model that went on with another text may number its characters differently.
    const numbers = known.length === bos ? characters.map((each) => String(known.indexOf(each))) : [];
    const whole = characters.length === [...line].length;
    return [
      token("BOS", String(bos)),
      ...characters.map((each, i) => token(tokenSign(each), numbers[i] ?? "")),
      whole ? token("BOS", String(bos)) : token("…", ""),
    ];
  }

  /** @param {Described} model */
  #showParts({ parameters, hyperparameters, vocabulary_size }) {
    const [width, layers, block] = ["n_embd", "n_layer", "block_size"].map((name) => Number(hyperparameters[name]));
    if (!width || !layers || !block) return;
    const of = (/** @type {number[]} */ ...factors) => factors.filter((factor, i) => i === 0 || factor !== 1);
    /** @type {[string, number[]][]} */
    const rows = [
      ["what each character means (wte)", [vocabulary_size, width]],
      ["what each place means (wpe)", [block, width]],
      ["attention", of(4, width, width, layers)],
      ["MLP", of(8, width, width, layers)],
      ["scores for what comes next (lm_head)", [vocabulary_size, width]],
    ];
    const product = (/** @type {number[]} */ factors) => factors.reduce((a, b) => a * b);
    const sum = rows.reduce((total, [, factors]) => total + product(factors), 0);
    parts.hidden = sum !== parameters;
    parts.tBodies[0]?.replaceChildren(
      ...rows.map(([part, factors]) => {
        const row = element("tr");
        const name = element("th", part);
        name.scope = "row";
        row.append(name, element("td", factors.join(" × ")), element("td", grouped(product(factors))));
        return row;
      }),
    );
  }

  /** @param {number} loss nats */
  #showLoss(loss) {
    const size = this.#model?.vocabulary_size ?? 1;
    const known = Number.isFinite(loss);
    const choices = Math.exp(loss);
    write({ loss: known ? loss.toFixed(2) : "–", choices: known ? choices.toFixed(1) : "–" });
    torn.replaceChildren(
      bar("blind guess", 1, grouped(size)),
      bar("this model", known ? Math.min(1, choices / size) : 0, known ? choices.toFixed(1) : "–"),
    );
  }
}

/** @param {Record<string, string>} figures by the names that index.html has for them */
function write(figures) {
  for (const [name, text] of Object.entries(figures)) {
    for (const place of article.querySelectorAll(`[data-live="${name}"]`)) place.textContent = text;
  }
}

/**
 * @param {string} character
 * @param {string} number
 */
function token(character, number) {
  const item = element("li", "", character === "BOS" ? "bos" : "");
  item.append(element("bdi", character), " ", element("span", number));
  return item;
}

/**
 * @param {string} name
 * @param {number} share of the whole width
 * @param {string} value
 */
function bar(name, share, value) {
  const item = element("li");
  const line = element("span", "", "bar-line");
  line.style.setProperty("--share", String(share));
  item.append(element("bdi", name), " ", line, element("span", value, "value"));
  return item;
}
