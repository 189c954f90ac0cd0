"""The part Graph of the view Inside: from lines of Python to single numbers and their proofs."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import expect_error_at, open_view, violations

LINE = "emma"


def open_graph(page: Page) -> Locator:
    """The graph of a line, at its list of lines of Python."""
    open_view(page, "Inside")
    page.get_by_role("tab", name="Graph", exact=True).click()
    page.get_by_role("textbox", name="Line", exact=True).fill(LINE)
    panel = page.get_by_role("tabpanel", name="Graph")
    status = panel.get_by_role("status", name="Graph")
    # As many as were counted at the defaults: first-names.txt has 26 letters, too.
    expect(status).to_contain_text(re.compile(f"^{LINE}: a loss of .* 2,472 values and 38,952 "))
    expect(panel.get_by_role("heading", name="27 lines of Python")).to_be_visible()
    return panel


def line(panel: Locator, code: str) -> Locator:
    return panel.get_by_role("button").filter(has_text=code)


def fact(panel: Locator, name: str) -> float:
    shown = panel.locator(f"dt:has-text('{name}') + dd").inner_text()
    return float(shown.replace("−", "-"))


def column(table: Locator, number: int) -> list[float]:
    cells = table.locator(f"tbody td:nth-child({number})").all_inner_texts()
    return [float(cell.replace("−", "-")) for cell in cells]


def test_from_a_line_of_python_to_a_number_and_its_proof(compiled: Page, tmp_path: Path) -> None:
    panel = open_graph(compiled)
    line(panel, "query = linear(x").click()
    heading = panel.get_by_role("heading", name="What this line makes: query")
    expect(heading).to_be_focused()
    calls = panel.locator(".graph-calls:visible li")
    expect(calls).to_have_count(4)
    expect(calls.first).to_contain_text("gpt/training.py, line ")
    expect(calls.last).to_contain_text("return [dot(row, x) for row in weight]")
    with compiled.expect_download() as download:
        panel.get_by_role("button", name="CSV of these numbers").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert len(rows) == 5 * 16
    assert rows[19]["name"] == "query[3] of position 1"

    # The picture's third row, fourth column.
    picture = panel.get_by_role("img", name="Numbers of query.")
    box = picture.bounding_box()
    assert box
    side = (box["width"] - 25) / 16
    at = {"x": 24 + 3.5 * side, "y": 18 + 2.5 * side}
    picture.hover(position={"x": at["x"], "y": at["y"]})
    expect(panel.get_by_text("query[3] of position 2:")).to_be_visible()
    picture.click(position={"x": at["x"], "y": at["y"]})
    name = panel.get_by_role("heading", name="query[3] of position 2")
    expect(name).to_be_focused()
    assert fact(panel, "Value") == pytest.approx(float(rows[2 * 16 + 3]["value"]), rel=1e-6)
    assert fact(panel, "Gradient") == pytest.approx(float(rows[2 * 16 + 3]["gradient"]), rel=1e-6)

    made = panel.get_by_role("region", name="What it was made of")
    expect(made.get_by_role("row")).to_have_count(17)
    assert sum(column(made, 3)) == pytest.approx(fact(panel, "Value"), abs=2e-3)
    used = panel.get_by_role("region", name="Where its gradient comes from")
    assert sum(column(used, 4)) == pytest.approx(fact(panel, "Gradient"), rel=1e-2)

    panel.get_by_role("button", name="Prove it").click()
    proof = panel.get_by_role("status", name="Proof")
    expect(proof).to_contain_text("They agree.")
    slopes = re.search(r"slope of (\S+); backward\(\) said (\S+)\.", proof.inner_text())
    assert slopes
    slope, said = (float(number.replace("−", "-")) for number in slopes.groups())
    assert slope == pytest.approx(said, rel=1e-4)
    assert said == fact(panel, "Gradient")

    panel.get_by_role("button", name="Path to the loss").click()
    steps = panel.get_by_role("region", name="Path to the loss").get_by_role("listitem")
    expect(steps.first).to_contain_text(re.compile(r"^layer0\.attn_wq\[3\]\[\d+\]"))
    expect(steps.last).to_contain_text("loss")
    expect(panel.locator("[aria-current=true]")).to_contain_text("query[3] of position 2")
    steps.first.get_by_role("button").click()
    expect(panel.get_by_text("A weight: it isn't computed.")).to_be_visible()
    expect(proof).to_be_empty()  # that was of the other
    panel.get_by_role("button", name="Back").click()
    expect(name).to_be_focused()

    # The same value of the model at the beginning of its run.
    value = fact(panel, "Value")
    compiled.get_by_role("slider", name="Step shown").press("Home")
    expect(panel.locator("dt:has-text('Value') + dd")).not_to_have_text(str(value))
    expect(name).to_be_visible()
    # Another line has another graph.
    compiled.get_by_role("textbox", name="Line", exact=True).fill("al")
    expect(panel.get_by_role("status", name="Graph")).to_contain_text(re.compile("^al: "))
    expect(panel.get_by_role("heading", name="27 lines of Python")).to_be_visible()
    field = compiled.get_by_role("textbox", name="Line", exact=True)
    field.fill("al?")
    expect_error_at(field, "doesn't know '?'")
    expect(panel.get_by_role("status", name="Graph")).to_contain_text(re.compile("^al: "))
    line(panel, "whole = total(exps)").last.click()
    expect(panel.get_by_role("heading", name="What this line makes: whole")).to_be_focused()


def test_the_graph_by_keyboard_on_a_phone(compiled: Page) -> None:
    compiled.set_viewport_size({"width": 375, "height": 700})
    panel = open_graph(compiled)
    keyboard = compiled.keyboard
    assert violations(compiled) == []
    line(panel, "attention = softmax(logits)").focus()
    keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="What this line makes: attention")).to_be_focused()
    assert violations(compiled) == []
    last = panel.get_by_text("position 4, ‘a’, head 3", exact=True)
    last.focus()
    keyboard.press("Enter")
    numbers = panel.get_by_role("list", name="attention, position 4, ‘a’, head 3")
    expect(numbers.get_by_role("button")).to_have_count(5)
    # One stop for all numbers of a vector; the arrows go on from there.
    numbers.get_by_role("button").first.focus()
    keyboard.press("End")
    expect(numbers.get_by_role("button").last).to_be_focused()
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    name = panel.get_by_role("heading", name="attention[3] of position 4, head 3")
    expect(name).to_be_focused()
    keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Prove it")).to_be_focused()
    keyboard.press("Enter")
    expect(panel.get_by_role("status", name="Proof")).to_contain_text("They agree.")
    keyboard.press("Tab")
    keyboard.press("Enter")
    title = panel.get_by_role("heading", name="From a weight to the loss")
    expect(title).to_be_focused()
    assert violations(compiled) == []
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(panel.get_by_text("A weight: it isn't computed.")).to_be_visible()
    assert violations(compiled) == []
    for heading in ("attention[3] of position 4, head 3", "What this line makes: attention"):
        panel.get_by_role("button", name="Back").focus()
        keyboard.press("Enter")
        expect(panel.get_by_role("heading", name=heading)).to_be_focused()
    picture = panel.get_by_role("img", name="Gradients of attention.")
    picture.focus()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    expect(panel.get_by_text("attention[0] of position 0, head 1:")).to_be_visible()
    keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="attention[0] of position 0, head 1")).to_be_focused()
    panel.get_by_role("button", name="All lines").focus()
    keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="27 lines of Python")).to_be_focused()
