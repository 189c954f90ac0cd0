/**
 * What Python is made of, each file checked: for the page's worker, and for the one that runs
 * changed code. Not about how it is started: worker/loading.js.
 */

import { checked, readJson } from "./checked.js";

/** @type {Promise<PythonParts> | null} */
let parts = null;

/**
 * The same for every worker: another one asks for nothing.
 * @param {(bytes: number) => void} [onBytes] told how many more have come
 */
export function pythonParts(onBytes) {
  parts ??= load(onBytes).catch((error) => {
    parts = null; // perhaps later
    throw error;
  });
  return parts;
}

/**
 * @param {((bytes: number) => void) | undefined} onBytes
 * @returns {Promise<PythonParts>}
 */
async function load(onBytes) {
  checkWebAssembly();
  const [wasm, stdlib, lock] = await Promise.all([
    checked("pyodide/pyodide.asm.wasm", compiled, onBytes),
    checked("pyodide/python_stdlib.zip", (response) => response.arrayBuffer(), onBytes),
    readJson("pyodide/pyodide-lock.json"),
  ]);
  return { wasm, stdlib, lock };
}

/** Whether a module may be compiled at all, which a policy can forbid. */
function checkWebAssembly() {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]); // "\0asm", version 1
  try {
    new WebAssembly.Module(empty);
  } catch {
    throw new Error("WebAssembly, which Python needs, is blocked or missing in this browser.");
  }
}

/** @param {Response} response */
async function compiled(response) {
  const type = response.headers.get("Content-Type")?.split(";")[0]?.trim();
  // Some hosts have no name for it, and then browsers don't compile while it arrives.
  return type === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
