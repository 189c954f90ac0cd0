"""Every file of the site in turn doesn't come as it should: missing, cut short, damaged, slow.

What is promised: within five seconds of the fault it is said which file it is, or it was mended
by itself; nothing that was damaged is used; and what is kept for later visits is a whole build
or the one before. A few cases, chosen by chance and always the same, or with --deep all.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.faulty_visits import Outcome, visit
from browser.hosts import FAULTS, FaultyHost, Spoiled
from browser.test_offline import caches, expect_build, note
from tools.places import DIST

# What is shown or read by nobody, or not missed, in a page that goes on without it.
UNCHECKED = (".png", ".svg", ".webmanifest", "LICENSE", "guard.js")
# Of a site without Python a visit is quick; of what Python is made of it has nothing.
PYTHON = ("pyodide/", "worker/")
LOADED = ("index.html", "main.js", "page/", "panels/", "style/", "site.json", "examples/index")
FEW = 4  # cases of each kind, unless there is time for all
PROMISED = 5.0  # seconds until it is told
SOFT = ("wrong type", "slow")  # with which a file can be used
MENDED = [
    ("main.js", "flipped"),
    ("panels/samples.js", "missing"),
    ("style/base.css", "cut short"),
    ("site.json", "flipped"),
]
MENDED_PYTHON = [("pyodide/pyodide.asm.wasm", "flipped"), ("worker/trainer.js", "refused")]

# What becomes of the service worker that is on the server now, which may not come either.
UPDATE = """async () => {
    const registration = await navigator.serviceWorker.ready;
    try {
        await registration.update();
    } catch {
        return "redundant";
    }
    const worker = registration.installing ?? registration.waiting;
    if (!worker) return "redundant"; // already
    const settled = () => ["installed", "redundant"].includes(worker.state);
    while (!settled()) await new Promise((done) => (worker.onstatechange = done));
    return worker.state;
}"""


def files() -> list[str]:
    manifest = json.loads((DIST / "manifest.json").read_text())
    return [*manifest["files"], "manifest.json"]


def cases(which: tuple[str, ...], deep: bool) -> Iterator[Spoiled]:
    """Of files whose names begin so; all or a few, always the same."""
    every = [(file, fault) for file in files() if file.startswith(which) for fault in FAULTS]
    quick = [case for case in every if case[1] not in SOFT]
    for file, fault in every if deep else random.Random(14).sample(quick, FEW):
        yield Spoiled(file, fault)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[FaultyHost]:
    host = FaultyHost(tmp_path)
    yield host
    host.stop()


def expect_as_promised(spoiled: Spoiled, outcome: Outcome) -> None:
    """What a first visitor meets whose every request for a file fails in one way."""
    file, fault = spoiled.path, spoiled.fault
    told = outcome.what == "told by name" and outcome.seconds <= PROMISED
    fine: tuple[str, ...] = ("works, not kept",)
    if fault in SOFT:
        fine += ("works", "goes on, and says how far it is")
    elif file == "index.html":
        fine += ("told by the browser",)
    elif outcome.asked and not file.endswith(UNCHECKED):
        fine = ()
    assert told or outcome.what in fine, (file, fault, outcome)


def test_who_visits_is_told_which_file_it_is(
    browser: Browser, host: FaultyHost, deep: bool
) -> None:
    address = host.publish()
    which = tuple(file for file in files() if not file.startswith(PYTHON)) if deep else LOADED
    for spoiled in cases(which, deep):
        expect_as_promised(spoiled, visit(browser, host, address, spoiled))
    for file, fault in MENDED:
        outcome = visit(browser, host, address, Spoiled(file, fault, times=1))
        assert outcome.what.startswith("works"), (file, fault, outcome)


def test_so_is_who_misses_a_part_of_python(browser: Browser, host: FaultyHost, deep: bool) -> None:
    address = host.publish(python=True)
    for spoiled in cases(PYTHON, deep):
        expect_as_promised(spoiled, visit(browser, host, address, spoiled))
    for file, fault in MENDED_PYTHON:
        outcome = visit(browser, host, address, Spoiled(file, fault, times=1))
        assert outcome.what.startswith("works"), (file, fault, outcome)


def test_a_version_with_a_fault_is_not_taken(
    browser: Browser, host: FaultyHost, deep: bool
) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(host.publish("A"))
        expect(note(page)).to_have_text("It works offline now, too.")
        host.publish("B")
        for spoiled in cases(("",), deep):
            if spoiled.fault in SOFT and not spoiled.path.endswith((".js", ".css")):
                continue  # with which it is the same
            if spoiled.fault == "slow":
                continue
            host.spoil(spoiled)
            assert page.evaluate(UPDATE) == "redundant", spoiled
        assert len(caches(page)) == 1
        page.reload()
        expect_build(page, "A")
        host.spoil(None)
        assert page.evaluate(UPDATE) == "installed"
        page.reload()
        expect_build(page, "B")
    finally:
        context.close()
