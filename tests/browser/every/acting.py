"""What a visitor does with the page, and what is there to be seen; in any browser.

Not about what ought to be there.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from browser.every.driving import Tab
from browser.waiting import wait_until

STATE = "(state) => document.documentElement.dataset.state === state"
# Until Python is up, and the page has trained what it trains by itself, if anything.
UP = """() => document.querySelector(
    "[data-state=finished], [data-state=ready]:has(:is(#returns, #opened):not([hidden]))"
)?.dataset.state ?? ''"""
SAYS = """([selector, words]) => {
    const element = document.querySelector(selector);
    return new RegExp(words).test(element?.value ?? element?.textContent ?? "");
}"""
TEXT = "(selector) => document.querySelector(selector).textContent"
SAMPLES = """[...document.querySelectorAll("#samples li")].map(
    (item) => item.querySelector(".text")?.textContent ?? ""
)"""
# Drivers differ in what becomes of a download: here it is kept in the page.
KEEP = """() => {
    const click = HTMLAnchorElement.prototype.click;
    const address = URL.createObjectURL;
    const files = [];
    URL.createObjectURL = (file) => (files.push(file), address.call(URL, file));
    HTMLAnchorElement.prototype.click = function () {
        if (!this.download) return click.call(this);
        window.savedFile = files.at(-1);
        URL.createObjectURL = address;
        HTMLAnchorElement.prototype.click = click;
    };
    window.savedFile = null;
}"""
KEPT = """async () => {
    const bytes = new Uint8Array(await savedFile.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def wait_for_state(tab: Tab, state: str) -> None:
    wait_until(tab, STATE, state, timeout=90_000)


def wait_until_up(tab: Tab) -> None:
    wait_until(tab, UP, timeout=90_000)


def wait_until_says(tab: Tab, selector: str, words: str, seconds: int = 60) -> None:
    """Until a text, or what a field holds, has words in it, which are a pattern."""
    wait_until(tab, SAYS, [selector, words], timeout=1000 * seconds)


def text(tab: Tab, selector: str) -> str:
    return str(tab.evaluate(TEXT, selector))


def press(tab: Tab, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).click()


def choose(tab: Tab, name: str, option: str) -> None:
    tab.get_by_role("combobox", name=name, exact=True).select_option(option)


def set_steps(tab: Tab, steps: int) -> None:
    field = tab.get_by_role("spinbutton", name="steps", exact=True)
    field.press("Control+a")  # by hand: where Firefox has a number, Playwright's fill adds to it
    field.press_sequentially(str(steps))
    field.press("Tab")


def open_view(tab: Tab, name: str) -> None:
    tab.get_by_role("tab", name=name, exact=True).click()


def upload(tab: Tab, file: Path) -> None:
    tab.locator("#file").set_input_files(file)
    wait_until_says(tab, "#corpus", re.escape(file.name))


def train_to_the_end(tab: Tab, steps: int) -> None:
    set_steps(tab, steps)
    press(tab, "Train")
    wait_until_says(tab, "#training-status", f" of {steps} steps in ", 90)
    wait_for_state(tab, "finished")


def expect_samples(tab: Tab, expected: list[str]) -> None:
    """Wait until these are shown, of which some may be nothing."""
    open_view(tab, "Samples")
    shown = f"(expected) => JSON.stringify({SAMPLES}) === JSON.stringify(expected)"
    try:
        wait_until(tab, shown, expected)
    except Exception:
        assert tab.evaluate(SAMPLES) == expected
        raise


def steps_done(tab: Tab) -> int:
    return int(tab.evaluate("document.getElementById('training-progress').value"))


def wait_for_steps(tab: Tab, steps: int) -> None:
    done = "(steps) => document.getElementById('training-progress').value >= steps"
    wait_until(tab, done, steps, timeout=90_000)


def saved(tab: Tab, view: str, button: str) -> bytes:
    """The file that a button of a view hands to the visitor."""
    open_view(tab, view)
    tab.evaluate(KEEP)
    press(tab, button)
    wait_until(tab, "() => window.savedFile !== null")
    return base64.b64decode(tab.evaluate(KEPT))


def open_link(tab: Tab, fragment: str) -> None:
    """In the page as it is."""
    tab.evaluate("(fragment) => void (location.hash = fragment)", fragment)


def open_saved(tab: Tab, file: Path) -> None:
    open_view(tab, "Runs")
    tab.locator("#open-file").set_input_files(file)


def losses(tab: Tab) -> list[float]:
    heading, *rows = saved(tab, "Learning", "Download losses").decode().splitlines()
    assert heading == "step,loss"
    return [float(row.split(",")[1]) for row in rows]


def shared(tab: Tab, kind: str) -> str:
    """The fragment of a link's address."""
    press(tab, "Share as a link")
    tab.get_by_role("radio", name=kind, exact=False).click()
    mark = "#r=" if "recipe" in kind else "#m="
    wait_until_says(tab, "#share-address", mark)
    wait_until(tab, "() => !document.getElementById('copy-link').disabled")
    address = str(tab.evaluate("document.getElementById('share-address').value"))
    press(tab, "Close")
    return address[address.index("#") :]


@dataclass(frozen=True)
class Made:
    """What came of a text in one browser, and what was made of it to be passed on."""

    losses: list[float]
    link: str
    recipe: str
    model: bytes
    run: bytes

    @property
    def weights(self) -> bytes:
        return weights(self.model)


def weights(model: bytes) -> bytes:
    """Every bit of them, of a file of safetensors: what is behind its header."""
    return model[8 + int.from_bytes(model[:8], "little") :]


def make(tab: Tab, file: Path) -> Made:
    """The whole way from a text to what is passed on."""
    wait_until_up(tab)
    upload(tab, file)
    choose(tab, "Preset", "The original")
    train_to_the_end(tab, 1000)
    return Made(
        losses=losses(tab),
        link=shared(tab, "2,000 characters"),
        recipe=shared(tab, "The recipe"),
        model=saved(tab, "Runs", "Save the model"),
        run=saved(tab, "Runs", "Save the whole run"),
    )
