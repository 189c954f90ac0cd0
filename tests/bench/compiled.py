"""What the compiled engine does in a second: a table, wherever Python runs.

`python3 build.py bench compiled` measures V8's machine code, under Pyodide in Node, as
in a tab of Chromium; `.venv/bin/python tests/bench/compiled.py TEXT` measures
wasmtime's, beside PyTorch's where that is installed. Times are medians of slices of a run;
GFLOP/s are 6 · parameters · tokens over the time of a whole step. A figure here depends
on the machine and on what else it does; compare figures of the same minute. Not about
whether the numbers are right: see tests/unit/engines/.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from microgpt import settings
from microgpt.engines import compiled as compiled_engine
from microgpt.engines import host, team
from microgpt.engines.kinds import ENGINES
from microgpt.engines.nearest import Nearest
from microgpt.gpt.corpus import Corpus
from microgpt.kernels.sizes import Sizes
from microgpt.run import Run
from microgpt.session.drawing import draw
from microgpt.session.session import Session
from microgpt.texts import read

SECONDS = 1.0  # of every measurement of a speed
ROUNDS = 7  # of measuring what is compared with each other
WIDTHS = [16, 32, 48, 64, 120, 128, 192, 256, 512]  # powers of two, and what lies between
LARGE = {"n_layer": 4, "n_embd": 64, "n_head": 4, "block_size": 64, "batch_size": 8}
BITS = {"compiled": 64, "compiled-float32": 32}


def milliseconds(begin: float) -> float:
    """Since a reading of the clock."""
    return (time.perf_counter() - begin) * 1000


def long_lines(corpus: Corpus) -> Corpus:
    """The same characters in lines of 300, which fill any block measured here."""
    text = "".join(corpus.documents)
    text *= -(-300_000 // len(text))
    return Corpus("long lines", tuple(text[i : i + 300] for i in range(0, 300_000, 300)), 0)


class Speed:
    """A run, and how long its steps take."""

    def __init__(self, corpus: Corpus, engine: str, **sizes: int) -> None:
        hyperparameters = settings.from_mapping({"steps": 1_000_000, **sizes})
        self.run = Run(corpus, hyperparameters, ENGINES[engine])
        self.slice = 1
        self.inside = 0.0  # seconds in the module
        self.outside = 0.0  # seconds of train() altogether
        call = self.run.engine._instance.call  # type: ignore[attr-defined]

        def timed(*arguments: float) -> object:
            begin = time.perf_counter()
            result = call(*arguments)
            self.inside += time.perf_counter() - begin
            return result

        self.run.engine._instance.call = timed  # type: ignore[attr-defined]

    def step(self, seconds: float = SECONDS) -> float:
        """Median seconds of a step, by slices of about 40 ms as in the page."""
        slices: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(slices) < 3:
            slices.append(self.step_of_a_slice())
        return statistics.median(slices)

    def step_of_a_slice(self) -> float:
        """Seconds of a step, in one slice."""
        begin = time.perf_counter()
        done = len(self.run.train(self.slice))
        took = time.perf_counter() - begin
        self.outside += took
        self.slice = max(1, min(4 * done, int(0.04 * done / took)))
        return took / done

    def to(self, step: int) -> None:
        """Train up to a step, and don't measure."""
        while self.run.step < step:
            self.run.train(step - self.run.step)

    def gigaflops(self, seconds: float) -> float:
        return self.run.flop_per_step / seconds / 1e9


def exponent(sizes: list[int], times: list[float]) -> float:
    """Of the growth between the first and the last size."""
    return math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0])


def row(name: str, *figures: str) -> None:
    print(f"{name:44}" + "".join(f"{figure:>18}" for figure in figures), flush=True)


def translation(corpus: Corpus) -> None:
    vocabulary_size = len(corpus.characters) + 1
    for name, sizes in (("default size", {}), ("large", LARGE)):
        of_module = Sizes.of(settings.from_mapping(sizes), vocabulary_size)
        times, lengths = [], []
        for bits in BITS.values():
            begin = time.perf_counter()
            binary = compiled_engine.translate(of_module, bits, host.has_simd())
            host.load(binary).instance()
            times.append(f"{milliseconds(begin):.0f} ms")
            lengths.append(f"{len(binary) / 1000:.0f} kB")
        row(f"translate and instantiate, {name}", *times)
        row("  the module", *lengths)


