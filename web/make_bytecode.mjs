/**
 * Makes Python's standard library start faster in the browser: run by build.py as
 * `node make_bytecode.mjs FOLDER`, it puts bytecode in place of the sources in
 * FOLDER/python_stdlib.zip for every module that Pyodide and micropip import while
 * they start. Compiling those is most of what Python does in its first second.
 *
 * All others stay as sources: bytecode is larger, and nothing is left out that some
 * import could ask for. It has to be Pyodide that compiles, in Node: bytecode is of
 * one version of Python, and the build's own can be another.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const zip = join(folder, "python_stdlib.zip");

// Hashes without a seed of chance: the same input must give the same bytes.
const env = { HOME: "/home/pyodide", PYTHONHASHSEED: "0" };
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: folder, env });
await pyodide.loadPackage("micropip", { messageCallback: () => {} });
pyodide.FS.writeFile("/sources.zip", readFileSync(zip));
pyodide.runPython(`
import micropip, sys, sysconfig, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash

HOME = next(path for path in sys.path if path.endswith(".zip"))  # where the browser has it, too
sysconfig.get_config_vars()  # which micropip asks for when it installs something
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
imported = {spec.origin for spec in specs if spec}  # for those built into the runtime: "frozen"
with zipfile.ZipFile("/sources.zip") as sources, zipfile.ZipFile("/mixed.zip", "w") as mixed:
    for name in sorted(sources.namelist()):
        data = sources.read(name)
        path = f"{HOME}/{name}"
        if path in imported:
            code = compile(data, path, "exec", dont_inherit=True)
            data = _code_to_hash_pyc(code, source_hash(data), checked=False)
            name += "c"
        mixed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
`);
writeFileSync(zip, pyodide.FS.readFile("/mixed.zip"));
