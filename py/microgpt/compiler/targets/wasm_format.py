"""The WebAssembly binary format: numbers, and a module of functions.

A transcription of the parts of the specification (WebAssembly 2.0, section 5) that `wasm`
uses. Not about instructions, and it checks nothing: the engine that loads the module does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

I32, I64, F32, F64, V128 = b"\x7f", b"\x7e", b"\x7d", b"\x7c", b"\x7b"
VOID = b"\x40"  # the type of a block that leaves nothing behind
END = b"\x0b"  # of a block, a loop, a function
PAGE = 65536  # bytes
_MOST_PAGES = 65536


@cache
def unsigned(number: int) -> bytes:
    """LEB128: seven bits a byte, lowest first, the top bit set on all but the last."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


@cache
def signed(number: int) -> bytes:
    """LEB128 in two's complement: ends when the rest is nothing but the sign."""
    encoded = bytearray()
    while not -64 <= number < 64:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number & 0x7F)
    return bytes(encoded)


@dataclass
class Function:
    """A function as the binary has it.

    Attributes:
        parameters: types, one byte each; likewise results and locals.
        code: the body, without the final end.
    """

    parameters: list[bytes]
    results: list[bytes]
    locals: list[bytes]
    code: bytes


def pages(size: int) -> int:
    """How many of them so many bytes need."""
    return -(-size // PAGE)


def module(
    functions: list[Function], exports: dict[str, int], memory: int, shared: bool = False
) -> bytes:
    """The binary of a module.

    Args:
        functions: in the order of their indices.
        exports: function indices by name; the memory is exported as "memory", unless shared.
        memory: its size, in pages.
        shared: whether the memory is imported, as "memory" of "host", and shared; then it is at
            least so large.
    """
    imported, own = b"", _vector_of([b"\x01" + unsigned(memory) * 2])  # minimum and maximum
    if shared:
        limits = b"\x03" + unsigned(memory) + unsigned(_MOST_PAGES)
        imported = _section(2, _vector_of([_name("host") + _name("memory") + b"\x02" + limits]))
    signatures: dict[bytes, int] = {}
    kinds = []
    for function in functions:
        signature = b"\x60" + _vector_of(function.parameters) + _vector_of(function.results)
        kinds.append(unsigned(signatures.setdefault(signature, len(signatures))))
    names = [_name(name) + b"\x00" + unsigned(index) for name, index in exports.items()]
    if not shared:
        names.append(_name("memory") + b"\x02\x00")
    return b"\x00asm\x01\x00\x00\x00" + b"".join(
        [
            _section(1, _vector_of(list(signatures))),
            imported,
            _section(3, _vector_of(kinds)),
            b"" if shared else _section(5, own),
            _section(7, _vector_of(names)),
            _section(10, _vector_of([body(function) for function in functions])),
        ]
    )


def _section(number: int, content: bytes) -> bytes:
    return bytes([number]) + unsigned(len(content)) + content


def _vector_of(items: list[bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(items)


def _name(text: str) -> bytes:
    return unsigned(len(text)) + text.encode()


def body(function: Function) -> bytes:
    """A function's locals and code, as they stand in a module."""
    runs: list[tuple[int, bytes]] = []  # locals are declared as runs of one type
    for kind in function.locals:
        if runs and runs[-1][1] == kind:
            runs[-1] = (runs[-1][0] + 1, kind)
        else:
            runs.append((1, kind))
    declared = _vector_of([unsigned(count) + kind for count, kind in runs])
    content = declared + function.code + END
    return unsigned(len(content)) + content
