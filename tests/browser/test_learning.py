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

# Notes what is seen in each frame, until that is taken: the step shown, and the names.
RECORD = """() => {
    window.seen = [];
    const slider = document.getElementById("step-shown");
    const list = document.getElementById("samples");
    const frame = () => {
        if (!window.seen) return;
        seen.push([slider.ariaValueText, [...list.children].map((item) => item.textContent)]);
        requestAnimationFrame(frame);
    };
    frame();
}"""
TAKE = "() => { const { seen } = window; window.seen = null; return seen; }"
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
def moving(first_model: Page) -> Page:
    """The page for those who like things to move."""
    first_model.emulate_media(reduced_motion="no-preference")
    return first_model


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
    seen = moving.evaluate(TAKE)
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


def test_without_motion_the_end_is_there_at_once(first_model: Page) -> None:
    first_model.evaluate(RECORD)
    train_to_the_end(first_model, 500)
    expect_step(first_model, "^step 500 of 500")
    first_model.get_by_role("button", name="Replay").click()
    expect_step(first_model, "^step 500 of 500")
    steps = {words.split()[1] for words, _ in first_model.evaluate(TAKE)}
    assert steps <= {"1,000", "500", "0", "steps"}  # "no steps yet"


def test_an_earlier_step_is_the_model_as_it_was(
    slow: Page, first_names: Corpus, tmp_path: Path
) -> None:
    train_to_the_end(slow, 12)
    expect_step(slow, "^step 12 of 12")  # before that there is nothing to go back to
    slider = step_shown(slow)
    slider.focus()
    slow.keyboard.press("Home")
    expect_step(slow, "^step 0 of 12$")
    for _ in range(5):
        slow.keyboard.press("ArrowRight")
    expect_step(slow, r"^step 5 of 12, loss \d\.\d\d$")
    run = new_run(first_names, from_mapping({"steps": 12}), "scalar")
    for _ in range(5):
        run.train_step()
    bos = run.vocabulary.bos
    drawn = [
        run.vocabulary.decode(list(run.engine.sample(run.stream, 0.5, [bos]))) for _ in "x" * 20
    ]
    expect(slow.locator("#samples")).to_have_text(
        re.compile("".join(f"{re.escape(text or '(nothing)')}.*" for text in drawn))
    )
    expect(slow.locator("#model-note")).to_contain_text("From the model after step 5 on")
    # Samples that are asked for come from there, too.
    slow.get_by_role("button", name="Sample", exact=True).click()
    expect(slow.locator("#samples")).not_to_contain_text(drawn[0] + drawn[1])
    assert max(map(len, samples(slow))) > 11, "it can't end a name yet"
    slider.focus()
    slow.keyboard.press("End")
    expect_step(slow, "^step 12 of 12")
    expect(slow.locator("#model-note")).to_contain_text("From the model after step 12 on")
    assert len(csv_losses(slow, tmp_path)) == 12


@pytest.mark.parametrize(("view", "width"), [("Samples", 375), ("Learning", 1440)])
def test_nothing_jumps_from_train_to_the_end_of_the_replay(
    moving: Page, view: str, width: int
) -> None:
    moving.set_viewport_size({"width": width, "height": 800})
    open_view(moving, view)
    # The width is another, and its layout is there, before anything counts as a shift.
    moving.evaluate("new Promise((go) => requestAnimationFrame(() => setTimeout(go)))")
    moving.evaluate(SHIFTS)
    moving.evaluate("document.getElementById('train').click()")  # no hand excuses a shift
    expect_step(moving, r"^step \d\d of 1,000")
    expect_step(moving, "^step 1,000 of 1,000")
    moving.evaluate("new Promise(requestAnimationFrame)")
    shifts = moving.evaluate("shifts")
    assert sum(value for value, _ in shifts) <= 0.02, shifts


def test_a_run_goes_on_with_more_steps(first_model: Page, tmp_path: Path) -> None:
    before = csv_losses(first_model, tmp_path)
    first_model.get_by_role("button", name="+1,000 steps").click()
    status = first_model.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Step 2000 / 2000")
    wait_for_state(first_model, "finished")
    losses = csv_losses(first_model, tmp_path)
    assert losses[:1000] == before
    assert len(losses) == 2000
    expect_step(first_model, "^step 2,000 of 2,000")
    expect(first_model.get_by_role("button", name="+1,000 steps")).to_be_enabled()


