"""Stop ends whatever Python is busy with, and what was kept by then goes on."""

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import (
    csv_losses,
    set_number,
    train_to_the_end,
    upload,
    wait_for_state,
    wait_until_up,
)
from browser.keeping import (
    OWN_TEXT,
    begin_long_run,
    continue_run,
    offer,
    press_stop,
    steps_done,
    stop_after,
    wait_until_kept,
)
from microgpt.settings import from_mapping
from microgpt.sharing.links import Recipe, recipe_link, text_hash, weights_hash

# Before the worker's own listener hears of it.
HANG = """() => self.addEventListener("message", ({ data: { method } }) => {
    while (["useEngine", "scalarSpeed"].includes(method));
}, true)"""


@pytest.fixture
def receiver(new_context: Callable[[], BrowserContext]) -> Page:
    return new_context().new_page()


def malicious(site: str) -> str:
    """A recipe of few weights, whose one step takes minutes: each position looks at all before."""
    text = b"a" * 690
    h = from_mapping({"steps": 1, "n_embd": 4, "n_head": 1, "block_size": 700, "batch_size": 14})
    made = Recipe(h, "scalar", 1, "n", text, "", text_hash(text), weights_hash(array("d")))
    return site + recipe_link(made, 4000)


def test_a_recipe_made_with_malice(receiver: Page, site: str) -> None:
    receiver.goto(malicious(site))
    follow = receiver.get_by_role("button", name="Follow the recipe")
    follow.click()  # so nothing of it was done unasked
    wait_for_state(receiver, "training")
    receiver.get_by_role("button", name="Pause").click()
    expect(receiver.locator("#pending")).to_have_text("Pausing after this step…")
    press_stop(receiver)
    wait_for_state(receiver, "ready")
    expect(receiver.get_by_role("status", name="Corpus")).to_contain_text("n: 1 line")
    expect(receiver.get_by_role("spinbutton", name="block_size")).to_have_value("700")
    receiver.get_by_role("combobox", name="Example").select_option("First names")
    receiver.get_by_role("combobox", name="Preset").select_option("The original")
    train_to_the_end(receiver, 20)


def test_whatever_python_hangs_in(page: Page, tmp_path: Path) -> None:
    wait_until_up(page)
    page.workers[-1].evaluate(HANG)
    upload(page, "mine.txt", OWN_TEXT)
    corpus = page.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("mine.txt: 5 lines")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_disabled()
    page.get_by_role("tab", name="Learning").click()
    page.get_by_role("button", name="Compare with the scalar engine").click()
    expect(stop).to_be_enabled(timeout=5000)
    press_stop(page)
    expect(page.get_by_role("alert")).to_contain_text("The model was not kept")
    wait_for_state(page, "ready")
    expect(corpus).to_contain_text("mine.txt: 5 lines")

    page.workers[-1].evaluate(HANG)
    set_number(page, "learning_rate", 0.0001)  # else so few names are soon learned to death
    begin_long_run(page)
    step = wait_until_kept(page, 100)
    page.get_by_role("combobox", name="Engine").select_option("Compiled-float32")
    press_stop(page)
    before = csv_losses(page, tmp_path)
    assert len(before) >= step
    expect(offer(page)).to_contain_text("of 1,000,000")
    continue_run(page)
    begun = steps_done(page)
    assert step <= begun <= len(before)
    stop_after(page, len(before) + 100)
    assert csv_losses(page, tmp_path)[: len(before)] == before
