"""What a first visitor meets for every file of the site with every fault, as a table.

`python3 build.py bench faults` takes cases by chance for five minutes, or for MICROGPT_MINUTES;
all of them take more than an hour. What must come of them: tests/browser/test_faults.py.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import sync_playwright

from browser.conftest import launch
from browser.faulty_visits import visit
from browser.hosts import FAULTS, FaultyHost, Spoiled
from browser.test_faults import PYTHON, expect_as_promised, files

KINDS = {
    "Python and its worker": PYTHON,
    "styles": ("style/", "uplot/uPlot.min.css"),
    "the page's text": ("index.html",),
    "examples, JSON": ("examples/", "site.json", "code/cards.json", "manifest.json"),
    "scripts": ("",),
}


def kind(file: str) -> str:
    if not file.startswith(PYTHON) and not file.endswith((".js", ".css", ".json", ".txt", ".html")):
        return "pictures, wheels, licences"
    return next(name for name, which in KINDS.items() if file.startswith(which))


def main() -> None:
    seconds = 60 * float(os.environ.get("MICROGPT_MINUTES", "5"))
    every = [Spoiled(file, fault) for file in files() for fault in FAULTS]
    random.Random(14).shuffle(every)
    counts: Counter[tuple[str, str, str]] = Counter()
    latest, begin = 0.0, time.monotonic()
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = launch(driver, "--process-per-site")
        hosts = {python: FaultyHost(Path(folder) / str(python)) for python in (False, True)}
        sites = {python: host.publish(python=python) for python, host in hosts.items()}
        for spoiled in every:
            if time.monotonic() - begin > seconds:
                break
            python = spoiled.path.startswith(PYTHON)
            outcome = visit(browser, hosts[python], sites[python], spoiled)
            try:
                expect_as_promised(spoiled, outcome)
            except AssertionError as error:
                print("NOT AS PROMISED:", error, flush=True)
            counts[spoiled.fault, kind(spoiled.path), outcome.what] += 1
            if outcome.what == "told by name":
                latest = max(latest, outcome.seconds)
        for host in hosts.values():
            host.stop()
        browser.close()
    print(f"{counts.total()} of {len(every)} cases; told after {latest:.1f} s at the latest")
    for (fault, which, what), count in sorted(counts.items()):
        print(f"{fault:12} {which:28} {what:34} {count:5}")


if __name__ == "__main__":
    main()
