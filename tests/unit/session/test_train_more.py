"""A run that is given another plan: trained more, or taken back to its best step."""

from __future__ import annotations

import pytest

from microgpt import Session
from microgpt.engines.kinds import ENGINES
from microgpt.errors import HyperparameterError, LinkError, SavedModelError, SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run
from microgpt.sharing import checkpoint, safetensors
from runs import IN_PAGE, NAMES, SMALL, losses, new_run, trained

HELD_OUT = {**SMALL, "steps": 400, "holdout": 0.3}


def reopened(session: Session) -> Session:
    again = Session()
    again.open_file(session.save_run(), "run")
    return again


@pytest.mark.parametrize("engine", IN_PAGE)
def test_it_goes_on_from_weights_and_adams_means_on_the_line_of_the_new_plan(engine: str) -> None:
    session = trained(engine=engine)
    report = session.train_more(25)
    assert (report["step"], report["steps"], report["began_at"]) == (40, 65, 40)
    assert report["hyperparameters"]["steps"] == 65
    assert session.advance(1e9)["ending"] == "finished"
    # The same by hand: a run of 65 steps in the state that the one of 40 has come to.
    corpus = Corpus("names.txt", tuple(NAMES.decode().split()), 0)
    first = new_run(corpus, Hyperparameters(steps=40, n_embd=8, seed=3), engine)
    while first.step < 40:
        first.train(40)
    plan = Hyperparameters(steps=65, n_embd=8, seed=3)
    second = Run(corpus, plan, ENGINES[engine], state=first.get_state())
    while second.step < 65:
        second.train(25)
    assert losses(session) == list(second.losses)
    assert len(losses(session)) == 65


def test_losses_kept_steps_and_what_was_measured_go_on() -> None:
    session = trained(HELD_OUT)
    before, at_10 = session.learning(1e9), losses(session)
    session.look_at(10)
    drawn = list(session.sample(3, original=True))
    session.train_more(400)
    session.advance(1e9)
    after = session.learning(1e9)
    assert losses(session)[:400] == at_10
    assert after["complete"]
    assert after["steps"][: len(before["steps"])] == before["steps"]
    assert after["steps"][-1] == 800
    assert after["holdout"][: len(before["holdout"])] == before["holdout"]
    session.look_at(10)
    assert list(session.sample(3, original=True)) == drawn


def test_lines_that_the_new_plan_reaches_are_not_measured_any_more(first_names: Corpus) -> None:
    session = trained({"steps": 100, "n_embd": 8}, "\n".join(first_names.documents).encode())
    assert session.learning(1e9)["documents"] == 1000
    session.train_more(4700)
    session.advance(1e9)
    learning = session.learning(1e9)
    assert 200 < learning["documents"] < 400
    assert len(learning["holdout"]) == len(learning["steps"])
    session.train_more(1000)
    session.advance(1e9)
    assert session.learning(1e9)["documents"] == 0


def test_a_stopped_run_and_one_of_a_file_can_go_on() -> None:
    session = Session()
    session.load(NAMES, "names.txt")
    session.start(HELD_OUT, "compiled")
    session.advance(1e9, until_step=33)
    session.stop()
    again = reopened(session)
    for each in (session, again):
        assert each.train_more(20)["steps"] == 53
        assert each.advance(1e9)["ending"] == "finished"
    assert losses(again) == losses(session)
    assert again.save_model() == session.save_model()
    assert 33 in session.learning(1e9)["steps"]


def test_it_says_that_it_cannot_be_repeated_and_so_does_its_file() -> None:
    session = trained()
    plain = session.save_run()
    session.train_more(10)
    session.advance(1e9)
    for each in (session, reopened(session), reopened(reopened(session))):
        with pytest.raises(LinkError, match="plan of this run was changed after step 40"):
            each.recipe("", 10_000, {})
        with pytest.raises(SessionError, match="plan was changed after step 40"):
            each.twin()
    _, metadata = safetensors.read(session.save_run())
    assert metadata["began_at"] == "40"
    assert "began_at" not in safetensors.read(plain)[1]


