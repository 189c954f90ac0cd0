"""Which integers stand for a model's weights, when there is only so much room for them.

The loss grows by about half of Σ F (w - q)², where F is the mean squared gradient of a
weight (the diagonal of Fisher's information, `sensitivity`). So a group's step is
in inverse proportion to the root of its mean F, to a power of two; and each weight
takes, of the integers next to it and 0, the one with the least F (w - q)² + λ · bits.
Then the base of all steps is halved between too long and too short.

Measured at the default size on names (4,192 weights, 1,426 bytes for them, mean of three
seeds): one step for a whole matrix costs 0.0039 nats, a step for each group 0.0030; at half of
the bytes 0.031 and 0.020. Reconstruction points beside the middle, models that look at
the weights around, and the difference to the random weights at the start gain less
than 0.001, and aren't done.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.links.entropy import CostTable, Tally, folded
from microgpt.sharing.links.weight_code import (
    MAX_INTEGER_BITS,
    Quantised,
    base_of,
    class_of,
    step,
)
from microgpt.weights import weight_layout

_MULTIPLIER = 0.06  # λ / (F · step²); from 0.03 to 0.12 the loss is the same
_FLOOR = 0.01  # of the mean F is the least: what 1,000 documents don't need, others may
_OFF = 1e-6  # of the mean F: what a hidden unit that is off has less of
_LEAST = 4.0**-12  # of the largest F of a group: below it steps become no coarser
_ENOUGH = 1e-6  # nats; finer than this and characters are spent without gain
_FINE = 64  # parts of a weight's size that no F, however small, makes steps coarser than

# F as measured on names at the default size, where there is nothing to measure it on.
_USUAL = {
    "wte": 1.4e-3,
    "wpe": 2.4e-3,
    "lm_head": 6e-3,
    "attn_wq": 2e-5,
    "attn_wk": 2e-5,
    "attn_wv": 3e-4,
    "attn_wo": 2e-4,
    "mlp_fc1": 1.7e-4,
    "mlp_fc2": 1e-4,
}


def usual_importance(hyperparameters: Hyperparameters, vocabulary_size: int) -> array[float]:
    """How much each weight matters in models of this kind, as far as its matrix tells."""
    importance = array("d")
    for matrix in weight_layout(hyperparameters, vocabulary_size).matrices:
        usual = _USUAL.get(matrix.name, _USUAL["attn_wo"])  # of a new kind nothing is known
        importance.extend([usual] * (matrix.rows * matrix.columns))
    return importance


def effective_importance(
    importance: Sequence[float], hyperparameters: Hyperparameters, vocabulary_size: int
) -> list[float]:
    """What was measured, corrected where so few documents can't tell.

    Every weight matters a little, as other documents may need it. The exception are those of
    a hidden unit that is always off: it is sure to stay so only if all its outputs
    become 0 (a model of 14,528 weights in 7,800 characters: 0.0005 instead of 0.0044 nats).
    """
    mean = math.fsum(importance) / len(importance)
    found = [max(each, _FLOOR * mean) for each in importance]
    for matrix in weight_layout(hyperparameters, vocabulary_size).matrices:
        if matrix.name not in ("mlp_fc1", "mlp_fc2"):
            continue
        for group in matrix.groups():
            if max(importance[i] for i in group) < _OFF * mean:
                for i in group:
                    found[i] = 0.0
    return found


@dataclass
class Pass:
    """What a base of all steps results in.

    Attributes:
        quantised: the integers.
        bits: that they take, counted, not coded.
        costs: of each integer, by its class: what the next pass weighs them with.
    """

    quantised: Quantised
    bits: float
    costs: dict[int, CostTable] = field(repr=False)


class Quantiser:
    """Weights, what they matter, and the search for the integers.

    Args:
        weights: of the model.
        importance: of each weight, as `effective_importance` gives it.
        matrices: the model's `weight_code.groups`.
    """

    def __init__(
        self, weights: Sequence[float], importance: Sequence[float], matrices: list[list[range]]
    ) -> None:
        self._weights = weights
        self._importance = importance
        self._matrices = matrices
        self._spreads = [self._spread(matrix) for matrix in matrices]
        means = [self._mean_importance(group) for matrix in matrices for group in matrix]
        self._largest = max(means)  # the group whose step is the base
        self._exponents = [
            round(math.log2(self._largest / max(mean, self._largest * _LEAST)) / 2)
            for mean in means
        ]
        # At which no integer is too large for a link.
        self._least = base_of(max(map(abs, weights)) / 2 ** (MAX_INTEGER_BITS - 1))
        self._bits_besides = 16 + 8 * len(matrices) + _bits_of_exponents(self._exponents)

    def _mean_importance(self, group: range) -> float:
        return math.fsum(self._importance[i] for i in group) / len(group)

    def _spread(self, matrix: list[range]) -> int:
        """Half octaves of the weights' root mean square; 128 is 1."""
        squares = math.fsum(self._weights[i] ** 2 for group in matrix for i in group)
        size = math.sqrt(squares / sum(map(len, matrix)))
        return max(0, min(255, 128 + round(2 * math.log2(size)))) if size else 0

    def fit(self, bits: float) -> Quantised:
        """The finest integers that take no more than so many bits.

        The bits are counted, not coded, so the code can be a few longer. Where
        nothing fits, all integers are 0.
        """
        low, high = self._finest(), self._coarsest()
        found = self.at(high)
        while low < high:
            middle = (low + high) // 2
            tried = self.at(middle, self.at(middle, found))  # costs of its own
            if tried.bits <= bits:
                found, high = tried, middle
            else:
                low = middle + 1
        return found.quantised

    def _finest(self) -> int:
        """The base at which the loss would grow by `_ENOUGH`: F · step² / 24 for each weight."""
        size = math.sqrt(24 * _ENOUGH / len(self._weights) / self._largest)
        mean_square = math.fsum(w * w for w in self._weights) / len(self._weights)
        return max(self._least, base_of(min(size, math.sqrt(mean_square) / _FINE)))

    def _coarsest(self) -> int:
        """The base at which every weight becomes 0."""
        return base_of(4 * max(map(abs, self._weights)))

    def at(self, base: int, before: Pass | None = None) -> Pass:
        """The integers with one base, weighed with the costs of another pass."""
        base = max(base, self._least)
        integers = array("q", bytes(8 * len(self._weights)))
        tallies: dict[int, Tally] = defaultdict(Tally)
        signs = 0
        exponents = iter(self._exponents)
        for spread, matrix in zip(self._spreads, self._matrices, strict=True):
            for group in matrix:
                exponent = next(exponents)
                alike = class_of(spread, base, exponent)
                costs = before.costs.get(alike) if before else None
                size = step(base, exponent)
                signs += self._quantise_group(group, size, base, costs, tallies[alike], integers)
        bits = self._bits_besides + signs + sum(tally.bits() for tally in tallies.values())
        costs_by_class = {alike: tally.costs() for alike, tally in tallies.items()}
        quantised = Quantised(base, self._spreads, self._exponents, integers)
        return Pass(quantised, bits, costs_by_class)

    def _quantise_group(
        self,
        group: range,
        size: float,
        base: int,
        costs: CostTable | None,
        tally: Tally,
        integers: array[int],
    ) -> int:
        """Choose each integer; how many are not 0."""
        counts, weights, importance = tally.counts, self._weights, self._importance
        price = _MULTIPLIER * self._largest * (step(base) / size) ** 2
        signs = 0
        for i in group:
            weight = weights[i]
            exact = abs(weight) / size
            best = int(exact + 0.5)
            if not importance[i]:
                best = 0
            elif best and costs is not None:
                best = _cheapest(exact, best, importance[i], price, costs)
            counts[best] += 1
            if best:
                integers[i] = best if weight > 0 else -best
                signs += 1
        return signs


def _cheapest(exact: float, nearest: int, importance: float, price: float, costs: CostTable) -> int:
    """The integer of least importance · (exact - integer)² + price · bits."""
    best = 0
    least = importance * exact * exact + price * (costs[0] - 1)  # has no sign
    for candidate in (nearest - 1, nearest):
        if candidate:
            sum_ = importance * (exact - candidate) ** 2 + price * costs[candidate]
            if sum_ < least:
                best, least = candidate, sum_
    return best


def _bits_of_exponents(exponents: Sequence[int]) -> float:
    """Bits that the groups' exponents take."""
    tally = Tally()
    before = 0
    for exponent in exponents:
        tally.counts[folded(exponent - before)] += 1
        before = exponent
    return tally.bits()
