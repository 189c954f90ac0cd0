"""Puts the site together in a folder: the same input gives the same bytes.

What of `web/` and of the npm packages a visitor gets, and in which order the parts are
made. Not about how each part is: see `modules`, `wheels`, `runtime`, `site_json`, `cards`,
`manifest`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import cards, manifest, modules, runtime, site_json, wheels
from tools.files import remove, write_json
from tools.places import NODE_MODULES, ROOT, WEB
from tools.processes import BuildError

# What of the npm packages goes to the visitor as it is; other modules of theirs: see `modules`.
VENDORED = {
    "idb": ["build/index.js", "LICENSE"],
    "pyodide": ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"],
    "uplot": ["dist/uPlot.min.css"],
}
NOT_FOR_VISITORS = ("*.d.ts", "*.toml", ".*", "*~")


def assemble(output: Path) -> None:
    """Make the site from nothing.

    Raises:
        BuildError: something went wrong; what was in the folder is still there.
    """
    output = output.resolve()
    if output.exists() and any(output.iterdir()) and not (output / "manifest.json").exists():
        raise BuildError(f"{output} has other things in it; choose an empty or a new folder.")
    fresh = output.with_name(f".{output.name}.new")
    remove(fresh)
    shutil.copytree(WEB, fresh, ignore=shutil.ignore_patterns(*NOT_FOR_VISITORS))
    for script in fresh.rglob("*.js"):
        code = modules.with_blank_comments(script.read_text(encoding="utf-8"))
        script.write_text(code, encoding="utf-8", newline="\n")
    shutil.copyfile(ROOT / "LICENSE", fresh / "LICENSE")
    add_npm_packages(fresh)
    modules.add(fresh)
    pinned = wheels.pinned()
    ours = wheels.build_ours(fresh / "wheels")
    runtime.complete(fresh / "pyodide", pinned["micropip"], ours)
    segno = Path(shutil.copy(pinned["segno"], fresh / "wheels"))
    write_json(fresh / "site.json", site_json.description(fresh, ours, segno))
    (fresh / "code" / "cards").rmdir()  # of what they are made from nothing is left in it
    write_json(fresh / "code" / "cards.json", cards.cards())
    manifest.seal(fresh)
    remove(output)
    fresh.rename(output)
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    print(f"{output.name}/: {size / 1e6:.1f} MB")


def add_npm_packages(site: Path) -> None:
    """A folder for each."""
    for package, files in VENDORED.items():
        (site / package).mkdir()
        for file in files:
            source = NODE_MODULES / package / file
            shutil.copyfile(source, site / package / source.name)
