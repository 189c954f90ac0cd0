"""The WebAssembly binary format: instructions as bytes, and a module of functions.

A transcription of the parts of the specification (WebAssembly 2.0, sections 5
and the SIMD tables) that `generate` uses. Not about what the instructions are
for, and it checks nothing: the engine that loads the module does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

I32, I64, F32, F64, V128 = b"\x7f", b"\x7e", b"\x7d", b"\x7c", b"\x7b"
VOID = b"\x40"  # the type of a block that leaves nothing behind
PAGE = 65536  # bytes


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


def simd(code: int) -> bytes:
    """An instruction of the vector table, which stands behind a prefix."""
    return b"\xfd" + unsigned(code)


BLOCK, LOOP, IF, ELSE, END = b"\x02", b"\x03", b"\x04", b"\x05", b"\x0b"
BR, BR_IF, RETURN, SELECT = b"\x0c", b"\x0d", b"\x0f", b"\x1b"
I32_LOAD, I32_STORE = b"\x28", b"\x36"
I32_ADD, I32_SUB, I32_MUL, I32_DIV, I32_REM = b"\x6a", b"\x6b", b"\x6c", b"\x6d", b"\x6f"
I32_EQZ = b"\x45"


@dataclass(frozen=True)
class FloatCodes:
    """The instructions of one width of floating point, scalar and 128-bit vector.

    `scalar` and `vector` give an operation's bytes by its name; comparisons are
    named by their sign.
    """

    bits: int
    type: bytes
    lanes: int
    format: str  # of struct
    scalar: dict[str, bytes]
    vector: dict[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return self.bits // 8


def _named(names: str, codes: str) -> dict[str, bytes]:
    return {n: bytes.fromhex(c) for n, c in zip(names.split(), codes.split(), strict=True)}


def _vector(names: str, codes: str) -> dict[str, bytes]:
    return {n: simd(int(c, 16)) for n, c in zip(names.split(), codes.split(), strict=True)}


_COMPARE = "== != < > <= >="
I32_COMPARE = _named(_COMPARE, "46 47 48 4a 4c 4e")
_MATH = "abs neg ceil floor nearest sqrt + - * /"

DOUBLE = FloatCodes(
    bits=64,
    type=F64,
    lanes=2,
    format="<d",
    scalar=_named(
        f"load store const convert {_COMPARE} {_MATH}",
        "2b 39 44 b7 61 62 63 64 65 66 99 9a 9b 9c 9e 9f a0 a1 a2 a3",
    ),
    vector=_vector(
        f"load store const load_splat splat extract shl select pmin pmax {_COMPARE} {_MATH}",
        "0 b c a 14 21 cb 52 f6 f7 47 48 49 4a 4b 4c ec ed 74 75 94 ef f0 f1 f2 f3",
    ),
)
SINGLE = FloatCodes(
    bits=32,
    type=F32,
    lanes=4,
    format="<f",
    scalar=_named(
        f"load store const convert {_COMPARE} {_MATH}",
        "2a 38 43 b2 5b 5c 5d 5e 5f 60 8b 8c 8d 8e 90 91 92 93 94 95",
    ),
    vector=_vector(
        f"load store const load_splat splat extract shl select pmin pmax {_COMPARE} {_MATH}",
        "0 b c 9 13 1f ab 52 ea eb 41 42 43 44 45 46 e0 e1 67 68 6a e3 e4 e5 e6 e7",
    ),
)

# Numbers taken apart and put together by their bits; see `language.exponent` and others.
I64_SHL, I64_SHR, I64_AND, I64_OR = b"\x86", b"\x88", b"\x83", b"\x84"
I32_SHL, I32_SHR, I32_AND, I32_OR = b"\x74", b"\x76", b"\x71", b"\x72"
I64_FROM_F64, F64_FROM_I64, I32_FROM_I64 = b"\xbd", b"\xbf", b"\xa7"
I32_FROM_F32, F32_FROM_I32 = b"\xbc", b"\xbe"

GET = [b"\x20" + unsigned(i) for i in range(512)]
SET = [b"\x21" + unsigned(i) for i in range(512)]


def get_local(index: int) -> bytes:
    """Push a local variable."""
    return GET[index] if index < 512 else b"\x20" + unsigned(index)


def set_local(index: int) -> bytes:
    """Pop into a local variable."""
    return SET[index] if index < 512 else b"\x21" + unsigned(index)


@cache
def i32_const(number: int) -> bytes:
    """Push an integer."""
    return b"\x41" + signed(number)


def i64_const(number: int) -> bytes:
    """Push a 64-bit integer."""
    return b"\x42" + signed(number)


def call(function: int) -> bytes:
    """Call a function by its index."""
    return b"\x10" + unsigned(function)


@cache
def memory_access(instruction: bytes, offset: int) -> bytes:
    """A load or store at the address on the stack plus an offset; alignment is not promised."""
    return instruction + b"\x00" + unsigned(offset)


def br_if(depth: int) -> bytes:
    """Leave, or repeat, the block so many levels out if the top of the stack isn't 0."""
    return BR_IF + unsigned(depth)


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


def module(functions: list[Function], exports: dict[str, int], pages: int) -> bytes:
    """The binary of a module.

    Args:
        functions: in the order of their indices.
        exports: function indices by name; the memory is exported as "memory".
        pages: of 64 KiB, the memory's size.
    """
    signatures: dict[bytes, int] = {}
    kinds = []
    for function in functions:
        signature = b"\x60" + _vector_of(function.parameters) + _vector_of(function.results)
        kinds.append(unsigned(signatures.setdefault(signature, len(signatures))))
    names = [_name(name) + b"\x00" + unsigned(index) for name, index in exports.items()]
    names.append(_name("memory") + b"\x02\x00")
    return b"\x00asm\x01\x00\x00\x00" + b"".join(
        [
            _section(1, _vector_of(list(signatures))),
            _section(3, _vector_of(kinds)),
            _section(5, _vector_of([b"\x01" + unsigned(pages) * 2])),  # minimum and maximum
            _section(7, _vector_of(names)),
            _section(10, _vector_of([_body(function) for function in functions])),
        ]
    )


def _section(number: int, content: bytes) -> bytes:
    return bytes([number]) + unsigned(len(content)) + content


def _vector_of(items: list[bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(items)


def _name(text: str) -> bytes:
    return unsigned(len(text)) + text.encode()


def _body(function: Function) -> bytes:
    runs: list[tuple[int, bytes]] = []  # locals are declared as runs of one type
    for kind in function.locals:
        if runs and runs[-1][1] == kind:
            runs[-1] = (runs[-1][0] + 1, kind)
        else:
            runs.append((1, kind))
    declared = _vector_of([unsigned(count) + kind for count, kind in runs])
    body = declared + function.code + END
    return unsigned(len(body)) + body


def float_bytes(codes: FloatCodes, number: float) -> bytes:
    """A number as it stands in memory; what is too large for a single is infinite."""
    try:
        return struct.pack(codes.format, number)
    except OverflowError:
        return struct.pack(codes.format, float("inf") if number > 0 else float("-inf"))
