"""Divides Python's standard library and our package: first, later, and the rest.

Nobody has to list what is needed. `first_visit` makes such a visit: what was imported then
comes first. What else our package can import comes later; the rest of the library only to
those whose own code asks for it.

What comes first or later is bytecode, which spares the browser a second of compiling; without
what nobody sees there (docstrings, columns, the library's line numbers) it is hardly larger
than the sources. Runs in Pyodide: bytecode is of one version of Python, and the build's own
can be another.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import io
import sys
import zipfile
from collections.abc import Iterator
from importlib import _bootstrap_external
from importlib.util import cache_from_source, source_hash
from pathlib import Path
from types import CodeType, ModuleType

# Of our package what is read as text, too: kernels to translate them, the algorithm to show it.
READ = ("microgpt/gpt/", "microgpt/kernels/")
# Compiled in the tab: the view Inside shows which part of a line made a number, and needs columns.
COLUMNS = "microgpt/gpt/"
EARLY = ("encodings/",)  # what Python imports before sitecustomize
# Where each is in the tab.
FIRST, LATER = "/lib/first.zip", "/lib/later.zip"
SITE_PACKAGES = f"/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"

Files = dict[str, bytes]


def divide(library: bytes, wheel: bytes, scripts: Files, text: bytes) -> None:
    """Write first.zip, later.zip and rest.zip to the root.

    Args:
        library: the whole standard library, zipped.
        wheel: our package.
        scripts: the files of this folder.
        text: that the first model learns from.
    """
    sources, package = members(library), members(wheel)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        archive.extractall(SITE_PACKAGES)
    importlib.import_module("first_visit").drive(text)
    home = next(path for path in sys.path if path.endswith(".zip"))
    visited = loaded_from(home)
    import_all(package)

    first, others = parted(sources, visited)
    early = {path: first.pop(path) for path in list(first) if path.startswith(EARLY)}
    later, rest = parted(others, loaded_from(home))
    ours, ours_later = parted(package, visited)
    first["fetched_later.py"] = scripts["fetched_later.py"]
    early["sitecustomize.py"] = scripts["sitecustomize.py"]
    library_first = compiled(first, f"{FIRST}/library", lines=False)
    package_first = installed(ours, package)
    library_later = compiled(later, f"{LATER}/library", lines=False)
    package_later = {**package, **beside(package, lines=True)}
    later_zip = in_one(library_later, package_later, zipfile.ZIP_DEFLATED)
    rest_zip = zipped(rest, zipfile.ZIP_DEFLATED)
    contents = {
        **compiled(early, home, lines=True),
        "first.zst": squeezed(in_one(library_first, package_first)),
        "later.txt": about(later_zip, {**later, **ours_later}),
        "rest.txt": about(rest_zip, rest),
    }
    Path("/first.zip").write_bytes(zipped(contents, zipfile.ZIP_DEFLATED))
    Path("/later.zip").write_bytes(later_zip)
    Path("/rest.zip").write_bytes(rest_zip)


def in_one(library: Files, package: Files, method: int = zipfile.ZIP_STORED) -> bytes:
    """Both in one zip file, each in a folder of its own."""
    both = {f"library/{path}": data for path, data in library.items()}
    return zipped({**both, **{f"package/{path}": data for path, data in package.items()}}, method)


def loaded_from(home: str) -> set[str]:
    """The modules that have been loaded; others are built into the runtime."""
    return {name for name, module in sys.modules.items() if came_from(module, home)}


def import_all(package: Files) -> None:
    """Import our package's modules, and what each of them may import at any time."""
    wanted = [name_of(path) for path in package]
    for path, data in package.items():
        if path.endswith(".py"):
            wanted += imports(ast.parse(data))
    for name in filter(None, wanted):
        if not name.endswith("__main__"):
            # Of what isn't there, such as PyTorch, nothing can be in the tab either.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def imports(tree: ast.Module) -> Iterator[str]:
    """The modules that are named in import statements, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def parted(files: Files, modules: set[str]) -> tuple[Files, Files]:
    """Those of some modules, and the others."""
    inside = {path: data for path, data in files.items() if name_of(path) in modules}
    return inside, {path: data for path, data in files.items() if path not in inside}


def came_from(module: ModuleType, home: str) -> bool:
    """Whether it is one that has to be loaded: others are built into the runtime."""
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    return origin.startswith((home, SITE_PACKAGES))


def installed(ours: Files, package: Files) -> Files:
    """Our package's first modules as files; and which version it is."""
    read = {path: data for path, data in package.items() if path.startswith(READ)}
    compiled_only = {path: data for path, data in ours.items() if path not in read}
    metadata = {path: data for path, data in package.items() if path.endswith("/METADATA")}
    first = compiled(compiled_only, SITE_PACKAGES, lines=True)
    return {**first, **read, **beside(read, lines=False), **metadata}


