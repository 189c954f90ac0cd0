"""One step of learning: what it did to the weights, to its own lines, and to others.

The step is taken on a copy, from the state in which the run took it or will. Not about how the
run comes to that state: see `rerun`.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable

from microgpt.engines.engine import State
from microgpt.errors import DivergedError, SamplingError
from microgpt.gpt.corpus import next_documents
from microgpt.gpt.optimizer import scheduled_rate
from microgpt.inside.reports import MatrixLearning, MatrixStep, StepAhead, StepInside, WeightStep
from microgpt.inside.rerun import Rerun, kind_for
from microgpt.inside.subject import Subject
from microgpt.inside.weight_names import matrix_named, row_names, weight_name
from microgpt.means import mean, root_mean_square
from microgpt.run import Run, spread
from microgpt.weights import Matrix

_LARGEST = 20  # changes that are told by name
_OTHERS = 1000  # lines to measure on, of a small model


class OneStep:
    """Looks at steps of a run; remembers the last that it has looked at.

    Args:
        subject: the model, with its run.
        rerun: gives the run trained again; asked for when it is needed.
        clock: seconds.
    """

    def __init__(
        self, subject: Subject, rerun: Callable[[], Rerun], clock: Callable[[], float]
    ) -> None:
        if subject.run is None:
            raise SamplingError(
                f"No step can be looked at: {subject.repeatable}. Train a model here.",
                field="step",
            )
        self._run: Run = subject.run
        self._subject = subject
        self._rerun = rerun
        self._clock = clock
        self._engine = kind_for(self._run).make(
            self._run.hyperparameters, self._run.vocabulary, None
        )
        self._before: State | None = None
        self._after: State | None = None
        self._gradients = array("d")

    def look(self, step: int, milliseconds: float) -> StepInside | StepAhead:
        """What a step did, or how far it is on the way there.

        Args:
            step: counted from 1; 0 for the next, or the last where there is no next.
            milliseconds: for about so long.

        Raises:
            SamplingError: it can't be looked at; the field is "step".
        """
        first, last = self._range()
        step = step or last
        if not (isinstance(step, int) and first <= step <= last):
            raise SamplingError(_out_of_range(first, last, self._subject.repeatable), field="step")
        if step > self._run.step:
            return self._taken(step, first, last, self._run.engine.get_state())
        rerun = self._rerun()
        try:
            there = rerun.go(step - 1, self._clock() + milliseconds / 1000)
        except DivergedError as error:
            raise SamplingError(_diverged(step), field="step") from error
        if not there:
            return StepAhead(step=step, share=rerun.step / max(1, step - 1))
        return self._taken(step, first, last, rerun.training.engine.get_state())

    def _range(self) -> tuple[int, int]:
        """The first step that can be looked at, and the last.

        Raises:
            SamplingError: there is none.
        """
        run, why = self._run, self._subject.repeatable
        last = min(run.step + 1, run.hyperparameters.steps)
        if why and run.step == last:
            raise SamplingError(
                f"No step of this run can be looked at: {why}, so it can't be trained again from "
                "its beginning, and all its steps are done. Let it train some steps more, and "
                "pause it.",
                field="step",
            )
        return (last if why else 1), last

    def _taken(self, step: int, first: int, last: int, before: State) -> StepInside:
        """The step, from the state before it."""
        run, engine, subject = self._run, self._engine, self._subject
        h = run.hyperparameters
        documents = next_documents(run.training_documents, (step - 1) * h.batch_size, h.batch_size)
        own = set(documents)
        others = spread(
            [each for each in subject.documents if each not in own],
            subject.affordable(_OTHERS),
        )
        engine.set_state(before)
        try:
            gradients = engine.gradients(documents)
        except DivergedError as error:
            raise SamplingError(_diverged(step), field="step") from error
        losses_before = engine.losses([*documents, *others])
        if not engine.train(documents):
            raise SamplingError(_diverged(step), field="step")
        after = engine.get_state()
        losses_after = engine.losses([*documents, *others])
        self._before, self._after, self._gradients = before, after, gradients
        size = len(documents)
        pairs = zip(losses_before[size:], losses_after[size:], strict=True)
        return StepInside(
            step=step,
            taken=step <= run.step,
            first=first,
            last=last,
            limit=self._limit(step),
            documents=documents,
            loss_before=mean(losses_before[:size]),
            loss_after=mean(losses_after[:size]),
            measured=len(others),
            lines=subject.lines,
            others_before=mean(losses_before[size:]) if others else math.nan,
            others_after=mean(losses_after[size:]) if others else math.nan,
            helped=sum(then > now for then, now in pairs),
            learning_rate=scheduled_rate(h, step - 1),
            matrices=[self._matrix_step(matrix) for matrix in subject.layout.matrices],
            largest=self._largest(),
        )

    def _limit(self, step: int) -> str:
        """What is to be known of the steps that can be looked at, or ""."""
        run, why = self._run, self._subject.repeatable
        if why:
            return f"Only the next step can be looked at: {why}."
        if step > run.step or not (first := self._rerun().differs):
            return ""
        return (
            f"Shown is step {step:,} as it is when the run is trained again with its present plan "
            f"from the beginning. The run's own losses are others from step {first:,} on: it was "
            "given another plan on its way, or was trained elsewhere, where numbers were rounded "
            "otherwise."
        )

    def _matrix_step(self, matrix: Matrix) -> MatrixStep:
        part = slice(matrix.offset, matrix.end)
        return MatrixStep(
            name=matrix.full_name,
            moved=root_mean_square(self._change(part)),
            gradient=root_mean_square(self._gradients[part]),
        )

    def _change(self, part: slice) -> array[float]:
        before, after = self._states()
        pairs = zip(before.weights[part], after.weights[part], strict=True)
        return array("d", [now - then for then, now in pairs])

    def _states(self) -> tuple[State, State]:
        """Before and after the step that was looked at last.

        Raises:
            SamplingError: none was.
        """
        if self._before is None or self._after is None:
            raise SamplingError("No step was looked at yet. Choose one first.", field="step")
        return self._before, self._after

    def _largest(self) -> list[WeightStep]:
        """The changes of the weights that moved most."""
        (before, after), subject = self._states(), self._subject
        change = self._change(slice(None))
        largest = heapq.nlargest(_LARGEST, range(len(change)), key=lambda i: abs(change[i]))
        return [
            WeightStep(
                name=weight_name(subject.layout, subject.token_names, index),
                before=before.weights[index],
                after=after.weights[index],
                gradient=self._gradients[index],
                mean=after.means[index],
                square=after.squares[index],
            )
            for index in largest
        ]

    def matrix(self, name: str) -> MatrixLearning:
        """What the step that was looked at last did to each weight of a matrix.

        Raises:
            SamplingError: no step was looked at; or there is no such matrix, or it is too
                large, and the field is "name".
        """
        before, after = self._states()
        matrix = matrix_named(self._subject, name)
        part = slice(matrix.offset, matrix.end)
        return MatrixLearning(
            name=name,
            rows=matrix.rows,
            columns=matrix.columns,
            row_names=row_names(self._subject, matrix),
            before=before.weights[part],
            change=self._change(part),
            gradient=self._gradients[part],
            mean=after.means[part],
            square=after.squares[part],
        )


def _out_of_range(first: int, last: int, why: str) -> str:
    if first == last:
        reason = f": {why}" if why else ""
        return f"Only step {last:,} can be looked at{reason}. Take that."
    return f"Steps 1 to {last:,} can be looked at. Take one of these."


def _diverged(step: int) -> str:
    return (
        f"Step {step:,} can't be looked at: the weights have grown so large that its loss can't "
        "be computed. Take an earlier one, or lower learning_rate and train again."
    )
