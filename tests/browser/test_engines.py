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
from runs import new_run


@pytest.mark.parametrize("stream", ["python", "xorshift"])
def test_the_compiled_engine_gives_the_scalar_engines_numbers(
    compiled: Page, first_names: Corpus, tmp_path: Path, stream: str
) -> None:
    expect(compiled.get_by_role("combobox", name="Engine")).to_have_value("compiled")
    compiled.get_by_text("All settings").click()
    compiled.get_by_role("combobox", name="random_stream").select_option(stream)
    train_to_the_end(compiled, 200)
    run = new_run(first_names, from_mapping({"steps": 200, "random_stream": stream}), "scalar")
    losses = [run.train_step() for _ in range(200)]
    assert csv_losses(compiled, tmp_path) == pytest.approx(losses, abs=1e-9)
    bos = run.vocabulary.bos
    texts = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in range(20)
    ]
    open_view(compiled, "Samples")
    expect(compiled.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    assert samples(compiled) == [text for text in texts if text]


def test_tens_of_thousands_of_steps(compiled: Page, tmp_path: Path) -> None:
    upload(compiled, "tiny.txt", b"abc\nbca\ncab\n")
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("tiny.txt")
    train_to_the_end(compiled, 60_000)
    losses = csv_losses(compiled, tmp_path)
    assert len(losses) == 60_000, "drawing has fewer points, the file has all"
    assert sum(losses[-1000:]) / 1000 == pytest.approx(0.27, abs=0.1)  # ln 3 of 4 characters
    expect(compiled.get_by_role("table", name="Loss").get_by_role("row")).to_have_count(13)
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Step 60000 / 60000")


def test_pausing_and_sampling_at_full_speed_change_no_digit(compiled: Page, tmp_path: Path) -> None:
    """Against a run without, in the same tab: at a steady rate the smallest difference grows."""
    set_number(compiled, "steps", 1_000_000)
    compiled.get_by_role("button", name="Train").click()
    wait_for_state(compiled, "training")
    compiled.get_by_role("button", name="Sample", exact=True).click()
    compiled.get_by_role("button", name="Pause").click()
    wait_for_state(compiled, "paused")
    expect(compiled.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    compiled.get_by_role("button", name="Resume").click()
    wait_for_state(compiled, "training")
    stop_after(compiled, 6000)
    disturbed = csv_losses(compiled, tmp_path)
    compiled.get_by_role("button", name="Train").click()
    wait_for_state(compiled, "training")
    stop_after(compiled, 6000)
    through = csv_losses(compiled, tmp_path)
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
    ready: Page, first_names: Corpus, tmp_path: Path
) -> None:
    engine = ready.get_by_role("combobox", name="Engine")
    set_number(ready, "steps", 200)
    ready.get_by_role("button", name="Train").click()
    wait_for_state(ready, "training")
    ready.get_by_role("button", name="Pause").click()
    wait_for_state(ready, "paused")
    engine.select_option("Compiled")
    ready.get_by_role("button", name="Resume").click()
    wait_for_state(ready, "finished")
    run = new_run(first_names, from_mapping({"steps": 200}), "scalar")
    expected = [run.train_step() for _ in range(200)]
    assert csv_losses(ready, tmp_path) == pytest.approx(expected, abs=1e-9)


def test_float32_is_close(compiled: Page, first_names: Corpus, tmp_path: Path) -> None:
    compiled.get_by_role("combobox", name="Engine").select_option("Compiled-float32")
    train_to_the_end(compiled, 100)
    run = new_run(first_names, from_mapping({"steps": 100}), "compiled")
    losses = csv_losses(compiled, tmp_path)
    assert losses == pytest.approx(list(run.train(100)), abs=1e-4)
    assert losses != list(run.train(100))


def test_presets_set_everything_and_are_allowed(compiled: Page) -> None:
    preset = compiled.get_by_role("combobox", name="Preset")
    compiled.get_by_text("All settings").click()
    for chosen in PRESETS:
        from_mapping(chosen["hyperparameters"])
        preset.select_option(chosen["name"])
        expect(compiled.get_by_text(chosen["help"])).to_be_visible()
        expect(compiled.get_by_role("combobox", name="Engine")).to_have_value(chosen["engine"])
        for name, value in chosen["hyperparameters"].items():
            field = compiled.get_by_role("spinbutton", name=name, exact=True)
            expect(field).to_have_value(f"{value:g}")
    set_number(compiled, "steps", 3)
    expect(preset).to_have_value("own")
    preset.select_option("The original")
    expect(compiled.get_by_role("spinbutton", name="steps")).to_have_value("1000")


def test_how_fast_this_machine_is(compiled: Page) -> None:
    train_to_the_end(compiled, 3000)
    open_view(compiled, "Learning")
    machine = compiled.get_by_role("status", name="How fast is this machine")
    expect(machine).to_have_text(
        re.compile(r"^This machine: [\d,]+ steps per second, [\d.]+ GFLOP/s\.$")
    )
    compiled.get_by_role("button", name="Compare with the scalar engine").click()
    expect(machine).to_have_text(
        re.compile(r", [\d,.]+ times the scalar engine \([\d.]+ steps per")
    )


def test_what_would_not_fit_is_refused_with_the_figure(compiled: Page) -> None:
    compiled.get_by_text("All settings").click()
    for name, value in {"n_embd": 256, "n_head": 64, "n_layer": 8, "block_size": 1024}.items():
        set_number(compiled, name, value)
    compiled.get_by_role("button", name="Train").click()
    refusal = compiled.locator(".error:not(:empty)", has_text="needs about 4.7 GB of memory")
    expect(refusal.first).to_be_in_viewport()
    expect(compiled.locator("html[data-state=finished]")).to_be_attached()
