"""The first engine: the algorithm itself, as `gpt` has it, one object for every number.

Not about the algorithm: it only gives `gpt` the form that all engines have, and
says how much memory that takes.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence

from microgpt import changed
from microgpt.engines.engine import NO_FIGURES, NO_PROBABILITIES, Activations, Part, State
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.autograd import Value
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model, Vector, linear, softmax
from microgpt.gpt.optimizer import Adam
from microgpt.gpt.random_streams import PythonStream, RandomStream
from microgpt.gpt.sampling import sample
from microgpt.gpt.training import document_loss, train_step
from microgpt.weights import weight_layout

# What Python raises where a number is too large, or for the logarithm of 0.
_UNDEFINED = (ArithmeticError, ValueError)
# Of these, what is more likely a mistake in changed code, to be shown with its line.
_MISTAKES = (ZeroDivisionError, ValueError) if changed.sources() else ()

# Measured with tracemalloc on CPython 3.11; test_memory.py holds the estimate to it.
# WebAssembly's references are half as long, so in the tab it is on the safe side.
_BYTES_PER_PARAMETER = 200  # its Value, its number, its gradient, Adam's two means
_BYTES_PER_PRODUCT = 32  # two references and two local gradients in a dot
_BYTES_PER_NODE = 280
# 2 forward and 4 backward; the others take as long as so many, measured in Pyodide.
_WORK_OF_PRODUCT, _WORK_OF_NODE, _WORK_OF_PARAMETER = 6, 80, 30


class ScalarEngine:
    """Model and optimizer of a run, computed number by number."""

    note = ""
    steps_per_call = 1  # a call takes no time, compared with a step

    def __init__(
        self, hyperparameters: Hyperparameters, vocabulary: Vocabulary, stream: RandomStream | None
    ) -> None:
        self.vocabulary = vocabulary
        self.model = Model(hyperparameters, vocabulary.size, stream or PythonStream(0))
        _check_shapes(self.model, weight_layout(hyperparameters, vocabulary.size).size)
        self.optimizer = Adam(self.model.parameters, hyperparameters)
        self._kept: list[array[float]] = []

    draws_per_call = 0  # one takes longer than anybody wants to wait

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return len(self.model.parameters)

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """See `Engine.train`."""
        size = self.model.hyperparameters.batch_size
        losses = array("d")
        for first in range(0, len(documents), size):
            kept = [p.data for p in self.model.parameters] if len(losses) in keep else None
            batch = [self._tokens(document) for document in documents[first : first + size]]
            try:
                losses.append(train_step(self.model, self.optimizer, batch))
            except _MISTAKES:
                raise
            except _UNDEFINED:
                break
            if kept is not None:
                self._kept.append(array("f", kept))
        return losses

    def take_kept(self) -> list[array[float]]:
        """See `Engine.take_kept`."""
        kept, self._kept = self._kept, []
        return kept

    def losses(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.losses`."""
        return array("d", map(self._loss, documents))

    def _loss(self, document: str) -> float:
        tokens = self._tokens(document)
        try:
            return document_loss(self.model, tokens).data
        except _UNDEFINED:
            return math.inf

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """See `Engine.sample`."""
        try:
            yield from sample(self.model, stream, temperature, prefix)
        except _UNDEFINED:
            raise DivergedError(NO_PROBABILITIES) from None

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """See `Engine.draw`."""
        return [list(self.sample(stream, temperature, prefix)) for _ in range(count)]

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """See `Engine.predict`."""
        return [self._rows(tokens, temperature)[-1] for tokens in beginnings]

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """See `Engine.surprises`."""
        return [self._surprises(self._tokens(document), temperature) for document in documents]

    def _surprises(self, tokens: list[int], temperature: float) -> array[float]:
        try:
            rows = self._rows(tokens[:-1], temperature)
            pairs = zip(rows, tokens[1:], strict=True)
            return array("d", [-math.log(row[token]) for row, token in pairs])
        except _UNDEFINED:
            return array("d", [math.inf] * (len(tokens) - 1))

    def _rows(self, tokens: list[int], temperature: float) -> list[array[float]]:
        """The probabilities of each token after each position's."""
        cache = self.model.empty_cache()
        rows = []
        for position, token in enumerate(tokens):
            logits = self.model.forward(token, position, cache)
            probabilities = softmax([logit / temperature for logit in logits])
            rows.append(array("d", [probability.data for probability in probabilities]))
        return rows

    def activations(self, tokens: list[int]) -> Activations:
        """See `Engine.activations`.

        Raises:
            EngineError: the model's code is changed, so that nothing is known of its graph.
        """
        if "model.py" in changed.sources():
            raise EngineError("The inside of a changed model can't be read: its graph is another.")
        cache, found = self.model.empty_cache(), []
        try:
            for position, token in enumerate(tokens):
                found.append(_Seen(self.model, self.model.forward(token, position, cache)))
        except _UNDEFINED:
            raise DivergedError(NO_FIGURES) from None
        if not all(math.isfinite(value.data) for seen in found for value in seen.logits[-1]):
            raise DivergedError(NO_FIGURES)
        stages = range(len(found[0].streams))
        return Activations(
            streams=_data(value for i in stages for seen in found for value in seen.streams[i]),
            logits=_data(value for i in stages for seen in found for value in seen.logits[i]),
            attention=_attention(found, self.model.hyperparameters),
            hidden=_data(
                value
                for layer in range(self.model.hyperparameters.n_layer)
                for seen in found
                for value in seen.hidden[layer]
            ),
        )

    def gradients(self, documents: Sequence[str]) -> array[float]:
        """See `Engine.gradients`."""
        return self.losses_and_gradients(documents)[1]

    def losses_and_gradients(self, documents: Sequence[str]) -> tuple[array[float], array[float]]:
        """What `losses` and `gradients` give, at once.

        Raises:
            DivergedError: as of `gradients`.
        """
        losses = array("d")
        try:
            for document in documents:
                loss = document_loss(self.model, self._tokens(document))
                losses.append(loss.data)
                (loss * (1 / len(documents))).backward()
            found = array("d", [parameter.grad for parameter in self.model.parameters])
        except _UNDEFINED:
            found = array("d", [math.nan])
        for parameter in self.model.parameters:
            parameter.grad = 0.0
        if not all(map(math.isfinite, found)):
            raise DivergedError(NO_FIGURES)
        return losses, found

    def skip(self, steps: int) -> None:
        """See `Engine.skip`."""
        self.optimizer.steps_done += steps

    def get_state(self) -> State:
        """See `Engine.get_state`."""
        weights = array("d", [parameter.data for parameter in self.model.parameters])
        optimizer = self.optimizer
        means, squares = array("d", optimizer.m), array("d", optimizer.v)
        return State(weights, means, squares, optimizer.steps_done)

    def set_weights(self, weights: array[float]) -> None:
        """See `Engine.set_weights`."""
        for parameter, weight in zip(self.model.parameters, weights, strict=True):
            parameter.data = weight

    def set_state(self, state: State) -> None:
        """See `Engine.set_state`."""
        self.set_weights(state.weights)
        self.optimizer.m, self.optimizer.v = list(state.means), list(state.squares)
        self.optimizer.steps_done = state.steps_done

    @property
    def steps_done(self) -> int:
        """See `Engine.steps_done`."""
        return self.optimizer.steps_done

    def numbers(self, part: Part, first: int, count: int) -> array[float]:
        """See `Learned`."""
        some = slice(first, first + count)
        if part == "weights":
            return array("d", [parameter.data for parameter in self.model.parameters[some]])
        return array("d", (self.optimizer.m if part == "means" else self.optimizer.v)[some])

    def put(self, part: Part, first: int, numbers: array[float]) -> None:
        """See `Engine.put`."""
        some = slice(first, first + len(numbers))
        if part == "weights":
            for parameter, weight in zip(self.model.parameters[some], numbers, strict=True):
                parameter.data = weight
        else:
            (self.optimizer.m if part == "means" else self.optimizer.v)[some] = list(numbers)

    def set_steps_done(self, steps: int) -> None:
        """See `Engine.set_steps_done`."""
        self.optimizer.steps_done = steps

    def _tokens(self, document: str) -> list[int]:
        return self.vocabulary.encode(document, self.model.hyperparameters.block_size)


