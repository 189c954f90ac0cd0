"""The engines that there are: what makes each, what it needs, and what a visitor is told of it.

A new engine is a new row here. Not about how any of them computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from microgpt import changed
from microgpt.engines import host
from microgpt.engines.compiled import CompiledEngine, compiled_memory
from microgpt.engines.engine import Engine, MakeEngine
from microgpt.engines.scalar import ScalarEngine, scalar_memory
from microgpt.errors import EngineError, HyperparameterError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream

MAX_MEMORY = 1_000_000_000  # bytes: half of what browsers on phones give a tab


@dataclass(frozen=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        name: under which it is chosen, and stands in files and links.
        make: makes one.
        memory: bytes that one needs, from hyperparameters, the vocabulary's size with BOS
            and the length of the longest document in characters: what it will have, or
            about the most.
        flops: floating-point operations a second, on a slow machine.
        needs_host: whether something must be there that runs WebAssembly; it is then
            translated first, and quicker once it has run for a while.
        follows_changes: the files of gpt/ that it computes as they are, changed or not, or
            "*" for all of them. Of others it has kernels of its own.
        help: what it is, for whoever chooses.
    """

    name: str
    make: MakeEngine
    memory: Callable[[Hyperparameters, int, int], int]
    flops: float
    needs_host: bool
    follows_changes: frozenset[str]
    help: str

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
        return self.knows_algorithm and (not self.needs_host or host.available())

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
        if not self.available:
            raise EngineError(
                f"The {self.name} engine needs wasmtime outside of a browser, and it is not "
                "installed. Install it with pip install wasmtime, or use the scalar "
                "engine (--engine scalar)."
            )

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
        if needed > MAX_MEMORY:
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


def _compiled(name: str, float_bits: int, help_: str) -> EngineKind:
    return EngineKind(
        name,
        partial(CompiledEngine, float_bits=float_bits),
        partial(compiled_memory, float_bits=float_bits),
        flops=1e10,
        needs_host=True,
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
SCALAR = EngineKind(
    "scalar",
    ScalarEngine,
    scalar_memory,
    flops=2e7,
    needs_host=False,
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
        flops=5e9,
        needs_host=True,
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
ENGINES = {kind.name: kind for kind in (COMPILED, COMPILED_FLOAT32, TRACED, TRACED_FLOAT32, SCALAR)}


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
