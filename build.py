#!/usr/bin/env python3
"""Everything that is done to the project: `python3 build.py build | serve | test | bench`.

Needs Python 3.11 and Node with npm; sets up all else by itself, below `.venv`,
`node_modules` and `.cache`. Not about what is on the page (`web/`) or what
computes (`py/microgpt/`): this file only puts both, and the runtime that they
need, into `dist/`.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

if sys.version_info < (3, 11):  # noqa: UP036 (this is where an older one is told so)
    sys.exit(f"build.py: needs Python 3.11 or later; this is {sys.version.split()[0]}.")
import tomllib

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
PY = ROOT / "py"
TESTS = ROOT / "tests"
DIST = ROOT / "dist"
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
VENV_BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = VENV_BIN / ("python.exe" if os.name == "nt" else "python")
NODE_MODULES = ROOT / "node_modules"

# What of the npm packages goes to the visitor, and where.
VENDORED = {
    "idb": ["build/index.js", "LICENSE"],
    "pyodide": ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"],
    "uplot": ["dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE"],
}
UNSTAMPED = 'const VERSION = "";'  # in web/service-worker.js
NOT_FOR_VISITORS = (
    "*.d.ts",
    "make_*",
    "requirements.txt",
    "tsconfig.json",
    "__pycache__",
    ".*",
    "*~",
)

CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


class BuildError(Exception):
    """A missing prerequisite or a failed step, said in one line."""


def main() -> int:
    """Run one command; the process's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    build_options = commands.add_parser("build", help="make dist/, the static site")

    build_options.add_argument("--output", type=Path, default=DIST, metavar="FOLDER")
    serve_options = commands.add_parser("serve", help="build, and serve the site on this machine")
    serve_options.add_argument("--port", type=int, choices=range(65536), default=8000, metavar="N")
    serve_options.add_argument("--no-open", action="store_true", help="only print the address")
    test_options = commands.add_parser("test", help="build, check types and style, run all tests")
    test_options.add_argument("pytest", nargs="*", help="arguments for pytest (after --)")
    commands.add_parser("bench", help="measure, and print a table")
    options = parser.parse_args()
    try:
        if options.command == "build":
            build(options.output)
        elif options.command == "serve":
            serve(options.port, open_browser=not options.no_open)
        elif options.command == "test":
            test(options.pytest)
        else:
            bench()
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# --- build: web/ + py/ + the pinned runtime → dist/ ---------------------------------------


def build(output: Path = DIST) -> None:
    """Make the site from nothing; the same input gives the same bytes."""
    output = output.resolve()
    if output.exists() and any(output.iterdir()) and not (output / "manifest.json").exists():
        raise BuildError(f"{output} has other things in it; choose an empty or a new folder.")
    install_node_modules(development=False)
    install_python()
    fresh = output.with_name(f".{output.name}.new")  # so that a failed build leaves the last one
    remove(fresh)
    shutil.copytree(WEB, fresh, ignore=shutil.ignore_patterns(*NOT_FOR_VISITORS))
    for package, files in VENDORED.items():
        (fresh / package).mkdir()
        for file in files:
            source = NODE_MODULES / package / file
            shutil.copyfile(source, fresh / package / source.name)
    pinned = pinned_wheels()
    add_micropip(fresh / "pyodide", pinned["micropip"])
    wheel = add_our_wheel(fresh / "wheels")
    add_bytecode(fresh / "pyodide", wheel)
    qr_wheel = fresh / "wheels" / pinned["segno"].name
    shutil.copyfile(pinned["segno"], qr_wheel)
    shutil.copyfile(ROOT / "LICENSE", fresh / "LICENSE")
    write_json(fresh / "site.json", site_description(wheel, qr_wheel))
    seal(fresh)
    remove(output)
    fresh.rename(output)
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    print(f"{output.name}/: {size / 1e6:.1f} MB")


def pinned_wheels() -> dict[str, Path]:
    """The wheels that web/requirements.txt pins, by the names of their packages."""
    wheels, missing = {}, False
    for line in (WEB / "requirements.txt").read_text().splitlines():
        requirement, _, digest = line.partition(" --hash=sha256:")
        if not digest:
            continue  # a comment
        name, version = requirement.split("==")
        wheels[name] = CACHE / f"{name}-{version}-py3-none-any.whl"
        missing |= not wheels[name].exists() or sha256(wheels[name]) != digest
    if missing:
        python = ".".join(pyodide_lock()["info"]["python"].split(".")[:2])
        pip(
            *("download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"),
            *("--python-version", python, "--dest", CACHE),
            *("--requirement", WEB / "requirements.txt"),
        )
    return wheels


