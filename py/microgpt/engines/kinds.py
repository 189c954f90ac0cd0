"""The engines that there are: what makes each, what it needs, and what a visitor is told of it.

A new engine is a new row here. Not about how any of them computes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from microgpt import changed
from microgpt.engines import host, machines
from microgpt.engines.compiled import CompiledEngine, compiled_memory, compiled_work
from microgpt.engines.engine import MAX_MEMORY as MAX_MEMORY  # others find it here
from microgpt.engines.engine import Engine, MakeEngine
from microgpt.engines.scalar import ScalarEngine, scalar_memory, scalar_work
from microgpt.errors import EngineError, HyperparameterError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream


@dataclass(frozen=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        name: under which it is chosen, and stands in files and links.
        make: makes one.
        memory: bytes that one needs, from hyperparameters, the vocabulary's size with BOS
            and the length of the longest document in characters: what it will have, or
            about the most.
        work: of a step, from hyperparameters, the vocabulary's size with BOS and the length of
            a document: floating-point operations, or as many as take the same time.
        flops: of these a second, on a slow machine.
        weights: made a second before the first step, on a slow machine.
        needs: what must be there: something that runs WebAssembly, PyTorch, PyTorch and a GPU,
            or nothing.
        float_bits: of the numbers that it keeps.
        follows_changes: the files of gpt/ that it computes as they are, changed or not, or
            "*" for all of them. Of others it has kernels of its own.
        help: what it is, for whoever chooses.
    """

    name: str
    make: MakeEngine
    memory: Callable[[Hyperparameters, int, int], int]
    work: Callable[[Hyperparameters, int, int], float]
    flops: float
    weights: float
    needs: Literal["", "host", "torch", "gpu"]
    float_bits: int
    follows_changes: frozenset[str]
    help: str

    @property
    def needs_host(self) -> bool:
        """Whether it is translated to WebAssembly, and quicker once that has run for a while."""
        return self.needs == "host"

    @property
    def in_browser(self) -> bool:
        """Whether a page can have it."""
        return self.needs in ("", "host")

    @property
    def _unknown(self) -> list[str]:
        """The changed files that it would compute as if they weren't changed."""
        follows = self.follows_changes
        return [file for file in changed.sources() if not follows & {file, "*"}]

    @property
    def knows_algorithm(self) -> bool:
        """Whether it computes the algorithm that is in use, which may be a changed one."""
        return not self._unknown

    @property
    def available(self) -> bool:
        """Whether it can run here."""
        return self.knows_algorithm and self._has_what_it_needs

    @property
    def _has_what_it_needs(self) -> bool:
        if self.needs == "host":
            return host.available()
        if self.needs == "torch":
            return machines.available()
        return machines.has_gpu() if self.needs == "gpu" else True

    def check_available(self) -> None:
        """Refuse an engine that can't run here.

        Raises:
            EngineError: with what would help.
        """
        if not self.knows_algorithm:
            raise EngineError(
                f"The {self.name} engine computes the original {', '.join(self._unknown)}, not "
                f"the changed one. Use the {fastest().name} engine (--engine {fastest().name})."
            )
        if self.available:
            return
        if self.in_browser:
            raise EngineError(
                f"The {self.name} engine needs wasmtime outside of a browser, and it is not "
                "installed. Install it with pip install wasmtime, or use the scalar "
                "engine (--engine scalar)."
            )
        if not machines.available():
            raise EngineError(
                f"The {self.name} engine needs PyTorch, and it is not installed. Install it with "
                f"pip install torch, or use the {fastest().name} engine "
                f"(--engine {fastest().name})."
            )
        raise EngineError(
            "Numbers of 16 bits (bf16) are for GPUs, which multiply them many times as fast, and "
            "PyTorch finds none here: a processor would be slower with them. Take --precision "
            "float32."
        )

    def has_room(
        self, hyperparameters: Hyperparameters, vocabulary_size: int, longest: int
    ) -> bool:
        """Whether it would fit: see `check_memory`."""
        return self.memory(hyperparameters, vocabulary_size, longest) <= MAX_MEMORY

    def check_memory(
        self, hyperparameters: Hyperparameters, vocabulary_size: int, longest: int
    ) -> None:
        """Refuse what would not fit: a tab that runs out of memory crashes with all it holds.

        Args:
            hyperparameters: of the run.
            vocabulary_size: with BOS.
            longest: characters in the longest document.

        Raises:
            HyperparameterError: with the figure, and what to lower.
        """
        needed = self.memory(hyperparameters, vocabulary_size, longest)
        if not self.has_room(hyperparameters, vocabulary_size, longest):
            raise HyperparameterError(
                f"With these settings the {self.name} engine needs about {needed / 1e9:.1f} GB of "
                f"memory, and {MAX_MEMORY / 1e9:.0f} GB is the limit. Lower n_embd, n_layer or "
                "block_size"
                + (
                    f", or take a text with fewer than {vocabulary_size - 1:,} distinct characters."
                    if vocabulary_size > 1000
                    else "."
                ),
                field=self._what_needs_most(hyperparameters, vocabulary_size, longest),
            )

    def _what_needs_most(self, h: Hyperparameters, vocabulary_size: int, longest: int) -> str:
        """The hyperparameter that costs most of the memory."""
        default = Hyperparameters()

        def without(name: str) -> int:
            smaller = min(getattr(h, name), getattr(default, name))
            return self.memory(replace(h, **{name: smaller}), vocabulary_size, longest)

        return min(("n_embd", "n_layer", "block_size"), key=without)


