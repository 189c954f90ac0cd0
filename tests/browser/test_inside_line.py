"""The view Inside: its line, its parts, and the part One line, letter by letter."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import expect_error_at, open_view, set_number, violations, wait_for_state
from examples import EXAMPLES, index
from microgpt import Session
from microgpt.inside.reports import LineInside
from runs import trained

PARTS = ["Line", "Attention", "Parts", "Letters", "Weights", "One step", "Graph", "What if"]
NEWEST = 10**9


def same_model() -> Session:
    """The model that the page opens with, as the package makes it here."""
    first: dict[str, Any] = index()[0]
    return trained(first["settings"]["hyperparameters"], (EXAMPLES / first["file"]).read_bytes())


def line_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Line", exact=True)


def parts(page: Page) -> Locator:
    return page.get_by_role("tablist", name="Parts of the view Inside")


def position(page: Page, number: int) -> Locator:
    return page.get_by_role("radio", name=f"position {number}:")


def bars(page: Page) -> Locator:
    return page.locator(".line-guesses").get_by_role("button")


def row_of_letters(page: Page) -> list[str]:
    """As they stand there, each with its surprise."""
    return page.locator("#line-letters").inner_text().split()


def table(page: Page, figure: str, folder: Path) -> list[dict[str, str]]:
    """A figure's file, every digit of it."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"CSV of the table: {figure}").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def expect_same(page: Page, found: LineInside, at: int, folder: Path) -> None:
    """The page shows at this position what the package says of it."""
    letters = [token or "BOS" for token in found["following"]]
    pairs = zip(letters, found["surprises"], strict=True)
    shown = ["BOS", *(word for letter, nats in pairs for word in (letter, f"{nats:.2f}"))]
    expect(page.locator("#line-letters")).to_have_text(re.compile("".join(map(re.escape, shown))))
    size, names = len(found["vocabulary"]), [name or "BOS" for name in found["vocabulary"]]
    rows = {row["letter"]: row for row in table(page, "what-follows", folder)}
    for i, name in enumerate(names, at * size):
        got = rows[name]
        assert float(got["probability"]) == pytest.approx(found["probabilities"][i], rel=1e-9)
        (tempered,) = (float(got[key]) for key in got if key.startswith("at temperature"))
        assert tempered == pytest.approx(found["tempered"][i], rel=1e-9)
    assert [row for row in rows.values() if row["follows"]] == [rows[letters[at]]]
    assert float(rows[letters[at]]["surprise in nats"]) == pytest.approx(found["surprises"][at])
    stages, begin = found["stages"], at * size
    positions = len(found["tokens"])
    for row in table(page, "guesses-of-stages", folder):
        stage = stages.index(row["stage"]) * positions * size
        i = stage + begin + names.index(row["letter"])
        assert float(row["logit"]) == pytest.approx(found["stage_logits"][i], rel=1e-9, abs=1e-12)


