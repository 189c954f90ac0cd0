"""Recipes: what they repeat, and which runs have one."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from microgpt import Session
from microgpt.errors import LinkError, SessionError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.links import Recipe, read_link, recipe_link
from runs import NAMES, SITE, SMALL, losses, trained


@pytest.mark.parametrize("engine", ["compiled", "compiled-float32", "scalar"])
def test_a_recipe_repeats_a_run(engine: str) -> None:
    sender = trained(engine=engine)
    report = sender.recipe(SITE, 4000, {})
    receiver = Session()
    opened = receiver.open_link(report["address"])
    assert opened["kind"] == "recipe"
    assert opened["text"] is not None
    assert opened["hyperparameters"] == dataclasses.asdict(Hyperparameters(**SMALL))
    assert opened["seconds_expected"] < 10
    receiver.load(b"something else\n", "meanwhile.txt")
    receiver.start_recipe()
    assert receiver.advance(1e9)["ending"] == "finished"
    assert receiver.recipe_outcome() == {"same": True, "step": 40}
    assert losses(receiver) == losses(sender)


def test_a_recipe_ends_where_the_run_was_stopped() -> None:
    sender = Session()
    sender.load(NAMES, "names.txt")
    sender.start(SMALL, "compiled")
    sender.advance(1e9, 17)
    sender.stop()
    receiver = Session()
    receiver.open_link(sender.recipe(SITE, 4000, {})["address"])
    receiver.start_recipe()
    progress = receiver.advance(1e9)
    assert (progress["step"], progress["ending"]) == (17, "finished")
    assert receiver.recipe_outcome()["same"]
    receiver.start(SMALL, "compiled")
    assert receiver.advance(1e9)["step"] > 17, "a run of one's own goes to its end"


def test_a_recipe_that_is_interrupted_ends_there_too() -> None:
    sender = Session()
    sender.load(NAMES, "names.txt")
    sender.start(SMALL, "compiled")
    with pytest.raises(LinkError, match="nothing to repeat"):
        sender.recipe(SITE, 4000, {})
    sender.advance(1e9, 17)
    receiver = Session()
    receiver.open_link(sender.recipe(SITE, 4000, {})["address"])
    receiver.start_recipe()
    receiver.advance(1e9, 5)
    again = Session()
    again.open_file(receiver.save_run(), "run.safetensors")
    assert again.advance(1e9)["step"] == 17


def test_a_recipe_of_an_example_has_its_name_alone() -> None:
    sender = trained()
    text = "\n".join(NAMES.decode().split()).encode()
    examples = {hashlib.sha256(text).hexdigest()[:32]: "ten-names.txt"}
    report = sender.recipe(SITE, 400, examples)
    assert report["example"] == "ten-names.txt"
    receiver = Session()
    opened = receiver.open_link(report["address"])
    assert (opened["example"], opened["text"]) == ("ten-names.txt", None)
    receiver.load(NAMES + b"leo\n", "ten-names.txt")
    with pytest.raises(LinkError, match="made with another text"):
        receiver.start_recipe()
    receiver.load(NAMES, "ten-names.txt")
    receiver.start_recipe()


def test_what_is_not_the_same_is_said() -> None:
    recipe = read_link(trained().recipe(SITE, 4000, {})["address"])
    assert isinstance(recipe, Recipe)
    receiver = Session()
    receiver.open_link(recipe_link(dataclasses.replace(recipe, weights_hash=bytes(16)), 4000))
    receiver.start_recipe()
    receiver.advance(1e9)
    assert receiver.recipe_outcome() == {"same": False, "step": 40}


def test_runs_that_no_recipe_repeats() -> None:
    switched = Session()
    switched.load(NAMES, "names.txt")
    switched.start(SMALL, "scalar")
    switched.advance(1e9, 3)
    switched.use_engine("compiled")
    with pytest.raises(LinkError, match="more than one engine"):
        switched.recipe(SITE, 4000, {})
    begun = Session()
    begun.open_link(trained().link(SITE, 2000)["address"])
    begun.load(NAMES, "names.txt")
    begun.start(SMALL, "compiled", from_opened=True)
    with pytest.raises(LinkError, match="weights of another model"):
        begun.recipe(SITE, 4000, {})
    with pytest.raises(LinkError, match=r"this recipe's link has [\d,]+ characters"):
        trained().recipe(SITE, 100, {})
    with pytest.raises(SessionError, match="no recipe"):
        trained().start_recipe()