# In a tuple first: a set in the bytecode has another order in each build.
_TRACED_FILES = frozenset(("autograd.py", "model.py", "training.py", "optimizer.py", "sampling.py"))


def _compiled(name: str, float_bits: int, help_: str, learns: bool = True) -> EngineKind:
    return EngineKind(
        name,
        partial(CompiledEngine, float_bits=float_bits, learns=learns),
        partial(compiled_memory, float_bits=float_bits, learns=learns),
        compiled_work,
        flops=1e10,
        weights=1e6,
        needs="host",
        float_bits=float_bits,
        follows_changes=frozenset(),
        help=help_,
    )


COMPILED = _compiled(
    "compiled",
    64,
    "Fast: Python compiled to WebAssembly; same numbers.",
)
COMPILED_FLOAT32 = _compiled(
    "compiled-float32",
    32,
    "Fastest: half as many digits, so losses differ from the sixth on.",
)
# Not to be chosen: they stand in for the engines of those names where nothing is to be learned.
_READERS = {
    kind.name: _compiled(kind.name, kind.float_bits, "", learns=False)
    for kind in (COMPILED, COMPILED_FLOAT32)
}
READER_FLOAT32 = _READERS[COMPILED_FLOAT32.name]
_LARGE = 100_000_000  # bytes, from which it is worth a module of its own not to have them twice
SCALAR = EngineKind(
    "scalar",
    ScalarEngine,
    scalar_memory,
    scalar_work,
    flops=2e7,
    weights=5e5,
    needs="",
    float_bits=64,
    follows_changes=frozenset("*"),
    help="Plain Python, one object per number: slow enough to watch.",
)


def _traced(name: str, float_bits: int, help_: str) -> EngineKind:
    # Imported where one is wanted: the first visit doesn't wait for it.
    def make(
        hyperparameters: Hyperparameters, vocabulary: Vocabulary, stream: RandomStream | None
    ) -> Engine:
        from microgpt.engines.traced import traced

        return traced(hyperparameters, vocabulary, stream, float_bits)

    def memory(hyperparameters: Hyperparameters, vocabulary_size: int, longest: int) -> int:
        from microgpt.engines.traced import traced_memory

        return traced_memory(hyperparameters, vocabulary_size, longest, float_bits)

    return EngineKind(
        name,
        make,
        memory,
        compiled_work,
        flops=5e9,
        weights=5e4,  # each is in several recordings
        needs="host",
        float_bits=float_bits,
        follows_changes=_TRACED_FILES,
        help=help_,
    )


TRACED = _traced(
    "traced",
    64,
    "The algorithm's own Python, recorded once and compiled: same numbers, nearly as fast.",
)
TRACED_FLOAT32 = _traced(
    "traced-float32",
    32,
    "The same with half as many digits.",
)


def new_torch_engine(
    hyperparameters: Hyperparameters,
    vocabulary: Vocabulary,
    stream: RandomStream | None,
    precision: str,
) -> Any:
    """One that computes with PyTorch, which takes seconds to import and is nowhere in a page."""
    pytorch = importlib.import_module("microgpt.engines.pytorch")
    return pytorch.TorchEngine(hyperparameters, vocabulary, stream, precision)