def pyodide_lock() -> dict[str, Any]:
    """The lock file of the npm package."""
    lock: dict[str, Any] = json.loads((NODE_MODULES / "pyodide" / "pyodide-lock.json").read_text())
    return lock


def add_micropip(runtime: Path, pinned: Path) -> None:
    """The pinned wheel, and bytecode in it and in the standard library."""
    wheel = runtime / pinned.name
    shutil.copyfile(pinned, wheel)
    write_lock(runtime, wheel)
    add_bytecode(runtime)  # of the modules that micropip imports, among others
    add_bytecode(runtime, wheel)
    write_lock(runtime, wheel)


def write_lock(runtime: Path, wheel: Path) -> None:
    """A lock file with nothing but micropip in it.

    That of the npm package names a wheel built elsewhere, with another hash, and
    loadPackage passes over a wheel of the wrong hash.
    """
    lock = pyodide_lock()
    entry = {
        **lock["packages"]["micropip"],
        "sha256": sha256(wheel),
        "file_name": wheel.name,
        "version": wheel.name.split("-")[1],
    }
    packages = {"micropip": entry}
    write_json(runtime / "pyodide-lock.json", {"info": lock["info"], "packages": packages})


def add_bytecode(runtime: Path, wheel: Path | None = None) -> None:
    """Put bytecode into the standard library, or into a wheel: see make_bytecode.mjs.

    Once for the same bytes: it takes seconds, and a build that has little to do takes none.
    """
    script, archive = WEB / "make_bytecode.mjs", wheel or runtime / "python_stdlib.zip"
    made_of = [script, archive, runtime / "pyodide-lock.json"]
    key = hashlib.sha256("".join(map(sha256, made_of)).encode()).hexdigest()[:12]
    kept = CACHE / f"{archive.stem}-{key}{archive.suffix}"
    if not kept.exists():
        print(f"Compiling {archive.name}", flush=True)
        run("node", script, runtime, *([wheel] if wheel else []))
        unfinished = kept.with_suffix(".new")
        shutil.copyfile(archive, unfinished)
        unfinished.replace(kept)
    shutil.copyfile(kept, archive)


def add_our_wheel(target: Path) -> Path:
    """Build py/ with its own backend; the same sources give the same bytes."""
    target.mkdir()
    code = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800"}  # 2020-01-01: any fixed day
    run(VENV_PYTHON, "-c", code, target, cwd=PY, env=environment)
    return next(target.glob("*.whl"))


def site_description(wheel: Path, qr_wheel: Path) -> dict[str, Any]:
    """What the page needs to know of the package before Python is up, as JSON."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(PY))
    from microgpt import settings, texts
    from microgpt.engines import kinds
    from microgpt.session import drawing, presets
    from microgpt.sharing import checkpoint, links, qr

    return {
        "hyperparameters": settings.table(),
        "shape": settings.SHAPE,
        "engines": {name: kind.help for name, kind in kinds.ENGINES.items()},
        "presets": presets.PRESETS,
        "maxBytes": texts.MAX_BYTES,
        "maxSamples": drawing.MAX_SAMPLES,
        "maxQrCharacters": qr.MAX_CHARACTERS,
        "maxFileBytes": checkpoint.MAX_FILE,
        # A recipe for one of these texts has no need to carry it.
        "exampleHashes": {
            links.text_hash(texts.data(texts.read(file.read_bytes(), file.name))).hex(): file.name
            for file in sorted((WEB / "examples").glob("*.txt"))
        },
        "wheel": hashed_address(wheel),
        "qrWheel": hashed_address(qr_wheel),
    }


def hashed_address(wheel: Path) -> str:
    """From the site's root; browsers may keep files for long, so another wheel is elsewhere."""
    return f"wheels/{wheel.name}?v={sha256(wheel)[:12]}"


