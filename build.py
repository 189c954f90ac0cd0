#!/usr/bin/env python3
"""Everything that is done to the project: `python3 build.py build | serve | test | bench | soak`.

Needs Python 3.11 and Node with npm, and sets up all else by itself, below `.venv`,
`node_modules` and `.cache`. Not about how any of it is done: see `tools/`.
"""

import argparse
import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 (this is where an older one is told so)
    sys.exit(f"build.py: needs Python 3.11 or later; this is {sys.version.split()[0]}.")

from tools import browsers, chromium
from tools.assemble import assemble
from tools.checks import check
from tools.install import install
from tools.places import DIST, TESTS, VENV_PYTHON
from tools.processes import BuildError, run
from tools.server import serve_folder

BENCHES = "scalar compiled changes links examples reading startup cores page recipe faults".split()
IN_V8 = ["compiled", "changes"]  # under Pyodide in Node


def build(output: Path) -> None:
    """Make the site: web/, py/ and the pinned runtime that they need, in one folder."""
    install()
    assemble(output)


def serve(port: int, *, open_browser: bool) -> None:
    """Build, then serve dist/ until Ctrl-C."""
    build(DIST)
    serve_folder(DIST, port, open_browser=open_browser)


def test(pytest_arguments: list[str], *, torch: bool, in_browsers: str) -> None:
    """Build, check style and types, and run the tests: all, or those that are asked for."""
    install(for_tests=True, torch=torch)
    environment = dict(os.environ)
    if chromium.needed_for(pytest_arguments):
        environment["MICROGPT_CHROMIUM"] = chromium.find()
        browsers.tell()
        pytest_arguments = [f"--browsers={in_browsers}", *pytest_arguments]
    assemble(DIST)
    check()
    run(VENV_PYTHON, "-m", "pytest", *pytest_arguments, env=environment)


def bench(names: list[str]) -> None:
    """Build, and print what is measured by all of tests/bench/, or by those that are named."""
    environment = _ready_to_measure()
    for name in names or BENCHES:
        if name in IN_V8:
            run("node", TESTS / "bench" / "in_v8.mjs", name, env=environment)
        else:
            run(VENV_PYTHON, "-m", f"bench.{name}", env=environment)


def soak(minutes: int, kills: int) -> None:
    """Build, and train in a browser for so long, with all that a visitor does meanwhile."""
    environment = _ready_to_measure()
    if minutes:
        run(VENV_PYTHON, "-m", "bench.soak", str(minutes), env=environment)
    if kills:
        run(VENV_PYTHON, "-m", "bench.kills", str(kills), env=environment)


def _ready_to_measure() -> dict[str, str]:
    install(for_tests=True)
    assemble(DIST)
    return {
        **os.environ,
        "MICROGPT_CHROMIUM": chromium.find(),
        "PYTHONPATH": str(TESTS),
    }


def main() -> int:
    """Run one command; the process's exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("build", help="make dist/, the static site")
    command.add_argument("--output", type=Path, default=DIST, metavar="FOLDER")
    command.set_defaults(run=lambda options: build(options.output))

    command = commands.add_parser("serve", help="build, and serve the site on this machine")
    command.add_argument("--port", type=int, choices=range(65536), default=8000, metavar="N")
    command.add_argument("--no-open", action="store_true", help="only print the address")
    command.set_defaults(run=lambda options: serve(options.port, open_browser=not options.no_open))

    command = commands.add_parser("test", help="build, check style and types, run the tests")
    command.add_argument("pytest", nargs="*", help="arguments for pytest (after --)")
    command.add_argument("--torch", action="store_true", help="install PyTorch, and test with it")
    command.add_argument(
        "--browsers",
        choices=["smoke", "all"],
        default="smoke",
        help="a visit in Firefox and WebKit (where they are), or every check in them and Chromium",
    )
    command.set_defaults(run=lambda it: test(it.pytest, torch=it.torch, in_browsers=it.browsers))

    command = commands.add_parser("bench", help="measure, and print tables")
    command.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}")
    command.set_defaults(run=lambda options: bench(options.names))

    command = commands.add_parser("soak", help="see whether speed and memory hold, for minutes")
    command.add_argument("minutes", nargs="?", type=int, default=10, metavar="MINUTES")
    command.add_argument("--kills", type=int, default=0, metavar="N", help="kill a tab so often")
    command.set_defaults(run=lambda options: soak(options.minutes, options.kills))

    options = parser.parse_args()
    try:
        options.run(options)
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
