"""What is made is what was wished for, the same again with the same seed, or there is a reason."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from typing import Any

import pytest

from microgpt import Session
from microgpt.errors import SamplingError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.random_streams import PythonStream
from microgpt.session.reports import Making
from microgpt.session.workshop.making import make
from microgpt.session.workshop.orders import edits
from runs import NAMES, trained


@pytest.fixture(scope="module")
def session(first_names: Corpus) -> Session:
    """With a model of first names, all in small letters."""
    return trained({"steps": 300}, "\n".join(first_names.documents).lower().encode())


def texts(reports: list[Making]) -> list[str]:
    return [made["text"] for report in reports for made in report["made"]]


def made(session: Session, seed: int = 1, **wish: Any) -> tuple[list[str], Making]:
    """What is made, and the last report."""
    session.seed_samples(seed)
    reports = list(session.make(wish))
    assert [report["complete"] for report in reports] == [False] * (len(reports) - 1) + [True]
    assert reports[-1]["found"] == len(texts(reports))
    return texts(reports), reports[-1]


def test_all_that_is_wished_for_is_so(session: Session) -> None:
    wish: dict[str, Any] = {
        "prefix": "Ma",
        "without": "s",
        "min_length": 4,
        "max_length": 7,
        "new": True,
    }
    found, last = made(session, count=50, unique=True, written="title", min_edits=1, **wish)
    lines = set(session._run().run.corpus.documents)
    assert len(found) == len(set(found)) == 50
    assert last["reason"] == ""
    assert last["method"] == "draw"
    for text in found:
        assert text.startswith("Ma")
        assert text == text.title()
        assert "s" not in text
        assert 4 <= len(text) <= 7
        assert not any(line.startswith(text.lower()) for line in lines)


def test_far_from_every_line(session: Session) -> None:
    found, _ = made(session, count=10, min_edits=2, temperature=1.0)
    lines = session._run().run.corpus.documents
    assert all(min(edits(text, line) for line in lines) >= 2 for text in found)


def test_it_is_what_sampling_gives_without_what_does_not_fit(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one from the visitor's stream, which goes on from there, however fast it is."""
    session.seed_samples(3)
    fitting = (each["text"] for each in session.sample(1000) if each["text"].endswith("a"))
    oracle = list(itertools.islice(fitting, 20))
    after = next(session.sample(1))["text"]
    for tick in (0.0, 0.001, 10.0):  # seconds that pass at each look at the clock
        clock = itertools.count()
        with monkeypatch.context() as patch:
            patch.setattr(time, "perf_counter", lambda c=clock, t=tick: next(c) * t)
            found, last = made(session, seed=3, count=20, suffix="a")
        assert found == oracle
        assert last["accepted"] == 20 / last["draws"]
        assert next(session.sample(1))["text"] == after


def test_an_end_that_is_rare_is_weighed_for_and_the_same_again(session: Session) -> None:
    found, last = made(session, count=20, contains="zz", min_length=6, max_length=6)
    assert last["method"] == "weigh"
    assert len(found) == 20
    assert all("zz" in text and len(text) == 6 for text in found)
    assert made(session, count=20, contains="zz", min_length=6, max_length=6)[0] == found


