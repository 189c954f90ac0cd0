"""How long Python will be busy in one piece: told before, and short where nobody has asked."""

from __future__ import annotations

import time
from array import array
from typing import Any

import pytest

from microgpt import Session
from microgpt.engines.kinds import COMPILED, ENGINES, SCALAR
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.random_streams import PythonStream
from microgpt.run import Run
from microgpt.session import waiting
from microgpt.settings import from_mapping
from microgpt.sharing.links import Recipe, recipe_link, text_hash, weights_hash

PIECE = 1  # second, as web/page/openings.js has it
# What costs most is something else in each: products, pairs of positions, heads, weights, batch.
SHAPES: dict[str, tuple[dict[str, int], int, int]] = {
    "usual": ({}, 27, 15),
    "wide": ({"n_embd": 64}, 27, 15),
    "long": ({"n_embd": 16, "n_head": 1, "block_size": 100}, 3, 99),
    "heads": ({"n_embd": 8, "n_head": 8, "block_size": 80}, 3, 79),
    "weights": ({"n_embd": 128, "n_layer": 2}, 27, 1),
    "characters": ({"n_embd": 8}, 1000, 15),
    "batch": ({"batch_size": 6}, 27, 15),
}


def measured(settings: dict[str, int], vocabulary_size: int, length: int) -> float:
    """How long one step takes, in seconds of this process alone: others use the machine, too."""
    h = from_mapping(settings)
    vocabulary = Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + vocabulary_size - 1))))
    line = (vocabulary.characters * (length + 1))[:length]
    engine = SCALAR.make(h, vocabulary, PythonStream(1))
    begin = time.process_time()
    engine.train([line] * h.batch_size)
    return time.process_time() - begin


@pytest.mark.deep
def test_a_step_takes_about_as_long_as_is_told() -> None:
    """Whatever the machine: by what is dear in a shape, held against the usual one."""
    ratios = {}
    for name, (settings, vocabulary_size, length) in SHAPES.items():
        told = waiting.wait(from_mapping(settings), vocabulary_size, length, SCALAR).step
        ratios[name] = min(measured(settings, vocabulary_size, length) for _ in range(2)) / told
    usual = ratios["usual"]
    assert {name: r for name, r in ratios.items() if not 1 / 4 < r / usual < 3} == {}


def test_a_machine_is_as_slow_as_its_clock_says() -> None:
    class Clock:
        def __init__(self, seconds: float) -> None:
            self.now, self.seconds = 0.0, seconds

        def __call__(self) -> float:
            self.now += self.seconds
            return self.now

    slow, slower, broken = (waiting.slowness(Clock(s)) for s in (0.002, 0.004, 0.0))
    assert slower == pytest.approx(2 * slow)
    assert 0 < broken < slow
    assert waiting.slowness(Clock(1e9)) < 100


def recipe(engine: str, text: bytes, **settings: int) -> str:
    h = from_mapping(settings)
    made = Recipe(h, engine, h.steps, "n", text, "", text_hash(text), weights_hash(array("d")))
    return recipe_link(made, 4000)


MALICE: list[tuple[str, bytes, dict[str, int]]] = [
    ("scalar", b"a" * 690, {"n_embd": 4, "n_head": 1, "block_size": 700, "batch_size": 14}),
    ("scalar", b"a", {"n_embd": 256, "n_layer": 2, "batch_size": 256}),
    ("scalar", b"a", {"n_embd": 256, "n_layer": 3}),  # there are many weights to make
    ("compiled-float32", b"a", {"n_embd": 512, "n_layer": 8}),
    ("compiled", b"ab" * 500, {"n_embd": 64, "n_head": 64, "block_size": 1024, "batch_size": 64}),
    ("traced", b"ab", {"n_embd": 256, "n_layer": 4}),
]


@pytest.mark.parametrize(("engine", "text", "settings"), MALICE)
def test_what_a_recipe_would_keep_python_busy_with_is_asked_for_first(
    engine: str, text: bytes, settings: dict[str, Any]
) -> None:
    begin = time.perf_counter()
    opened = Session().open_link(recipe(engine, text, steps=1, **settings))
    assert opened["longest_wait"] > PIECE
    assert time.perf_counter() - begin < PIECE


@pytest.mark.parametrize("engine", ["compiled", "compiled-float32", "scalar"])
def test_a_usual_recipe_is_followed_unasked(engine: str) -> None:
    opened = Session().open_link(recipe(engine, b"anna\nbob\ncarla", steps=20))
    assert opened["longest_wait"] < PIECE / 2
    assert opened["seconds_expected"] < 10


@pytest.mark.parametrize(("engine", "text", "settings"), MALICE)
def test_nothing_that_takes_long_is_measured_for_a_plan(
    monkeypatch: pytest.MonkeyPatch, engine: str, text: bytes, settings: dict[str, Any]
) -> None:
    def new_run(*_: object) -> Run:
        raise AssertionError("nothing of it is made")

    session = Session()
    session.load(text, "n")
    monkeypatch.setattr("microgpt.session.session.Run", new_run)
    plan = session.prepare({"steps": 10, **settings}, engine)
    assert plan["problem"] == ""
    assert plan["seconds"] is not None
    assert plan["seconds"] > PIECE


def test_every_engine_tells_what_a_step_takes() -> None:
    for kind in ENGINES.values():
        small, large = (
            waiting.wait(from_mapping({"n_embd": width}), 27, 7, kind) for width in (16, 64)
        )
        assert 0 < small.step < large.step
        assert 0 < small.start < large.start
    assert waiting.wait(from_mapping({}), 27, 7, COMPILED).longest < 0.1
