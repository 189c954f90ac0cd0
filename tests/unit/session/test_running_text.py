"""Runs on running text: saved, opened, continued, measured, shared, like any other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from microgpt import Session
from microgpt.errors import LinkError, SavedModelError, SessionError
from microgpt.sharing import checkpoint, safetensors
from runs import losses

TEXT = (
    "  It was a bright cold day in April, and the clocks were striking thirteen.\n"
    "Nobody wondered.\n\n\tThe ↵ was never seen again; zoë neither.\n"
) * 12
SMALL = {"n_embd": 8, "n_head": 2, "steps": 60, "block_size": 12}


def begun(until: int = 60, **options: object) -> Session:
    session = Session()
    session.load(TEXT.encode(), "book.txt", 12, {"documents": "running"})
    session.start({**SMALL, **options}, "compiled")
    session.advance(1e9, until)
    return session


@pytest.mark.parametrize("holdout", [0.0, 0.2])
@pytest.mark.parametrize("apart", [False, True])
def test_a_saved_run_goes_on_to_the_last_digit(apart: bool, holdout: float) -> None:
    through, half = begun(holdout=holdout), begun(25, holdout=holdout)
    again = Session()
    opened = again.open_file(half.save_run(text=not apart), "run", half.text() if apart else None)
    assert opened["kind"] == "run"
    assert opened["text"]
    assert opened["text"]["reading"]["documents"] == "running"
    assert {**opened["text"], "notes": 0} == {**half.describe(12), "notes": 0}
    again.advance(1e9)
    assert losses(again) == losses(through)
    assert again.save_run() != half.save_run()
    assert list(again.sample(5, original=True)) == list(through.sample(5, original=True))
    assert again.learning(1e9)["holdout"][-1] == through.learning(1e9)["holdout"][-1]


def test_a_page_that_knows_only_lists_is_told_that_the_file_is_newer() -> None:
    tensors, metadata = safetensors.read(begun(3).save_run())
    assert metadata.pop("running_text") == "12"
    # What such a page checks first: entries that it doesn't know.
    lists = Session()
    lists.load(b"anna\n", "a.txt")
    lists.start(SMALL, "compiled")
    assert "running_text" not in safetensors.read(lists.save_run())[1]
    # Without that entry it is a list of other documents, and is refused.
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    with pytest.raises(SavedModelError, match="doesn't match its text"):
        Session().open_file(safetensors.write(tensors, metadata), "run")


@pytest.mark.parametrize("window", ["13", "-1", "x", "", "012", "9" * 5000])
def test_hostile_windows_are_refused(window: str) -> None:
    tensors, metadata = safetensors.read(begun(3).save_run())
    metadata["running_text"] = window
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    with pytest.raises(SavedModelError, match="pieces of another length"):
        Session().open_file(safetensors.write(tensors, metadata), "run")


def test_another_text_is_refused() -> None:
    session = begun(3)
    for text in (b"", b" \n", session.text()[:-40], b"\xff" * 100, b"a\x00" * 100):
        with pytest.raises(SavedModelError):
            Session().open_file(session.save_run(text=False), "run", text)


def test_an_opened_run_is_read_again_in_another_way() -> None:
    again = Session()
    again.open_file(begun(3).save_run(), "run")
    report = again.read_again({"documents": "line", "drop_repeated": True})
    assert report["name"] == "book.txt"
    assert report["documents"] == 4, "an ↵ of the text's own is a line end now"
    assert report["first"][1] == "Nobody wondered."


def test_the_loss_is_measured_on_the_end_that_was_kept_out() -> None:
    learning = begun(holdout=0.2).learning(1e9)
    assert learning["kept_out"]
    assert learning["documents"] > 0
    assert learning["holdout"][-1] < learning["holdout"][0]


def test_verdicts_speak_of_no_line_that_is_cut() -> None:
    session = begun()
    session.learning(1e9)
    assert not any("too long" in each["text"] for each in session.verdict())


def test_a_link_has_the_model() -> None:
    session = begun()
    report = session.link("https://example.org/", 4000)
    other = Session()
    other.open_link(report["address"])
    assert [s["text"] for s in other.sample(3, original=True)] == report["samples"][:3]
    session.load(b"anna\nbella\n", "another.txt")
    assert session.best_link("https://example.org/")["characters"] > 0


def test_recipes_are_refused_with_what_to_do() -> None:
    with pytest.raises(LinkError, match=r"but not running text\. Share the model itself"):
        begun().recipe("https://example.org/", 10_000, {})


def test_a_twin_prints_the_same_losses(tmp_path: Path) -> None:
    session = Session()
    session.load(TEXT.encode(), "book.txt", 12, {"documents": "running"})
    session.start({**SMALL, "steps": 8}, "scalar")
    session.advance(1e9)
    (tmp_path / "twin.py").write_text(session.twin(), "utf-8")
    printed = subprocess.run(
        [sys.executable, tmp_path / "twin.py"], capture_output=True, text=True, check=True
    ).stdout
    told = [line for line in printed.splitlines() if line.startswith("step")]
    assert [float(line.split()[-1]) for line in told] == losses(session)


def test_a_twin_of_a_run_that_kept_its_end_out_is_refused() -> None:
    with pytest.raises(SessionError, match="Set holdout to 0"):
        begun(holdout=0.2).twin()


def test_an_opened_model_learns_from_running_text() -> None:
    again = Session()
    again.open_file(begun().save_model(), "model")
    again.load(TEXT.upper().encode(), "loud.txt", 12, {"documents": "running"})
    assert again.opened_notes()
    assert again.start(SMALL, "compiled", from_opened=True)["training_documents"] > 50
    assert json.dumps(again.facts())
