"""Changed code of the algorithm in place of `gpt/`, for a whole process.

Asked for before anything else of the package is imported, so that every room gets the
changed modules: shapes, loss, optimizer and all. And what such code raised, with the line
of it. Not about who may run it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import linecache
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

_PREFIX = "microgpt.gpt."
_MOST = 20_000  # characters of a traceback, or of what an exception says
# What Python says of these is of little help.
_MEANINGS = {
    MemoryError: "There is not enough memory for what is asked for here.",
    RecursionError: "A function calls itself without end, or too often for Python.",
}


class CodeProblem(TypedDict):
    """An exception, as somebody sees it who looks at the changed texts.

    Attributes:
        name: of its class; "MicrogptError" where the message is a sentence for the person who
            gave the settings.
        message: what Python says of it.
        field: the hyperparameter that it is about, or "".
        file: of the last place in changed texts, as "model.py"; "" where there is none.
        line: there, from 1; 0 where it is the whole file, or none.
        traceback: all of it, as Python writes it.
    """

    name: str
    message: str
    field: str
    file: str
    line: int
    traceback: str


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


def problem(error: BaseException) -> CodeProblem:
    """What an exception is, and where in the changed texts it was raised."""
    mendable = any(
        (kind.__module__, kind.__name__) == ("microgpt.errors", "MicrogptError")
        for kind in type(error).__mro__
    )  # by name: after `use` the class is another
    file, line = next(_places(error), ("", 0))
    meaning = next((says for kind, says in _MEANINGS.items() if isinstance(error, kind)), "")
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return CodeProblem(
        name="MicrogptError" if mendable else type(error).__name__,
        message=(meaning or said)[:_MOST],
        field=str(getattr(error, "field", "")),
        file=file,
        line=line,
        traceback="".join(traceback.format_exception(error))[-_MOST:],
    )


def _places(error: BaseException | None) -> Iterator[tuple[str, int]]:
    """The last place in changed texts of an exception, then of what it came from."""
    folders = {finder.folder for finder in sys.meta_path if isinstance(finder, _Finder)}
    while error:
        for path, line in reversed(_all_places(error)):
            folder, _, file = path.rpartition("/")
            if folder in folders:
                yield file, line
                break
        error = error.__cause__ or error.__context__


def _all_places(error: BaseException) -> list[tuple[str, int]]:
    places = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno or 0))
    if isinstance(error, ImportError):  # somebody asks for what isn't in this file any more
        places.append((error.path or "", 0))
    return places


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the changed modules."""

    def __init__(self, sources: dict[str, str], folder: str) -> None:
        self.sources = sources
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        del path, target
        name = f"{fullname.removeprefix(_PREFIX)}.py"
        if not fullname.startswith(_PREFIX) or name not in self.sources:
            return None
        file = f"{self.folder}/{name}"
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
