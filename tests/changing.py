"""Changed code as tests want it: cards and further edits by their names, and the package of one."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from microgpt import changed
from microgpt.changes import apply, originals
from tools.cards import cards

EDITS = Path(__file__).parent / "edits"
ORIGINALS = originals()
CARDS = {card["id"]: card for card in cards()}
# Beside the cards: what is harder to record, and what is no algorithm at all.
# Each says how the scalar engine fares with it, and how many more weights there are with
# the default settings and 27 tokens.
FURTHER: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(EDITS.glob("*.toml"))
}


def sources(name: str) -> dict[str, str]:
    """The files that a card or a further edit changes; none for ""."""
    edits = CARDS[name]["edits"] if name in CARDS else FURTHER[name]["edits"] if name else []
    texts = apply(ORIGINALS, edits)
    return {file: text for file, text in texts.items() if text != ORIGINALS[file]}


@contextmanager
def changed_code(texts: Mapping[str, str]) -> Iterator[Package]:
    """The package with other texts in gpt/. What was imported before is there again after it."""
    before = {name: module for name, module in sys.modules.items() if _ours(name)}
    changed.use(texts)
    # Without what microgpt/__init__.py brings along: it takes ten times as long as the rest.
    bare = ModuleType("microgpt")
    bare.__path__ = before["microgpt"].__path__
    sys.modules["microgpt"] = bare
    try:
        yield Package()
    finally:
        changed.use({})
        for name in [name for name in sys.modules if _ours(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _ours(name: str) -> bool:
    return name.partition(".")[0] == "microgpt"


class Package:
    """Modules of the package as it is now, by their names: package["gpt.model"].

    Types can't be checked through it: the modules are made of other texts.
    """

    def __getitem__(self, name: str) -> Any:
        return importlib.import_module(f"microgpt.{name}")
