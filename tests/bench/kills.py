"""Whether what is kept can be believed: tabs are killed while they train and save.

Two tabs train and save at once; again and again one of them is killed at a random moment. The
run that is then offered must go on to the digits of one that never stopped.
`python3 build.py soak 1 --kills 50`. Not about a single crash: see browser/test_return.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from bench.soak import served
from browser.conftest import csv_losses, launch, wait_until_up
from browser.keeping import begin_long_run, continue_run, steps_done, stop_after, wait_until_kept

ON = 3_000  # steps that a run goes on for after it was offered


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    wait_until_up(page)
    return page


def kill(page: Page, random: Random) -> None:
    """Some time after a first state of its run is kept."""
    wait_until_kept(page)
    page.wait_for_timeout(1000 * random.uniform(0, 5))
    try:
        page.goto("chrome://crash")
    except Error:
        page.close()


def main() -> None:
    count = int(sys.argv[1])
    random = Random(count)
    with served() as address, sync_playwright() as driver, TemporaryDirectory() as name:
        folder = Path(name)
        context = launch(driver).new_context()
        other = opened(context, address)
        begin_long_run(other)
        longest: list[float] = []
        for number in range(1, count + 1):
            page = opened(context, address)
            begin_long_run(page)
            kill(page, random)
            page = opened(context, address)
            continue_run(page)
            began = steps_done(page)
            stop_after(page, began + ON)
            losses = csv_losses(page, folder)
            common = min(len(losses), len(longest))
            assert losses[:common] == longest[:common], f"kill {number}: other digits"
            longest = max(longest, losses, key=len)
            print(f"kill {number:3}: went on from step {began:,} to {len(losses):,}", flush=True)
            page.close()
        context.close()
        # One that never stopped, as long as the longest of those.
        page = opened(launch(driver).new_context(), address)
        begin_long_run(page)
        stop_after(page, len(longest))
        assert csv_losses(page, folder)[: len(longest)] == longest
        print(f"{count} kills: all went on to the same digits, {len(longest):,} losses at most")


if __name__ == "__main__":
    main()
