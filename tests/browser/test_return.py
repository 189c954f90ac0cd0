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
    Locator,
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
    samples,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
)

OWN_TEXT = b"anna\nbella\ncarla\ndora\nella\n"


def kept(page: Page) -> Locator:
    return page.get_by_role("status", name="What is kept")


def offer(page: Page) -> Locator:
    return page.get_by_role("region", name="Kept in this browser")


def begin_long_run(page: Page) -> None:
    """At a learning rate that stays the same, so that the smallest difference grows."""
    set_number(page, "steps", 1_000_000)
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")


def wait_until_kept(page: Page, at_least: int = 1) -> int:
    """Until a state after so many steps is kept; of which step it is."""
    page.wait_for_function(
        """(least) => {
            const step = /: step ([\\d,]+)/.exec(document.getElementById("kept").textContent);
            return step && Number(step[1].replaceAll(",", "")) >= least;
        }""",
        arg=at_least,
        timeout=90_000,
    )
    found = re.search(r"step ([\d,]+)", kept(page).inner_text())
    assert found
    return int(found[1].replace(",", ""))


def steps_done(page: Page) -> int:
    bar = page.get_by_role("progressbar", name="Training progress")
    return int(bar.evaluate("bar => bar.value"))


def stop_after(page: Page, steps: int) -> None:
    page.wait_for_function(
        "(steps) => document.getElementById('training-progress').value >= steps",
        arg=steps,
        timeout=90_000,
    )
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")


def pause(page: Page) -> int:
    """Pauses, and waits until that state is kept; its step."""
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    step = steps_done(page)
    expect(kept(page)).to_contain_text(f"step {step:,},")
    return step


def stored(page: Page) -> list[object]:
    """Everything in every database of the page."""
    found: list[object] = page.evaluate("""async () => {
        const result = (request) => new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
        const all = Object.entries(localStorage);
        for (const { name } of await indexedDB.databases()) {
            const database = await result(indexedDB.open(name));
            for (const store of database.objectStoreNames) {
                const parts = database.transaction(store).objectStore(store);
                const keys = await result(parts.getAllKeys());
                all.push(...keys.map((key) => [store, key]));
            }
            database.close();
        }
        return all;
    }""")
    return found


def change_store(page: Page, change: str) -> None:
    """Runs a script on each object store, as `store`, in one transaction."""
    page.evaluate(
        """async (change) => {
            const [{ name }] = await indexedDB.databases();
            const request = indexedDB.open(name);
            await new Promise((resolve) => (request.onsuccess = resolve));
            const database = request.result;
            const transaction = database.transaction([...database.objectStoreNames], "readwrite");
            for (const part of database.objectStoreNames) {
                const store = transaction.objectStore(part);
                const keys = store.getAllKeys();
                const run = new Function("store", "part", "key", change);
                keys.onsuccess = () => keys.result.forEach((key) => run(store, part, key));
            }
            await new Promise((resolve) => (transaction.oncomplete = resolve));
            database.close();
        }""",
        change,
    )


def continue_run(page: Page, state: str = "training") -> None:
    wait_for_state(page, "ready")
    offer(page).get_by_role("button", name="Continue").click()
    wait_for_state(page, state)


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


