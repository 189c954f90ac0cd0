"""A session's links, recipes and opened models, without a browser."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import HyperparameterError, LinkError, SessionError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import weight_shapes
from microgpt.sharing import qr
from microgpt.sharing.saved import Provenance, SavedModel, parameter_count, weights_for

SITE = "http://127.0.0.1:8000/microgpt-in-a-tab/"  # forty characters
NAMES = b"anna\nbob\ncarla\ndave\nemma\nfred\nhanna\nida\njob\nkarl\n"
SMALL: Mapping[str, Any] = {"steps": 40, "n_embd": 8, "seed": 3}


def trained(
    hyperparameters: Mapping[str, Any] = SMALL, text: bytes = NAMES, engine: str = "compiled"
) -> Session:
    session = Session()
    session.load(text, "names.txt")
    session.start(hyperparameters, engine)
    while not session.advance(100)["finished"]:
        pass
    return session


@pytest.fixture(scope="module")
def original(first_names_file: Path) -> Session:
    """The original's settings, on a list of first names."""
    return trained({}, first_names_file.read_bytes())


@pytest.mark.parametrize(("limit", "cost"), [(1200, 0.06), (2000, 0.03), (4000, 0.01)])
def test_a_link_is_short_and_costs_little(original: Session, limit: int, cost: float) -> None:
    assert len(SITE) == 40
    report = original.link(SITE, limit)
    assert report["characters"] == len(report["address"]) <= limit
    assert report["address"].startswith(SITE + "#m=")
    assert report["unseen"]
    assert report["documents"] > 100, "2,000, where the machine has time for them"
    assert report["loss"] is not None
    assert report["loss_in_link"] is not None
    assert report["loss_in_link"] - report["loss"] <= cost


