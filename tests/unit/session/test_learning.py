"""What a run does on lines that it doesn't learn from: which lines, and which figures."""

from __future__ import annotations

import math
from array import array

import pytest

from microgpt import Session
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.session.learning import lines_to_measure
from microgpt.session.replay import spaced
from microgpt.session.reports import Learning
from runs import NAMES, new_run, trained


def complete(session: Session, milliseconds: float = 1e9) -> Learning:
    """All that can be measured."""
    while not (learning := session.learning(milliseconds))["complete"]:
        pass
    return learning


def test_lines_are_those_that_the_plan_never_reaches_and_none_that_it_repeats() -> None:
    documents = tuple(f"{'abcdefgh'[i % 8]}{i % 60:02d}" for i in range(100))
    run = new_run(Corpus("x", documents, 0), Hyperparameters(steps=20, n_embd=4), "compiled")
    kept_out, lines = lines_to_measure(run, 1000)
    assert not kept_out
    learned = set(run.training_documents[:20])
    assert set(lines) == set(run.training_documents[20:]) - learned
    assert len(lines) == len(set(lines)) > 20
    few = lines_to_measure(run, 10)[1]
    assert len(few) == 10
    assert set(few) <= set(lines)


def test_of_a_run_that_goes_round_its_text_nothing_is_measured_but_what_was_kept_out() -> None:
    corpus = Corpus("x", tuple(NAMES.decode().split()), 0)
    run = new_run(corpus, Hyperparameters(steps=10, n_embd=4), "compiled")
    assert lines_to_measure(run, 1000) == (False, [])
    kept = new_run(corpus, Hyperparameters(steps=10, n_embd=4, holdout=0.3), "compiled")
    assert lines_to_measure(kept, 1000) == (True, kept.holdout_documents)


def test_every_kept_step_is_measured_on_the_same_lines_by_its_own_model(
    first_names: Corpus,
) -> None:
    data = "\n".join(first_names.documents).encode()
    session = Session()
    session.load(data, "first-names.txt")
    session.start({"steps": 30, "n_embd": 8}, "compiled")
    session.advance(1e9)
    learning = complete(session)
    assert learning["steps"] == spaced(0, 30)
    assert (learning["documents"], learning["kept_out"]) == (1000, False)
    run = new_run(first_names, Hyperparameters(steps=30, n_embd=8), "compiled")
    lines = lines_to_measure(run, 1000)[1]
    for step, loss in zip(learning["steps"], learning["holdout"], strict=True):
        while run.step < step:
            run.train(1)
        # The weights that are kept have 24 bits.
        assert loss == pytest.approx(math.fsum(run.engine.losses(lines)) / 1000, rel=1e-6)
    assert learning["guess"] == math.log(run.vocabulary.size)
    assert learning["letters"] is not None
    assert learning["pairs"] is not None
    assert learning["guess"] > learning["letters"] > learning["pairs"] > 2


def test_it_is_measured_in_slices_the_first_steps_first() -> None:
    session = trained({"steps": 12, "n_embd": 4, "holdout": 0.4})
    whole = complete(trained({"steps": 12, "n_embd": 4, "holdout": 0.4}))
    seen = []
    while not (learning := session.learning(0))["complete"]:
        seen.append(len(learning["holdout"]))
        assert learning["holdout"] == whole["holdout"][: seen[-1]]
    assert learning == whole
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 5


def test_while_it_trains_what_is_kept_by_then_is_measured() -> None:
    session = Session()
    session.load(NAMES, "names.txt")
    session.start({"steps": 40, "n_embd": 4, "holdout": 0.3}, "compiled")
    assert complete(session)["steps"] == []
    session.advance(1e9, until_step=20)
    halfway = complete(session)
    assert halfway["steps"] == [step for step in spaced(0, 40) if step < 20]
    session.advance(1e9)
    learning = complete(session)
    assert learning["steps"] == spaced(0, 40)
    assert learning["holdout"][: len(halfway["steps"])] == halfway["holdout"]


def test_where_nothing_can_be_measured_letters_are_counted_all_the_same() -> None:
    learning = complete(trained())
    assert (learning["documents"], learning["holdout"]) == (0, array("d"))
    assert learning["pairs"] is not None
    assert 0 < learning["pairs"] < learning["guess"]


def test_a_run_that_is_stopped_is_measured_where_it_is() -> None:
    session = Session()
    session.load(NAMES, "names.txt")
    session.start({"steps": 1000, "n_embd": 4, "holdout": 0.3}, "compiled")
    session.advance(1e9, until_step=39)
    session.stop()
    learning = complete(session)
    assert learning["steps"][-1] == 39
    assert len(learning["holdout"]) == len(learning["steps"])


def test_measuring_changes_neither_the_run_nor_its_samples() -> None:
    plain, measured = (Session() for _ in range(2))
    for session in (plain, measured):
        session.load(NAMES, "names.txt")
        session.start({"steps": 40, "n_embd": 4, "holdout": 0.3}, "compiled")
    for step in (5, 17, 40):
        plain.advance(1e9, until_step=step)
        measured.advance(1e9, until_step=step)
        complete(measured, 0)
        measured.verdict()
    assert measured.save_model() == plain.save_model()
    assert list(measured.sample(5)) == list(plain.sample(5))
