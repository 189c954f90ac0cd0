"""The engines that there are: what makes each, and what a visitor is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from microgpt import host
from microgpt.compiled_engine import CompiledEngine
from microgpt.corpus import Corpus
from microgpt.hyperparameters import Hyperparameters
from microgpt.training import MakeEngine, Run, ScalarEngine


@dataclass(frozen=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        make: makes one, from the hyperparameters, the vocabulary's size with BOS, and
            the stream that the weights are drawn from.
        help: what it is, for whoever chooses.
    """

    make: MakeEngine
    help: str


ENGINES = {
    "compiled": EngineKind(
        CompiledEngine,
        "Loops in Python, turned into WebAssembly by Python: the same numbers, "
        "about a thousand times as fast.",
    ),
    "compiled-float32": EngineKind(
        partial(CompiledEngine, float_bits=32),
        "The same with numbers of half the size: faster still, but losses differ "
        "from the sixth digit on.",
    ),
    "scalar": EngineKind(
        ScalarEngine, "Readable Python, one object for every number: slow enough to watch."
    ),
}


def fastest() -> str:
    """The engine that computes the definition's numbers most quickly here."""
    return "compiled" if host.available() else "scalar"


def new_run(corpus: Corpus, hyperparameters: Hyperparameters, engine: str) -> Run:
    """A run that begins, on the engine of that name."""
    return Run(corpus, hyperparameters, ENGINES[engine].make)
