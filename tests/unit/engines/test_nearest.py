"""The nearest line, against the definition of edit distance."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.nearest import MAX_CHARACTERS, MAX_QUERY, Nearest

LETTERS = st.text("abé😀", max_size=6)


@cache
def distance(one: str, other: str) -> int:
    """By the definition: what is done with the last letters, and the best way to the rest."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        distance(one[:-1], other) + 1,
        distance(one, other[:-1]) + 1,
        distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    )


@pytest.mark.parametrize("compiled", [True, False])
@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LETTERS, min_size=1, max_size=8), text=LETTERS, most=st.integers(0, 7))
def test_it_is_the_first_of_the_nearest(
    compiled: bool, lines: list[str], text: str, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setattr(host, "available", lambda: False)
        elif not host.available():
            pytest.skip("wasmtime is not installed")
        nearest = Nearest(lines)
        distances = [distance(line, text) for line in lines]
        fewest = min(distances)
        found = lines[distances.index(fewest)], fewest
        assert nearest.find(text) == found
        assert nearest.find(text, most) == (found if fewest <= most else None)
        assert nearest.far_enough(text, most) == (fewest >= most)


def test_there_are_bounds() -> None:
    with pytest.raises(ValueError, match="too many"):
        Nearest(["a" * (MAX_CHARACTERS + 1)])
    with pytest.raises(ValueError, match="too long"):
        Nearest(["a"]).find("a" * (MAX_QUERY + 1))
