"""Changed code of the algorithm in place of `gpt/`, for a whole process.

Asked for before anything else of the package is imported, so that every room gets the
changed modules: shapes, loss, optimizer and all. Not about who may run such code.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import linecache
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

_PREFIX = "microgpt.gpt."


def use(sources: Mapping[str, str], folder: str = "changed") -> None:
    """Let the modules of gpt/ be made of other texts, from the next import on.

    What was imported of the package is forgotten: import it again.

    Args:
        sources: by the name of a file of gpt/, as "model.py".
        folder: where they are said to be, in tracebacks.

    Raises:
        ValueError: there is no such file.
    """
    for name in sources:
        if not (Path(__file__).parent / "gpt" / name).is_file():
            raise ValueError(f"gpt/ has no {name}.")
    for finder in [finder for finder in sys.meta_path if isinstance(finder, _Finder)]:
        sys.meta_path.remove(finder)
    sys.meta_path.insert(0, _Finder(dict(sources), folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "microgpt"]:
        if name != __name__:
            del sys.modules[name]
    for name in sources:  # else tracebacks and `inspect` show the lines of the text before
        linecache.cache.pop(f"{folder}/{name}", None)


def sources() -> dict[str, str]:
    """The changed texts that are in use, by file; none where nothing is changed."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            return dict(finder.sources)
    return {}


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the changed modules."""

    def __init__(self, sources: dict[str, str], folder: str) -> None:
        self.sources = sources
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        del path, target
        name = f"{fullname.removeprefix(_PREFIX)}.py"
        if not fullname.startswith(_PREFIX) or name not in self.sources:
            return None
        file = f"{self._folder}/{name}"
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(self.sources[name], file), origin=file
        )


class _Loader(importlib.abc.InspectLoader):
    """Makes a module of a text, which tracebacks and `inspect` can show."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def get_source(self, fullname: str) -> str:
        """See `importlib.abc.InspectLoader`."""
        del fullname
        return self._text

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        module.__file__ = self._file
        exec(compile(self._text, self._file, "exec"), module.__dict__)  # noqa: S102
