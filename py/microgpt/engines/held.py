"""Whether a recording computes what the algorithm's own code does: both are asked, and compared.

First with made-up weights and documents, of all positions that there is time for; later with
those of the run. Not about what is done where they differ: see `traced`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from microgpt.engines.engine import Engine, State
from microgpt.engines.scalar import ScalarEngine
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.optimizer import Adam
from microgpt.gpt.random_streams import PythonStream
from microgpt.tracing.recording import IrregularError

_FIRST = 2_000_000  # multiplications that the scalar engine is asked for first, about: 0.2 s
_TOLERANCE = {64: 1e-9, 32: 1e-3}
_EPSILON = {64: 1e-15, 32: 1e-6}
_FURTHER = 0.1  # standard deviation of what is added to the first weights: some may be 0
_UNDEFINED = (ArithmeticError, ValueError)


class Recorded(Engine, Protocol):
    """An engine that computes what was recorded."""

    hyperparameters: Hyperparameters
    vocabulary: Vocabulary

    @property
    def updates_itself(self) -> bool:
        """Whether the optimizer is recorded, too."""

    def updated(self, gradients: array[float]) -> State:
        """What the recorded optimizer would make of the present state."""


def prove(engine: Recorded, float_bits: int) -> None:
    """Compare an engine that nobody uses yet with the algorithm's own code.

    Raises:
        IrregularError: they differ, or it can't be told.
    """
    h, letters = engine.hyperparameters, engine.vocabulary
    random = Random(1)
    positions = min(h.block_size, affordable(engine.parameter_count))
    document = "".join(random.choice(letters.characters) for _ in range(positions))
    documents = [document, document[: min(5, positions // 2)]]
    for further in (_FURTHER, 0.0):
        scalar = ScalarEngine(h, letters, PythonStream(1))
        _make_up(scalar, random, further)
        engine.set_state(scalar.get_state())
        try:
            why = disagreement(engine, scalar, documents, float_bits, engine.parameter_count)
        except _UNDEFINED:
            continue  # weights for which it isn't defined
        except Exception as error:
            raise IrregularError(f"{type(error).__name__} where it is tried") from error
        if why:
            raise IrregularError(f"its own code computes something else, as {why}")
        return
    raise IrregularError("its own code computes nothing with weights that are tried")


def affordable(parameters: int) -> int:
    """Of so many positions the scalar engine can be asked first."""
    return max(1, _FIRST // (6 * parameters))


def _make_up(engine: ScalarEngine, random: Random, further: float) -> None:
    """A state as it may be after some steps."""
    weights = engine.get_state().weights
    engine.set_state(
        State(
            weights=array("d", [weight + random.gauss(0.0, further) for weight in weights]),
            means=array("d", [random.gauss(0.0, 0.01) for _ in weights]),
            squares=array("d", [random.uniform(0.0, 0.01) for _ in weights]),
            steps_done=3,
        )
    )


def disagreement(
    engine: Recorded,
    scalar: ScalarEngine,
    documents: Sequence[str],
    float_bits: int,
    weights: int,
) -> str:
    """Where an engine and the scalar one, in the same state, differ; "" where they don't.

    Args:
        engine: that is to be right.
        scalar: which is.
        documents: to compare losses and gradients of.
        float_bits: of the engine.
        weights: compare the update of so many.
    """
    try:
        losses, gradients = scalar.losses_and_gradients(documents)
    except DivergedError:
        return ""  # nor can the engine compute it, and it says so
    if not all(map(math.isfinite, losses)):
        return ""
    tolerance = _TOLERANCE[float_bits]
    pairs = zip(losses, engine.losses(documents), strict=True)
    if any(abs(loss - other) > tolerance * max(1.0, abs(loss)) for loss, other in pairs):
        return "the loss goes by numbers or by the position in a way that wasn't seen"
    most = max(map(abs, gradients), default=0.0) + 1e-12
    pairs = zip(gradients, engine.gradients(documents), strict=True)
    if max(abs(one - other) for one, other in pairs) > 100 * tolerance * most:
        return "gradients go by numbers or by the position in a way that wasn't seen"
    if engine.updates_itself and not _same_update(engine, gradients, float_bits, weights):
        return "the update of a weight goes by which one it is, in a way that wasn't seen"
    return ""


@dataclass
class _Weight:
    """In place of a value, for the optimizer."""

    data: float
    grad: float


def _same_update(engine: Recorded, gradients: array[float], float_bits: int, count: int) -> bool:
    """Whether weights become what the optimizer's own code makes of them."""
    state, some = engine.get_state(), slice(0, count)
    pairs = zip(state.weights[some], gradients[some], strict=True)
    parameters = [_Weight(*each) for each in pairs]
    optimizer: Any = Adam(parameters, engine.hyperparameters)  # type: ignore[arg-type]
    optimizer.m, optimizer.v = list(state.means[some]), list(state.squares[some])
    optimizer.steps_done = state.steps_done
    optimizer.step()
    found = engine.updated(gradients)
    rows = (
        ([each.data for each in parameters], found.weights, state.weights),
        (optimizer.m, found.means, state.means),
        (optimizer.v, found.squares, state.squares),
    )
    return all(_near(right, now, before, float_bits) for right, now, before in rows)


def _near(
    right: Sequence[float], found: Sequence[float], before: Sequence[float], float_bits: int
) -> bool:
    """Whether numbers have moved in the same way."""
    most = max((abs(one - other) for one, other in zip(right, before, strict=False)), default=0.0)
    tolerance = 100 * _TOLERANCE[float_bits] * (most + 1e-12)
    return all(
        abs(one - other) <= tolerance + abs(one) * _EPSILON[float_bits]
        for one, other in zip(right, found, strict=False)
    )