def _check_shapes(model: Model, size: int) -> None:
    """Refuse a changed model with weights that nothing outside of it can find.

    Raises:
        EngineError: with what to do.
    """
    if len(model.parameters) != size:
        raise EngineError(
            f"The model has {len(model.parameters):,} parameters, and weight_shapes tells of "
            f"{size:,}. Let weight_shapes name every matrix that is learned, and no others."
        )


class _Seen:
    """What one position's logits were computed from, read off their graph, from its end.

    Attributes:
        streams: the residual stream at each stage, the first first.
        logits: of each stage.
        attention: of each layer, its heads one after the other.
        hidden: of each layer.
    """

    def __init__(self, model: Model, logits: Vector) -> None:
        h, head = model.weights["lm_head"], model.hyperparameters.head_dim
        x = _right(logits[0])
        self.streams = [x]
        self.attention: list[Vector] = []
        self.hidden: list[Vector] = []
        for _ in range(model.hyperparameters.n_layer):
            # x = add(self._mlp(…), x), whose last line is linear(hidden, …).
            mlp, x = _summands(x)
            self.hidden.insert(0, _right(mlp[0]))
            self.streams.insert(0, x)
            # x = add(self._attention(…), x), whose last line is linear(heads, …).
            attention, x = _summands(x)
            heads = _right(attention[0])[::head]  # the first of each: dot(attention, …)
            self.attention.insert(0, [weight for found in heads for weight in _left(found)])
            self.streams.insert(0, x)
        self.logits = [*(linear(x, h) for x in self.streams[:-1]), logits]


