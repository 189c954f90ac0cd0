"""What an engine is: the model and optimizer of a run, however they compute.

`training.ScalarEngine` is the definition of what is right, number by number;
`compiled_engine.CompiledEngine` does the same about a thousand times as fast, and
the state of one can be given to the other in the middle of a run.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from microgpt.random_streams import RandomStream


@dataclass(frozen=True)
class Tokens:
    """The tokens of documents, one document after the other.

    Attributes:
        flat: of all documents, each from BOS on, as `Vocabulary.encode` makes them.
        lengths: tokens of each document.
    """

    flat: array[int]
    lengths: array[int]


@dataclass(frozen=True)
class State:
    """All that training has made, in the scalar engine's order of parameters.

    Attributes:
        weights, means, squares: the parameters and Adam's two running means of
            their gradients and squared gradients.
        steps_done: how many updates there have been.
    """

    weights: array[float]
    means: array[float]
    squares: array[float]
    steps_done: int


class Engine(Protocol):
    """Model and optimizer of a run."""

    @property
    def steps_per_call(self) -> int:
        """How many steps `train` is given at a time at most; more would gain nothing."""

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""

    def train(self, tokens: Tokens) -> array[float]:
        """Improve the weights once for every batch_size documents.

        Returns:
            The mean loss in nats of each batch, before the improvement; fewer than
            there are batches if one can't be computed or isn't finite. The weights
            are then as they were before that one.
        """

    def loss(self, tokens: list[int]) -> float:
        """A document's loss in nats; nothing is learned from it.

        Raises:
            ArithmeticError, ValueError: it can't be computed.
        """

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """The tokens that continue a prefix: see `sampling.sample`.

        Raises:
            ArithmeticError, ValueError: there are no probabilities to draw from.
        """

    def get_state(self) -> State:
        """A copy of what was learned."""

    def set_state(self, state: State) -> None:
        """Go on from where another engine of the same hyperparameters was."""
