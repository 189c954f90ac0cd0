"""The view Code: changes to try, and the run of a changed algorithm beside the original's."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from browser.confining import model_with
from browser.conftest import open_view, samples, train_to_the_end, violations
from browser.test_code_editor import code_of, file_tab, problems, show

ENDLESS = model_with(
    "hidden = [value.relu()", "while True:\n            pass\n        hidden = [value.relu()"
)
WRONG = model_with("[value.relu() for", "[(print('here'), 1 / 0)[1] for")
PASTE = """(code, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const options = { clipboardData, bubbles: true, cancelable: true };
    code.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def status(page: Page, name: str) -> Locator:
    return page.get_by_role("status", name=name)


def run_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Run the changed algorithm")


def write(page: Page, file: str, text: str) -> None:
    """Another text in place of a file's, pasted."""
    code = show(page, file)
    code.press("Control+a")
    code.evaluate(PASTE, text)
    expect(file_tab(page, file)).to_have_accessible_name(re.compile(f"{file} changed"))


def test_a_change_is_tried_and_compared(compiled: Page) -> None:
    train_to_the_end(compiled, 60)  # so that the slowest engine takes no time to speak of
    open_view(compiled, "Code")
    run = run_button(compiled)
    expect(run).to_be_disabled()
    expect(run).to_have_accessible_description(re.compile("^Nothing is changed yet"))
    cards = compiled.locator("#code-cards")
    cards.get_by_text("What to expect").nth(2).click()
    table = cards.get_by_role("table", name="autograd.py")
    expect(table).to_contain_text("def tanh(self)")
    assert violations(compiled) == []

    # One press: it is in the code, and runs.
    compiled.get_by_role("button", name="Try A new operation: tanh").click()
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py changed")
    expect(status(compiled, "Changed run")).to_contain_text("Trained 60 steps", timeout=90_000)
    expect(compiled.locator("#code-run-what")).to_contain_text(
        "First names, with the settings of the run beside it: 60 steps, seed 42."
    )
    expect(status(compiled, "Gradients")).to_have_text(
        re.compile(r"^Gradients: \d+ operations agree with finite differences\.$")
    )
    verdict = status(compiled, "What came of it")
    expect(verdict).to_contain_text("Differs from the original from the first step on.")
    expect(verdict).to_contain_text(
        re.compile(r"Loss on [\d,]+ unseen lines: [23]\.\d{3} against the original’s [23]\.\d{3}")
    )
    chart = compiled.locator("#code-run-chart")
    expect(chart).to_have_accessible_name(
        re.compile(
            r"A original: from 3\.\d\d to [23]\.\d\d; B changed: from 3\.\d\d to [23]\.\d\d$"
        )
    )
    legend = compiled.get_by_role("list", name="Both runs").get_by_role("listitem")
    expect(legend).to_have_text(
        [re.compile(rf"{name} [23]\.\d\d, held-out [23]\.\d\d") for name in ("original", "changed")]
    )
    drawn = compiled.get_by_role("list", name="Changed")
    expect(drawn.get_by_role("listitem")).to_have_count(20)
    theirs = compiled.get_by_role("list", name="Original").get_by_role("listitem")
    expect(theirs).to_have_count(20)
    compiled.get_by_role("button", name="20 more of each").click()
    expect(drawn.get_by_role("listitem")).to_have_count(40)
    original = [text for text in theirs.all_inner_texts()[:20] if text != "(nothing)"]

    # The card is marked, and can be taken out again.
    take_out = compiled.get_by_role("button", name="Take out A new operation: tanh")
    take_out.click()
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py")
    expect(compiled.get_by_role("button", name="Try A new operation: tanh")).to_be_visible()
    compiled.get_by_role("button", name="Undo").click()
    expect(take_out).to_be_visible()
    compiled.get_by_role("button", name="Try GeLU").click()
    expect(status(compiled, "Changes to try")).to_contain_text(
        "GeLU: model.py has no longer what this replaces"
    )
    compiled.set_viewport_size({"width": 375, "height": 700})
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    assert violations(compiled) == []
    # The page's own model is what it was, and the original beside the changed one is the same.
    assert samples(compiled) == original


def test_five_seeds_and_an_end_at_any_time(compiled: Page) -> None:
    open_view(compiled, "Code")
    no_positions = compiled.get_by_role("button", name="Try No positions")
    expect(no_positions).to_be_visible()  # a narrow page opens with the cards closed
    compiled.set_viewport_size({"width": 375, "height": 800})
    no_positions.click()
    expect(code_of(compiled, "model.py")).to_contain_text('rmsnorm(weights["wte"]')  # in sight
    drawn = compiled.get_by_role("list", name="Changed").get_by_role("listitem")
    expect(drawn).to_have_count(20, timeout=90_000)
    expect(compiled.get_by_role("heading", name="Run", exact=True)).to_be_in_viewport()
    compiled.set_viewport_size({"width": 1280, "height": 720})
    seeds = compiled.get_by_role("button", name="Compare over 5 seeds")
    seeds.click(timeout=90_000)
    expect(status(compiled, "Over 5 seeds")).to_have_text(
        re.compile(
            r"^Over 5 seeds higher in 5: 2\.\d{3} against 2\.\d{3} on average on unseen lines, "
            r"difference \+0\.\d{3} ± 0\.\d{3} \(95 % interval of the paired differences\)\.$"
        )
    )
    expect(compiled.get_by_role("list", name="Changed").get_by_role("listitem")).to_have_count(20)

    # What changes nothing is the same to the last digits.
    compiled.get_by_role("button", name="Reset all files").click()
    show(compiled, "model.py").press("Control+Home")
    compiled.keyboard.insert_text("# mine\n")
    compiled.keyboard.press("Control+Enter")
    expect(status(compiled, "What came of it")).to_have_text(
        re.compile(r"^\s*Identical to the original to the last digit\.")
    )
    expect(code_of(compiled, "model.py")).to_be_focused()
    expect(seeds).to_be_hidden()

    # A loop that never ends.
    write(compiled, "model.py", ENDLESS["model.py"])
    run_button(compiled).click()
    stop = compiled.get_by_role("button", name="Stop the changed run")
    stop.click()
    expect(status(compiled, "Changed run")).to_contain_text("Your code is kept.")
    expect(run_button(compiled)).to_be_focused()
    open_view(compiled, "Samples")
    compiled.get_by_role("button", name="Sample", exact=True).click()
    expect(compiled.get_by_text("20 samples drawn.")).to_be_visible()


def test_what_is_wrong_is_said_at_its_line(compiled: Page) -> None:
    open_view(compiled, "Code")
    write(compiled, "model.py", WRONG["model.py"])
    run_button(compiled).click()
    error = compiled.get_by_role("alert").filter(has_text="model.py")
    expect(error).to_contain_text("ZeroDivisionError", timeout=90_000)
    expect(error).to_contain_text("Your text, your code and the page’s own model are as they were.")
    expect(compiled.get_by_text("Printed: ")).to_be_visible()
    error.get_by_role("button", name=re.compile(r"Go to line \d+ of model\.py")).click()
    expect(code_of(compiled, "model.py")).to_be_focused()
    expect(problems(compiled)).to_contain_text("division by zero")
    error.get_by_text("What Python says").click()
    expect(error).to_contain_text("Traceback")
    assert violations(compiled) == []

    # What the compiler refuses isn't run.
    show(compiled, "model.py").press("Control+End")
    compiled.keyboard.insert_text("x = (\n")
    expect(run_button(compiled)).to_be_disabled()
    expect(run_button(compiled)).to_have_accessible_description(
        re.compile(r"^model\.py has an error in line \d+\.")
    )
