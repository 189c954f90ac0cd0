"""Samples as a visitor gets them: the same, whether one call draws many or not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.kinds import ENGINES
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream
from microgpt.run import LanguageModel
from microgpt.session.drawing import draw

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

VOCABULARY = Vocabulary("abcde")


SMALL = Hyperparameters(n_embd=4, n_head=2, block_size=6, init_std=0.6)


def model(kind: str = "compiled", h: Hyperparameters = SMALL) -> LanguageModel:
    return LanguageModel(h, VOCABULARY, "a.txt", ENGINES[kind], PythonStream(5))


@settings(max_examples=30, deadline=None)
@given(
    stream=st.sampled_from(sorted(RANDOM_STREAMS)),
    prefix=st.lists(st.integers(0, 4), max_size=5),
    wanted=st.integers(1, 30),
)
def test_whoever_stops_early_leaves_the_stream_after_the_last_sample(
    stream: str, prefix: list[int], wanted: int
) -> None:
    made, one, other = model(), RANDOM_STREAMS[stream](7), RANDOM_STREAMS[stream](7)
    tokens = [VOCABULARY.bos, *prefix]
    samples = draw(made, one, 30, 1.2, tokens)
    found = [next(sample for sample in samples if sample)["text"] for _ in range(wanted)]
    drawn = [list(made.engine.sample(other, 1.2, tokens)) for _ in range(wanted)]
    assert found == [VOCABULARY.decode(prefix + after) for after in drawn]
    assert one.get_state() == other.get_state()


def test_only_who_draws_slowly_pauses_after_each_character() -> None:
    tokens = [VOCABULARY.bos, 0]
    at_once = list(draw(model(), PythonStream(1), 5, 1.0, tokens))
    slowly = list(draw(model("scalar"), PythonStream(1), 5, 1.0, tokens))
    assert None not in at_once
    assert [sample for sample in slowly if sample] == at_once
    assert slowly.count(None) == sum(len(sample["text"]) - 1 for sample in at_once if sample)


def test_a_large_model_is_a_slow_one() -> None:
    large = model("compiled", Hyperparameters(n_embd=64, n_layer=6, block_size=128))
    assert large.engine.draws_per_call == 0
    assert None in list(draw(large, PythonStream(1), 1, 1.0, [VOCABULARY.bos]))


def test_samples_before_the_one_that_fails_are_given() -> None:
    """Weights of one letter that are no numbers spoil only the samples that come to it."""
    made, stream, other = model(), PythonStream(2), PythonStream(2)
    state = made.engine.get_state()
    state.weights[4] = float("nan")  # of the letter b
    made.engine.set_weights(state.weights)
    expected: list[str] = []
    found: list[str] = []

    def one_by_one() -> None:
        while True:
            tokens = list(made.engine.sample(other, 1.0, [VOCABULARY.bos]))
            expected.append(VOCABULARY.decode(tokens))

    def many_at_once() -> None:
        samples = draw(made, stream, 100, 1.0, [VOCABULARY.bos])
        found.extend(sample["text"] for sample in samples if sample)

    for drawing in (one_by_one, many_at_once):
        with pytest.raises(DivergedError):
            drawing()
    assert found == expected
    assert found, "or nothing is shown"
    assert stream.get_state() == other.get_state()
