"""What lines would cost without a group of lines, held to brute force on the scalar engine."""

from __future__ import annotations

import itertools
import math
import statistics
from array import array
from pathlib import Path
from typing import Any

import pytest

from microgpt import Session
from microgpt.engines import kinds
from microgpt.engines.kinds import COMPILED, SCALAR
from microgpt.errors import SamplingError
from microgpt.gpt.corpus import Corpus
from microgpt.inside import Inside
from microgpt.inside.reports import WhatIf
from microgpt.inside.rerun import beginning
from microgpt.inside.what_if import _T, REPEATS, watched_line
from runs import NAMES

ENGINE = kinds.fastest().name
TINY: dict[str, Any] = {"steps": 20, "n_embd": 4, "n_head": 2, "seed": 3}
NEWEST = 10**9


def session(text: bytes = NAMES, until: int = 20, **changes: Any) -> Session:
    made = Session()
    made.load(text, "names.txt")
    made.start({**TINY, **changes}, ENGINE)
    if until:
        made.advance(1e9, until)
    return made


def ask(
    inside: Inside, kind: str, text: str, watched: list[str], milliseconds: float = 1e9
) -> WhatIf:
    while not (found := inside.what_if(kind, text, watched, milliseconds))["complete"]:
        assert found["watched"] == []
    return found


@pytest.mark.parametrize("changes", [{}, {"batch_size": 2}, {"holdout": 0.2}], ids=str)
def test_it_is_what_brute_force_gives(changes: dict[str, Any]) -> None:
    inside = session(**changes).inside(NEWEST)
    found = ask(inside, "contains", "an", ["ana", "bob"])  # anna, hanna
    run = inside.subject.run
    assert run is not None
    kept = [line for line in run.training_documents if "an" not in line]
    by_hand = SCALAR.make(run.hyperparameters, run.vocabulary, None)
    by_hand.set_state(beginning(run, SCALAR))
    if run.hyperparameters.batch_size == 1:
        lines = itertools.cycle(run.training_documents)
        for line in itertools.islice(lines, 20):
            by_hand.skip(1) if "an" in line else by_hand.train([line])
    else:
        lines = itertools.cycle(kept)
        for _ in range(20):
            by_hand.train([next(lines), next(lines)])
    learned = len(run.training_documents) - len(kept)
    assert (found["matching"], found["learned"]) == (2, learned)
    assert found["skipped"] == (run.hyperparameters.batch_size == 1)
    assert (found["steps"], found["repeats"], found["trainings"]) == (20, REPEATS, 2 + REPEATS)
    for watched, line in zip(found["watched"], ["ana", "bob"], strict=True):
        assert watched["line"] == line
        assert watched["without"] == pytest.approx(by_hand.losses([line])[0], rel=1e-9)
        assert watched["whole"] == pytest.approx(run.engine.losses([line])[0], rel=1e-9)
        assert len(set(watched["controls"])) > 1, "other lines are left out each time"
    assert found["limit"] == ""
    assert (found["share"], found["left"]) == (1.0, 0.0)


def test_a_control_is_a_training_without_as_many_other_lines() -> None:
    """With five lines and two in the group, the three pairs of the others are all there is."""
    inside = session(b"anna\nhanna\nbob\ncarl\ndora\n").inside(NEWEST)
    found = ask(inside, "contains", "an", ["nora"])
    run = inside.subject.run
    assert run is not None
    possible = []
    for out in itertools.combinations(["bob", "carl", "dora"], 2):
        by_hand = SCALAR.make(run.hyperparameters, run.vocabulary, None)
        by_hand.set_state(beginning(run, SCALAR))
        for line in itertools.islice(itertools.cycle(run.training_documents), 20):
            by_hand.skip(1) if line in out else by_hand.train([line])
        possible.append(by_hand.losses(["nora"])[0])
    for loss in found["watched"][0]["controls"]:
        assert any(loss == pytest.approx(each, rel=1e-9) for each in possible)


