"""Whether the page holds out at full speed while a visitor does one thing after the other.

Runs of a million steps, and meanwhile samples, earlier steps, links and files.
`python3 build.py soak MINUTES`. Prints, minute by minute, the speed and the memory, and at the
end how the last minutes compare with the first. Not about how fast it is: see page.py.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from browser.conftest import launch, open_view, set_number, wait_until_up
from tools.places import DIST
from tools.server import site_server

STEPS = 1_000_000
PAUSE = 3  # seconds between two things that the visitor does

# Adds up the steps of all runs as the worker tells of them.
COUNT = """
window.soaked = { steps: 0, before: 0 };
window.Worker = class extends Worker {
    constructor(...args) {
        super(...args);
        this.addEventListener("message", ({ data }) => {
            if (data.event !== "progress") return;
            const { step } = data.detail;
            soaked.steps += step < soaked.before ? step : step - soaked.before;
            soaked.before = step;
        });
    }
};
"""


@dataclass
class Minute:
    """What is measured of it.

    Attributes:
        speed: steps a second, of the median of its parts between two things done.
        heap: MB of the page's objects, after collecting garbage.
        process: MB of the process that has the page and the worker, or NaN where the system
            doesn't tell.
    """

    speed: float
    heap: float
    process: float


def draw_samples(page: Page, _folder: Path) -> None:
    open_view(page, "Samples")
    page.get_by_role("button", name="Sample", exact=True).click()
    expect(page.locator("#sample-status")).to_contain_text("drawn")


def scrub(page: Page, _folder: Path) -> None:
    slider = page.locator("#step-shown")
    for key in ("Home", "PageUp", "End"):
        slider.press(key)


def share(page: Page, _folder: Path) -> None:
    page.get_by_role("button", name="Share as a link").click()
    expect(page.get_by_role("textbox", name="Link", exact=True)).to_be_visible()
    page.keyboard.press("Escape")


def save(page: Page, folder: Path) -> None:
    open_view(page, "Runs")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the whole run").click()
    download.value.save_as(folder / "run.safetensors")


@contextmanager
def served() -> Iterator[str]:
    """The address of the built site."""
    server = site_server(DIST, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.address
    server.shutdown()


def keep_training(page: Page) -> None:
    """Begins the run again where it has come to its end."""
    if page.locator("html").get_attribute("data-state") == "finished":
        page.get_by_role("button", name="Train").click()


def memory(page: Page, session: CDPSession) -> tuple[float, float]:
    """MB of the page's objects, and of the process."""
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return heap, process_megabytes(page.context.browser)


def process_megabytes(browser: Browser | None) -> float:
    """Of the renderer that has most."""
    assert browser
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    found = []
    for process in told["processInfo"]:
        with suppress(OSError):  # not on Linux, or gone
            pages = int(Path(f"/proc/{process['id']}/statm").read_text().split()[1])
            if process["type"] == "renderer":
                found.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return max(found, default=float("nan"))


def minutes(page: Page, count: int, folder: Path) -> Iterator[Minute]:
    """Measures one after the other."""
    session = page.context.new_cdp_session(page)
    doings: Iterator[Callable[[Page, Path], None]] = itertools.cycle(
        [draw_samples, scrub, share, save]
    )
    for _ in range(count):
        speeds = []
        end = time.monotonic() + 60
        while time.monotonic() < end:
            keep_training(page)
            steps, begin = page.evaluate("soaked.steps"), time.monotonic()
            next(doings)(page, folder)
            page.wait_for_timeout(PAUSE * 1000)
            speeds.append((page.evaluate("soaked.steps") - steps) / (time.monotonic() - begin))
        yield Minute(statistics.median(speeds), *memory(page, session))


def whole_csv(page: Page, folder: Path) -> int:
    """Lines of the downloaded losses of the last run, which are all of its steps."""
    expect(page.locator("html")).to_have_attribute("data-state", "finished", timeout=600_000)
    open_view(page, "Learning")
    with page.expect_download(timeout=120_000) as download:
        page.get_by_role("button", name="Download losses").click()
    download.value.save_as(folder / "losses.csv")
    lines = (folder / "losses.csv").read_text().splitlines()[1:]
    assert [int(line.partition(",")[0]) for line in lines] == list(range(1, STEPS + 1))
    return len(lines)


def main() -> None:
    count = int(sys.argv[1])
    with served() as address, sync_playwright() as driver, TemporaryDirectory() as name:
        folder = Path(name)
        page = launch(driver).new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(COUNT)
        page.goto(address)
        wait_until_up(page)
        set_number(page, "steps", STEPS)
        measured = []
        print("minute  steps/s  page MB  process MB")
        for number, minute in enumerate(minutes(page, count, folder), 1):
            measured.append(minute)
            figures = f"{minute.speed:7.0f}  {minute.heap:7.1f}  {minute.process:10.0f}"
            print(f"{number:6}  {figures}", flush=True)
        first, last = measured[: max(1, count // 5)], measured[-max(1, count // 5) :]
        print(f"speed at the end: {mean_speed(last) / mean_speed(first):.1%} of the beginning")
        print(f"losses in the CSV: {whole_csv(page, folder):,}")


def mean_speed(part: list[Minute]) -> float:
    return statistics.mean(minute.speed for minute in part)


if __name__ == "__main__":
    main()
