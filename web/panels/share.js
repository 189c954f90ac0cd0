/**
 * Step 4: the model as a link, as a QR code, as a file, as a program.
 * Python makes all of them; this shows what each costs and hands it over.
 */

import { clearAlert, showError } from "../page/alerts.js";
import { WorkerError } from "../page/client.js";
import { byId, element, saveFile } from "../page/dom.js";
import { fileName, grouped } from "../page/format.js";
import { Queue } from "../page/queue.js";
import { address as siteAddress } from "../page/site.js";
import { RECIPE_CHARACTERS, contents, costs, length } from "./share-words.js";

/** The worker's method, and a word for the file's name. */
const MODEL = /** @type {const} */ (["saveModel", "model"]);
const RUN = /** @type {const} */ (["saveRun", "run"]);
const RECIPE = "recipe";
const COPIED_MS = 2000; // for which the button says so
const BEST = "best"; // in place of a number of characters

const dialog = /** @type {HTMLDialogElement} */ (byId("share-dialog"));
const form = /** @type {HTMLFormElement} */ (byId("share-form"));
const address = /** @type {HTMLTextAreaElement} */ (byId("share-address"));
const facts = byId("share-facts");
const progress = byId("share-progress");
const compared = byId("share-samples");
const qr = byId("share-qr");
const copy = /** @type {HTMLButtonElement} */ (byId("copy-link"));
const send = /** @type {HTMLButtonElement} */ (byId("send-link"));
const downloadQr = /** @type {HTMLButtonElement} */ (byId("download-qr"));

export class SharePanel {
  /** The model: the name of the text that it learned from, and how many weights it has. */
  #model = { name: "", parameters: 0 };
  #client;
  #maxQr;
  #links = new Queue();
  /** What was made for this model since the dialog was opened, by its kind. @type {Map<string, LinkReport | RecipeReport>} */
  #made = new Map();
  #svg = "";

