"""A model as it was at one moment, with what the workshop needs to know of it.

A copy, so that training can go on while names are made, and computed by the fastest engine
there is here, whichever the run is trained with. Not about what is asked of it.
"""

from __future__ import annotations

from functools import cached_property

from microgpt.engines import kinds
from microgpt.engines.engine import hand_over_weights
from microgpt.engines.kinds import EngineKind
from microgpt.run import LanguageModel, Run
from microgpt.session.workshop.figures import Reference
from microgpt.session.workshop.lines import Lines, lines_of

# A model of this many weights and block_size is as fast as anybody needs.
_SMALL = 50_000 * 16
_SCALAR = 50  # times as slow as the compiled engine, for what is afforded


class Workbench:
    """A copy of a model, its text, and what was measured of it.

    Attributes:
        model: what was copied: its vocabulary, settings and names.
        engine: the copy.
        lines: of the model's text, or None where that isn't here.

    Args:
        before: another, to take over what hasn't changed.
    """

    def __init__(self, model: LanguageModel, before: Workbench | None = None) -> None:
        self.model = model
        self._step = _step(model)
        h, vocabulary = model.hyperparameters, model.vocabulary
        self._kind = _kind(model)
        same_text = before is not None and _has_text_of(model, before.model)
        self.lines: Lines | None = before.lines if before and same_text else lines_of(model)
        if kinds.only_reads(model.kind) or not self._kind.has_room(
            h, vocabulary.size, h.block_size
        ):  # what is there already fits
            self.engine, self._kind = model.engine, model.kind
            return
        self.engine = self._kind.make(h, vocabulary, None)
        hand_over_weights(model.engine, self.engine)

    def is_of(self, model: LanguageModel) -> bool:
        """Whether it is a copy of that model as it is now."""
        return model is self.model and _step(model) == self._step

    def affordable(self, number: int) -> int:
        """How many of something a model can be asked for, if it is so many of a small one.

        By the size of the model and the engine, not by the clock: the same wish gives the same
        on every machine.
        """
        size = self.engine.parameter_count * self.model.hyperparameters.block_size
        share = min(1.0, _SMALL / size)
        if self._kind is kinds.SCALAR:
            share /= _SCALAR
        return max(50, int(number * share))

    @cached_property
    def reference(self) -> Reference:
        """What the model makes up when nobody wishes for anything."""
        return Reference(self.model, self.engine, self.lines, self.affordable(5000))


def _has_text_of(model: LanguageModel, other: LanguageModel) -> bool:
    """Whether they are one run, at whichever steps: so that nothing is counted twice."""
    if isinstance(model, Run) and isinstance(other, Run):
        return model.corpus is other.corpus and model.sorted_documents is other.sorted_documents
    return model is other


def _kind(model: LanguageModel) -> EngineKind:
    """Of the copy's engine: the fastest; of a large model one that has no room to learn."""
    h, size = model.hyperparameters, model.vocabulary.size
    kind = kinds.fastest()
    alike = model.kind if model.kind.float_bits == 32 and kind is kinds.COMPILED else kind
    return kinds.reader(alike, h, size) if kinds.is_large(kind, h, size) else kind


def _step(model: LanguageModel) -> int:
    return model.step if isinstance(model, Run) else 0
