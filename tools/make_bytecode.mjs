/**
 * Makes Python start faster in the browser: adds bytecode, so that less has to be compiled
 * there. Compiling is most of what Python does in its first second. Not about when that
 * is done, or kept: see runtime.py.
 *
 * `node make_bytecode.mjs FOLDER` puts it in place of the sources in FOLDER/python_stdlib.zip,
 * for every module that Pyodide and micropip import while they start. All others stay
 * as sources: bytecode is larger, and nothing is left out that some import could ask for.
 *
 * `node make_bytecode.mjs FOLDER WHEEL` adds it to a wheel, beside the sources.
 *
 * It has to be Pyodide that compiles, in Node: bytecode is of one version of Python,
 * and the build's own can be another.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const wheel = process.argv[3];
const archive = wheel ?? join(folder, "python_stdlib.zip");

// Hashes without a seed of chance: the same input must give the same bytes.
const env = { HOME: "/home/pyodide", PYTHONHASHSEED: "0" };
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: folder, env });
pyodide.FS.writeFile("/sources.zip", readFileSync(archive));
pyodide.runPython(`
import sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc, cache_from_source
from importlib.util import source_hash
from sysconfig import get_path

def bytecode(data, path):
    """Unchecked: Python is not to look at the source, whose time it would compare."""
    code = compile(data, path, "exec", dont_inherit=True)
    return _code_to_hash_pyc(code, source_hash(data), checked=False)

def add_to_stdlib(sources, mixed):
    import micropip, sysconfig

    sysconfig.get_config_vars()  # which micropip asks for when it installs something
    home = next(path for path in sys.path if path.endswith(".zip"))  # the browser has it there too
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    imported = {spec.origin for spec in specs if spec}  # of those built into the runtime: "frozen"
    for name in sorted(sources.namelist()):
        data = sources.read(name)
        if (path := f"{home}/{name}") in imported:
            name, data = name + "c", bytecode(data, path)
        put(mixed, name, data)

def add_to_wheel(sources, mixed):
    for name in sorted(sources.namelist()):
        data = sources.read(name)
        put(mixed, name, data)
        if name.endswith(".py"):
            path = f"{get_path('purelib')}/{name}"
            compiled = cache_from_source(path).removeprefix(f"{get_path('purelib')}/")
            put(mixed, compiled, bytecode(data, path))

def put(archive, name, data):
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
`);
if (!wheel) await pyodide.loadPackage("micropip", { messageCallback: () => {} });
pyodide.runPython(`
with zipfile.ZipFile("/sources.zip") as sources, zipfile.ZipFile("/mixed.zip", "w") as mixed:
    ${wheel ? "add_to_wheel" : "add_to_stdlib"}(sources, mixed)
`);
writeFileSync(archive, pyodide.FS.readFile("/mixed.zip"));
