/**
 * Python in the worker: started, asked, and understood when it raises.
 * Not about what it is asked for: see worker.js.
 */

import { address, readJson } from "../page/site.js";
import { countFetches, fetchProblem, loaded } from "./counted-fetch.js";
import { turn } from "./turn.js";

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */

/** @type {PyodideAPI | undefined} */
let pyodide;

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
    pyodide = await loadPyodide({ indexURL: address("pyodide/") });
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

/**
 * A module of Python's, for one use.
 * @template T
 * @param {string} name
 * @param {(module: any) => T | Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withModule(name, use) {
  const module = /** @type {PyodideAPI} */ (pyodide).pyimport(name);
  try {
    return await use(module);
  } finally {
    module.destroy();
  }
}

/** @param {string} wheel its path from the site's root */
export function install(wheel) {
  return withModule("micropip", (micropip) => micropip.install(address(wheel)));
}

/**
 * Something of JavaScript's as Python's own, for one use.
 * @template T
 * @param {object} value
 * @param {(proxy: any) => T} use
 */
export function given(value, use) {
  const proxy = /** @type {PyodideAPI} */ (pyodide).toPy(value);
  try {
    return use(proxy);
  } finally {
    proxy.destroy();
  }
}

/**
 * A plain copy of what Python returned, which is then let go.
 * @param {any} proxy
 */
export function taken(proxy) {
  const value = proxy.toJs({ dict_converter: fields, create_pyproxies: false });
  proxy.destroy();
  return value;
}

/** A dictionary as an object; Python's None is null in it, not undefined. @param {Iterable<[string, unknown]>} items */
function fields(items) {
  return Object.fromEntries([...items].map(([name, value]) => [name, value === undefined ? null : value]));
}

/** Whether it is an error that the visitor can mend. @param {unknown} error */
export function isMendable(error) {
  return wireError(error).name === "MicrogptError";
}

/**
 * An error as the page gets it. One that the visitor can mend is called
 * MicrogptError, and its message is the sentence that Python gave it.
 * @param {unknown} error
 * @returns {WireError}
 */
export function wireError(error) {
  if (!(error instanceof Error)) return { name: "Error", message: "No reason was given.", stack: String(error) };
  const { name, message, stack = "" } = error;
  if (!(pyodide && error instanceof pyodide.ffi.PythonError)) return { name, message, stack };
  // The message of a PythonError is the whole traceback; the exception itself is kept in sys.
  // After a fatal error nothing can be asked of Python any more, and asking throws, too.
  try {
    return fromPython(pyodide, error);
  } catch {
    return { name: error.type, message: "Python has crashed.", stack: message };
  }
}

/**
 * @param {PyodideAPI} python
 * @param {any} error a PythonError
 * @returns {WireError}
 */
function fromPython(python, error) {
  const sys = python.pyimport("sys");
  const microgpt = python.pyimport("microgpt");
  const builtins = python.pyimport("builtins");
  const exception = sys.last_exc;
  const mendable = builtins.isinstance(exception, microgpt.MicrogptError);
  const wire = {
    name: mendable ? "MicrogptError" : error.type,
    message: exception.toString(),
    stack: error.message,
    field: exception.field ?? "",
  };
  for (const proxy of [exception, builtins, microgpt, sys]) proxy.destroy();
  return wire;
}
