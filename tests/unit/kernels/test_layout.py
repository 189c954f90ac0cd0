"""Where arrays lie, against `weights`; and what decides it."""

from dataclasses import fields, replace
from inspect import signature
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.kernels.layout import Layout
from microgpt.kernels.sizes import Sizes
from microgpt.settings import Entry, table
from microgpt.weights import Matrix, weight_layout

SIZE = st.integers(1, 9)
FITTING = {"n_embd": 32, "n_head": 8}  # these depend on each other


def another(row: Entry) -> Any:
    """A value of a hyperparameter that isn't its default."""
    values: list[Any] = [FITTING.get(row["name"]) or row["minimum"], row["maximum"]]
    values = row["choices"] or values
    return next(value for value in values if value != row["default"])


def offset_in(layout: Layout, matrix: Matrix) -> int:
    """Where the kernels look for a matrix."""
    if matrix.layer is None:
        return int(getattr(layout, matrix.name))
    square = layout.width**2
    return (
        layout.layer_0
        + matrix.layer * layout.layer_weights
        + {
            "attn_wq": layout.wqkv,
            "attn_wk": layout.wqkv + square,
            "attn_wv": layout.wqkv + 2 * square,
            "attn_wo": layout.wo,
            "mlp_fc1": layout.fc1,
            "mlp_fc2": layout.fc2,
        }[matrix.name]
    )


@given(layers=SIZE, heads=SIZE, head=SIZE, block=SIZE, batch=SIZE, vocabulary=st.integers(2, 99))
def test_every_weight_lies_where_it_does_for_everyone_else(
    layers: int, heads: int, head: int, block: int, batch: int, vocabulary: int
) -> None:
    sizes = Sizes(layers, heads * head, heads, block, batch, vocabulary)
    layout = Layout(sizes)
    h = Hyperparameters(n_layer=layers, n_embd=heads * head, n_head=heads, block_size=block)
    weights = weight_layout(h, vocabulary)
    assert sizes.weights() == weights
    for matrix in weights.matrices:
        assert offset_in(layout, matrix) == layout.weights + matrix.offset, matrix.full_name
    assert layout.parameters == weights.size


@pytest.mark.parametrize("batch", [1, 12])
def test_what_is_learned_does_not_overlap(batch: int) -> None:
    plan = Hyperparameters(n_layer=2, n_embd=66, n_head=3, block_size=65, batch_size=batch)
    layout = Layout(Sizes.of(plan, 7))
    assert (layout.groups > 1) == (batch > 1)
    assert (layout.summed == layout.gradients) == (layout.groups == 1)
    begins = {layout.means, layout.squares, layout.weights, layout.gradients, layout.summed}
    ends = [*sorted(begins), layout.lm_head_t]
    assert all(after - before >= layout.parameters for before, after in pairwise(ends))
    # What helpers have no part in ends where what is theirs begins.
    assert max(layout.means, layout.squares) + layout.parameters <= layout.own == layout.weights
    if batch > 1:
        assert layout.summed + layout.parameters <= layout.own


@pytest.mark.parametrize("row", table(), ids=lambda row: row["name"])
def test_a_hyperparameter_decides_the_layout_exactly_if_it_is_one_of_the_sizes(row: Entry) -> None:
    plan = Hyperparameters()
    sizes = Sizes.of(plan, 27)
    other = Sizes.of(replace(plan, **{row["name"]: another(row)}), 27)
    is_size = row["name"] in {field.name for field in fields(Sizes)}
    assert (other != sizes) == is_size
    assert (vars(Layout(other)) != vars(Layout(sizes))) == is_size


def test_a_layout_is_made_of_sizes_and_of_nothing_else() -> None:
    parameters = signature(Layout, eval_str=True).parameters
    assert [parameter.annotation for parameter in parameters.values()] == [Sizes]
    assert all(
        type(number) is int for number in vars(Layout(Sizes.of(Hyperparameters(), 27))).values()
    )
    with pytest.raises(AttributeError):
        Layout(Hyperparameters())  # type: ignore[arg-type]
