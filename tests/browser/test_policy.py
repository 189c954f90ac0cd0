"""The page's promise, held by the browser: no other origin is asked, no text becomes code.

Not about the worker for changed code, which has a stricter policy: test_confined.py.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import Watch, wait_until_up
from browser.hosts import Host

WAYS = Path(__file__).with_name("out_of_the_worker.py").read_text()
# By a timer: what a tool that drives browsers evaluates itself, no policy binds.
EVALUATED = """async () => {
    await new Promise((done) => setTimeout(done, 0));
    const said = {};
    const ways = {
        eval: () => eval("1"),
        Function: () => new Function("return 1")(),
        timer: () => void setTimeout("window.evaluated = true", 0),
        script: () => {
            const script = document.createElement("script");
            script.textContent = "window.evaluated = true";
            document.head.append(script);
        },
        handler: () => {
            document.body.setAttribute("onclick", "window.evaluated = true");
            document.body.click();
        },
    };
    for (const [way, go] of Object.entries(ways)) {
        try {
            said[way] = go() ? "open" : "nothing";
        } catch ({ name }) {
            said[way] = name;
        }
    }
    await new Promise((done) => setTimeout(done, 50));
    return { ...said, evaluated: Boolean(window.evaluated) };
}"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.stop()


@pytest.fixture
def watch(host: Host) -> Watch:
    return Watch(origin=host.origin, errors_are_expected=True)  # of what the browser refuses


@pytest.fixture
def other() -> Iterator[tuple[str, list[str]]]:
    """Another origin, which lets everybody read, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "text/javascript")
            self.end_headers()

        do_POST = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def visit(context: BrowserContext, host: Host) -> Page:
    """A page whose Python can be asked for anything."""
    page = context.new_page()
    page.goto(host.publish(python=True, ask="ask"))
    wait_until_up(page)
    return page


def test_nothing_of_the_page_or_of_python_reaches_another_origin_or_evaluates_a_text(
    context: BrowserContext, host: Host, watch: Watch, other: tuple[str, list[str]]
) -> None:
    address, asked = other
    page = visit(context, host)
    (worker,) = page.workers
    found = worker.evaluate("code => self.ask(code)", f"OTHER = {address!r}\n{WAYS}")
    assert len(found) == 20
    assert {way: how for way, how in found.items() if not how.startswith("refused")} == {}
    assert asked == []
    evaluated = page.evaluate(EVALUATED)
    assert evaluated.pop("eval") == evaluated.pop("Function") == "EvalError"
    assert evaluated.pop("evaluated") is False
    assert set(evaluated.values()) == {"nothing"}
    assert page.evaluate(f"fetch({address!r}).catch(({{ name }}) => name)") == "TypeError"
    assert asked == []
    watch.off_origin.clear()  # which were refused
    expect(page.get_by_role("button", name="Train")).to_be_enabled()
