/**
 * Step 4: the model as a link, as a QR code, as a file, as a program.
 * Python makes all of them; this shows what each costs and hands it over.
 */

import { clearAlert, showError } from "../page/alerts.js";
import { WorkerError } from "../page/client.js";
import { byId, element, saveFile } from "../page/dom.js";
import { counted, fileName, grouped } from "../page/format.js";
import { Queue } from "../page/queue.js";
import { address as siteAddress } from "../page/site.js";

/** How many characters a message can have, by the programs' own documentation. */
const PROGRAMS = [
  { name: "Discord", characters: 2000 },
  { name: "Slack", characters: 4000 },
  { name: "Telegram", characters: 4096 },
  { name: "WhatsApp", characters: 65_536 },
];
/** The worker's method, and a word for the file's name. */
const MODEL = /** @type {const} */ (["saveModel", "model"]);
const RUN = /** @type {const} */ (["saveRun", "run"]);
const RECIPE = "recipe";
const RECIPE_CHARACTERS = 32_000; // browsers take far more, people and programs don't
const MANY = 30_000; // weights, for which measuring takes seconds
const COPIED_MS = 2000; // for which the button says so
const DIGITS = 4; // of a loss in nats: what the measuring is good for

const dialog = /** @type {HTMLDialogElement} */ (byId("share-dialog"));
const form = /** @type {HTMLFormElement} */ (byId("share-form"));
const address = /** @type {HTMLTextAreaElement} */ (byId("share-address"));
const facts = byId("share-facts");
const qr = byId("share-qr");
const copy = /** @type {HTMLButtonElement} */ (byId("copy-link"));
const downloadQr = /** @type {HTMLButtonElement} */ (byId("download-qr"));

export class SharePanel {
  /** The model: the name of the text that it learned from, and how many weights it has. */
  #model = { name: "", parameters: 0 };
  #client;
  #maxQr;
  #links = new Queue();
  #svg = "";

