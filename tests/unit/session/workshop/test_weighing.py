"""Documents of a rare kind come with the model's own probabilities of that kind."""

from __future__ import annotations

import math
import tracemalloc
from array import array
from collections import Counter

import pytest

from microgpt.gpt.random_streams import PythonStream
from microgpt.session.workshop.constraints import Constraints
from microgpt.session.workshop.weighing import Chain, Met, Proposals
from microgpt.session.workshop.workbench import Workbench
from unit.session.workshop.tiny import LETTERS, bench, everything, fits, tiny, wished

TEMPERATURE = 0.7


def proposals(on: Workbench, stream: PythonStream, **values: object) -> Proposals:
    """Ready to propose."""
    wish, vocabulary = wished(**values), on.model.vocabulary
    beginning = [vocabulary.bos, *map(vocabulary.characters.index, wish["prefix"])]
    drawn = on.engine.draw(stream, TEMPERATURE, beginning, 300)
    chain = Chain([beginning[1:] + each for each in drawn], vocabulary.bos, 4)
    block_size = on.model.hyperparameters.block_size
    constraints = Constraints(vocabulary, block_size, wish)
    found = Proposals(on.engine, stream, TEMPERATURE, beginning, constraints, chain)
    for _ in found.learn():
        pass
    return found


@pytest.mark.parametrize(
    "values",
    [
        {"suffix": "cc"},
        {"contains": "bb"},
        {"min_length": 4},
        {"min_length": 3, "max_length": 3, "without": "a"},
        {"prefix": "a", "suffix": "a"},
    ],
)
def test_it_is_the_models_distribution_of_what_fits(values: dict[str, object]) -> None:
    session = tiny()
    wish = wished(**values)
    everything_ = everything(session, TEMPERATURE)
    exact = {text: p for text, p in everything_.items() if fits(text, wish)}
    # Proposals begin with the prefix, whatever the model thinks of it.
    given = math.fsum(p for text, p in everything_.items() if text.startswith(wish["prefix"]))
    mass = math.fsum(exact.values())
    count = 6400
    making = proposals(bench(session), PythonStream(1), **values)
    proposed = [each for _ in range(count // 64) for each in making.propose(64)]
    weights: Counter[str] = Counter()
    for tokens, logarithm in proposed:
        text = "".join(LETTERS[token] for token in tokens)
        assert fits(text, wish)
        weights[text] += math.exp(logarithm)  # type: ignore[assignment]
        making.add(tokens, logarithm)
    # The mean weight is the probability that a draw fits, and so for each document alone.
    assert weights.total() / count == pytest.approx(mass / given, rel=0.05)
    distance = sum(abs(weights[text] / weights.total() - p / mass) for text, p in exact.items()) / 2
    assert distance < 0.05
    assert making.effective > count / 2  # the estimate is a good one
    chosen = Counter("".join(LETTERS[t] for t in tokens) for tokens in making.chosen(count))
    distance = sum(abs(chosen[text] / count - p / mass) for text, p in exact.items()) / 2
    assert distance < 0.05


def test_without_repetition_they_come_in_the_order_of_drawing_until_there_is_another() -> None:
    """The first is each with its probability; the second with what is left of it."""
    making, exact = proposals(bench(tiny()), PythonStream(2)), {"a": 0.5, "b": 0.3, "c": 0.2}
    for letter, p in exact.items():
        for _ in range(2):  # proposed twice, so half the weight each time
            making.add([LETTERS.index(letter)], math.log(p / 2) - 1000)
    assert making.effective == pytest.approx(2 / (0.5**2 + 0.3**2 + 0.2**2))
    firsts, seconds, count = Counter[str](), Counter[str](), 4000
    for _ in range(count):
        first, second, _ = (LETTERS[token] for (token,) in making.in_turn())
        firsts[first] += 1
        seconds[second] += 1
    for letter, p in exact.items():
        expected = sum(q * p / (1 - q) for other, q in exact.items() if other != letter)
        assert firsts[letter] / count == pytest.approx(p, abs=0.03)
        assert seconds[letter] / count == pytest.approx(expected, abs=0.03)


def test_what_was_met_has_room_whatever_the_vocabulary() -> None:
    """A link of 65 characters can have 5,000 characters, each of them as likely as the others."""
    met, row = Met(), [1 / 5000] * 5000
    tracemalloc.start()
    for last in range(3000):
        met.add(2, last, row)
    met.add(2, 0, row)
    assert tracemalloc.get_traced_memory()[0] < 20_000_000
    tracemalloc.stop()
    assert met.sums[2, 0] == (2, array("d", [2 / 5000] * 5000))
