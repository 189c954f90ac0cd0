"""The version of a built site, and the hashes of its files: in manifest.json and index.html.

Not about what a browser does with a new version: see web/service-worker.js. Nor about what
the page does with the hashes: see web/page/checked.js.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from tools.files import sha256, write_json
from tools.processes import BuildError

UNSTAMPED = 'const VERSION = "";'  # in the service worker
# What the page, its worker and Python are made of.
CHECKED = {".css", ".js", ".json", ".mjs", ".txt", ".wasm", ".zip"}

Stamps = list[tuple[str, str]]


def seal(site: Path) -> None:
    """Write the hashes into the page and the manifest, and give the service worker its version.

    A browser takes a build for a new one when the service worker's bytes are new. The
    version is of the files before that, else it would have to be known beforehand.
    """
    page = site / "index.html"
    if page.exists():
        stamp(page, integrity(site, page.read_text(encoding="utf-8")))
    version = hashlib.sha256(json.dumps(contents(site), sort_keys=True).encode()).hexdigest()
    stamp(site / "service-worker.js", [(UNSTAMPED, f'const VERSION = "{version}";')])
    write_json(site / "manifest.json", {"version": version, "files": contents(site)})


def stamp(file: Path, stamps: Stamps) -> None:
    """Put something in the place of each text that is there for it, once."""
    text = file.read_text(encoding="utf-8")
    for place, stamped in stamps:
        if text.count(place) != 1:
            raise BuildError(f"{file.name} has no place for what the build knows: {place}")
        text = text.replace(place, stamped)
    file.write_text(text, encoding="utf-8", newline="\n")


def integrity(site: Path, page: str) -> Stamps:
    """What the page knows of each file: as an import map, by which browsers check modules.

    Args:
        site: the folder.
        page: index.html, whose scripts and styles have their hashes beside their addresses.
    """
    files = [file for file in sorted(site.rglob("*")) if file.suffix in CHECKED]
    hashes = {
        f"./{file.relative_to(site).as_posix()}": subresource_hash(file.read_bytes())
        for file in files
        if file.name not in ("manifest.json", "service-worker.js")
    }
    import_map = json.dumps({"integrity": hashes}, separators=(",", ":"))
    tags: list[str] = re.findall(
        r'<(?:script|link rel="stylesheet")[^>]* (?:src|href)="[^"]*"', page
    )
    named = [(tag, re.split('"', tag)[-2]) for tag in tags]
    return [
        ('<script type="importmap">{}', f'<script type="importmap">{import_map}'),
        ("'sha256-'", f"'{subresource_hash(import_map.encode())}'"),
        *((tag, f'{tag} integrity="{hashes[f"./{path}"]}"') for tag, path in named),
    ]


def subresource_hash(data: bytes) -> str:
    """As browsers want it: https://www.w3.org/TR/SRI/."""
    return f"sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def contents(site: Path) -> dict[str, dict[str, Any]]:
    """Size and hash of every file in the site."""
    return {
        file.relative_to(site).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256(file)}
        for file in sorted(site.rglob("*"))
        if file.is_file() and file != site / "manifest.json"
    }
