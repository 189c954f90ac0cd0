"""The training loop: one run of the algorithm, on scalar `Value`s.

A run shuffles the documents, draws the weights, and then repeats: take the next
documents, compute their loss, its gradient, and let Adam improve the weights.
Not about time, pauses or who watches: see `session`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from microgpt.autograd import Value, total
from microgpt.corpus import Corpus, Vocabulary
from microgpt.engine import Engine, State, Tokens
from microgpt.errors import DivergedError
from microgpt.hyperparameters import Hyperparameters
from microgpt.model import Model, softmax
from microgpt.optimizer import Adam
from microgpt.random_streams import RANDOM_STREAMS, RandomStream
from microgpt.sampling import sample


def document_loss(model: Model, tokens: list[int]) -> Value:
    """Cross-entropy in nats: the mean of -ln(probability given to each token that follows).

    Args:
        model: whose forward pass to take.
        tokens: of a document, from BOS on, as `Vocabulary.encode` makes them.
    """
    cache = model.empty_cache()
    losses = []
    for position, (token, target) in enumerate(pairwise(tokens)):
        probabilities = softmax(model.forward(token, position, cache))
        losses.append(-probabilities[target].log())
    return total(losses) * (1 / len(losses))


class ScalarEngine:
    """Model and optimizer of a run, computed number by number: the definition of what is right."""

    def __init__(
        self, hyperparameters: Hyperparameters, vocabulary_size: int, stream: RandomStream
    ) -> None:
        self.model = Model(hyperparameters, vocabulary_size, stream)
        self.optimizer = Adam(self.model.parameters, hyperparameters)

    steps_per_call = 1  # a call takes no time, compared with a step

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return len(self.model.parameters)

    def train(self, tokens: Tokens) -> array[float]:
        """See `Engine.train`."""
        losses = array("d")
        for batch in _batches(tokens, self.model.hyperparameters.batch_size):
            try:
                losses.append(self.train_step(batch))
            except (ArithmeticError, ValueError):  # e^x too large, or the logarithm of 0
                break
        return losses

    def train_step(self, batch: list[list[int]]) -> float:
        """Improve the weights once.

        Returns:
            The batch's mean loss in nats, before the improvement.

        Raises:
            ArithmeticError, ValueError: the loss can't be computed or isn't
                finite; the weights are left as they were.
        """
        batch_loss = 0.0
        for tokens in batch:
            loss = document_loss(self.model, tokens) * (1 / len(batch))
            loss.backward()  # adds to the gradients of the documents before
            batch_loss += loss.data
            del loss  # and its graph, before the next one is made
        gradients = (parameter.grad for parameter in self.model.parameters)
        if not (math.isfinite(batch_loss) and all(map(math.isfinite, gradients))):
            raise ArithmeticError
        self.optimizer.step()
        return batch_loss

    def loss(self, tokens: list[int]) -> float:
        """A document's loss in nats; nothing is learned from it."""
        return document_loss(self.model, tokens).data

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """The tokens that continue a prefix: see `sampling.sample`."""
        return sample(self.model, stream, temperature, prefix)

    def get_state(self) -> State:
        """See `Engine.get_state`."""
        weights = array("d", [parameter.data for parameter in self.model.parameters])
        optimizer = self.optimizer
        means, squares = array("d", optimizer.m), array("d", optimizer.v)
        return State(weights, means, squares, optimizer.steps_done)

    def set_state(self, state: State) -> None:
        """See `Engine.set_state`."""
        for parameter, weight in zip(self.model.parameters, state.weights, strict=True):
            parameter.data = weight
        self.optimizer.m, self.optimizer.v = list(state.means), list(state.squares)
        self.optimizer.steps_done = state.steps_done


def _batches(tokens: Tokens, size: int) -> Iterator[list[list[int]]]:
    """The documents of each step, apart."""
    batch: list[list[int]] = []
    at = 0
    for length in tokens.lengths:
        batch.append(tokens.flat[at : at + length].tolist())
        at += length
        if len(batch) == size:
            yield batch
            batch = []