def test_a_line_is_shown_as_the_package_tells_it(compiled: Page, tmp_path: Path) -> None:
    oracle = same_model()
    open_view(compiled, "Inside")
    first = compiled.get_by_role("group", name="Lines to look at").get_by_role("button").first
    expect(line_field(compiled)).to_have_value(first.inner_text())
    line_field(compiled).fill("emma")
    expect(position(compiled, 4)).to_be_visible()
    expect(position(compiled, 5)).to_have_count(0)

    # By keyboard: arrow keys choose.
    line_field(compiled).press("Tab")
    position(compiled, 0).focus()
    for _ in range(2):
        compiled.keyboard.press("ArrowRight")
    expect(position(compiled, 2)).to_be_focused()
    expect(position(compiled, 2)).to_be_checked()
    found = oracle.inside(NEWEST).line("emma", 0.5)
    expect_same(compiled, found, 2, tmp_path)
    sum_words = f"{sum(found['surprises']):.2f} nats. That is {sum(found['surprises']) / 5:.2f}"
    expect(compiled.get_by_text(sum_words)).to_be_visible()
    text = compiled.locator("#line-place")
    expect(text).to_contain_text(f"What follows in this line is ‘m’: {found['surprises'][2]:.2f}")

    # Every number says what it was computed from, to the pointer and to the keyboard.
    bars(compiled).first.hover()
    reading = compiled.locator("#line-follows .readout")
    expect(reading).to_contain_text(re.compile(r"its logit is .* for all letters is \d+ %"))
    compiled.mouse.move(0, 0)  # where scrolling brings nothing below it
    compiled.get_by_role("img", name="What each stage would guess").focus()
    compiled.keyboard.press("ArrowRight")
    stage = compiled.locator("#line-stages .readout")
    expect(stage).to_contain_text("After the embedding, ")
    compiled.keyboard.press("End")
    expect(stage).to_contain_text("After layer 0's MLP, ")
    heat_map = compiled.get_by_role("img", name="How probable each stage finds what follows")
    heat_map.focus()
    for _ in range(4):
        compiled.keyboard.press("ArrowRight")
    expect(compiled.get_by_text("Having read ‘emm’: After the embedding, ‘a’:")).to_be_visible()
    compiled.keyboard.press("Enter")
    expect(position(compiled, 3)).to_be_checked()

    # The temperature is that of the view Samples, and changes what is shown at once.
    compiled.get_by_role("slider", name="Temperature").fill("1")
    expect(compiled.get_by_text("the bar after the temperature of 1.00")).to_be_visible()
    expect_same(compiled, oracle.inside(NEWEST).line("emma", 1), 3, tmp_path)
    expect(line_field(compiled)).to_have_value("emma")
    open_view(compiled, "Samples")
    slider = compiled.get_by_role("slider", name="Temperature")
    expect(slider).to_have_value("1")
    slider.fill("0.5")
    open_view(compiled, "Inside")
    expect(compiled.get_by_text("the bar after the temperature of 0.50")).to_be_visible()

    # One time for the whole page.
    compiled.get_by_role("slider", name="Step shown").press("Home")
    step = int(re.findall(r"step ([\d,]+) of", compiled.locator("#timeline").inner_text())[0])
    earlier = oracle.inside(step)
    assert earlier.subject.step == step < 1000
    expect_same(compiled, earlier.line("emma", 0.5), 3, tmp_path)
    expect(position(compiled, 3)).to_be_checked()


