/**
 * Runs tools/tab/divide.py under Pyodide in Node.
 * `node divide.mjs RUNTIME WHEEL TEXT TARGET` writes first.zip, later.zip and rest.zip to TARGET.
 * Not about what is in them: see there. Nor about when that is done, or kept: runtime.py.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [runtime, wheel, text, target] = process.argv.slice(2).map((path) => resolve(path));
const read = (/** @type {string} */ path) => new Uint8Array(readFileSync(path));
const tab = join(import.meta.dirname, "tab");

const { loadPyodide } = await import(pathToFileURL(join(runtime, "pyodide.mjs")).href);
const python = await loadPyodide({
  indexURL: runtime,
  args: ["-X", "no_debug_ranges"], // no columns in bytecode: they are a quarter of it
  env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" }, // the same input must give the same bytes
});
const bytes = python.runPython("lambda view: view.to_bytes()");
const bytesOf = (/** @type {string} */ path) => bytes(read(path));
const scripts = readdirSync(tab).filter((name) => name.endsWith(".py"));
for (const name of scripts) python.FS.writeFile(`/home/pyodide/${name}`, read(join(tab, name)));
const texts = python.toPy(new Map(scripts.map((name) => [name, bytesOf(join(tab, name))])));
try {
  python.pyimport("divide").divide(bytesOf(join(runtime, "python_stdlib.zip")), bytesOf(wheel), texts, bytesOf(text));
} catch (error) {
  console.error(/** @type {Error} */ (error).message); // without Node's excerpt, a line of a megabyte
  process.exit(1);
}
for (const name of ["first.zip", "later.zip", "rest.zip"]) {
  writeFileSync(join(target, name), python.FS.readFile(`/${name}`));
}
