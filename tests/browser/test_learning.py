"""How it learned: the time line and its replay, the curve, the verdict and what it offers."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

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
from microgpt.settings import from_mapping
from runs import new_run

# Notes what is seen in each frame: the step shown, and the names.
RECORD = """() => {
    window.seen = [];
    const slider = document.getElementById("step-shown");
    const list = document.getElementById("samples");
    const frame = () => {
        seen.push([slider.ariaValueText, [...list.children].map((item) => item.textContent)]);
        requestAnimationFrame(frame);
    };
    frame();
}"""
# What moves from now on without a hand's doing: how much, and what it was.
SHIFTS = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame(); // what came before is laid out
    await frame();
    window.shifts = [];
    new PerformanceObserver((entries) => {
        for (const { value, hadRecentInput, sources } of entries.getEntries()) {
            const moved = sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
            if (!hadRecentInput) shifts.push([value, moved]);
        }
    }).observe({ type: "layout-shift" });
}"""
NAMES = "".join(f"{name}\n" for name in ("anna", "bella", "carla", "dora", "ella"))


@pytest.fixture
def moving(compiled: Page) -> Page:
    """The page for those who like things to move."""
    compiled.emulate_media(reduced_motion="no-preference")
    return compiled


def step_shown(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step shown", exact=True)


def expect_step(page: Page, words: str) -> None:
    expect(step_shown(page)).to_have_attribute("aria-valuetext", re.compile(words))


def replay_is_over(page: Page) -> None:
    expect(page.locator("#samples.held")).to_have_count(0)


def test_the_replay_shows_babble_turn_into_names(moving: Page) -> None:
    end = samples(moving)
    moving.evaluate(RECORD)
    moving.get_by_role("button", name="Replay").click()
    expect(moving.locator("#samples.held")).to_be_visible()
    replay_is_over(moving)
    expect_step(moving, "^step 1,000 of 1,000, loss 2.47$")
    seen = moving.evaluate("seen")
    steps = [int(words.split()[1].replace(",", "")) for words, _ in seen]
    shown = steps[steps.index(0) :]
    assert shown == sorted(shown)
    assert len(set(shown)) > 20
    assert {len(names) for _, names in seen} == {20}, "each name has its place"
    # The last of its frames: in the first, names of the step before may still stand.
    babble = [names for words, names in seen if words.startswith("step 1 ")][-1]
    assert sum(len(name) for name in babble) > 1.5 * sum(len(name) for name in end)
    assert samples(moving) == end


def test_a_run_is_replayed_when_it_ends_and_any_key_ends_that(moving: Page) -> None:
    moving.get_by_role("button", name="Train").click()
    expect(moving.locator("#samples.held")).to_be_visible()
    expect_step(moving, r"^step \d\d of 1,000")
    moving.keyboard.press("Shift")
    replay_is_over(moving)
    expect_step(moving, "^step 1,000 of 1,000")
    end = samples(moving)
    moving.get_by_role("button", name="Replay").click()
    expect(moving.locator("#samples.held")).to_be_visible()
    open_view(moving, "Learning")  # looking elsewhere doesn't
    expect_step(moving, r"^step \d\d of 1,000")
    moving.get_by_role("checkbox", name="Log steps").check()
    expect_step(moving, "^step 1,000 of 1,000")
    assert samples(moving) == end


def test_without_motion_the_end_is_there_at_once(compiled: Page) -> None:
    compiled.evaluate(RECORD)
    train_to_the_end(compiled, 500)
    expect_step(compiled, "^step 500 of 500")
    compiled.get_by_role("button", name="Replay").click()
    expect_step(compiled, "^step 500 of 500")
    steps = {words.split()[1] for words, _ in compiled.evaluate("seen")}
    assert steps <= {"1,000", "500", "0", "steps"}  # "no steps yet"


def test_an_earlier_step_is_the_model_as_it_was(
    ready: Page, first_names: Corpus, tmp_path: Path
) -> None:
    train_to_the_end(ready, 12)
    expect_step(ready, "^step 12 of 12")  # before that there is nothing to go back to
    slider = step_shown(ready)
    slider.focus()
    ready.keyboard.press("Home")
    expect_step(ready, "^step 0 of 12$")
    for _ in range(5):
        ready.keyboard.press("ArrowRight")
    expect_step(ready, r"^step 5 of 12, loss \d\.\d\d$")
    run = new_run(first_names, from_mapping({"steps": 12}), "scalar")
    for _ in range(5):
        run.train_step()
    bos = run.vocabulary.bos
    drawn = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in "x" * 20
    ]
    expect(ready.locator("#samples")).to_have_text(
        re.compile("".join(f"{re.escape(text or '(nothing)')}.*" for text in drawn))
    )
    expect(ready.locator("#model-note")).to_contain_text("From the model after step 5 on")
    # Samples that are asked for come from there, too.
    ready.get_by_role("button", name="Sample", exact=True).click()
    expect(ready.locator("#samples")).not_to_contain_text(drawn[0] + drawn[1])
    assert max(map(len, samples(ready))) > 11, "it can't end a name yet"
    slider.focus()
    ready.keyboard.press("End")
    expect_step(ready, "^step 12 of 12")
    expect(ready.locator("#model-note")).to_contain_text("From the model after step 12 on")
    assert len(csv_losses(ready, tmp_path)) == 12


