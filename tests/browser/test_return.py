"""A run comes back after a reload, a crash of the tab, and closing the browser."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import (
    BrowserContext,
    Error,
    Page,
    Playwright,
    Worker,
    expect,
)

from browser.conftest import (
    CHROMIUM_OPTIONS,
    Watch,
    csv_losses,
    launch,
    new_visitor,
    open_view,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
    wait_until_up,
)
from browser.keeping import (
    OWN_TEXT,
    begin_long_run,
    continue_run,
    kept,
    name_of,
    offer,
    pause,
    show_runs,
    steps_done,
    stop_after,
    stored,
    wait_until_kept,
)


def test_a_reload_in_the_middle_changes_no_digit(compiled: Page, tmp_path: Path) -> None:
    begin_long_run(compiled)
    step = wait_until_kept(compiled, 1000)
    compiled.reload()
    expect(offer(compiled)).to_contain_text(
        re.compile(r"was here: step [\d,]+ of 1,000,000, saved (just now|\d+ \w+ ago)\.")
    )
    assert compiled.locator("html").get_attribute("data-state") == "loading", "without Python"
    continue_run(compiled)
    expect(offer(compiled)).to_be_hidden()
    begun = steps_done(compiled)
    assert begun >= step
    stop_after(compiled, begun + 3000)
    resumed = csv_losses(compiled, tmp_path)
    compiled.get_by_role("button", name="Train").click()
    wait_for_state(compiled, "training")
    stop_after(compiled, begun + 3000)
    through = csv_losses(compiled, tmp_path)
    common = min(len(resumed), len(through))
    assert common >= begun + 3000
    assert resumed[:common] == through[:common]


def test_a_paused_run_comes_back_paused_with_text_settings_and_engine(
    ready: Page, tmp_path: Path
) -> None:
    upload(ready, "mine.txt", OWN_TEXT)
    expect(ready.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    set_number(ready, "n_embd", 8)
    begin_long_run(ready)
    step = pause(ready)
    losses = csv_losses(ready, tmp_path)
    ready.reload()
    expect(offer(ready)).to_contain_text(f"A run on mine.txt was here: step {step:,} of")
    continue_run(ready, "paused")
    expect(ready.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 5 lines")
    expect(ready.get_by_role("spinbutton", name="n_embd")).to_have_value("8")
    expect(ready.get_by_role("combobox", name="Engine")).to_have_value("scalar")
    status = ready.get_by_role("status", name="Training status")
    expect(status).to_contain_text(f"As it was saved, after step {step}.")
    assert csv_losses(ready, tmp_path) == losses
    chart = ready.get_by_role("img", name=re.compile(f"^Loss.* at step {step};"))
    expect(chart).to_be_visible()
    ready.get_by_role("button", name="Resume").click()
    wait_for_state(ready, "training")
    assert wait_until_kept(ready, step + 1) > step
    stop_after(ready, step + 5)


def test_a_run_that_began_from_an_opened_model_comes_back(compiled: Page, tmp_path: Path) -> None:
    train_to_the_end(compiled, 20)
    open_view(compiled, "Runs")
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="Save the model").click()
    file = tmp_path / "model.safetensors"
    download.value.save_as(file)
    compiled.get_by_label("Open a saved model or run").set_input_files(file)
    expect(compiled.get_by_role("combobox", name="Begin with")).to_have_value("opened")
    begin_long_run(compiled)
    step = pause(compiled)
    losses = csv_losses(compiled, tmp_path)
    compiled.reload()
    continue_run(compiled, "paused")
    assert csv_losses(compiled, tmp_path) == losses
    here = show_runs(compiled, 2).first
    expect(here).to_contain_text("began with the model on First names")
    compiled.get_by_role("button", name="Resume").click()
    stop_after(compiled, step + 100)


@pytest.mark.deep
def test_start_over_takes_text_and_settings(compiled: Page, tmp_path: Path) -> None:
    upload(compiled, "mine.txt", OWN_TEXT)
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    set_number(compiled, "seed", 5)
    begin_long_run(compiled)
    pause(compiled)
    before = csv_losses(compiled, tmp_path)
    compiled.reload()
    wait_for_state(compiled, "ready")
    offer(compiled).get_by_role("button", name="Start over").click()
    wait_for_state(compiled, "training")
    expect(offer(compiled)).to_be_hidden()
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    stop_after(compiled, 10)
    after = csv_losses(compiled, tmp_path)
    common = min(len(before), len(after))
    assert before[:common] == after[:common]
    expect(kept(compiled)).to_contain_text(f"step {len(after):,},")
    show_runs(compiled, 2)  # the one before is still there
    assert len(stored(compiled)) == 6


@pytest.fixture
def own_context(playwright_driver: Playwright, watch: Watch) -> Iterator[BrowserContext]:
    """A visitor with a browser of their own, in which every tab has a process of its own."""
    browser = launch(playwright_driver)
    context = new_visitor(browser, service_workers=False)
    with watch.over(context):
        yield context
        browser.close()
    watch.check()


def test_a_crash_of_the_tab(own_context: BrowserContext, site: str) -> None:
    crashing = own_context.new_page()
    crashing.goto(site)
    wait_until_up(crashing)
    expect(crashing.get_by_role("button", name="Train")).to_be_enabled()
    begin_long_run(crashing)
    step = wait_until_kept(crashing)
    with pytest.raises(Error, match="crash"):
        crashing.goto("chrome://crash")
    page = own_context.new_page()
    page.goto(site)
    expect(offer(page)).to_contain_text("A run on First names was here: step")
    continue_run(page)
    assert steps_done(page) >= step


def test_closing_the_tab_without_notice(context: BrowserContext, compiled: Page, site: str) -> None:
    begin_long_run(compiled)
    wait_until_kept(compiled)
    compiled.close()
    page = context.new_page()
    page.goto(site)
    continue_run(page)


@pytest.fixture
def reopened(
    playwright_driver: Playwright, site: str, watch: Watch, tmp_path: Path
) -> Iterator[Callable[[], Page]]:
    """Opens the page in a browser with one and the same profile, and closes the one before."""
    with ExitStack() as open_browser:

        def reopen() -> Page:
            open_browser.close()
            context = playwright_driver.chromium.launch_persistent_context(
                tmp_path / "profile",
                executable_path=os.environ.get("MICROGPT_CHROMIUM"),
                args=CHROMIUM_OPTIONS,
            )
            open_browser.callback(context.close)
            open_browser.enter_context(watch.over(context))
            page = context.new_page()
            page.goto(site)
            wait_until_up(page)
            return page

        yield reopen
    watch.check()


@pytest.mark.deep
def test_closing_the_browser(reopened: Callable[[], Page], tmp_path: Path) -> None:
    page = reopened()
    expect(page.get_by_role("button", name="Train")).to_be_enabled()
    begin_long_run(page)
    pause(page)
    losses = csv_losses(page, tmp_path)
    page = reopened()
    continue_run(page, "paused")
    assert csv_losses(page, tmp_path) == losses


def test_two_tabs_keep_a_run_each(context: BrowserContext, compiled: Page, site: str) -> None:
    begin_long_run(compiled)
    wait_until_kept(compiled)
    other = context.new_page()
    other.goto(site)
    wait_until_up(other)
    expect(offer(other)).to_be_hidden()  # it goes on in its own tab
    upload(other, "mine.txt", OWN_TEXT)
    expect(other.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    begin_long_run(other)
    pause(other)
    compiled.bring_to_front()
    pause(compiled)
    other.close()
    compiled.reload()
    expect(offer(compiled)).to_contain_text("A run on ")
    compiled.bring_to_front()
    wait_for_state(compiled, "ready")
    found = re.search(r"step ([\d,]+) of", offer(compiled).inner_text())
    assert found
    offer(compiled).get_by_role("button", name="Continue").click()
    wait_for_state(compiled, "paused")
    assert steps_done(compiled) == int(found[1].replace(",", ""))
    names = [name_of(row).input_value() for row in show_runs(compiled, 2).all()]
    assert sorted(names) == ["First names", "mine.txt"]


def test_a_run_that_another_tab_has_taken_is_left_to_it(
    context: BrowserContext, compiled: Page, site: str
) -> None:
    begin_long_run(compiled)
    pause(compiled)
    compiled.reload()
    other = context.new_page()
    other.goto(site)
    expect(offer(other)).to_be_visible()
    continue_run(compiled, "paused")
    expect(offer(other)).to_be_hidden()  # it has heard of it
    row = show_runs(other, 1).first
    expect(row).to_contain_text("open in another tab")
    for name in ("Continue", "Start over", "Delete"):
        expect(row.get_by_role("button", name=name)).to_be_hidden()
    assert len(stored(other)) == 3


def test_a_visitor_who_wants_nothing_kept(compiled: Page) -> None:
    train_to_the_end(compiled, 30)
    expect(kept(compiled)).to_contain_text("step 30,")
    open_view(compiled, "Runs")
    wanted = compiled.get_by_role("checkbox", name="Keep my runs in this browser")
    wanted.uncheck()
    expect(kept(compiled)).to_contain_text("From now on nothing is kept.")
    assert len(stored(compiled)) == 4, "the wish, too"
    compiled.get_by_role("button", name="Delete everything kept here").click()
    expect(kept(compiled)).to_have_text("Nothing is kept here.")
    assert compiled.evaluate("indexedDB.databases()") == []
    compiled.reload()
    expect(wanted).not_to_be_checked()
    wait_until_up(compiled)
    train_to_the_end(compiled, 30)
    begin_long_run(compiled)
    compiled.get_by_role("button", name="Pause").click()
    wait_for_state(compiled, "paused")
    assert compiled.evaluate("indexedDB.databases()") == []
    expect(kept(compiled)).to_have_text("New runs aren't kept.")
    wanted.check()
    compiled.reload()
    expect(wanted).to_be_checked()
    assert compiled.evaluate("localStorage.length") == 0


def set_quota(page: Page, origin: str, size: int | None) -> None:
    """How many bytes the page may store, from 1; as many as ever, if None."""
    wanted = {"origin": origin} | ({} if size is None else {"quotaSize": size})
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", wanted)


NO_ROOM_WORDS = (
    "This browser has no room: nothing of this run is kept. Save the whole run as a file, "
    "or delete what is kept here."
)


def test_no_room(compiled: Page, watch: Watch) -> None:
    set_quota(compiled, watch.origin, 1)
    set_number(compiled, "n_embd", 32)  # else it might come to its end
    begin_long_run(compiled)
    compiled.get_by_role("button", name="Pause").click()
    wait_for_state(compiled, "paused")
    expect(kept(compiled)).to_have_text(NO_ROOM_WORDS)
    expect(compiled.get_by_role("alert")).to_be_hidden()
    set_quota(compiled, watch.origin, None)
    compiled.get_by_role("button", name="Resume").click()
    wait_for_state(compiled, "training")
    pause(compiled)


# What browsers do when the room ends, in place of waiting until this one looks how much is left.
REFUSE = """() => {
    IDBObjectStore.prototype.put = () => {
        throw new DOMException("There is no room.", "QuotaExceededError");
    };
}"""


@pytest.mark.parametrize(
    "cause", ["the storage refuses", pytest.param("the browser's quota", marks=pytest.mark.deep)]
)
def test_room_that_ends(compiled: Page, watch: Watch, cause: str) -> None:
    set_number(compiled, "n_embd", 32)
    begin_long_run(compiled)
    pause(compiled)
    if cause == "the storage refuses":
        compiled.workers[0].evaluate(REFUSE)
    else:
        set_quota(compiled, watch.origin, 1)
    compiled.get_by_role("button", name="Resume").click()
    # Chromium looks only now and then how much room there is left.
    expect(kept(compiled)).to_contain_text("has no room: the last state kept", timeout=90_000)
    stop_after(compiled, 0)
    found = re.search(r"step [\d,]+", kept(compiled).inner_text())
    assert found
    set_quota(compiled, watch.origin, None)
    compiled.reload()
    expect(offer(compiled)).to_contain_text(f"{found[0]} of")
    # As it was when it was last kept: before the storage refused, or while it went on.
    continue_run(compiled, "paused" if cause == "the storage refuses" else "training")


FAILURES = {
    "missing": "Object.defineProperty(globalThis, 'indexedDB', { value: undefined });"
    " delete globalThis.indexedDB; delete Object.getPrototypeOf(globalThis).indexedDB;",
    "refusing": "const refuse = () => {"
    " throw new DOMException('Storage is blocked', 'SecurityError'); };"
    " IDBFactory.prototype.open = refuse;"
    " CacheStorage.prototype.open = CacheStorage.prototype.match = refuse;"
    " for (const name of globalThis.Storage ? ['getItem', 'setItem', 'removeItem'] : [])"
    " Storage.prototype[name] = refuse;",
    "silent": "IDBFactory.prototype.open = () => new (class extends EventTarget {})();",
}


@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=[pytest.mark.deep] * (how == "silent")) for how in FAILURES]
)
def test_blocked_storage_is_said_and_all_else_works(
    context: BrowserContext, site: str, how: str
) -> None:
    def break_it(worker: Worker) -> None:
        worker.evaluate(FAILURES[how])

    page = context.new_page()
    page.on("worker", break_it)
    page.add_init_script(FAILURES[how])
    page.goto(site)
    wait_until_up(page)
    train_to_the_end(page, 50)
    expect(kept(page)).to_contain_text("Runs aren't kept: ")
    expect(kept(page)).to_contain_text("Save the whole run as a file to keep it.")
    expect(page.get_by_role("alert")).to_be_hidden()
    items = page.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)


def test_a_link_is_opened_and_the_offer_stays(compiled: Page) -> None:
    begin_long_run(compiled)
    step = pause(compiled)
    compiled.get_by_role("button", name="Share as a link").click()
    address = compiled.get_by_role("textbox", name="Link")
    expect(address).to_have_value(re.compile("#m="))
    link = address.input_value()
    page = compiled.context.new_page()
    compiled.close()
    page.goto(link)
    wait_for_state(page, "finished")
    expect(page.locator("#opened")).to_contain_text("A model from a link")
    expect(offer(page)).to_contain_text(f"step {step:,} of")
    offer(page).get_by_role("button", name="Continue").click()
    wait_for_state(page, "paused")


@pytest.mark.deep
def test_a_run_that_is_declined_stays_among_the_runs(compiled: Page) -> None:
    train_to_the_end(compiled, 20)
    begin_long_run(compiled)
    step = pause(compiled)
    compiled.reload()
    wait_for_state(compiled, "ready")
    assert violations(compiled) == []
    offer(compiled).get_by_role("button", name="Not now").click()  # needs no Python
    expect(offer(compiled)).to_be_hidden()
    expect(show_runs(compiled, 2).first).to_contain_text(f"step {step:,} of")
    compiled.reload()
    wait_for_state(compiled, "finished")  # the page begins as it does with nothing on offer
    expect(offer(compiled)).to_be_hidden()
    show_runs(compiled, 2).first.get_by_role("button", name="Continue").click()
    wait_for_state(compiled, "paused")
    assert steps_done(compiled) == step
    compiled.get_by_role("button", name="Resume").click()
    wait_until_kept(compiled, step + 1)
    compiled.reload()
    expect(offer(compiled)).to_be_visible()  # it has gone on since
