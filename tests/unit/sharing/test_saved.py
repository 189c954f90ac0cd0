"""Saved models: their weights for another vocabulary."""

from __future__ import annotations

from array import array
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import weight_shapes
from microgpt.sharing.saved import Provenance, SavedModel, moved_to
from microgpt.weights import weight_layout


@given(
    st.sets(st.sampled_from("abcdefgh"), min_size=1).map(sorted).map("".join),
    st.sets(st.sampled_from("abcdefgh"), min_size=1).map(sorted).map("".join),
)
def test_each_character_keeps_its_rows(before: str, after: str) -> None:
    h = Hyperparameters(n_embd=2, n_head=1, block_size=3)
    count = weight_layout(h, len(before) + 1).size
    model = SavedModel(h, before, array("d", range(count)), Provenance("", 1, 1, 1.0))
    drawn = array("d", [-1.0 - i for i in range(weight_layout(h, len(after) + 1).size)])
    old = split(model.weights, h, before)
    weights = array("d", drawn)
    for first, place, size in moved_to(model.described, after):
        weights[place : place + size] = model.weights[first : first + size]
    new = split(weights, h, after)
    own = split(drawn, h, after)
    for name, rows in new.items():
        if name not in ("wte", "lm_head"):
            assert rows == old[name]
            continue
        for character, row in zip([*after, "BOS"], rows, strict=True):
            known = [*before, "BOS"]
            if character in known:
                assert row == old[name][known.index(character)]
            else:
                assert row == own[name][Vocabulary(after).encode(character, 3)[1]]


def split(weights: array[float], h: Hyperparameters, characters: str) -> dict[str, list[Any]]:
    matrices, at = {}, 0
    for name, (rows, columns) in weight_shapes(h, len(characters) + 1).items():
        matrices[name] = [weights[at + i * columns : at + (i + 1) * columns] for i in range(rows)]
        at += rows * columns
    return matrices
