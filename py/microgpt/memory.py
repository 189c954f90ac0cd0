"""How much memory a run needs, known before it begins.

A tab that runs out of memory crashes with all that it holds, so a run that
can't fit is refused with a figure instead.
"""

from __future__ import annotations

from microgpt.compiled_engine import memory_needed
from microgpt.errors import HyperparameterError
from microgpt.hyperparameters import Hyperparameters
from microgpt.model import weight_shapes

MAX_MEMORY = 1_000_000_000  # bytes: half of what browsers on phones give a tab

# Measured with tracemalloc on CPython 3.11; test_memory.py holds the estimate to it.
# WebAssembly's references are half as long, so in the tab it is on the safe side.
_BYTES_PER_PARAMETER = 200  # its Value, its number, its gradient, Adam's two means
_BYTES_PER_PRODUCT = 32  # two references and two local gradients in a dot
_BYTES_PER_NODE = 280


def scalar_memory(hyperparameters: Hyperparameters, vocabulary_size: int, longest: int) -> int:
    """Bytes that the scalar engine needs at most at a time, about.

    Args:
        hyperparameters: of the run.
        vocabulary_size: with BOS.
        longest: characters in the longest document.
    """
    h = hyperparameters
    positions = min(h.block_size, longest + 1)
    shapes = weight_shapes(h, vocabulary_size)
    parameters = sum(rows * columns for rows, columns in shapes.values())
    looked_up = (vocabulary_size + h.block_size) * h.n_embd  # wte and wpe: no products
    pairs = positions * (positions + 1) // 2  # of a position and one it looks back at
    products = positions * (parameters - looked_up) + h.n_layer * pairs * 2 * h.n_embd
    nodes = positions * (h.n_layer * 20 * h.n_embd + 6 * vocabulary_size)
    nodes += h.n_layer * h.n_head * pairs * 6
    return (
        _BYTES_PER_PARAMETER * parameters + _BYTES_PER_PRODUCT * products + _BYTES_PER_NODE * nodes
    )


def needed_memory(
    hyperparameters: Hyperparameters, vocabulary_size: int, longest: int, engine: str
) -> int:
    """Bytes that an engine needs: what it will have, or for the scalar one about the most."""
    if engine == "scalar":
        return scalar_memory(hyperparameters, vocabulary_size, longest)
    return memory_needed(hyperparameters, vocabulary_size, 32 if engine.endswith("32") else 64)


def check_memory(
    hyperparameters: Hyperparameters, vocabulary_size: int, longest: int, engine: str = "scalar"
) -> None:
    """Refuse what would not fit.

    Raises:
        HyperparameterError: with the figure, and what to lower.
    """
    needed = needed_memory(hyperparameters, vocabulary_size, longest, engine)
    if needed > MAX_MEMORY:
        raise HyperparameterError(
            f"With these settings the {engine} engine needs about {needed / 1e9:.1f} GB of "
            f"memory, and {MAX_MEMORY / 1e9:.0f} GB is the limit. Lower n_embd, n_layer or "
            "block_size"
            + (
                f", or take a text with fewer than {vocabulary_size - 1:,} distinct characters."
                if vocabulary_size > 1000
                else "."
            )
        )
