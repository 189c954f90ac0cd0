"""Favourites: what is kept of them, and what learning from them does to a model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import pytest

from microgpt import Session
from microgpt.errors import HyperparameterError, LinkError, SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.session import favourites, forgetting
from microgpt.session.favourites import PLAN, text_of
from microgpt.session.live_run import LiveRun
from microgpt.session.reports import Learning
from microgpt.sharing.favourites import MOST
from runs import SITE, SMALL, losses, trained

LIKED = ["jalinda", "marinda", "velinda", "corinda", "tarinda", "kelinda", "sorinda", "zelinda"]
NOTHING: dict[str, list[str]] = {"liked": [], "blocked": []}


def complete(session: Session) -> Learning:
    while not (learning := session.learning(1e9))["complete"]:
        pass
    return learning


def live(session: Session) -> LiveRun:
    assert isinstance(session._present, LiveRun)
    return session._present


def mean_loss(session: Session, documents: list[str]) -> float:
    return math.fsum(live(session).run.engine.losses(documents)) / len(documents)


@pytest.fixture
def of_names(first_names: Corpus) -> Session:
    """A model of first names, which it hasn't gone round."""
    session = trained({}, "\n".join(first_names.documents).encode())
    session.set_favourites(LIKED, ["xx"])
    return session


# --- which there are -----------------------------------------------------------------------


def test_they_stand_in_their_order_once_and_in_one_list() -> None:
    session = trained()
    assert session.favourites() == NOTHING
    session.set_favourites(["b", "a", "b"], ["c", "a", "c", "d"])
    assert session.favourites() == {"liked": ["b", "a"], "blocked": ["c", "d"]}


@pytest.mark.parametrize(
    ("liked", "words"),
    [
        ([""], "can't be a favourite"),
        (["a\nb"], "can't be a favourite"),
        (["a\x00"], "can't be a favourite"),
        (["\ud800"], "can't be a favourite"),
        (["a" * 1025], "can't be a favourite"),
        ([5], "can't be a favourite"),
        ([str(i) for i in range(MOST + 1)], "501 lines are liked, and 500 is the limit"),
        ([f"{i:03}" + "a" * 197 for i in range(201)], "40,200 characters"),
    ],
)
def test_what_cannot_be_one_is_refused_and_those_before_stay(liked: list[Any], words: str) -> None:
    session = trained()
    session.set_favourites(["anna"], ["bob"])
    with pytest.raises(SessionError, match=words):
        session.set_favourites(liked, [])
    assert session.favourites() == {"liked": ["anna"], "blocked": ["bob"]}


def test_without_a_model_there_are_none_and_nothing_to_have_them() -> None:
    session = Session()
    assert session.favourites() == NOTHING
    with pytest.raises(SessionError, match="no model yet"):
        session.set_favourites(["anna"], [])
    with pytest.raises(SessionError, match="no model yet"):
        session.learn_favourites(100)


def test_they_belong_to_the_text_and_come_back_with_it() -> None:
    session = trained()
    session.set_favourites(["anna"], ["bob"])
    session.train_more(5)
    assert session.favourites()["liked"] == ["anna"]
    session.start(SMALL, "compiled")
    assert session.favourites()["liked"] == ["anna"]
    model = session.save_model()
    session.load(b"one\ntwo\nthree\n", "numbers.txt")
    assert session.favourites()["liked"] == ["anna"], "the model is the one of before"
    session.start(SMALL, "compiled")
    assert session.favourites() == NOTHING
    session.set_favourites(["two"], [])
    session.open_file(model, "model")
    assert session.favourites() == {"liked": ["anna"], "blocked": ["bob"]}


def test_the_best_step_has_those_that_the_last_one_had() -> None:
    session = trained({**SMALL, "holdout": 0.3})
    session.set_favourites(["anna"], [])
    complete(session)
    session.keep_best()
    assert session.favourites()["liked"] == ["anna"]


def test_a_saved_run_brings_them_and_what_was_chosen_here_stays() -> None:
    session = trained()
    session.set_favourites(["anna", "ida"], ["bob"])
    run = session.save_run()
    elsewhere = Session()
    elsewhere.open_file(run, "run")
    assert elsewhere.favourites() == session.favourites()
    session.set_favourites(["bob"], ["ida"])
    session.open_file(run, "run")
    assert session.favourites() == {"liked": ["bob", "anna"], "blocked": ["ida"]}


