"""One line, position by position, against what the model's probabilities are elsewhere."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import SamplingError, SessionError
from microgpt.gpt.model import linear, softmax
from microgpt.inside import Inside
from microgpt.inside.line import stages
from microgpt.sharing.checkpoint import read
from runs import NAMES, SMALL, trained

NEWEST = 10**9
LETTERS = "abcdefhijklmnor"


@pytest.fixture(scope="module")
def session() -> Session:
    return trained()


@pytest.fixture(scope="module")
def inside(session: Session) -> Inside:
    return session.inside(NEWEST)


@given(line=st.text(LETTERS, max_size=15))
def test_surprises_are_those_of_the_line(session: Session, line: str) -> None:
    """The same as on its card in the view Samples, and as the probabilities say."""
    found = session.inside(NEWEST).line(line, 0.5)
    assert found["line"] == line
    assert found["tokens"] == ["", *line]
    assert found["following"] == [*line, ""]
    if line:
        expected = session.explain(line)["surprises"]
        assert list(found["surprises"]) == pytest.approx(list(expected), rel=1e-9)
    size = len(found["vocabulary"])
    for i, token in enumerate(found["following"]):
        probability = found["probabilities"][i * size + found["vocabulary"].index(token)]
        assert -math.log(probability) == pytest.approx(found["surprises"][i])


def test_temperature_sharpens_and_adds_up_to_one(inside: Inside) -> None:
    found = inside.line("anna", 0.5)
    size = len(found["vocabulary"])
    for first in range(0, 5 * size, size):
        plain = found["probabilities"][first : first + size]
        tempered = found["tempered"][first : first + size]
        assert math.fsum(plain) == pytest.approx(1)
        squares = [p * p for p in plain]
        assert list(tempered) == pytest.approx([s / math.fsum(squares) for s in squares])


def test_each_stage_says_what_the_algorithm_would_without_what_comes_after(
    session: Session,
) -> None:
    """The embedding's guess by hand, from the algorithm's own functions; the last is the answer."""
    from microgpt.engines.kinds import SCALAR
    from microgpt.engines.scalar import ScalarEngine

    inside = session.inside(NEWEST)
    found, subject = inside.line("anna", 1.0), inside.subject
    engine = SCALAR.make(subject.model.hyperparameters, subject.model.vocabulary, None)
    assert isinstance(engine, ScalarEngine)
    engine.set_weights(subject.weights)
    weights, size, n = engine.model.weights, len(found["vocabulary"]), 5
    assert found["stages"] == ["embedding", "layer0.attention", "layer0.mlp"] == stages(1)
    for position, token in enumerate(subject.tokens("anna")[:-1]):
        sums = [
            a.data + b.data
            for a, b in zip(weights["wte"][token], weights["wpe"][position], strict=True)
        ]
        scale = (sum(x * x for x in sums) / len(sums) + 1e-5) ** -0.5
        logits = linear([type(weights["wte"][0][0])(x * scale) for x in sums], weights["lm_head"])
        first = position * size
        assert list(found["stage_logits"][first : first + size]) == pytest.approx(
            [logit.data for logit in logits]
        )
        assert list(found["stage_probabilities"][first : first + size]) == pytest.approx(
            [p.data for p in softmax(logits)]
        )
    assert found["stage_probabilities"][2 * n * size :] == found["probabilities"]


def test_of_a_long_line_what_the_model_reads_is_told(inside: Inside) -> None:
    found = inside.line("a" * 30, 1.0)
    assert found["line"] == "a" * 16
    assert len(found["tokens"]) == len(found["following"]) == 16
    assert found["following"][-1] == "a", "the end isn't read"


@pytest.mark.parametrize("temperature", [0, -1, 11, math.nan, "warm"])
def test_what_is_no_temperature_is_refused(inside: Inside, temperature: float) -> None:
    with pytest.raises(SamplingError, match="temperature"):
        inside.line("anna", temperature)


def test_an_unknown_character_is_named(inside: Inside) -> None:
    with pytest.raises(SamplingError, match="'Z'") as raised:
        inside.line("anZa", 1.0)
    assert raised.value.field == "text"


def test_drawing_goes_on_from_a_beginning(inside: Inside) -> None:
    drawn = {inside.draw("an", 1.0) for _ in range(20)}
    assert len(drawn) > 1
    assert all(each.startswith("an") and len(each) <= 16 for each in drawn)
    assert inside.draw("a" * 16, 1.0) == "a" * 16
    with pytest.raises(SamplingError):
        inside.draw("Z", 1.0)


def test_an_earlier_step_has_its_own_inside(session: Session) -> None:
    first, newest = session.inside(0), session.inside(NEWEST)
    assert first.subject.step == 0
    assert newest.subject.step == SMALL["steps"]
    assert first.line("anna")["surprises"] != newest.line("anna")["surprises"]
    assert session.inside(NEWEST) is session.inside(NEWEST), "kept while nothing changes"


def test_all_moments_of_a_run_share_one_engine(session: Session) -> None:
    """A browser frees the memory of engines late, and there is a moment for each kept step."""
    engine = session.inside(0).subject.engine
    first = session.inside(0).line("anna")["surprises"]
    later = session.inside(NEWEST)
    assert later.subject.engine is engine
    assert later.line("anna")["surprises"] != first
    assert session.inside(0).line("anna")["surprises"] == first
    session.inside(0).one_step(3, 1e9)
    step = session.inside(0)._one_step
    session.inside(NEWEST).one_step(4, 1e9)
    assert session.inside(NEWEST)._one_step is step


def test_while_it_learns_the_inside_is_of_the_newest_step() -> None:
    session = Session()
    session.load(b"anna\nbob\n" * 30, "names.txt")
    session.start({"steps": 40}, "scalar")
    before = session.inside(NEWEST)
    while session.advance(1)["step"] < 3:
        pass
    after = session.inside(NEWEST)
    assert after is not before
    assert after.line("anna")["surprises"] != before.line("anna")["surprises"]


def test_without_a_model_there_is_nothing_inside() -> None:
    with pytest.raises(SessionError, match="no model"):
        Session().inside(0)


def test_an_opened_model_has_an_inside(session: Session) -> None:
    """It is measured on the loaded text if it can read it, else on what it makes up."""
    saved = session.save_model()
    assert read(saved, "m")[1] is None
    alone = Session()
    alone.open_file(saved, "m.safetensors")
    inside = alone.inside(NEWEST)
    expected = session.inside(NEWEST).line("anna")["surprises"]
    assert list(inside.line("anna")["surprises"]) == pytest.approx(list(expected), rel=1e-6)
    assert inside.subject.lines == "own"
    assert len(inside.subject.documents) > 20
    beside = Session()
    beside.load(b"anna\nbob\nZ\n", "other.txt")
    beside.open_file(saved, "m.safetensors")
    assert beside.inside(NEWEST).subject.lines == "own", "what was there has nothing to do with it"
    beside.load(b"anna\nbob\nZ\n", "other.txt")
    subject = beside.inside(NEWEST).subject
    assert (subject.lines, list(subject.documents)) == ("loaded", ["anna", "bob"])
    same = Session()
    same.load(NAMES, "names.txt")
    same.open_file(saved, "m.safetensors")
    assert same.inside(NEWEST).subject.lines == "loaded"