  /**
   * @param {import("../page/client.js").Client} client
   * @param {Site} site
   */
  constructor(client, site) {
    this.#client = client;
    this.#maxQr = site.maxQrCharacters;
    byId("share").addEventListener("click", () => {
      form.reset();
      this.#made.clear();
      dialog.showModal();
      this.#make(BEST);
    });
    form.addEventListener("change", () => this.#make(String(new FormData(form).get("share-kind"))));
    form.addEventListener("submit", (event) => event.preventDefault()); // by Enter, on a choice
    dialog.addEventListener("close", () => this.#stop());
    byId("close-share").addEventListener("click", () => dialog.close());
    copy.addEventListener("click", () => void this.#copy());
    send.hidden = !("share" in navigator);
    send.addEventListener("click", () => void this.#send());
    downloadQr.addEventListener("click", () => {
      saveFile(fileName(`qr ${this.#model.name}`, "svg"), [this.#svg], "image/svg+xml");
    });
    byId("save-model").addEventListener("click", () => void this.#save(...MODEL));
    byId("save-run").addEventListener("click", () => void this.#save(...RUN));
    byId("save-twin").addEventListener("click", () => void this.#saveTwin());
    client.on("linking", ({ doing }) => {
      if (!progress.hidden) facts.textContent = `${doing}…`;
    });
  }

  /** Another model takes the place of the one that the dialog is about. */
  close() {
    dialog.close();
  }

  /** Which model the dialog is about. @param {{name: string, parameters: number}} model */
  describe({ name, parameters }) {
    this.#model = { name, parameters };
  }

  /** Nothing is made any more. */
  #stop() {
    this.#links.cancel();
    void this.#client.call("stopLink").catch(() => {}); // a worker that has ended makes none
  }

  /** The link of a kind, in place of one that is still being made. @param {string} kind */
  #make(kind) {
    this.#stop();
    this.#clear(kind === BEST ? "Looking for the shortest link that keeps the model…" : "Measuring…");
    progress.hidden = false;
    void this.#links.run("newest wins", (signal) => this.#show(kind, signal));
  }

  /**
   * A link, with what is to be known of it.
   * @param {string} kind
   * @param {AbortSignal} signal that another one was chosen
   */
  async #show(kind, signal) {
    try {
      const report = kind === BEST ? await this.#best(signal) : await this.#report(kind);
      if (signal.aborted || !report) return;
      progress.hidden = true;
      address.value = report.address;
      facts.replaceChildren(...("loss" in report ? costs(report) : contents(report)), length(report.characters));
      if ("loss" in report) showSamples(report);
      copy.disabled = send.disabled = false;
    } catch (error) {
      if (signal.aborted) return;
      this.#clear("");
      if (!isMendable(error)) {
        dialog.close();
        return showError(error, "The model is kept.", "share");
      }
      const save = element("button", "Save as a file instead", "quiet");
      save.type = "button";
      const [method, what] = kind === RECIPE ? RUN : MODEL;
      save.addEventListener("click", () => void this.#save(method, what));
      facts.replaceChildren(element("p", /** @type {Error} */ (error).message), save);
      return;
    }
    await this.#showQr(signal).catch((error) => {
      console.warn(error);
      facts.append(element("p", "The QR code could not be made: check the connection. The link is fine."));
    });
  }

  /**
   * The shortest link that is faithful, which is then the chosen one; the recipe where there is none.
   * @param {AbortSignal} signal that it isn't wanted any more
   */
  async #best(signal) {
    const report = await this.#client.call("link", siteAddress("")).catch((error) => {
      if (isMendable(error)) return error;
      throw error;
    });
    if (signal.aborted || !report) return null;
    if (!(report instanceof Error)) {
      const kind = kindOf(report.characters);
      this.#made.set(kind, report);
      // Without a text nobody knows what it costs; it is the first that there is room for.
      if (report.faithful || report.loss == null) return choose(kind), report;
    }
    try {
      const recipe = await this.#report(RECIPE);
      if (!signal.aborted) choose(RECIPE);
      return recipe;
    } catch (error) {
      if (!isMendable(error)) throw error;
      if (report instanceof Error) throw report;
      if (!signal.aborted) choose(kindOf(report.characters)); // it says what it costs
      return report;
    }
  }

  /** @param {string} kind */
  async #report(kind) {
    const made = this.#made.get(kind);
    if (made) return made;
    const site = siteAddress("");
    const report =
      kind === RECIPE
        ? await this.#client.call("recipe", site, RECIPE_CHARACTERS)
        : await this.#client.call("link", site, Number(kind));
    if (report) this.#made.set(kind, report);
    return report;
  }

  /** @param {string} message */
  #clear(message) {
    address.value = "";
    facts.textContent = message;
    qr.hidden = compared.hidden = progress.hidden = true;
    copy.disabled = send.disabled = downloadQr.disabled = true;
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
      address.focus({ preventScroll: true });
      address.select();
      copy.textContent = "Selected: press Ctrl+C";
      setTimeout(() => (copy.textContent = "Copy link"), COPIED_MS);
    }
  }

  /** Through whatever the device shares with. */
  async #send() {
    try {
      await navigator.share({ title: `A model of ${this.#model.name}`, url: address.value });
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") return; // the visitor thought again
      facts.append(element("p", "This device could not share it. Copy the link instead."));
    }
  }

  /**
   * @param {"saveModel" | "saveRun"} method
   * @param {string} what
   */
  async #save(method, what) {
    try {
      const file = await this.#client.call(method);
      saveFile(fileName(`${what} ${this.#model.name}`, "safetensors"), [file], "application/octet-stream");
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

/** @param {unknown} error */
function isMendable(error) {
  return error instanceof WorkerError && error.name === "MicrogptError";
}

/** The choice that a link belongs to. @param {number} characters */
function kindOf(characters) {
  const kinds = choices().map(({ value }) => value);
  return kinds.find((kind) => characters <= Number(kind)) ?? RECIPE;
}

function choices() {
  return /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=share-kind]")]);
}

/** @param {string} kind */
function choose(kind) {
  for (const choice of choices()) choice.checked = choice.value === kind;
}

/** Side by side, so that one sees the difference. @param {LinkReport} report */
function showSamples({ samples, own_samples }) {
  const rows = own_samples.map((own, i) => {
    const row = element("tr");
    row.append(element("td", own || "∅"), element("td", samples[i] || "∅"));
    return row;
  });
  compared.querySelector("tbody")?.replaceChildren(...rows);
  compared.hidden = !rows.length;
}