MakeEngine = Callable[[Hyperparameters, int, RandomStream], Engine]


class LanguageModel:
    """What has been learned, and the vocabulary that it speaks: all that sampling needs.

    Attributes:
        text_name: of the text that it learned from, to show.
        stream: the random stream after shuffle and weights, from which the
            original program draws its samples. Training draws nothing from it.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        text_name: str,
        make_engine: MakeEngine,
        stream: RandomStream,
    ) -> None:
        self.hyperparameters = hyperparameters
        self.vocabulary = vocabulary
        self.text_name = text_name
        self.stream = stream
        self.engine: Engine = make_engine(hyperparameters, vocabulary.size, stream)

    def new_stream(self) -> RandomStream:
        """A stream of the run's kind as it is before the first draw."""
        return new_stream(self.hyperparameters)

    def use_engine(self, make_engine: MakeEngine) -> None:
        """Go on with another engine, with all that was learned."""
        engine = make_engine(self.hyperparameters, self.vocabulary.size, self.new_stream())
        engine.set_state(self.engine.get_state())
        self.engine = engine

    def document_loss(self, document: str) -> float:
        """A document's loss in nats, infinite where it can't be computed.

        Raises:
            KeyError: it has a character that is not in the vocabulary.
        """
        try:
            return self.engine.loss(self.encode(document))
        except (ArithmeticError, ValueError):
            return math.inf

    def encode(self, document: str) -> list[int]:
        """A document's tokens, as many as the model can learn from."""
        return self.vocabulary.encode(document, self.hyperparameters.block_size)

    def in_training_text(self, document: str) -> bool:  # noqa: ARG002
        """Whether it stands in what was learned, letter for letter, as far as is known."""
        return False


def new_stream(hyperparameters: Hyperparameters) -> RandomStream:
    """The stream of random numbers that a run begins with."""
    return RANDOM_STREAMS[hyperparameters.random_stream](hyperparameters.seed)


@dataclass(frozen=True)
class RunState:
    """All that decides how a run goes on, and what it has done.

    Attributes:
        learned: the engine's own state.
        order: of each document of the text, the training documents first, its index.
        stream: the state of the run's stream.
        losses: nats, one for each step so far.
    """

    learned: State
    order: array[int]
    stream: Any
    losses: array[float]


