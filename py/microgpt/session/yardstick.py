"""What a link costs: a model's loss as it is, and as the link has it, on lines that it can read.

Best are lines that it hasn't learned from; where there is no text, lines that it made up
itself tell how far the link's probabilities are from its own. Not about how a link is
made: see `links`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microgpt.engines import kinds
from microgpt.engines.engine import State
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.random_streams import PythonStream
from microgpt.means import mean
from microgpt.run import LanguageModel, new_stream
from microgpt.session.drawing import draw, prefix_tokens
from microgpt.session.live_run import LiveRun
from microgpt.session.opened_model import OpenedModel
from microgpt.session.pace import Pace, measure
from microgpt.sharing.saved import SavedModel

MEASURED = 2000  # documents at most, spread evenly: the cost is then known to about 0.003 nats
FAITHFUL = 0.03  # nats that nobody sees in the samples
FAITHFUL_SHARE = 0.02  # … or this share of the loss, if that is more
INVENTED = 500  # documents that a model makes up to be measured on
_SECONDS = 1.0  # for a model's loss, or for what it makes up, where the engine is slow


@dataclass(frozen=True)
class Cost:
    """What is lost in a link.

    Attributes:
        loss: nats, the mean over the documents, of the model as it is.
        loss_in_link: the same of the model that the link has.
        documents: how many were measured.
    """

    loss: float
    loss_in_link: float
    documents: int

    @property
    def nats(self) -> float:
        """How much is lost; below 0 if the link's model is better."""
        return self.loss_in_link - self.loss

    @property
    def allowed(self) -> float:
        """Nats up to which a link is faithful."""
        return max(FAITHFUL, FAITHFUL_SHARE * self.loss)

    @property
    def faithful(self) -> bool:
        """Whether it is so little that the link has the model, and not another one."""
        return self.nats <= self.allowed


@dataclass(frozen=True)
class Yardstick:
    """What a model is measured on.

    Attributes:
        name: of the text, or "" if the model made them up.
        documents: all that there are.
        unseen: whether the model has learned from none of them.
    """

    name: str
    documents: Sequence[str]
    unseen: bool


def yardstick(
    present: LiveRun | OpenedModel, text: Corpus | None, clock: Callable[[], float]
) -> Yardstick:
    """What tells best what a model has lost.

    For a run, documents that it has not learned from, if there are any. For an opened model
    the loaded text, if that is by its name the one that it learned from: on another, a model
    that has forgotten all can be the better one.
    """
    if isinstance(present, LiveRun):
        unseen, background = present.run.unseen_documents, present.run.background
        measured = background.measured_documents if background else []
        documents = unseen or measured or present.run.training_documents
        return Yardstick(present.run.text_name, documents, bool(unseen))
    if text and text.name == present.described.provenance.text:
        known = set(present.described.characters)
        if readable := [each for each in text.documents if known.issuperset(each)]:
            return Yardstick(text.name, readable, False)
    return Yardstick("", invented(present.model, clock), False)


def invented(model: LanguageModel, clock: Callable[[], float]) -> list[str]:
    """What a model makes up with its own probabilities, which isn't what it is asked for."""
    end, texts = clock() + _SECONDS, []
    try:
        for sample in draw(model, PythonStream(0), INVENTED, 1.0, prefix_tokens(model, "")):
            if sample and sample["text"]:
                texts.append(sample["text"])
            if clock() >= end:
                break
    except DivergedError:
        return []
    return texts


class Scale:
    """A model's losses, with any weights in place of its own.

    Args:
        model: whose shape and vocabulary it has.
        clock: seconds.
    """

    def __init__(self, model: SavedModel, clock: Callable[[], float]) -> None:
        self._clock = clock
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)
        # An engine of its own, so that a run in progress isn't disturbed.
        # Weights are drawn in vain, so that its stream is where a reader's is.
        self.model = LanguageModel(h, vocabulary, "", kinds.fastest(), new_stream(h))

    def losses(self, weights: array[float], documents: Sequence[str]) -> array[float]:
        """Of one document after the other, as many as there is time for, but at least one."""
        self.model.engine.set_state(State.untrained(weights))
        losses, end = array("d"), self._clock() + _SECONDS
        measure(self.model.engine, documents, losses, Pace(), self._clock, end, at_least_one=True)
        return losses

    def loss(self, weights: array[float], documents: Sequence[str]) -> float:
        """The mean over the documents."""
        losses = self.losses(weights, documents)
        return mean(losses)