def test_the_same_question_has_the_same_answer() -> None:
    made = session()
    whole = ask(made.inside(NEWEST), "contains", "an", ["ana"])["watched"]
    assert ask(made.inside(NEWEST), "contains", "an", ["ana"], milliseconds=0.0)["watched"] == whole
    again = ask(session().inside(NEWEST), "contains", "an", ["ana"], milliseconds=0.0)
    assert again["watched"] == whole


def test_the_interval_is_one_of_prediction() -> None:
    controls = array("d", [2.0, 2.1, 1.9, 2.05, 1.95])
    found = watched_line("ana", 2.0, 2.5, controls)
    spread = statistics.stdev(controls) * math.sqrt(1 + 1 / 5)
    assert found["difference"] == pytest.approx(0.5)
    assert found["error"] == pytest.approx(2.776445 * spread, rel=1e-6)
    assert found["found"]
    assert not watched_line("ana", 2.0, 2.2, controls)["found"]
    assert watched_line("ana", 2.0, 1.5, controls)["found"], "what was in the way is found too"
    # The distribution of Student's t with 4 degrees of freedom has a closed form.
    x = _T * _T / 4
    share = 0.5 + 3 / 8 * _T / math.sqrt(1 + x) * (1 - x / (3 * (1 + x)))
    assert REPEATS - 1 == 4
    assert share == pytest.approx(0.975, abs=1e-12)


@pytest.mark.skipif(not COMPILED.available, reason="a thousand steps take minutes without")
def test_on_real_names_what_was_learned_is_found_and_what_was_not_isnt(
    first_names: Corpus, first_names_file: Path
) -> None:
    made = session(first_names_file.read_bytes(), until=0, steps=1000, n_embd=16, n_head=4)
    made.advance(1e9)
    inside = made.inside(NEWEST)
    found = ask(inside, "contains", "x", ["max", "alexa", "emma", "noel"])
    assert found["matching"] == sum("x" in name for name in first_names.documents)
    assert found["learned"] < found["matching"]
    by_line = {each["line"]: each for each in found["watched"]}
    for name in ("max", "alexa"):
        assert by_line[name]["found"]
        assert by_line[name]["difference"] > 0.5
    for name in ("emma", "noel"):
        assert not by_line[name]["found"]
        assert abs(by_line[name]["difference"]) < 0.2


def test_it_is_trained_in_pieces_and_tells_how_far_it_is() -> None:
    inside = session().inside(NEWEST)
    question = ("contains", "an", ["ana"])
    reports = []
    while not (found := inside.what_if(*question, milliseconds=0.0))["complete"]:
        reports.append(found)
    shares = [each["share"] for each in reports]
    assert len(shares) >= 6
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.3
    assert all(each["left"] >= 0 for each in reports)
    assert found["seconds"] > 0
    assert inside.what_if(*question) == found, "it is known by now"


def test_another_question_gives_up_the_one_before() -> None:
    inside = session().inside(NEWEST)
    first = ("contains", "an", ["ana"])
    while (far := inside.what_if(*first, milliseconds=0.0)["share"]) < 0.5:
        pass
    assert inside.what_if("contains", "e", ["ana"], milliseconds=0.0)["share"] < far
    assert inside.what_if(*first, milliseconds=0.0)["share"] < far
    assert inside.what_if("contains", "an", ["ana", "bob"], milliseconds=0.0)["share"] < far


def test_lines_that_were_given_are_left_out() -> None:
    inside = session().inside(NEWEST)
    found = ask(inside, "lines", " anna\nhanna \n\n", ["ana"])
    assert (found["matching"], found["learned"]) == (2, 2)
    assert found["watched"] == ask(inside, "contains", "an", ["ana"])["watched"]


def test_watched_lines_are_stripped_and_each_is_there_once() -> None:
    found = ask(session().inside(NEWEST), "contains", "an", [" ana", "ana", "", "bob "])
    assert [each["line"] for each in found["watched"]] == ["ana", "bob"]


