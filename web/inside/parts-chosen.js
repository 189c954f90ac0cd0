/**
 * The part that the visitor has chosen: what the model makes up with and without it and, of
 * a neuron, what it answers to and what it does. Not about what all parts are worth: parts.js.
 */

import { visible } from "../page/characters.js";
import { element } from "../page/dom.js";
import { capital, counted, fixed, grouped, percent, signed } from "../page/format.js";
import { BarChart } from "./bar-chart.js";
import { Figure } from "./figure.js";
import { neuronOf, partName } from "./names.js";
import { headed } from "./table.js";
import { tokenName, tokenSign, tokenWords } from "../page/tokens.js";
import { linesWords, worthOf, worthWords } from "./worth.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./moment.js").Moment} Moment */

const SAMPLES = 20;
const EACH = 8; // tokens that are raised most, and lowered most
const MOST_OPTIONS = 1200;

export class ChosenPart {
  element = element("section", "", "chosen-part");
  #desk;
  /** @type {Moment | null} */
  #moment = null;
  #part = "";
  #choice = element("select");
  #found = element("div", "", "inside-pane");
  #title = element("h3");
  #worth = element("p");
  #samples = element("div", "", "pairs");
  #same = element("p", "", "help");
  #neuron = element("div", "", "inside-pane");
  #active = element("p");
  #beginnings = element("ol", "", "beginnings");
  #bars = new BarChart();
  #effects = new Figure(this.#bars.picture, "effects-of-a-neuron");
  /** @type {Effect[]} */
  #drawn = [];
  /** @type {Ablation | null} */
  #ablation = null;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    const field = element("div", "", "field");
    const label = element("label", "Without which part?");
    label.htmlFor = this.#choice.id = "parts-choice";
    field.append(label, this.#choice, element("p", "Choose one here, or in a picture.", "help"));
    this.#choice.append(new Option("none", ""));
    this.#choice.addEventListener("change", () => this.choose(this.#choice.value));
    this.#same.role = "status";
    this.#bars.addEventListener("point", (event) => this.#read(/** @type {CustomEvent} */ (event).detail));
    this.#neuron.append(this.#active, element("h4", "What moves it most"), this.#beginnings, this.#effects.element);
    this.#found.append(this.#title, this.#worth, this.#neuron, this.#same, this.#samples);
    this.#found.hidden = true;
    this.element.ariaLabel = "A part that is chosen";
    this.element.append(field, this.#found);
  }

  /** Another moment: what is shown of the chosen part is to be that moment's. @param {Moment} moment */
  async show(moment) {
    this.#moment = moment;
    this.#ablation = null;
    if (this.#part) await this.#look();
  }

  /** What there is to be chosen, as far as it is measured. @param {Ablation} ablation */
  offer(ablation) {
    const { parts, planned } = ablation;
    const another = this.#choice.dataset.planned !== String(planned);
    if (another) {
      this.#choice.replaceChildren(new Option("none", ""));
      this.#choice.dataset.planned = String(planned);
    }
    const offered = parts.length > MOST_OPTIONS ? parts.slice(0, MOST_OPTIONS) : parts;
    this.#choice.append(...offered.slice(this.#choice.length - 1).map(({ part }) => new Option(partName(part), part)));
    this.#choice.value = this.#part;
    this.#ablation = ablation;
    this.#tellWorth();
  }

  /** None is chosen any more. */
  drop() {
    this.#part = this.#choice.value = "";
    this.#found.hidden = true;
  }

  /** @param {string} part "" for none */
  choose(part) {
    this.#part = this.#choice.value = part;
    void this.#desk.attempt(async () => {
      await this.#look();
      if (part) this.#title.scrollIntoView({ block: "nearest" });
    });
  }

  async #look() {
    const part = this.#part;
    if (!part) this.#found.hidden = true;
    if (!part || !this.#moment) return;
    const place = neuronOf(part);
    const neuron = place && (await this.#moment.ask("neuron", place.layer, place.index));
    const { temperature } = this.#desk;
    const samples = await this.#moment.ask("without", part, SAMPLES, temperature);
    if (part !== this.#part) return; // another one is chosen by now
    this.#found.hidden = false;
    this.#title.textContent = `Without ${partName(part)}`;
    this.#tellWorth();
    this.#tellSamples(samples, temperature);
    this.#neuron.hidden = !neuron;
    if (neuron) this.#tellNeuron(neuron);
  }

  #tellWorth() {
    const worth = this.#ablation && worthOf(this.#ablation, this.#part);
    this.#worth.textContent = worth ? worthWords(worth) : "What it is worth is being measured.";
  }

  /** @param {Without} samples @param {number} temperature */
  #tellSamples({ whole, without }, temperature) {
    const caption = `Samples at temperature ${fixed(temperature)}, line by line from the same random numbers`;
    const { table, body } = headed(["The whole model", "Without the part"], caption);
    this.#samples.replaceChildren(table);
    whole.forEach((text, i) => {
      const row = body.insertRow();
      const other = without[i] ?? "";
      row.insertCell().append(element("bdi", visible(text)));
      const cell = row.insertCell();
      cell.append(element("bdi", visible(other)));
      if (other === text) cell.className = "same";
    });
    const same = whole.filter((text, i) => text === without[i]).length;
    this.#same.textContent = `${grouped(same)} of ${grouped(whole.length)} samples are the same without it.`;
  }

  /** @param {Neuron} neuron */
  #tellNeuron(neuron) {
    const { documents, active, beginnings, effects, direct } = neuron;
    this.#active.textContent = documents
      ? `It is active at ${percent(active)} of the positions of ${linesWords(neuron)}.`
      : "There are no lines to read, to see what moves it.";
    this.#beginnings.replaceChildren(...beginnings.map(beginning));
    if (!beginnings.length) this.#beginnings.append(element("li", "Nothing does in those lines."));
    this.#drawn = effects.length > 2 * EACH ? [...effects.slice(0, EACH), ...effects.slice(-EACH)] : effects;
    const after = direct ? "" : " Layers that come after it can make something else of that.";
    this.#effects.describe(
      "What it does to the logits",
      `What each token's logit gets for every unit that the neuron is active. ${counted(Math.min(EACH, effects.length), "token")} that it raises most, and lowers most; BOS is the end of a line.${after}`,
    );
    this.#effects.tabulate(["token", "logit"], () => effects.map(({ token, logit }) => [tokenName(token), logit]));
    this.#bars.show(this.#drawn.map(({ token, logit }) => ({ name: tokenSign(token), value: logit, words: signed(logit) })));
  }

  /** @param {number | null} row */
  #read(row) {
    const effect = row === null ? undefined : this.#drawn[row];
    if (!effect) return this.#effects.read("");
    const { token, logit } = effect;
    this.#effects.read(`${capital(tokenWords(token, "the end"))}: ${logit < 0 ? "lowered" : "raised"} by ${fixed(Math.abs(logit))} for every unit.`);
  }
}

/** The beginning of a line, its last letter emphasised. @param {Beginning} beginning */
function beginning({ text, activation }) {
  const letters = [...text];
  const last = letters.pop() ?? ""; // BOS alone
  const item = element("li");
  const whole = element("bdi", visible(letters.join("")));
  whole.append(element("b", tokenSign(last)));
  item.append(whole, " ", element("small", fixed(activation)));
  return item;
}
