"""What the fuzz begins with: a link or file of every kind that any version of the page has written.

Not about what is changed in them: see `mutations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from golden.make import EXAMPLE

TESTS = Path(__file__).parents[2]
GOLDEN = TESTS / "golden"
KEPT = TESTS / "browser" / "kept_before"


@dataclass(frozen=True)
class Written:
    """Something that a version has written.

    Attributes:
        name: where it stands, below the tests.
        kind: of it: one of KINDS.
        data: all of it; of a link its characters.
        text: of a run whose file is without it.
    """

    name: str
    kind: str
    data: bytes
    text: bytes | None = None

    @property
    def is_link(self) -> bool:
        return self.name.endswith(".link")


KINDS = ("run", "kept run", "model file", "model link", "recipe", "changed code")


@cache
def corpus() -> dict[str, list[Written]]:
    """All of it, by its kind."""
    found: dict[str, list[Written]] = {kind: [] for kind in KINDS}
    for path in sorted(TESTS.glob("golden/*/*.*")):
        if path.suffix in (".link", ".safetensors"):
            found[_kind(path)].append(_written(path))
    # As browsers keep runs: the text beside the state, without the end of its last line.
    state, text = KEPT / "state.safetensors", (KEPT / "text.txt").read_bytes()
    found["kept run"].append(Written("kept_before", "kept run", state.read_bytes(), text))
    return found


def _kind(path: Path) -> str:
    if path.parent.name == "changed-code":
        return "changed code"
    kind = path.name.partition("-")[0].partition(".")[0]
    if path.suffix == ".link":
        return "recipe" if kind == "recipe" else "model link"
    if "without-text" in path.name:
        return "kept run"
    return "run" if kind == "run" else "model file"


def _written(path: Path) -> Written:
    text = None
    if "without-text" in path.name:
        text = b"\n".join((path.parent / EXAMPLE).read_bytes().splitlines())
    return Written(f"{path.parent.name}/{path.name}", _kind(path), path.read_bytes(), text)
