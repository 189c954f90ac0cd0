"""The version of a built site: in manifest.json and in its service worker.

Not about what a browser does with a new version: see web/service-worker.js.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tools.files import sha256, write_json
from tools.processes import BuildError

UNSTAMPED = 'const VERSION = "";'  # in the service worker


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