def test_the_measured_losses_are_those_of_both_models(original: Session) -> None:
    report = original.link(SITE, 1200)
    run = original._run
    assert run is not None
    unseen = run.unseen_documents
    documents = [unseen[i * len(unseen) // 2000] for i in range(2000)][: report["documents"]]
    losses = [run.document_loss(document) for document in documents]
    assert report["loss"] == pytest.approx(math.fsum(losses) / len(losses), abs=1e-12)
    receiver = Session()
    receiver.open_link(report["address"])
    model = receiver._model
    assert model is not None
    losses = [model.document_loss(document) for document in documents]
    assert report["loss_in_link"] == pytest.approx(math.fsum(losses) / len(losses), abs=1e-12)


def test_a_link_leaves_the_run_as_it_was() -> None:
    disturbed, alone = (trained({**SMALL, "steps": 20}) for _ in range(2))
    for session in (disturbed, alone):
        session.start({**SMALL, "steps": 60}, "compiled")
        session.advance(1e9, 30)
        if session is disturbed:
            session.link(SITE, 2000)
            session.recipe(SITE, 4000, {})
            session.save_model()
            session.save_run()
        session.advance(1e9)
    assert disturbed._run is not None
    assert alone._run is not None
    assert disturbed._run.losses == alone._run.losses


def test_a_model_without_its_text() -> None:
    receiver = Session()
    opened = receiver.open_link(trained().link(SITE, 2000)["address"])
    assert opened["kind"] == "model"
    assert opened["run"] is None
    assert opened["provenance"].startswith("names.txt: 10 documents, 40 steps, loss ")
    assert len(list(receiver.sample(5))) == 5
    for call in (receiver.save_run, receiver.text, lambda: receiver.recipe(SITE, 4000, {})):
        with pytest.raises((LinkError, SessionError), match="came without its run"):
            call()
    assert receiver.link(SITE, 2000)["loss"] is None, "no text to measure it on"
    receiver.load(b"anna\nzoe\n", "mine.txt")
    assert receiver.link(SITE, 2000)["documents"] == 1, "of zoe it knows no z"


def test_what_was_opened_is_passed_on_as_it_came() -> None:
    receiver = Session()
    address = trained().link(SITE, 2000)["address"]
    receiver.open_link(address)
    assert receiver.link(SITE, 2000)["address"] == address
    shorter = receiver.link(SITE, len(address) - 100)
    assert shorter["address"] != address


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
    while not receiver.advance(100)["finished"]:
        pass
    assert receiver.recipe_outcome() == {"same": True, "step": 40}
    assert sender._run is not None
    assert receiver._run is not None
    assert receiver._run.losses == sender._run.losses


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
    assert (progress["step"], progress["finished"]) == (17, True)
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
    receiver = Session()
    receiver.open_link(trained().recipe(SITE, 4000, {})["address"])
    receiver.start({**SMALL, "seed": 4}, "compiled")
    receiver.advance(1e9)
    assert not receiver.recipe_outcome()["same"]


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
    with pytest.raises(LinkError, match="weights of an opened model"):
        begun.recipe(SITE, 4000, {})
    with pytest.raises(LinkError, match=r"this recipe's link has [\d,]+ characters"):
        trained().recipe(SITE, 100, {})
    with pytest.raises(SessionError, match="no recipe"):
        trained().start_recipe()


def test_a_run_begins_with_an_opened_model(original: Session, first_names_file: Path) -> None:
    text = first_names_file.read_bytes()
    losses = {}
    for from_opened in (True, False):
        receiver = Session()
        receiver.open_link(original.link(SITE, 4000)["address"])
        receiver.load(text + "zoë\n".encode(), "mine.txt")
        assert receiver.opened_notes() == [
            "New to the model: ë. Their weights begin at random; it learns them from this text "
            "alone."
        ]
        receiver.start({"steps": 200, "seed": 7}, "compiled", from_opened)
        losses[from_opened] = math.fsum(receiver.advance(1e9)["losses"][:100]) / 100
    assert losses[True] < losses[False] - 0.2


def test_opened_models_keep_their_shape() -> None:
    receiver = Session()
    receiver.load(NAMES, "names.txt")
    with pytest.raises(SessionError, match="no opened model"):
        receiver.start(SMALL, "compiled", from_opened=True)
    receiver.open_link(trained().link(SITE, 2000)["address"])
    with pytest.raises(HyperparameterError, match="has n_embd = 8"):
        receiver.start({"n_embd": 16}, "compiled", from_opened=True)
    many = "".join(chr(0x4E00 + i) + "\n" for i in range(4995)).encode()
    receiver.load(many, "many.txt")
    with pytest.raises(SessionError, match=r"together have 5,0\d\d distinct characters"):
        receiver.start(SMALL, "compiled", from_opened=True)
    assert len(list(receiver.sample(3))) == 3, "the opened model is still there"


@given(
    st.sets(st.sampled_from("abcdefgh"), min_size=1).map(sorted).map("".join),
    st.sets(st.sampled_from("abcdefgh"), min_size=1).map(sorted).map("".join),
)
def test_each_character_keeps_its_rows(before: str, after: str) -> None:
    h = Hyperparameters(n_embd=2, n_head=1, block_size=3)
    count = parameter_count(h, len(before) + 1)
    model = SavedModel(h, before, array("d", range(count)), Provenance("", 1, 1, 1.0))
    drawn = array("d", [-1.0 - i for i in range(parameter_count(h, len(after) + 1))])
    old = split(model.weights, h, before)
    new = split(weights_for(model, after, drawn), h, after)
    own = split(drawn, h, after)
    for name, rows in new.items():
        if name not in ("wte", "lm_head"):
            assert rows == old[name]
            continue
        for character, row in zip([*after, "BOS"], rows, strict=True):
            known = [*before, "BOS"]
            if character in known:
                assert row == old[name][known.index(character)]
            else:
                assert row == own[name][Vocabulary(after).encode(character, 3)[1]]


def split(weights: array[float], h: Hyperparameters, characters: str) -> dict[str, list[Any]]:
    matrices, at = {}, 0
    for name, (rows, columns) in weight_shapes(h, len(characters) + 1).items():
        matrices[name] = [weights[at + i * columns : at + (i + 1) * columns] for i in range(rows)]
        at += rows * columns
    return matrices


def test_documents_that_were_learned_are_not_unseen() -> None:
    session = Session()
    session.load(b"anna\nbob\nanna\ncarl\nbob\nanna\n", "names.txt")
    session.start({**SMALL, "steps": 2}, "compiled")
    session.advance(1e9)
    run = session._run
    assert run is not None
    learned = set(run.training_documents[:2])
    assert run.unseen_documents == [d for d in run.training_documents if d not in learned]


def test_qr_codes_have_a_limit() -> None:
    assert qr.svg("x" * qr.MAX_CHARACTERS).startswith("<svg")
    with pytest.raises(LinkError, match="holds 2,953 characters"):
        qr.svg("x" * (qr.MAX_CHARACTERS + 1))
