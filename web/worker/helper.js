/**
 * One more core for training: an instance of the module that Python has made, on the same
 * memory. It knows nothing of Python, and sleeps, in the module, while there is nothing to do.
 * Not about who starts it: cores.js.
 */

/** @typedef {{module: WebAssembly.Module, memory: WebAssembly.Memory, name: string, numbers: number[]}} Help */

self.onmessage = async (/** @type {MessageEvent<Help>} */ { data: { module, memory, name, numbers } }) => {
  const { exports } = await WebAssembly.instantiate(module, { host: { memory } });
  /** @type {(...numbers: number[]) => number} */ (exports[name])(...numbers); // until it is dismissed
  postMessage("free");
};
