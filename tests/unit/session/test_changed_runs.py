"""What changed code made: it goes on to the same digits, and elsewhere it is only told of."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest

from changing import ORIGINALS, Package, changed_code, sources
from microgpt import MicrogptError, Session
from microgpt.engines import host
from microgpt.errors import CodeNeededError, SavedModelError, SessionError
from microgpt.settings import table
from microgpt.sharing import checkpoint, safetensors
from runs import NAMES

SITE = "http://127.0.0.1/"
SMALL: dict[str, Any] = {"n_embd": 4, "n_head": 2, "block_size": 8, "steps": 30}
TRACED = pytest.param(
    "traced",
    marks=pytest.mark.skipif(not host.available(), reason="wasmtime is not installed"),
)
# Another number of weights, and one that shares matrices.
CARDS = ["gelu", "tied-embeddings", "learned-gains"]


def begun(package: Package, until: int = 11, engine: str = "scalar", **options: Any) -> Any:
    session = package["session"].Session()
    session.load(NAMES, "names.txt")
    session.start(SMALL | options, engine)
    session.advance(1e9, until)
    return session


def file_of(name: str, **options: Any) -> bytes:
    with changed_code(sources(name)) as package:
        data: bytes = begun(package, **options).save_run()
        return data


@pytest.mark.parametrize("engine", ["scalar", TRACED])
@pytest.mark.parametrize("name", CARDS)
def test_a_run_goes_on_to_the_last_digit(name: str, engine: str) -> None:
    with changed_code(sources(name)) as package:
        session = begun(package, engine=engine, batch_size=2, holdout=0.2)
        data = session.save_run()
        later = list(session.advance(1e9)["losses"])
        samples = [each["text"] for each in session.sample(5, original=True)]
        program = session.twin()
    with changed_code(sources(name)) as package:
        again = package["session"].Session()
        opened = again.open_file(data, "run.safetensors")
        assert opened["changed"] is None
        assert opened["engine"] == engine
        assert "by a changed algorithm" in opened["provenance"]
        assert list(again.advance(1e9)["losses"]) == later
        assert [each["text"] for each in again.sample(5, original=True)] == samples
        assert again.twin() == program
        assert again.save_run() != data


def test_elsewhere_it_is_told_of_and_nothing_of_it_is_run() -> None:
    text = sources("learned-gains")["model.py"] + "\nraise SystemExit('it was run')\n"
    data = _with(file_of("learned-gains"), changed_code=_entry({"model.py": text}))
    session = Session()
    session.load(b"one\ntwo\n", "mine.txt")
    session.start({"steps": 2})
    session.advance(1e9)
    samples = [each["text"] for each in session.sample(3, original=True)]
    opened = session.open_file(data, "run.safetensors")
    code = opened["changed"]
    assert code
    assert code["files"] == [{"name": "model.py", "text": text}]
    assert "+ raise SystemExit('it was run')" in code["difference"]
    assert (code["problem"], code["goes_on"]) == ("", True)
    assert (opened["kind"], opened["run"], opened["progress"]) == ("run", None, None)
    assert opened["hyperparameters"]["n_embd"] == 4
    assert opened["parameters"] == 360 + 8
    assert opened["text"]
    assert opened["text"]["documents"] == len(NAMES.split())
    assert [each["text"] for each in session.sample(3, original=True)] == samples, "it stays"
    assert session.start({"steps": 1})["name"] == "names.txt", "its text is the loaded one"


def test_a_model_alone_is_told_of_too() -> None:
    with changed_code(sources("no-mlp")) as package:
        data = begun(package).save_model()
    opened = Session().open_file(data, "model.safetensors")
    assert opened["changed"]
    assert (opened["kind"], opened["changed"]["goes_on"]) == ("model", False)
    assert opened["text"] is None


def test_other_changed_code_does_not_read_it_nor_what_the_original_made() -> None:
    data = file_of("gelu")
    original = Session()
    original.load(NAMES, "names.txt")
    original.start(SMALL)
    original.advance(1e9)
    saved, link = original.save_run(), original.link(SITE, 2000)["address"]
    recipe = original.recipe(SITE, 4000, {})["address"]
    with changed_code(sources("tanh")) as package:
        session = package["session"].Session()
        assert session.open_file(data, "run")["changed"]
        refusal = package["errors"].SavedModelError
        with pytest.raises(refusal, match="made by the algorithm as it is"):
            session.open_file(saved, "run")
        with pytest.raises(refusal, match="made by the algorithm as it is"):
            session.open_link(link)
        session.open_link(recipe)
        with pytest.raises(package["errors"].SessionError, match="for the algorithm as it is"):
            session.start_recipe()


def test_what_is_not_changed_is_written_as_ever() -> None:
    same = {"model.py": ORIGINALS["model.py"]}
    with changed_code(same) as package:
        data = begun(package).save_run()
    assert Session().open_file(data, "run")["run"]


@pytest.mark.parametrize("engine", ["scalar", TRACED])
def test_a_recipe_has_the_code_and_waits_for_it(engine: str) -> None:
    with changed_code(sources("gelu")) as package:
        address = begun(package, until=20, engine=engine).recipe(SITE, 4000, {})["address"]
    session = Session()
    opened = session.open_link(address)
    assert opened["changed"]
    assert opened["changed"]["files"] == [{"name": "model.py", "text": sources("gelu")["model.py"]}]
    assert (opened["kind"], opened["engine"]) == ("recipe", engine)
    assert (
        "20 steps by a changed algorithm; trains again when its code is run"
        in (opened["provenance"])
    )
    assert opened["text"]
    with pytest.raises(SessionError, match="needs changed code"):
        session.start_recipe()
    with changed_code(sources("gelu")) as package:
        again = package["session"].Session()
        assert again.open_link(address)["changed"] is None
        again.start_recipe()
        again.advance(1e9)
        assert again.recipe_outcome() == {"same": True, "step": 20}


def test_a_models_link_says_that_the_algorithm_was_changed() -> None:
    with changed_code(sources("tied-embeddings")) as package:
        report = begun(package).link(SITE, 2000)
        assert "by a changed algorithm" in report["provenance"]
        opened = package["session"].Session().open_link(report["address"])
        assert "by a changed algorithm" in opened["provenance"]
    words = "names.txt: 10 lines, 11 steps.*made by a changed algorithm.*Ask for a recipe, or for"
    with pytest.raises(CodeNeededError, match=words):
        Session().open_link(report["address"])
    with (
        changed_code(sources("gelu")) as package,
        pytest.raises(package["errors"].MicrogptError, match="made by a changed algorithm"),
    ):
        package["session"].Session().open_link(report["address"])


def test_no_setting_has_the_name_under_which_a_link_says_it() -> None:
    assert "changed_code" not in {entry["name"] for entry in table()}


# --- hostile -------------------------------------------------------------------------------


def _entry(texts: dict[str, str]) -> str:
    from microgpt.sharing import difference

    return difference.entry(difference.between(texts))


def _with(data: bytes, **entries: str) -> bytes:
    """A file with other entries, and the right checksum."""
    tensors, metadata = safetensors.read(data)
    metadata |= entries
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    return safetensors.write(tensors, metadata)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"changed_code": "[]"}, "Its difference to the algorithm has no files"),
        ({"changed_code": "[" * 10_000}, "Its difference to the algorithm can't be read"),
        ({"run": "{}"}, "Its run can't be read"),
        ({"run": json.dumps({"engine": 3})}, "Its run can't be read"),
        ({"run": json.dumps({"engine": "scalar", "text_name": "a"})}, "Its run can't be read"),
        ({"vocabulary": "ba"}, "Its vocabulary is not"),
        ({"provenance": "{}"}, "where it comes from"),
        ({"running_text": "5"}, "in pieces of another length"),
    ],
)
def test_a_damaged_file_is_refused_in_words(entries: dict[str, str], words: str) -> None:
    with pytest.raises(SavedModelError, match=words):
        Session().open_file(_with(file_of("gelu"), **entries), "run")


def test_a_text_that_is_not_the_runs_is_refused() -> None:
    tensors, metadata = safetensors.read(file_of("gelu"))
    tensors["text"] = safetensors.Tensor("U8", (3,), array("B", b"a\nb"))
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    with pytest.raises(SavedModelError, match="order of its documents"):
        Session().open_file(safetensors.write(tensors, metadata), "run")


def test_a_file_that_lies_about_its_code_is_refused_by_that_code() -> None:
    """Matrices of another shape than the code has."""
    data = _with(file_of("no-mlp"), changed_code=_entry(sources("gelu")))
    with changed_code(sources("gelu")) as package:
        session = package["session"].Session()
        with pytest.raises(
            package["errors"].SavedModelError, match=r"has no matrix layer0\.mlp_fc1"
        ):
            session.open_file(data, "run")


def test_a_changed_link_is_damaged_at_any_letter() -> None:
    with changed_code(sources("gelu")) as package:
        address = begun(package).recipe(SITE, 4000, {})["address"]
    for place in range(len(SITE) + 3, len(address), 37):
        letter = "A" if address[place] != "A" else "B"
        with pytest.raises(MicrogptError):
            Session().open_link(address[:place] + letter + address[place + 1 :])
