"""The third engine: the algorithm's own code, recorded once, and computed as the second does.

Model and loss, as they are or changed, and their gradient are made from the recording; so is
the optimizer where it is changed. Sampling is the kernels' own, or the scalar engine's where
it is changed. What this engine computes is held to the scalar one again and again. Not about
recording: see `tracing`.
"""

from __future__ import annotations

import gc
import linecache
import math
import traceback
import types
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain, count, pairwise
from typing import Any

from microgpt import changed
from microgpt.changes import originals
from microgpt.compiler import compile_kernels
from microgpt.engines import host
from microgpt.engines.compiled import CompiledEngine, Memory, steps_per_call
from microgpt.engines.engine import Activations, Engine
from microgpt.engines.scalar import ScalarEngine, scalar_memory
from microgpt.errors import DivergedError, EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.optimizer import Adam
from microgpt.gpt.random_streams import RandomStream
from microgpt.kernels import EXPORTED, sampling, training
from microgpt.kernels.adam import TINY
from microgpt.kernels.layout import Arrays
from microgpt.kernels.sizes import Sizes
from microgpt.tracing import update, writing
from microgpt.tracing.algorithm import POSITIONS, record
from microgpt.tracing.loading import functions
from microgpt.tracing.recording import TraceError
from microgpt.tracing.rolling import Pattern
from microgpt.tracing.update import Update, record_update

FOLLOWED = frozenset(("autograd.py", "model.py", "training.py", "optimizer.py", "sampling.py"))
_HELD_EVERY = 1000  # steps, to the scalar engine; and at the first
_HELD = 2_000_000  # multiplications that the scalar engine is asked for first, about: 0.1 s
_HELD_LATER = 100_000  # and then: what takes no time beside a thousand steps
_HELD_WEIGHTS = 5000  # whose update is compared
_TOLERANCE = {64: 1e-9, 32: 1e-3}
_WRONG = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
_LONGEST = 200  # characters of what recorded code raises
_EPSILON = {64: 1e-15, 32: 1e-6}


