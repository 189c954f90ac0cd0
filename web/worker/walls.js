/**
 * What the worker that runs changed code gives up before it does, so that Python, which
 * reaches JavaScript, finds nothing there that leads out. The second wall: the first is the
 * browser's own, the policy and the origin that the worker has from confined.html, and
 * `holds` asks whether it is there. Not about what is run then.
 */

// What stays of the global object: the language, and what Pyodide and our modules use.
const KEPT = new Set(
  `Object Array Number Boolean String Symbol BigInt Date Promise RegExp JSON Math Map Set WeakMap WeakSet WeakRef
  Proxy Reflect FinalizationRegistry Iterator Infinity NaN undefined globalThis self
  parseFloat parseInt isFinite isNaN decodeURI decodeURIComponent encodeURI encodeURIComponent
  Error AggregateError EvalError RangeError ReferenceError SuppressedError SyntaxError TypeError URIError DOMException
  ArrayBuffer SharedArrayBuffer Atomics DataView Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array
  BigUint64Array BigInt64Array Uint8ClampedArray Float16Array Float32Array Float64Array
  WebAssembly TextDecoder TextEncoder AbortController AbortSignal MessageChannel queueMicrotask`.split(/\s+/),
);
// Numbers of an interface that is gone; browsers don't let them be deleted.
const HARMLESS = new Set(["TEMPORARY", "PERSISTENT"]);

/**
 * Whether the browser keeps this worker apart from the network, from what is stored, and
 * from texts that would become code. Asks for nothing that is anywhere else.
 */
export async function holds() {
  const connects = await fetch("data:,").then(
    () => true,
    () => false,
  );
  return !connects && !evaluates() && self.origin === "null";
}

function evaluates() {
  try {
    return Boolean(new Function("return true"));
  } catch {
    return false;
  }
}

/**
 * For good: only another worker has it again.
 * @returns {string[]} what could not be given up, by name
 */
export function giveUp() {
  const { setTimeout, clearTimeout, setInterval, clearInterval, performance, crypto } = self;
  const given = {
    ...{ Function: refused, eval: refused, console: silence() },
    setTimeout: (/** @type {unknown} */ run, /** @type {number} */ ms) => setTimeout(callable(run), ms),
    setInterval: (/** @type {unknown} */ run, /** @type {number} */ ms) => setInterval(callable(run), ms),
    clearTimeout: (/** @type {number} */ id) => clearTimeout(id),
    clearInterval: (/** @type {number} */ id) => clearInterval(id),
    performance: Object.freeze({ now: () => performance.now(), timeOrigin: performance.timeOrigin }),
    crypto: Object.freeze({
      getRandomValues: (/** @type {Uint8Array<ArrayBuffer>} */ view) => crypto.getRandomValues(view),
    }),
  };
  closePrototypes();
  const left = dropGlobals();
  for (const [name, value] of Object.entries(given)) {
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false });
  }
  return left;
}

/** In place of what makes code of texts. @returns {never} */
function refused() {
  throw new TypeError("Changed code can't reach this.");
}
refused.prototype = Function.prototype; // where Pyodide looks for how kinds are told apart

/**
 * No text, which would be evaluated; and with a function of ours in between, as a timer would
 * show it the global object.
 * @param {unknown} run
 */
function callable(run) {
  return typeof run === "function" ? () => void run() : refused();
}

/** A console that says nothing: what stands on the real one, others may read. */
function silence() {
  const names = Object.keys(console);
  return Object.freeze(Object.fromEntries(names.map((name) => [name, () => {}])));
}

/** What every object shows of its kind makes nothing new, and can't be replaced by what listens in. */
function closePrototypes() {
  const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const kind of kinds) {
    Object.defineProperty(Object.getPrototypeOf(kind), "constructor", { value: refused, writable: false, configurable: false });
  }
  for (const { prototype } of [MessagePort, MessageChannel, MessageEvent, Event, EventTarget, AbortController, AbortSignal]) {
    Object.freeze(prototype);
  }
  const { compileStreaming, instantiateStreaming } = /** @type {any} */ (WebAssembly);
  if (compileStreaming || instantiateStreaming) {
    for (const name of ["compileStreaming", "instantiateStreaming"]) Reflect.deleteProperty(WebAssembly, name);
  }
}

/** @returns {string[]} */
function dropGlobals() {
  const left = [];
  // Up to what every port has, too, which is closed.
  const { prototype: end } = EventTarget;
  for (let level = globalThis; level !== end; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (!KEPT.has(name) && !Reflect.deleteProperty(level, name) && !HARMLESS.has(name)) left.push(name);
    }
  }
  return left;
}