def test_a_paused_run_comes_back_paused_with_text_and_settings(compiled: Page) -> None:
    upload(compiled, "mine.txt", OWN_TEXT)
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    set_number(compiled, "n_embd", 8)
    begin_long_run(compiled)
    step = pause(compiled)
    compiled.reload()
    expect(offer(compiled)).to_contain_text(f"A run on mine.txt was here: step {step:,} of")
    continue_run(compiled, "paused")
    expect(compiled.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 5 lines")
    expect(compiled.get_by_role("spinbutton", name="n_embd")).to_have_value("8")
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text(f"As it was saved, after step {step}.")
    chart = compiled.get_by_role("img", name=re.compile(f"^Loss.* at step {step};"))
    expect(chart).to_be_visible()
    compiled.get_by_role("button", name="Resume").click()
    wait_for_state(compiled, "training")
    assert wait_until_kept(compiled, step + 1) > step


def test_the_scalar_engine_comes_back(ready: Page, tmp_path: Path) -> None:
    set_number(ready, "steps", 100_000)
    ready.get_by_role("button", name="Train").click()
    wait_for_state(ready, "training")
    step = pause(ready)
    losses = csv_losses(ready, tmp_path)
    ready.reload()
    continue_run(ready, "paused")
    expect(ready.get_by_role("combobox", name="Engine")).to_have_value("scalar")
    assert csv_losses(ready, tmp_path) == losses
    ready.get_by_role("button", name="Resume").click()
    stop_after(ready, step + 5)


def test_a_run_that_began_from_an_opened_model_comes_back(compiled: Page, tmp_path: Path) -> None:
    train_to_the_end(compiled, 20)
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
    expect(compiled.locator("#opened")).to_contain_text("First names, after First names")
    compiled.get_by_role("button", name="Resume").click()
    stop_after(compiled, step + 100)


def test_a_finished_run_comes_back_with_its_samples(compiled: Page, tmp_path: Path) -> None:
    train_to_the_end(compiled, 200)
    expect(kept(compiled)).to_contain_text("step 200,")
    items = compiled.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    drawn, losses = samples(compiled), csv_losses(compiled, tmp_path)
    compiled.reload()
    expect(offer(compiled)).to_contain_text("A run on First names was here: all 200 steps, saved")
    wait_for_state(compiled, "ready")
    offer(compiled).get_by_role("button", name="Open it").click()
    wait_for_state(compiled, "finished")
    expect(items).to_have_count(20)
    assert samples(compiled) == drawn
    assert csv_losses(compiled, tmp_path) == losses


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
    assert len(stored(compiled)) == 3, "in place of the one before"


def test_a_run_can_be_deleted(compiled: Page) -> None:
    begin_long_run(compiled)
    pause(compiled)
    compiled.reload()
    offer(compiled).get_by_role("button", name="Delete it").click()  # needs no Python
    expect(offer(compiled)).to_be_hidden()
    assert stored(compiled) == []
    compiled.reload()
    wait_for_state(compiled, "ready")
    expect(offer(compiled)).to_be_hidden()


def test_a_new_run_does_not_lose_the_one_on_offer(compiled: Page) -> None:
    begin_long_run(compiled)
    step = pause(compiled)
    compiled.reload()
    wait_for_state(compiled, "ready")
    train_to_the_end(compiled, 50)
    expect(kept(compiled)).to_contain_text("step 50,")
    expect(offer(compiled)).to_contain_text(f"step {step:,} of")
    compiled.reload()
    expect(offer(compiled)).to_contain_text("all 50 steps")
    offer(compiled).get_by_text("And 1 more").click()
    expect(offer(compiled)).to_contain_text(f"step {step:,} of")
    offer(compiled).get_by_role("button", name="Delete it").first.click()
    expect(offer(compiled)).not_to_contain_text("all 50 steps")
    continue_run(compiled, "paused")


def test_only_the_newest_are_kept_and_that_is_said(compiled: Page) -> None:
    begin_long_run(compiled)
    pause(compiled)
    compiled.reload()
    expect(offer(compiled)).to_be_visible()
    change_store(
        compiled,
        """store.get(key).onsuccess = ({ target: { result } }) => {
            const copy = (i) => ({ ...result, name: `copy ${i}`, time: result.time - 6e7 * i });
            for (let i = 1; i < 7; i++) store.put(part === "about" ? copy(i) : result, key + i);
        };""",
    )
    compiled.reload()
    expect(offer(compiled)).to_contain_text("And 4 more")
    note = compiled.get_by_role("status", name="Earlier runs")
    words = r"^The last 5 are kept here\. Older ones were deleted: .*copy 5, step"
    expect(note).to_contain_text(re.compile(words))
    expect(note).to_contain_text("copy 6")
    assert len(stored(compiled)) == 5 * 3


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
    wait_for_state(crashing, "ready")
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
            wait_for_state(page, "ready")
            return page

        yield reopen
    watch.check()


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
    wait_for_state(other, "ready")
    expect(offer(other)).to_be_hidden()  # it goes on in its own tab
    upload(other, "mine.txt", OWN_TEXT)
    expect(other.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    begin_long_run(other)
    pause(other)
    compiled.bring_to_front()
    pause(compiled)
    other.close()
    compiled.reload()
    expect(offer(compiled)).to_contain_text("A run on First names")
    offer(compiled).get_by_text("And 1 more").click()
    expect(offer(compiled)).to_contain_text("A run on mine.txt")
    compiled.bring_to_front()
    wait_for_state(compiled, "ready")
    found = re.search(r"step ([\d,]+) of", offer(compiled).inner_text())
    assert found
    offer(compiled).get_by_role("button", name="Continue").first.click()
    wait_for_state(compiled, "paused")
    assert steps_done(compiled) == int(found[1].replace(",", ""))


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
    offer(other).get_by_role("button", name="Delete it").click()
    expect(other.get_by_role("alert")).to_contain_text("That run is open in another tab.")
    wait_for_state(other, "ready")
    offer(other).get_by_role("button", name="Continue").click()
    expect(offer(other)).to_be_hidden()
    assert len(stored(other)) == 3


def test_everything_is_deleted_at_once(context: BrowserContext, compiled: Page, site: str) -> None:
    begin_long_run(compiled)
    wait_until_kept(compiled)
    other = context.new_page()
    other.goto(site)
    wait_for_state(other, "ready")
    other.get_by_role("button", name="Delete everything kept here").click()
    expect(kept(other)).to_have_text("Nothing is kept here now. The next run will be.")
    assert other.evaluate("indexedDB.databases()") == []
    # The run that went on meanwhile is not written again, at a pause neither.
    expect(kept(compiled)).to_have_text("Nothing is kept here now. The next run will be.")
    compiled.bring_to_front()
    compiled.get_by_role("button", name="Stop").click()
    wait_for_state(compiled, "finished")
    items = compiled.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    assert stored(compiled) == []
    train_to_the_end(compiled, 30)
    expect(kept(compiled)).to_contain_text("step 30,")
    assert len(stored(compiled)) == 3


def test_a_visitor_who_wants_nothing_kept(compiled: Page) -> None:
    train_to_the_end(compiled, 30)
    expect(kept(compiled)).to_contain_text("step 30,")
    wanted = compiled.get_by_role("checkbox", name="Keep my runs in this browser")
    wanted.uncheck()
    expect(kept(compiled)).to_contain_text("From now on nothing is kept.")
    assert len(stored(compiled)) == 4, "the wish, too"
    compiled.get_by_role("button", name="Delete everything kept here").click()
    expect(kept(compiled)).to_have_text("Nothing is kept here.")
    assert compiled.evaluate("indexedDB.databases()") == []
    compiled.reload()
    expect(wanted).not_to_be_checked()
    wait_for_state(compiled, "ready")
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


@pytest.mark.parametrize("cause", ["the storage refuses", "the browser's quota"])
def test_room_that_ends(compiled: Page, watch: Watch, cause: str, deep: bool) -> None:
    set_number(compiled, "n_embd", 32)
    begin_long_run(compiled)
    pause(compiled)
    if cause == "the storage refuses":
        compiled.workers[0].evaluate(REFUSE)
    elif deep:
        set_quota(compiled, watch.origin, 1)
    else:
        pytest.skip("takes half a minute: --deep")
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
    "refusing": "IDBFactory.prototype.open = () => {"
    " throw new DOMException('Storage is blocked', 'SecurityError'); };",
}


@pytest.mark.parametrize("how", FAILURES)
def test_blocked_storage_is_said_and_all_else_works(
    context: BrowserContext, site: str, how: str
) -> None:
    def break_it(worker: Worker) -> None:
        worker.evaluate(FAILURES[how])

    page = context.new_page()
    page.on("worker", break_it)
    page.add_init_script(FAILURES[how])
    page.goto(site)
    wait_for_state(page, "ready")
    train_to_the_end(page, 50)
    expect(kept(page)).to_contain_text("Runs aren't kept: ")
    expect(kept(page)).to_contain_text("Save the whole run as a file to keep it.")
    expect(page.get_by_role("alert")).to_be_hidden()
    items = page.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)


