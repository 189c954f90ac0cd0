/**
 * Other cores, for Python to train on: workers that share its memory, where the browser lets
 * memory be shared. It does where the page is isolated from other origins, which the headers
 * are for that service-worker.js adds. Not about what they do: helper.js.
 */

import { withModule } from "./python.js";

/** Those with nothing to do. @type {Worker[]} */
const free = [];

/** Where helper.js is. */
let script = "";

/** Tells Python who helps, if anybody can. @param {string} helper where helper.js is; "" where it isn't needed */
export async function offerCores(helper) {
  if (!helper) return;
  script = helper;
  await withModule("microgpt.engines.host", (host) => host.let_help(help, navigator.hardwareConcurrency));
}

/**
 * Lets a worker call what a module exports, as soon as it can.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @param {string} name
 * @param {number[]} numbers
 */
function help(module, memory, name, ...numbers) {
  (free.pop() ?? newHelper()).postMessage({ module, memory, name, numbers });
}

function newHelper() {
  const helper = new Worker(script, { type: "module" });
  helper.onmessage = () => free.push(helper);
  // Then it doesn't help: what nobody claims is computed by who asked.
  helper.onerror = (event) => event.preventDefault();
  return helper;
}
