"""Where each weight matrix stands among all weights, in one flat array.

The one place in which names, shapes and order become offsets: files, links,
engines and kernels all ask here. The order itself is the model's own, see
`gpt.model.weight_shapes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import weight_shapes

PER_CHARACTER = ("wte", "lm_head")  # matrices with a row for each character, then one for BOS


@dataclass(frozen=True)
class Matrix:
    """A weight matrix (rows, columns), row by row from an offset on.

    Attributes:
        name: of its kind, without its layer: wte, attn_wq, …
        layer: from 0 on; None for those that belong to no layer.
        offset: of its first number among all weights.
    """

    name: str
    layer: int | None
    rows: int
    columns: int
    offset: int

    @property
    def full_name(self) -> str:
        """As in files: layer0.attn_wq."""
        return self.name if self.layer is None else f"layer{self.layer}.{self.name}"

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.rows * self.columns

    @property
    def end(self) -> int:
        """The offset after its last number."""
        return self.offset + self.size

    def row(self, index: int) -> range:
        """The indices of a row's numbers among all weights."""
        begin = self.offset + index * self.columns
        return range(begin, begin + self.columns)

    def groups(self) -> list[range]:
        """What belongs together: a character's, position's or unit's numbers.

        Rows; of mlp_fc2 columns, which are what a hidden unit does.
        """
        if self.name == "mlp_fc2":
            return [range(self.offset + i, self.end, self.columns) for i in range(self.columns)]
        return [self.row(i) for i in range(self.rows)]


@dataclass(frozen=True)
class WeightLayout:
    """All matrices in their order, one after the other without gaps."""

    matrices: tuple[Matrix, ...]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.matrices[-1].end

    def named(self, name: str, layer: int | None = None) -> Matrix:
        """The matrix of that name, in that layer if it belongs to one."""
        return next(m for m in self.matrices if (m.name, m.layer) == (name, layer))


@lru_cache(maxsize=32)
def weight_layout(hyperparameters: Hyperparameters, vocabulary_size: int) -> WeightLayout:
    """The layout of a model's weights.

    Args:
        hyperparameters: of its shape.
        vocabulary_size: with BOS.
    """
    matrices = []
    offset = 0
    for full_name, (rows, columns) in weight_shapes(hyperparameters, vocabulary_size).items():
        # A changed model may have other names, as norm.gain, which belong to no layer.
        layer = re.fullmatch(r"layer(\d+)\.(.+)", full_name)
        name, number = (layer[2], int(layer[1])) if layer else (full_name, None)
        matrices.append(Matrix(name, number, rows, columns, offset))
        offset = matrices[-1].end
    return WeightLayout(tuple(matrices))


def moved(
    before: WeightLayout, after: WeightLayout, rows: Sequence[int | None]
) -> Iterator[tuple[int, int, int]]:
    """Which weights go where for another vocabulary, with more characters or without some.

    Args:
        rows: for each character of the vocabulary after, and BOS, its row before, if any.

    Returns:
        Of numbers that stay together: the first of them before, and after, and how many.
    """
    for old, matrix in zip(before.matrices, after.matrices, strict=True):
        if matrix.name not in PER_CHARACTER:
            yield old.offset, matrix.offset, matrix.size
            continue
        for index, row in enumerate(rows):
            if row is not None:
                yield old.row(row).start, matrix.row(index).start, matrix.columns
