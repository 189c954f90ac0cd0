"""A compiler from a small part of Python to WebAssembly, in pure Python.

The kernel language is Python with
- functions of ordinary, annotated parameters: `int` (32 bits), `float`, `Ints`,
  `Floats` (flat arrays), `Size` (an int that is known when compiling), or any class
  (an object known when compiling, whose int attributes are constants);
- `name = value`, `array[i] = value`, `+=` and its like, `if`, `return`, calls;
- `for i in range(...)`, and the hints `rows` and `lanes` (see `language`);
- + - * / (and // % of ints that aren't negative), comparisons, `a if test else b`
  (which computes both), `array[i]`, and `array[i:]` for a part of an array;
- sqrt and floor of math; abs, max, min, float; the functions of `language`, of which `claim`,
  `announce` and `wait_until` are for several that work in one memory.
A variable has one type, and one that is new in a loop or branch ends with it.

`reader` makes a typed tree (`tree`) of a kernel's source, `lowering` turns that into a readable
intermediate form (`instructions`; `listing` prints it), and a target in `targets` makes bytes of
that. Nothing here knows what the kernels compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from microgpt.compiler.lowering import lower
from microgpt.compiler.targets import wasm
from microgpt.compiler.tree import KernelError

__all__ = ["KernelError", "compile_kernels", "lower"]


def compile_kernels(
    kernels: Mapping[str, tuple[Callable[..., Any], Mapping[str, Any]]],
    memory_bytes: int,
    float_bits: int = 64,
    simd: bool = True,
    spreading: bool = True,
    shared: bool = False,
) -> bytes:
    """The binary of a WebAssembly module that exports kernels and its memory.

    An exported function takes a kernel's parameters but those that are constants,
    arrays as addresses in bytes.

    Args:
        kernels: by the name under which each is exported, with the values of its
            constant parameters in the order of the parameters.
        memory_bytes: size of the memory, which doesn't grow.
        float_bits: 64 or 32.
        simd: whether there may be vector instructions.
        spreading: whether a number is loaded into all lanes by one of them, not by two.
        shared: whether several instances share one memory, which then is imported as "memory"
            of "host", and may be larger.

    Raises:
        KernelError: a kernel isn't in the language.
    """
    return wasm.encode(lower(kernels, float_bits, simd, spreading), memory_bytes, shared)
