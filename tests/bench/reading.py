"""How long 20 MB of each kind of text take to be read: `python3 build.py bench reading`.

In CPython, and in the page's worker in Chromium; beside it the longest piece, for which
nothing else is answered. Not about whether it is read rightly: see tests/unit/texts/.
"""

from __future__ import annotations

import base64
import csv
import io
import os
import random
import threading
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from browser.conftest import CHROMIUM_OPTIONS, wait_until_up
from microgpt import Session
from microgpt.texts import MAX_BYTES
from tools.places import DIST, WEB
from tools.server import site_server

NAMES = (WEB / "examples" / "first-names.txt").read_text("utf-8")
# The page's own worker, asked without the page.
LOAD = """async ([text, times, cut, reading]) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const whole = new Uint8Array(Math.min(cut, bytes.length * times));
    for (let i = 0; i < whole.length; i += bytes.length)
        whole.set(bytes.subarray(0, Math.min(bytes.length, whole.length - i)), i);
    const { begin } = await import(new URL("page/early.js", document.baseURI).href);
    const worker = globalThis.reader ??= await begin();
    await new Promise((resolve, reject) => {
        if (globalThis.isUp) return resolve();
        worker.onmessage = ({ data }) =>
            void (data.event === "ready" && resolve(globalThis.isUp = true));
        worker.onerror = reject;
    });
    let begin = performance.now(), last = begin, longest = 0;
    return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            if (data.error) reject(new Error(data.error.message));
            if (data.result) resolve([(now - begin) / 1000, longest / 1000]);
        };
        worker.postMessage({ id: 1, method: "load", args: [whole.buffer, "big", 16, reading] });
    });
}"""


def table() -> str:
    """A CSV of a million cells, some of them quoted."""
    stream, file, names = random.Random(0), io.StringIO(), NAMES.split()
    rows = csv.writer(file, lineterminator="\n")
    for number in range(50_000):
        first, last = stream.choices(names, k=2)
        rows.writerow([number, first.title(), f"{last}, {first}", round(stream.random(), 6)])
    return file.getvalue()


def kinds() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """A part of each text, which is repeated, and how it is read."""
    prose = "\n".join(NAMES.replace("\n", " ")[i : i + 70] for i in range(0, len(NAMES), 70))
    stream = random.Random(0)
    distinct = "\n".join("".join(stream.choices("abcdefghij", k=7)) for _ in range(500_000)) + "\n"
    russian = "привет мир\nэто текст\nещё одна строка\n" * 1000
    han = "".join(chr(0x4E00 + stream.randrange(3000)) + "\n" * (i % 8 == 0) for i in range(50_000))
    return {
        "names": (NAMES.encode(), {}),
        "lines, 500,000 different": (distinct.encode(), {}),
        "Russian": (russian.encode(), {}),
        "Chinese": (han.encode(), {}),
        "accents to be put together": (("e\u0301lan vital\ncafe\u0301\n" * 1000).encode(), {}),
        "UTF-16": (NAMES.encode("utf-16-le"), {}),
        "Windows-1252": (
            ("café\nZoë\nMüller\n" * 1000).encode("cp1252"),
            {"encoding": "windows-1252"},
        ),
        "a table": (table().encode(), {"documents": "column", "column": "column 2"}),
        "paragraphs": (prose.replace("a ", "\n\n").encode(), {"documents": "paragraph"}),
        "running text": (prose.encode(), {"documents": "running"}),
        "all options": (
            NAMES.encode(),
            {
                "lower_case": True,
                "most_frequent": 10,
                "replacement": "?",
                "drop_repeated": True,
                "split_long": True,
            },
        ),
    }


def here(part: bytes, reading: dict[str, Any]) -> tuple[float, float]:
    """Seconds in all and of the longest piece, in CPython."""
    data = (part * (MAX_BYTES // len(part) + 1))[: whole(part)]
    begin = last = time.perf_counter()
    longest = 0.0
    for _ in Session().load_piecewise(data, "big", 16, reading):
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return last - begin, longest


def whole(part: bytes) -> int:
    """So many bytes that none of its characters is cut in two."""
    return MAX_BYTES // len(part) * len(part)


def there(page: Page, part: bytes, reading: dict[str, Any]) -> tuple[float, float]:
    """The same in the tab."""
    times = MAX_BYTES // len(part) + 1
    given = [base64.b64encode(part).decode(), times, whole(part), reading]
    seconds, longest = page.evaluate(LOAD, given)
    return seconds, longest


def main() -> None:
    server = site_server(DIST, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(
        f"\n{'20 MB are read, seconds':28}{'CPython':>9}{'a piece':>9}{'the tab':>9}{'a piece':>9}"
    )
    with sync_playwright() as driver:
        chromium = os.environ.get("MICROGPT_CHROMIUM")
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page()
        page.goto(server.address)
        wait_until_up(page)
        for name, (part, reading) in kinds().items():
            figures = [*here(part, reading), *there(page, part, reading)]
            print(f"{name:28}" + "".join(f"{figure:9.2f}" for figure in figures), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
