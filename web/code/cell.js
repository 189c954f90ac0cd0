/**
 * The place where changed code runs: a worker with nothing around it. Made of a data: address
 * it has an origin that is nobody's, so no storage, and from code/confined.html, the document
 * that it is started from, a policy without connections. All that it needs it is handed.
 * Not about what it is asked for: confined.js.
 */

import { checked, checkedText } from "../page/checked.js";
import { linked } from "../page/linked.js";
import { pythonParts } from "../page/parts.js";
import { address } from "../page/site.js";

/** @typedef {{hatch: string, modules: import("../worker/hatch.js").Linked[], files: ConfinedFiles}} Parts */

/** The same for every worker. @type {Promise<Parts> | null} */
let parts = null;

/**
 * @param {Site} site
 * @param {AbortSignal} signal ends the worker, whatever it does
 * @param {(message: string) => void} onBroken
 * @returns {Promise<MessagePort>} to the worker
 */
export async function openCell(site, signal, onBroken) {
  parts ??= load(site).catch((error) => {
    parts = null; // perhaps later
    throw error;
  });
  const [{ hatch, modules, files }, realm] = await Promise.all([parts, confinedRealm(signal)]);
  signal.throwIfAborted();
  const worker = new realm.Worker(hatch, { type: "module" });
  signal.addEventListener("abort", () => worker.terminate());
  worker.onerror = (event) => {
    event.preventDefault();
    if (signal.aborted) return; // another one is in its place
    onBroken(`The worker for changed code broke down (${event.message || "it could not be loaded"}).`);
  };
  const { port1, port2 } = new MessageChannel(); // of this page: what comes is of its own kinds
  worker.postMessage({ modules, files }, [port2]);
  return port1;
}

/**
 * Another document's globals: what is made by them has that document's policy.
 * @param {AbortSignal} signal takes it away
 * @returns {Promise<typeof globalThis>}
 */
async function confinedRealm(signal) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "Where changed code is started";
  frame.src = address("code/confined.html");
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  signal.addEventListener("abort", () => frame.remove());
  await loaded;
  // An error page, which can be of nobody, or have no policy.
  if (!frame.contentDocument?.documentElement.hasAttribute("data-confined")) {
    throw new Error("code/confined.html could not be loaded.");
  }
  return /** @type {Window & typeof globalThis} */ (frame.contentWindow);
}

/**
 * @param {Site} site
 * @returns {Promise<Parts>}
 */
async function load(site) {
  const bytes = (/** @type {string} */ path) => checked(path, (response) => response.arrayBuffer());
  const [hatch, modules, parts, later, rest] = await Promise.all([
    checkedText("worker/hatch.js"),
    linked("worker/confined.js"),
    pythonParts(),
    bytes(site.later),
    bytes(site.rest),
  ]);
  const files = { ...parts, later, rest, lock: { ...parts.lock, packages: {} } };
  return { hatch: `data:text/javascript;charset=utf-8,${encodeURIComponent(hatch)}`, modules, files };
}
