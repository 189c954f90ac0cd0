"""What is known of a document, how documents are sorted, and how new a model is."""

from __future__ import annotations

import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import SamplingError
from microgpt.gpt.random_streams import PythonStream
from microgpt.session.workshop.orders import edits
from microgpt.session.workshop.spelling import as_written
from runs import trained
from unit.session.workshop.tiny import BLOCK, TEXT, everything, tiny

LINES = sorted(set(TEXT.decode().split()))


@pytest.fixture(scope="module")
def session() -> Session:
    return tiny()


def test_the_figures_are_what_they_are_said_to_be(session: Session) -> None:
    exact = everything(session)
    made = session.explain("ABB")
    assert made["text"] == "ABB"
    assert made["in_text"] == "beginning"
    assert made["one_in"] == pytest.approx(1 / exact["abb"])
    assert math.fsum(made["surprises"]) == pytest.approx(-math.log(exact["abb"]))
    assert (made["nearest"], made["edits"]) == ("ab", 1)
    of_length = {text: p for text, p in exact.items() if len(text) == 3}
    less = sum(p for p in of_length.values() if p < exact["abb"])
    assert made["typical"] == pytest.approx(100 * less / sum(of_length.values()), abs=5)
    read = "".join(f"{line}\n"[:BLOCK] for line in TEXT.decode().split())
    letters = math.fsum(math.log((read.count(c) + 1) / (len(read) + 4)) for c in "abb\n")
    assert made["distinctive"] == pytest.approx((math.log(exact["abb"]) - letters) / 3)


def test_the_nearest_is_a_line_where_there_is_one(session: Session) -> None:
    assert (session.explain("cab")["nearest"], session.explain("cab")["edits"]) == ("cab", 0)
    cut = session.explain("abca")  # all that the model sees of abcabc
    assert (cut["in_text"], len(cut["surprises"])) == ("line", BLOCK)
    assert cut["edits"] == min(edits("abca", line) for line in LINES)


def test_lines_kept_out_of_training_are_lines_of_the_text_too() -> None:
    session = trained({"steps": 10, "holdout": 0.3, "n_embd": 4, "n_head": 2})
    (kept_out, *_) = session._run().run.holdout_documents
    assert session.explain(kept_out)["in_text"] == "line"
    assert session.explain(kept_out)["edits"] == 0


def test_looking_at_figures_changes_no_samples(session: Session) -> None:
    session.seed_samples(1)
    before = session._run().samples.get_state()
    session.explain("ab")
    session.order(["ab", "ba"], "typical")
    session.novelty(1.0, 100)
    assert session._run().samples.get_state() == before
    state = session._run().run.stream.get_state()
    assert state == session._run().run.stream.get_state()


def test_a_line_that_the_model_cannot_read_is_refused(session: Session) -> None:
    for text, words in (("abx!", "never seen 'x', '!'"), ("a" * 1025, "at most 1,024")):
        with pytest.raises(SamplingError, match=words) as error:
            session.explain(text)
        assert error.value.field == "text"


def test_a_model_without_its_text_has_the_figures_that_do_not_need_it(session: Session) -> None:
    alone = Session()
    alone.open_file(session.save_model(), "model")
    made, whole = alone.explain("ab"), session.explain("ab")
    assert (made["in_text"], made["nearest"], made["edits"]) == ("", "", -1)
    assert made["one_in"] == pytest.approx(whole["one_in"])
    assert made["typical"] == pytest.approx(whole["typical"])
    assert made["distinctive"] == pytest.approx(whole["distinctive"], abs=0.3)
    with pytest.raises(SamplingError, match="without its text"):
        alone.novelty(1.0, 10)
    with pytest.raises(SamplingError, match="isn't here"):
        alone.order(["ab"], "far")


# --- orders ---


def test_orders(session: Session) -> None:
    texts = ["ca", "abca", "b", "q!", "aaa", "B"]
    made = {text: session.explain(text) for text in texts if text != "q!"}
    for by in ("typical", "distinctive"):
        order = [texts[index] for index in session.order(texts, by)]
        assert order[-1] == "q!"  # unreadable
        figures = [made[text][by] for text in order[:-1]]
        assert figures == sorted(figures, reverse=True)
    assert session.order(texts, "alphabet") == [4, 1, 5, 2, 0, 3]
    far = [
        min(edits(texts[i].lower(), line) for line in LINES) for i in session.order(texts, "far")
    ]
    assert far == sorted(far, reverse=True)
    like = [edits(texts[i].lower(), "abc") for i in session.order(texts, "like", "ABC")]
    assert like == sorted(like)
    with pytest.raises(SamplingError, match="must be one of"):
        session.order(texts, "size")
    with pytest.raises(SamplingError, match=r"At most 10,000"):
        session.order(["a"] * 10_001, "alphabet")


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_edits(one: str, other: str) -> None:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = one[i - 1] == other[j - 1]
        return min(
            distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (not same)
        )

    assert edits(one, other) == distance(len(one), len(other))


# --- novelty ---


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_novelty_is_the_probability_of_all_lines(session: Session, temperature: float) -> None:
    exact = everything(session, temperature)
    seen = {line[:BLOCK] for line in LINES}
    while not (report := session.novelty(temperature, 0.001))["complete"]:
        pass
    assert report["documents"] == len(seen)
    assert report["probability"] == pytest.approx(math.fsum(exact[line] for line in seen))
    engine = session._run().run.engine
    drawn = engine.draw(PythonStream(1), temperature, [3], 20_000)
    share = sum("".join("abc"[t] for t in each) in seen for each in drawn) / 20_000
    assert share == pytest.approx(report["probability"], abs=0.02)


def test_novelty_begins_again_when_the_model_has_changed() -> None:
    session = trained({"steps": 50, "n_embd": 4, "n_head": 2})
    before = session.novelty(1.0, 1e9)
    session.train_more(200)
    session.advance(1e9)
    assert session.novelty(1.0, 1e9)["probability"] > before["probability"]
    with pytest.raises(SamplingError, match="temperature"):
        session.novelty(0.0, 10)


# --- spelling ---


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("anna", "Anna"),
        ("ANNA MARIA", "Anna Maria"),
        ("mary-ann o'neil", "Mary-Ann O'Neil"),
        ("o'neil", "O'Neil"),
        ("don't", "Don't"),
        ("st. éloi", "St. Éloi"),
        ("McDonald", "McDonald"),
        ("", ""),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert as_written(text, "title") == title
    assert as_written(text, "upper") == text.upper()
    assert as_written(text, "as_is") == text
