/**
 * What the visitor likes of what models of a text make up, and what is never to come again:
 * two lists beside the samples, and learning from the first.
 * Not about where they are stored: kept/favourites.js.
 */

import { areSame } from "../kept/choices.js";
import { favouritesOf, keepFavourites } from "../kept/favourites.js";
import { WorkerError } from "../page/client.js";
import { byId, element, madeUp, saveFile } from "../page/dom.js";
import { FieldError } from "../page/field-errors.js";
import { grouped } from "../page/format.js";
import { Roving } from "../page/roving.js";
import { namesText } from "./exports.js";
import { calledBy } from "./name-list.js";
import { copyNames, saveNames } from "./taking.js";

const list = byId("liked");
const blockedList = byId("blocked");
const said = byId("liked-said");
const adding = /** @type {HTMLInputElement} */ (byId("add-liked"));
const steps = /** @type {HTMLInputElement} */ (byId("learn-steps"));
const help = byId("learn-help");

/**
 * Announces `change`; `choose` with a name that is to be looked at closer; `learn` with the
 * steps, when they are to be learned from.
 */
export class FavouritesPanel extends EventTarget {
  #client;
  #state;
  #undo;
  #explained;
  #limits;
  #errors = { add: new FieldError(adding), steps: new FieldError(steps, help) };
  #rows = new Roving(list);
  #blockedRows = new Roving(blockedList);
  /** Of which text they are. */
  #name = "";
  /** @type {Favourites} */
  #here = { liked: [], blocked: [] };
  #lowerBlocked = new Set();
  /** Done when those of the model that is here are read. */
  #read = Promise.resolve();
  /** The place of the one that is dragged, or -1. */
  #dragged = -1;

  /**
   * @param {import("../page/client.js").Client} client
   * @param {import("../page/states.js").PageState} state
   * @param {import("./undo.js").UndoLine} undo
   * @param {import("./explained.js").Explained} explained
   * @param {Site} site
   */
  constructor(client, state, undo, explained, site) {
    super();
    this.#client = client;
    this.#state = state;
    this.#undo = undo;
    this.#explained = explained;
    this.#limits = site.favourites;
    steps.value = steps.defaultValue = String(site.favourites.steps);
    steps.min = String(site.favourites.least_steps);
    steps.max = String(site.favourites.most_steps);
    this.#followForms();
    this.#followList();
    this.#followExports();
    blockedList.addEventListener("click", ({ target }) => {
      const row = target instanceof Element && target.closest("button") ? target.closest("li") : null;
      if (row) this.#allow([...blockedList.children].indexOf(row));
    });
    this.#show();
  }

  get liked() {
    return this.#here.liked;
  }

  get blocked() {
    return this.#here.blocked;
  }

  /** @param {string} text */
  isLiked(text) {
    return this.#here.liked.includes(text);
  }

  /** However it is written. @param {string} text */
  isBlocked(text) {
    return this.#lowerBlocked.size > 0 && this.#lowerBlocked.has(text.toLowerCase());
  }

  /** Another model is here, which has learned from a text: its favourites are. @param {string} name */
  follow(name) {
    this.#name = name;
    this.#read = this.#find(name).catch((error) => this.#sayWhyNotKept(error));
  }