def seal(site: Path) -> None:
    """Write the manifest, and give the service worker its version.

    A browser takes a build for a new one when the service worker's bytes are new. The
    version is of the files before that, else it would have to be known beforehand.
    """
    service_worker = site / "service-worker.js"
    code = service_worker.read_text(encoding="utf-8")
    if code.count(UNSTAMPED) != 1:
        raise BuildError(f"{service_worker.name} has no place for the version: {UNSTAMPED}")
    version = hashlib.sha256(json.dumps(contents(site), sort_keys=True).encode()).hexdigest()
    stamped = code.replace(UNSTAMPED, f'const VERSION = "{version}";')
    service_worker.write_text(stamped, encoding="utf-8", newline="\n")
    write_json(site / "manifest.json", {"version": version, "files": contents(site)})


def contents(site: Path) -> dict[str, dict[str, Any]]:
    """Size and hash of every file in the site."""
    return {
        file.relative_to(site).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256(file)}
        for file in sorted(site.rglob("*"))
        if file.is_file() and file != site / "manifest.json"
    }


# --- serve ---------------------------------------------------------------------------------


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Static files, with the types that browsers insist on whatever the system's table says."""

    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".whl": "application/zip",
        ".txt": "text/plain; charset=utf-8",
    }

    def end_headers(self) -> None:
        """Ask the browser to check for a newer file at every load."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a line a request would bury the address."""