def first_thousand(corpus: Corpus) -> None:
    figures: dict[bool, list[str]] = {False: [], True: []}
    text = "\n".join(corpus.documents).encode()
    for prepare in figures:
        for engine in BITS:
            session = Session()
            session.load(text, corpus.name)
            if prepare:
                session.prepare({}, engine)
            begin = time.perf_counter()
            session.start({}, engine)
            while not session.advance(40)["ending"]:
                pass
            figures[prepare].append(f"{milliseconds(begin):.0f} ms")
    row("from start to step 1,000", *figures[False])
    row("  prepared before", *figures[True])


def default_size(corpus: Corpus) -> None:
    early, late, crossing, ratio = [], [], [], []
    scalar = Run(corpus, settings.from_mapping({}), ENGINES["scalar"])
    scalar.train(1)
    begin = time.perf_counter()
    for _ in range(5):
        scalar.train(1)
    scalar_step = milliseconds(begin) / 5e3
    for engine in BITS:
        speed = Speed(corpus, engine)
        speed.to(5_000)
        speed.inside = speed.outside = 0.0
        step = speed.step()
        early.append(f"{step * 1e6:.1f} µs")
        crossing.append(f"{100 * (1 - speed.inside / speed.outside):.1f} %")
        ratio.append(f"{scalar_step / step:,.0f}")
        speed.to(50_000)
        late.append(f"{speed.step() * 1e6:.1f} µs")
    row("a step, from step 5,000 on", *early)
    row("a step, from step 50,000 on", *late)
    row("times the scalar engine", *ratio)
    row("outside of the module", *crossing)


