"""One core against several, at nanoGPT's size for CPUs: under wasmtime, and in Chromium.

`python3 build.py bench cores`. In turn, so that what else the machine does hits all alike; of
each the median. The page is visited twice, because only from then on browsers let workers share
memory. Not about whether the numbers are the same: see tests/unit/engines/test_team.py.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from itertools import pairwise
from random import Random

from playwright.sync_api import Page, expect, sync_playwright

from bench.page import WATCH
from browser.conftest import CHROMIUM_OPTIONS, set_number, upload, wait_until_up
from microgpt import settings
from microgpt.engines import host, team
from microgpt.engines.kinds import ENGINES
from microgpt.gpt.corpus import Corpus
from microgpt.run import Run
from tools.places import DIST
from tools.server import site_server

SIZES = {"n_layer": 4, "n_embd": 128, "n_head": 4, "block_size": 64, "batch_size": 12}
ENGINE_NAMES = ("compiled", "compiled-float32")
ROUNDS = 7
STEPS = 24  # of a run in the page


def lines() -> list[str]:
    """Some that fill every block."""
    random = Random(1)
    return ["".join(random.choices("abcdefghijklmnopqrstuvwxyz ", k=100)) for _ in range(400)]


def row(name: str, times: dict[int, float], flop: float) -> None:
    """Seconds of a step by cores, as GFLOP/s and as a ratio."""
    speeds = (f"{cores}: {flop / seconds / 1e9:5.1f}" for cores, seconds in times.items())
    most = max(times)
    print(f"{name:36}  {'   '.join(speeds)}   {times[1] / times[most]:.2f} times", flush=True)


def under_wasmtime(engine: str, counts: list[int]) -> float:
    """Prints the row; floating-point operations of a step."""
    corpus = Corpus("lines", tuple(lines()), 0)
    plan = settings.from_mapping({"steps": 100_000, **SIZES})
    runs = {}
    for count in counts:
        team.allow(count)
        runs[count] = Run(corpus, plan, ENGINES[engine])
        for _ in range(4):
            runs[count].train(1)  # helpers come, and both ways are tried
            time.sleep(0.1)
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(ROUNDS):
        for count, run in runs.items():
            begin = time.perf_counter()
            run.train(4)
            times[count].append((time.perf_counter() - begin) / 4)
    medians = {count: statistics.median(each) for count, each in times.items()}
    flop = runs[1].flop_per_step
    row(f"{engine}, wasmtime, GFLOP/s", medians, flop)
    return flop


def in_chromium(page: Page, engine: str, counts: list[int], flop: float) -> None:
    page.get_by_role("combobox", name="Engine").select_option(engine.capitalize())
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(3):
        for count in counts:
            page.get_by_label("Cores").select_option(str(count))
            page.get_by_role("button", name="Train").click()
            page.wait_for_function(f"passed.steps.at(-1)?.[1] === {STEPS}", timeout=120_000)
            expect(page.locator("html")).to_have_attribute("data-state", "finished")
            log = page.evaluate("passed.steps")
            # Not the first steps: helpers come, and both ways are tried.
            late = [each for each in pairwise(log) if each[0][1] >= 6]
            times[count] += [(b[0] - a[0]) / (b[1] - a[1]) / 1000 for a, b in late]
    row(
        f"{engine}, Chromium, GFLOP/s",
        {count: statistics.median(each) for count, each in times.items()},
        flop,
    )


def second_visit(page: Page, address: str) -> None:
    """A page whose workers may share memory, with text and sizes."""
    page.add_init_script(WATCH)
    page.goto(address)
    wait_until_up(page)
    expect(page.get_by_role("status", name="Use without a network")).not_to_be_empty()
    page.reload()
    wait_until_up(page)
    assert page.evaluate("crossOriginIsolated")
    upload(page, "lines.txt", "\n".join(lines()).encode())
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("lines.txt")
    for name, value in {**SIZES, "steps": STEPS}.items():
        set_number(page, name, value)


def main() -> None:
    counts = sorted({1, min(team.MOST, host.cores())})
    flops = {engine: under_wasmtime(engine, counts) for engine in ENGINE_NAMES}
    server = site_server(DIST, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as driver:
        chromium = os.environ.get("MICROGPT_CHROMIUM")
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(bypass_csp=True)  # its functions are waited for
        second_visit(page, server.address)
        for engine in ENGINE_NAMES:
            in_chromium(page, engine, counts, flops[engine])
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
