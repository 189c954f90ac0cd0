"""The third engine: the model's own code, recorded once, and computed as the second does.

The forward pass of `gpt.model`, as it is or changed, and its gradient are made from the
recording; the loss, Adam and sampling are the kernels' own. What it computes is held to the
scalar engine again and again. Not about recording: see `tracing`.
"""

from __future__ import annotations

import inspect
import linecache
import math
import types
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count, pairwise
from typing import Any

from microgpt import changed
from microgpt.compiler import compile_kernels
from microgpt.engines import host
from microgpt.engines.compiled import CompiledEngine, Memory
from microgpt.engines.engine import Activations, Engine
from microgpt.engines.scalar import ScalarEngine, scalar_memory
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt import model as algorithm
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import RandomStream
from microgpt.kernels import EXPORTED, sampling, training
from microgpt.kernels.layout import Arrays
from microgpt.kernels.sizes import Sizes
from microgpt.tracing.loading import load
from microgpt.tracing.recording import (
    LOOKED_UP,
    WEIGHT,
    LookUp,
    Recorder,
    Recording,
    Token,
    TraceError,
    addresses,
)
from microgpt.tracing.rolling import Pattern, roll
from microgpt.tracing.writing import Places, source
from microgpt.weights import weight_layout

_POSITIONS = 7  # that are recorded: enough to see what grows with the position
_MADE = ("forward", "backward", "transpose_weights")  # kernels that come from the recording
_HELD_EVERY = 1000  # steps, to the scalar engine; and at the first
_HELD = 2_000_000  # multiplications that the scalar engine is asked for then, about: 0.1 s
_TOLERANCE = {64: 1e-9, 32: 1e-3}


