/**
 * Python for the page: loaded with our package, told in bytes.
 * Not about what it is asked for then: python.js, worker.js.
 */

import { address, readJson } from "../page/site.js";
import { countFetches, fetchProblem, loaded } from "./counted-fetch.js";
import { adopt, withModule } from "./python.js";
import { bringLater, bringWhenNeeded } from "./rest.js";
import { turn } from "./turn.js";

/** @type {import("pyodide").PyodideAPI} */
let python;

/**
 * Loads Python with our package.
 * @param {(progress: Events["loading"]) => void} onProgress
 * @returns {Promise<Site>} what is known of the package and of the page's files
 */
export async function startPython(onProgress) {
  checkWebAssembly();
  const [{ loadPyodide }, site] = await Promise.all([
    importPyodide(),
    /** @type {Promise<Site>} */ (readJson("site.json")),
  ]);
  try {
    countLoading(site.loaded, onProgress);
    python = await loadPyodide({ indexURL: address("pyodide/"), stdLibURL: address(site.python) });
    adopt(python);
    bringWhenNeeded(python, site);
    await withModule("microgpt", () => {});
  } catch (error) {
    await turn(); // a file that is cut short may be noticed only now
    throw fetchProblem ?? error;
  }
  loaded();
  return site;
}

async function importPyodide() {
  try {
    return await import("../pyodide/pyodide.mjs");
  } catch {
    throw new Error("pyodide/pyodide.mjs could not be loaded.");
  }
}

/** Whether a module may be compiled at all: a policy can forbid it, and then Pyodide waits for ever. */
function checkWebAssembly() {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]); // "\0asm", version 1
  try {
    new WebAssembly.Module(empty);
  } catch {
    throw new Error("WebAssembly, which Python needs, is blocked or missing in this browser.");
  }
}

/**
 * @param {Record<string, number>} files the bytes of each
 * @param {(progress: Events["loading"]) => void} onProgress
 */
function countLoading(files, onProgress) {
  // pyodide.asm.mjs is left out of the count: it is imported, which nobody can watch.
  const total = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
  countFetches(files, (bytes) => {
    const stage = bytes < total ? "Loading Python" : "Starting Python";
    onProgress({ bytes: Math.min(bytes, total), total, stage });
  });
}

/**
 * Installs what few visitors need.
 * @param {string} wheel its path from the site's root
 */
export async function install(wheel) {
  const packages = await python.loadPackage("micropip", { messageCallback: () => {} });
  if (!packages.some(({ name }) => name === "micropip")) {
    throw new Error("micropip could not be loaded: its file is missing or was changed.");
  }
  return withModule("micropip", (micropip) => micropip.install(address(wheel)));
}

/** What our package may import soon, if it isn't here yet. @param {Site} site */
export function later(site) {
  return bringLater(python, site);
}