def shortest(task: Callable[[], object]) -> float:
    """Seconds, the least of several times."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        task()
        times.append(time.perf_counter() - begin)
    return min(times)


def many_in_a_call(corpus: Corpus, engine: str) -> dict[str, str]:
    """What a trained model of the default size is asked for a thousand times and more."""
    speed = Speed(corpus, engine)
    speed.to(1_000)
    run, model, documents = speed.run, speed.run.engine, corpus.documents[:5_000]
    bos, block = run.vocabulary.bos, run.hyperparameters.block_size
    beginnings = [run.vocabulary.encode(document, block)[:-1] for document in documents]
    tokenwise = shortest(lambda: [list(model.sample(run.stream, 0.5, [bos])) for _ in range(100)])
    drawn = shortest(lambda: model.draw(run.stream, 0.5, [bos], 1000))
    sampled = shortest(lambda: list(draw(run, run.stream, 1000, 0.5, [bos])))

    def each(task: Callable[[], object]) -> str:
        return f"{shortest(task) / len(documents) * 1e6:.1f} µs"

    return {
        "draws a second, token by token": f"{100 / tokenwise:,.0f}",
        "draws a second": f"{1000 / drawn:,.0f}",
        "  as samples of a session": f"{1000 / sampled:,.0f}",
        "a document's loss": each(lambda: model.losses(documents)),
        "a document's surprises": each(lambda: model.surprises(documents)),
        "what follows a beginning": each(lambda: model.predict(beginnings, 1.0)),
    }


def nearest_lines(corpus: Corpus) -> None:
    """Of the whole text, for a few words that are not all in it."""
    nearest = Nearest(corpus.documents)
    for word in ("marieka", "zzzzzzzzzzzz"):
        seconds = shortest(partial(nearest.find, word))
        row(f"the line nearest to {word}", f"{seconds * 1e3:.1f} ms")


def growth(corpus: Corpus) -> None:
    speeds = [Speed(corpus, engine, **LARGE) for engine in BITS]
    times = [speed.step(3 * SECONDS) for speed in speeds]
    parameters = speeds[0].run.engine.parameter_count
    row(f"large ({parameters:,} parameters), a step", *(f"{t * 1e3:.1f} ms" for t in times))
    pairs = zip(speeds, times, strict=True)
    row("  GFLOP/s", *(f"{speed.gigaflops(t):.1f}" for speed, t in pairs))
    runs = [speed.run for speed in speeds]
    memory = [run.kind.memory(run.hyperparameters, run.vocabulary.size, 0) for run in runs]
    row("  memory", *(f"{size / 1e6:.1f} MB" for size in memory))
    for name, values in (("n_embd", [16, 32, 64, 128]), ("block_size", [16, 32, 64, 128, 256])):
        table = [
            [Speed(corpus, engine, **{name: value}).step() for value in values] for engine in BITS
        ]
        for i, value in enumerate(values):
            row(f"{name} {value}, a step", *(f"{times[i] * 1e6:.1f} µs" for times in table))
        row("  exponent of the growth", *(f"{exponent(values, times):.2f}" for times in table))


def widths(corpus: Corpus) -> None:
    """How the speed depends on the width, slice by slice in turn: what else goes on hits all."""
    speeds = [
        Speed(corpus, engine, **{**LARGE, "n_embd": width}) for width in WIDTHS for engine in BITS
    ]
    rounds = [[speed.step_of_a_slice() for speed in speeds] for _ in range(1 + ROUNDS)]
    steps = map(statistics.median, zip(*rounds[1:], strict=True))  # the first is to warm up
    figures = [f"{speed.gigaflops(step):.1f}" for speed, step in zip(speeds, steps, strict=True)]
    for i, width in enumerate(WIDTHS):
        both = slice(i * len(BITS), (i + 1) * len(BITS))
        row(f"n_embd {width}, GFLOP/s", *figures[both])
        beside_torch(speeds[both])


def beside_torch(speeds: list[Speed]) -> None:
    """What PyTorch makes of the same sizes, if it is there."""
    if not importlib.util.find_spec("torch"):
        return
    step = importlib.import_module("_beside_torch").step
    figures = []
    for speed, bits in zip(speeds, BITS.values(), strict=True):
        run = speed.run
        seconds = step(run.hyperparameters, run.vocabulary.size, bits, SECONDS)
        figures.append(f"{speed.gigaflops(seconds):.1f}")
    row("  PyTorch on one thread", *figures)


def workshop(corpus: Corpus) -> None:
    """From the wish to the last report, with all figures, of a trained default model."""
    wishes: dict[str, dict[str, Any]] = {
        "1,000 distinct new names": {"count": 1000, "new": True, "unique": True},
        "1,000 of them at temperature 1": {
            "count": 1000,
            "new": True,
            "unique": True,
            "temperature": 1.0,
        },
        "the 100 likeliest": {"count": 100, "likeliest": True},
        "20 of exactly 12 letters": {"count": 20, "min_length": 12, "max_length": 12},
    }
    session = Session()
    session.load("\n".join(corpus.documents).encode(), corpus.name)
    session.start({}, "compiled")
    session.advance(1e9)
    next(session.make({}))  # what is measured once
    for name, wish in wishes.items():
        session.seed_samples(1)
        begin = last = time.perf_counter()
        slices, found, draws = [], 0, 0
        for report in session.make(wish):
            found, draws = report["found"], report["draws"]
            slices.append(time.perf_counter() - last)
            last = time.perf_counter()
        seconds = time.perf_counter() - begin
        row(
            f"{name}: {found:,} of {draws:,}",
            f"{seconds:.2f} s",
            f"slice {max(slices) * 1000:.0f} ms",
        )


def inside(corpus: Corpus) -> None:
    """What the view Inside asks of a trained default model."""
    session = Session()
    session.load("\n".join(corpus.documents).encode(), corpus.name)
    session.start({}, "compiled")
    session.advance(1e9)
    begin = time.perf_counter()
    looked_at = session.inside(1_000)
    row("the inside of a model", f"{milliseconds(begin):.1f} ms")
    line = corpus.documents[0]
    tasks: dict[str, Callable[[], object]] = {
        "all of one line's inside": partial(looked_at.line, line),
        "what a guess rests on": partial(looked_at.guess, line[:2]),
        "samples without a part": partial(looked_at.without, "layer0.mlp"),
        "a neuron": partial(looked_at.neuron, 0, 7),
        "how far back heads look": looked_at.distances,
        "the letter map": looked_at.letter_map,
        "the graph of a line's loss": partial(looked_at.graph, line),
        "a step of learning": partial(looked_at.one_step, 500, 1e9),
    }
    for name, task in tasks.items():
        begin = time.perf_counter()
        task()
        first = milliseconds(begin)
        row(name, f"{shortest(task) * 1e3:.1f} ms", f"first {first:.1f} ms")
    begin = time.perf_counter()
    found = looked_at.ablation(1e9)
    seconds = time.perf_counter() - begin
    row(f"{len(found['parts'])} parts on {found['documents']:,} lines", f"{seconds:.2f} s")


def main(path: str) -> None:
    team.allow(1)  # for several: cores.py
    file = Path(path)
    corpus = read(file.read_bytes(), file.name)
    row(f"{file.name}, {sys.platform}", *BITS)
    translation(corpus)
    first_thousand(corpus)
    default_size(corpus)
    figures = [many_in_a_call(corpus, engine) for engine in BITS]
    for name in figures[0]:
        row(name, *(each[name] for each in figures))
    nearest_lines(corpus)
    workshop(corpus)
    inside(corpus)
    growth(long_lines(corpus))
    widths(long_lines(corpus))


if __name__ == "__main__":
    main(sys.argv[1])
