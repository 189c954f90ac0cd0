"""The settings: what is wrong stands at its field, and what Train would begin beside it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import (
    expect_error_at,
    samples,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
    wait_until_up,
)
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import recommended_learning_rate, table


def setting(page: Page, name: str) -> Locator:
    return page.get_by_role("spinbutton", name=name, exact=True)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("n_head", 3, "can't be split evenly over n_head = 3 heads"),
        ("steps", 0, "steps must be a whole number from 1 to 1,000,000, not 0"),
        ("seed", "", "seed must be a whole number"),
    ],
)
def test_a_value_that_is_refused_is_told_at_its_field(
    compiled: Page, name: str, value: float | str, words: str
) -> None:
    field = setting(compiled, name)
    set_number(compiled, name, value)
    expect_error_at(field, words)
    compiled.get_by_text("All settings").click()  # closed: the error may be in there
    compiled.evaluate("scrollTo(0, 0)")
    compiled.get_by_role("button", name="Train").click()
    expect_error_at(field, f"{words}")
    expect(field).to_have_accessible_description(re.compile(r"The model here is kept\.$"))
    expect(field).to_be_focused()
    expect(compiled.get_by_role("alert")).to_be_hidden()
    assert violations(compiled) == []
    compiled.get_by_role("combobox", name="Preset").select_option("The original")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    train_to_the_end(compiled, 1)


def test_a_message_speaks_of_no_model_where_there_is_none(page: Page) -> None:
    set_number(page, "steps", 0)  # so that the page trains nothing by itself
    wait_for_state(page, "ready")
    field = setting(page, "steps")
    page.get_by_role("button", name="Train").click()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(r"not 0\. Nothing was begun\.$"))


def test_too_large_a_model_is_refused(ready: Page) -> None:
    upload(ready, "long.txt", b"a" * 1024 + b"\nb")
    for name, value in {"block_size": 1024, "n_layer": 8, "n_embd": 256}.items():
        set_number(ready, name, value)
    wrong = ready.locator("[aria-invalid=true]")
    expect(wrong).to_have_count(1)
    expect_error_at(wrong, "GB of memory")
    ready.get_by_role("button", name="Train").click()
    expect_error_at(wrong, "The model here is kept.")
    expect(ready.locator("html[data-state=finished]")).to_be_attached()


def test_what_train_would_begin_is_told_before(compiled: Page) -> None:
    plan = compiled.locator("#plan")
    expect(plan).to_have_text(re.compile(r"4,192 weights\s+\d+ MB\s+about [\d.]+ s"))
    expect(compiled.get_by_text("Reads 19 % of the lines.")).to_be_visible()
    set_number(compiled, "n_embd", 32)
    set_number(compiled, "steps", 51_630)
    expect(plan).to_have_text(re.compile(r"14,528 weights\s+\d+ MB\s+about [\d.]+ "))
    expect(compiled.get_by_text("Reads every line about 10 times.")).to_be_visible()
    expect(compiled.get_by_role("banner")).to_contain_text("Next: 14,528 weights · ")
    train = compiled.get_by_role("button", name="Train")
    expect(train).to_have_accessible_description(re.compile(r"^14,528 weights [^S]*$"))


def test_the_learning_rate_follows_the_size_until_it_is_edited(compiled: Page) -> None:
    rate = setting(compiled, "learning_rate")
    set_number(compiled, "n_embd", 64)
    compiled.get_by_text("All settings").click()
    wide = recommended_learning_rate(Hyperparameters(n_embd=64))
    assert wide < 0.01
    expect(rate).to_have_value(f"{wide:.3g}")
    expect(compiled.get_by_text("Recommended for this size.")).to_be_visible()
    set_number(compiled, "learning_rate", 0.02)
    set_number(compiled, "n_embd", 128)
    wider = recommended_learning_rate(Hyperparameters(n_embd=128))
    expect(compiled.get_by_text(f"Recommended for this size: {wider:.3g}.")).to_be_visible()
    expect(rate).to_have_value("0.02")
    compiled.get_by_role("button", name="Use it").click()
    expect(rate).to_have_value(f"{wider:.3g}")
    set_number(compiled, "n_embd", 16)
    expect(rate).to_have_value("0.01")
    preset = compiled.get_by_role("combobox", name="Preset")
    expect(preset).to_have_value("The original")


def test_the_same_run_again_is_told_before_and_a_new_seed_offered(compiled: Page) -> None:
    first = samples(compiled)
    same = compiled.get_by_text("Same text, settings and seed: Train gives the very same numbers")
    expect(same).to_be_visible()
    compiled.get_by_text("All settings").click()
    seed = setting(compiled, "seed")
    compiled.get_by_role("button", name="Draw a new seed").click()
    expect(compiled.get_by_role("button", name="Train")).to_be_focused()
    expect(same).to_be_hidden()
    expect(seed).not_to_have_value("42")
    train_to_the_end(compiled, 1000)
    expect(compiled.get_by_text("20 samples drawn.")).to_be_visible()
    assert samples(compiled) != first
    expect(same).to_be_visible()
    set_number(compiled, "seed", 42)
    expect(same).to_be_hidden()
    drawn = seed.input_value()
    compiled.get_by_role("button", name="New seed").click()
    assert seed.input_value() != drawn


def test_every_setting_is_explained_by_keyboard_alone(compiled: Page) -> None:
    compiled.get_by_text("All settings").click()
    compiled.get_by_role("button", name="about n_layer").focus()
    compiled.keyboard.press("Enter")
    rows = {row["name"]: row for row in table()}
    explanation = compiled.locator(":popover-open")
    expect(explanation).to_contain_text(f"n_layer {rows['n_layer']['help']}")
    expect(explanation).to_contain_text("1 to 8.")
    assert violations(compiled) == []
    compiled.keyboard.press("Escape")
    expect(explanation).to_have_count(0)
    for name, row in rows.items():
        role = "combobox" if row["choices"] else "spinbutton"
        field = compiled.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        expect(field).to_have_accessible_description(re.compile(re.escape(row["help"])))


def test_nothing_scrolls_sideways_on_the_narrowest_phone(compiled: Page) -> None:
    compiled.set_viewport_size({"width": 320, "height": 640})
    compiled.get_by_text("All settings").click()
    set_number(compiled, "n_head", 3)
    expect_error_at(setting(compiled, "n_head"), "can't be split evenly")
    compiled.get_by_role("button", name="about random_stream").click()
    assert compiled.evaluate("document.documentElement.scrollWidth") == 320
    wait_until_up(compiled)
