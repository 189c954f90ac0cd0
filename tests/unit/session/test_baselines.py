"""Letters and pairs of letters, against the definitions written out."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.session.baselines import Baselines
from microgpt.texts import read

LINES = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=8)


def written_out(
    counted: list[str], measured: list[str], vocabulary: Vocabulary, block_size: int
) -> tuple[float, float]:
    """The same figures with nothing but loops over tokens, as the model has them."""
    size = vocabulary.size
    table = [[0] * size for _ in range(size)]
    for document in counted:
        tokens = vocabulary.encode(document, block_size)
        for first, second in pairwise(tokens):
            table[first][second] += 1
    total = sum(map(sum, table))
    letter = [(sum(row[b] for row in table) + 1) / (total + size) for b in range(size)]
    losses: tuple[list[float], list[float]] = ([], [])
    for document in measured:
        tokens = vocabulary.encode(document, block_size)
        letters, pairs = [], []
        for first, second in pairwise(tokens):
            seen, different = sum(table[first]), sum(count > 0 for count in table[first])
            letters.append(-math.log(letter[second]))
            mixed = table[first][second] + different * letter[second]
            pairs.append(-math.log(mixed / (seen + different) if seen else letter[second]))
        losses[0].append(sum(letters) / len(letters))
        losses[1].append(sum(pairs) / len(pairs))
    return sum(losses[0]) / len(measured), sum(losses[1]) / len(measured)


@given(counted=LINES, measured=LINES, block_size=st.integers(1, 8))
def test_the_losses_are_those_of_the_definition(
    counted: list[str], measured: list[str], block_size: int
) -> None:
    vocabulary = Vocabulary("abc")
    found = Baselines(counted, vocabulary.size, block_size).losses(measured)
    assert found == pytest.approx(written_out(counted, measured, vocabulary, block_size))


@given(counted=LINES)
def test_probabilities_add_up_to_one(counted: list[str]) -> None:
    counts = Baselines(counted, 4, 16)
    assert sum(map(counts.letter, "abc\n")) == pytest.approx(1)
    for first in "abc\n":
        assert sum(counts.pair(first, second) for second in "abc\n") == pytest.approx(1)


def test_pairs_say_more_of_names_than_letters_do_and_letters_more_than_nothing(
    first_names: Corpus,
) -> None:
    documents = list(first_names.documents)
    counts = Baselines(documents[1::2], len(first_names.characters) + 1, 16)
    letters, pairs = counts.losses(documents[::2])
    assert pairs < letters - 0.2 < letters < math.log(len(first_names.characters) + 1) - 0.2


def test_a_text_of_one_letter_leaves_nothing_to_guess() -> None:
    corpus = read(b"aaaa\n" * 1000, "a")
    _, pairs = Baselines(corpus.documents, 2, 4).losses(["aaaa"])
    assert pairs < 0.01
