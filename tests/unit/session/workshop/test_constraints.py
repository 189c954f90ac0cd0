"""What fits a wish, against the same in plain words."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.corpus import Vocabulary
from microgpt.session.reports import Wish
from microgpt.session.workshop.constraints import Constraints
from unit.session.workshop.tiny import BLOCK, LETTERS, fits, wished

VOCABULARY = Vocabulary(LETTERS)
ALL = ["".join(t) for n in range(BLOCK + 1) for t in product(LETTERS, repeat=n)]

SOME = st.text(LETTERS, max_size=3)
WISHES = st.builds(
    wished,
    prefix=SOME,
    suffix=SOME,
    contains=SOME,
    without=st.text(LETTERS, max_size=1),
    min_length=st.integers(0, BLOCK),
    max_length=st.integers(0, BLOCK),
)


def tokens(text: str) -> list[int]:
    return [LETTERS.index(letter) for letter in text]


@given(WISHES)
def test_it_accepts_what_fits_and_knows_what_can_be_completed(wish: Wish) -> None:
    constraints = Constraints(VOCABULARY, BLOCK, wish)
    fitting = [text for text in ALL if fits(text, wish)]
    assert constraints.possible == bool(fitting)
    if not constraints.possible:
        return
    for text in ALL:
        if not text.startswith(wish["prefix"]):
            continue
        assert constraints.fits(tokens(text)) == (text in fitting)
        state, alive = constraints.start, True
        for length, token in enumerate(tokens(text)[len(wish["prefix"]) :], constraints.length + 1):
            state = constraints.after[state][token]
            alive = state >= 0 and constraints.alive(length, state)
            if not alive:
                break
        assert alive == any(each.startswith(text) for each in fitting), text


def test_there_are_few_states_however_much_is_asked_for() -> None:
    wish = wished(contains="abcab" * 8, suffix="cabca" * 8)
    assert Constraints(VOCABULARY, 1024, wish).states < 200
