"""What a guess rests on, against the scalar engine with weights set to 0 by hand."""

from __future__ import annotations

from array import array

import pytest

from microgpt import Session
from microgpt.engines.kinds import SCALAR
from microgpt.errors import SamplingError
from microgpt.inside import Inside
from runs import trained

NEWEST = 10**9


@pytest.fixture(scope="module")
def session() -> Session:
    return trained()


@pytest.fixture(scope="module")
def inside(session: Session) -> Inside:
    return session.inside(NEWEST)


def without_weights(inside: Inside, indices: list[int], beginning: str) -> array[float]:
    """What the scalar engine expects when some weights are 0."""
    subject = inside.subject
    engine = SCALAR.make(subject.model.hyperparameters, subject.model.vocabulary, None)
    weights = array("d", subject.weights)
    for index in indices:
        weights[index] = 0.0
    engine.set_weights(weights)
    vocabulary = subject.model.vocabulary
    tokens = [vocabulary.bos, *vocabulary.encode(beginning, 16)[1:-1]]
    return engine.predict([tokens], 1.0)[0]


@pytest.mark.parametrize("beginning", ["", "an", "hanna"])
def test_a_guess_without_each_part(session: Session, inside: Inside, beginning: str) -> None:
    found, layout = inside.guess(beginning), inside.subject.layout
    following = session.next_characters(beginning)
    expected = {each["character"]: each["probability"] for each in following}
    by_name = dict(zip(found["vocabulary"], found["whole"], strict=True))
    assert {name: by_name[name] for name in expected} == pytest.approx(expected)
    wpe, wo, fc2 = (
        layout.named(name, layer) for name, layer in (("wpe", None), ("attn_wo", 0), ("mlp_fc2", 0))
    )
    rows = range(8)
    zeros = {
        "wpe": list(range(wpe.offset, wpe.end)),
        "layer0.attention": list(range(wo.offset, wo.end)),
        "layer0.head1": [wo.offset + row * 8 + column for row in rows for column in (2, 3)],
        "layer0.mlp": list(range(fc2.offset, fc2.end)),
        "layer0.neuron31": [fc2.offset + row * 32 + 31 for row in rows],
    }
    size = len(found["vocabulary"])
    for part, indices in zeros.items():
        at = found["parts"].index(part) * size
        without = without_weights(inside, indices, beginning)
        assert list(found["without"][at : at + size]) == pytest.approx(list(without))
    assert len(found["parts"]) == 2 + 1 + 4 + 1 + 32


def test_a_beginning_as_long_as_a_line_is_cut(inside: Inside) -> None:
    """There is no position after the last."""
    assert inside.guess("a" * 40)["beginning"] == "a" * 15


def test_an_unknown_character_is_refused(inside: Inside) -> None:
    with pytest.raises(SamplingError, match="'Z'"):
        inside.guess("Z")


def test_the_model_is_whole_again(inside: Inside) -> None:
    before = inside.line("anna")["surprises"]
    inside.guess("an")
    assert inside.line("anna")["surprises"] == before
