"""A run at earlier steps: the weights that are kept on its way, and the model at each of them.

The steps are spaced by the logarithm, because a model changes most at the beginning.
Not about what is measured there: see `learning`.
"""

from __future__ import annotations

import copy
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import cast

from microgpt.engines import kinds
from microgpt.engines.engine import Engine, Part, State
from microgpt.gpt.random_streams import RandomStream
from microgpt.run import Run

_RATIO = 1.13  # of a kept step to the one before; some 54 in 1,000
_BYTES = 8_000_000  # for all weights that are kept, of 4 bytes each …
_FEWEST = 8  # … or for so many steps, if they take no more than …
_MOST_BYTES = 200_000_000  # … these; of the largest models the first and the last


class Replay:
    """The weights of a run at some of its steps.

    They are copied by the engine while it trains, which costs next to nothing, and
    fetched from there when they are wanted.

    Args:
        run: whose steps from now on are kept.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._kept: dict[int, array[float]] = {}  # by the step, ascending
        self._due: list[int] = []
        self._copied: list[int] = []  # steps whose weights the engine still has
        self._engine: Engine | None = None  # made when it is first needed: it takes memory
        self._shown: array[float] | None = None  # the weights that it has
        self.plan(run)

    def plan(self, run: Run) -> None:
        """From now on the steps of this run are kept, to the end of its plan.

        It is the run from before with another plan; what it has gone back from is forgotten.
        """
        self.collect()
        self._run = run
        kept = {step: weights for step, weights in self._kept.items() if step <= run.step}
        coming = spaced(run.step, run.hyperparameters.steps)
        steps = thinned(sorted({*kept, *coming}), self._most)
        self._kept = {step: kept[step] for step in steps if step in kept}
        self._due = [step for step in steps if step not in kept]

    @property
    def _most(self) -> int:
        """How many steps there is room for."""
        size = 4 * self._run.engine.parameter_count
        return max(2, min(_FEWEST, _MOST_BYTES // size), _BYTES // size)

    @property
    def steps(self) -> list[int]:
        """Which are kept by now, ascending."""
        return [*self._kept, *self._copied]

    @property
    def planned(self) -> int:
        """How many there will be at the end of the plan."""
        return len(self.steps) + len(self._due)

    def train(self, steps: int) -> array[float]:
        """Let the run take steps: see `Run.train`."""
        step = self._run.step
        losses = self._run.train(steps, self._due[: bisect_left(self._due, step + steps)])
        done = bisect_left(self._due, self._run.step)
        self._copied += self._due[:done]
        del self._due[:done]
        return losses

    def keep_newest(self) -> None:
        """Keep the weights as they are now: the run has come to an end."""
        self.collect()
        step = self._run.step
        weights = self._run.engine.numbers("weights", 0, self._run.engine.parameter_count)
        self._kept[step] = weights if weights.typecode == "f" else array("f", weights)
        self._due = [due for due in self._due if due != step]

    def collect(self) -> None:
        """Fetch what the engine has copied, before it is replaced or when there is time."""
        if self._copied:
            self._kept |= zip(self._copied, self._run.engine.take_kept(), strict=True)
            self._copied = []

    def weights(self, step: int) -> array[float]:
        """Of a step that is kept."""
        self.collect()
        return self._kept[step]

    def model(self, step: int) -> Run:
        """The run as it was at a kept step, to be sampled and measured; it can't be trained."""
        model = copy.copy(self._run)
        model.engine = cast(Engine, _KeptEngine(self, self.weights(step)))
        return model

    def engine_with(self, weights: array[float]) -> Engine:
        """One engine for all kept steps, with these weights until the next call."""
        run = self._run
        if self._engine is None:
            kind = kinds.reader(kinds.fast(run.kind), run.hyperparameters, run.vocabulary.size)
            self._engine = kind.make(run.hyperparameters, run.vocabulary, None)
        if self._shown is not weights:
            self._engine.set_weights(weights)
            self._shown = weights
        return self._engine


class _KeptEngine:
    """The engine of a kept step, as far as samples, the workshop and losses need one."""

    def __init__(self, replay: Replay, weights: array[float]) -> None:
        self._replay = replay
        self._weights = weights

    @property
    def parameter_count(self) -> int:
        """See `Engine.parameter_count`."""
        return len(self._weights)

    def get_state(self) -> State:
        """The weights; what else training had made by then isn't kept."""
        return State.untrained(self._weights)

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `engine.Learned`; all but the weights is unknown."""
        some = self._weights[first : first + count]
        return some if part == "weights" else array("f", bytes(4 * len(some)))

    def losses(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.losses`."""
        return self._replay.engine_with(self._weights).losses(documents)

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """See `Engine.sample`."""
        for token in self._replay.engine_with(self._weights).sample(stream, temperature, prefix):
            yield token
            # Others may have had their turn with another step's weights.
            self._replay.engine_with(self._weights)

    @property
    def draws_per_call(self) -> int:
        """See `Engine.draws_per_call`."""
        return self._replay.engine_with(self._weights).draws_per_call

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """See `Engine.draw`."""
        return self._replay.engine_with(self._weights).draw(stream, temperature, prefix, count)

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """See `Engine.predict`."""
        return self._replay.engine_with(self._weights).predict(beginnings, temperature)

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """See `Engine.surprises`."""
        return self._replay.engine_with(self._weights).surprises(documents, temperature)


def spaced(begin: int, end: int) -> list[int]:
    """Steps from begin to end, both among them, spaced by the logarithm."""
    steps, step = [begin], 0
    while (step := max(step + 1, int(step * _RATIO))) < end:
        if step > begin:
            steps.append(step)
    return [*steps, end] if end > begin else steps


def thinned(steps: list[int], most: int) -> list[int]:
    """At most so many of the steps, the first and the last among them, spaced as before."""
    steps = list(steps)
    while len(steps) > max(2, most):
        # The logarithm's gap that is left when it goes is the smallest.
        gaps = [(steps[i + 1] + 1) / (steps[i - 1] + 1) for i in range(1, len(steps) - 1)]
        del steps[gaps.index(min(gaps)) + 1]
    return steps
