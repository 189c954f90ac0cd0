"""Changed code that travels: shown before it runs, gone on with, and taken along again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import open_view, violations, wait_for_state
from changing import ORIGINALS, changed_code, sources
from microgpt.sharing import checkpoint
from runs import NAMES

SMALL: dict[str, Any] = {"n_embd": 4, "n_head": 2, "block_size": 8, "steps": 30}
MARK = "\u202e"
# It says when it runs, and has a character in it that turns others round.
CODE = {"model.py": sources("gelu")["model.py"] + f'\nSAID = print("it runs")  # {MARK}\n'}
MINE = "# mine\n"
RECORD_COPIES = """() => {
    window.copied = [];
    const writeText = async (text) => void copied.push(text);
    Object.defineProperty(navigator, "clipboard", { value: { writeText } });
}"""


def trained(until: int) -> tuple[bytes, list[float]]:
    """A run of the changed code, as a file, and all losses that its plan has."""
    with changed_code(CODE) as package:
        session = package["session"].Session()
        session.load(NAMES, "mine.txt")
        session.start(SMALL, "scalar")
        losses = list(session.advance(1e9, until)["losses"])
        data = session.save_run()
        return data, losses + list(session.advance(1e9)["losses"])


def losses_in(path: Path) -> list[float]:
    with changed_code(CODE):
        from microgpt.sharing import checkpoint as theirs

        _, run = theirs.read(path.read_bytes(), path.name)
        assert run
        return list(run.state.losses)


def brought(page: Page) -> Locator:
    return page.locator("#code-brought")


def has_not_run(page: Page) -> None:
    """Nothing was begun, and the code has not printed what it does as soon as it is read."""
    expect(page.locator("#code-run-of")).to_be_hidden()
    expect(page.locator("#code-run-printed")).to_be_hidden()


def expect_trained(page: Page, steps: int) -> None:
    expect(page.get_by_role("status", name="Changed run")).to_contain_text(
        f"Trained {steps} steps", timeout=90_000
    )


def take(page: Page, button: str) -> str:
    """What is copied by one of the buttons below a changed run."""
    page.evaluate("copied.length = 0")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("status", name="What was taken")).to_contain_text("is copied.")
    [address] = page.evaluate("copied")
    return str(address)


def test_a_saved_run_of_changed_code_is_shown_goes_on_and_is_taken_along(
    compiled: Page,
    new_context: Callable[[], BrowserContext],
    site: str,
    tmp_path: Path,
) -> None:
    data, losses = trained(until=11)
    file = tmp_path / "run.safetensors"
    file.write_bytes(data)
    compiled.evaluate(RECORD_COPIES)
    open_view(compiled, "Code")
    code = compiled.get_by_role("textbox", name="Code of autograd.py")
    code.press("Control+Home")
    compiled.keyboard.insert_text(MINE)
    expect(compiled.locator("#code-difference")).to_contain_text("autograd.py, 1 line added")
    open_view(compiled, "Samples")

    # Opened, it is shown, and does nothing. What the visitor has changed stays.
    compiled.get_by_label("Open a saved model or run").set_input_files(file)
    card = brought(compiled)
    expect(card.get_by_role("heading")).to_have_text("This run changes the algorithm")
    expect(card).to_contain_text("mine.txt: 10 lines, 11 steps, loss 2.")
    expect(card).to_contain_text("Nothing of its code has run.")
    expect(card.get_by_role("table", name="model.py")).to_contain_text("hidden = [gelu(value) for")
    expect(card).to_contain_text('SAID = print("it runs") # \\u202e')
    expect(card).to_contain_text("Some characters in it can’t be seen")
    assert MARK not in card.inner_text()
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 10")
    expect(compiled.get_by_role("spinbutton", name="steps", exact=True)).to_have_value("30")
    expect(compiled.locator("#code-difference")).to_contain_text("autograd.py, 1 line added")
    expect(compiled.locator("#code-run-printed")).to_be_hidden()
    assert violations(compiled) == []
    compiled.set_viewport_size({"width": 375, "height": 700})
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    compiled.set_viewport_size({"width": 1280, "height": 900})

    # In the editor it has not run either, and can be taken back.
    card.get_by_role("button", name="Put it into the editor").click()
    expect(compiled.locator("#code-difference summary")).to_contain_text("original: model.py")
    compiled.locator("#code-undo").get_by_role("button", name="Undo").click()
    expect(compiled.locator("#code-difference")).to_contain_text("autograd.py, 1 line added")
    expect(compiled.locator("#code-run-printed")).to_be_hidden()

    # By a press it goes on from where it was, to the same numbers.
    card.get_by_role("button", name="Run it, from where it is").click()
    expect(card).to_be_hidden()
    expect_trained(compiled, 30)
    expect(compiled.locator("#code-run-printed")).to_contain_text("it runs")
    own = compiled.locator("#code-aside")
    expect(own).to_contain_text("Your own changes (autograd.py) are put aside")
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Save the run").click()
    assert download.value.suggested_filename == "changed-run-mine.safetensors"
    download.value.save_as(tmp_path / "again.safetensors")
    found = losses_in(tmp_path / "again.safetensors")
    assert found[:11] == losses[:11]
    assert found == pytest.approx(losses, rel=1e-12)  # this browser has an exp of its own
    assert violations(compiled) == []
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Python file").click()
    download.value.save_as(tmp_path / "twin.py")
    assert "Somebody has changed model.py" in (tmp_path / "twin.py").read_text("utf-8")
    recipe, model = take(compiled, "Copy the recipe"), take(compiled, "Copy the model link")
    expect(compiled.locator("#take-facts")).to_contain_text("Its code is not in this link.")
    assert recipe.startswith(f"{site}#r=")
    assert model.startswith(f"{site}#m=")
    own.get_by_role("button", name="Put them back").click()
    expect(compiled.locator("#code-difference summary")).to_contain_text("original: autograd.py")
    expect(own).to_be_hidden()

    # Another visitor: the recipe is shown, and followed by a press.
    receiver = new_context().new_page()
    receiver.goto(recipe)
    card = brought(receiver)
    expect(card.get_by_role("heading")).to_have_text("This recipe changes the algorithm")
    expect(card.get_by_role("table", name="model.py")).to_contain_text("hidden = [gelu(value) for")
    wait_for_state(receiver, "ready")
    has_not_run(receiver)
    receiver.evaluate("hash => { location.hash = hash }", model.partition("#")[2])
    expect(receiver.get_by_role("alert").first).to_contain_text(
        "made by a changed algorithm. It can't be sampled here without that code"
    )
    has_not_run(receiver)
    receiver.evaluate("hash => { location.hash = hash }", recipe.partition("#")[2])
    card.get_by_role("button", name="Run it").click()
    expect_trained(receiver, 30)
    expect(receiver.get_by_role("status", name="What was taken")).to_contain_text(
        "Trained again as the recipe says"  # not to the last bit: it began elsewhere
    )


def test_what_is_made_for_another_version_is_shown_and_not_run(
    compiled: Page, tmp_path: Path
) -> None:
    data, _ = trained(until=3)
    file = tmp_path / "run.safetensors"
    file.write_bytes(_of_another_version(data))
    compiled.get_by_label("Open a saved model or run").set_input_files(file)
    card = brought(compiled)
    expect(card).to_contain_text("It was made for another version of the algorithm")
    expect(card.get_by_role("region", name="Difference")).to_contain_text(
        "+     a line <b>of</b> old"
    )
    for name in ("Put it into the editor", "Run it, from where it is"):
        expect(card.get_by_role("button", name=name)).to_be_disabled()
    assert violations(compiled) == []
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_be_hidden()
    has_not_run(compiled)


def _of_another_version(data: bytes) -> bytes:
    """A file whose difference is of lines that aren't there."""
    from microgpt.sharing import safetensors

    tensors, metadata = safetensors.read(data)
    place = [7, ["    a line that was"], ["    a line <b>of</b> old"]]
    metadata["changed_code"] = json.dumps([["model.py", "0" * 32, [place]]])
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    assert "a line that was" not in ORIGINALS["model.py"]
    return safetensors.write(tensors, metadata)