DAMAGES = {
    "cut state": "if (part === 'state') store.get(key).onsuccess = ({ target: { result } }) =>"
    " store.put(result.slice(0, -100), key);",
    "other text": "if (part === 'text') store.put(new TextEncoder().encode('anna\\nbella'), key);",
    "no text": "if (part === 'text') store.delete(key);",
    "no state": "if (part === 'state') store.delete(key);",
    "something else": "if (part !== 'about') store.put({ '<b>': [1, 2] }, key);",
}


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
        offer(compiled).get_by_role("button", name="Delete it").click()
        expect(offer(compiled)).to_be_hidden()
        assert stored(compiled) == []
    train_to_the_end(compiled, 20)


def test_a_damaged_description(compiled: Page) -> None:
    begin_long_run(compiled)
    pause(compiled)
    compiled.reload()
    expect(offer(compiled)).to_be_visible()
    for about in ["null", "'x'", "{ name: 5 }", "{ name: 'x', step: NaN }"]:
        change_store(compiled, f"if (part === 'about') store.put({about}, key);")
        compiled.reload()  # it needs no Python to be told
        expect(offer(compiled)).to_contain_text("is damaged and can't be continued")
    offer(compiled).get_by_role("button", name="Delete it").click()
    expect(offer(compiled)).to_be_hidden()
    wait_for_state(compiled, "ready")


def test_axe_finds_nothing_on_the_card(compiled: Page) -> None:
    page = compiled
    for _ in range(2):
        train_to_the_end(page, 20)
        expect(kept(page)).to_contain_text("step 20,")
        page.reload()
        wait_for_state(page, "ready")
    expect(offer(page)).to_be_visible()
    offer(page).get_by_text("And 1 more").click()
    assert violations(page) == []
    assert page.get_by_role("alert").count() <= 1


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
