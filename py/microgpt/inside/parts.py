"""The parts of a model, and the weights that a model has without one.

A part is taken out by setting weights to 0, so that it adds nothing to the residual stream:
no other code runs than the model's own. Not about what that costs: see `ablation`.

| part | what becomes 0 |
| --- | --- |
| wte, wpe | all of that matrix: tokens or positions look alike |
| layer0.attention | all of attn_wo |
| layer0.head2 | the columns of attn_wo that read the head |
| layer0.mlp | all of mlp_fc2 |
| layer0.neuron17 | the column of mlp_fc2 that reads the neuron |
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from itertools import chain

from microgpt.errors import SamplingError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.weights import Matrix, WeightLayout

_OF_LAYER = re.compile(r"layer(\d{1,6})\.(attention|mlp|head(\d{1,6})|neuron(\d{1,6}))")


def parts(h: Hyperparameters) -> list[str]:
    """The names of all parts: the largest first, all neurons at the end."""
    layers = range(h.n_layer)
    large = [
        [f"layer{i}.attention", *(f"layer{i}.head{j}" for j in range(h.n_head)), f"layer{i}.mlp"]
        for i in layers
    ]
    neurons = [[f"layer{i}.neuron{j}" for j in range(4 * h.n_embd)] for i in layers]
    return ["wte", "wpe", *chain(*large, *neurons)]


def without(
    weights: array[float], layout: WeightLayout, h: Hyperparameters, part: str
) -> array[float]:
    """A copy of the weights, without a part.

    Raises:
        SamplingError: there is no such part; the field is "part".
    """
    changed = array("d", weights)
    for index in _weights_of(layout, h, part):
        changed[index] = 0.0
    return changed


def _weights_of(layout: WeightLayout, h: Hyperparameters, part: str) -> Iterable[int]:
    """The indices of what becomes 0."""
    if part in ("wte", "wpe"):
        matrix = layout.named(part)
        return range(matrix.offset, matrix.end)
    found = _OF_LAYER.fullmatch(part)
    if found and int(found[1]) < h.n_layer:
        layer = int(found[1])
        wo, fc2 = layout.named("attn_wo", layer), layout.named("mlp_fc2", layer)
        if found[2] == "attention":
            return range(wo.offset, wo.end)
        if found[2] == "mlp":
            return range(fc2.offset, fc2.end)
        if found[3] is not None and int(found[3]) < h.n_head:
            first = int(found[3]) * h.head_dim
            return _columns(wo, range(first, first + h.head_dim))
        if found[4] is not None and int(found[4]) < fc2.columns:
            return _columns(fc2, range(int(found[4]), int(found[4]) + 1))
    raise SamplingError(
        f"There is no part {part!r}. There are wte, wpe, layer0.attention, layer0.head0, "
        f"layer0.mlp, layer0.neuron0 and so on, up to layer{h.n_layer - 1}, "
        f"head{h.n_head - 1} and neuron{4 * h.n_embd - 1}.",
        field="part",
    )


def _columns(matrix: Matrix, columns: range) -> Iterable[int]:
    return (
        index
        for row in range(matrix.rows)
        for index in matrix.row(row)[columns.start : columns.stop]
    )