def test_what_is_united_has_its_bounds() -> None:
    session = trained()
    session.set_favourites([f"a{i}" for i in range(MOST)], [])
    run = session.save_run()
    session.set_favourites([f"b{i}" for i in range(MOST - 2)], [])
    session.open_file(run, "run")
    liked = session.favourites()["liked"]
    assert (len(liked), liked[-3:]) == (MOST, ["b497", "a0", "a1"])


def test_what_is_blocked_is_not_made_again() -> None:
    session = trained()
    wish: dict[str, Any] = {
        "count": 10, "temperature": 0.5, "prefix": "", "suffix": "", "contains": "",
        "without": "", "min_length": 0, "max_length": 0, "new": False, "unique": True,
        "min_edits": 0, "written": "as_is", "likeliest": False,
    }  # fmt: skip

    def made() -> Iterator[str]:
        session.seed_samples(7)
        return (each["text"] for making in session.make(wish) for each in making["made"])

    first = list(made())
    session.set_favourites([], first[:3])
    assert not set(made()) & set(first[:3])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", "names.txt"),
        ("Favourites of names.txt", "names.txt"),
        ("mine.txt, after names.txt", "mine.txt"),
        (", after names.txt", ", after names.txt"),
        ("n" * 200, "n" * 100),
        ("", ""),
    ],
)
def test_the_name_of_a_text_is_found_in_that_of_what_was_learned(name: str, text: str) -> None:
    assert text_of(name) == text


# --- learning from them --------------------------------------------------------------------


def test_liked_names_become_likelier_and_the_rest_is_hardly_forgotten(of_names: Session) -> None:
    like = ["dalinda", "morinda", "karinda"]  # which it is never told
    unseen = [each for each in live(of_names).run.unseen_documents if each not in LIKED]
    before = {part: mean_loss(of_names, lines) for part, lines in enumerate([LIKED, like, unseen])}
    report = of_names.learn_favourites(PLAN["steps"])
    assert (report["name"], report["training_documents"]) == ("Favourites of names.txt", 8)
    assert (report["step"], report["steps"]) == (0, PLAN["steps"])
    assert mean_loss(of_names, LIKED) == before[0], "it begins with the model"
    assert of_names.advance(1e9)["ending"] == "finished"
    assert mean_loss(of_names, LIKED) < before[0] - 0.5
    assert mean_loss(of_names, like) < before[1] - 0.4
    assert mean_loss(of_names, unseen) < before[2] + 0.1
    assert of_names.favourites() == {"liked": LIKED, "blocked": ["xx"]}


def test_what_is_measured_are_the_earlier_runs_unseen_lines(of_names: Session) -> None:
    unseen = set(live(of_names).run.unseen_documents)
    of_names.learn_favourites(100)
    run = live(of_names).run
    assert run.background
    measured = run.background.measured_documents
    assert len(measured) == len(set(measured)) == 500
    assert set(measured) <= unseen
    assert not set(measured) & {*run.training_documents, *LIKED}
    of_names.advance(1e9)
    learning = complete(of_names)
    assert (learning["documents"], learning["kept_out"], learning["learned"]) == (500, False, False)
    assert learning["holdout"][0] == pytest.approx(run.background.loss, abs=1e-6)
    assert learning["steps"][-1] == 100
    assert learning["holdout"][-1] == pytest.approx(mean_loss(of_names, measured), abs=1e-6)


def test_lines_of_the_text_are_still_known_as_such(of_names: Session) -> None:
    before = live(of_names).run
    held = trained({"holdout": 0.1}, "\n".join(before.corpus.documents).encode())
    held.set_favourites(LIKED, [])
    earlier = live(held).run
    held.learn_favourites(40)
    run = live(held).run
    for document in earlier.training_documents[::50]:
        assert run.in_text(document) == "line"
    known = set(earlier.training_documents)
    for document in set(earlier.holdout_documents[::10]) - known:
        assert run.in_text(document) == earlier.in_text(document)
    assert run.background
    assert set(run.background.measured_documents) <= set(earlier.holdout_documents)
    assert run.in_text(LIKED[-1]) == "line"
    assert run.in_text("qqq") == ""