class SiteServer(http.server.ThreadingHTTPServer):
    """A server that takes it in silence when a browser breaks a download off."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is not a broken connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def site_server(directory: Path, port: int) -> SiteServer:
    """A server of a folder on this machine alone; port 0 takes any free one."""
    handler = functools.partial(SiteHandler, directory=str(directory))
    return SiteServer(("127.0.0.1", port), handler)


def serve(port: int, *, open_browser: bool) -> None:
    """Build, then serve dist/ until Ctrl-C."""
    build()
    try:
        server = site_server(DIST, port)
    except OSError as error:
        server = site_server(DIST, 0)
        print(f"Port {port} can't be used ({error.strerror}); using another.")
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    print(f"Serving {address} (Ctrl-C ends it)", flush=True)
    if open_browser:
        webbrowser.open(address)
    with server:
        server.serve_forever()


# --- test and bench ------------------------------------------------------------------------


def test(pytest_arguments: list[str]) -> None:
    """Build, check style and types of Python and JavaScript, and run every test."""
    install_node_modules(development=True)
    install_python(for_tests=True)
    chromium = find_chromium()
    build()
    checked = ["build.py", "py", "tests", "web"]
    run(VENV_PYTHON, "-m", "ruff", "check", "--quiet", *checked)
    run(VENV_PYTHON, "-m", "ruff", "format", "--check", "--quiet", *checked)
    for version in ("3.11", "3.14"):
        run(VENV_PYTHON, "-m", "mypy", "--python-version", version)
    run(npm_script("tsc"), "--project", WEB)
    environment = {**os.environ, "MICROGPT_CHROMIUM": chromium}
    run(VENV_PYTHON, "-m", "pytest", *pytest_arguments, env=environment)


def bench() -> None:
    """Measure engines, links, the start and the page."""
    install_node_modules(development=True)
    install_python(for_tests=True)
    environment = {**os.environ, "MICROGPT_CHROMIUM": find_chromium(), "PYTHONPATH": str(ROOT)}
    build()
    names = os.environ.get("MICROGPT_NAMES")
    run(VENV_PYTHON, TESTS / "bench.py")
    run("node", TESTS / "bench_compiled.mjs", *([names] if names else []))
    run(VENV_PYTHON, TESTS / "bench_links.py")
    run(VENV_PYTHON, TESTS / "bench_startup.py", env=environment)
    run(VENV_PYTHON, TESTS / "bench_browser.py", env=environment)


def find_chromium() -> str:
    """The path of a Chromium that tests can drive; installs one if there is none."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found := os.environ.get("MICROGPT_CHROMIUM") or found or playwright_chromium():
        return found
    print("No Chromium found: installing one", flush=True)
    playwright: list[str | Path] = [VENV_PYTHON, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(playwright, check=False, timeout=600)
    except subprocess.TimeoutExpired:
        print("The download took too long.")
    if found := playwright_chromium():
        return found
    if shutil.which("apt-get"):
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        subprocess.run([*as_root, "apt-get", "update", "-qq"], check=False)
        install = [*as_root, "apt-get", "install", "-y", "-qq", "chromium"]
        subprocess.run(install, check=False, stdout=subprocess.DEVNULL)
    if found := shutil.which("chromium"):
        return found
    raise BuildError("no Chromium, and none could be installed: install Chromium or Chrome.")


def playwright_chromium() -> str | None:
    """The path of the browser that Playwright brought, if it did."""
    code = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    result = subprocess.run([VENV_PYTHON, "-c", code], check=False, capture_output=True, text=True)
    path = result.stdout.strip()
    return path if path and Path(path).exists() else None


# --- set-up --------------------------------------------------------------------------------


def install_python(*, for_tests: bool = False) -> None:
    """A virtual environment with what builds our wheel, and for tests with what runs them.

    Nothing is done a second time, unless a pin or the Python has changed.
    """
    with (PY / "pyproject.toml").open("rb") as file:
        backend = tomllib.load(file)["build-system"]["requires"]
    pins = TESTS / "requirements.txt"
    stamp = VENV / "installed.json"
    wanted = {"build": [*backend, sys.version], "test": pins.read_text()}
    installed = read_stamp(stamp) if runs(VENV_PYTHON) else {}
    if installed.get("build") != wanted["build"]:
        make_venv()
        pip("install", "--quiet", *backend)
        installed = {"build": wanted["build"]}
        write_stamp(stamp, installed)
    if for_tests and installed.get("test") != wanted["test"]:
        pip("install", "--quiet", "--requirement", pins, "--editable", PY)
        write_stamp(stamp, wanted)


def make_venv() -> None:
    """A new, empty virtual environment."""
    print("Setting up .venv", flush=True)
    remove(VENV)
    command: list[str | Path] = [sys.executable, "-m", "venv", VENV]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode:
        remove(VENV)
        if "ensurepip" in made.stdout + made.stderr:
            raise BuildError(
                "Python's venv module is incomplete; on Debian and Ubuntu: apt install python3-venv"
            )
        raise BuildError(f"no virtual environment could be made: {made.stderr.strip()[-200:]}")


def install_node_modules(*, development: bool) -> None:
    """What package-lock.json pins, with or without the tools for tests."""
    stamp = NODE_MODULES / ".installed.json"
    lock = (ROOT / "package-lock.json").read_text()
    installed = read_stamp(stamp)
    if installed.get("lock") == lock and installed.get("development", False) >= development:
        return
    print("Installing node_modules", flush=True)
    only = [] if development else ["--omit=dev"]
    run(npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error", *only)
    write_stamp(stamp, {"lock": lock, "development": development})


def runs(python: Path) -> bool:
    """Whether an interpreter is there and works, with pip: a set-up can have been broken off."""
    try:
        check = subprocess.run([python, "-c", "import pip"], check=False, capture_output=True)
    except OSError:
        return False
    return check.returncode == 0


def read_stamp(path: Path) -> dict[str, Any]:
    """What an earlier set-up left for us, or nothing if it didn't come to its end."""
    try:
        stamp = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(path: Path, stamp: dict[str, Any]) -> None:
    """Leave a note for the next set-up, whole or not at all."""
    unfinished = path.with_suffix(".new")
    write_json(unfinished, stamp)
    unfinished.replace(path)


def npm() -> str:
    """The path of npm."""
    if not (node := shutil.which("node")) or not (found := shutil.which("npm")):
        raise BuildError("Node with npm is missing: install Node 20 or later.")
    version = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    major = version.stdout.strip().removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < 20:
        raise BuildError(f"Node 20 or later is needed; this is {version.stdout.strip()}.")
    return found


def npm_script(name: str) -> Path:
    """A command that an npm package installed."""
    return NODE_MODULES / ".bin" / (name + ".cmd" if os.name == "nt" else name)


def pip(*arguments: str | Path) -> None:
    """Run the virtual environment's pip."""
    CACHE.mkdir(exist_ok=True)
    run(VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments)


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command to its end; one that fails ends the build.

    Raises:
        BuildError: naming the command.
    """
    result = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if result.returncode:
        words = [str(part).removeprefix(f"{ROOT}/") for part in command]
        raise BuildError(f"failed with exit code {result.returncode}: {' '.join(words)}")


def remove(folder: Path) -> None:
    """Delete a folder of ours, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def write_json(path: Path, value: object) -> None:
    """Write JSON with a fixed order of keys as given."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def sha256(file: Path) -> str:
    """A file's SHA-256, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
