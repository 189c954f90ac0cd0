"""One step of learning, and What if, in the view Inside: by pointer and by keyboard."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser.conftest import (
    expect_error_at,
    open_view,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
)

LOST = re.compile(r"from (\d\.\d+) to (\d\.\d+) nats \(([+−]\d\.\d+)\)")


def open_part(page: Page, name: str) -> None:
    open_view(page, "Inside")
    tab = page.get_by_role("tab", name=name, exact=True)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def own(page: Page) -> Locator:
    return page.get_by_role("status", name="What the step did")


def rows_of(page: Page, button: str, folder: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return list(csv.DictReader(path.read_text().splitlines()))


def test_one_step(compiled: Page, tmp_path: Path) -> None:
    page = compiled
    open_part(page, "One step")
    expect(own(page)).to_have_text(re.compile(r"^Step 1,000 learned from \w+, with a learning"))
    step = page.get_by_role("spinbutton", name="Step to look at")
    expect(step).to_have_value("1000")
    # By keyboard.
    step.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(own(page)).to_have_text(re.compile(r"^Step 3 learned from .* rate of 0.00998\."))
    expect(step).to_be_focused()
    lost = LOST.search(own(page).inner_text())
    assert lost is not None
    assert float(lost[2]) < float(lost[1]) - 0.01, "an early step helps its own line"
    others = page.get_by_text(
        re.compile(r"lowers the loss of [\d,]+ of 1,000 lines that the model")
    )
    expect(others).to_be_visible()
    page.get_by_role("button", name="Previous step").click()
    expect(own(page)).to_contain_text("Step 2 learned from")
    page.get_by_role("button", name="Previous step").click()
    expect(own(page)).to_contain_text("Step 1 learned from")
    expect(page.get_by_role("button", name="Previous step")).to_have_attribute(
        "aria-disabled", "true"
    )
    page.get_by_role("button", name="Next step").focus()
    page.keyboard.press("Enter")
    expect(own(page)).to_contain_text("Step 2 learned from")

    # Every picture says what is pointed at.
    losses = page.get_by_role("img", name="Loss before and after step 2")
    losses.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(re.compile(r"^\w+, before: [\d.]+ nats\.$"))).to_be_visible()
    moved = page.get_by_role("img", name="How far step 2 moved each matrix")
    moved.focus()
    page.keyboard.press("End")
    expect(page.get_by_text(re.compile(r"^layer0\.mlp_fc2: moved by [\d.e-]+"))).to_be_visible()
    page.keyboard.press("Enter")
    matrix = page.get_by_role("combobox", name="Matrix")
    expect(matrix).to_have_value("layer0.mlp_fc2")
    page.get_by_role("radio", name="gradient").check()
    picture = page.get_by_role("img", name="layer0.mlp_fc2 in step 2: gradient")
    picture.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    told = page.get_by_text(re.compile(r"^layer0\.mlp_fc2\[1\]\[0\]: .* mean of squares"))
    expect(told).to_be_visible()
    weight = page.get_by_role("region", name="The weights that moved most").get_by_role("button")
    expect(weight).to_have_count(20)
    name = weight.first.inner_text()
    weight.first.click()
    expect(page.get_by_text(re.compile(f"^{re.escape(name)}: "))).to_be_visible()
    expect(matrix).to_have_value(name.split("[")[0])
    rows = rows_of(page, "CSV of the table: step-matrix", tmp_path)
    assert {row["weight"] for row in rows} >= {name}
    changes = [abs(float(row["change"])) for row in rows]
    assert max(changes) == abs(float(next(r for r in rows if r["weight"] == name)["change"]))
    assert violations(page) == []

    # What can't be looked at is said at the field, and what was shown stays.
    step.fill("1001")
    step.press("Enter")
    expect_error_at(step, "Steps 1 to 1,000 can be looked at")
    expect(own(page)).to_contain_text("Step 2 learned from")
    # The time line leads to its own step.
    page.get_by_role("slider", name="Step shown").fill("20")
    shown = re.compile(r"Step [\d,]+ learned from")
    expect(step).not_to_have_attribute("aria-invalid", "true")
    expect(own(page)).to_have_text(shown)
    expect(own(page)).not_to_contain_text("Step 2 learned")
    at = step.input_value()
    page.get_by_role("button", name="Next step").click()
    expect(step).to_have_value(str(int(at) + 1))
    page.get_by_role("button", name="Step of the time line").click()
    expect(step).to_have_value(at)
    page.set_viewport_size({"width": 375, "height": 800})
    expect(losses.or_(page.get_by_role("img", name="Loss before and after"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_next_step_of_a_paused_run(ready: Page) -> None:
    page = ready
    set_number(page, "n_embd", 4)
    set_number(page, "batch_size", 2)
    set_number(page, "steps", 100_000)
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")
    open_part(page, "One step")
    expect(page.get_by_role("status", name="Inside")).to_contain_text("model is at rest")
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    expect(own(page)).to_have_text(
        re.compile(r"^Step [\d,]+, the next one, will learn from \w+, \w+, with .* Then their mean")
    )
    status = page.get_by_role("status", name="Training status").inner_text()
    taken = re.search(r"Step\s+(\d+) / 100000", status)
    assert taken is not None, status
    step = page.get_by_role("spinbutton", name="Step to look at")
    expect(step).to_have_value(str(int(taken[1]) + 1))
    page.get_by_role("button", name="Stop", exact=True).click()


def test_what_if(compiled: Page, tmp_path: Path) -> None:
    page = compiled
    names = [f"{a}{b}{c}a" for a in "bdgklmnrst" for b in "aeiou" for c in "lmnrst"]
    odd = [f"{a}{b}xu" for a in "bdgkl" for b in "aeio"]
    upload(page, "many.txt", "\n".join([*names, *odd]).encode())
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("320 lines")
    train_to_the_end(page, 600)
    open_part(page, "What if")
    watched = page.get_by_role("textbox", name="Lines to watch")
    expect(watched).not_to_have_value("")  # the line that is looked at, and samples
    letters = page.get_by_role("textbox", name="These letters")
    expect(letters).to_have_value(watched.input_value()[:2])
    page.get_by_role("combobox", name="Leave out the lines that").select_option("contain")
    letters.fill("xu")
    watched.fill("maxu\nmala")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Leave them out")).to_be_focused()
    page.keyboard.press("Enter")
    said = page.get_by_role("status", name="Without them")
    expect(said).to_have_text("A difference was found for 1 of 2 lines: maxu.")
    expect(page.get_by_text(re.compile(r"^20 lines left out\. Their steps were"))).to_be_visible()
    picture = page.get_by_role("img", name="Without the 20 lines with ‘xu’, after 600 steps")
    expect(picture.get_by_text("no difference found")).to_have_count(1)
    expect(picture.locator(".dot")).to_have_count(10)
    picture.focus()
    page.keyboard.press("ArrowDown")
    readout = page.get_by_text(
        re.compile(r"^maxu: [\d.]+ nats with all lines, [\d.]+ without them")
    )
    expect(readout).to_be_visible()
    page.get_by_text("As a table").locator("visible=true").click()
    expect(page.get_by_role("region", name="as a table").locator("visible=true")).to_be_visible()
    rows = rows_of(page, "CSV of the table: what-if", tmp_path)
    assert [row["line"] for row in rows] == ["maxu", "mala"]
    assert [row["found"] for row in rows] == ["yes", "no"]
    controls = [float(rows[0][f"control {i}"]) for i in range(1, 6)]
    difference = float(rows[0]["without them"]) - sum(controls) / 5
    assert abs(float(rows[0]["difference"]) - difference) < 1e-9
    assert difference > 1
    assert violations(page) == []

    # Each error stands at its field.
    letters.fill("q")
    page.get_by_role("button", name="Leave them out").click()
    expect_error_at(letters, "No line of many.txt is like that")
    page.get_by_role("combobox", name="Leave out the lines that").select_option("are these")
    these = page.get_by_role("textbox", name="These lines")
    these.fill("bala")
    page.get_by_role("button", name="Leave them out").click()
    expect_error_at(these, "Leaving out a single line is noise")
    these.fill("bala\nbela\nbila")
    watched.fill("mala\nzoe")
    page.get_by_role("button", name="Leave them out").click()
    expect_error_at(watched, "doesn't know 'z'")
    watched.fill("mala")
    page.get_by_role("button", name="Leave them out").click()
    expect(page.get_by_role("img", name="Without the lines given")).to_be_visible()
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1280, "height": 900})

    # A long one can be given up; another model has nothing to do with what was found.
    set_number(page, "n_embd", 64)
    train_to_the_end(page, 3000)
    open_part(page, "What if")
    expect(page.get_by_role("img", name="Without the lines given")).to_be_hidden()
    page.get_by_role("button", name="Leave them out").click()
    page.get_by_role("button", name="Give up").click()
    expect(said).to_have_text("Given up. The model is as it was.")
    expect(page.get_by_role("button", name="Leave them out")).to_be_focused()
    expect(page.get_by_role("progressbar", name="Trained without them")).to_be_hidden()
