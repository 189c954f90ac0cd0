"""What a visitor gets: the built site in Chromium, measured from outside of the worker.

`python3 build.py bench page`, with MICROGPT_NAMES=/path/to/names.txt for that text. Not
about how long the page takes to load: see startup.py.
"""

from __future__ import annotations

import itertools
import os
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.conftest import CHROMIUM_OPTIONS, open_view, set_number, upload, wait_until_up
from tools.places import DIST, WEB
from tools.server import site_server

NAMES = Path(os.environ.get("MICROGPT_NAMES", WEB / "examples" / "first-names.txt"))
FRESH_TABS = 5
LARGE = {"n_layer": 4, "n_embd": 64, "n_head": 4, "block_size": 64, "batch_size": 8}

# Notes when each message passes between page and worker, before anything else hears of it.
WATCH = """
window.passed = { begun: 0, steps: [], ticket: 0, asked: 0, sampled: [] };
window.Worker = class extends Worker {
    constructor(...args) {
        super(...args);
        this.addEventListener("message", ({ data }) => {
            if (data.event === "sampled" && data.detail.ticket === passed.ticket)
                passed.sampled.push(performance.now());
            if (data.event !== "progress") return;
            passed.steps.push([performance.now(), data.detail.step]);
        });
    }
    postMessage(message, ...rest) {
        if (message.method === "start") passed.begun = performance.now(), passed.steps = [];
        if (message.method === "sample") {
            passed.asked = performance.now(), passed.sampled = [];
            passed.ticket = message.args[0].ticket;
        }
        super.postMessage(message, ...rest);
    }
};
"""
# When each frame is drawn; asking for it makes the browser draw as many as it can.
FRAMES = """
window.frames_ = [];
(function frame(now) { frames_.push(now); requestAnimationFrame(frame); })(0);
"""


@contextmanager
def fresh_tab(browser: Browser, address: str) -> Iterator[Page]:
    """A page with nothing kept from before, Python up and the text read."""
    context = browser.new_context(bypass_csp=True)  # its functions are waited for
    page = context.new_page()
    page.add_init_script(WATCH + FRAMES)
    page.goto(f"{address}?view=learning")
    wait_until_up(page)
    page.get_by_label("Upload a text file").set_input_files(NAMES)
    expect(page.get_by_role("status", name="Corpus")).to_contain_text(NAMES.name)
    page.wait_for_timeout(1500)  # a person looks at the page before pressing Train
    yield page
    context.close()


def first_run(page: Page) -> float:
    """Milliseconds from Train to the last of 1,000 losses."""
    page.evaluate("passed.steps = []")
    page.get_by_role("button", name="Train").click()
    page.wait_for_function("passed.steps.at(-1)?.[1] === 1000")
    return float(page.evaluate("passed.steps.at(-1)[0] - passed.begun"))


def draws_a_second(page: Page) -> float:
    """Of 1,000 samples, each with a message of its own to the page."""
    expect(page.locator("html")).to_have_attribute("data-state", "finished")
    open_view(page, "Samples")
    page.get_by_label("Number of samples").fill("1000")
    page.get_by_role("button", name="Sample", exact=True).click()
    page.wait_for_function("passed.sampled.length === 1000")
    return float(page.evaluate("1e6 / (passed.sampled.at(-1) - passed.asked)"))


def replay(page: Page) -> dict[str, float]:
    """How smooth it is, with the names in sight."""
    open_view(page, "Samples")
    page.get_by_role("button", name="Replay").click()
    page.wait_for_function("document.getElementById('step-shown').value > 2")
    begin = page.evaluate("performance.now()")
    page.wait_for_function("document.getElementById('step-shown').value > 50")
    times = page.evaluate(f"frames_.filter((time) => time > {begin})")
    frames = [after - before for before, after in itertools.pairwise(times)]
    return {
        "frames a second while replaying": 1000 / statistics.mean(frames),
        "ms of the longest of those frames": max(frames),
    }


def open_inside(page: Page) -> list[float]:
    """Milliseconds from a press on Inside until all is there: the first time, then the least."""
    script = """() => new Promise((resolve) => {
        const view = document.getElementById("view-inside");
        const begin = performance.now();
        new MutationObserver((_, observer) => {
            if (view.ariaBusy !== "false") return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
        }).observe(view, { attributes: true });
        document.getElementById("tab-inside").click();
    })"""
    times = []
    for number in range(4):
        open_view(page, "Samples")
        times.append(float(page.evaluate(script)))
        page.get_by_role("textbox", name="Line", exact=True).fill("ann" + "a" * number)
        page.wait_for_timeout(500)  # that line is shown; another one when the view is opened again
        open_view(page, "Samples")
        page.evaluate("document.getElementById('inside-text').value = 'bob'")
        page.evaluate("document.getElementById('inside-text').dispatchEvent(new Event('input'))")
    return [times[0], min(times[1:])]