def test_weighing_agrees_with_drawing_where_both_work(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters before the ending and lengths, by chi-squared of two samples."""
    wish: dict[str, Any] = {"count": 1000, "suffix": "na", "temperature": 1.0}
    drawn, first = made(session, **wish)
    monkeypatch.setattr("microgpt.session.workshop.making._SELDOM", 1.0)
    monkeypatch.setattr("microgpt.session.workshop.making._PILOT", 400)
    weighed, last = made(session, seed=2, **wish)
    assert (first["method"], last["method"]) == ("draw", "weigh")
    for part in (len, lambda text: text[:1], lambda text: text[-3:-2]):
        one, other = Counter(map(part, drawn)), Counter(map(part, weighed))
        kinds = [kind for kind in one | other if one[kind] + other[kind] >= 20]
        chi_squared = sum((one[k] - other[k]) ** 2 / (one[k] + other[k]) for k in kinds)
        degrees = len(kinds) - 1
        # By Wilson and Hilferty's approximation: 1 in 10,000 is above it by chance.
        bound = degrees * (1 - 2 / (9 * degrees) + 3.72 * math.sqrt(2 / (9 * degrees))) ** 3
        assert chi_squared < bound


def test_what_is_blocked_never_comes_however_it_is_written(session: Session) -> None:
    bench = session._workbench()
    values = {"count": 30, "unique": True, "written": "title"}
    first = texts(list(make(bench, PythonStream(1), values)))
    blocked = [first[0], first[1].lower(), first[2].upper()]
    for likeliest in (False, True):
        wish = {**values, "likeliest": likeliest}
        found = texts(list(make(bench, PythonStream(1), wish, blocked)))
        assert len(found) == 30
        assert not {text.lower() for text in found} & {text.lower() for text in blocked}
    assert texts(list(make(bench, PythonStream(1), values, blocked)))[:27] == first[3:]


def test_where_there_are_too_few_the_last_report_says_so() -> None:
    session = trained({"steps": 300, "n_embd": 8, "block_size": 4}, b"ab\nba\nab\nba\n")
    found, last = made(session, count=1000, unique=True)
    assert 0 < len(found) <= 2**5
    assert last["reason"].startswith(f"{len(found)} after 100,000 draws: ")
    assert last["draws"] == 100_000


def test_it_is_made_of_the_model_as_it_was_when_it_was_asked_for(session: Session) -> None:
    session = trained({"steps": 200, "n_embd": 8})
    session.train_more(200)
    expected, _ = made(session, count=300)
    session.seed_samples(1)
    reports = session.make({"count": 300})
    first = next(reports)
    session.advance(1e9)
    assert texts([first, *reports]) == expected


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        ({"count": 0}, "count", "from 1 to 1,000, not 0"),
        ({"count": True}, "count", "must be a number"),
        ({"temperature": 0.0}, "temperature", "above 0"),
        ({"temperature": math.nan}, "temperature", "empty"),
        ({"prefix": "é"}, "prefix", "never seen 'é'"),
        ({"prefix": 3}, "prefix", "must be a text"),
        ({"prefix": "a" * 16}, "prefix", "at most 15"),
        ({"suffix": "né"}, "suffix", "never seen 'é'"),
        ({"contains": "é"}, "contains", "never seen 'é'"),
        ({"suffix": "a" * 65}, "suffix", "at most 64"),
        ({"suffix": "ab", "without": "b"}, "without", "'b' can't be both"),
        ({"without": "abcdefghijklmnopqrstuvwxyz'- "}, "without", "leave out fewer"),
        ({"min_length": 7, "max_length": 4}, "min_length", "7, is above the greatest, 4"),
        ({"min_length": 17}, "min_length", "after 16 characters"),
        ({"min_length": -1}, "min_length", "whole number from 0"),
        ({"max_length": 2.5}, "max_length", "whole number from 0"),
        ({"prefix": "anna", "max_length": 3}, "prefix", "greatest length is 3"),
        ({"prefix": "an", "suffix": "bo", "max_length": 3}, "suffix", "don't fit together into 3"),
        ({"contains": "anna" * 5}, "contains", "don't fit together into 16"),
        ({"min_edits": -1}, "min_edits", "from 0 to 100"),
        ({"new": 1}, "new", "true or false"),
        ({"written": "small"}, "written", "as_is, title or upper, not 'small'"),
        ({"colour": "red"}, "", "no wish 'colour'"),
    ],
)
def test_what_cannot_come_true_is_refused_at_once(
    session: Session, wish: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SamplingError, match=words.replace("(", r"\(")) as error:
        session.make(wish)
    assert error.value.field == field


def test_overlapping_wishes_and_javascripts_numbers_are_all_right(session: Session) -> None:
    found, _ = made(session, count=2.0, prefix="an", suffix="na", max_length=3.0, likeliest=True)
    assert found == ["ana"]


@pytest.mark.parametrize("field", ["new", "min_edits"])
def test_without_its_text_a_model_cannot_tell_what_is_new(field: str) -> None:
    session = Session()
    session.open_file(trained().save_model(), "model")
    with pytest.raises(SamplingError, match="came without its text") as error:
        session.make({field: 1 if field == "min_edits" else True})
    assert error.value.field == field
    found, _ = made(session, count=5, suffix="a")
    assert len(found) == 5


def test_letters_count_where_the_text_has_both_cases() -> None:
    session = trained(text=b"Anna\nBob\nAnton\nanna\n")
    found, _ = made(session, count=5, prefix="An")
    assert all(text.startswith("An") for text in found)
    with pytest.raises(SamplingError, match="never seen 'C'"):
        session.make({"prefix": "C"})


def test_the_names_that_many_draws_give_are_the_same_on_the_slow_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wish: dict[str, Any] = {"count": 5, "suffix": "a", "temperature": 1.0}
    fast, _ = made(trained(text=NAMES), **wish)
    monkeypatch.setattr("microgpt.engines.host.available", lambda: False)
    slow, _ = made(trained(text=NAMES, engine="scalar"), **wish)
    assert slow == fast
