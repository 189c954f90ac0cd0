"""How well a run does on lines that it has not learned from, at each step that was kept of it.

The lines are the same at every step, so that what was better and what was worse can be
told apart from chance. Not about what follows from it (`verdict`), nor about how the
weights are kept (`replay`).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence

from microgpt.engines import kinds
from microgpt.engines.kinds import EngineKind
from microgpt.means import mean
from microgpt.run import Run, spread
from microgpt.session.baselines import Baselines
from microgpt.session.pace import Pace, measure
from microgpt.session.replay import Replay
from microgpt.session.reports import Learning

LINES = 1000  # at most: the mean is then known to about 0.02 nats, a difference to 0.007
_FEWEST = 100  # where a model is large, and there are so many
_SECONDS = 2.0  # for all steps, on a slow machine, as far as the fewest lines allow it
_COUNTED = 200_000  # characters in which letters are counted


class LearningCurve:
    """Losses of a run's kept steps, measured piece by piece.

    Args:
        run: that learns.
        replay: its kept steps.
        clock: seconds.
        before: of the same run when it had another plan; what was measured on the
            same lines stays.
    """

    def __init__(
        self,
        run: Run,
        replay: Replay,
        clock: Callable[[], float],
        before: LearningCurve | None = None,
    ) -> None:
        self._run = run
        self._replay = replay
        self._clock = clock
        self._pace = Pace()
        parameters, tokens = run.engine.parameter_count, mean_tokens(run)
        most = affordable(run.kind, parameters, tokens, replay.planned)
        self.kept_out, self.lines = lines_to_measure(run, most)
        self._losses: dict[int, array[float]] = {}  # by the step: of the first lines, or of all
        if before and before.lines == self.lines:
            self._losses = {s: lost for s, lost in before._losses.items() if s <= run.step}
        self._idle = True  # nothing was done yet in this call
        self._baselines: tuple[float, float] | None = None

    def measure(self, milliseconds: float, newest: int | None) -> None:
        """Go on for about so long.

        Args:
            newest: the kept step to begin with, if one matters more than the others.
        """
        end, self._idle = self._clock() + milliseconds / 1000, True
        if self._baselines is None:
            self._baselines, self._idle = self._counted(), False
        if not self.lines:
            return
        steps = self._replay.steps
        for step in steps if newest is None else [newest, *steps]:
            if self.losses(step) is None and not self._measure(step, end):
                return

    def _measure(self, step: int, end: float) -> bool:
        """Measure a step until that time; whether it is done."""
        losses = self._losses.setdefault(step, array("d"))
        engine, before = self._replay.model(step).engine, len(losses)
        measure(engine, self.lines, losses, self._pace, self._clock, end, at_least_one=self._idle)
        self._idle = self._idle and len(losses) == before
        return len(losses) == len(self.lines)

    def losses(self, step: int) -> array[float] | None:
        """Of each line at a step, in nats; None if not all are measured."""
        losses = self._losses.get(step)
        return losses if losses is not None and len(losses) == len(self.lines) else None

    def measured(self) -> dict[int, array[float]]:
        """The losses of each line at the kept steps that are done, by the step, ascending."""
        found = ((step, self.losses(step)) for step in self._replay.steps)
        return {step: losses for step, losses in found if losses} if self.lines else {}

    def _counted(self) -> tuple[float, float]:
        """What letters and pairs of letters achieve on the same lines."""
        run, measured = self._run, frozenset(self.lines)
        reached = run.hyperparameters.steps * run.hyperparameters.batch_size
        documents = run.reached_documents(reached)
        if run.background:
            documents = run.background.learned_documents
        some = spread(documents, int(_COUNTED / mean_tokens(run)))
        others = [document for document in some if document not in measured]
        counts = Baselines(others, run.vocabulary.size, run.hyperparameters.block_size)
        return counts.losses(self.lines or spread(documents, LINES))

    def report(self) -> Learning:
        """What is known by now."""
        steps, means = self._replay.steps, array("d")
        for step in steps if self.lines else ():
            if (losses := self.losses(step)) is None:
                break
            means.append(mean(losses))
        return Learning(
            steps=steps,
            holdout=means,
            documents=len(self.lines),
            kept_out=self.kept_out,
            learned=self._run.background is not None and not self._run.background.unseen,
            complete=self._baselines is not None and (not self.lines or len(means) == len(steps)),
            guess=math.log(self._run.vocabulary.size),
            letters=self._baselines[0] if self._baselines else None,
            pairs=self._baselines[1] if self._baselines else None,
        )


def lines_to_measure(run: Run, most: int) -> tuple[bool, Sequence[str]]:
    """Whether they were kept out of training by a setting, and which they are.

    Distinct lines, none of which the run learns from before its plan is at its end.
    """
    if run.background:
        return False, run.background.measured_documents
    h = run.hyperparameters
    reached = h.steps * h.batch_size
    kept_out = bool(run.holdout_documents)
    rest = run.holdout_documents if kept_out else run.not_reached(reached)
    if not rest:
        return kept_out, []
    seen = set(run.training_documents[:reached])
    # More than are needed, for those that are repeated; not all, for there can be millions.
    some = dict.fromkeys(spread(rest, 4 * most))
    return kept_out, spread([document for document in some if document not in seen], most)


def affordable(kind: EngineKind, parameters: int, tokens: float, steps: int) -> int:
    """How many lines of so many tokens can be measured at so many steps of a run."""
    kind = kinds.fast(kind)
    flop = 2 * parameters * tokens * steps  # for a line
    return min(LINES, max(_FEWEST, int(_SECONDS * kind.flops / flop)))


def mean_tokens(run: Run) -> float:
    """Of a training document, in the mean."""
    parameters, batch = run.engine.parameter_count, run.hyperparameters.batch_size
    return run.flop_per_step / (6 * parameters * batch)