@pytest.mark.parametrize("view", ["Samples", "Learning"])
@pytest.mark.parametrize("width", [375, 1440])
def test_nothing_jumps_from_train_to_the_end_of_the_replay(
    moving: Page, view: str, width: int
) -> None:
    moving.set_viewport_size({"width": width, "height": 800})
    open_view(moving, view)
    moving.evaluate(SHIFTS)
    moving.evaluate("document.getElementById('train').click()")  # no hand excuses a shift
    expect_step(moving, r"^step \d\d of 1,000")
    expect_step(moving, "^step 1,000 of 1,000")
    moving.evaluate("new Promise(requestAnimationFrame)")
    shifts = moving.evaluate("shifts")
    assert sum(value for value, _ in shifts) <= 0.02, shifts


def test_a_run_goes_on_with_more_steps(compiled: Page, tmp_path: Path) -> None:
    before = csv_losses(compiled, tmp_path)
    compiled.get_by_role("button", name="+1,000 steps").click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Step 2000 / 2000")
    wait_for_state(compiled, "finished")
    losses = csv_losses(compiled, tmp_path)
    assert losses[:1000] == before
    assert len(losses) == 2000
    expect_step(compiled, "^step 2,000 of 2,000")
    expect(compiled.get_by_role("button", name="+1,000 steps")).to_be_enabled()


def test_the_table_has_few_rows_and_the_loss_on_unseen_lines(compiled: Page) -> None:
    open_view(compiled, "Learning")
    expect(compiled.get_by_role("img", name="on unseen lines it is 2.")).to_be_visible()
    rows = compiled.get_by_role("table", name="Loss").get_by_role("row")
    assert rows.count() <= 13
    expect(rows.last).to_have_text(re.compile(r"^1000\s*\d\.\d{4}\s*2\.4\d{2}\d\s*2\.\d{4}$"))


def test_the_logarithmic_axis_has_room_for_the_beginning(compiled: Page) -> None:
    open_view(compiled, "Learning")
    plot, readout = compiled.locator("#chart .u-over"), compiled.locator("#readout")

    def step_in_the_middle() -> int:
        box = plot.bounding_box()
        assert box
        compiled.mouse.move(0, 0)
        expect(readout).to_have_text(re.compile("^Step 1000:"))  # where nothing is pointed at
        plot.hover(position={"x": box["width"] / 2, "y": 50})
        expect(readout).not_to_have_text(re.compile("^Step 1000:"))
        return int(readout.inner_text().split()[1].rstrip(":"))

    assert 480 <= step_in_the_middle() <= 520
    compiled.get_by_role("checkbox", name="Log steps").check()
    assert 28 <= step_in_the_middle() <= 36


def test_a_run_that_goes_round_its_text_is_offered_lines_to_hold_out(compiled: Page) -> None:
    open_view(compiled, "Learning")
    upload(compiled, "few.txt", NAMES.encode())
    train_to_the_end(compiled, 300)
    offer = compiled.get_by_role("button", name="Hold out one line in ten")
    expect(compiled.locator(".unseen")).to_contain_text("round the text")
    offer.click()
    expect(compiled.locator("#setting-holdout")).to_have_value("0.1")
    expect(compiled.get_by_role("status", name="What was changed")).to_contain_text(
        "holdout is now 0.1"
    )
    train_to_the_end(compiled, 301)
    expect(compiled.locator(".unseen")).to_have_text("Unseen: 1 line held out of training.")
    expect(offer).to_have_count(0)


def test_lines_that_are_cut_can_be_read_whole(compiled: Page) -> None:
    open_view(compiled, "Learning")
    upload(compiled, "long.txt", b"once upon a midnight dreary\nwhile i pondered weak and weary\n")
    set_number(compiled, "block_size", 8)
    train_to_the_end(compiled, 30)
    expect(compiled.locator("#verdict")).to_contain_text("only their beginnings are learned")
    compiled.get_by_role("button", name="Read whole lines").click()
    expect(compiled.locator("#setting-block_size")).to_have_value("32")


def test_the_best_step_can_be_kept(compiled: Page, first_names: Corpus, tmp_path: Path) -> None:
    few = "\n".join(first_names.documents[::25])
    upload(compiled, "few.txt", few.encode())
    set_number(compiled, "holdout", 0.2)
    set_number(compiled, "n_embd", 32)
    train_to_the_end(compiled, 6000)
    open_view(compiled, "Learning")
    verdict = compiled.locator("#verdict")
    expect(verdict).to_contain_text("Learned by heart")
    best = re.search(r"since step ([\d,]*\d)", verdict.inner_text())
    assert best
    compiled.get_by_role("button", name="Keep the best step").click()
    expect(verdict).not_to_contain_text("Learned by heart")
    expect_step(compiled, f"^step {best[1]} of {best[1]}, loss")
    assert len(csv_losses(compiled, tmp_path)) == int(best[1].replace(",", ""))
    open_view(compiled, "Samples")
    expect(compiled.locator("#verdict-line")).to_contain_text("torn between")


def test_a_saved_run_is_judged_when_it_is_opened(compiled: Page, tmp_path: Path) -> None:
    open_view(compiled, "Runs")
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Save the whole run").click()
    path = tmp_path / "run.safetensors"
    download.value.save_as(path)
    compiled.get_by_label("Open a saved model or run").set_input_files(path)
    open_view(compiled, "Learning")
    expect(compiled.locator("#verdict")).to_contain_text("torn between")
    expect(compiled.get_by_role("img", name="on unseen lines it is 2.")).to_be_visible()
    expect(step_shown(compiled)).to_be_disabled()  # the steps before weren't saved


def test_what_is_still_falling_is_trained_more_with_one_press(compiled: Page) -> None:
    open_view(compiled, "Learning")
    verdict = compiled.locator("#verdict")
    expect(verdict).to_contain_text("Still falling")
    verdict.get_by_role("button", name="+5,000 steps").click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Finished: 6000 of 6000 steps")
