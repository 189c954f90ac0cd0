"""The training loop: one run of the algorithm, on scalar `Value`s.

A run shuffles the documents, draws the weights, and then repeats: take the next
documents, compute their loss, its gradient, and let Adam improve the weights.
Not about time, pauses or who watches: see `session`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from microgpt.autograd import Value, total
from microgpt.corpus import Corpus, Vocabulary
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


ENGINES = {"scalar": ScalarEngine}
ENGINE_HELP = {"scalar": "Readable Python, one object for every number: slow enough to watch."}


class Run:
    """A corpus, hyperparameters, and a model that is learning.

    Attributes:
        training_documents: in their shuffled order; step after step takes the
            next batch_size of them, from the beginning again after the last.
        holdout_documents: kept out of training.
        stream: the random stream after shuffle and weights, from which the
            original program draws its samples. Training draws nothing from it.
    """

    def __init__(self, corpus: Corpus, hyperparameters: Hyperparameters, engine: str) -> None:
        self.corpus = corpus
        self.hyperparameters = hyperparameters
        self.vocabulary = Vocabulary(corpus.characters)
        self.stream = self.new_stream()
        documents = list(corpus.documents)
        self.stream.shuffle(documents)
        kept = len(documents) - _holdout_size(hyperparameters.holdout, len(documents))
        self.training_documents = documents[:kept]
        self.holdout_documents = documents[kept:]
        self.engine = ENGINES[engine](hyperparameters, self.vocabulary.size, self.stream)
        self.step = 0

    def new_stream(self) -> RandomStream:
        """A stream of the run's kind as it is before the first draw."""
        return RANDOM_STREAMS[self.hyperparameters.random_stream](self.hyperparameters.seed)

    @cached_property
    def training_set(self) -> frozenset[str]:
        """The training documents, for finding one quickly."""
        return frozenset(self.training_documents)

    @property
    def finished(self) -> bool:
        """Whether all planned steps are done."""
        return self.step >= self.hyperparameters.steps

    def train_step(self) -> float:
        """Take the next step; its loss in nats.

        Raises:
            DivergedError: there is no such loss; the model stays as it was.
        """
        size, count = self.hyperparameters.batch_size, len(self.training_documents)
        first = self.step * size
        batch = [self.training_documents[i % count] for i in range(first, first + size)]
        try:
            loss = self.engine.train_step([self.encode(document) for document in batch])
        except (ArithmeticError, ValueError):  # e^x too large, or the logarithm of 0
            raise DivergedError(
                f"Training diverged at step {self.step + 1}: the weights have grown so large that "
                "the loss is no number any more. Lower learning_rate and train again."
            ) from None
        self.step += 1
        return loss

    def document_loss(self, document: str) -> float:
        """A document's loss in nats, infinite where it can't be computed."""
        try:
            return self.engine.loss(self.encode(document))
        except (ArithmeticError, ValueError):
            return math.inf

    def encode(self, document: str) -> list[int]:
        """A document's tokens, as many as the model can learn from."""
        return self.vocabulary.encode(document, self.hyperparameters.block_size)


def _holdout_size(share: float, documents: int) -> int:
    """How many documents a share is: at least one, if it is not 0, but never all."""
    return min(documents - 1, max(1, round(share * documents))) if share else 0
