"""Finds in the tab the modules that a first visit can do without, once they are imported.

They are in two files: `later` has those that our package imports, and what else is in it,
`rest` those of Python's library that it never imports. The page's worker fetches them when it
needs one, and here they are checked; a worker without a network has them from the start, checked
by the page. Which module is where: `divide`.
"""

from __future__ import annotations

import importlib
import zipfile
import zipimport
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

import _sha2  # type: ignore[import-not-found, unused-ignore] # hashlib's, and always there

# As web/worker/archives.js has it.
LATER, REST = "/lib/later.zip", "/lib/rest.zip"

NOT_FETCHED = (
    "A part of Python that this needs, and that no first visit waits for, could not be loaded or "
    "has arrived damaged. "
    "Check the connection, then try again."
)


class NotFetchedError(ImportError):
    """A file that Python needs has not come. The next import of a module in it tries again."""


class Finder:
    """The last to be asked where a module is.

    Attributes:
        bring: puts one of the two files where it belongs, and asks for it past whatever keeps
            files on the way if told so. Where it is None, they are there.
    """

    def __init__(self, later: list[str], rest: list[str], site_packages: str) -> None:
        """With the hash of each file, the names of the modules in it, and our package's folder."""
        self._hashes = {LATER: later[0], REST: rest[0]}
        self._later, self._rest = set(later[1:]), set(rest[1:])
        self._site_packages = site_packages
        self._unpacked = False
        self._whole: set[str] = set()  # the files that have been looked at
        self.bring: Callable[[str, bool], None] | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As all finders: where a module is, or None."""
        if name in self._rest:
            self._need(REST, name)
            return in_zip(REST, name)
        if name not in self._later:
            return None
        self._need(LATER, name)
        if not name.startswith("microgpt."):
            return in_zip(f"{LATER}/library", name)
        if not self._unpacked:
            self._unpacked = True
            unpack_package(LATER, self._site_packages)
            importlib.invalidate_caches()
        return PathFinder.find_spec(name, path, target)

    def _need(self, archive: str, name: str) -> None:
        if not self.bring or archive in self._whole:
            return
        path = Path(archive)
        for again in (False, True):
            with suppress(Exception):
                if not path.exists():
                    self.bring(archive, again)
                if _sha2.sha256(path.read_bytes()).hexdigest() == self._hashes[archive]:
                    self._whole.add(archive)
                    return
            path.unlink(missing_ok=True)
        raise NotFetchedError(NOT_FETCHED, name=name)


def unpack_package(archive: str, site_packages: str) -> None:
    """Our package as files, for some of them are read as texts, too."""
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if name.startswith("package/"):
                target = Path(site_packages, name.removeprefix("package/"))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(opened.read(name))


def in_zip(folder: str, name: str) -> ModuleSpec | None:
    """A module in a zip file."""
    return zipimport.zipimporter("/".join([folder, *name.split(".")[:-1]])).find_spec(name)


finder: Finder  # set by sitecustomize