class TracedArrays(Arrays):
    """Where everything lies: behind what every model has, the values of each position.

    Attributes:
        constants: numbers that are always the same.
        values: of position 0; `stride` from one position's to the next's.
        to_value_gradient: from a value to its gradient.
        step_numbers: what an optimizer that is recorded has anew for each step of a call.
    """

    def __init__(self, sizes: Sizes, pattern: Pattern, constants: int, width: int) -> None:
        memory = self.begin(sizes)
        self.logits = memory.take(self.block * self.logits_width)
        self.constants = memory.take(-(-constants // 4) * 4)
        self.stride = -(-pattern.values // 4) * 4
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
            numbers=(self.weights, self.gradients, self.means, self.squares),
            count=self.parameters,
            step=self.step_numbers,
            width=width,
            tiny=self.settings + TINY,
        )


@dataclass(frozen=True)
class _Made:
    """What a recording has become.

    Attributes:
        layout: where everything lies.
        constants: of the model's code.
        update: the optimizer's, where it is recorded.
        program: which computes it.
        size: of the module, in bytes.
    """

    layout: TracedArrays
    constants: list[float]
    update: Update | None
    program: host.Program
    size: int


@lru_cache(maxsize=4)
def _made(
    texts: tuple[tuple[str, str], ...], h: Hyperparameters, sizes: Sizes, float_bits: int
) -> _Made:
    """A recording, translated; another run with the same begins at once.

    Args:
        h: of the run, but for what changes nothing here.
    """
    with _without_garbage_collection():
        return _made_of(
            originals() | dict(texts), "optimizer.py" in dict(texts), h, sizes, float_bits
        )


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
    sources: Mapping[str, str],
    other_optimizer: bool,
    h: Hyperparameters,
    sizes: Sizes,
    float_bits: int,
) -> _Made:
    """As `_made`, of all files of gpt/."""
    pattern, constants = record(sources, _FOLDER, h, sizes.vocabulary_size)
    recorded = record_update(sources, _FOLDER, h) if other_optimizer else None
    width = recorded.width if recorded else 0
    layout = TracedArrays(sizes, pattern, len(constants), width)
    replaced = _kernels(writing.source(pattern, layout.places(sizes), layout.vocabulary))
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
    binary = compile_kernels(exported, memory, float_bits, host.has_simd())
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


class TracedEngine(CompiledEngine):
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
        self._was_held = False
        super().__init__(hyperparameters, vocabulary, stream, float_bits)
        self._write(self._recorded.layout.constants, self._recorded.constants)

    def _made(self, float_bits: int) -> tuple[Arrays, host.Program]:
        h = self.hyperparameters
        texts = tuple(sorted(self._texts().items()))
        same = replace(h, seed=0, random_stream=Hyperparameters().random_stream, holdout=0.0)
        try:
            made = _made(texts, same, Sizes.of(h, self.vocabulary.size), float_bits)
        except TraceError as error:
            raise EngineError(f"The algorithm can't be traced: {error}.") from None
        except Exception as error:  # the code's own, or none where there are numbers
            raise EngineError(f"The algorithm can't be traced: {_failure(error)}.") from error
        self._recorded = made
        return made.layout, made.program

    def _texts(self) -> Mapping[str, str]:
        """The files of gpt/ that are changed."""
        return changed.sources()

    @property
    def module_size(self) -> int:
        """Bytes of WebAssembly."""
        return self._recorded.size

    def _first_weights(self, stream: RandomStream) -> array[float]:
        if not changed.sources():
            return super()._first_weights(stream)
        model = Model(self.hyperparameters, self.vocabulary.size, stream)
        return array("d", [parameter.data for parameter in model.parameters])

    def _train(self, documents: Sequence[str], keep: Sequence[int]) -> array[float]:
        if recorded := self._recorded.update:
            done = self._steps_done
            steps = range(done, done + len(documents) // self.hyperparameters.batch_size)
            numbers = array("d", chain.from_iterable(map(recorded.step_numbers, steps)))
            self._write(self._recorded.layout.step_numbers, numbers)
        return super()._train(documents, keep)

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
        some = [document[: self._affordable(_HELD_LATER if self._was_held else _HELD)]]
        self._was_held = True
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
                self._disagreement(
                    "depends on numbers or on the position in a way that can't be seen"
                )
            )
        if self._recorded.update:
            self._hold_update(gradients)

    @property
    def can_rehearse(self) -> bool:
        """Whether that takes the scalar engine no longer than a moment."""
        return self._affordable(_HELD) >= self.hyperparameters.block_size

    def _affordable(self, multiplications: int) -> int:
        """Of so many characters the scalar engine can be asked."""
        return max(1, multiplications // (self.layout.parameters * 6))

    def rehearse(self) -> None:
        """Compare every position that a document can have, with weights that don't matter.

        Only the first ones are recorded, and a text's first line may not have the others.

        Raises:
            EngineError: they do something else than the recording has them do.
        """
        h, letters = self.hyperparameters, self.vocabulary.characters
        self.set_weights(array("d", [math.sin(i) / 8 for i in range(self.layout.parameters)]))
        try:
            self._hold("".join(letters[i % len(letters)] for i in range(h.block_size)))
        except DivergedError:
            raise EngineError(
                "The algorithm can't be traced: later positions behave otherwise than the first "
                f"{POSITIONS}, or numbers decide."
            ) from None

    def _hold_update(self, gradients: array[float]) -> None:
        """Compare what becomes of weights with what the optimizer's own code makes of them."""
        state = self.get_state()
        some = slice(0, min(_HELD_WEIGHTS, len(gradients)))
        parameters = [
            _Weight(*each) for each in zip(state.weights[some], gradients[some], strict=True)
        ]
        optimizer: Any = Adam(parameters, self.hyperparameters)  # type: ignore[arg-type]
        optimizer.m, optimizer.v = list(state.means[some]), list(state.squares[some])
        optimizer.steps_done = state.steps_done
        optimizer.step()
        self._write(self.layout.gradients, gradients)
        numbers = (
            self._recorded.update.step_numbers(state.steps_done) if self._recorded.update else ()
        )
        self._write(self._recorded.layout.step_numbers, array("d", numbers))
        self._instance.call("adam", 0, self._memory.floats)
        found = self.get_state()
        self._write(self.layout.gradients, array("d", bytes(8 * self.layout.parameters)))
        self.set_state(state)
        moved = [
            abs(p.data - before) for p, before in zip(parameters, state.weights[some], strict=True)
        ]
        tolerance = 100 * _TOLERANCE[self._float_bits] * (max(moved) + 1e-12)
        for parameter, weight in zip(parameters, found.weights[some], strict=True):
            if abs(parameter.data - weight) > tolerance + abs(weight) * _EPSILON[self._float_bits]:
                raise DivergedError(self._disagreement("depends on which parameter it is of"))

    def _disagreement(self, why: str) -> str:
        return (
            f"After step {self._steps_done:,} the recording of the algorithm and its own code "
            f"disagree, so what was recorded {why}. Take the scalar engine."
        )

    def _scalar(self) -> ScalarEngine:
        """The definition of what is right, with the present weights."""
        if self._held_to is None:
            self._held_to = ScalarEngine(self.hyperparameters, self.vocabulary, None)
        self._held_to.set_weights(self.get_state().weights)
        return self._held_to

    @cached_property
    def _samples_itself(self) -> bool:
        """Whether the kernels draw as the algorithm's code does."""
        texts = self._texts()
        if "sampling.py" in texts:
            return False
        known, now = (
            functions(each["model.py"]) for each in (originals(), originals() | dict(texts))
        )
        return known["softmax"] == now.get("softmax")

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


@dataclass
class _Weight:
    """In place of a value, for the optimizer."""

    data: float
    grad: float


def _failure(error: Exception) -> str:
    """What the recorded code has raised, and in which of its lines; as a clause."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if frame.filename.startswith(f"{_FOLDER}/")]
    words = str(error).partition("\n")[0][:_LONGEST].removesuffix(".")
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    if not places:
        return what
    return f"in line {places[-1].lineno} of {places[-1].filename.rpartition('/')[2]}, {what}"


def traced(
    hyperparameters: Hyperparameters,
    vocabulary: Vocabulary,
    stream: RandomStream | None,
    float_bits: int = 64,
) -> Engine:
    """The traced engine, or the scalar one where the algorithm can't be recorded: it says why."""
    try:
        _rehearse(hyperparameters, vocabulary, float_bits)
        return TracedEngine(hyperparameters, vocabulary, stream, float_bits)
    except EngineError as error:
        engine = ScalarEngine(hyperparameters, vocabulary, stream)
        engine.note = f"{error} The scalar engine computes it."
        return engine


def _rehearse(h: Hyperparameters, vocabulary: Vocabulary, float_bits: int) -> None:
    """See `TracedEngine.rehearse`; of a narrower model where that would take too long."""
    engine = TracedEngine(h, vocabulary, None, float_bits)
    narrow = replace(h, n_layer=1, n_embd=h.n_head * min(2, h.head_dim))
    if not engine.can_rehearse and h != narrow:
        try:
            engine = TracedEngine(narrow, vocabulary, None, float_bits)
        except EngineError:
            return  # the code wants another width
    with suppress(*_WRONG):
        engine.rehearse()  # the code may not want positions that the text doesn't have


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
    beginning = min(longest, max(1, _HELD // (6 * sizes.weights().size)))
    return float_bits // 8 * floats + scalar_memory(h, vocabulary_size, beginning)
