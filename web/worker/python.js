/**
 * Python in a worker: asked, and understood when it raises.
 * Not about how it comes there (loading.js, confined.js), nor about what it is asked for.
 */

/** @typedef {import("pyodide").PyodideAPI} PyodideAPI */
/** @typedef {(exception: any, error: any, python: PyodideAPI) => WireError} Understand */

/** @type {PyodideAPI | undefined} */
let pyodide;
/** Its exceptions; after a fatal error it can't be asked even for these. @type {PyodideAPI["ffi"]["PythonError"]} */
let PythonError;
/** What the page hears of an exception. @type {Understand} */
let understand = fromPython;

/**
 * Python is up, and is the one that is asked from here on.
 * @param {PyodideAPI} python
 * @param {Understand} [otherwise] what the page hears of an exception of Python's
 */
export function adopt(python, otherwise = fromPython) {
  pyodide = python;
  PythonError = python.ffi.PythonError;
  understand = otherwise;
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
  if (!(pyodide && error instanceof PythonError)) return { name, message, stack };
  // The message of a PythonError is the whole traceback; the exception itself is kept in sys.
  // After a fatal error nothing can be asked of Python any more, and asking throws, too.
  try {
    const sys = pyodide.pyimport("sys");
    const exception = sys.last_exc;
    const wire = understand(exception, error, pyodide);
    for (const proxy of [exception, sys]) proxy.destroy();
    return wire;
  } catch {
    return { name: error.type, message: "Python has crashed.", stack: message };
  }
}

/** @type {Understand} */
function fromPython(exception, error, python) {
  const microgpt = python.pyimport("microgpt");
  const builtins = python.pyimport("builtins");
  const mendable = builtins.isinstance(exception, microgpt.MicrogptError);
  const wire = {
    name: mendable ? "MicrogptError" : error.type,
    message: exception.toString(),
    stack: error.message,
    field: exception.field ?? "",
  };
  for (const proxy of [builtins, microgpt]) proxy.destroy();
  return wire;
}
