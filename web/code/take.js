/**
 * What is left of a changed run, to take along: the run as a file, a program, links. All of it
 * comes from the worker that runs changed code, so it is no more than that says; heard.js sees
 * to its kind and size, and links lead to this page. Not about opening it: brought.js.
 */

import { byId, element, saveFile } from "../page/dom.js";
import { fileName } from "../page/format.js";
import { contents, costs, length } from "../panels/share-words.js";

const STATES = ["paused", "ended"]; // in which there is something to take, and time for it
const NO_CODE =
  "Its code is not in this link. Who opens it is told that the algorithm was changed, and can’t sample it: send the recipe, or the saved run.";
const WITH_CODE = "The changed code is in it. Who opens it sees that as a difference; nothing runs before they press a button.";

const section = byId("code-take");
const buttons = /** @type {HTMLButtonElement[]} */ ([...section.querySelectorAll(".buttons button")]);
const said = byId("take-said");
const link = byId("take-link");
const address = /** @type {HTMLTextAreaElement} */ (byId("take-address"));
const facts = byId("take-facts");

/** The panel that runs changed code. @typedef {EventTarget & {client: import("./confined.js").ConfinedClient, state: string, run: RunReport | null}} ChangedRuns */

export class TakePanel {
  #runs;

  /** @param {ChangedRuns} runs announces `state` */
  constructor(runs) {
    this.#runs = runs;
    const { client } = runs;
    runs.addEventListener("state", () => this.#follow());
    client.on("linking", ({ doing }) => section.ariaBusy === "true" && (said.textContent = `${doing}…`));
    byId("take-run").addEventListener("click", () => void this.#do("Saving the run…", () => this.#saveRun()));
    byId("take-twin").addEventListener("click", () => void this.#do("Writing the program…", () => this.#saveTwin()));
    byId("take-recipe").addEventListener("click", () => void this.#do("Writing the recipe…", () => this.#recipe()));
    byId("take-model").addEventListener("click", () => void this.#do("Looking for the shortest link that keeps the model…", () => this.#model()));
    this.#follow();
  }

  #follow() {
    const { state, run } = this.#runs;
    section.hidden = !STATES.includes(state);
    link.hidden = true;
    said.textContent = "";
    if (state === "ended" && run?.follows_recipe) void this.#compare();
  }

  /** With what the recipe promises. */
  async #compare() {
    const outcome = await this.#runs.client.recipeOutcome().catch(() => null); // the run says what is wrong
    if (!outcome || this.#runs.state !== "ended") return;
    said.textContent = `Trained again as the recipe says: ${outcome.same ? "every bit of the model is the same" : "the model is not quite the same"}.`;
  }

  get #name() {
    return this.#runs.run?.name ?? "";
  }

  /**
   * One after the other.
   * @param {string} doing
   * @param {() => Promise<string>} what gives what is said in the end
   */
  async #do(doing, what) {
    const pressed = document.activeElement;
    this.#busy(true);
    said.textContent = doing;
    link.hidden = true;
    try {
      said.textContent = await what();
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      const words = name === "MicrogptError" ? message : `This could not be made: ${message.replace(/\.$/, "")}.`;
      said.textContent = `${words} Your text and your code are as they were.`;
    }
    this.#busy(false);
    // A button that was switched off has lost the keyboard.
    if (pressed instanceof HTMLElement && document.activeElement === document.body) pressed.focus({ preventScroll: true });
  }

  /** @param {boolean} busy */
  #busy(busy) {
    section.ariaBusy = String(busy);
    for (const button of buttons) button.disabled = busy;
  }

  async #saveRun() {
    const bytes = await this.#runs.client.saveRun();
    saveFile(fileName(`changed run ${this.#name}`, "safetensors"), [bytes], "application/octet-stream");
    return `The run is saved, with its text. ${WITH_CODE}`;
  }

  async #saveTwin() {
    const program = await this.#runs.client.twin();
    saveFile(fileName(`changed microgpt ${this.#name}`, "py"), [program], "text/x-python");
    return "The program is saved. It has the changed algorithm in it, and says so at its head.";
  }

  async #recipe() {
    const report = await this.#runs.client.recipe();
    return this.#show(report, [element("p", WITH_CODE), ...contents(report)], "The recipe");
  }

  async #model() {
    const report = await this.#runs.client.link();
    if (!report) return "";
    return this.#show(report, [element("p", NO_CODE, "warning"), ...costs(report)], "The model’s link");
  }

  /**
   * @param {{address: string, characters: number}} report
   * @param {HTMLElement[]} words
   * @param {string} what
   */
  async #show(report, words, what) {
    address.value = report.address;
    facts.replaceChildren(...words, length(report.characters));
    link.hidden = false;
    try {
      await navigator.clipboard.writeText(report.address);
      return `${what} is copied.`;
    } catch {
      // Without https, or where it is forbidden, or too long after the press: leave it selected.
      address.focus({ preventScroll: true });
      address.select();
      return `${what} is selected: press Ctrl+C.`;
    }
  }
}