  /** They were deleted, also those that are shown. */
  async forget() {
    await this.#read;
    this.#here = { liked: [], blocked: [] };
    this.#show();
    if (this.#state.can("sample")) await this.#client.call("setFavourites", this.#here);
  }

  /** What was deleted is back. */
  again() {
    this.follow(this.#name);
  }

  /** @param {string} name */
  async #find(name) {
    const came = await this.#client.call("favourites");
    const found = await favouritesOf(name, came);
    if (name !== this.#name) return;
    if (!areSame(found, came)) await this.#client.call("setFavourites", found);
    this.#here = found;
    this.#show();
  }

  /** Like it, or no more. @param {string} text */
  toggle(text) {
    if (this.isLiked(text)) return this.#remove(this.liked.indexOf(text));
    void this.#choose({ liked: [...this.liked, text], blocked: this.blocked.filter((each) => each !== text) });
  }

  /** Never again. @param {string} text */
  block(text) {
    const before = this.#here;
    if (this.isBlocked(text)) return;
    void this.#choose({ liked: this.liked.filter((each) => each !== text), blocked: [...this.blocked, text] });
    this.#undo.offer(`Never again: ${text}.`, () => this.#choose(before));
  }

  /** What is wrong with the number of steps. @param {string} message */
  refuseSteps(message) {
    this.#errors.steps.reveal();
    this.#errors.steps.show(message);
  }

  #followForms() {
    byId("add-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#add(adding.value.trim());
    });
    const learn = /** @type {HTMLFormElement} */ (byId("learn-form"));
    learn.noValidate = true; // Python says what is wrong, in the same words as everywhere
    learn.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#state.can("learn")) return;
      const wanted = steps.value.trim() === "" ? NaN : Number(steps.value);
      this.dispatchEvent(new CustomEvent("learn", { detail: wanted }));
    });
  }

  #followList() {
    const placeOf = (/** @type {EventTarget | null} */ target) =>
      target instanceof Element ? [...list.children].indexOf(/** @type {Element} */ (target.closest("li"))) : -1;
    list.addEventListener("click", (event) => {
      const control = event.target instanceof Element ? event.target.closest("a, button") : null;
      const place = placeOf(control);
      if (!control || place < 0) return;
      event.preventDefault();
      if (control.matches(".up")) this.#move(place, place - 1, control);
      else if (control.matches(".down")) this.#move(place, place + 1, control);
      else if (control.matches(".remove")) this.#remove(place);
      else this.dispatchEvent(new CustomEvent("choose", { detail: this.liked[place] }));
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!event.altKey || !step || !(event.target instanceof Element)) return;
      event.preventDefault();
      this.#move(placeOf(event.target), placeOf(event.target) + step, event.target);
    });
    list.addEventListener("dragstart", (event) => {
      this.#dragged = placeOf(event.target);
      event.dataTransfer?.setData("text/plain", this.liked[this.#dragged] ?? "");
    });
    list.addEventListener("dragover", (event) => {
      const place = placeOf(event.target);
      if (this.#dragged < 0 || place < 0) return;
      event.preventDefault(); // it can be dropped here
      this.#markPlace(place);
    });
    list.addEventListener("drop", (event) => {
      if (this.#dragged < 0) return;
      event.preventDefault(); // else a browser may open what was dropped
      this.#move(this.#dragged, placeOf(event.target));
    });
    list.addEventListener("dragend", () => {
      this.#dragged = -1;
      this.#markPlace(-1);
    });
  }

  /** Where the one that is dragged would come. @param {number} place */
  #markPlace(place) {
    [...list.children].forEach((row, i) => {
      row.classList.toggle("above", i === place && place < this.#dragged);
      row.classList.toggle("below", i === place && place > this.#dragged);
    });
  }

  #followExports() {
    byId("liked-copy").addEventListener("click", () => void copyNames(this.liked, "favourite", list, said));
    byId("liked-text").addEventListener("click", () => saveFile("favourites.txt", [namesText(this.liked)], "text/plain"));
    const save = (/** @type {"csv" | "json"} */ kind) =>
      saveNames("favourites", kind, this.liked.map((text) => ({ text })), this.#explained, said);
    byId("liked-csv").addEventListener("click", () => void save("csv"));
    byId("liked-json").addEventListener("click", () => void save("json"));
  }

  /** @param {string} text that the visitor has typed */
  async #add(text) {
    const { add } = this.#errors;
    if (!text) return add.show("Type a name first.");
    if (this.isLiked(text)) return add.show(`${text} is a favourite already.`);
    const blocked = this.blocked.filter((each) => each.toLowerCase() !== text.toLowerCase());
    adding.value = ""; // at once: the next may be typed while this one is taken
    add.clear();
    try {
      await this.#take({ liked: [...this.liked, text], blocked });
    } catch (error) {
      adding.value ||= text;
      if (!(error instanceof WorkerError)) return this.#sayWhyNotKept(error);
      add.show(error.message);
    }
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {Element} [control] that the keyboard is on
   */
  #move(from, to, control) {
    const liked = [...this.liked];
    if (from < 0 || to < 0 || to >= liked.length || from === to) return;
    const which = control ? [...(list.children[from]?.querySelectorAll("a, button") ?? [])].indexOf(control) : -1;
    const [text = ""] = liked.splice(from, 1);
    liked.splice(to, 0, text);
    void this.#choose({ ...this.#here, liked });
    said.textContent = `${text} is number ${to + 1} of ${liked.length}.`;
    if (which >= 0) this.#rows.focus(to, which);
  }

  /** @param {number} place */
  #remove(place) {
    const before = this.#here;
    const focused = list.contains(document.activeElement);
    const text = this.liked[place];
    void this.#choose({ ...before, liked: this.liked.filter((_, i) => i !== place) });
    if (focused) this.#rows.focus(place);
    this.#undo.offer(`No favourite any more: ${text}.`, () => this.#choose(before));
  }

  /** @param {number} place of one that may come again */
  #allow(place) {
    const before = this.#here;
    const text = this.blocked[place];
    void this.#choose({ ...before, blocked: this.blocked.filter((_, i) => i !== place) });
    this.#blockedRows.focus(place);
    this.#undo.offer(`It may come again: ${text}.`, () => this.#choose(before));
  }

  /** What the visitor has chosen; where it can't be, it is as before. @param {Favourites} wanted */
  async #choose(wanted) {
    try {
      await this.#take(wanted);
    } catch (error) {
      this.#sayWhyNotKept(error);
    }
  }

  /**
   * It is shown at once, given to Python, and kept.
   * @param {Favourites} wanted
   * @throws {WorkerError} Python refuses it; those before are there again
   */
  async #take(wanted) {
    const before = this.#here;
    this.#here = wanted;
    this.#show();
    await this.#read; // else what was kept would take its place
    const name = this.#name;
    const kept = keepFavourites(name, wanted); // at once: the visitor may be gone in a moment
    kept.catch(() => {}); // told below
    try {
      await this.#client.call("setFavourites", wanted);
    } catch (error) {
      await kept.catch(() => {});
      await keepFavourites(name, before).catch(() => {});
      this.#here = before;
      this.#show();
      throw error;
    }
    await kept;
  }

  /** @param {unknown} error */
  #sayWhyNotKept(error) {
    const { message } = /** @type {Error} */ (error);
    said.textContent = error instanceof WorkerError ? message : `They are here until this page is closed, but this browser can't keep them: ${message}`;
  }

  #show() {
    const { liked, blocked } = this.#here;
    this.#lowerBlocked = new Set(blocked.map((text) => text.toLowerCase()));
    fill(list, liked, likedRow, this.#rows);
    fill(blockedList, blocked, blockedRow, this.#blockedRows);
    byId("liked-count").textContent = liked.length ? grouped(liked.length) : "";
    byId("blocked-count").textContent = grouped(blocked.length);
    byId("liked-empty").hidden = liked.length > 0;
    byId("liked-exports").hidden = !liked.length;
    byId("liked-help").hidden = liked.length < 2;
    byId("never").hidden = !blocked.length;
    const missing = this.#limits.fewest - liked.length;
    help.textContent =
      missing > 0
        ? `In steps. It takes ${missing} more to learn from.`
        : "In steps: it goes on from the model that is here, and names get more like them.";
    this.#state.note({ favourites: missing <= 0 });
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Rows that are there already stay, with the keyboard on them.
 * @param {HTMLElement} list
 * @param {string[]} texts
 * @param {(text: string, place: number) => HTMLLIElement} row
 * @param {Roving} roving
 */
function fill(list, texts, row, roving) {
  texts.forEach((text, place) => {
    if (/** @type {HTMLElement | undefined} */ (list.children[place])?.dataset.text === text) return;
    const made = row(text, place);
    made.dataset.text = text;
    if (list.children[place]) list.children[place].replaceWith(made);
    else list.append(made);
    roving.settle(made);
  });
  while (list.children.length > texts.length) list.lastChild?.remove();
  roving.update();
}

/** @param {string} text @param {number} place */
function likedRow(text, place) {
  const row = element("li");
  row.draggable = true;
  const link = element("a", "", "name");
  link.href = "#why";
  link.draggable = false; // the row is
  link.append(madeUp(text));
  const called = calledBy(text, place);
  row.append(link, icon("up", `Move ${called} up`), icon("down", `Move ${called} down`), icon("remove", `Remove ${called} from favourites`));
  return row;
}

/** @param {string} text @param {number} place */
function blockedRow(text, place) {
  const row = element("li");
  row.append(madeUp(text), icon("remove", `Allow ${calledBy(text, place)} again`));
  return row;
}

/** @param {string} kind @param {string} label */
function icon(kind, label) {
  const button = element("button", "", `icon ${kind}`);
  button.type = "button";
  button.ariaLabel = label;
  return button;
}
