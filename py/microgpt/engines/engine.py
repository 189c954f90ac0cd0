"""What an engine is: the model and optimizer of a run, however they compute.

`scalar.ScalarEngine` is the definition of what is right, number by number;
`compiled.CompiledEngine` does the same about a thousand times as fast, and
the state of one can be given to the other in the middle of a run. Not about
which engines there are: see `kinds`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from microgpt.engines.finite import are_finite
from microgpt.errors import EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream

MAX_MEMORY = 1_000_000_000  # bytes of an engine: half of what browsers on phones give a tab

# Of all that was learned: the parameters, and Adam's two running means of their gradients and
# squared gradients.
Part: TypeAlias = Literal["weights", "means", "squares"]
PARTS: tuple[Part, ...] = ("weights", "means", "squares")
PIECE = 1 << 19  # numbers that are handed over at a time: 4 MB at most


class Learned(Protocol):
    """What has learned something, of which others can have a part: a state, or an engine."""

    @property
    def steps_done(self) -> int:
        """How many updates there have been."""

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """A copy of so many numbers of a part, as floats of 4 bytes where those have them all."""


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

    @staticmethod
    def untrained(weights: array[float]) -> State:
        """Weights as they are, with nothing learned yet."""
        zeros = array("d", bytes(8 * len(weights)))
        return State(weights, zeros, zeros, 0)

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `Learned`."""
        whole: array[float] = getattr(self, part)
        return whole[first : first + count]


@dataclass(frozen=True)
class Activations:
    """What a model computes on its way through a line; flat arrays, the last axis fastest.

    A stage is a place on the residual stream: after the embedding, then after attention and
    after the MLP of each layer.

    Attributes:
        streams: (stages, positions, n_embd).
        logits: (stages, positions, vocabulary): what lm_head makes of each; the model's own
            are the last.
        attention: (layers, heads, positions, positions): of a position, to another.
        hidden: (layers, positions, 4 · n_embd), after the ReLU.
    """

    streams: array[float]
    logits: array[float]
    attention: array[float]
    hidden: array[float]


class Engine(Protocol):
    """Model and optimizer of a run.

    Attributes:
        note: why another engine computes than was asked for, a sentence or two, or "".
    """

    note: str

    @property
    def steps_per_call(self) -> int:
        """How many steps `train` is given at a time at most; more would gain nothing."""

    @property
    def draws_per_call(self) -> int:
        """How many documents `draw` can be asked for at a time by who has to be back in 10 ms.

        0 where one may take longer: `sample` gives it token by token.
        """

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """Improve the weights once for every batch_size documents.

        Args:
            documents: of whole batches.
            keep: before which of these improvements to keep a copy of the weights,
                counted from 0, ascending; see `take_kept`. There is none before an
                improvement that isn't tried.

        Returns:
            The mean loss in nats of each batch, before the improvement; fewer than
            there are batches if one can't be computed or isn't finite. The weights
            are then as they were before that one.
        """

    def take_kept(self) -> list[array[float]]:
        """The copies of the weights that were kept since the last time, as floats of 4 bytes."""

    def losses(self, documents: Sequence[str]) -> array[float]:
        """Each document's loss in nats, infinite where it can't be computed; nothing is learned.

        Raises:
            KeyError: one has a character that is not in the vocabulary.
        """

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """The tokens that continue a prefix: see `gpt.sampling.sample`.

        Raises:
            DivergedError: there are no probabilities to draw from.
        """

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """The tokens that continue a prefix, so many times: what `sample` gives, one after another.

        The stream is left as `sample` would leave it.

        Raises:
            DivergedError: there are no probabilities to draw from.
        """

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """The probability of each token after each beginning.

        Args:
            beginnings: BOS and the tokens after it, at most block_size altogether.
        """

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """Nats of each token that follows BOS in each document: its characters, and its end.

        Of a document that is cut at block_size, those of the characters that the model reads.
        Infinite where it can't be computed.

        Raises:
            KeyError: one has a character that is not in the vocabulary.
        """

    def activations(self, tokens: list[int]) -> Activations:
        """All that is computed on the way through a line.

        Args:
            tokens: BOS and those after it, at most block_size altogether.

        Raises:
            DivergedError: it can't be computed.
        """

    def gradients(self, documents: Sequence[str]) -> array[float]:
        """Of the documents' mean loss, for each weight; nothing is learned.

        Raises:
            DivergedError: they can't be computed.
            KeyError: a document has a character that is not in the vocabulary.
        """

    def skip(self, steps: int) -> None:
        """Count so many steps as done, though nothing is learned: the learning rate falls."""

    def get_state(self) -> State:
        """A copy of what was learned."""

    def set_weights(self, weights: array[float]) -> None:
        """Be a model of these weights, for samples and losses; what Adam knows is of others."""

    def set_state(self, state: State) -> None:
        """Go on from where another engine of the same hyperparameters was."""

    @property
    def steps_done(self) -> int:
        """How many updates there have been."""

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `Learned`."""

    def put(self, part: Part, first: int, numbers: array[float]) -> None:
        """Take over some numbers of a part; `set_steps_done` when all of them are there."""

    def set_steps_done(self, steps: int) -> None:
        """Go on as after so many updates."""


def hand_over(learned: Learned, engine: Engine) -> None:
    """Let an engine go on from there, in pieces: large models aren't there a third time."""
    _hand_over(learned, engine, PARTS)
    engine.set_steps_done(learned.steps_done)


def hand_over_weights(learned: Learned, engine: Engine) -> None:
    """Let an engine be a model of those weights, likewise: see `Engine.set_weights`."""
    _hand_over(learned, engine, PARTS[:1])


def _hand_over(learned: Learned, engine: Engine, parts: Sequence[Part]) -> None:
    size = engine.parameter_count
    for part in parts:
        for first in range(0, size, PIECE):
            take_over(engine, part, first, learned.numbers(part, first, min(PIECE, size - first)))


def take_over(engine: Engine, part: Part, first: int, numbers: array[float]) -> None:
    """`Engine.put`, unless its floats have too few bytes for these numbers.

    Raises:
        EngineError: they would be infinite there. The engine can't be used.
    """
    engine.put(part, first, numbers)
    if numbers.typecode == "f" or engine.numbers(part, first, 0).typecode == "d":
        return
    if are_finite(numbers) and not are_finite(engine.numbers(part, first, len(numbers))):
        raise EngineError(
            "Some of its numbers have grown so large that an engine with numbers of 4 bytes can't "
            "go on with them. Take another engine, or lower learning_rate and train again."
        )


# From the hyperparameters, the vocabulary, and the stream that the weights are drawn from:
# None where they are set at once, because to draw many takes seconds.
MakeEngine = Callable[[Hyperparameters, Vocabulary, RandomStream | None], Engine]

NO_FIGURES = (
    "The model can't be looked into: its weights have grown too large. "
    "Lower learning_rate and train again."
)
NO_PROBABILITIES = (
    "The model has no probabilities to draw from: its weights have grown too large, "
    "or the temperature is too low. Lower learning_rate and train again."
)
