"""site.json: what the page must know of the package before Python is up.

Not about what the page does with it: see web/types.d.ts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tools.files import sha256
from tools.places import PY, WEB

# Of Python's library and our package: what else we import than a first visit needs, and the rest.
LATER = "pyodide/python_later.zip"
REST = "pyodide/python_rest.zip"
# Until Python is up; how much of it has come is shown.
LOADED = ["pyodide.asm.wasm", "python_stdlib.zip", "pyodide.asm.mjs", "pyodide.mjs"]


def description(site: Path, wheel: Path, qr_wheel: Path) -> dict[str, Any]:
    """The file's contents.

    Args:
        site: the folder that it is for, with the runtime in it.
        wheel: of the package.
        qr_wheel: of segno, which draws QR codes.
    """
    sys.path.insert(0, str(PY))
    from microgpt import settings, texts
    from microgpt.engines import kinds
    from microgpt.session import drawing, favourites, presets
    from microgpt.sharing import links, qr

    return {
        "hyperparameters": settings.table(),
        "groups": settings.GROUPS,
        "shape": settings.SHAPE,
        "engines": {name: kind.help for name, kind in kinds.ENGINES.items() if kind.in_browser},
        "presets": presets.PRESETS,
        "maxBytes": texts.MAX_BYTES,
        "maxSamples": drawing.MAX_SAMPLES,
        "maxQrCharacters": qr.MAX_CHARACTERS,
        "favourites": favourites.PLAN,
        # A recipe for one of these texts has no need to carry it.
        "exampleHashes": {
            links.text_hash(texts.data(texts.read(file.read_bytes(), file.name))).hex(): file.name
            for file in sorted((WEB / "examples").glob("*.txt"))
        },
        "later": address(site / LATER),
        "rest": address(site / REST),
        "wheel": address(wheel),
        "qrWheel": address(qr_wheel),
        "loaded": sum((site / "pyodide" / name).stat().st_size for name in LOADED),
    }


def address(file: Path) -> str:
    """From the site's root. Browsers may keep files for long, so another version is elsewhere."""
    return f"{file.parent.name}/{file.name}?v={sha256(file)[:12]}"
