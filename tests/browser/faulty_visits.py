"""What a visitor meets where one file of the site doesn't come as it should.

Not about what would be right: see test_faults.py. Nor about the faults: see hosts.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from playwright.sync_api import Browser, Error, Page, Request

from browser.hosts import FaultyHost, Spoiled

PATIENCE = (
    8.0  # seconds that a visit is watched after the last fault, a little more than is promised
)
UP = 60.0  # seconds that a page may take where nothing is wrong, on a busy machine

SETTLED = 3.0  # … after which nothing more comes of one that is up, were it never to be kept

# What is said, wherever; how far it is; and whether the site is kept whole.
LOOK = """async () => {
    const words = [...document.querySelectorAll("#alert, .error, [role=status]")]
        .filter((element) => element.checkVisibility())
        .map((element) => element.innerText.trim());
    const registration = await navigator.serviceWorker.getRegistration();
    window.registered ||= Boolean(registration); // and gone, where it could not be kept
    return {
        state: document.documentElement.dataset.state,
        said: words.filter(Boolean).join("\\n"),
        alert: document.querySelector("#alert")?.innerText ?? "",
        loading: document.querySelector("#loading-text")?.innerText ?? "",
        kept: Boolean(await caches.match("manifest.json")),
        busy: registration ? !registration.active : !window.registered,
    };
}"""


@dataclass(frozen=True)
class Outcome:
    """What came of a visit.

    Attributes:
        what: one of "works", "works, not kept", "told by name", "told", "told by the browser",
            "goes on, and says how far it is", "silent".
        seconds: from the last fault until it was told.
        asked: whether the page asked for the file, and not the service worker alone.
    """

    what: str
    seconds: float = 0.0
    words: str = ""
    asked: bool = True


def visit(browser: Browser, host: FaultyHost, address: str, spoiled: Spoiled) -> Outcome:
    """A first visit, by somebody with nothing kept."""
    host.spoil(spoiled)
    context = browser.new_context(reduced_motion="reduce")
    asked: set[str] = set()

    def note(request: Request) -> None:
        if not request.service_worker:
            asked.add(request.url.split("?")[0].removeprefix(address) or "index.html")

    context.on("request", note)
    try:
        page = context.new_page()
        try:
            page.goto(address, wait_until="commit")
        except Error as error:
            return Outcome("told by the browser", words=error.message.splitlines()[0])
        return replace(watched(page, spoiled), asked=spoiled.path in asked)
    finally:
        context.close()
        host.spoil(None)


def watched(page: Page, spoiled: Spoiled) -> Outcome:
    """The outcome, as soon as it is one."""
    begin, up_since = time.monotonic(), float("inf")
    hopeless = spoiled.times > 1 and spoiled.fault not in ("slow", "wrong type")
    while time.monotonic() - begin < UP:
        try:
            seen = page.evaluate(LOOK)
        except Error:  # the page is being left, or there is no page
            seen = {"state": None, "said": "", "alert": "", "loading": "", "kept": 0, "busy": 1}
        since = time.monotonic() - (spoiled.served or [time.monotonic()])[-1]
        if spoiled.path in seen["said"]:
            return Outcome("told by name", since, seen["said"])
        up = seen["state"] in ("ready", "finished")
        up_since = min(up_since, time.monotonic()) if up else float("inf")
        if up and (not seen["busy"] or time.monotonic() - up_since > SETTLED):
            return Outcome("works" if seen["kept"] else "works, not kept")
        if spoiled.fault == "slow" and since > PATIENCE and " of " in seen["loading"]:
            return Outcome("goes on, and says how far it is", words=seen["loading"])
        if since > PATIENCE and hopeless and not up:
            break
        page.wait_for_timeout(25)
    if seen["alert"]:
        return Outcome("told", since, seen["alert"])
    return Outcome("silent", since, str(seen))
