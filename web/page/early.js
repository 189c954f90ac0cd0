/**
 * The page's worker, begun before any other module of the page is there: Python takes longest.
 * It is put together here, of what has been checked; made of that and not of an address, it has
 * the page's own policy, on any host. Not about what is said with it: client.js.
 */

import { readJson } from "./checked.js";
import { assembled } from "./linked.js";
import { pythonParts } from "./parts.js";

/** What must be known of the package before Python is up. @type {Promise<Site>} */
export const site = readJson("site.json");
site.catch(() => {}); // whoever waits for it hears

/** The same for every worker. @type {Promise<{script: string, helper: string}> | null} */
let scripts = null;

async function assembleScripts() {
  const helping = crossOriginIsolated ? assembled("worker/helper.js") : "";
  return { script: await assembled("worker/worker.js", count), helper: await helping };
}

/** How many bytes have come, and what is told of it. */
const progress = { bytes: 0, tell: (/** @type {number} */ _bytes) => {} };

/** @param {(bytes: number) => void} tell told the sum so far, at once and each time that it grows */
export function watchLoading(tell) {
  progress.tell = tell;
  tell(progress.bytes);
}

/** @param {number} more */
function count(more) {
  progress.bytes += more;
  progress.tell(progress.bytes);
}

/**
 * A worker in which Python starts. What it says before somebody listens is kept: see `listening`.
 * @returns {Promise<Worker>}
 */
export async function begin() {
  scripts ??= assembleScripts();
  const loading = pythonParts(count);
  loading.catch(() => {}); // below, unless something else failed before
  const { script, helper } = await scripts;
  const worker = new Worker(script, { type: "module" });
  early.set(worker, []);
  for (const type of ["message", "error"]) worker.addEventListener(type, keep);
  try {
    const [parts, about] = await Promise.all([loading, site]);
    /** @type {WorkerBeginning} */
    const beginning = { parts, site: about, helper };
    worker.postMessage(beginning);
    return worker;
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** What each has said before somebody listened. @type {WeakMap<object, Event[]>} */
const early = new WeakMap();

/** @param {Event} event */
function keep(event) {
  event.preventDefault(); // of an error: it will be told
  early.get(/** @type {Worker} */ (event.currentTarget))?.push(event);
}

/** Somebody listens from here on, and hears that first. @param {Worker} worker */
export function listening(worker) {
  for (const type of ["message", "error"]) worker.removeEventListener(type, keep);
  queueMicrotask(() => {
    for (const event of early.get(worker) ?? []) worker.dispatchEvent(event);
  });
}

/** The one that the page has. */
export const first = begin();
first.catch(() => {}); // client.js tells why