def test_the_table_has_few_rows_and_the_loss_on_unseen_lines(first_model: Page) -> None:
    open_view(first_model, "Learning")
    expect(first_model.get_by_role("img", name="on unseen lines it is 2.")).to_be_visible()
    rows = first_model.get_by_role("table", name="Loss").get_by_role("row")
    assert rows.count() <= 13
    expect(rows.last).to_have_text(re.compile(r"^1000\s*\d\.\d{4}\s*2\.4\d{2}\d\s*2\.\d{4}$"))


def test_the_logarithmic_axis_has_room_for_the_beginning(first_model: Page) -> None:
    open_view(first_model, "Learning")
    plot, readout = first_model.locator("#chart .u-over"), first_model.locator("#readout")

    def step_in_the_middle() -> int:
        box = plot.bounding_box()
        assert box
        first_model.mouse.move(0, 0)
        expect(readout).to_have_text(re.compile("^Step 1000:"))  # where nothing is pointed at
        plot.hover(position={"x": box["width"] / 2, "y": 50})
        expect(readout).not_to_have_text(re.compile("^Step 1000:"))
        return int(readout.inner_text().split()[1].rstrip(":"))

    assert 480 <= step_in_the_middle() <= 520
    first_model.get_by_role("checkbox", name="Log steps").check()
    assert 28 <= step_in_the_middle() <= 36


def test_a_run_that_goes_round_its_text_is_offered_lines_to_hold_out(shared: Page) -> None:
    open_view(shared, "Learning")
    upload(shared, "few.txt", NAMES.encode())
    train_to_the_end(shared, 300)
    offer = shared.get_by_role("button", name="Hold out one line in ten")
    expect(shared.locator(".unseen")).to_contain_text("round the text")
    offer.click()
    expect(shared.locator("#setting-holdout")).to_have_value("0.1")
    expect(shared.get_by_role("status", name="What was changed")).to_contain_text(
        "holdout is now 0.1"
    )
    train_to_the_end(shared, 301)
    expect(shared.locator(".unseen")).to_have_text("Unseen: 1 line held out of training.")
    expect(offer).to_have_count(0)


def test_lines_that_are_cut_can_be_read_whole(shared: Page) -> None:
    open_view(shared, "Learning")
    upload(shared, "long.txt", b"once upon a midnight dreary\nwhile i pondered weak and weary\n")
    set_number(shared, "block_size", 8)
    train_to_the_end(shared, 30)
    expect(shared.locator("#verdict")).to_contain_text("only their beginnings are learned")
    shared.get_by_role("button", name="Read whole lines").click()
    expect(shared.locator("#setting-block_size")).to_have_value("32")


def test_the_best_step_can_be_kept(shared: Page, first_names: Corpus, tmp_path: Path) -> None:
    few = "\n".join(first_names.documents[::25])
    upload(shared, "few.txt", few.encode())
    set_number(shared, "holdout", 0.2)
    set_number(shared, "n_embd", 32)
    train_to_the_end(shared, 6000)
    open_view(shared, "Learning")
    verdict = shared.locator("#verdict")
    expect(verdict).to_contain_text("Learned by heart")
    best = re.search(r"since step ([\d,]*\d)", verdict.inner_text())
    assert best
    shared.get_by_role("button", name="Keep the best step").click()
    expect(verdict).not_to_contain_text("Learned by heart")
    expect_step(shared, f"^step {best[1]} of {best[1]}, loss")
    assert len(csv_losses(shared, tmp_path)) == int(best[1].replace(",", ""))
    open_view(shared, "Samples")
    expect(shared.locator("#verdict-line")).to_contain_text("torn between")


def test_a_saved_run_is_judged_when_it_is_opened(first_model: Page, tmp_path: Path) -> None:
    open_view(first_model, "Runs")
    with first_model.expect_download() as download:
        first_model.get_by_role("button", name="Save the whole run").click()
    path = tmp_path / "run.safetensors"
    download.value.save_as(path)
    first_model.get_by_label("Open a saved model or run").set_input_files(path)
    open_view(first_model, "Learning")
    expect(first_model.locator("#verdict")).to_contain_text("torn between")
    expect(first_model.get_by_role("img", name="on unseen lines it is 2.")).to_be_visible()
    expect(step_shown(first_model)).to_be_disabled()  # the steps before weren't saved


def test_what_is_still_falling_is_trained_more_with_one_press(first_model: Page) -> None:
    open_view(first_model, "Learning")
    verdict = first_model.locator("#verdict")
    expect(verdict).to_contain_text("Still falling")
    verdict.get_by_role("button", name="+5,000 steps").click()
    status = first_model.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Finished: 6000 of 6000 steps")