def test_of_a_text_that_was_gone_round_other_lines_are_measured_and_called_so() -> None:
    session = trained({**SMALL, "steps": 200})
    session.set_favourites(["anna", "hanna", "ida"], [])
    session.learn_favourites(40)
    run = live(session).run
    session.advance(1e9)
    learning = complete(session)
    assert learning["learned"]
    assert run.background
    measured = set(run.background.measured_documents)
    assert len(measured) == learning["documents"] > 0
    assert not measured & {*run.training_documents, "anna", "hanna", "ida"}
    assert "The loss on other lines of its text" in session.verdict()[0]["text"]


@pytest.mark.parametrize("text_is_here", [True, False])
def test_an_opened_model_learns_with_its_text_or_with_what_it_makes_up(
    first_names: Corpus, text_is_here: bool
) -> None:
    data = "\n".join(first_names.documents).encode()
    sender = trained({}, data)
    receiver = Session()
    receiver.open_link(sender.link(SITE, 4000)["address"])
    if text_is_here:
        receiver.load(data, "names.txt")
    receiver.set_favourites(LIKED, [])
    receiver.learn_favourites(100)
    run = live(receiver).run
    receiver.advance(1e9)
    complete(receiver)
    first = receiver.verdict()[0]["text"]
    assert run.background
    if text_is_here:
        assert "other lines of its text" in first
        assert set(run.background.measured_documents) <= set(first_names.documents)
    else:
        assert "lines that it made up before" in first
        assert run.in_text(run.background.measured_documents[0]) == ""
    assert receiver.favourites()["liked"] == LIKED
    again = Session()
    again.open_file(receiver.save_run(), "run")
    assert again.favourites()["liked"] == LIKED
    assert again.describe(16)["name"] == ("names.txt" if text_is_here else run.text_name)


def test_favourites_written_in_another_case_are_learned_as_the_model_writes() -> None:
    session = trained()
    session.set_favourites(["Anna", "BOB", "carla", "anna", "Zoë"], [])
    session.learn_favourites(40)
    run = live(session).run
    assert run.background
    assert run.background.favourites == ("anna", "bob", "carla")


def test_too_little_is_refused_with_what_to_do() -> None:
    session = trained()
    session.set_favourites(["anna", "bob", "Zoë"], [])
    before = losses(session)
    with pytest.raises(SessionError, match=r"takes at least 3, and there are 2 that the model can"):
        session.learn_favourites(100)
    session.set_favourites(["anna", "bob", "ida"], [])
    for steps in (9, 5001, 20.5):
        with pytest.raises(HyperparameterError, match="for 10 to 5,000 steps") as caught:
            session.learn_favourites(steps)  # type: ignore[arg-type]
        assert caught.value.field == "steps"
    assert losses(session) == before
    session.start(SMALL, "compiled")
    with pytest.raises(SessionError, match="learned nothing yet"):
        session.learn_favourites(100)
    wild = trained({"n_embd": 4, "n_head": 2, "learning_rate": 1.0, "init_std": 1.0})
    wild.set_favourites(["anna", "bob", "ida"], [])
    with pytest.raises(SessionError, match="Training has spoilt"):
        wild.learn_favourites(100)


def test_every_favourite_of_many_has_its_turn() -> None:
    session = trained()
    session.set_favourites([a + b for a in "abdehn" for b in "aefnr"], [])
    session.learn_favourites(120)
    assert set(session.favourites()["liked"]) <= set(live(session).run.training_documents)


@pytest.mark.parametrize("text_apart", [False, True])
def test_a_saved_one_goes_on_to_the_last_digit(of_names: Session, text_apart: bool) -> None:
    of_names.learn_favourites(60)
    of_names.advance(1e9, until_step=25)
    again = Session()
    data = of_names.save_run(text=not text_apart)
    opened = again.open_file(data, "run", of_names.text() if text_apart else None)
    assert opened["kind"] == "run"
    assert opened["text"] is not None
    assert opened["text"]["name"] == "names.txt", "what a new run would learn from"
    assert opened["hyperparameters"] == dataclasses.asdict(Hyperparameters()), "and with which"
    assert again.favourites() == of_names.favourites()
    assert opened["run"] == live(of_names).report()
    assert live(again).run.background == live(of_names).run.background
    assert live(again).run.training_documents == live(of_names).run.training_documents
    assert list(again.sample(3)) == list(of_names.sample(3))
    assert list(again.advance(1e9)["losses"]) == list(of_names.advance(1e9)["losses"])
    assert again.save_model() == of_names.save_model()
    complete(of_names)
    complete(again)
    assert again.verdict()[0] == of_names.verdict()[0]


