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
    shared: Page, name: str, value: float | str, words: str
) -> None:
    field = setting(shared, name)
    set_number(shared, name, value)
    expect_error_at(field, words)
    shared.get_by_text("All settings").click()  # closed: the error may be in there
    shared.evaluate("scrollTo(0, 0)")
    shared.get_by_role("button", name="Train").click()
    expect_error_at(field, f"{words}")
    expect(field).to_have_accessible_description(re.compile(r"The model here is kept\.$"))
    expect(field).to_be_focused()
    expect(shared.get_by_role("alert")).to_be_hidden()
    assert violations(shared) == []
    shared.get_by_role("combobox", name="Preset").select_option("The original")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    train_to_the_end(shared, 1)


def test_a_message_speaks_of_no_model_where_there_is_none(page: Page) -> None:
    set_number(page, "steps", 0)  # so that the page trains nothing by itself
    wait_for_state(page, "ready")
    field = setting(page, "steps")
    page.get_by_role("button", name="Train").click()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(r"not 0\. Nothing was begun\.$"))


def test_too_large_a_model_is_refused(slow: Page) -> None:
    upload(slow, "long.txt", b"a" * 1024 + b"\nb")
    for name, value in {"block_size": 1024, "n_layer": 8, "n_embd": 256}.items():
        set_number(slow, name, value)
    wrong = slow.locator("[aria-invalid=true]")
    expect(wrong).to_have_count(1)
    expect_error_at(wrong, "GB of memory")
    slow.get_by_role("button", name="Train").click()
    expect_error_at(wrong, "The model here is kept.")
    expect(slow.locator("html[data-state=finished]")).to_be_attached()


def test_what_train_would_begin_is_told_before(shared: Page) -> None:
    plan = shared.locator("#plan")
    expect(plan).to_have_text(re.compile(r"4,192 weights\s+\d+ MB\s+about [\d.]+ s"))
    expect(shared.get_by_text("Reads 19 % of the lines.")).to_be_visible()
    set_number(shared, "n_embd", 32)
    set_number(shared, "steps", 51_630)
    expect(plan).to_have_text(re.compile(r"14,528 weights\s+\d+ MB\s+about [\d.]+ "))
    expect(shared.get_by_text("Reads every line about 10 times.")).to_be_visible()
    expect(shared.get_by_role("banner")).to_contain_text("Next: 14,528 weights · ")
    train = shared.get_by_role("button", name="Train")
    expect(train).to_have_accessible_description(re.compile(r"^14,528 weights [^S]*$"))


def test_the_learning_rate_follows_the_size_until_it_is_edited(shared: Page) -> None:
    rate = setting(shared, "learning_rate")
    set_number(shared, "n_embd", 64)
    shared.get_by_text("All settings").click()
    wide = recommended_learning_rate(Hyperparameters(n_embd=64))
    assert wide < 0.01
    expect(rate).to_have_value(f"{wide:.3g}")
    expect(shared.get_by_text("Recommended for this size.")).to_be_visible()
    set_number(shared, "learning_rate", 0.02)
    set_number(shared, "n_embd", 128)
    wider = recommended_learning_rate(Hyperparameters(n_embd=128))
    expect(shared.get_by_text(f"Recommended for this size: {wider:.3g}.")).to_be_visible()
    expect(rate).to_have_value("0.02")
    shared.get_by_role("button", name="Use it").click()
    expect(rate).to_have_value(f"{wider:.3g}")
    set_number(shared, "n_embd", 16)
    expect(rate).to_have_value("0.01")
    preset = shared.get_by_role("combobox", name="Preset")
    expect(preset).to_have_value("The original")


def test_the_same_run_again_is_told_before_and_a_new_seed_offered(first_model: Page) -> None:
    first = samples(first_model)
    same = first_model.get_by_text(
        "Same text, settings and seed: Train gives the very same numbers"
    )
    expect(same).to_be_visible()
    first_model.get_by_text("All settings").click()
    seed = setting(first_model, "seed")
    first_model.get_by_role("button", name="Draw a new seed").click()
    expect(first_model.get_by_role("button", name="Train")).to_be_focused()
    expect(same).to_be_hidden()
    expect(seed).not_to_have_value("42")
    train_to_the_end(first_model, 1000)
    expect(first_model.get_by_text("20 samples drawn.")).to_be_visible()
    assert samples(first_model) != first
    expect(same).to_be_visible()
    set_number(first_model, "seed", 42)
    expect(same).to_be_hidden()
    drawn = seed.input_value()
    first_model.get_by_role("button", name="New seed").click()
    assert seed.input_value() != drawn


def test_every_setting_is_explained_by_keyboard_alone(shared: Page) -> None:
    shared.get_by_text("All settings").click()
    shared.get_by_role("button", name="about n_layer").focus()
    shared.keyboard.press("Enter")
    rows = {row["name"]: row for row in table()}
    explanation = shared.locator(":popover-open")
    expect(explanation).to_contain_text(f"n_layer {rows['n_layer']['help']}")
    expect(explanation).to_contain_text("1 to 8.")
    assert violations(shared) == []
    shared.keyboard.press("Escape")
    expect(explanation).to_have_count(0)
    for name, row in rows.items():
        role = "combobox" if row["choices"] else "spinbutton"
        field = shared.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        expect(field).to_have_accessible_description(re.compile(re.escape(row["help"])))


def test_nothing_scrolls_sideways_on_the_narrowest_phone(shared: Page) -> None:
    shared.set_viewport_size({"width": 320, "height": 640})
    shared.get_by_text("All settings").click()
    set_number(shared, "n_head", 3)
    expect_error_at(setting(shared, "n_head"), "can't be split evenly")
    shared.get_by_role("button", name="about random_stream").click()
    assert shared.evaluate("document.documentElement.scrollWidth") == 320
    wait_until_up(shared)