def compiled(files: Files, home: str, *, lines: bool) -> Files:
    """Bytecode in place of sources.

    Args:
        files: the sources.
        home: where they are in the tab.
        lines: whether a traceback says in which line; else it says where the function begins.
    """
    found = {}
    for path, data in files.items():
        code = compile(without_docstrings(data), f"{home}/{path}", "exec", dont_inherit=True)
        found[f"{path}c"] = bytecode(code if lines else without_lines(code), data)
    return found


def beside(files: Files, *, lines: bool) -> Files:
    """Bytecode for sources that stay where they are."""
    prefix = f"{SITE_PACKAGES}/"
    sources = [path for path in files if path.endswith(".py") and not path.startswith(COLUMNS)]
    made = compiled({path: files[path] for path in sources}, SITE_PACKAGES, lines=lines)
    place = {path: cache_from_source(prefix + path).removeprefix(prefix) for path in sources}
    return {place[path]: made[f"{path}c"] for path in sources}


def bytecode(code: CodeType, data: bytes) -> bytes:
    """Unchecked: Python is not to look at the source, whose time it would compare."""
    to_pyc = _bootstrap_external._code_to_hash_pyc  # type: ignore[attr-defined]
    return bytes(to_pyc(code, source_hash(data), checked=False))


def without_lines(code: CodeType) -> CodeType:
    """The code with everything of a function in its first line.

    That is the table of CPython's InternalDocs/code_objects.md: an entry is for at most
    eight units of code; kind 13 has no columns, and here stays in the line.
    """
    whole, left = divmod(len(code.co_code) // 2, 8)
    entries = [7] * whole + [left - 1] * bool(left)
    table = b"".join(bytes([0x80 | 13 << 3 | length, 0]) for length in entries)
    inner = (without_lines(part) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_linetable=table, co_consts=tuple(inner))


def without_docstrings(data: bytes) -> ast.Module:
    """The module's tree without them; its lines keep their numbers."""
    tree = ast.parse(data)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            assert isinstance(text, ast.Expr)
            # dataclasses make one where a class has none, which takes long.
            text.value = ast.copy_location(ast.Constant("."), text.value)
    return tree


def about(archive: bytes, files: Files) -> bytes:
    """The hash of a file that comes later, and the names of the modules in it, one a line."""
    names = sorted(filter(None, map(name_of, files)))
    return "\n".join([hashlib.sha256(archive).hexdigest(), *names]).encode()


def name_of(path: str) -> str:
    """The module that a path is of: asyncio/__init__.py → asyncio; "" where it is of none."""
    stem, dot, kind = path.rpartition(".")
    return stem.removesuffix("/__init__").replace("/", ".") if dot and kind == "py" else ""


def members(archive: bytes) -> Files:
    """What is in a zip file, by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/")}


def zipped(files: Files, method: int) -> bytes:
    """The same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            how = zipfile.ZIP_STORED if name.endswith(".zst") else method
            archive.writestr(zipfile.ZipInfo(name), files[name], how, 9)
    return buffer.getvalue()


def squeezed(data: bytes) -> bytes:
    """By zstandard, as small as it goes; all of it is one window."""
    zstd = importlib.import_module("compression.zstd")  # new in Python 3.14
    options = {zstd.CompressionParameter.compression_level: 22}
    return bytes(zstd.compress(data, options=options))
