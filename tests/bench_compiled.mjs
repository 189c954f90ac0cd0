// Runs bench_compiled.py under Pyodide in node, whose V8 is that of Chromium:
// node tests/bench_compiled.mjs [TEXT]

import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { loadPyodide } from "pyodide";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const text = process.argv[2] ?? join(root, "web/examples/first-names.txt");
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
for (const name of ["bench_compiled.py", "runs.py"]) {
  copy(join(root, "tests", name), `/package/${name}`);
}
copy(text, `/${basename(text)}`);
const main = python.runPython(
  "import sys; sys.path.insert(0, '/package'); import bench_compiled; bench_compiled.main",
);
main(`/${basename(text)}`);
main.destroy();