  /**
   * @param {import("../page/client.js").Client} client
   * @param {Site} site
   */
  constructor(client, site) {
    this.#client = client;
    this.#maxQr = site.maxQrCharacters;
    byId("share").addEventListener("click", () => {
      dialog.showModal();
      this.#make();
    });
    form.addEventListener("change", () => this.#make());
    form.addEventListener("submit", (event) => event.preventDefault()); // by Enter, on a choice
    byId("close-share").addEventListener("click", () => dialog.close());
    copy.addEventListener("click", () => void this.#copy());
    downloadQr.addEventListener("click", () => {
      saveFile(fileName(`qr ${this.#model.name}`, "svg"), [this.#svg], "image/svg+xml");
    });
    byId("save-model").addEventListener("click", () => void this.#save(...MODEL));
    byId("save-run").addEventListener("click", () => void this.#save(...RUN));
    byId("save-twin").addEventListener("click", () => void this.#saveTwin());
  }

  /** Another model takes the place of the one that the dialog is about. */
  close() {
    dialog.close();
  }

  /** Which model the dialog is about. @param {{name: string, parameters: number}} model */
  describe({ name, parameters }) {
    this.#model = { name, parameters };
  }

  /** The link of the chosen kind, in place of one that is still being made. */
  #make() {
    const kind = String(new FormData(form).get("share-kind"));
    const large = this.#model.parameters > MANY;
    this.#clear(large ? "Measuring… That takes a while for a large model." : "Measuring…");
    void this.#links.run("newest wins", (signal) => this.#show(kind, signal));
  }

  /**
   * A link, with what is to be known of it.
   * @param {string} kind
   * @param {AbortSignal} signal that another one was chosen
   */
  async #show(kind, signal) {
    try {
      const site = siteAddress("");
      const report =
        kind === RECIPE
          ? await this.#client.call("recipe", site, RECIPE_CHARACTERS)
          : await this.#client.call("link", site, Number(kind));
      if (signal.aborted) return;
      address.value = report.address;
      facts.replaceChildren(...("loss" in report ? this.#costs(report) : this.#contents(report)));
      copy.disabled = false;
    } catch (error) {
      if (signal.aborted) return;
      this.#clear("");
      if (!(error instanceof WorkerError && error.name === "MicrogptError")) {
        dialog.close();
        return showError(error, "The model is kept.", "share");
      }
      const save = element("button", "Save as a file instead", "quiet");
      save.type = "button";
      const [method, what] = kind === RECIPE ? RUN : MODEL;
      save.addEventListener("click", () => void this.#save(method, what));
      facts.replaceChildren(element("p", error.message), save);
      return;
    }
    await this.#showQr(signal).catch((error) => {
      console.warn(error);
      facts.append(element("p", "The QR code could not be made: check the connection. The link is fine."));
    });
  }

  /** @param {string} message */
  #clear(message) {
    address.value = "";
    facts.textContent = message;
    qr.hidden = true;
    copy.disabled = downloadQr.disabled = true;
  }

  /** @param {LinkReport} report */
  #costs(report) {
    return [
      this.#length(report.characters),
      element("p", cost(report)),
      element("p", `It says where it comes from: “${report.provenance}”. The text is not in it.`),
    ];
  }

  /** @param {RecipeReport} report */
  #contents(report) {
    return [
      this.#length(report.characters),
      element(
        "p",
        report.example
          ? "The text is one of this page's examples, so the link has only its name."
          : "The text itself is in it: whoever has the link can read it.",
      ),
    ];
  }

  /** @param {number} characters */
  #length(characters) {
    const fits = PROGRAMS.filter((program) => characters <= program.characters);
    const not = PROGRAMS.filter((program) => characters > program.characters);
    const names = (/** @type {typeof PROGRAMS} */ programs) =>
      programs.map((p) => `${p.name} (${grouped(p.characters)})`).join(", ");
    const line = element("p");
    line.append(element("strong", `${counted(characters, "character")}.`));
    if (fits.length) line.append(` Fits a message in ${names(fits)}.`);
    if (not.length) line.append(` Too long for ${names(not)}.`);
    return line;
  }

  /** @param {AbortSignal} signal */
  async #showQr(signal) {
    if (address.value.length > this.#maxQr) {
      const limit = `Too long for a QR code, which holds ${grouped(this.#maxQr)} characters.`;
      facts.append(element("p", limit));
      return;
    }
    const svg = await this.#client.call("qrCode", address.value);
    if (signal.aborted) return;
    this.#svg = svg;
    const image = element("img");
    image.alt = "";
    image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    qr.replaceChildren(image);
    qr.hidden = false;
    downloadQr.disabled = false;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(address.value);
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy link"), COPIED_MS);
    } catch {
      // Without https, or where it is forbidden: leave it selected instead.
      address.focus();
      address.select();
      copy.textContent = "Selected: press Ctrl+C";
      setTimeout(() => (copy.textContent = "Copy link"), COPIED_MS);
    }
  }

  /**
   * @param {"saveModel" | "saveRun"} method
   * @param {string} what
   */
  async #save(method, what) {
    try {
      const bytes = await this.#client.call(method);
      saveFile(fileName(`${what} ${this.#model.name}`, "safetensors"), [bytes], "application/octet-stream");
      clearAlert("share");
    } catch (error) {
      showError(error, "The model is kept.", "share");
    }
  }

  async #saveTwin() {
    try {
      const program = await this.#client.call("twin");
      saveFile(fileName(`microgpt ${this.#model.name}`, "py"), [program], "text/x-python");
      clearAlert("share");
    } catch (error) {
      showError(error, "The model is kept.", "share");
    }
  }
}

/** What is lost, in a sentence. @param {LinkReport} report */
function cost({ loss, loss_in_link, documents, unseen, measured_on }) {
  if (loss == null || loss_in_link == null) {
    return "What it costs can't be measured: there is no text here that the model can read.";
  }
  if (!Number.isFinite(loss)) return "Its loss can't be computed any more: training has spoilt this model.";
  const lines = `${counted(documents, "line")} of ${measured_on}${unseen ? " that it never learned from" : ""}`;
  const lost = loss_in_link - loss;
  return (
    `Loss on ${lines}: ${loss.toFixed(DIGITS)} as it is, ${loss_in_link.toFixed(DIGITS)} in the link. ` +
    (lost < 0.5 * 10 ** -DIGITS
      ? "The link costs nothing that can be measured."
      : `The link costs ${lost.toFixed(DIGITS)} nats.`)
  );
}
