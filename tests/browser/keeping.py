"""What tests of kept runs do and look at."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

from browser.conftest import open_view, set_number, wait_for_state
from browser.waiting import wait_until

PATIENCE = 2  # seconds, within which Python is to answer when Stop is pressed
OWN_TEXT = b"anna\nbella\ncarla\ndora\nella\n"


def kept(page: Page) -> Locator:
    return page.get_by_role("status", name="What is kept", include_hidden=True)


def offer(page: Page) -> Locator:
    return page.get_by_role("region", name="An unfinished run")


def rows(page: Page) -> Locator:
    """The kept runs in the view Runs, the newest first."""
    return page.locator("#runs-list li")


def show_runs(page: Page, count: int) -> Locator:
    open_view(page, "Runs")
    expect(rows(page)).to_have_count(count)
    return rows(page)


def name_of(row: Locator) -> Locator:
    return row.get_by_role("textbox", name="Name of the run")


def begin_long_run(page: Page) -> None:
    """At a learning rate that stays the same, so that the smallest difference grows."""
    set_number(page, "steps", 1_000_000)
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")


def wait_until_kept(page: Page, at_least: int = 1) -> int:
    """Until a state after so many steps is kept; of which step it is."""
    wait_until(
        page,
        """(least) => {
            const step = /: step ([\\d,]+)/.exec(document.getElementById("kept").textContent);
            return step && Number(step[1].replaceAll(",", "")) >= least;
        }""",
        at_least,
        timeout=90_000,
    )
    found = re.search(r"step ([\d,]+)", kept(page).inner_text())
    assert found
    return int(found[1].replace(",", ""))


def steps_done(page: Page) -> int:
    bar = page.get_by_role("progressbar", name="Training progress")
    return int(bar.evaluate("bar => bar.value"))


def stop_after(page: Page, steps: int) -> None:
    wait_until(
        page,
        "(steps) => document.getElementById('training-progress').value >= steps",
        steps,
        timeout=90_000,
    )
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")


def press_stop(page: Page) -> None:
    """Presses it while Python doesn't answer, and waits until that has been ended for it."""
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_enabled()
    begin = time.monotonic()
    stop.click()
    expect(page.get_by_role("alert")).to_contain_text("Python didn’t answer, so it was ended")
    assert PATIENCE - 0.1 <= time.monotonic() - begin < PATIENCE + 3
    expect(stop).to_be_disabled()


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
        """async () => {
            const run = (store, part, key) => { CHANGE };
            const [{ name }] = await indexedDB.databases();
            const request = indexedDB.open(name);
            await new Promise((resolve) => (request.onsuccess = resolve));
            const database = request.result;
            const transaction = database.transaction([...database.objectStoreNames], "readwrite");
            for (const part of database.objectStoreNames) {
                const store = transaction.objectStore(part);
                const keys = store.getAllKeys();
                keys.onsuccess = () => keys.result.forEach((key) => run(store, part, key));
            }
            await new Promise((resolve) => (transaction.oncomplete = resolve));
            database.close();
        }""".replace("CHANGE", change)  # the page's policy has no text become code
    )


def continue_run(page: Page, state: str = "training") -> None:
    wait_for_state(page, "ready")
    offer(page).get_by_role("button", name="Continue").click()
    wait_for_state(page, state)
