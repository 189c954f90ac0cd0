"""WebKitGTK's MiniBrowser as `driving` has it, driven by Selenium on a screen that nobody sees.

Playwright's own build of WebKit is another one, and can be had for few systems; this is the one
that Debian brings. Not about where it is found: see tools/browsers.py.
"""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import urllib3
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.webkitgtk.service import Service

from browser.every.driving import Role
from tools.browsers import Programs

PATIENCE = 30.0  # seconds, for what a check waits for
LONGEST = 200  # seconds, for what a check's script waits for
TAGS: dict[Role, str] = {
    "button": "button",
    "checkbox": "input[type=checkbox]",
    "combobox": "select",
    "radio": "input[type=radio]",
    "spinbutton": "input[type=number]",
    "tab": "[role=tab]",
    "textbox": "input[type=text], textarea",
}
INTO_VIEW = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });"
KEYS = {"Control": Keys.CONTROL, "Tab": Keys.TAB}
# The functions of checks are put into the script as they are: the page evaluates no text.
CALL = """
const [argument, done] = arguments;
(async () => {
    const it = (%s);
    return typeof it === "function" ? it(argument) : it;
})().then((value) => done({ value }), (error) => done({ error: String(error) }));
"""
# What stands around the page may be as narrow as the page is to be: else no window is a phone's.
NARROW = "window * { min-width: 0; min-height: 0; padding: 0; margin: 0; font-size: 1px; }"
IN_SIGHT = """return [...document.querySelectorAll(arguments[0])].filter(
    (element) => element.getClientRects().length
);"""


class WebKitControl:
    """One element; looked for when it is needed, as Playwright does."""

    def __init__(self, find: Callable[[], WebElement | None], what: str) -> None:
        self._find, self._what = find, what

    def _when_found(self) -> WebElement:
        found: WebElement = waited_for(
            lambda: (it := self._find()) and it.is_enabled() and it, what=self._what
        )
        return found

    def click(self) -> None:
        found = self._when_found()
        # The driver itself brings it no further than to where something else may lie over it.
        found.parent.execute_script(INTO_VIEW, found)
        found.click()

    def press(self, key: str) -> None:
        parts = [KEYS.get(part, part) for part in key.split("+")]
        self._when_found().send_keys("".join([*parts, Keys.NULL]))

    def press_sequentially(self, text: str) -> None:
        self._when_found().send_keys(text)

    def select_option(self, value: str) -> None:
        Select(self._when_found()).select_by_visible_text(value)

    def set_input_files(self, files: Path) -> None:
        self._when_found().send_keys(str(files))


class WebKitPage:
    """The one tab of a window."""

    def __init__(self, driver: webdriver.WebKitGTK) -> None:
        self._driver = driver

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def reload(self) -> None:
        self._driver.refresh()

    def set_viewport_size(self, viewport_size: Any) -> None:
        self._driver.set_window_size(viewport_size["width"], viewport_size["height"])

    def evaluate(self, expression: str, arg: Any = None) -> Any:
        answer = self._driver.execute_async_script(CALL % expression, arg)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")

    def get_by_role(self, role: Role, *, name: str, exact: bool) -> WebKitControl:
        def find() -> WebElement | None:
            in_sight: list[WebElement] = self._driver.execute_script(IN_SIGHT, TAGS[role])
            for element in in_sight:
                said = element.accessible_name
                if said == name if exact else name in said:
                    return element
            return None

        return WebKitControl(find, f"{role} {name}")

    def locator(self, selector: str) -> WebKitControl:
        return WebKitControl(lambda: self._driver.find_element(By.CSS_SELECTOR, selector), selector)


class WebKitVisitor:
    """A browser of WebKit's with nothing stored, on a screen of its own."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.off_origin: list[str] = []
        self._ending = ExitStack()
        settings = folder / "gtk-3.0" / "gtk.css"
        settings.parent.mkdir(parents=True)
        settings.write_text(NARROW)
        options = webdriver.WebKitGTKOptions()
        options.binary_location = programs["MiniBrowser"]
        options.add_argument("--automation")
        options.proxy = self._ending.enter_context(refusing_proxy(self.off_origin))
        # Now and then one goes away as it comes, for which its driver would wait on.
        for patience in (10, 20, 40):
            screens = ExitStack()
            display = screens.enter_context(screen(programs["Xvfb"]))
            service = Service(programs["WebKitWebDriver"], env=surroundings(display, folder))
            try:
                self._driver = started(service, options, patience)
                break
            except urllib3.exceptions.TimeoutError:
                service.stop()
                screens.close()
        self._ending.push(screens)
        self._ending.callback(self._driver.quit)
        self._driver.set_script_timeout(LONGEST)

    def open(self, address: str) -> WebKitPage:
        page = WebKitPage(self._driver)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        return page

    def end(self) -> None:
        self._ending.close()


def surroundings(display: str, folder: Path) -> dict[str, str]:
    """The variables that the browser looks at."""
    return {
        **os.environ,
        "DISPLAY": display,
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "en_US.UTF-8",  # else its language is C, which Intl refuses
        # Root has no namespaces to put its processes into. The site is our own.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    }


def started(
    service: Service, options: webdriver.WebKitGTKOptions, patience: float
) -> webdriver.WebKitGTK:
    """A browser, if it answers within so many seconds."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(patience)
    try:
        driver = webdriver.WebKitGTK(options=options, service=service)
    finally:
        socket.setdefaulttimeout(before)
    assert isinstance(driver.command_executor, RemoteConnection)
    driver.command_executor.client_config.timeout = LONGEST
    return driver


@contextmanager
def screen(xvfb: str) -> Iterator[str]:
    """The name of a new one."""
    command = [
        xvfb,
        "-displayfd",
        "1",
        "-screen",
        "0",
        "1600x1200x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield f":{process.stdout.readline().decode().strip()}"
        process.terminate()


@contextmanager
def refusing_proxy(asked: list[str]) -> Iterator[Proxy]:
    """Is asked for all that isn't on this machine, which WebKit's driver doesn't tell."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_HEAD = do_CONNECT = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    yield Proxy(
        {
            "proxyType": ProxyType.MANUAL,
            "httpProxy": address,
            "sslProxy": address,
            "noProxy": ["127.0.0.1"],
        }
    )
    server.shutdown()
    server.server_close()


def waited_for(find: Callable[[], Any], seconds: float = PATIENCE, what: str = "") -> Any:
    """What is found, as soon as it is."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what or 'a control'}"
        time.sleep(0.05)
    return found