def test_learning_once_more_goes_on_measuring_the_same(of_names: Session) -> None:
    of_names.learn_favourites(40)
    of_names.advance(1e9)
    first = live(of_names).run
    report = of_names.learn_favourites(40)
    second = live(of_names).run
    assert report["name"] == "Favourites of names.txt"
    assert first.background
    assert second.background
    assert second.background.measured == first.background.measured
    assert second.background.text is first.background.text
    assert of_names.favourites()["liked"] == LIKED
    assert live(of_names).origin == "names.txt"


def test_it_cannot_be_repeated_by_recipe_or_program(of_names: Session) -> None:
    of_names.learn_favourites(40)
    of_names.advance(1e9)
    with pytest.raises(LinkError, match="began with the weights of another model"):
        of_names.recipe("", 10_000, {})
    with pytest.raises(SessionError, match=r"weights of another model \(names.txt\)"):
        of_names.twin()
    link = of_names.link(SITE, 4000)
    assert link["provenance"].startswith("Favourites of names.txt: 8 lines, 40 steps")
    assert (link["measured_on"], link["unseen"]) == ("Favourites of names.txt", True)


def test_it_can_be_trained_more_and_measured_on(of_names: Session) -> None:
    of_names.learn_favourites(40)
    of_names.advance(1e9)
    before = complete(of_names)
    assert of_names.train_more(40)["steps"] == 80
    of_names.advance(1e9)
    after = complete(of_names)
    assert after["steps"][-1] == 80
    assert after["holdout"][: len(before["holdout"])] == before["holdout"]
    assert of_names.favourites()["liked"] == LIKED


def test_where_too_much_is_forgotten_a_step_to_go_back_to_is_offered(
    of_names: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_names.learn_favourites(400)
    of_names.advance(1e9)
    learning = complete(of_names)
    said = of_names.verdict()
    assert [remark["action"] for remark in said] == ["", ""]
    assert "Samples are more like your 8 favourites" in said[0]["text"]
    assert "rose by 0.0" in said[0]["text"]
    limit = 0.005
    monkeypatch.setattr(forgetting, "MOST_FORGOTTEN", limit)
    told, back = of_names.verdict()[:2]
    assert told == said[0]
    assert back["action"] == "keep_best"
    rises = [loss - learning["holdout"][0] for loss in learning["holdout"]]
    step = learning["steps"][next(i for i, rise in enumerate(rises) if rise > limit) - 1]
    assert (back["value"], back["label"]) == (step, f"Back to step {step}")
    assert of_names.keep_best()["step"] == step
    assert of_names.favourites()["liked"] == LIKED


def test_where_little_has_changed_more_steps_are_offered(of_names: Session) -> None:
    of_names.learn_favourites(10)
    of_names.advance(1e9)
    complete(of_names)
    first, second = of_names.verdict()[:2]
    assert first["text"].startswith("Samples are hardly more like your 3 favourites")
    assert (second["action"], second["value"], second["label"]) == ("train_more", 10, "+10 steps")


def test_favourites_that_are_known_by_heart_are_called_so(of_names: Session) -> None:
    of_names.set_favourites(LIKED[:3], [])
    of_names.learn_favourites(3000)
    of_names.advance(1e9)
    complete(of_names)
    said = " ".join(remark["text"] for remark in of_names.verdict())
    share = forgetting.repeated(live(of_names).run)
    assert f"by heart: {share:.0%} of what it makes up" in said
    drawn = [sample["text"] for _ in range(2) for sample in of_names.sample(1000, 1.0)]
    counted = sum(each in LIKED[:3] for each in drawn) / len(drawn)
    assert share > 0.1
    assert abs(counted - share) < 5 * math.sqrt(share * (1 - share) / len(drawn))


def test_the_plan_that_the_page_shows_is_possible() -> None:
    assert PLAN["least_steps"] <= PLAN["steps"] <= PLAN["most_steps"]
    assert favourites.PLAN["most"] == MOST
