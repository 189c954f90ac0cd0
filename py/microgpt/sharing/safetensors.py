"""The safetensors format: named arrays of numbers and a little text, and nothing that runs.

Eight bytes of header length, a JSON header with each array's type, shape and place,
then the arrays' bytes (https://github.com/huggingface/safetensors, "Format"). Not
about what the arrays mean: see `checkpoint`. The package of that name is not used
because this one has no run-time dependency; tests check each against the other.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from microgpt.errors import SavedModelError
from microgpt.sharing.bounded_json import loads

MAX_HEADER = 1_000_000  # bytes; a model of ours needs some 20 kB
_TYPE_CODES = {"F64": "d", "F32": "f", "I32": "i", "U8": "B"}  # with the sizes of `array`'s
_METADATA = "__metadata__"


@dataclass(frozen=True)
class Tensor:
    """An array of numbers with a shape.

    Attributes:
        type: F64, F32, I32 or U8.
        shape: the product of which is the number of numbers.
        numbers: row by row.
    """

    type: str
    shape: tuple[int, ...]
    numbers: array[Any]

    def little_endian(self) -> bytes:
        """The numbers as they stand in a file."""
        return _little_endian(self.numbers).tobytes()


def write(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """A file with these arrays, the longest numbers first so that each is aligned."""
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    ordered = sorted(tensors.items(), key=lambda item: -item[1].numbers.itemsize)
    parts, end = [], 0
    for name, tensor in ordered:
        part = tensor.little_endian()
        header[name] = {
            "dtype": tensor.type,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + len(part)],
        }
        parts.append(part)
        end += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def read(data: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The arrays and the metadata of a file.

    Raises:
        SavedModelError: it isn't such a file, or is damaged; the message says where.
    """
    if len(data) < 8:
        raise SavedModelError(f"It has only {len(data)} bytes.")
    (length,) = struct.unpack_from("<Q", data)
    if length > MAX_HEADER:
        raise SavedModelError("It doesn't begin like a safetensors file.")
    if 8 + length > len(data):
        raise SavedModelError(
            f"It was cut: its header alone has {length:,} bytes, and there are {len(data) - 8:,}."
        )
    header = _parse(data[8 : 8 + length])
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise SavedModelError("Its metadata is not a table of strings.")
    return _tensors(header, memoryview(data)[8 + length :]), metadata


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = loads(text.decode(), max_depth=3)  # the table, an array's entry, its shape
    except ValueError as error:
        raise SavedModelError(f"Its header can't be read ({error}).") from None
    if not isinstance(header, dict):
        raise SavedModelError("Its header is not a table.")
    return header


def _tensors(header: dict[str, Any], data: memoryview) -> dict[str, Tensor]:
    """Each array in its place: one after the other, without gaps, up to the very end."""
    tensors = {}
    expected = 0
    for name, (type_, shape, begin, end) in sorted(
        ((name, _entry(name, entry)) for name, entry in header.items()),
        key=lambda item: item[1][2:],
    ):
        code = _TYPE_CODES[type_]
        if begin != expected or end - begin != prod(shape) * array(code).itemsize:
            raise SavedModelError(f"Its header gives the wrong place or size for {name[:80]!r}.")
        if end > len(data):
            raise SavedModelError(
                f"It was cut at {len(data):,} bytes of numbers, within {name[:80]!r}."
            )
        numbers = array(code)
        numbers.frombytes(data[begin:end])
        tensors[name] = Tensor(type_, shape, _little_endian(numbers))
        expected = end
    if expected != len(data):
        raise SavedModelError(f"It has {len(data) - expected:,} extra bytes at its end.")
    return tensors


def _entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, and the first byte and the one after the last."""
    match entry:
        case {"dtype": str(type_), "shape": [*shape], "data_offsets": [begin, end]}:
            whole = all(type(n) is int and 0 <= n < 2**40 for n in (*shape, begin, end))
            if whole and len(shape) <= 4:
                if type_ in _TYPE_CODES:
                    return type_, tuple(shape), begin, end
                raise SavedModelError(
                    f"{name[:80]!r} has numbers of type {type_[:20]!r}; "
                    f"only {', '.join(_TYPE_CODES)} can be read."
                )
    raise SavedModelError(f"Its header's entry for {name[:80]!r} can't be read.")


def _little_endian(numbers: array[Any]) -> array[Any]:
    """The numbers with their bytes in the file's order, or the other way round."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