class Run(LanguageModel):
    """A corpus, hyperparameters, and a model that is learning.

    Attributes:
        order: the documents' indices, shuffled.
        training_documents: in their shuffled order; step after step takes the
            next batch_size of them, from the beginning again after the last.
        holdout_documents: kept out of training.
        losses: nats, one for each step so far.

    Args:
        vocabulary: the text's own, if it is not given another that has all of its characters.
    """

    def __init__(
        self,
        corpus: Corpus,
        hyperparameters: Hyperparameters,
        make_engine: MakeEngine,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        stream = new_stream(hyperparameters)
        self.corpus = corpus
        order = list(range(len(corpus.documents)))
        stream.shuffle(order)
        self._use_order(order, hyperparameters)
        vocabulary = vocabulary or Vocabulary(corpus.characters)
        super().__init__(hyperparameters, vocabulary, corpus.name, make_engine, stream)
        self.losses = array("d")

    def _use_order(self, order: list[int], hyperparameters: Hyperparameters) -> None:
        self.order = order
        documents = [self.corpus.documents[index] for index in order]
        kept = len(documents) - _holdout_size(hyperparameters.holdout, len(documents))
        self.training_documents = documents[:kept]
        self.holdout_documents = documents[kept:]

    def get_state(self) -> RunState:
        """A copy of all that decides how the run goes on."""
        return RunState(
            learned=self.engine.get_state(),
            order=array("i", self.order),
            stream=self.stream.get_state(),
            losses=array("d", self.losses),
        )

    def set_state(self, state: RunState) -> None:
        """Go on from where another run on the same text with the same hyperparameters was."""
        self.engine.set_state(state.learned)
        self._use_order(list(state.order), self.hyperparameters)
        self.stream.set_state(state.stream)
        self.losses = array("d", state.losses)
        self.__dict__.pop("training_set", None)

    @cached_property
    def training_set(self) -> frozenset[str]:
        """The training documents, for finding one quickly."""
        return frozenset(self.training_documents)

    def in_training_text(self, document: str) -> bool:
        """Whether a training document is the same, letter for letter."""
        return document in self.training_set

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return len(self.losses)

    @property
    def unseen_documents(self) -> list[str]:
        """What the model has not learned from: kept out or not reached so far, and not the same."""
        reached = self.step * self.hyperparameters.batch_size
        seen = set(self.training_documents[:reached])
        rest = self.holdout_documents + self.training_documents[reached:]
        return [document for document in rest if document not in seen]

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done."""
        return self.step >= self.hyperparameters.steps

    def train(self, steps: int) -> array[float]:
        """Take the next steps, at most to the plan's end; their losses in nats.

        Args:
            steps: not all are taken where the engine has no room for so many.

        Returns:
            The losses of the steps taken: at least one, and none after one that
            can't be computed.

        Raises:
            DivergedError: the first can't be computed; the model stays as it was.
        """
        steps = min(steps, self.engine.steps_per_call, self.hyperparameters.steps - self.step)
        batches = self._next_documents(steps * self.hyperparameters.batch_size)
        losses = self.engine.train(
            self.vocabulary.encode_all(batches, self.hyperparameters.block_size)
        )
        if steps and not losses:
            raise DivergedError(
                f"Training diverged at step {self.step + 1}: the weights have grown so large that "
                "the loss is no number any more. Lower learning_rate and train again."
            )
        self.losses.extend(losses)
        return losses

    def train_step(self) -> float:
        """Take the next step; its loss in nats.

        Raises:
            DivergedError: there is no such loss; the model stays as it was.
        """
        return self.train(1)[0]

    def _next_documents(self, count: int) -> list[str]:
        """The documents that come next, from the beginning again after the last."""
        documents = self.training_documents
        first = self.step * self.hyperparameters.batch_size % len(documents)
        found = documents[first : first + count]
        while len(found) < count:
            found += documents[: count - len(found)]
        return found

    def warm_up(self, wanted: Callable[[int], bool]) -> None:
        """Take steps and forget them: only what the engine runs on remembers.

        Args:
            wanted: told how many were taken, says whether to take more.
        """
        state = self.engine.get_state()
        steps = 0
        while wanted(steps):
            documents = self._next_documents(self.hyperparameters.batch_size)
            block_size = self.hyperparameters.block_size
            self.engine.train(self.vocabulary.encode_all(documents, block_size))
            steps += 1
        self.engine.set_state(state)

    @cached_property
    def tokens_per_step(self) -> float:
        """How many tokens are predicted in a step, on average over the training documents."""
        block_size = self.hyperparameters.block_size
        predicted = sum(min(len(each) + 1, block_size) for each in self.training_documents)
        return self.hyperparameters.batch_size * predicted / len(self.training_documents)

    def on_scalar_engine(self) -> Callable[[], object]:
        """What takes the next step again and again, on a scalar engine of its own."""
        engine = ScalarEngine(self.hyperparameters, self.vocabulary.size, self.new_stream())
        engine.set_state(self.engine.get_state())
        documents = self._next_documents(self.hyperparameters.batch_size)
        batch = [self.encode(document) for document in documents]
        return lambda: engine.train_step(batch)


def _holdout_size(share: float, documents: int) -> int:
    """How many documents a share is: at least one, if it is not 0, but never all."""
    return min(documents - 1, max(1, round(share * documents))) if share else 0
