"""Messages as Protocol Buffers write them: fields with a number, one after the other.

Enough of the encoding that its documentation specifies to write a message, and nothing that
reads one. Not about what the fields mean: see `onnx`.
"""

from __future__ import annotations

from collections.abc import Iterable

_VARINT, _BYTES = 0, 2  # how a field's value is written


def number(field: int, value: int) -> bytes:
    """A field with a whole number that isn't negative."""
    return _varint(field << 3 | _VARINT) + _varint(value)


def text(field: int, value: str) -> bytes:
    """A field with characters."""
    return data(field, value.encode())


def data(field: int, *values: bytes) -> bytes:
    """A field with bytes, or a message; they may come in parts."""
    length = _varint(sum(map(len, values)))
    return b"".join((_varint(field << 3 | _BYTES), length, *values))


def numbers(field: int, values: Iterable[int]) -> bytes:
    """A repeated field of whole numbers, packed."""
    return data(field, *map(_varint, values))


def _varint(value: int) -> bytes:
    """Seven bits to a byte, the last first; the eighth says that more follow."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
