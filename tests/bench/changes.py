"""Changed algorithms, traced: every card at three sizes, beside the scalar engine.

`python3 build.py bench changes` measures V8's machine code, under Pyodide in Node, as in a
tab of Chromium; `.venv/bin/python tests/bench/changes.py TEXT` measures wasmtime's. A step is
that of a line of the text, as the median of slices; "written" is the compiled engine's step
of the original, in the same minute. Not about whether the numbers are right: see
tests/unit/engines/.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from microgpt import changed
from microgpt.changes import apply, originals

SIZES = {
    "default": {},
    "2 layers, 32 wide": {"n_layer": 2, "n_embd": 32, "block_size": 32},
    "4 layers, 64 wide": {"n_layer": 4, "n_embd": 64, "block_size": 64},
}
HERE = Path(__file__).parent
SECONDS = 0.4  # of each measurement


def cards() -> list[dict[str, Any]]:
    """As the build makes them; or from the sources."""
    places = (HERE / "cards.json", HERE / "../../dist/code/cards.json")
    text = next(path for path in places if path.exists()).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return [{"name": "untouched", "edits": []}, *found]


def package(name: str) -> ModuleType:
    """A module of the package as it is now."""
    return importlib.import_module(f"microgpt.{name}")


class Speed:
    """A run, as its engine takes steps."""

    def __init__(self, documents: list[str], kind: str, sizes: dict[str, int]) -> None:
        h = package("gpt.hyperparameters").Hyperparameters(steps=1_000_000, **sizes)
        vocabulary = package("gpt.corpus").Vocabulary("".join(sorted(set("".join(documents)))))
        stream = package("gpt.random_streams").PythonStream(1)
        begin = time.perf_counter()
        self.engine = package("engines.kinds").ENGINES[kind].make(h, vocabulary, stream)
        self.made = time.perf_counter() - begin
        self._documents = documents
        self._at = 0

    def step(self, seconds: float = SECONDS, most: int = 1 << 30) -> float:
        """Median seconds of a step."""
        slices: list[float] = []
        count = 1
        end = time.perf_counter() + seconds
        while not slices or (time.perf_counter() < end and len(slices) < most):
            some = [self._documents[(self._at + i) % len(self._documents)] for i in range(count)]
            self._at += count
            begin = time.perf_counter()
            self.engine.train(some)
            took = time.perf_counter() - begin
            slices.append(took / count)
            count = max(1, min(4 * count, int(0.03 * count / took), self.engine.steps_per_call))
        return statistics.median(slices)


def rows(documents: list[str]) -> Iterator[list[str]]:
    """The table, line by line."""
    for size, sizes in SIZES.items():
        yield [size, "traced", "× written", "scalar", "× traced", "to trace", "module"]
        for card in cards():
            changed.use({})
            written = Speed(documents, "compiled", sizes)
            written.step(0.2)
            edited = apply(originals(), card["edits"])
            changed.use({f: text for f, text in edited.items() if text != originals()[f]})
            traced = Speed(documents, "traced", sizes)
            if traced.engine.note:
                yield [f"  {card['name']}", traced.engine.note]
                continue
            traced.step(0.2)
            pairs = [(traced.step(SECONDS / 3), written.step(SECONDS / 3)) for _ in range(3)]
            scalar = Speed(documents, "scalar", sizes).step(most=5)
            step = statistics.median(one for one, _ in pairs)
            yield [
                f"  {card['name']}",
                f"{step * 1e6:.0f} µs",
                f"{statistics.median(one / other for one, other in pairs):.2f}",
                f"{scalar * 1e3:.1f} ms",
                f"{scalar / step:,.0f}",
                f"{traced.made * 1e3:.0f} ms",
                f"{traced.engine.module_size / 1024:.0f} kB",
            ]
    changed.use({})


def main(path: str) -> None:
    """Print it."""
    documents = Path(path).read_text(encoding="utf-8").split("\n")
    documents = [line.strip() for line in documents if line.strip()][:5000]
    for name, *figures in rows(documents):
        print(f"{name:34}", *(f"{figure:>10}" for figure in figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
