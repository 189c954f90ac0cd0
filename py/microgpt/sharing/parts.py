"""What was learned, in a file: each matrix of the weights, and of Adam's two means, by its name.

In pieces, because a large model needn't be there twice. Not about what else a file has:
see `checkpoint`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

from microgpt.engines.engine import PIECE, Learned, Part
from microgpt.engines.finite import are_finite, are_negative
from microgpt.errors import SavedModelError
from microgpt.sharing.safetensors import Numbers, Tensor
from microgpt.sharing.saved import SPOILT
from microgpt.weights import WeightLayout

_PREFIXES: dict[Part, str] = {"weights": "", "means": "adam.m.", "squares": "adam.v."}
_TYPES = {"d": "F64", "f": "F32"}  # of arrays


def split(part: Part, learned: Learned, layout: WeightLayout) -> dict[str, Tensor]:
    """Each matrix of a part by its name."""
    type_ = _TYPES[learned.numbers(part, 0, 1).typecode]

    def numbers(offset: int) -> Numbers:
        return lambda first, count: learned.numbers(part, offset + first, count)

    return {
        _PREFIXES[part] + matrix.full_name: Tensor(type_, matrix.shape, numbers(matrix.offset))
        for matrix in layout.matrices
    }


def check(part: Part, tensors: Mapping[str, Tensor], layout: WeightLayout) -> None:
    """Refuse what `split` hasn't split."""
    for matrix in layout.matrices:
        name = _PREFIXES[part] + matrix.full_name
        tensor = tensors.get(name)
        if tensor is None or tensor.type not in ("F64", "F32") or tensor.shape != matrix.shape:
            raise SavedModelError(f"It has no matrix {name} of {matrix.rows} by {matrix.columns}.")


def pieces(
    tensors: Mapping[str, Tensor], part: Part, layout: WeightLayout
) -> Iterator[tuple[int, array[float]]]:
    """What `split` has split, in pieces, each with the place of its first number."""
    for matrix in layout.matrices:
        tensor = tensors[_PREFIXES[part] + matrix.full_name]
        for first in range(0, matrix.size, PIECE):
            numbers = tensor.some(first, min(PIECE, matrix.size - first))
            yield matrix.offset + first, numbers


def room(part: Part, tensors: Mapping[str, Tensor], layout: WeightLayout) -> array[float]:
    """An empty array for numbers of a part, as exact as the file has them."""
    ours = (tensors[_PREFIXES[part] + matrix.full_name] for matrix in layout.matrices)
    return array("f" if all(tensor.type == "F32" for tensor in ours) else "d")


def checked(
    tensors: Mapping[str, Tensor], parts: Sequence[Part], layout: WeightLayout
) -> Iterator[tuple[float, Part, int, array[float]]]:
    """The pieces of some parts; of each which share of all is done with it, and its place.

    Raises:
        SavedModelError: they can't be numbers that were learned.
    """
    whole = len(parts) * layout.size
    for i, part in enumerate(parts):
        for first, numbers in pieces(tensors, part, layout):
            if not are_finite(numbers):
                raise SavedModelError(SPOILT)
            if part == "squares" and are_negative(numbers):
                raise SavedModelError("A mean of squares is negative.")
            yield (i * layout.size + first + len(numbers)) / whole, part, first, numbers
