/**
 * Step 4: the model as a link, as a QR code, as a file, as a program.
 * Python makes all of them; this shows what each costs and hands it over.
 */

import { clearAlert, showError } from "./alerts.js";
import { WorkerError } from "./client.js";
import { byId, counted, element, fileName, grouped, saveFile } from "./format.js";

/** How many characters a message may have, by the programs' own documentation. */
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
const share = /** @type {HTMLButtonElement} */ (byId("share"));
const saveModel = /** @type {HTMLButtonElement} */ (byId("save-model"));
const saveRun = /** @type {HTMLButtonElement} */ (byId("save-run"));
const saveTwin = /** @type {HTMLButtonElement} */ (byId("save-twin"));

export class SharePanel {
  /** The name of the text that the model learned from. */
  textName = "";
  /** How many weights it has. */
  parameters = 0;
  #client;
  #maxQr;
  /** Comes with each request, so that the answer to an earlier one is let go. */
  #ticket = 0;
  #svg = "";

  /**
   * @param {import("./client.js").Client} client
   * @param {Site} site
   */
  constructor(client, site) {
    this.#client = client;
    this.#maxQr = site.maxQrCharacters;
    share.addEventListener("click", () => {
      dialog.showModal();
      void this.#make();
    });
    form.addEventListener("change", () => void this.#make());
    form.addEventListener("submit", (event) => event.preventDefault()); // by Enter, on a choice
    byId("close-share").addEventListener("click", () => dialog.close());
    copy.addEventListener("click", () => void this.#copy());
    downloadQr.addEventListener("click", () => {
      saveFile(fileName(`qr ${this.textName}`, "svg"), [this.#svg], "image/svg+xml");
    });
    saveModel.addEventListener("click", () => void this.#save(...MODEL));
    saveRun.addEventListener("click", () => void this.#save(...RUN));
    saveTwin.addEventListener("click", () => void this.#saveTwin());
  }

  /** Another model takes the place of the one that the dialog is about. */
  close() {
    dialog.close();
  }

  /** What there is to share now. @param {{model: boolean, run: boolean}} there */
  set available({ model, run }) {
    share.disabled = saveModel.disabled = !model;
    saveRun.disabled = saveTwin.disabled = !run;
  }

  /** The link of the chosen kind, with what is to be known of it. */
  async #make() {
    const ticket = ++this.#ticket;
    const kind = String(new FormData(form).get("share-kind"));
    this.#clear(this.parameters > MANY ? "Measuring… That takes a while for a large model." : "Measuring…");
    try {
      const site = new URL(".", location.href).href;
      const report =
        kind === RECIPE
          ? await this.#client.call("recipe", site, RECIPE_CHARACTERS)
          : await this.#client.call("link", site, Number(kind));
      if (ticket !== this.#ticket || !report) return;
      address.value = report.address;
      facts.replaceChildren(...("loss" in report ? this.#model(report) : this.#recipe(report)));
      copy.disabled = false;
    } catch (error) {
      if (ticket !== this.#ticket) return;
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
    await this.#showQr(ticket).catch((error) => {
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
  #model(report) {
    return [
      this.#length(report.characters),
      element("p", cost(report)),
      element("p", `It says where it comes from: “${report.provenance}”. The text is not in it.`),
    ];
  }

  /** @param {RecipeReport} report */
  #recipe(report) {
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

  /** @param {number} ticket */
  async #showQr(ticket) {
    if (address.value.length > this.#maxQr) {
      const limit = `Too long for a QR code, which holds ${grouped(this.#maxQr)} characters.`;
      facts.append(element("p", limit));
      return;
    }
    const svg = await this.#client.call("qrCode", address.value);
    if (ticket !== this.#ticket) return;
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
      saveFile(fileName(`${what} ${this.textName}`, "safetensors"), [bytes], "application/octet-stream");
      clearAlert("share");
    } catch (error) {
      showError(error, "The model is kept.", "share");
    }
  }

  async #saveTwin() {
    try {
      const program = await this.#client.call("twin");
      saveFile(fileName(`microgpt ${this.textName}`, "py"), [program], "text/x-python");
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
  if (!Number.isFinite(loss)) return "Its loss is no number any more: training has spoilt this model.";
  const lines = `${counted(documents, "line")} of ${measured_on}${unseen ? " that it never learned from" : ""}`;
  const lost = loss_in_link - loss;
  return (
    `Loss on ${lines}: ${loss.toFixed(DIGITS)} as it is, ${loss_in_link.toFixed(DIGITS)} in the link. ` +
    (lost < 0.5 * 10 ** -DIGITS
      ? "The link costs nothing that can be measured."
      : `The link costs ${lost.toFixed(DIGITS)} nats.`)
  );
}
