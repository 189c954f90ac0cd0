/** What is said while a text is being read, where that takes longer than a moment. */

import { byId } from "../page/dom.js";

const SOON_MS = 200; // what is read sooner needs no words

const whole = byId("reading-going");
const words = byId("reading-doing");
const bar = /** @type {HTMLProgressElement} */ (byId("reading-progress"));
const corpus = byId("corpus");

let timer = 0;
let busy = false;
let name = "";
let now = "";
let next = "";

/** @param {string} text that is being read from now on */
export function beginReading(text) {
  endReading();
  busy = true;
  name = text;
  bar.removeAttribute("value");
  corpus.ariaBusy = "true";
  timer = window.setTimeout(() => (whole.hidden = false), SOON_MS);
  say();
}

/** @param {string} text that was brought meanwhile, and is read then */
export function readNext(text) {
  next = text;
  say();
}

/** @param {ReadingProgress} progress */
export function advanceReading({ doing, share }) {
  if (!busy) return;
  bar.value = share;
  if (doing === now) return; // each is announced once
  now = doing;
  say();
}

export function endReading() {
  clearTimeout(timer);
  busy = false;
  now = next = "";
  whole.hidden = true;
  words.textContent = "";
  corpus.ariaBusy = null;
}

function say() {
  if (!busy) return;
  const doing = now ? `${now[0]?.toLowerCase()}${now.slice(1)}` : "reading";
  words.textContent = `${name}: ${doing}…${next ? ` Then ${next}.` : ""}`;
}
