// Runs a bench of this folder under Pyodide in Node, whose V8 is that of Chromium:
// `node in_v8.mjs compiled`. Not about what is measured: see there.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { loadPyodide } from "pyodide";

const name = process.argv[2] ?? "compiled";
const root = resolve(fileURLToPath(import.meta.url), "../../..");
const text = process.env.MICROGPT_NAMES ?? join(root, "web/examples/first-names.txt");
const python = await loadPyodide();

/** @param {string} from @param {string} to */
function copy(from, to) {
  if (statSync(from).isFile()) return python.FS.writeFile(to, readFileSync(from));
  python.FS.mkdirTree(to);
  for (const name of readdirSync(from)) {
    if (name !== "__pycache__") copy(join(from, name), `${to}/${name}`);
  }
}

copy(join(root, "py/microgpt"), "/package/microgpt");
copy(join(root, `tests/bench/${name}.py`), `/package/${name}.py`);
copy(join(root, "dist/code/cards.json"), "/package/cards.json");
copy(text, `/${basename(text)}`);
const main = python.runPython(
  `import importlib, sys; sys.path.insert(0, "/package"); importlib.import_module(${JSON.stringify(name)}).main`,
);
main(`/${basename(text)}`);
main.destroy();