def _left(product: Value) -> Vector:
    """The first vector of a dot product."""
    return list(product.children[: len(product.children) // 2])


def _right(product: Value) -> Vector:
    """The second vector of a dot product."""
    return list(product.children[len(product.children) // 2 :])


def _summands(x: Vector) -> tuple[Vector, Vector]:
    """The two vectors whose sum it is."""
    return [value.children[0] for value in x], [value.children[1] for value in x]


def _data(values: Iterable[Value]) -> array[float]:
    return array("d", [value.data for value in values])


def _attention(found: list[_Seen], h: Hyperparameters) -> array[float]:
    """What each position saw as a square: 0 for those that come after it."""
    count = len(found)
    weights = array("d", bytes(8 * h.n_layer * h.n_head * count * count))
    for position, seen in enumerate(found):
        for layer, row in enumerate(seen.attention):
            for i, value in enumerate(row):
                head, other = divmod(i, position + 1)
                weights[((layer * h.n_head + head) * count + position) * count + other] = value.data
    return weights


def scalar_memory(hyperparameters: Hyperparameters, vocabulary_size: int, longest: int) -> int:
    """Bytes that the scalar engine needs at most at a time, about.

    Args:
        hyperparameters: of the run.
        vocabulary_size: with BOS.
        longest: characters in the longest document.
    """
    parameters, products, nodes = _graph(hyperparameters, vocabulary_size, longest)
    return (
        _BYTES_PER_PARAMETER * parameters + _BYTES_PER_PRODUCT * products + _BYTES_PER_NODE * nodes
    )


def scalar_work(hyperparameters: Hyperparameters, vocabulary_size: int, length: int) -> float:
    """Floating-point operations of a step, or as many as take the same time; about the most.

    Args:
        hyperparameters: of the run.
        vocabulary_size: with BOS.
        length: characters in a document.
    """
    parameters, products, nodes = _graph(hyperparameters, vocabulary_size, length)
    graph = _WORK_OF_PRODUCT * products + _WORK_OF_NODE * nodes
    return hyperparameters.batch_size * graph + _WORK_OF_PARAMETER * parameters


def _graph(h: Hyperparameters, vocabulary_size: int, length: int) -> tuple[int, int, int]:
    """Of a document: how many parameters, products in dots, and other Values there are."""
    positions = min(h.block_size, length + 1)
    layout = weight_layout(h, vocabulary_size)
    # Not multiplied by anything; a changed model may have no such matrices, or others.
    looked_up = sum(matrix.size for matrix in layout.matrices if matrix.name in ("wte", "wpe"))
    pairs = positions * (positions + 1) // 2  # of a position and one it looks back at
    products = positions * (layout.size - looked_up) + h.n_layer * pairs * 2 * h.n_embd
    nodes = positions * (h.n_layer * 20 * h.n_embd + 6 * vocabulary_size)
    nodes += h.n_layer * h.n_head * pairs * 6
    return layout.size, products, nodes
