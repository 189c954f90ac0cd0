"""Quantised weights ↔ an arithmetic code: which integers stand for a model, and how.

Every weight is an integer times the step of its group; steps are a base times a
power of two. A group is a row of a matrix, or of mlp_fc2 a column, so that what
belongs to one character, position or hidden unit is one: how much a weight matters
differs between groups by a factor of thousands (a letter that is rare, a position that
few names reach, a hidden unit that is off), and within a group only little.

Integers that are alike are coded with one model: those of groups whose step is
the same in comparison with the weights of their matrix. Reading takes only
integer operations and products that are exact, so a link gives the same weights
everywhere, and every constant here is frozen (see `formats`). Not about which integers
to take: see `quantisation`.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from microgpt.errors import LinkError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.links.entropy import Decoder, Encoder, NumberModel
from microgpt.weights import weight_layout

OCTAVE = 256  # bases from one power of two to the next
MAX_BASE = 2**16 - 1
_LOWEST = -96  # octave of base 0, so they go up to 2^160
MAX_EXPONENT = 40  # of a group
MAX_INTEGER_BITS = 40  # so that every product is exact
CLASSES = range(-8, 25)  # see `class_of`


@dataclass(frozen=True)
class Quantised:
    """A model's weights as integers.

    Attributes:
        base: the number of the base, from 0 to MAX_BASE.
        spreads: for each matrix, how large its weights are: a number from 0 to
            255, only used to tell which groups are alike.
        exponents: for each group, in the order of `groups`.
        integers: for each weight, in the model's order.
    """

    base: int
    spreads: Sequence[int]
    exponents: Sequence[int]
    integers: Sequence[int]


def groups(hyperparameters: Hyperparameters, vocabulary_size: int) -> list[list[range]]:
    """For each matrix its groups, each as the indices of its weights in the model's order."""
    layout = weight_layout(hyperparameters, vocabulary_size)
    return [matrix.groups() for matrix in layout.matrices]


def step(base: int, exponent: int = 0) -> float:
    """The step of a group; exact, as a whole number times a power of two."""
    octave, part = divmod(base, OCTAVE)
    return (OCTAVE + part) * 2.0 ** (octave + exponent + _LOWEST - 8)


def base_of(size: float) -> int:
    """The base of the largest step that is no larger than a size, as far as there is one."""
    if not size:
        return 0
    mantissa, exponent = math.frexp(size)
    base = (exponent - 1 - _LOWEST) * OCTAVE + int((2 * mantissa - 1) * OCTAVE)
    return max(0, min(MAX_BASE, base))


def class_of(spread: int, base: int, exponent: int) -> int:
    """Which groups are alike: half octaves of the size of a weight over its step."""
    size = spread - 128 - 2 * (base // OCTAVE + exponent + _LOWEST)
    return max(CLASSES[0], min(CLASSES[-1], size))


def write(encoder: Encoder, quantised: Quantised, matrices: list[list[range]]) -> None:
    """Write what `read` reads.

    Args:
        matrices: the model's `groups`.
    """
    encoder.bits(quantised.base, 16)
    changes = NumberModel()
    models: dict[int, NumberModel] = defaultdict(NumberModel)
    exponents = iter(quantised.exponents)
    before = 0
    for spread, matrix in zip(quantised.spreads, matrices, strict=True):
        encoder.bits(spread, 8)
        for group in matrix:
            exponent = next(exponents)
            encoder.signed(changes, exponent - before)
            before = exponent
            model = models[class_of(spread, quantised.base, exponent)]
            for i in group:
                value = quantised.integers[i]
                encoder.number(model, abs(value))
                if value:
                    encoder.bits(value < 0, 1)


def read(decoder: Decoder, matrices: list[list[range]]) -> array[float]:
    """The weights that were written, in the model's order.

    Raises:
        LinkError: the code doesn't say any.
    """
    base = decoder.bits(16)
    weights = array("d", bytes(8 * sum(len(group) for matrix in matrices for group in matrix)))
    changes = NumberModel()
    models: dict[int, NumberModel] = defaultdict(NumberModel)
    exponent = 0
    for matrix in matrices:
        spread = decoder.bits(8)
        for group in matrix:
            exponent += decoder.signed(changes)
            if not 0 <= exponent <= MAX_EXPONENT:
                raise LinkError(_NONSENSE)
            model = models[class_of(spread, base, exponent)]
            _read_group(decoder, model, step(base, exponent), weights, group)
    return weights


def _read_group(
    decoder: Decoder, model: NumberModel, size: float, weights: array[float], group: range
) -> None:
    for i in group:
        value = decoder.number(model)
        if value:
            if value >> MAX_INTEGER_BITS:
                raise LinkError(_NONSENSE)
            weights[i] = (-value if decoder.bits(1) else value) * size


_NONSENSE = "This link is whole, but its weights make no sense. Ask for a new one."


def weights_of(quantised: Quantised, matrices: list[list[range]]) -> array[float]:
    """The weights that a reader will find."""
    weights = array("d", map(float, quantised.integers))
    exponents = iter(quantised.exponents)
    for matrix in matrices:
        for group in matrix:
            size = step(quantised.base, next(exponents))
            for i in group:
                weights[i] *= size
    return weights
