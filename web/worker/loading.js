/**
 * Python in a worker, put together of what the page has loaded and checked: this asks for
 * nothing. Not about what Python is asked then: python.js, worker.js, confined.js.
 */

import createPyodideModule from "../pyodide/pyodide.asm.mjs";
import { loadPyodide } from "../pyodide/pyodide.mjs";

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */

/**
 * @param {PythonParts} parts
 * @param {Parameters<typeof loadPyodide>[0]} options
 * @returns {Promise<PyodideAPI>}
 */
export async function loadPython({ wasm, stdlib, lock }, options) {
  const { fetch } = self;
  const { instantiateStreaming } = WebAssembly;
  // Where its module can't be started Pyodide's own promise never settles (pyodide#6288).
  let fail = (/** @type {unknown} */ _reason) => {};
  /** @type {Promise<never>} */
  const broken = new Promise((_, reject) => (fail = reject));
  // Pyodide asks for two files: the library is given, the module is compiled already.
  self.fetch = async (address) => new Response(String(address).endsWith(".zip") ? stdlib : null);
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const starting = WebAssembly.instantiate(wasm, imports);
    starting.catch(fail);
    return { module: wasm, instance: await starting };
  };
  try {
    const python = loadPyodide({ lockFileContents: lock, createPyodideModule, ...options });
    return await Promise.race([python, broken]);
  } finally {
    self.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}