class TracedArrays(Arrays):
    """Where everything lies: behind what every model has, the values of each position.

    Attributes:
        constants: numbers that are always the same.
        values: of position 0; `stride` from one position's to the next's.
        to_value_gradient: from a value to its gradient.
    """

    def __init__(self, sizes: Sizes, pattern: Pattern, constants: int) -> None:
        super().__init__(sizes)
        memory = self._memory
        self.logits = memory.take(self.block * self.logits_width)
        self.constants = memory.take(-(-constants // 4) * 4)
        self.stride = -(-pattern.values // 4) * 4
        self.values = memory.take(self.block * self.stride)
        self.to_value_gradient = memory.take(self.block * self.stride) - self.values
        self.size = memory.next

    def places(self, sizes: Sizes) -> Places:
        """The same, for whoever writes the kernels."""
        return Places(
            weights=self.weights,
            columns=[(matrix.end, matrix.columns) for matrix in sizes.weights().matrices],
            to_gradient=self.to_gradient,
            constants=self.constants,
            values=self.values,
            stride=self.stride,
            to_value_gradient=self.to_value_gradient,
            logits=self.logits,
            logits_width=self.logits_width,
        )


class _NoStream:
    """In place of a random stream: what weights begin with doesn't matter while recording."""

    def __getattr__(self, _name: str) -> Callable[..., float]:
        return lambda *_: 0.0


def record(
    text: str, file: str, h: Hyperparameters, vocabulary: int
) -> tuple[Pattern, list[float]]:
    """What gpt/model.py, or a changed one, computes at each position; and its constants.

    Args:
        text: of the module.
        file: its name, for messages.
        h: of the model.
        vocabulary: its size, with BOS.

    Raises:
        TraceError: it can't be recorded; the message says why.
    """
    # So many positions can be recorded of any model. Its weights lie where they would in `h`.
    longer = replace(h, block_size=max(h.block_size, _POSITIONS))
    recorder = Recorder()
    model = load(text, file, recorder).Model(longer, vocabulary, _NoStream())
    layout = weight_layout(h, vocabulary)
    if [matrix.full_name for matrix in layout.matrices] != list(model.weights):
        raise TraceError("it has other weights than weight_shapes says")
    for matrix, (name, rows) in zip(layout.matrices, model.weights.items(), strict=True):
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                value.address = WEIGHT + matrix.offset + i * matrix.columns + j
        by_token = [recorder.Value.at(LOOKED_UP + matrix.offset + j) for j in range(matrix.columns)]
        model.weights[name] = LookUp(rows, by_token)
    cache, recordings, results = model.empty_cache(), [], []
    for position in range(_POSITIONS):
        recorder.now = Recording(position)
        logits = model.forward(Token(), position, cache)
        recordings.append(recorder.now)
        results.append(addresses(logits))
    if len(results[0]) != vocabulary:
        raise TraceError(f"forward gives {len(results[0])} logits for {vocabulary} tokens")
    return roll(recordings, results, longer.block_size), recorder.constants


@lru_cache(maxsize=4)
def _recorded(
    text: str, file: str, h: Hyperparameters, sizes: Sizes, float_bits: int
) -> tuple[TracedArrays, list[float], host.Program]:
    """Where everything lies, the constants, and the program; another run begins at once."""
    pattern, constants = record(text, file, h, sizes.vocabulary_size)
    layout = TracedArrays(sizes, pattern, len(constants))
    made = _module(source(pattern, layout.places(sizes), layout.vocabulary))
    replaced = {name: getattr(made, name) for name in _MADE}
    kernels = _calling(training, replaced) | _calling(sampling, replaced) | replaced
    exported = {
        name: (kernels.get(name, kernel), {"layout": layout})
        for name, kernel in EXPORTED.items()
        if name != "forward_until"  # it is of the kernels' own model
    }
    memory = Memory(layout, float_bits).end
    return (
        layout,
        constants,
        host.load(compile_kernels(exported, memory, float_bits, host.has_simd())),
    )


_numbers = count()


def _module(text: str) -> types.ModuleType:
    """The module of a text, which `inspect` and the compiler can read."""
    name = f"<traced {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))  # noqa: S102
    return module


def _calling(module: types.ModuleType, others: dict[str, Any]) -> dict[str, Any]:
    """A module's kernels, made to call others in place of those of the same name."""
    space = dict(vars(module))
    for name, member in vars(module).items():
        if isinstance(member, types.FunctionType) and member.__module__ == module.__name__:
            space[name] = types.FunctionType(member.__code__, space, name)
    space.update(others)
    return {name: kernel for name, kernel in space.items() if name in vars(module)}


class TracedEngine(CompiledEngine):
    """Model and optimizer of a run, computed as the model's own code says.

    Raises:
        EngineError: that can't be recorded; the message says why.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        stream: RandomStream | None,
        float_bits: int = 64,
    ) -> None:
        self._float_bits = float_bits
        self._held_to: ScalarEngine | None = None
        super().__init__(hyperparameters, vocabulary, stream, float_bits)
        self._write(*self._constants)

    def _made(self, float_bits: int) -> tuple[Arrays, host.Program]:
        h = self.hyperparameters
        sizes = Sizes.of(h, self.vocabulary.size)
        shape = Hyperparameters(
            n_layer=h.n_layer, n_embd=h.n_embd, n_head=h.n_head, block_size=h.block_size
        )
        try:
            text, file = self._source()
            layout, constants, program = _recorded(text, file, shape, sizes, float_bits)
        except TraceError as error:
            raise EngineError(f"The model can't be traced: {error}.") from None
        self._constants = layout.constants, constants
        return layout, program

    def _source(self) -> tuple[str, str]:
        """The text of the model's code, and its file."""
        return inspect.getsource(algorithm), inspect.getfile(algorithm)

    def _first_weights(self, stream: RandomStream) -> array[float]:
        if not changed.sources():
            return super()._first_weights(stream)
        model = Model(self.hyperparameters, self.vocabulary.size, stream)
        return array("d", [parameter.data for parameter in model.parameters])

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """See `Engine.train`.

        Raises:
            DivergedError: the scalar engine computes something else.
        """
        size = self.hyperparameters.batch_size
        steps, losses = len(documents) // size, array("d")
        first = -self._steps_done % _HELD_EVERY
        for begin, end in pairwise([0, *range(first or _HELD_EVERY, steps, _HELD_EVERY), steps]):
            some = documents[begin * size : end * size]
            if (self._steps_done % _HELD_EVERY) == 0 and some:
                self._hold(some[0])
            due = [step - begin for step in keep if begin <= step < end]
            found = super().train(some, due)
            losses += found
            if len(found) < end - begin:
                break
        return losses

    def _hold(self, document: str) -> None:
        """Compare loss and gradients with the scalar engine's, of so much of a document."""
        per_token = self.layout.parameters * 6
        some = [document[: max(1, _HELD // per_token)]]
        scalar = self._scalar()
        try:
            loss, gradients = scalar.losses(some)[0], scalar.gradients(some)
        except DivergedError:
            return  # nor can this one, and it says so
        if not math.isfinite(loss):
            return
        tolerance = _TOLERANCE[self._float_bits]
        most = max(map(abs, gradients), default=0.0) + 1e-12
        pairs = zip(gradients, self.gradients(some), strict=True)
        apart = max(abs(one - other) for one, other in pairs) / most
        if abs(loss - self.losses(some)[0]) > tolerance * max(1.0, loss) or apart > 100 * tolerance:
            raise DivergedError(
                f"After step {self._steps_done:,} the recording of the model and its own code "
                "disagree, so what was recorded depends on numbers or on the position in a way "
                "that can't be seen. Take the scalar engine."
            )

    def _scalar(self) -> ScalarEngine:
        """The definition of what is right, with the present weights."""
        if self._held_to is None:
            self._held_to = ScalarEngine(self.hyperparameters, self.vocabulary, None)
        self._held_to.set_weights(self.get_state().weights)
        return self._held_to

    def activations(self, tokens: list[int]) -> Activations:
        """See `Engine.activations`."""
        return self._scalar().activations(tokens)


def traced(
    hyperparameters: Hyperparameters, vocabulary: Vocabulary, stream: RandomStream | None
) -> Engine:
    """The traced engine, or the scalar one where the model can't be recorded: it says why."""
    try:
        return TracedEngine(hyperparameters, vocabulary, stream)
    except EngineError as error:
        engine = ScalarEngine(hyperparameters, vocabulary, stream)
        engine.note = f"{error} The scalar engine computes it."
        return engine


def traced_memory(hyperparameters: Hyperparameters, vocabulary_size: int, longest: int) -> int:
    """Bytes of the module's memory and of the scalar engine beside it, about.

    What a position makes isn't known before the recording: it is taken for what it is in
    the original.
    """
    h, sizes = hyperparameters, Sizes.of(hyperparameters, vocabulary_size)
    values = h.n_layer * (16 * h.n_embd + 6 * h.n_head * h.block_size) + vocabulary_size
    floats = 4 * sizes.weights().size + 2 * h.block_size * values
    beginning = min(longest, max(1, _HELD // (6 * sizes.weights().size)))
    return 8 * floats + scalar_memory(h, vocabulary_size, beginning)