def step_microseconds(page: Page, first: int, last: int) -> float:
    """The time of a step between two steps of a long run that is going on or over."""
    page.wait_for_function(f"passed.steps.at(-1)?.[1] >= {last}", timeout=120_000)
    log = page.evaluate("passed.steps")
    begin = next(entry for entry in log if entry[1] >= first)
    end = next(entry for entry in log if entry[1] >= last)
    return float(1000 * (end[0] - begin[0]) / (end[1] - begin[1]))


def answer_milliseconds(page: Page, button: str, state: str) -> float:
    """From a press to the state that answers it."""
    script = """([button, state]) => new Promise((resolve) => {
        const begin = performance.now();
        const root = document.documentElement;
        new MutationObserver((_, observer) => {
            if (root.dataset.state !== state) return;
            observer.disconnect();
            resolve(performance.now() - begin);
        }).observe(root, { attributes: true });
        document.getElementById(button).click();
    })"""
    return float(page.evaluate(script, [button, state]))


def hot(browser: Browser, address: str, engine: str) -> dict[str, float]:
    """A long run at the original's size."""
    with fresh_tab(browser, address) as page:
        page.get_by_role("combobox", name="Engine").select_option(engine)
        set_number(page, "steps", 1_000_000)
        page.get_by_role("button", name="Train").click()
        early = step_microseconds(page, 5_000, 20_000)
        late = step_microseconds(page, 50_000, 100_000)
        frames = page.evaluate("frames_.slice(-60)")
        pauses = []
        for _ in range(5):
            pauses.append(answer_milliseconds(page, "pause", "paused"))
            answer_milliseconds(page, "pause", "training")
        stop = answer_milliseconds(page, "stop", "finished")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#machine")).to_contain_text("times the scalar engine")
        scalar = float(page.evaluate(r"/engine \(([\d.]+) steps/.exec(machine.textContent)[1]"))
        return {
            "µs a step, steps 5,000 to 20,000": early,
            "µs a step, steps 50,000 to 100,000": late,
            "times the scalar engine": 1e6 / early / scalar,
            "frames a second while training": 1000 * (len(frames) - 1) / (frames[-1] - frames[0]),
            "ms until Pause is answered": statistics.median(pauses),
            "ms until Stop is answered": stop,
        }


def large(browser: Browser, address: str, engine: str) -> dict[str, float]:
    """About 209,000 parameters on lines that fill the block."""
    with fresh_tab(browser, address) as page:
        page.get_by_role("combobox", name="Engine").select_option(engine)
        text = "".join(NAMES.read_text().split())
        lines = [text[i : i + 80] for i in range(0, len(text), 80)]
        upload(page, "long.txt", "\n".join(lines).encode())
        expect(page.get_by_role("status", name="Corpus")).to_contain_text("long.txt")
        for name, value in LARGE.items():
            set_number(page, name, value)
        page.get_by_role("button", name="Train").click()
        step = step_microseconds(page, 50, 150)
        gflops = page.evaluate("Number(/([\\d.]+) GFLOP/.exec(machine.textContent)[1])")
        return {
            "large: ms a step": step / 1000,
            "large: GFLOP/s": gflops,
            "large: ms until Pause is answered": answer_milliseconds(page, "pause", "paused"),
        }


def main() -> None:
    server = site_server(DIST, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows: dict[str, list[float]] = {}
    with sync_playwright() as driver:
        chromium = os.environ.get("MICROGPT_CHROMIUM")
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        times, drawn, opened = [], [], []
        for _ in range(FRESH_TABS):
            with fresh_tab(browser, server.address) as page:
                times.append(first_run(page))
                opened.append(open_inside(page))
                replayed = replay(page)
                drawn.append(draws_a_second(page))
        rows["ms for 1,000 steps, first run in a fresh tab"] = [statistics.median(times)]
        for name, which in (("the first time", 0), ("again, another line", 1)):
            rows[f"ms to open Inside, {name}"] = [statistics.median(each[which] for each in opened)]
        rows["samples a second, of 1,000 shown"] = [statistics.median(drawn)]
        rows |= {name: [figure] for name, figure in replayed.items()}
        for measure in (hot, large):
            for engine in ("compiled", "compiled-float32"):
                for name, figure in measure(browser, server.address, engine).items():
                    rows.setdefault(name, []).append(figure)
        browser.close()
    print(f"\nChromium, {NAMES.name}{'':26}{'float64':>10}{'float32':>10}")
    for name, figures in rows.items():
        print(f"{name:46}" + "".join(f"{figure:10,.1f}" for figure in figures))


if __name__ == "__main__":
    main()
