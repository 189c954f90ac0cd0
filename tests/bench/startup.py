"""How long a visitor waits: the first visit, the second, and one without a network.

`python3 build.py bench startup` measures dist/; with MICROGPT_OTHER_BUILDS=FOLDER:FOLDER…
also other builds in turn with it, so that a busy machine slows all of them alike. The visits
are to a server on this machine, and a first one over a line of 10 Mbit/s and 40 ms as well,
to a host that compresses (`_line`). Bytes are those that came before the first sample. Not
about how fast training is: see page.py.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import BrowserContext, Request, expect, sync_playwright

from bench._line import LineServer
from browser.conftest import CHROMIUM_OPTIONS, wait_for_state
from tools.places import DIST
from tools.server import site_server

ROUNDS = int(os.environ.get("MICROGPT_ROUNDS", "5"))
VISITS = ["first visit", "second visit", "third visit", "without a network"]

# Presses Train as soon as that is possible, and notes when there is something to see.
WATCH = """
if (self.document) {
    window.seen = {};
    const note = (what) => (seen[what] ??= performance.now());
    new MutationObserver(() => {
        if (document.documentElement?.dataset.state === "ready") note("ready");
        const train = document.getElementById("train");
        if (train && !train.disabled && !seen.train) note("train"), train.click();
        if (document.querySelector("#samples li")) note("sample");
    }).observe(document, { attributes: true, childList: true, subtree: true });
}
"""
FIGURES = {"ready": "Python is up", "sample": "the first sample", "bytes": "kB until then"}
SLOW = "first visit, 10 Mbit/s"


def visit(context: BrowserContext, address: str) -> dict[str, float]:
    """Milliseconds from the start of the navigation."""
    page = context.new_page()
    page.goto(address)
    wait_for_state(page, "finished")
    expect(page.locator("#samples li").first).to_be_attached()
    seen: dict[str, float] = page.evaluate("seen")
    if page.locator("#offline").count():
        expect(page.locator("#offline")).not_to_be_empty()
    page.wait_for_timeout(2500)  # V8 keeps compiled code when it has been in use for a while
    page.close()
    return seen


def visits(folder: Path, context: BrowserContext) -> list[dict[str, float]]:
    """With nothing kept from before, then again and again; the last with the server off."""
    server = site_server(folder, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        times = [visit(context, server.address) for _ in VISITS[:-1]]
    finally:
        server.shutdown()
        server.server_close()
    if (folder / "service-worker.js").exists():
        times.append(visit(context, server.address))
    return times


def slow_visit(folder: Path, context: BrowserContext) -> dict[str, float]:
    """The first visit over the line."""
    requests: list[str] = []

    def note(request: Request) -> None:
        # What the service worker keeps is no part of the wait, nor what the page has already.
        if not request.service_worker and not request.url.startswith("blob:"):
            requests.append(request.url)

    context.on("request", note)
    with LineServer(folder) as server:
        page = context.new_page()
        page.goto(server.address)
        page.wait_for_selector("#samples li", state="attached", timeout=120_000)
        asked = {server.path(url) for url in requests}
        seen: dict[str, float] = page.evaluate("seen")
        page.close()
        return {**seen, "bytes": sum(len(server.sent(path)) for path in asked) / 1000}


def main() -> None:
    others = os.environ.get("MICROGPT_OTHER_BUILDS")
    folders = [DIST, *map(Path, others.split(os.pathsep) if others else [])]
    rows: dict[tuple[str, str], list[list[float]]] = {}

    def note(column: int, name: str, seen: dict[str, float]) -> None:
        for figure, words in FIGURES.items():
            if figure in seen:
                rows.setdefault((name, words), [[] for _ in folders])[column].append(seen[figure])

    with sync_playwright() as driver:

        def visitor(profile: str) -> BrowserContext:
            # Not a private window, as tests have it: that would keep less.
            context = driver.chromium.launch_persistent_context(
                profile,
                executable_path=os.environ.get("MICROGPT_CHROMIUM"),
                args=CHROMIUM_OPTIONS,
            )
            context.add_init_script(WATCH)
            return context

        for _ in range(ROUNDS):
            for column, folder in enumerate(folders):
                with tempfile.TemporaryDirectory() as profile, visitor(profile) as context:
                    for name, seen in zip(VISITS, visits(folder, context), strict=False):
                        note(column, name, seen)
                with tempfile.TemporaryDirectory() as profile, visitor(profile) as context:
                    note(column, SLOW, slow_visit(folder, context))
    print("\nms, median of", ROUNDS, " " * 26, "".join(f"{f.name:>14}" for f in folders))
    for (name, words), columns in rows.items():
        medians = [statistics.median(times) if times else float("nan") for times in columns]
        print(f"{name + ': ' + words:44}" + "".join(f"{median:14,.0f}" for median in medians))


if __name__ == "__main__":
    main()
