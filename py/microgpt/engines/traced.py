"""The third engine: the algorithm's own code, recorded once, and computed as the second does.

Model and loss, as they are or changed, and their gradient are made from the recording; so is
the optimizer where it is changed. Sampling is the kernels' own, or the scalar engine's where
it is changed. What this engine computes is held to the scalar one before it is used, and again
and again: see `held`. Not about recording: see `tracing`.
"""

from __future__ import annotations

import gc
import linecache
import traceback
import types
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, count, pairwise
from typing import Any

from microgpt import changed
from microgpt.changes import originals
from microgpt.compiler import compile_kernels
from microgpt.engines import host
from microgpt.engines.compiled import CompiledEngine, Memory, steps_per_call
from microgpt.engines.engine import Activations, Engine, State
from microgpt.engines.held import affordable, disagreement, prove
from microgpt.engines.scalar import ScalarEngine, scalar_memory
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import RandomStream
from microgpt.kernels import EXPORTED, sampling, training
from microgpt.kernels.adam import TINY
from microgpt.kernels.layout import Arrays
from microgpt.kernels.sizes import Sizes
from microgpt.tracing import update, writing
from microgpt.tracing.algorithm import record
from microgpt.tracing.loading import is_as_ever
from microgpt.tracing.recording import IrregularError, TraceError
from microgpt.tracing.rolling import Pattern
from microgpt.tracing.update import Update, record_update

_HELD_EVERY = 1000  # steps, to the scalar engine; and at the first
_HELD = 100_000  # multiplications, about: what takes no time beside a thousand steps
_HELD_WEIGHTS = 5000  # whose update is compared
# The operations of a softmax.
_SOFTMAX = ("__add__", "__mul__", "__neg__", "__pow__", "__sub__", "__truediv__", "exp")
_LONGEST = 200  # characters of what recorded code raises


