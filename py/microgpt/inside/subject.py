"""The model that is looked into: a copy, as it was at one moment, and what is known of its run.

Computed by the fastest engine there is here, whichever the run is trained with, so that
training can go on meanwhile. Not about what is asked of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from functools import cached_property

from microgpt.engines import kinds
from microgpt.engines.engine import Engine
from microgpt.engines.kinds import EngineKind
from microgpt.errors import HyperparameterError, SamplingError
from microgpt.inside.reports import Lines
from microgpt.run import LanguageModel, Run
from microgpt.weights import WeightLayout, weight_layout

# A model of this many weights and block_size is as fast as anybody needs.
_SMALL = 50_000 * 16
_SCALAR = 50  # times as slow as the compiled engine, for what is afforded


@dataclass
class Subject:
    """A model at one moment.

    Attributes:
        model: whose weights they are: its vocabulary, settings and names.
        step: of its run, at which it is looked at; 0 of a model that was opened.
        weights: at that step.
        run: that the model is of, as it is now; None of a model that was opened.
        repeatable: why its run can't be trained again from its beginning, a sentence, or ""
            where it can.
        start: the step and the weights that changes are counted from, if any are here.
        lines: what these measured lines are.
        documents: lines to measure on, at most 1,000.
        before: of another moment, whose engine is taken over if it can be: browsers free the
            memory of engines late, and a visitor looks at many moments.
    """

    model: LanguageModel
    step: int
    weights: array[float]
    run: Run | None
    repeatable: str
    start: tuple[int, array[float]] | None
    lines: Lines
    documents: Sequence[str]
    before: InitVar[Subject | None] = None

    def __post_init__(self, before: Subject | None) -> None:
        self._spare = before.engine_for(self.model) if before else None

    @cached_property
    def kind(self) -> EngineKind:
        """Of the engine that computes it."""
        h, kind = self.model.hyperparameters, kinds.fastest()
        try:
            kind.check_memory(h, self.model.vocabulary.size, h.block_size)
        except HyperparameterError:  # what is there already fits
            return self.model.kind
        return kind

    @cached_property
    def engine(self) -> Engine:
        """The copy. Who changes its weights puts them back."""
        engine, self._spare = self._spare, None
        engine = engine or self.kind.make(self.model.hyperparameters, self.model.vocabulary, None)
        engine.set_weights(self.weights)
        return engine

    def engine_for(self, model: LanguageModel) -> Engine | None:
        """The engine that there is, if it computes models like this one."""
        own, vocabulary = self.model, self.model.vocabulary
        if own.hyperparameters != model.hyperparameters or own.kind is not model.kind:
            return None
        same = vocabulary.characters == model.vocabulary.characters
        return self.__dict__.get("engine", self._spare) if same else None

    @property
    def layout(self) -> WeightLayout:
        """Where each matrix stands among the weights."""
        return weight_layout(self.model.hyperparameters, self.model.vocabulary.size)

    @property
    def token_names(self) -> list[str]:
        """Of each token: its character, or "" for BOS."""
        return [*self.model.vocabulary.characters, ""]

    def affordable(self, number: int) -> int:
        """How many of something a model can be asked for, if it is so many of a small one.

        By the sizes of the model, not by the clock: it is the same on every machine.
        """
        size = len(self.weights) * self.model.hyperparameters.block_size
        share = min(1.0, _SMALL / size)
        if self.kind is kinds.SCALAR:
            share /= _SCALAR
        return max(20, int(number * share))

    def tokens(self, line: str) -> list[int]:
        """BOS, the line's tokens as far as the model reads them, and BOS if that is to its end.

        Raises:
            SamplingError: a character is not in the vocabulary; the field is "text".
        """
        vocabulary = self.model.vocabulary
        if unknown := vocabulary.unknown(line):
            raise SamplingError(
                f"The model doesn't know {', '.join(map(repr, unknown[:5]))}: that was not in the "
                "text that it learned from. Take a line without.",
                field="text",
            )
        return vocabulary.encode(line, self.model.hyperparameters.block_size)