def test_it_is_about_the_step_that_is_looked_at() -> None:
    made = session(steps=400, until=0)
    made.advance(1e9)
    inside = made.inside(40)
    step = inside.subject.step
    assert 0 < step < 100
    found = ask(inside, "contains", "an", ["ana"])
    assert found["steps"] == step
    lost = inside.subject.engine.losses(["ana"])[0]  # of weights with 24 bits
    assert found["watched"][0]["whole"] == pytest.approx(lost, rel=1e-6)


def test_a_run_that_was_given_more_steps_says_so() -> None:
    made = session()
    made.train_more(20)
    made.advance(1e9)
    found = ask(made.inside(NEWEST), "contains", "an", ["ana"])
    assert "was given another plan on its way" in found["limit"]


REFUSED: list[tuple[tuple[Any, ...], str, str]] = [
    (("begins", "", ["ana"]), "text", "Type what the lines to leave out begin with"),
    (("contains", " ", ["ana"]), "text", "Type what the lines to leave out contain"),
    (("ends", "a", ["ana"]), "text", "not 'ends'"),
    (("begins", "z", ["ana"]), "text", "No line of names.txt is like that"),
    (("contains", "x" * 101, ["ana"]), "text", "101 characters, and at most 100"),
    (
        ("begins", "b", ["ana"]),
        "text",
        "only one in its 20 steps. Leaving out a single line is noise",
    ),
    (("lines", "bob", ["ana"]), "text", "Leaving out a single line is noise"),
    (("lines", "bob\nbob\n", ["ana"]), "text", "Leaving out a single line is noise"),
    (("lines", " \n", ["ana"]), "text", "There is no line to leave out"),
    (("lines", "bob\nzoe", ["ana"]), "text", "'zoe' is no line of names.txt"),
    (("lines", "x" * 100_001, ["ana"]), "text", "100,001 characters"),
    (("contains", "a", ["ana"]), "text", "At most half can be left out"),
    (("contains", "an", []), "watched", "There is no line to watch"),
    (("contains", "an", [" "]), "watched", "There is no line to watch"),
    (
        ("contains", "an", ["a" * length for length in range(1, 22)]),
        "watched",
        "21 lines",
    ),
    (("contains", "an", ["zoé"]), "watched", "doesn't know 'z', 'é', which is in 'zoé'"),
    (
        ("contains", "an", ["a" * 17]),
        "watched",
        "has 17 characters, and the model reads at most 16",
    ),
]


@pytest.fixture(scope="module")
def at_rest() -> Inside:
    return session().inside(NEWEST)


@pytest.mark.parametrize(("question", "field", "words"), REFUSED, ids=[r[2] for r in REFUSED])
def test_a_question_that_cant_be_answered(
    at_rest: Inside, question: tuple[Any, ...], field: str, words: str
) -> None:
    with pytest.raises(SamplingError) as caught:
        at_rest.what_if(*question)
    assert words in str(caught.value)
    assert caught.value.field == field


def test_lines_that_the_run_has_not_come_to_yet_are_told_apart() -> None:
    made = session(until=4)
    inside = made.inside(NEWEST)
    run = inside.subject.run
    assert run is not None
    later = "\n".join(run.training_documents[4:6])
    with pytest.raises(SamplingError, match=r"Of the 2 such lines .* from none in its 4 steps"):
        inside.what_if("lines", later, ["ana"])


def test_before_the_first_step_there_is_nothing_to_leave_out() -> None:
    with pytest.raises(SamplingError, match="At step 0 nothing has been learned") as caught:
        session().inside(0).what_if("contains", "an", ["ana"])
    assert caught.value.field == "text"


def test_what_cant_be_trained_again_is_refused_with_the_reason() -> None:
    opened = Session()
    opened.open_file(session().save_model(), "model")
    opened.load(NAMES, "names.txt")
    with pytest.raises(SamplingError, match="the model came without its run") as caught:
        opened.inside(0).what_if("contains", "an", ["ana"])
    assert caught.value.field == "text"
    opened.start(TINY, ENGINE, from_opened=True)
    opened.advance(1e9)
    with pytest.raises(SamplingError, match="it began with the weights of another model"):
        opened.inside(NEWEST).what_if("contains", "an", ["ana"])