def _torch(name: str, precision: str, needs: Literal["torch", "gpu"], help_: str) -> EngineKind:
    float_bits = 64 if precision == "float64" else 32
    return EngineKind(
        name,
        partial(new_torch_engine, precision=precision),
        # Not what it needs, of which PyTorch has its own idea, but what those need who sample from
        # what it has learned: what is too large to be opened anywhere isn't worth the training.
        READER_FLOAT32.memory,
        compiled_work,
        flops=1e10,
        weights=1e6,
        needs=needs,
        float_bits=float_bits,
        follows_changes=frozenset(),
        help=help_,
    )


TORCH = _torch("torch", "float64", "torch", "PyTorch: same numbers, on several machines or a GPU.")
TORCH_FLOAT32 = _torch("torch-float32", "float32", "torch", "The same with half as many digits.")
TORCH_BF16 = _torch(
    "torch-bf16", "bf16", "gpu", "The same, products with an eighth as many digits, on a GPU."
)
_ALL = (
    *(COMPILED, COMPILED_FLOAT32, TRACED, TRACED_FLOAT32),
    *(TORCH, TORCH_FLOAT32, TORCH_BF16, SCALAR),
)
ENGINES = {kind.name: kind for kind in _ALL if kind.in_browser or not host.IN_BROWSER}


def find(name: str) -> EngineKind:
    """The engine of a name.

    Raises:
        EngineError: there is none, or it can't run here.
    """
    if name not in ENGINES:
        raise EngineError(f"There is no engine {name!r}; there are {', '.join(ENGINES)}.")
    ENGINES[name].check_available()
    return ENGINES[name]


def fastest() -> EngineKind:
    """The engine that computes the definition's numbers most quickly here."""
    return next(kind for kind in (COMPILED, TRACED, SCALAR) if kind.available)


def fastest_for(
    hyperparameters: Hyperparameters, vocabulary_size: int, longest: int, single: bool
) -> EngineKind:
    """The same, or for a large model one that can't learn.

    Args:
        single: whether half as many digits are all that its weights have; where only they have
            room, they must do.

    Raises:
        HyperparameterError: none has room for it; see `EngineKind.check_memory`.
    """
    kind = reader(fastest(), hyperparameters, vocabulary_size)
    sizes = hyperparameters, vocabulary_size, longest
    reads = kind is _READERS[COMPILED.name]
    if (reads and single) or ((reads or kind is COMPILED) and not kind.has_room(*sizes)):
        kind = READER_FLOAT32
    kind.check_memory(*sizes)
    return kind


def reader(kind: EngineKind, hyperparameters: Hyperparameters, vocabulary_size: int) -> EngineKind:
    """What computes the same of a large model that doesn't learn; of a small one, the same one.

    A visitor with a small model would wait for another module.
    """
    large = is_large(kind, hyperparameters, vocabulary_size)
    return _READERS.get(kind.name, kind) if large else kind


def is_large(kind: EngineKind, hyperparameters: Hyperparameters, vocabulary_size: int) -> bool:
    """Whether an engine takes so much memory that there shouldn't be another without need."""
    return kind.memory(hyperparameters, vocabulary_size, 0) > _LARGE


def only_reads(kind: EngineKind) -> bool:
    """Whether it can't learn."""
    return kind in _READERS.values()


def fast(kind: EngineKind) -> EngineKind:
    """The same one, or a faster one if that computes number by number."""
    return fastest() if kind is SCALAR else kind


def going_on_with(
    name: str, hyperparameters: Hyperparameters, vocabulary_size: int, longest: int
) -> EngineKind:
    """The same as `going_on`, or the one of half as many digits where only that has room."""
    kind = going_on(name)
    if kind is COMPILED and not kind.has_room(hyperparameters, vocabulary_size, longest):
        return COMPILED_FLOAT32
    return kind


def going_on(name: str) -> EngineKind:
    """What goes on where the engine of that name was: itself, or one with as many digits.

    Args:
        name: which stands in a file; it may be of an engine that nothing is known of here.
    """
    kind = next((kind for kind in _ALL if kind.name == name), None)
    if kind is None:
        return fastest()
    if kind.name in ENGINES and kind.available:
        return kind
    singles = COMPILED_FLOAT32, TRACED_FLOAT32
    alike = [each for each in singles if each.float_bits == kind.float_bits and each.available]
    return alike[0] if alike else fastest()
