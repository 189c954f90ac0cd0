/**
 * The page's worker, begun before any other module of the page is there: Python takes longest.
 * Not about what is said with it: client.js.
 */

import { address } from "./site.js";

export const worker = newWorker();

export function newWorker() {
  return new Worker(address("worker/worker.js"), { type: "module" });
}

/** What came before somebody listened. @type {Event[]} */
const early = [];

/** @param {Event} event */
function keep(event) {
  event.preventDefault(); // of an error: it will be told
  early.push(event);
}

for (const type of ["message", "error"]) worker.addEventListener(type, keep);

/** Somebody listens from here on, and hears that first. */
export function listening() {
  for (const type of ["message", "error"]) worker.removeEventListener(type, keep);
  queueMicrotask(() => {
    for (const event of early.splice(0)) worker.dispatchEvent(event);
  });
}
