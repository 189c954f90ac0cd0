"""How weights are called, and a matrix is found: layer0.attn_wq[2][7], or wte[e][3] by a token.

Not about what the weights are.
"""

from __future__ import annotations

from collections.abc import Sequence

from microgpt.errors import SamplingError
from microgpt.inside.subject import Subject
from microgpt.weights import PER_CHARACTER, Matrix, WeightLayout

_MOST = 4_000_000  # numbers of a matrix that are handed out


def matrix_named(subject: Subject, name: str) -> Matrix:
    """A matrix by its full name, if all of its numbers can be handed out.

    Raises:
        SamplingError: there is none of that name, or it is too large; the field is "name".
    """
    by_name = {matrix.full_name: matrix for matrix in subject.layout.matrices}
    if name not in by_name:
        raise SamplingError(
            f"This model has no weight matrix {name!r}: take one of {', '.join(by_name)}.",
            field="name",
        )
    matrix = by_name[name]
    if matrix.size > _MOST:
        raise SamplingError(
            f"{name} has {matrix.size:,} numbers, and at most {_MOST:,} can be shown: "
            "take another matrix.",
            field="name",
        )
    return matrix


def row_names(subject: Subject, matrix: Matrix) -> list[str]:
    """The token of each row, BOS as ""; empty where rows have none."""
    return subject.token_names if matrix.name in PER_CHARACTER else []


def weight_name(layout: WeightLayout, token_names: Sequence[str], index: int) -> str:
    """The name of one of all weights.

    Args:
        token_names: by token; BOS as "" or by its name.
        index: among all weights.
    """
    matrix = next(each for each in layout.matrices if index < each.end)
    row, column = divmod(index - matrix.offset, matrix.columns)
    label = (token_names[row] or "BOS") if matrix.name in PER_CHARACTER else row
    return f"{matrix.full_name}[{label}][{column}]"