@pytest.mark.parametrize("said", ["0", "-1", "01", "1.0", "", "51", "x", "999999999"])
def test_a_file_that_says_what_cannot_be_is_refused(said: str) -> None:
    session = trained()
    session.train_more(10)
    session.advance(1e9)
    tensors, metadata = safetensors.read(session.save_run())
    changed = {**metadata, "began_at": said}
    changed["crc32"] = checkpoint.checksum(tensors, changed)
    if said == "0":
        assert checkpoint.read(safetensors.write(tensors, changed), "run")[1] is not None
        return
    with pytest.raises(SavedModelError, match="another plan at a step"):
        checkpoint.read(safetensors.write(tensors, changed), "run")


def test_a_recipe_that_was_followed_is_not_compared_after_another_plan() -> None:
    session = trained()
    session.open_link(session.recipe("", 10_000, {})["address"])
    session.start_recipe()
    session.advance(1e9)
    assert session.recipe_outcome()["same"]
    assert not session.train_more(5)["follows_recipe"]
    assert session.advance(1e9)["step"] == 45
    with pytest.raises(SessionError, match="follows no recipe"):
        session.recipe_outcome()


@pytest.mark.parametrize("steps", [0, -1, 1_000_000, 1.5])
def test_what_is_no_number_of_steps_is_refused_and_named(steps: int) -> None:
    session = trained()
    with pytest.raises(HyperparameterError, match="1 to 999,960 steps more") as caught:
        session.train_more(steps)
    assert caught.value.field == "steps"
    assert session.advance(1)["ending"] == "finished", "it is as it was"


def test_a_run_that_diverged_cannot_go_on() -> None:
    text = b"anna\nbella\nanna\ncarla\nella\n"
    wild = {"n_embd": 4, "n_head": 2, "steps": 1000, "learning_rate": 1.0, "init_std": 1.0}
    session = trained(wild, text)
    with pytest.raises(SessionError, match="Lower learning_rate"):
        session.train_more(10)


def test_the_best_step_takes_the_place_of_the_run() -> None:
    session = trained(HELD_OUT)
    learning = session.learning(1e9)
    assert learning["complete"]
    best = learning["steps"][learning["holdout"].index(min(learning["holdout"]))]
    assert 0 < best < 400
    session.look_at(best)
    drawn, before = list(session.sample(5, original=True)), losses(session)
    progress = session.keep_best()
    assert (progress["step"], progress["ending"]) == (best, "stopped")
    assert list(progress["losses"]) == before[:best]
    assert list(session.sample(5, original=True)) == drawn
    again = reopened(session)
    assert list(again.sample(5, original=True)) == drawn
    assert losses(again) == before[:best]
    with pytest.raises(SessionError, match="was stopped"):
        again.advance(1)
    with pytest.raises(LinkError, match=f"changed after step {best}"):
        again.recipe("", 10_000, {})
    now = session.learning(1e9)
    assert now["steps"][-1] == best
    assert now["holdout"][-1] == min(learning["holdout"])
    assert session.keep_best()["step"] == best, "once more is no other"


def test_from_the_best_step_it_can_be_trained_more() -> None:
    session = trained(HELD_OUT)
    session.learning(1e9)
    best = session.keep_best()["step"]
    assert session.train_more(50)["steps"] == best + 50
    assert session.advance(1e9)["ending"] == "finished"
    assert len(losses(session)) == best + 50
    learning = session.learning(1e9)
    assert learning["complete"]
    assert learning["steps"][-1] == best + 50
    assert learning["steps"] == sorted(set(learning["steps"]))


def test_without_measurements_there_is_no_best_step() -> None:
    session = trained()
    session.learning(1e9)
    with pytest.raises(SessionError, match="Set holdout"):
        session.keep_best()
    assert session.advance(1)["ending"] == "finished"
