"""A run that is trained again from its beginning, so that it is known at any of its steps.

The same text, settings and seed give the same steps, bit for bit where the same engine takes
them: what a run was like at a step need not be kept, only a few places to begin from. With some
of its lines left out it is another run, which has all else in common with it. Not about what
is found there: see `one_step` and `what_if`.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection

from microgpt.engines import kinds
from microgpt.engines.engine import State
from microgpt.engines.kinds import EngineKind
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import next_documents
from microgpt.run import Run

_STATES = 32  # that are kept on the way, at most …
_BYTES = 32_000_000  # … and in so many bytes
_FEWEST = 3
_GROWTH = 4  # times as many steps in a call as in the one before, at most
_SAME = 1e-6  # of a loss: two engines that compute the same agree far better


def kind_for(run: Run) -> EngineKind:
    """The engine's on which a run is trained again: its own, or a faster one's."""
    return kinds.fast(run.kind)


def beginning(run: Run, kind: EngineKind) -> State:
    """Of a run before its first step."""
    return Run(run.corpus, run.hyperparameters, kind, run.vocabulary).engine.get_state()


class Training:
    """A run's steps, from its beginning on, on an engine of their own.

    A step whose line is left out is skipped, so that every other line is learned at its own
    step. Where a step reads several lines it can't be: then those that follow move up.

    Attributes:
        engine: as it is after the steps so far.
        step: how many those are.
        began: the step from which on they were taken.
        losses: nats, of the steps since; NaN of one that was skipped.
        seconds: for a step, as measured last; 0.0 where nothing is known.

    Args:
        run: whose lines, settings and order they are.
        kind: of the engine.
        clock: seconds.
    """

    def __init__(self, run: Run, kind: EngineKind, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock
        self.engine = kind.make(run.hyperparameters, run.vocabulary, None)
        self.step = self.began = 0
        self.losses = array("d")
        self.seconds = 0.0
        self._call = 1  # steps in the last one
        self._left_out: list[int] = []
        self._moved_up: list[int] | None = None

    def begin(self, state: State, left_out: Collection[int] = ()) -> None:
        """Go on from a state, without some lines from here on.

        Args:
            left_out: of the run's training documents, their indices; not all of them.
        """
        self.engine.set_state(state)
        self.step = self.began = state.steps_done
        self.losses = array("d")
        self._left_out, self._moved_up = sorted(left_out), None
        if left_out and self._run.hyperparameters.batch_size > 1:
            out = frozenset(left_out)
            count = len(self._run.training_documents)
            self._moved_up = [index for index in range(count) if index not in out]

    def advance(self, step: int, end: float) -> bool:
        """Take steps to that one, as many as there is time for, but at least one call's.

        Args:
            step: not before the present one.
            end: when to stop, on the clock.

        Returns:
            Whether it is there.

        Raises:
            DivergedError: a step can't be taken.
        """
        first = True
        while self.step < step and (first or self._clock() < end):
            if not self._skip():
                self._train(min(step - self.step, self._room(end)))
            first = False
        return self.step >= step

    def _room(self, end: float) -> int:
        """How many steps there is time for, 1 at least."""
        most = float(min(self._call * _GROWTH, self.engine.steps_per_call))
        if self.seconds:
            most = min(most, (end - self._clock()) / self.seconds)
        return max(1, int(most))

    def _skip(self) -> bool:
        """Leave out the next step, if its line is to be left out."""
        if not self._left_out or self._moved_up is not None or self._until_left_out():
            return False
        self.engine.skip(1)
        self.step += 1
        self.losses.append(math.nan)
        return True

    def _until_left_out(self) -> int:
        """Steps to the next that is left out, or to the end of a round through the lines."""
        count = len(self._run.training_documents)
        place = self.step % count
        next_one = bisect_left(self._left_out, place)
        return (self._left_out[next_one] if next_one < len(self._left_out) else count) - place

    def _train(self, steps: int) -> None:
        if self._left_out and self._moved_up is None:
            steps = min(steps, self._until_left_out())
        documents = self._next_documents(steps)
        begin = self._clock()
        losses = self.engine.train(documents)
        self._call, taken = steps, self._clock() - begin
        self.seconds = taken / steps
        self.step += len(losses)
        self.losses.extend(losses)
        if len(losses) < steps:
            raise DivergedError(f"The loss can't be computed at step {self.step + 1}.")

    def _next_documents(self, steps: int) -> list[str]:
        documents, size = self._run.training_documents, self._run.hyperparameters.batch_size
        first, count = self.step * size, steps * size
        if self._moved_up is None:
            return next_documents(documents, first, count)
        indices = self._moved_up
        return [documents[indices[i % len(indices)]] for i in range(first, first + count)]


class Rerun:
    """A run at any of its steps.

    Attributes:
        kind: of the engine.
        training: which is at some step.

    Args:
        run: that can be trained again.
        clock: seconds.
        kind: of the engine, if it is not the one that suits the run best.
    """

    def __init__(
        self, run: Run, clock: Callable[[], float], kind: EngineKind | None = None
    ) -> None:
        self._run = run
        self._clock = clock
        self.kind = kind or kind_for(run)
        self.training = Training(run, self.kind, clock)
        self._losses = array("d")  # nats, of all steps that were ever taken here
        self._states = {0: beginning(run, self.kind)}  # by the step
        self.training.begin(self._states[0])
        room = _BYTES // (3 * 8 * len(self._states[0].weights))
        self._every = math.ceil(run.hyperparameters.steps / max(_FEWEST, min(_STATES, room)))

    @property
    def beginning(self) -> State:
        """Before the first step."""
        return self._states[0]

    @property
    def step(self) -> int:
        """At which it is."""
        return self.training.step

    def go(self, step: int, end: float) -> bool:
        """Get to a step, forwards or backwards, as far as there is time.

        Args:
            step: 0 to the last of the plan.
            end: when to stop, on the clock.

        Returns:
            Whether it is there.

        Raises:
            DivergedError: a step can't be taken.
        """
        training = self.training
        nearest = max(kept for kept in self._states if kept <= step)
        if training.step > step or training.step < nearest:
            self._remember()
            training.begin(self._states[nearest])
        while training.step < step:
            stop = min(step, (training.step // self._every + 1) * self._every)
            if not training.advance(stop, end):
                return False
            if stop % self._every == 0 and stop not in self._states:
                self._states[stop] = training.engine.get_state()
            if training.step < step and self._clock() >= end:
                return False
        return True

    @property
    def differs(self) -> int:
        """The first step so far whose loss was another in the run itself, or 0 if none was.

        Then the run had other settings when it took its steps: it was given another plan.
        """
        self._remember()
        for step, (here, there) in enumerate(zip(self._losses, self._run.losses, strict=False), 1):
            if not math.isclose(here, there, rel_tol=_SAME, abs_tol=_SAME):
                return step
        return 0

    def _remember(self) -> None:
        """The losses of steps that were taken for the first time."""
        known = len(self._losses) - self.training.began
        self._losses.extend(self.training.losses[known:])
