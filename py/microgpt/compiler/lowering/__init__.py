"""From typed trees to the intermediate form: a function for each kernel and each set of its sizes.

Everything is decided while walking the tree once, with four ideas:

- *Constants fold* (`expressions`). Sizes are numbers here, so whatever follows from them is
  computed now, and a test of them leaves one branch.
- *Indices are sums* (`sums`). An integer is kept as `4·i + 16·k + 3`, not as code. An address
  is such a sum too; of a loop's variable it becomes a pointer that the loop moves along
  (`pointers`).
- *Rounds side by side* (`loops`). What may be done together is written together, so that it
  shares what it loads.
- *Vectors* (`loops`, `floats`). Inside `lanes` floats are 128-bit vectors.

Knows neither what the kernels compute nor what becomes of the instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from microgpt.compiler import reader, tree
from microgpt.compiler.instructions import DOUBLE, SINGLE, Function, Program
from microgpt.compiler.lowering.statements import Statements

__all__ = ["lower"]


def lower(
    kernels: Mapping[str, tuple[Callable[..., Any], Mapping[str, Any]]],
    float_bits: int = 64,
    simd: bool = True,
    spreading: bool = True,
) -> Program:
    """Kernels, and all that they call, in the intermediate form.

    Args:
        kernels: by the name under which each is exported, with the values of its
            constant parameters in the order of the parameters.
        float_bits: 64 or 32.
        simd: whether there may be vectors.
        spreading: whether a number is loaded into all lanes at once, not loaded and then spread.

    Raises:
        KernelError: a kernel isn't in the language.
    """
    instances = _Instances(float_bits, simd, spreading)
    exports = {name: instances.request(*kernel) for name, kernel in kernels.items()}
    return Program(instances.functions(), exports)


class _Instances:
    """See `frame.Instances`."""

    def __init__(self, float_bits: int, simd: bool, spreading: bool) -> None:
        self.precision = DOUBLE if float_bits == 64 else SINGLE
        self.simd = simd
        self.spreading = spreading
        self._indices: dict[Any, int] = {}
        self._waiting: list[tuple[tree.Kernel, Mapping[str, Any], bool]] = []

    def request(
        self, kernel: Callable[..., Any], constants: Mapping[str, Any], vector: bool = False
    ) -> int:
        """See `frame.Instances`."""
        key = (kernel, tuple(constants.values()), vector)
        if key not in self._indices:
            self._indices[key] = len(self._indices)
            self._waiting.append((reader.read(kernel), constants, vector))
        return self._indices[key]

    def functions(self) -> list[Function]:
        """All that was requested, and all that those call, by index."""
        done: list[Function] = []
        while len(done) < len(self._waiting):
            done.append(Statements(self, *self._waiting[len(done)]).function())
        return done
