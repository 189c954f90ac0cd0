/**
 * What this browser keeps of the current run, said in a line; and the visitor's
 * choice: to keep nothing, to delete everything.
 * Not about the runs that are kept: kept-runs.js.
 */

import { removeCode, restoreCode } from "../kept/code.js";
import { removeFavourites, restoreFavourites } from "../kept/favourites.js";
import { announce } from "../kept/news.js";
import { obstacle, removeAll, restore } from "../kept/store.js";
import { isWanted, remember, WISH } from "../kept/wish.js";
import { byId } from "../page/dom.js";
import { counted, grouped, megabytes } from "../page/format.js";

const keep = /** @type {HTMLInputElement} */ (byId("keep"));
const status = byId("kept");
const deleteAll = /** @type {HTMLButtonElement} */ (byId("delete-kept"));

/** Announces `deleting` before everything is deleted, `deleted` when it was, `back` when it is, and `change` then and when the visitor has chosen otherwise. */
export class KeptPanel extends EventTarget {
  /** What is kept of the current run. @type {KeptRun | null} */
  #about = null;
  /** The id under which it is kept, or "". */
  #id = "";
  #client;
  #undo;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("./undo.js").UndoLine} undo
   */
  constructor(client, undo) {
    super();
    this.#client = client;
    this.#undo = undo;
    keep.checked = isWanted();
    const want = () => void client.call("keepRuns", keep.checked);
    want();
    client.addEventListener("restarted", want);
    if (!keep.checked) this.#say("New runs aren't kept.");
    const missing = obstacle();
    if (missing) this.unavailable(missing);
    client.on("kept", (kept) => this.#show(kept));
    client.on("keeping", (id) => (this.#id = id));
    keep.addEventListener("change", () => this.#want(keep.checked));
    // The same wish in another tab.
    addEventListener("storage", ({ key }) => {
      if (key !== WISH || keep.checked === isWanted()) return;
      keep.checked = isWanted();
      this.#want(keep.checked);
    });
    deleteAll.addEventListener("click", ({ detail }) => void this.#delete(detail === 0));
    // A page that is hidden may never be shown again: on phones this is the last that is heard.
    const now = () => void client.call("keepNow");
    document.addEventListener("visibilitychange", () => document.hidden && now());
    addEventListener("pagehide", now);
  }

  /** The id under which the current run is kept, or "". */
  get id() {
    return this.#id;
  }

  /** The step up to which it is, as far as that was told. */
  get step() {
    return this.#about?.step;
  }

  /** What is left when Python breaks down, as a sentence or nothing. */
  get whatIsLeft() {
    return this.#about ? `The run is kept in this browser, up to step ${grouped(this.#about.step)}.` : "";
  }

  /** A new run has begun; what is kept is still the one before. */
  begin() {
    this.#about = null;
    if (keep.checked && !obstacle()) this.#say("");
  }

  /** @param {string} reason */
  unavailable(reason) {
    this.#say(
      `Runs aren't kept: ${reason.replace(/\.$/, "")}. Save the whole run as a file to keep it.`,
    );
  }

  /** @param {Kept} kept */
  #show(kept) {
    if ("about" in kept) {
      this.#about = kept.about;
      const { step, bytes, time } = kept.about;
      const at = new Date(time).toLocaleTimeString("en-GB");
      // All the time: not to be read out.
      return this.#say(`Kept in this browser: step ${grouped(step)}, at ${at}, ${megabytes(bytes)}.`, "off");
    }
    if (kept.problem === "full") return this.#say(this.#full());
    if (kept.problem === "deleted") {
      this.dispatchEvent(new Event("change"));
      return this.#deleted();
    }
    if (kept.problem === "closed") {
      this.#about = null;
      return this.#say("The browser has deleted what was kept. This run isn't kept any more; save it as a file.");
    }
    this.unavailable(kept.problem);
  }

  #full() {
    const last = this.#about
      ? `the last state kept is of step ${grouped(this.#about.step)}`
      : "nothing of this run is kept";
    return `This browser has no room: ${last}. Save the whole run as a file, or delete what is kept here.`;
  }

  #deleted() {
    this.#about = null;
    this.#say(keep.checked ? "Nothing is kept here now. The next run will be." : "Nothing is kept here.");
  }

  /** @param {boolean} wanted */
  #want(wanted) {
    remember(wanted);
    void this.#client.call("keepRuns", wanted);
    this.#about = null;
    this.dispatchEvent(new Event("change"));
    this.#say(
      wanted
        ? "Runs are kept here from now on, beginning with the next one."
        : "From now on nothing is kept. What was kept before stays until you delete it.",
    );
  }

  /** @param {boolean} byKeyboard */
  async #delete(byKeyboard) {
    deleteAll.disabled = true;
    this.#say("Deleting…");
    this.dispatchEvent(new Event("deleting")); // what is about to be kept can be put back, too
    /** @type {Map<string, Error>} */
    const stays = new Map(); // and why
    const unless = (/** @type {string} */ what) => (/** @type {Error} */ error) => stays.set(what, error) && null;
    const removed = (await removeAll().catch(unless("the runs"))) ?? [];
    const favourites = (await removeFavourites().catch(unless("the favourites"))) ?? [];
    const code = (await removeCode().catch(unless("the changed code"))) ?? {};
    deleteAll.disabled = false;
    const what = [
      removed.length ? counted(removed.length, "run") : "",
      favourites.length ? `the favourites of ${counted(favourites.length, "text")}` : "",
      Object.keys(code).length ? "the changed code" : "",
    ].filter(Boolean);
    const [failed] = stays.values();
    if (failed) this.#say(`Still here: ${[...stays.keys()].join(", ")} (${failed.message.replace(/\.$/, "")}). Reload the page, then try again.`);
    else this.#deleted();
    if (!failed) this.dispatchEvent(new Event("deleted"));
    this.dispatchEvent(new Event("change"));
    if (!what.length) return;
    this.#undo.offer(`Deleted: ${what.join(", and ")}.`, () => this.#putBack(removed, favourites, code));
    if (byKeyboard) this.#undo.focus();
  }

  /**
   * @param {import("../kept/store.js").Taken[]} removed
   * @param {import("../kept/favourites.js").TakenFavourites[]} favourites
   * @param {import("../kept/code.js").Texts} code
   */
  async #putBack(removed, favourites, code) {
    if (removed.length) await restore(removed);
    await restoreFavourites(favourites);
    await restoreCode(code);
    this.#say("Everything is back.");
    announce("back");
    await this.#client.call("keepAgain");
    for (const event of ["back", "change"]) this.dispatchEvent(new Event(event));
    deleteAll.focus({ preventScroll: true });
  }

  /**
   * @param {string} message
   * @param {"polite" | "off"} live
   */
  #say(message, live = "polite") {
    status.ariaLive = live;
    status.textContent = message;
  }
}
