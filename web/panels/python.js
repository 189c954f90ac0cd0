/** Python as the visitor sees it: how far it has loaded, that it is up, that it has broken down. */

import { showAlert } from "../page/alerts.js";
import { byId } from "../page/dom.js";
import { megabytes } from "../page/format.js";
import { keepForOffline } from "../page/offline.js";

const STALLED_MS = 60_000; // without a byte or a sign of life while Python loads

const bar = /** @type {HTMLProgressElement} */ (byId("loading-progress"));
const text = byId("loading-text");

export class PythonPanel {
  /** What the visitor still has when Python breaks down, in sentences. */
  whatIsLeft = () => "Your file is untouched.";
  #client;
  #state;
  #watchdog = 0;
  #hasBeenUp = false;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   */
  constructor(client, state) {
    this.#client = client;
    this.#state = state;
    client.on("loading", (progress) => this.#loading(progress));
    client.on("ready", () => this.#ready());
    client.on("failed", (error) => this.fail(error));
    client.addEventListener("restarted", () => this.#alive());
    this.#alive();
  }

  /** Nothing can be asked of Python any more. @param {WireError} error */
  fail(error) {
    const loading = this.#state.name === "loading";
    if (!this.#state.happen("break")) return;
    this.#loaded();
    this.#client.end();
    console.error(error.stack || error.message);
    const what = loading ? "Python could not be started." : "Python has stopped working.";
    const remedy = loading ? "Check the connection, then reload the page." : "Reload the page.";
    text.textContent = what;
    const message = error.message.replace(/\.?$/, ".");
    showAlert(`${what} ${message} ${this.whatIsLeft()} ${remedy}`, {
      action: { label: "Reload", press: () => location.reload() },
    });
  }

  /** @param {Events["loading"]} progress */
  #loading({ bytes, total, stage }) {
    if (this.#state.name !== "loading") return; // what is fetched later is no part of the start
    this.#alive();
    bar.max = total;
    bar.value = bytes;
    text.textContent = `${stage}: ${megabytes(bytes)} of ${megabytes(total)}. You can choose your text already.`;
  }

  #ready() {
    if (!this.#state.happen("up")) return;
    this.#loaded();
    if (this.#hasBeenUp) return;
    this.#hasBeenUp = true;
    void keepForOffline(byId("offline")); // not before: it would compete with Python for the network
  }

  #loaded() {
    clearTimeout(this.#watchdog);
  }

  /** Any sign of life puts the time-out off: Pyodide itself never reports that it is stuck. */
  #alive() {
    clearTimeout(this.#watchdog);
    const message = `Nothing has arrived for ${STALLED_MS / 1000} seconds.`;
    const stalled = () => this.fail({ name: "Error", message, stack: "" });
    this.#watchdog = window.setTimeout(stalled, STALLED_MS);
  }
}
