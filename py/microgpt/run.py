"""A run: a text, settings, and a model that learns, whichever engine computes it.

Keeps what every engine leaves to others: the order of the documents, which of them
come next, the losses so far. Not about how a step is computed (`gpt.training`,
`engines`), nor about time, pauses or who watches (`session`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

from microgpt.engines.engine import Engine, Learned, hand_over
from microgpt.engines.kinds import EngineKind
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Corpus, Vocabulary, next_documents, split
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, RandomStream
from microgpt.texts import Chosen, RunningText

# What a document is to the training text: one of its lines (or all that the model saw of
# one), the beginning of a line, or neither, so far as is known.
InText: TypeAlias = Literal["", "line", "beginning"]

T = TypeVar("T")


def new_stream(hyperparameters: Hyperparameters) -> RandomStream:
    """The stream of random numbers that a run begins with."""
    return RANDOM_STREAMS[hyperparameters.random_stream](hyperparameters.seed)


def in_documents(documents: Sequence[str], document: str, block_size: int) -> InText:
    """What a document is to others, which are in order; the empty one is nothing."""
    place = bisect_left(documents, document)
    if not document or place == len(documents) or not documents[place].startswith(document):
        return ""
    # Of a longer line the model saw the first block_size characters, and no end.
    whole = documents[place] == document or len(document) >= block_size
    return "line" if whole else "beginning"


def spread(documents: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of the documents, spread evenly over all of them."""
    count = len(documents)
    return documents if count <= most else [documents[i * count // most] for i in range(most)]


class LanguageModel:
    """What has been learned, and the vocabulary that it speaks: all that sampling needs.

    Attributes:
        text_name: of the text that it learned from, to show.
        stream: the random stream after shuffle and weights, from which the
            original program draws its samples. Training draws nothing from it.
        kind: of the engine.

    Args:
        learned: what was learned already.
        draw: whether weights are drawn from the stream; else, if nothing was learned, they are 0.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        text_name: str,
        kind: EngineKind,
        stream: RandomStream,
        learned: Learned | None = None,
        draw: bool = True,
    ) -> None:
        self.hyperparameters = hyperparameters
        self.vocabulary = vocabulary
        self.text_name = text_name
        self.stream = stream
        self.kind = kind
        self.engine: Engine = kind.make(hyperparameters, vocabulary, stream if draw else None)
        if learned:
            hand_over(learned, self.engine)

    def use_engine(self, kind: EngineKind) -> None:
        """Go on with another engine, with all that was learned."""
        self.engine = self._same_on(kind)
        self.kind = kind

    def _same_on(self, kind: EngineKind) -> Engine:
        """Another engine that has learned the same."""
        engine = kind.make(self.hyperparameters, self.vocabulary, None)
        hand_over(self.engine, engine)
        return engine

    def in_text(self, document: str) -> InText:  # noqa: ARG002
        """What a document is to the training text, of which nothing is known here."""
        return ""


@dataclass(frozen=True)
class RunState:
    """All that decides how a run goes on, and what it has done.

    Attributes:
        learned: the engine's own state; or the engine itself, where it isn't to have gone on
            by the time that it is looked at; or None where an engine is still to be given it.
        order: of each document of the text, the training documents first, its index.
        stream: the state of the run's stream.
        losses: nats, one for each step so far.
    """

    learned: Learned | None
    order: array[int]
    stream: Any
    losses: array[float]


@dataclass(frozen=True)
class Background:
    """What a run that learns from favourites began with, and is not to forget.

    Such a run's documents are its favourites, again and again, and others, so that the model
    goes on hearing of the rest.

    Attributes:
        text: that the model had learned from; or, where that isn't here, lines that it
            had made up before the run began.
        known: whether it is the text.
        kept_out: the indices of its documents that the model has never learned from.
        measured: the indices of those that tell what is forgotten; at least one.
        unseen: whether the model has learned from none of the measured ones.
        favourites: each once; at least one.
        favoured: how many of the run's documents are favourites.
        others: the indices of its other documents.
        loss: nats, the mean over the measured documents, before the first step.
        favoured_loss: nats, the same over the favourites.
        settings: with which the model had learned from the text.
    """

    text: Corpus
    known: bool
    kept_out: array[int]
    measured: array[int]
    unseen: bool
    favourites: tuple[str, ...]
    favoured: int
    others: array[int]
    loss: float
    favoured_loss: float
    settings: Hyperparameters

    @property
    def documents(self) -> tuple[str, ...]:
        """The run's own."""
        favourites, text = self.favourites, self.text.documents
        favoured = (favourites[i % len(favourites)] for i in range(self.favoured))
        return (*favoured, *(text[index] for index in self.others))

    @property
    def measured_documents(self) -> list[str]:
        """Those that tell what is forgotten."""
        return [self.text.documents[index] for index in self.measured]

    @property
    def learned_documents(self) -> list[str]:
        """All that the model has learned from, as far as that is known."""
        if not self.known:
            return list(self.favourites)
        kept_out = frozenset(self.kept_out)
        learned = (each for i, each in enumerate(self.text.documents) if i not in kept_out)
        return [*self.favourites, *learned]


class Run(LanguageModel):
    """A corpus, hyperparameters, and a model that is learning.

    Attributes:
        order: the documents' indices, shuffled. Of running text only the windows to learn
            from are: the rest follows in its order, so that what is kept out is one part.
        training_documents: in their shuffled order; step after step takes the
            next batch_size of them, from the beginning again after the last.
        holdout_documents: kept out of training.
        losses: nats, one for each step so far.
        background: of a run that learns from favourites; else None.

    Args:
        corpus: its windows must be as long as block_size, if it has windows.
        vocabulary: the text's own, if it is not given another that has all of its characters.
        state: of another run on the same text with the same hyperparameters, to go on from.
    """

    def __init__(
        self,
        corpus: Corpus,
        hyperparameters: Hyperparameters,
        kind: EngineKind,
        vocabulary: Vocabulary | None = None,
        state: RunState | None = None,
        background: Background | None = None,
    ) -> None:
        stream = new_stream(hyperparameters)
        self.corpus = corpus
        self.background = background
        if state:
            stream.set_state(state.stream)
            self.order, self.losses = list(state.order), array("d", state.losses)
        else:
            self.order, self.losses = list(range(len(corpus.documents))), array("d")
            if isinstance(corpus, RunningText):
                learned_from, _ = corpus.parts(hyperparameters.holdout)
                first = self.order[:learned_from]
                stream.shuffle(first)
                self.order[:learned_from] = first
            else:
                stream.shuffle(self.order)
        vocabulary = vocabulary or Vocabulary(corpus.characters)
        learned, draw = state.learned if state else None, state is None
        super().__init__(hyperparameters, vocabulary, corpus.name, kind, stream, learned, draw)
        self.training_documents: Sequence[str]
        self.holdout_documents: Sequence[str]
        if isinstance(corpus, RunningText):
            learned_from, kept_out = corpus.parts(hyperparameters.holdout)
            windows = corpus.documents
            self.training_documents = Chosen(windows, self.order[:learned_from])
            self.holdout_documents = Chosen(windows, self.order[kept_out:])
        else:
            documents = [corpus.documents[index] for index in self.order]
            self.training_documents, self.holdout_documents = split(
                documents, hyperparameters.holdout
            )

    def get_state(self) -> RunState:
        """All that decides how the run goes on, until it does: the weights are the engine's."""
        return RunState(
            learned=self.engine,
            order=array("i", self.order),
            stream=self.stream.get_state(),
            losses=array("d", self.losses),
        )

    @cached_property
    def sorted_documents(self) -> list[str]:
        """What the model has learned from, in order: all that begin alike stand together."""
        if self.background:
            return sorted(self.background.learned_documents)
        return sorted(self.training_documents)

    def in_text(self, document: str) -> InText:
        """What a document is to those that were learned from; the empty one is nothing.

        What stands anywhere in running text is its line, if it is as long as a window.
        """
        if isinstance(self.corpus, RunningText):
            if not document or not self.corpus.has(document, self.hyperparameters.holdout):
                return ""
            return "line" if len(document) >= self.hyperparameters.block_size else "beginning"
        return in_documents(self.sorted_documents, document, self.hyperparameters.block_size)

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return len(self.losses)

    @property
    def unseen_documents(self) -> list[str]:
        """What the model has not learned from: kept out, or not reached yet, and no repetition."""
        if self.background:
            return self.background.measured_documents if self.background.unseen else []
        reached = self.step * self.hyperparameters.batch_size
        seen = set(self.training_documents[:reached])
        rest = [*self.holdout_documents, *self.not_reached(reached)]
        return [document for document in rest if document not in seen]

    def not_reached(self, reached: int) -> Sequence[str]:
        """The training documents that have nothing in common with the first of them.

        Windows of running text overlap: what lies partly in one of those is left out.

        Args:
            reached: how many are learned from.
        """
        documents = self.training_documents
        if reached >= len(documents) or not isinstance(self.corpus, RunningText):
            return documents[reached:]
        apart = self.corpus.apart_from(self.order[:reached])
        return Chosen(self.corpus.documents, [i for i in apart if i < len(documents)])

    def reached_documents(self, reached: int) -> Sequence[str]:
        """The training documents that may be looked at where others are to stay unseen.

        Args:
            reached: how many are learned from. Of running text these are they, because the
                others overlap what `not_reached` gives; else all are.
        """
        documents = self.training_documents
        if not isinstance(self.corpus, RunningText) or reached >= len(documents):
            return documents
        return Chosen(self.corpus.documents, self.order[:reached])

    def train(self, steps: int, keep: Sequence[int] = ()) -> array[float]:
        """Take the next steps, at most to the plan's end; their losses in nats.

        Args:
            steps: not all are taken where the engine has no room for so many.
            keep: after which steps of the run the engine is to keep a copy of the
                weights, ascending, none before this; not all may be reached.

        Returns:
            The losses of the steps taken: at least one, and none after one that
            can't be computed.

        Raises:
            DivergedError: the first can't be computed; the model stays as it was.
        """
        steps = min(steps, self.engine.steps_per_call, self.hyperparameters.steps - self.step)
        due = [step - self.step for step in keep if step < self.step + steps]
        losses = self.engine.train(self._next_documents(steps), due)
        if steps and not losses:
            raise DivergedError(
                f"Training diverged at step {self.step + 1}: the weights have grown so large that "
                "the loss can't be computed any more. Lower learning_rate and train again."
            )
        self.losses.extend(losses)
        return losses

    def train_step(self) -> float:
        """Take the next step; its loss in nats.

        Raises:
            DivergedError: there is no such loss; the model stays as it was.
        """
        return self.train(1)[0]

    def _next_documents(self, steps: int) -> list[str]:
        size = self.hyperparameters.batch_size
        return next_documents(self.training_documents, self.step * size, steps * size)

    def warm_up(self, calls: Iterator[int]) -> None:
        """Take steps and forget them: only what the engine runs on remembers.

        Args:
            calls: how many to take at a time, asked for when those before are done.
        """
        state = self.engine.get_state()
        for steps in calls:
            self.engine.train(self._next_documents(steps))
        self.engine.set_state(state)

    @cached_property
    def flop_per_step(self) -> float:
        """6 for each parameter and predicted token, 2 forward and 4 backward; a mean."""
        block_size = self.hyperparameters.block_size
        if isinstance(self.corpus, RunningText):
            window = len(self.corpus.longest)
            return 6.0 * self.engine.parameter_count * self.hyperparameters.batch_size * window
        predicted = sum(min(len(each) + 1, block_size) for each in self.training_documents)
        tokens = self.hyperparameters.batch_size * predicted / len(self.training_documents)
        return 6.0 * self.engine.parameter_count * tokens

    def trial(self, kind: EngineKind) -> Callable[[], None]:
        """A function that takes the next step again and again, on an engine of its own.

        The function raises DivergedError where the step can't be taken.
        """
        engine = self._same_on(kind)
        documents = self._next_documents(1)

        def step() -> None:
            if not engine.train(documents):
                raise DivergedError(
                    f"The {kind.name} engine can't take a step from here: the weights have grown "
                    "too large. Lower learning_rate and train again."
                )

        return step
