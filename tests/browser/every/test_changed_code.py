"""A changed algorithm, and the walls around the worker that runs it."""

from __future__ import annotations

from browser.confining import MODEL, create, start, told, wait_until_told
from browser.every.acting import open_view, press, train_to_the_end, wait_until_says, wait_until_up
from browser.every.driving import Tab
from browser.test_confined import ATTEMPTS, BARE, BESIDE, WAYS_OUT, at_start
from browser.waiting import wait_until


def test_a_change_is_tried(tab: Tab) -> None:
    wait_until_up(tab)
    train_to_the_end(tab, 60)
    open_view(tab, "Code")
    press(tab, "Try GeLU")
    wait_until_says(tab, "[aria-label='Changed run']", "Trained 60 steps", 120)
    wait_until_says(tab, "[aria-label='What came of it']", "Differs from the original")
    wait_until(tab, "() => document.querySelectorAll('#code-samples-ours li').length === 20")


def test_python_finds_no_way_out(tab: Tab, watched_site: str, served: list[str]) -> None:
    wait_until_up(tab)
    create(tab)
    tab.evaluate("confined.prepare().then(() => {})")
    wait_until_says(tab, "#offline", "It works offline now, too.", 90)  # by then all is fetched
    served.clear()
    # Of JavaScript's values fewer than in Chromium's own test: in WebKit each takes 20 ms.
    start(tab, {"model.py": f"{MODEL}\nSITE, MOST = {watched_site!r}, 500\n{WAYS_OUT}"})
    wait_until_told(tab, "it.line === 'all'")
    ways = [printed["line"] for printed in told(tab, "printed")]
    assert len(ways) > 90
    assert [way for way in ways if "OPEN" in way] == []
    assert [path for path in served if not at_start(path)] == []


def test_each_wall_holds_without_the_other(tab: Tab, watched_site: str, served: list[str]) -> None:
    wait_until_up(tab)
    served.clear()
    said = tab.evaluate(BESIDE, [watched_site, BARE % ATTEMPTS])
    assert len(said["before"]) == len(said["after"]) == 23
    assert [name for name, outcome in said["before"].items() if outcome == "open"] == []
    assert [name for name, outcome in said["after"].items() if outcome == "open"] == []
    assert said["heard"] == []
    assert said["kept"] == []
    assert [path for path in served if "?out" in path] == []