def test_lines_are_drawn_on_and_refused_at_their_field(compiled: Page, site: str) -> None:
    open_view(compiled, "Inside")
    field = line_field(compiled)
    field.fill("emma")
    position(compiled, 2).click()
    expect(compiled.get_by_text("What may follow ‘em’")).to_be_visible()

    # Another bar is a branch; the position stays, and the keyboard where it was.
    bars(compiled).first.focus()
    compiled.keyboard.press("ArrowDown")
    second = bars(compiled).nth(1)
    expect(second).to_be_focused()
    letter, *_ = (second.text_content() or "").split()
    compiled.keyboard.press("Enter")
    drawn = compiled.get_by_role("status", name="Drawn")
    expect(drawn).to_contain_text(re.compile(f"^Drawn: em{letter}"))
    expect(field).to_have_value(drawn.inner_text()[len("Drawn: ") : -1])
    expect(position(compiled, 2)).to_be_checked()
    expect(second).to_be_focused()
    name = f"^{letter} .* nats, .* follows here: go on with ‘{letter}’$"
    expect(second).to_have_accessible_name(re.compile(name))
    compiled.get_by_role("button", name="Show all 27").click()
    expect(bars(compiled)).to_have_count(27)
    bars(compiled).filter(has_text="BOS").click()
    expect(field).to_have_value("em")
    expect(drawn).to_have_text("Ended: em.")
    compiled.get_by_role("button", name="Draw on from here").click()
    expect(drawn).to_contain_text("Drawn: em")
    compiled.get_by_role("button", name="Draw a line").click()
    expect(position(compiled, 0)).to_be_checked()

    # What the model can't read is refused there, and what was shown stays.
    field.fill("anna")
    expect(compiled.locator("#line-letters")).to_contain_text(re.compile("^BOSa"))
    before = row_of_letters(compiled)
    field.fill("ann3")
    expect_error_at(field, "doesn't know '3'")
    expect_error_at(field, "What is shown is still ‘anna’.")
    assert row_of_letters(compiled) == before
    assert violations(compiled) == []
    bars(compiled).first.click()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    field.fill("maximilianalexander")
    expect(compiled.get_by_text("The model reads the first 16 letters of a line.")).to_be_visible()
    expect(position(compiled, 15)).to_be_visible()
    assert violations(compiled) == []
    field.fill("")
    expect(compiled.get_by_text("of the end: ")).to_be_visible()
    expect(compiled.locator("#line-place")).to_contain_text("What follows in this line is the end")

    # On a phone all parts can be reached, and nothing scrolls sideways.
    compiled.set_viewport_size({"width": 375, "height": 700})
    assert parts(compiled).get_by_role("tab").all_inner_texts() == PARTS
    for name in PARTS:
        tab = parts(compiled).get_by_role("tab", name=name, exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    expect(field).to_be_hidden()  # that part isn't about the line

    # Which part it is stands in the address.
    assert compiled.url == f"{site}?view=inside&part=what-if"
    compiled.keyboard.press("Home")
    compiled.keyboard.press("ArrowRight")
    assert compiled.url == f"{site}?view=inside&part=attention"
    open_view(compiled, "Samples")
    assert compiled.url == f"{site}?view=samples"
    open_view(compiled, "Inside")
    assert compiled.url == f"{site}?view=inside&part=attention"
    compiled.reload()
    chosen = parts(compiled).get_by_role("tab", selected=True)
    expect(chosen).to_have_text("Attention")
    parts(compiled).get_by_role("tab", name="Line", exact=True).click()
    assert compiled.url == f"{site}?view=inside"


def test_a_model_that_learns_is_followed(ready: Page) -> None:
    open_view(ready, "Inside")
    line_field(ready).fill("emma")
    position(ready, 3).click()
    set_number(ready, "steps", 100_000)
    ready.get_by_role("button", name="Train").click()
    wait_for_state(ready, "training")
    status = ready.get_by_role("status", name="Inside", exact=True)
    for _ in range(2):
        expect(ready.locator("#line-sum")).not_to_have_text(ready.locator("#line-sum").inner_text())
        expect(position(ready, 3)).to_be_checked()
        expect(status).to_be_empty()
    ready.get_by_role("button", name="Draw a line").click()
    expect(ready.get_by_role("status", name="Drawn")).to_contain_text("Drawn: ")
    parts(ready).get_by_role("tab", name="Graph").click()
    expect(status).to_have_text(re.compile("^This is shown when the model is at rest"))
    expect(ready.get_by_role("tabpanel", name="Graph")).to_be_hidden()
    ready.get_by_role("button", name="Pause").click()
    expect(ready.get_by_role("tabpanel", name="Graph")).to_be_visible()
    parts(ready).get_by_role("tab", name="Line", exact=True).click()
    ready.get_by_role("button", name="Stop").click()
    wait_for_state(ready, "finished")
    line_field(ready).fill("emma")
    expect(position(ready, 4)).to_be_visible()

    # A model that doesn't know these letters has a line of its own.
    ready.get_by_role("textbox", name="Paste text").fill("00\n010\n11\n")
    set_number(ready, "steps", 20)
    ready.get_by_role("button", name="Train").click()
    expect(line_field(ready)).to_have_value(re.compile("^[01]*$"))
    expect(ready.locator("#line-letters")).not_to_contain_text("m")
    expect(line_field(ready)).not_to_have_attribute("aria-invalid", "true")