class TracedArrays(Arrays):
    """Where everything lies: behind what every model has, the values of each position.

    Attributes:
        constants: numbers that are always the same.
        values: of position 0; `stride` from one position's to the next's.
        to_value_gradient: from a value to its gradient.
        step_numbers: what an optimizer that is recorded has anew for each step of a call.
    """

    def __init__(
        self, sizes: Sizes, patterns: Sequence[Pattern], constants: int, width: int
    ) -> None:
        memory = self.begin(sizes)
        self.logits = memory.take(self.block * self.logits_width)
        self.constants = memory.take(-(-constants // 4) * 4)
        self.stride = -(-max(pattern.values for pattern in patterns) // 4) * 4
        self.values = memory.take(self.block * self.stride)
        self.to_value_gradient = memory.take(self.block * self.stride) - self.values
        self.step_numbers = memory.take(-(-width * steps_per_call(self) // 4) * 4)
        self.size = memory.next

    def places(self, sizes: Sizes) -> writing.Places:
        """The same, for whoever writes the kernels."""
        return writing.Places(
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

    def update_places(self, width: int) -> update.Places:
        """The same, for whoever writes the optimizer's kernel."""
        return update.Places(
            numbers=(self.weights, self.summed, self.means, self.squares),
            step=self.step_numbers,
            width=width,
            tiny=self.settings + TINY,
        )


@dataclass
class _Made:
    """What a recording has become.

    Attributes:
        layout: where everything lies.
        constants: of the model's code.
        update: the optimizer's, where it is recorded.
        program: which computes it.
        size: of the module, in bytes.
        proven: whether it was seen to compute what the algorithm's code does.
    """

    layout: TracedArrays
    constants: list[float]
    update: Update | None
    program: host.Program
    size: int
    proven: bool = False


@lru_cache(maxsize=4)
def _made(
    texts: tuple[tuple[str, str], ...],
    h: Hyperparameters,
    sizes: Sizes,
    float_bits: int,
    every: bool,
) -> _Made:
    """A recording, translated; another run with the same begins at once.

    Args:
        texts: of the files of gpt/ that are changed, with their names.
        h: of the run, but for what changes nothing here.
        sizes: of the model.
        float_bits: 64 or 32.
        every: record every position and every parameter.

    Raises:
        TraceError: it can't be recorded; the message says why.
    """
    with _without_garbage_collection():
        try:
            return _made_of(dict(texts), h, sizes, float_bits, every)
        except TraceError:
            raise
        except Exception as error:  # the code's own, or none where there are numbers
            raise TraceError(_failure(error)) from error


def _failure(error: Exception) -> str:
    """What the recorded code has raised, and in which of its lines; as a clause."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if frame.filename.startswith(f"{_FOLDER}/")]
    words = str(error).partition("\n")[0][:_LONGEST].removesuffix(".")
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    if not places:
        return what
    return f"in line {places[-1].lineno} of {places[-1].filename.rpartition('/')[2]}, {what}"


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Millions of small objects are made, none of them in a cycle: looking for some takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _made_of(
    texts: Mapping[str, str], h: Hyperparameters, sizes: Sizes, float_bits: int, every: bool
) -> _Made:
    """As `_made`."""
    sources = originals() | dict(texts)
    patterns, constants = record(sources, _FOLDER, h, sizes.vocabulary_size, every)
    recorded = None
    if "optimizer.py" in texts:
        recorded = record_update(sources, _FOLDER, h, sizes.weights().size, every)
    width = recorded.width if recorded else 0
    layout = TracedArrays(sizes, patterns, len(constants), width)
    replaced = _kernels(writing.source(patterns, layout.places(sizes), layout.vocabulary))
    if recorded:
        replaced |= _kernels(recorded.source(layout.update_places(width)))
    kernels = _calling(training, replaced) | _calling(sampling, replaced) | replaced
    exported = {
        name: (kernels.get(name, kernel), {"layout": layout})
        for name, kernel in EXPORTED.items()
        if name != "forward_until"  # it is of the kernels' own model
    }
    if recorded:
        exported["adam"] = kernels["adam"], {"layout": layout}
    memory = Memory(layout, float_bits).end
    spreading = host.spreads_on_loading()
    binary = compile_kernels(exported, memory, float_bits, host.has_simd(), spreading)
    return _Made(layout, constants, recorded, host.load(binary), len(binary))


_FOLDER = "changed"
_numbers = count()


def _kernels(text: str) -> dict[str, Any]:
    """The functions of a text that others call, which `inspect` and the compiler can read."""
    name = f"<traced {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))  # noqa: S102
    made = ("forward", "document_loss", "learn", "transpose_weights", "adam")
    return {name: member for name, member in vars(module).items() if name in made}


def _calling(module: types.ModuleType, others: dict[str, Any]) -> dict[str, Any]:
    """A module's kernels, made to call others in place of those of the same name."""
    space = dict(vars(module))
    for name, member in vars(module).items():
        if isinstance(member, types.FunctionType) and member.__module__ == module.__name__:
            space[name] = types.FunctionType(member.__code__, space, name)
    space.update(others)
    return {name: kernel for name, kernel in space.items() if name in vars(module)}


def _proven(h: Hyperparameters, vocabulary: Vocabulary, float_bits: int) -> _Made:
    """What is recorded of the first positions, or else of all, and computes the right thing.

    Raises:
        EngineError: there is nothing that does; the message says why.
    """
    texts, sizes = changed.sources(), Sizes.of(h, vocabulary.size)
    key = tuple(sorted(texts.items())), _same(h, texts.values()), sizes, float_bits
    for every in (False, True):
        try:
            made = _made(*key, every)
            if not made.proven:
                if not every:
                    _prove_narrower(h, vocabulary)
                prove(RecordedEngine(made, h, vocabulary, None, float_bits), float_bits)
                made.proven = True
        except IrregularError as error:
            refused = error
        except TraceError as error:
            raise EngineError(f"The algorithm can't be traced: {error}.") from None
        else:
            return made
    raise EngineError(f"The algorithm can't be traced: {refused}.")


def _prove_narrower(h: Hyperparameters, vocabulary: Vocabulary) -> None:
    """Prove all positions of a narrower model, where that would take too long of this one.

    Raises:
        IrregularError: they aren't as the first ones, and so they won't be in this one.
    """
    narrow = replace(h, n_layer=1, n_embd=h.n_head * min(2, h.head_dim))
    sizes = Sizes.of(h, vocabulary.size), Sizes.of(narrow, vocabulary.size)
    if narrow == h or affordable(sizes[0].weights().size) >= h.block_size:
        return
    texts = changed.sources()
    key = tuple(sorted(texts.items())), _same(narrow, texts.values()), sizes[1], 64, False
    try:
        engine = RecordedEngine(_made(*key), narrow, vocabulary, None, 64)
    except TraceError:
        return  # the code wants another width
    prove(engine, 64)


def _same(h: Hyperparameters, texts: Iterable[str]) -> Hyperparameters:
    """Without what changes nothing: what no changed code has a name for."""
    unused = {
        name: getattr(Hyperparameters(), name)
        for name in ("seed", "random_stream", "holdout")
        if not any(name in text for text in texts)
    }
    return replace(h, **unused)


class RecordedEngine(CompiledEngine):
    """Model and optimizer of a run, computed as was recorded."""

    def __init__(
        self,
        recorded: _Made,
        hyperparameters: Hyperparameters,
        vocabulary: Vocabulary,
        stream: RandomStream | None,
        float_bits: int,
    ) -> None:
        self._recorded = recorded
        super().__init__(hyperparameters, vocabulary, stream, float_bits)
        self._write(recorded.layout.constants, recorded.constants)

    def _arrays(self) -> Arrays:
        return self._recorded.layout

    def _program(self, shared: bool = False) -> host.Program:  # noqa: ARG002
        return self._recorded.program

    def _new_team(self) -> None:
        """Nobody helps with changed code yet."""

    @property
    def module_size(self) -> int:
        """Bytes of WebAssembly."""
        return self._recorded.size

    @property
    def updates_itself(self) -> bool:
        """Whether the optimizer is recorded, too."""
        return self._recorded.update is not None

    def _first_weights(self, stream: RandomStream) -> array[float]:
        if not changed.sources():
            return super()._first_weights(stream)
        model = Model(self.hyperparameters, self.vocabulary.size, stream)
        return array("d", [parameter.data for parameter in model.parameters])

    def _train(self, documents: Sequence[str], keep: Sequence[int]) -> array[float]:
        self._write_step_numbers(len(documents) // self.hyperparameters.batch_size)
        return super()._train(documents, keep)

    def _write_step_numbers(self, count: int) -> None:
        """What each of the next steps has anew."""
        if update := self._recorded.update:
            steps = range(self._steps_done, self._steps_done + count)
            numbers = array("d", chain.from_iterable(map(update.step_numbers, steps)))
            self._write(self._recorded.layout.step_numbers, numbers)

    def updated(self, gradients: array[float]) -> State:
        """What the recorded optimizer would make of the present state."""
        before = self.get_state()
        self._write(self.layout.summed, gradients)
        self._write_step_numbers(1)
        self._instance.call("adam", 0, self._memory.floats)
        found = self.get_state()
        self._write(self.layout.summed, array("d", bytes(8 * self.layout.parameters)))
        self.set_state(before)
        return found


class TracedEngine(RecordedEngine):
    """Model and optimizer of a run, computed as the algorithm's own code says.

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
        made = _proven(hyperparameters, vocabulary, float_bits)
        super().__init__(made, hyperparameters, vocabulary, stream, float_bits)

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
        """Compare with the scalar engine, of so much of a document as takes no time."""
        some = [document[: max(1, _HELD // (self.layout.parameters * 6))]]
        if why := disagreement(self, self._scalar(), some, self._float_bits, _HELD_WEIGHTS):
            raise DivergedError(
                f"After step {self._steps_done:,} the recording of the algorithm and its own code "
                f"disagree: {why}. Take the scalar engine."
            )

    def _scalar(self) -> ScalarEngine:
        """The definition of what is right, with the present weights."""
        if self._held_to is None:
            self._held_to = ScalarEngine(self.hyperparameters, self.vocabulary, None)
        self._held_to.set_state(self.get_state())
        return self._held_to

    @cached_property
    def _samples_itself(self) -> bool:
        """Whether the kernels draw as the algorithm's code does."""
        texts = changed.sources()
        if "sampling.py" in texts:
            return False
        now = originals() | dict(texts)
        made_of = ("total", *(f"Value.{name}" for name in _SOFTMAX))
        return is_as_ever(now, "model.py", "softmax") and is_as_ever(now, "autograd.py", *made_of)

    def sample(self, stream: RandomStream, temperature: float, prefix: list[int]) -> Iterator[int]:
        """See `Engine.sample`."""
        if self._samples_itself:
            return super().sample(stream, temperature, prefix)
        return self._scalar().sample(stream, temperature, prefix)

    def draw(
        self, stream: RandomStream, temperature: float, prefix: list[int], count: int
    ) -> list[list[int]]:
        """See `Engine.draw`."""
        if self._samples_itself:
            return super().draw(stream, temperature, prefix, count)
        return self._scalar().draw(stream, temperature, prefix, count)

    def predict(self, beginnings: Sequence[list[int]], temperature: float) -> list[array[float]]:
        """See `Engine.predict`."""
        if self._samples_itself:
            return super().predict(beginnings, temperature)
        return self._scalar().predict(beginnings, temperature)

    def surprises(self, documents: Sequence[str], temperature: float = 1.0) -> list[array[float]]:
        """See `Engine.surprises`."""
        if self._samples_itself:
            return super().surprises(documents, temperature)
        return self._scalar().surprises(documents, temperature)

    def activations(self, tokens: list[int]) -> Activations:
        """See `Engine.activations`."""
        return self._scalar().activations(tokens)


def traced(
    hyperparameters: Hyperparameters,
    vocabulary: Vocabulary,
    stream: RandomStream | None,
    float_bits: int = 64,
) -> Engine:
    """The traced engine, or the scalar one where the algorithm can't be recorded: it says why."""
    try:
        return TracedEngine(hyperparameters, vocabulary, stream, float_bits)
    except EngineError as error:
        engine = ScalarEngine(hyperparameters, vocabulary, stream)
        engine.note = f"{error} The scalar engine computes it."
        return engine


def traced_memory(
    hyperparameters: Hyperparameters, vocabulary_size: int, longest: int, float_bits: int
) -> int:
    """Bytes of the module's memory and of the scalar engine beside it, about.

    What a position makes isn't known before the recording: it is taken for what it is in
    the original.
    """
    h, sizes = hyperparameters, Sizes.of(hyperparameters, vocabulary_size)
    values = h.n_layer * (16 * h.n_embd + 6 * h.n_head * h.block_size) + vocabulary_size
    floats = 4 * sizes.weights().size + 2 * h.block_size * values
    beginning = min(longest, affordable(sizes.weights().size))
    return float_bits // 8 * floats + scalar_memory(h, vocabulary_size, beginning)
