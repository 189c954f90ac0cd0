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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Any, Protocol, TypeAlias

from microgpt.errors import SavedModelError
from microgpt.sharing.bounded_json import loads

MAX_HEADER = 1_000_000  # bytes; a model of ours needs some 20 kB
_TYPE_CODES = {"F64": "d", "F32": "f", "I32": "i", "U8": "B"}  # with the sizes of `array`'s
_METADATA = "__metadata__"
PIECE = 1 << 22  # bytes that are read or written at a time


# So many numbers of an array, from one of them on.
Numbers: TypeAlias = Callable[[int, int], "array[Any]"]


class Source(Protocol):
    """A file that is read piece by piece, because it needn't fit into memory."""

    @property
    def size(self) -> int:
        """Bytes."""

    def read(self, begin: int, end: int) -> bytes:
        """Its bytes between two places; fewer where it has been cut since.

        Raises:
            SavedModelError: they can't be read any more.
        """


@dataclass(frozen=True)
class InMemory:
    """A file that is there already."""

    data: bytes

    @property
    def size(self) -> int:
        """See `Source`."""
        return len(self.data)

    def read(self, begin: int, end: int) -> bytes:
        """See `Source`."""
        return self.data[begin:end]


class Tensor:
    """An array of numbers with a shape.

    Attributes:
        type: F64, F32, I32 or U8.
        shape: the product of which is the number of numbers.

    Args:
        numbers: row by row; or what gives so many of them, from one on, and is asked each time.
    """

    def __init__(self, type_: str, shape: tuple[int, ...], numbers: array[Any] | Numbers) -> None:
        self.type = type_
        self.shape = shape
        self._some: Numbers = numbers if callable(numbers) else _slices(numbers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return False
        return (self.type, self.shape, self.numbers) == (other.type, other.shape, other.numbers)

    __hash__ = None  # type: ignore[assignment] # as of what can be changed

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return prod(self.shape)

    @property
    def item_size(self) -> int:
        """Bytes of a number."""
        return array(_TYPE_CODES[self.type]).itemsize

    @property
    def numbers(self) -> array[Any]:
        """All of them, row by row."""
        return self._some(0, self.size)

    def some(self, first: int, count: int) -> array[Any]:
        """So many of them, from one on."""
        return self._some(first, count)

    def little_endian(self) -> Iterator[bytes]:
        """The numbers as they stand in a file, in pieces."""
        most = PIECE // self.item_size
        for first in range(0, self.size, most):
            yield _little_endian(self._some(first, min(most, self.size - first))).tobytes()


def _slices(numbers: array[Any]) -> Numbers:
    return lambda first, count: numbers[first : first + count]


def write(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """A file with these arrays, the longest numbers first so that each is aligned."""
    return b"".join(written(tensors, metadata))


def written(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """The same in pieces."""
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    ordered = sorted(tensors.items(), key=lambda item: -item[1].item_size)
    end = 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.size * tensor.item_size
        header[name] = {
            "dtype": tensor.type,
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    yield from chain.from_iterable(tensor.little_endian() for _, tensor in ordered)


def read(data: bytes | Source) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The arrays and the metadata of a file. The numbers are read when they are asked for.

    Raises:
        SavedModelError: it isn't such a file, or is cut; the message says where.
    """
    source: Source = InMemory(data) if isinstance(data, bytes) else data
    size = source.size
    if size < 8:
        raise SavedModelError(f"It has only {size} bytes.")
    (length,) = struct.unpack("<Q", _exactly(source, 0, 8))
    if length > MAX_HEADER:
        raise SavedModelError("It doesn't begin like a safetensors file.")
    if 8 + length > size:
        raise SavedModelError(
            f"It was cut: its header alone has {length:,} bytes, and there are {size - 8:,}."
        )
    header = _parse(_exactly(source, 8, 8 + length))
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise SavedModelError("Its metadata is not a table of strings.")
    return _tensors(header, source, 8 + length), metadata


def _exactly(source: Source, begin: int, end: int) -> bytes:
    data = source.read(begin, end)
    if len(data) != end - begin:
        raise SavedModelError("It has become shorter while it was read. Choose it again.")
    return data


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = loads(text.decode(), max_depth=3)  # the table, an array's entry, its shape
    except ValueError as error:
        raise SavedModelError(f"Its header can't be read ({error}).") from None
    if not isinstance(header, dict):
        raise SavedModelError("Its header is not a table.")
    return header


def _tensors(header: dict[str, Any], source: Source, start: int) -> dict[str, Tensor]:
    """Each array in its place: one after the other, without gaps, up to the very end."""
    tensors = {}
    expected, there = 0, source.size - start
    for name, (type_, shape, begin, end) in sorted(
        ((name, _entry(name, entry)) for name, entry in header.items()),
        key=lambda item: item[1][2:],
    ):
        code = _TYPE_CODES[type_]
        if begin != expected or end - begin != prod(shape) * array(code).itemsize:
            raise SavedModelError(f"Its header gives the wrong place or size for {name[:80]!r}.")
        if end > there:
            raise SavedModelError(
                f"It was cut at {there:,} bytes of numbers, within {name[:80]!r}."
            )
        tensors[name] = Tensor(type_, shape, _numbers_at(source, start + begin, code))
        expected = end
    if expected != there:
        raise SavedModelError(f"It has {there - expected:,} extra bytes at its end.")
    return tensors


def _numbers_at(source: Source, place: int, code: str) -> Numbers:
    """What stands in a file from that byte on."""

    def some(first: int, count: int) -> array[Any]:
        numbers = array(code)
        begin = place + first * numbers.itemsize
        numbers.frombytes(_exactly(source, begin, begin + count * numbers.itemsize))
        return _little_endian(numbers)

    return some


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
