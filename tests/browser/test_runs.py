"""The view Runs: what this browser keeps, listed, compared, opened, renamed, deleted, exported."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import (
    csv_losses,
    open_view,
    samples,
    set_number,
    train_to_the_end,
    violations,
    wait_for_state,
    wait_until_up,
)
from browser.keeping import (
    begin_long_run,
    change_store,
    kept,
    name_of,
    offer,
    pause,
    rows,
    show_runs,
    stored,
    wait_until_kept,
)
from browser.waiting import wait_until

CONTENTS = """async () => {
    const [{ name }] = await indexedDB.databases();
    const opening = indexedDB.open(name);
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const database = opening.result;
    const found = [];
    for (const part of database.objectStoreNames) {
        const store = database.transaction(part).objectStore(part);
        for (const ask of [store.getAllKeys(), store.getAll()]) {
            await new Promise((resolve) => (ask.onsuccess = resolve));
            found.push(ask.result.map((each) => (each instanceof Uint8Array ? [...each] : each)));
        }
    }
    database.close();
    return JSON.stringify(found);
}"""


def contents(page: Page) -> str:
    """All that is kept, to the last byte."""
    return str(page.evaluate(CONTENTS))


def train_and_keep(page: Page, steps: int, **settings: float) -> None:
    for name, value in settings.items():
        set_number(page, name, value)
    train_to_the_end(page, steps)
    expect(kept(page)).to_contain_text(f"step {steps},")


def samples_of_the_end(page: Page) -> list[str]:
    open_view(page, "Samples")
    expect(page.get_by_text("20 samples drawn.")).to_be_visible()
    return samples(page)


def undo_line(page: Page) -> Locator:
    return page.get_by_role("status", name="What was deleted")


def rename(row: Locator, name: str) -> None:
    name_of(row).fill(name)
    name_of(row).press("Enter")


def test_each_run_is_listed_with_what_was_changed(compiled: Page) -> None:
    open_view(compiled, "Runs")
    expect(compiled.get_by_text("No run is kept yet.")).to_be_visible()
    assert stored(compiled) == []  # not what the page began by itself
    train_to_the_end(compiled, 40)
    train_to_the_end(compiled, 40)  # at once: what is still to be saved of the first isn't lost
    train_and_keep(compiled, 60, n_embd=8)
    newest, same, first = show_runs(compiled, 3).all()
    expect(newest).to_contain_text("steps 60 instead of 40 · n_embd 8 instead of 16")
    expect(newest).to_contain_text("current")
    expect(same).to_contain_text("Nothing was changed")
    expect(first).to_contain_text("steps 40 instead of 1,000")
    drawn = compiled.locator("#samples .text").all_text_contents()  # of the end
    expect(newest.locator(".run-samples bdi")).to_have_text(drawn[:5])
    expect(newest).to_contain_text(re.compile(r"loss \d\.\d\d\s*held-out \d\.\d\d"))
    expect(newest).to_contain_text(re.compile(r"60 steps · [\d,]+ weights"))
    for row in (newest, same, first):
        expect(name_of(row)).to_have_value("First names")
        assert row.locator(".spark path").get_attribute("d")
    assert violations(compiled) == []
    compiled.set_viewport_size({"width": 320, "height": 640})
    # When the chart has followed.
    wait_until(compiled, "() => document.getElementById('view-runs').scrollWidth <= 320")


def test_the_run_that_the_page_began_is_kept_when_it_is_wanted(compiled: Page) -> None:
    open_view(compiled, "Runs")
    # A visitor who wants nothing kept is not asked.
    wanted = compiled.get_by_role("checkbox", name="Keep my runs in this browser")
    wanted.uncheck()
    expect(compiled.get_by_role("button", name="Keep this run")).to_be_hidden()
    assert compiled.evaluate("indexedDB.databases()") == []
    wanted.check()
    compiled.get_by_role("button", name="Keep this run").click()
    expect(rows(compiled)).to_have_count(1)
    expect(compiled.get_by_role("button", name="Keep this run")).to_be_hidden()
    expect(rows(compiled)).to_contain_text("current")
    compiled.reload()
    expect(rows(compiled)).to_have_count(1)  # before Python is up
    wait_until_up(compiled)
    expect(compiled.get_by_role("button", name="Keep this run")).to_be_visible()
    # To go on with it is to want it.
    compiled.get_by_role("button", name="+1,000 steps").click()
    expect(rows(compiled)).to_have_count(2)
    expect(rows(compiled).first).to_contain_text("2,000 steps")
    expect(compiled.get_by_role("button", name="Keep this run")).to_be_hidden()


def test_a_kept_run_is_opened(compiled: Page, tmp_path: Path) -> None:
    compiled.emulate_media(reduced_motion="reduce")
    train_and_keep(compiled, 200, seed=5)
    drawn, losses = samples_of_the_end(compiled), csv_losses(compiled, tmp_path)
    train_and_keep(compiled, 30)
    compiled.reload()
    wait_until_up(compiled)
    expect(offer(compiled)).to_be_hidden()  # it was over
    expect(compiled.get_by_text("20 samples drawn.")).to_be_attached()
    row = show_runs(compiled, 2).nth(1)
    expect(compiled.get_by_role("list", name="Earlier visits")).to_be_visible()
    row.get_by_role("button", name="Open").click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("As it was saved, after step 200.")
    wait_for_state(compiled, "finished")
    expect(compiled.get_by_role("spinbutton", name="seed", include_hidden=True)).to_have_value("5")
    expect(compiled.locator(".run.here")).to_contain_text("200 steps")
    open_view(compiled, "Samples")
    expect(compiled.get_by_role("list", name="Samples").locator("li .text")).to_have_text(drawn)
    assert csv_losses(compiled, tmp_path) == losses
    train_and_keep(compiled, 50)  # another run: the opened one stays
    expect(show_runs(compiled, 3).first).to_contain_text("steps 50 instead of 200")


def test_a_name_stays_when_the_run_goes_on(compiled: Page) -> None:
    begin_long_run(compiled)
    step = pause(compiled)
    row = show_runs(compiled, 1).first
    name = name_of(row)
    name.fill("<b>Mine</b>")
    name.press("Escape")
    expect(name).to_have_value("First names")
    rename(row, "<b>Mine</b>")
    expect(row).to_contain_text("on First names")
    compiled.get_by_role("button", name="Resume").click()
    wait_until_kept(compiled, step + 1)
    pause(compiled)
    compiled.reload()
    expect(offer(compiled)).to_contain_text("A run on <b>Mine</b> was here")
    expect(name_of(rows(compiled).first)).to_have_value("<b>Mine</b>")
    rename(rows(compiled).first, " ")
    expect(name_of(rows(compiled).first)).to_have_value("First names")


def test_a_deleted_run_can_be_put_back(compiled: Page) -> None:
    train_and_keep(compiled, 20)
    train_and_keep(compiled, 30)
    # What is told of a run that is over is written now, and nothing else will be.
    older = show_runs(compiled, 2).nth(1)
    expect(older).to_contain_text(re.compile(r"held-out \d"))
    expect(rows(compiled).first).to_contain_text(re.compile(r"held-out \d"))
    rename(older, "The first")
    expect(older).to_contain_text("on First names")
    before = contents(compiled)
    older.get_by_role("button", name="Delete").click()
    expect(rows(compiled)).to_have_count(1)
    expect(undo_line(compiled)).to_have_text("Deleted: The first.")
    assert len(stored(compiled)) == 3
    assert violations(compiled) == []
    compiled.get_by_role("button", name="Undo").click()
    expect(rows(compiled)).to_have_count(2)
    expect(undo_line(compiled)).to_have_text("")
    assert contents(compiled) == before
    compiled.clock.install()
    rows(compiled).nth(1).get_by_role("button", name="Delete").click()
    undo = compiled.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    compiled.mouse.move(0, 0)
    compiled.clock.fast_forward(9_000)
    expect(undo).to_be_visible()
    compiled.clock.fast_forward(2_000)
    expect(undo).to_be_hidden()
    # With the keyboard: Undo has it, and stays as long.
    rows(compiled).first.get_by_role("button", name="Delete").press("Enter")
    expect(undo).to_be_focused()
    compiled.clock.fast_forward(60_000)
    undo.press("Enter")
    expect(rows(compiled)).to_have_count(1)
    expect(rows(compiled).first.get_by_role("checkbox")).to_be_focused()


def test_the_run_that_is_here_is_deleted_and_put_back(compiled: Page) -> None:
    begin_long_run(compiled)
    pause(compiled)
    row = show_runs(compiled, 1).first
    row.get_by_role("button", name="Delete").click()
    expect(rows(compiled)).to_have_count(0)
    compiled.get_by_role("button", name="Resume").click()
    wait_for_state(compiled, "training")
    compiled.get_by_role("button", name="Pause").click()
    wait_for_state(compiled, "paused")
    assert stored(compiled) == []
    compiled.get_by_role("button", name="Undo").click()
    expect(rows(compiled)).to_have_count(1)
    expect(rows(compiled)).to_contain_text("current")
    step = pause_again(compiled)
    compiled.reload()
    expect(offer(compiled)).to_contain_text(f"step {step:,} of")


def pause_again(page: Page) -> int:
    page.get_by_role("button", name="Resume").click()
    wait_for_state(page, "training")
    return pause(page)


def test_everything_is_deleted_at_once_and_put_back(
    context: BrowserContext, compiled: Page, site: str
) -> None:
    begin_long_run(compiled)
    wait_until_kept(compiled)
    other = context.new_page()
    other.goto(site)
    wait_until_up(other)
    expect(show_runs(other, 1)).to_contain_text("open in another tab")
    other.get_by_role("button", name="Delete everything kept here").click()
    nothing = "Nothing is kept here now. The next run will be."
    expect(kept(other)).to_have_text(nothing)
    assert other.evaluate("indexedDB.databases()") == []
    # The run that went on meanwhile is not written again, at a pause neither.
    expect(kept(compiled)).to_have_text(nothing)
    compiled.bring_to_front()
    compiled.get_by_role("button", name="Pause").click()
    wait_for_state(compiled, "paused")
    assert stored(compiled) == []
    # Undone, it goes on being kept.
    other.bring_to_front()
    other.get_by_role("button", name="Undo").click()
    expect(rows(other)).to_contain_text("open in another tab")
    expect(kept(compiled)).to_contain_text("step")
    compiled.bring_to_front()
    pause_again(compiled)
    # For good: only the next run is kept.
    other.bring_to_front()
    other.get_by_role("button", name="Delete everything kept here").click()
    expect(kept(compiled)).to_have_text(nothing)
    compiled.bring_to_front()
    compiled.get_by_role("button", name="Stop").click()
    wait_for_state(compiled, "finished")
    train_and_keep(compiled, 30)
    assert len(stored(compiled)) == 3
    expect(rows(other)).to_have_count(1)  # the other tab has heard of it


def test_chosen_runs_are_overlaid_and_exported(compiled: Page, tmp_path: Path) -> None:
    all_losses = []
    for seed in (1, 2, 3):
        train_and_keep(compiled, 100 * seed, seed=seed)
        all_losses.append(csv_losses(compiled, tmp_path))
    listed = show_runs(compiled, 3)
    rename(listed.nth(2), "The first")
    chart = compiled.get_by_role("img", name="Curves")
    words = r"Curves in nats\. A seed 3: from \d\.\d\d to \d\.\d\d; B seed 2: [^;]*"
    expect(chart).to_have_attribute("aria-label", re.compile(f"^{words}$"))
    listed.nth(2).get_by_role("checkbox", name="Compare The first").check()
    expect(chart).to_have_attribute("aria-label", re.compile(f"^{words}; C The first: [^;]*$"))
    legend = compiled.get_by_role("list", name="Chosen runs").get_by_role("listitem")
    expect(legend).to_have_text([re.compile(f"^{letter} .*held-out") for letter in "ABC"])
    chart.locator(".u-over").hover(position={"x": 100, "y": 50})
    expect(compiled.locator("#curves-step")).to_have_text(re.compile(r"^At step \d+$"))
    expect(legend).to_have_text([re.compile(rf"^{letter} .*\d\.\d\d") for letter in "ABC"])
    listed.first.get_by_role("checkbox").uncheck()
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Table as CSV (2 chosen)").click()
    download.value.save_as(tmp_path / "runs.csv")
    table = list(csv.DictReader((tmp_path / "runs.csv").read_text().splitlines()))
    assert [row["name"] for row in table] == ["First names", "The first"]
    assert [row["seed"] for row in table] == ["2", "1"]
    assert [row["steps"] for row in table] == ["200", "100"]
    assert "n_embd" not in table[0]
    for row, losses in zip(table, (all_losses[1], all_losses[0]), strict=True):
        assert float(row["loss"]) == pytest.approx(sum(losses[-50:]) / 50)
    compiled.get_by_role("button", name="Choose none").click()
    expect(legend).to_have_count(0)
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Every loss as CSV (all 3)").click()
    download.value.save_as(tmp_path / "losses.csv")
    steps = list(csv.DictReader((tmp_path / "losses.csv").read_text().splitlines()))
    expected = [loss for losses in reversed(all_losses) for loss in losses]
    assert [float(step["loss"]) for step in steps] == expected
    # Those that are chosen can be deleted together.
    for each in listed.all()[1:]:
        each.get_by_role("checkbox").check()
    compiled.get_by_role("button", name="Delete the chosen").click()
    expect(rows(compiled)).to_have_count(1)
    expect(undo_line(compiled)).to_have_text("Deleted: 2 runs.")


COPIES = """store.get(key).onsuccess = ({ target: { result } }) => {
    const about = (i) => ({
        ...result,
        name: `copy ${i}`,
        title: i === 44 ? "the oldest" : "",
        time: result.time - 6e7 * i,
    });
    for (let i = 1; i < 45; i++) store.put(part === "about" ? about(i) : result, `${key} ${i}`);
};"""


@pytest.mark.deep
def test_the_oldest_make_room_and_that_is_said(compiled: Page) -> None:
    train_and_keep(compiled, 20)
    change_store(compiled, COPIES)
    compiled.reload()
    wait_until_up(compiled)
    show_runs(compiled, 45)
    assert violations(compiled) == []
    train_and_keep(compiled, 30)
    # 39 that were there, the new one, and the one that has a name.
    expect(rows(compiled)).to_have_count(41)
    expect(name_of(rows(compiled).last)).to_have_value("the oldest")
    note = compiled.get_by_role("status", name="Room for runs")
    names = "; ".join(f"copy {i}" for i in range(39, 44))
    words = f"To make room, the oldest were deleted: {names}. Runs that you give a name stay."
    expect(note).to_have_text(words)
    assert len(stored(compiled)) == 41 * 3


DAMAGES = {
    "cut state": "if (part === 'state') store.get(key).onsuccess = ({ target: { result } }) =>"
    " store.put(result.slice(0, -100), key);",
    "other text": "if (part === 'text') store.put(new TextEncoder().encode('anna\\nbella'), key);",
    "no text": "if (part === 'text') store.delete(key);",
    "no state": "if (part === 'state') store.delete(key);",
    "something else": "if (part !== 'about') store.put({ '<b>': [1, 2] }, key);",
}


@pytest.mark.deep
def test_damaged_records(compiled: Page) -> None:
    for damage in DAMAGES.values():
        begin_long_run(compiled)
        pause(compiled)
        compiled.reload()
        expect(offer(compiled)).to_be_visible()
        change_store(compiled, damage)
        wait_for_state(compiled, "ready")
        offer(compiled).get_by_role("button", name="Continue").click()
        alert = compiled.get_by_role("alert")
        expect(alert).to_contain_text(re.compile("can't be opened|nothing of it is left"))
        expect(alert).to_contain_text("Nothing else has changed.")
        alert.get_by_role("button", name="Dismiss").click()
        row = show_runs(compiled, 1)
        row.get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)
        expect(offer(compiled)).to_be_hidden()
        assert stored(compiled) == []
    train_to_the_end(compiled, 20)


def test_a_damaged_description(compiled: Page) -> None:
    train_and_keep(compiled, 20)
    open_view(compiled, "Runs")
    compiled.reload()  # so that it isn't saved again
    expect(rows(compiled)).to_have_count(1)
    impossible = "{ name: 'x', step: 1, steps: 2, parameters: 3, bytes: 4, time: 1e300 }"
    for about in ["null", "'x'", "{ name: 5 }", "{ name: 'x', step: NaN }", impossible]:
        change_store(compiled, f"if (part === 'about') store.put({about}, key);")
        compiled.reload()  # it needs no Python to be told
        expect(rows(compiled)).to_contain_text("What was noted of it can't be read.")
    damaged = contents(compiled)
    rows(compiled).get_by_role("button", name="Delete").click()
    expect(rows(compiled)).to_have_count(0)
    compiled.get_by_role("button", name="Undo").click()
    expect(rows(compiled)).to_have_count(1)
    assert contents(compiled) == damaged
    wait_until_up(compiled)
    expect(compiled.get_by_text("20 samples drawn.")).to_be_attached()
    # What it has learned isn't damaged.
    rows(compiled).get_by_role("button", name="Open").click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("As it was saved, after step 20.")
    expect(name_of(rows(compiled).first)).not_to_have_value("A damaged run")
    expect(rows(compiled).first).to_contain_text("20 steps")
