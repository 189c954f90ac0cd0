/**
 * Python for the page: loaded with our package, told in bytes.
 * Not about what it is asked for then: python.js, worker.js.
 */

import { address, readJson } from "../page/site.js";
import { countFetches, fetchProblem, loaded } from "./counted-fetch.js";
import { adopt, withModule } from "./python.js";
import { turn } from "./turn.js";

/**
 * Loads Python with our package.
 * @param {(progress: Events["loading"]) => void} onProgress
 * @returns {Promise<Site>} what is known of the package and of the page's files
 */
export async function startPython(onProgress) {
  checkWebAssembly();
  const [{ loadPyodide }, site, { files }] = await Promise.all([
    importPyodide(),
    /** @type {Promise<Site>} */ (readJson("site.json")),
    /** @type {Promise<{files: Record<string, {bytes: number}>}>} */ (readJson("manifest.json")),
  ]);
  try {
    countLoading(files, site.qrWheel, onProgress);
    const pyodide = await loadPyodide({ indexURL: address("pyodide/") });
    adopt(pyodide);
    const packages = await pyodide.loadPackage("micropip", { messageCallback: () => {} });
    if (!packages.some(({ name }) => name === "micropip")) {
      throw new Error("micropip could not be loaded: its file is missing or was changed.");
    }
    await install(site.wheel);
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
 * @param {Record<string, {bytes: number}>} files of the site
 * @param {string} later a file that is not loaded now
 * @param {(progress: Events["loading"]) => void} onProgress
 */
function countLoading(files, later, onProgress) {
  // pyodide.asm.mjs is left out of the count: it is imported, which nobody can watch.
  const counted = Object.entries(files).filter(([name]) => /\.(wasm|zip|whl)$|lock/.test(name) && !later.startsWith(name));
  const total = counted.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  countFetches(files, (bytes) => {
    const stage = bytes < total ? "Loading Python" : "Starting Python";
    onProgress({ bytes: Math.min(bytes, total), total, stage });
  });
}

/** @param {string} wheel its path from the site's root */
export function install(wheel) {
  return withModule("micropip", (micropip) => micropip.install(address(wheel)));
}
