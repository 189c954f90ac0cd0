"""The main job: a text, training, losses, pause, resume, stop."""

import math
import re
import time
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
from browser.waiting import wait_until
from microgpt.gpt.corpus import Corpus
from microgpt.settings import from_mapping
from runs import Computed, new_run


def cpython_losses(corpus: Corpus, steps: int, **hyperparameters: float) -> list[float]:
    run = new_run(corpus, from_mapping({"steps": steps, **hyperparameters}), "scalar")
    return [run.train_step() for _ in range(steps)]


def test_upload_train_and_sample_as_cpython_does(
    slow: Page, first_names_file: Path, hundred_steps: Computed, tmp_path: Path
) -> None:
    slow.get_by_label("Upload a text file").set_input_files(first_names_file)
    corpus = slow.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text(
        "5,163 lines, up to 11 letters, 26 different characters, 30,959 in all"
    )
    train_to_the_end(slow, 100)
    losses = csv_losses(slow, tmp_path)
    assert len(losses) == 100
    assert losses == pytest.approx(hundred_steps.losses, abs=1e-12), (
        "the tab computes what CPython does"
    )
    # ln 27 = 3.30 is what guessing costs; knowing how common letters are, about 2.8.
    assert sum(losses[-50:]) / 50 < 2.75

    open_view(slow, "Samples")
    expect(slow.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    assert samples(slow) == [text for text in hundred_steps.samples if text]
    open_view(slow, "Learning")

    status = slow.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Finished: 100 of 100 steps in ")
    expect(status).to_contain_text(re.compile(rf"Step 100 / 100\s+Loss {losses[-1]:.4f}"))
    expect(status).to_contain_text("Steps per second")
    expect(status).to_contain_text("Time left 0:00")
    words = re.compile(r"^Loss.* at step 100; random guessing would be 3\.30")
    chart = slow.get_by_role("img", name=words)
    expect(chart).to_be_visible()
    rows = slow.get_by_role("table", name="Loss").get_by_role("row")
    expect(rows).to_have_count(13)
    expect(rows.last).to_contain_text(f"{losses[-1]:.4f}")


def test_pointing_at_the_chart_reads_it_out(slow: Page) -> None:
    train_to_the_end(slow, 40)
    open_view(slow, "Learning")
    readout = slow.locator("#readout")
    expect(readout).to_have_text(re.compile(r"^Step 40: loss \d\.\d{4}, smoothed \d\.\d{4}$"))
    slow.locator("#chart .u-over").hover(position={"x": 1, "y": 50})
    expect(readout).to_have_text(re.compile(r"^Step 1: loss"))
    slow.mouse.move(0, 0)
    expect(readout).to_have_text(re.compile(r"^Step 40: loss"))


def test_the_chart_is_drawn_at_most_once_a_frame(ready: Page) -> None:
    ready.evaluate("""() => {
        window.frames = window.draws = 0;
        const frame = () => { window.frames++; requestAnimationFrame(frame); };
        requestAnimationFrame(frame);
        CanvasRenderingContext2D.prototype.clearRect = new Proxy(
            CanvasRenderingContext2D.prototype.clearRect,
            { apply(target, self, args) { window.draws++; return target.apply(self, args); } },
        );
    }""")
    open_view(ready, "Learning")
    upload(ready, "tiny.txt", b"ab\nba\n")
    set_number(ready, "n_embd", 4)
    train_to_the_end(ready, 1500)
    draws, frames = ready.evaluate("[window.draws, window.frames]")
    assert 10 < draws <= frames + 2


def test_an_example_is_one_click_from_training(slow: Page) -> None:
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    open_view(slow, "Learning")
    expect(slow.get_by_role("status", name="Training status")).to_contain_text("Training on")
    bar = slow.get_by_role("progressbar", name="Training progress")
    expect(bar).to_have_js_property("max", 1000)
    expect(slow.locator("#chart canvas")).to_be_visible()


def test_what_it_makes_up_is_seen_while_it_learns(shared: Page) -> None:
    shared.get_by_role("textbox", name="Starts with").fill("Qx")  # typed, and not asked for
    shared.get_by_role("textbox", name="Starts with").fill("")
    set_number(shared, "steps", 1_000_000)
    shared.get_by_role("button", name="Train").click()
    wait_for_state(shared, "training")
    items = shared.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    expect(shared.locator("html[data-state=training]")).to_be_attached()
    first = samples(shared)
    expect(shared.locator("#samples li .text").first).not_to_have_text(first[0])  # it goes on
    shared.get_by_role("spinbutton", name="Number of samples").fill("7")
    shared.get_by_role("button", name="Sample", exact=True).click()
    expect(shared.get_by_text("7 samples drawn.")).to_be_visible()
    asked = samples(shared)
    later = shared.evaluate("performance.now() + 3000")  # when the next look would be over
    wait_until(shared, "later => performance.now() >= later", later)
    expect(shared.locator("html[data-state=training]")).to_be_attached()
    assert samples(shared) == asked, "what the visitor has asked for stays"


def test_every_example_can_be_trained_on(slow: Page) -> None:
    example = slow.get_by_role("combobox", name="Example")
    titles = [t for t in example.locator("option").all_inner_texts() if t != "Your own text"]
    assert len(titles) >= 3
    for title in titles:
        example.select_option(title)
        expect(slow.get_by_role("status", name="Corpus")).to_contain_text(f"{title}:")
        expect(slow.get_by_role("status", name="Corpus")).not_to_contain_text("too long")
        train_to_the_end(slow, 2)
        expect(slow.locator("footer")).to_contain_text(title.lower())


def test_pausing_and_sampling_change_no_loss(
    slow: Page, hundred_steps: Computed, tmp_path: Path
) -> None:
    set_number(slow, "steps", 100)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    slow.get_by_role("button", name="Sample", exact=True).click()
    slow.get_by_role("button", name="Pause").click()
    wait_for_state(slow, "paused")
    status = slow.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Paused.")
    at_pause = status.inner_text()
    items = slow.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    slow.get_by_role("button", name="Sample", exact=True).click()
    expect(items).to_have_count(20)
    assert status.inner_text() == at_pause, "a paused run stands still"
    slow.get_by_role("button", name="Resume").click()
    wait_for_state(slow, "finished")
    losses = csv_losses(slow, tmp_path)
    assert losses == pytest.approx(hundred_steps.losses, abs=1e-12)


def test_stop_keeps_the_model_and_train_begins_anew(slow: Page, tmp_path: Path) -> None:
    train, stop = (slow.get_by_role("button", name=name) for name in ("Train", "Stop"))
    train.click()
    wait_for_state(slow, "training")
    open_view(slow, "Learning")
    expect(slow.get_by_role("button", name="Download losses")).to_be_enabled()
    stop.click()
    wait_for_state(slow, "finished")
    expect(slow.get_by_role("status", name="Training status")).to_contain_text("Stopped after step")
    first = csv_losses(slow, tmp_path)
    assert 0 < len(first) < 1000
    open_view(slow, "Samples")
    items = slow.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    train_to_the_end(slow, len(first) + 1)
    again = csv_losses(slow, tmp_path)
    # Another plan, another learning rate: only the first step is the same.
    assert again[0] == first[0]
    assert len(again) == len(first) + 1


def test_resume_pressed_right_after_stop_changes_nothing(slow: Page) -> None:
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    slow.get_by_role("button", name="Pause").click()
    wait_for_state(slow, "paused")
    slow.evaluate("for (const id of ['stop', 'pause', 'stop']) document.getElementById(id).click()")
    wait_for_state(slow, "finished")
    expect(slow.get_by_role("alert")).to_be_hidden()
    expect(slow.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)


def test_a_long_sample_does_not_hold_up_the_buttons(slow: Page) -> None:
    """A model that knows nothing goes on for hundreds of characters before it ends a line."""
    set_number(slow, "steps", 100_000)
    upload(slow, "wide.txt", "\n".join(chr(0x4E00 + i) * 2 for i in range(300)).encode())
    set_number(slow, "block_size", 1024)
    set_number(slow, "learning_rate", 0.000001)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    begin = time.monotonic()
    slow.get_by_role("button", name="Stop").click()
    wait_for_state(slow, "finished")
    assert time.monotonic() - begin < 5  # it was 27 s when a sample was drawn in one go


def test_text_and_settings_are_locked_while_a_run_goes_on(slow: Page) -> None:
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    for control in (
        slow.get_by_label("Upload a text file"),
        slow.get_by_role("textbox", name="Paste text"),
        slow.get_by_role("combobox", name="Example"),
        slow.get_by_role("spinbutton", name="steps"),
        slow.get_by_role("button", name="Train"),
    ):
        expect(control).to_be_disabled()
    expect(slow.get_by_text("locked while a run is going on")).to_be_visible()
    drop(slow, "late.txt", "x\ny\n")
    alert = slow.get_by_role("alert")
    expect(alert).to_contain_text("late.txt was not loaded: a run on First names is still going")
    expect(alert).to_contain_text("Press Stop first")
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("First names")
    slow.get_by_role("button", name="Stop").click()
    wait_for_state(slow, "finished")
    drop(slow, "late.txt", "x\ny\n")
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("late.txt: 2 lines")


def drop(page: Page, name: str, text: str) -> None:
    """Drop a file on the page as a hand does: over it, then let go."""
    page.evaluate(
        """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name, { type: "text/plain" }));
            for (const type of ["dragover", "drop"]) {
                const options = { dataTransfer, bubbles: true, cancelable: true };
                document.body.dispatchEvent(new DragEvent(type, options));
            }
        }""",
        [name, text],
    )


def test_hyperparameters_reach_python(slow: Page, tmp_path: Path) -> None:
    upload(slow, "tiny.txt", b"abc\nbca\ncab\n")
    chosen = {"n_embd": 6, "n_head": 3, "n_layer": 2, "batch_size": 2, "seed": 7, "beta1": 0.5}
    for name, value in chosen.items():
        set_number(slow, name, value)
    train_to_the_end(slow, 10)
    corpus = Corpus("tiny.txt", ("abc", "bca", "cab"), 0)
    expected = cpython_losses(corpus, 10, **chosen)
    assert csv_losses(slow, tmp_path) == pytest.approx(expected, abs=1e-12)


def test_the_rust_ports_random_stream(slow: Page, tmp_path: Path, first_names: Corpus) -> None:
    slow.get_by_text("All settings").click()
    slow.get_by_role("combobox", name="random_stream").select_option("xorshift")
    train_to_the_end(slow, 10)
    run = new_run(first_names, from_mapping({"steps": 10, "random_stream": "xorshift"}), "scalar")
    expected = [run.train_step() for _ in range(10)]
    assert csv_losses(slow, tmp_path) == pytest.approx(expected, abs=1e-12)


def test_the_held_out_loss_is_shown(slow: Page) -> None:
    slow.get_by_role("textbox", name="Paste text").fill("anna\nbella\ncarla\ndora\nella\n")
    set_number(slow, "holdout", 0.4)
    train_to_the_end(slow, 20)
    status = slow.get_by_role("status", name="Training status")
    expect(status).to_contain_text(re.compile(r"Held-out loss \d\.\d{4} \(2 lines\)"))
    corpus = Corpus("x", ("anna", "bella", "carla", "dora", "ella"), 0)
    run = new_run(corpus, from_mapping({"steps": 20, "holdout": 0.4}), "scalar")
    for _ in range(20):
        run.train_step()
    mean = math.fsum(run.engine.losses(run.holdout_documents)) / 2
    expect(status).to_contain_text(f"{mean:.4f}")


def test_a_run_that_diverges_ends_with_what_to_do(slow: Page) -> None:
    set_number(slow, "learning_rate", 1)
    set_number(slow, "init_std", 1)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "finished")
    expect(slow.get_by_role("alert")).to_contain_text("Lower learning_rate")
    expect(slow.get_by_role("button", name="Train")).to_be_enabled()
