"""One object for all that can be asked of the inside of a model, at one moment.

Only what there is to ask; each answer is the business of a module of its own. These are
imported when they are first asked for: nobody needs them all, and everybody would wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from microgpt.errors import SamplingError
from microgpt.gpt.random_streams import PythonStream
from microgpt.inside.reports import (
    Ablation,
    Distances,
    Graph,
    GraphValue,
    GraphVector,
    GuessParts,
    LetterMap,
    LineInside,
    Matrices,
    MatrixInside,
    MatrixLearning,
    Neuron,
    PathStep,
    Proof,
    StepAhead,
    StepInside,
    WhatIf,
    Without,
)
from microgpt.inside.subject import Subject

if TYPE_CHECKING:
    from microgpt.inside.graph import LossGraph
    from microgpt.inside.one_step import OneStep
    from microgpt.inside.rerun import Rerun

T = TypeVar("T")

_MOMENT_MS = 40  # of what takes longer: well under the 100 ms in which an answer is expected


class Inside:
    """What a model is like inside.

    Args:
        subject: the model.
        clock: seconds.
        before: of another moment; what is known of the run itself is taken over.
    """

    def __init__(
        self,
        subject: Subject,
        clock: Callable[[], float] = time.perf_counter,
        before: Inside | None = None,
    ) -> None:
        self.subject = subject
        self._clock = clock
        self._going_on: dict[str, Any] = {}  # what is kept from one request to the next
        same = before is not None and subject.run is not None and before.subject.run is subject.run
        self._of_run: dict[str, Any] = (
            before._of_run if before and same else {}
        )  # which outlives it

    def _kept(self, name: str, make: Callable[[], T]) -> T:
        """What is kept under a name, made when it is first asked for."""
        if name not in self._going_on:
            self._going_on[name] = make()
        kept: T = self._going_on[name]
        return kept

    def line(self, text: str, temperature: float = 1.0) -> LineInside:
        """What happens when the model reads a line.

        Raises:
            SamplingError: a character is unknown, or no such temperature.
        """
        from microgpt.inside.line import line_inside

        return line_inside(self.subject, text, temperature)

    def draw(self, beginning: str, temperature: float = 0.5) -> str:
        """The beginning of a line with what the model makes of it; each time another.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: a character is unknown, or no such temperature.
        """
        from microgpt.inside.line import draw

        stream = self._kept("stream", lambda: PythonStream("inside"))
        return draw(self.subject, stream, beginning, temperature)

    def guess(self, beginning: str) -> GuessParts:
        """What the model expects after a beginning, and what it would without each part.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: a character is unknown.
        """
        from microgpt.inside.guess import guess_parts

        return guess_parts(self.subject, beginning)

    def ablation(self, milliseconds: float = _MOMENT_MS) -> Ablation:
        """What each part is worth; measures for about so long, call again."""
        from microgpt.inside.ablation import AblationSum

        going_on = self._kept("ablation", lambda: AblationSum(self.subject, self._clock))
        return going_on.measure(milliseconds)

    def without(self, part: str, count: int = 20, temperature: float = 0.5) -> Without:
        """What the model makes up with and without a part.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: no such part, count or temperature.
        """
        from microgpt.inside.ablation import samples_without

        return samples_without(self.subject, part, count, temperature)

    def neuron(self, layer: int, index: int) -> Neuron:
        """What a neuron answers to, and what it does.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: there is no such layer or neuron; the field is "layer" or "index".
        """
        from microgpt.inside.neurons import Neurons

        return self._kept("neurons", lambda: Neurons(self.subject)).of(layer, index)

    def distances(self) -> Distances:
        """How far back each head looks, over the measured lines.

        Raises:
            DivergedError: training has spoilt the model.
        """
        from microgpt.inside.distances import distances

        return self._kept("distances", lambda: distances(self.subject))

    def letter_map(self, of: str = "wte") -> LetterMap:
        """The embeddings of tokens (wte) or of positions (wpe) in two dimensions.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: there is no such map; the field is "of".
        """
        from microgpt.inside.letter_map import letter_map

        return letter_map(self.subject, of)

    def matrices(self) -> Matrices:
        """All weight matrices in brief."""
        from microgpt.inside.matrices import matrices

        return matrices(self.subject)

    def matrix(self, name: str) -> MatrixInside:
        """The numbers of one.

        Raises:
            SamplingError: there is none of that name, or it is too large; the field is "name".
        """
        from microgpt.inside.matrices import matrix_inside

        return matrix_inside(self.subject, name)

    def one_step(self, step: int = 0, milliseconds: float = _MOMENT_MS) -> StepInside | StepAhead:
        """What a step of learning did; 0 is the next one that there is.

        How far the way to it is where that takes longer: call again.

        Raises:
            SamplingError: it can't be looked at; the field is "step".
        """
        return self._one_step.look(step, milliseconds)

    def one_step_matrix(self, name: str) -> MatrixLearning:
        """What the step that was asked for last did to a matrix.

        Raises:
            SamplingError: none was; or there is no such matrix, or it is too large, and the
                field is "name".
        """
        return self._one_step.matrix(name)

    @property
    def _one_step(self) -> OneStep:
        from microgpt.inside.one_step import OneStep

        if "one_step" not in self._of_run:
            self._of_run["one_step"] = OneStep(self.subject, self._rerun, self._clock)
        one_step: OneStep = self._of_run["one_step"]
        return one_step

    def _rerun(self) -> Rerun:
        """The run trained again; it outlives the moment."""
        from microgpt.inside.rerun import Rerun

        run = self.subject.run
        if run is None or self.subject.repeatable:
            raise ValueError("there is no run that can be trained again")
        if "rerun" not in self._of_run:
            self._of_run["rerun"] = Rerun(run, self._clock)
        rerun: Rerun = self._of_run["rerun"]
        return rerun

    def graph(self, line: str) -> Graph:
        """The graph of a line's loss, as the scalar algorithm makes it.

        The last one is kept, for what follows.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: a character is unknown, or the graph would be too large.
        """
        from microgpt.inside.graph import LossGraph

        graph = self._going_on["graph"] = LossGraph(self.subject, line)  # one: it is large
        return graph.report()

    def graph_vectors(self, group: int) -> list[GraphVector]:
        """What a group of the last graph holds."""
        return self._graph.vectors(group)

    def graph_value(self, id: int) -> GraphValue:  # noqa: A002
        """A value of the last graph."""
        return self._graph.value(id)

    def graph_path(self, id: int) -> list[PathStep]:  # noqa: A002
        """From a weight through a value of the last graph to the loss, where most goes through."""
        return self._graph.path(id)

    def graph_proof(self, id: int) -> Proof:  # noqa: A002
        """The gradient of a value of the last graph, held to a finite difference."""
        return self._graph.proof(id)

    @property
    def _graph(self) -> LossGraph:
        graph: LossGraph | None = self._going_on.get("graph")
        if graph is None:
            raise SamplingError("There is no graph of this model yet. Choose a line first.")
        return graph

    def what_if(
        self, kind: str, text: str, watched: Iterable[str], milliseconds: float = _MOMENT_MS
    ) -> WhatIf:
        """What watched lines cost a model that has not learned from a group of lines.

        Trains for about so long, call again until it is complete.

        Args:
            kind: "begins" or "contains", of the text; or "lines", one a line of it.

        Raises:
            SamplingError: nothing to leave out or to watch, or too much; or the run can't be
                trained again. The field is "text" or "watched".
        """
        from microgpt.inside.what_if import Answer, Question

        question = Question(kind, text, watched)
        answer: Answer | None = self._going_on.pop("what_if", None)
        if answer is None or not answer.is_of(question):
            answer = Answer(self.subject, self._rerun, question, self._clock)
        report = answer.advance(milliseconds)
        self._going_on["what_if"] = answer
        return report
