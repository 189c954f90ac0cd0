"""The traced engine beside the scalar one, with the same changed code and the same weights."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

import pytest

from changing import ORIGINALS, Package, changed_code

DOCUMENTS = ["abc", "hgfedcba", "", "aabbaabbaabbaabb", "cafe", "bad", "deaf", "fade"] * 2
SHAPE = {"n_embd": 8, "n_head": 2, "block_size": 12, "steps": 40, "batch_size": 2, "init_std": 0.2}


def changed(file: str, *edits: str) -> dict[str, str]:
    """A file in which texts that stand there once are replaced, each by the one after it."""
    text = ORIGINALS[file]
    for before, after in zip(edits[::2], edits[1::2], strict=True):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    if file == "training.py" and "dot(" in text:
        text = text.replace("import Value, total", "import Value, dot, total")
    return {file: text}


@contextmanager
def engines(
    texts: Mapping[str, str], bits: int = 64, **shape: Any
) -> Iterator[tuple[Package, Any, Any]]:
    """The traced and the scalar engine of a changed algorithm, with the same weights."""
    with changed_code(texts) as package, redirect_stdout(io.StringIO()):
        arguments = _arguments(package, shape)
        stream = package["gpt.random_streams"].PythonStream
        traced = package["engines.traced"].TracedEngine(*arguments, stream(3), bits)
        yield package, traced, package["engines.scalar"].ScalarEngine(*arguments, stream(3))


def _arguments(package: Package, shape: Mapping[str, Any]) -> tuple[Any, Any]:
    given = {**SHAPE, **shape}
    letters = "abcdefgh"[: given.pop("letters", 8)]
    h = package["gpt.hyperparameters"].Hyperparameters(**given)
    return h, package["gpt.corpus"].Vocabulary(letters)


def _documents(letters: str) -> list[str]:
    return ["".join(c for c in document if c in letters) for document in DOCUMENTS]


def note(texts: Mapping[str, str], **shape: Any) -> str:
    """What the engine that is taken says; it can take a step in any case."""
    with changed_code(texts) as package, redirect_stdout(io.StringIO()):
        stream = package["gpt.random_streams"].PythonStream(3)
        engine = package["engines.traced"].traced(*_arguments(package, shape), stream)
        batch = _documents(engine.vocabulary.characters)[:4]
        assert len(engine.train(batch)) == 4 // {**SHAPE, **shape}["batch_size"]
        return str(engine.note)


def check(texts: Mapping[str, str], **shape: Any) -> None:
    """Both engines take the same steps, are in the same state then, and draw the same."""
    with engines(texts, **shape) as (package, traced, scalar):
        documents = _documents(traced.vocabulary.characters)
        expected = list(scalar.train(documents))
        assert len(expected) == len(documents) // scalar.model.hyperparameters.batch_size
        assert list(traced.train(documents)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        found, right = traced.get_state(), scalar.get_state()
        assert list(found.weights) == pytest.approx(list(right.weights), abs=1e-9)
        assert list(found.means) == pytest.approx(list(right.means), abs=1e-9)
        stream = package["gpt.random_streams"].PythonStream
        bos = traced.vocabulary.bos
        drawn = [each.draw(stream(1), 0.5, [bos], 5) for each in (traced, scalar)]
        assert drawn[0] == drawn[1]
        # And on from there: in another engine the very same digits.
        other = type(traced)(traced.hyperparameters, traced.vocabulary, None)
        for engine in (scalar, other):
            engine.set_state(found)
        further = list(traced.train(documents[:8]))
        assert list(other.train(documents[:8])) == further
        assert list(scalar.train(documents[:8])) == pytest.approx(further, rel=1e-9, abs=1e-9)
