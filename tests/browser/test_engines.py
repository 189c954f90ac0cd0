"""The compiled engine in the page: the same numbers, presets, changing over, read-out."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import (
    csv_losses,
    open_view,
    samples,
    set_number,
    train_to_the_end,
    upload,
    wait_for_state,
)
from microgpt.gpt.corpus import Corpus
from microgpt.session.presets import PRESETS
from microgpt.settings import from_mapping
from runs import Computed, computed, new_run


@pytest.mark.parametrize("stream", ["python", "xorshift"])
def test_the_compiled_engine_gives_the_scalar_engines_numbers(
    shared: Page, hundred_steps: Computed, first_names: Corpus, tmp_path: Path, stream: str
) -> None:
    expect(shared.get_by_role("combobox", name="Engine")).to_have_value("compiled")
    shared.get_by_text("All settings").click()
    shared.get_by_role("combobox", name="random_stream").select_option(stream)
    train_to_the_end(shared, 100)
    expected = hundred_steps
    if stream != "python":
        expected = computed(first_names, from_mapping({"steps": 100, "random_stream": stream}))
    assert csv_losses(shared, tmp_path) == pytest.approx(expected.losses, abs=1e-9)
    open_view(shared, "Samples")
    expect(shared.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    assert samples(shared) == [text for text in expected.samples if text]


def test_tens_of_thousands_of_steps(shared: Page, tmp_path: Path) -> None:
    upload(shared, "tiny.txt", b"abc\nbca\ncab\n")
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("tiny.txt")
    train_to_the_end(shared, 60_000)
    losses = csv_losses(shared, tmp_path)
    assert len(losses) == 60_000, "drawing has fewer points, the file has all"
    assert sum(losses[-1000:]) / 1000 == pytest.approx(0.27, abs=0.1)  # ln 3 of 4 characters
    expect(shared.get_by_role("table", name="Loss").get_by_role("row")).to_have_count(13)
    status = shared.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Step 60000 / 60000")


def test_pausing_and_sampling_at_full_speed_change_no_digit(shared: Page, tmp_path: Path) -> None:
    """Against a run without, in the same tab: at a steady rate the smallest difference grows."""
    set_number(shared, "steps", 1_000_000)
    shared.get_by_role("button", name="Train").click()
    wait_for_state(shared, "training")
    shared.get_by_role("button", name="Sample", exact=True).click()
    shared.get_by_role("button", name="Pause").click()
    wait_for_state(shared, "paused")
    expect(shared.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    shared.get_by_role("button", name="Resume").click()
    wait_for_state(shared, "training")
    stop_after(shared, 6000)
    disturbed = csv_losses(shared, tmp_path)
    shared.get_by_role("button", name="Train").click()
    wait_for_state(shared, "training")
    stop_after(shared, 6000)
    through = csv_losses(shared, tmp_path)
    common = min(len(disturbed), len(through))
    assert common >= 6000
    assert disturbed[:common] == through[:common]


def stop_after(page: Page, steps: int) -> None:
    bar = page.get_by_role("progressbar", name="Training progress")
    while bar.evaluate("bar => bar.value") < steps:
        pass
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")


def test_engines_change_over_in_the_middle_of_a_run(
    slow: Page, hundred_steps: Computed, tmp_path: Path
) -> None:
    engine = slow.get_by_role("combobox", name="Engine")
    set_number(slow, "steps", 100)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    slow.get_by_role("button", name="Pause").click()
    wait_for_state(slow, "paused")
    engine.select_option("Compiled")
    slow.get_by_role("button", name="Resume").click()
    wait_for_state(slow, "finished")
    assert csv_losses(slow, tmp_path) == pytest.approx(hundred_steps.losses, abs=1e-9)


def test_float32_is_close(shared: Page, first_names: Corpus, tmp_path: Path) -> None:
    shared.get_by_role("combobox", name="Engine").select_option("Compiled-float32")
    train_to_the_end(shared, 100)
    run = new_run(first_names, from_mapping({"steps": 100}), "compiled")
    losses = csv_losses(shared, tmp_path)
    assert losses == pytest.approx(list(run.train(100)), abs=1e-4)
    assert losses != list(run.train(100))


def test_presets_set_everything_and_are_allowed(shared: Page) -> None:
    preset = shared.get_by_role("combobox", name="Preset")
    shared.get_by_text("All settings").click()
    for chosen in PRESETS:
        from_mapping(chosen["hyperparameters"])
        preset.select_option(chosen["name"])
        expect(shared.get_by_text(chosen["help"])).to_be_visible()
        expect(shared.get_by_role("combobox", name="Engine")).to_have_value(chosen["engine"])
        for name, value in chosen["hyperparameters"].items():
            field = shared.get_by_role("spinbutton", name=name, exact=True)
            expect(field).to_have_value(f"{value:g}")
    set_number(shared, "steps", 3)
    expect(preset).to_have_value("own")
    preset.select_option("The original")
    expect(shared.get_by_role("spinbutton", name="steps")).to_have_value("1000")


def test_how_fast_this_machine_is(shared: Page) -> None:
    train_to_the_end(shared, 3000)
    open_view(shared, "Learning")
    machine = shared.get_by_role("status", name="How fast is this machine")
    expect(machine).to_have_text(
        re.compile(r"^This machine: [\d,]+ steps per second, [\d.]+ GFLOP/s\.$")
    )
    shared.get_by_role("button", name="Compare with the scalar engine").click()
    expect(machine).to_have_text(
        re.compile(r", [\d,.]+ times the scalar engine \([\d.]+ steps per")
    )


def test_what_would_not_fit_is_refused_with_the_figure(shared: Page) -> None:
    shared.get_by_text("All settings").click()
    for name, value in {"n_embd": 256, "n_head": 64, "n_layer": 8, "block_size": 1024}.items():
        set_number(shared, name, value)
    shared.get_by_role("button", name="Train").click()
    refusal = shared.locator(".error:not(:empty)", has_text="needs about 4.8 GB of memory")
    expect(refusal.first).to_be_in_viewport()
    expect(shared.locator("html[data-state=finished]")).to_be_attached()
