"""The worker that runs changed code: the same numbers, no way out, and an end at any time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from browser.confining import (
    MODEL,
    create,
    losses,
    model_with,
    start,
    told,
    wait_until_told,
    worker,
)
from browser.conftest import Watch, csv_losses, samples, train_to_the_end, upload
from command_line import run
from runs import NAMES

SQUARED = model_with(".relu()", ".relu() ** 2")
ENDLESS = model_with(
    "hidden = [value.relu()", "while True:\n            pass\n        hidden = [value.relu()"
)
# Something else in place of a method of the session, as soon as that is there.
INSTEAD = """
import asyncio, sys
from array import array
from pyodide.ffi import to_js

def endless(*_):
    while True:
        yield {{"text": "a", "in_text": ""}}

def stuck(*_):
    while True:
        pass
    yield

def far(*_):
    losses = array("d", bytes(8 * 600_000))
    zeros = dict.fromkeys(["step", "steps", "seconds", "steps_per_second", "seconds_left"], 0)
    return zeros | {{"losses": losses, "ending": "", "problem": ""}}

def long(*_):
    found = to_js([1])
    found.length = 2**32 - 1  # and nothing in it: the page would count to there
    numbers = dict.fromkeys(["documents", "guess", "letters", "pairs"], 1)
    truths = dict.fromkeys(["kept_out", "learned", "complete"], True)
    return numbers | truths | {{"steps": found, "holdout": array("d")}}

async def instead():
    while not hasattr(sys.modules.get("microgpt.session.session"), "Session"):
        await asyncio.sleep(0.01)
    sys.modules["microgpt.session.session"].Session.{method} = {other}

asyncio.ensure_future(instead())
"""
# The promise is not waited for.
ASK = """() => void confined
    .sample({ ticket: 1, count: 3, temperature: 0.5, prefix: "", original: false })
    .catch(() => {})"""
WAYS_OUT = Path(__file__).with_name("ways_out.py").read_text()


def seen_by(context: BrowserContext) -> list[str]:
    """What the browser asks for from now on, wherever it goes; also what it then refuses."""
    urls: list[str] = []

    def request(request: Request) -> None:
        urls.append(request.url)

    context.on("request", request)
    return urls


def test_training_gives_the_same_numbers_and_changes_count(ready: Page, tmp_path: Path) -> None:
    upload(ready, "names.txt", NAMES)
    train_to_the_end(ready, 20)
    expected, own = csv_losses(ready, tmp_path), samples(ready)
    create(ready)
    report = start(ready, {"model.py": MODEL}, holdout=0)
    assert (report["engine"], report["steps"]) == ("scalar", 20)
    assert losses(ready) == expected
    wait_until_told(ready, "it.event === 'learning' && it.complete")
    request = {"ticket": 7, "count": 3, "temperature": 0.5, "prefix": "a", "original": False}
    ready.evaluate("(request) => confined.sample(request)", request)
    drawn = told(ready, "sampled")
    assert [sample["ticket"] for sample in drawn] == [7, 7, 7]
    assert all(sample["text"].startswith("a") for sample in drawn)

    start(ready, SQUARED)
    changed = losses(ready)
    assert changed == pytest.approx(on_the_command_line(SQUARED["model.py"], tmp_path), rel=1e-12)
    assert changed[1:] != pytest.approx(expected[1:], rel=1e-6)
    start(ready, SQUARED, engine="traced")
    assert losses(ready) == pytest.approx(changed, rel=1e-9)
    assert samples(ready) == own  # of the page's own model, which is still there


def on_the_command_line(model: str, folder: Path) -> list[float]:
    """The losses of the same run in another Python."""
    (folder / "mine.py").write_text(model)
    (folder / "names.txt").write_bytes(NAMES)
    out = folder / "mine.csv"
    options = ("--engine", "scalar", "--steps", "20", "--losses", out)
    result = run("train", folder / "names.txt", "--model", folder / "mine.py", *options)
    assert result.returncode == 0, result.stderr
    return [float(row.split(",")[1]) for row in out.read_text().splitlines()[1:]]


def test_python_finds_no_way_out(
    compiled: Page, context: BrowserContext, site: str, served: list[str]
) -> None:
    create(compiled)
    compiled.evaluate("confined.prepare().then(() => {})")
    asked = seen_by(context)
    served.clear()
    start(compiled, {"model.py": f"{MODEL}\nSITE, MOST = {site!r}, 3000\n{WAYS_OUT}"})
    wait_until_told(compiled, "it.line === 'all'")
    ways = [printed["line"] for printed in told(compiled, "printed")]
    assert len(ways) > 90
    assert [way for way in ways if "OPEN" in way] == []
    # Below all of JavaScript's names there is C. That it is asked is the end of Python.
    script = b"import('data:text/javascript,'); fetch('?from-c')"
    attempt = f"import ctypes\nctypes.pythonapi.emscripten_run_script({script!r})\n"
    problem = start(compiled, {"model.py": attempt})
    assert "Python has crashed" in problem["message"]
    assert [url for url in asked if not url.startswith("data:") and not at_start(url)] == []
    assert [path for path in served if not at_start(path)] == []


def at_start(address: str) -> bool:
    """Whether it is what the page itself asks for, for another worker."""
    return address.endswith("/code/confined.html")


# What there is to be tried in JavaScript, in a worker that is started as that of changed code is.
ATTEMPTS = """async (site) => {
    const settled = (target, good) => new Promise((done, fail) => {
        target[`on${good}`] = done;
        target.onerror = () => fail(new Error("error"));
    });
    const attempts = {
        fetchHere: () => fetch(`${site}?out`),
        fetchThere: () => fetch("http://localhost:9/?out", { mode: "no-cors" }),
        fetchData: () => fetch("data:,"),
        fetchBlob: () => fetch(URL.createObjectURL(new Blob(["x"]))),
        xhr: () => {
            const request = new XMLHttpRequest();
            request.open("GET", `${site}?out`);
            request.send();
            return settled(request, "load");
        },
        socket: () => settled(new WebSocket(`${site.replace("http", "ws")}?out`), "open"),
        events: () => settled(new EventSource(`${site}?out`), "open"),
        transport: () => new WebTransport("https://localhost:9/?out").ready,
        font: () => new FontFace("out", `url(${site}?out)`).load(),
        importScripts: () => importScripts(`${site}worker/turn.js?out`),
        importHere: () => import(`${site}worker/turn.js?out`),
        importBlob: () => import(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" }))),
        // A script that is written in its address is let in, as ours are, and gets no further;
        // another address each time, for what has become of one is remembered.
        importData: () =>
            import(`data:text/javascript,await fetch("${site}?out")//${performance.now()}`),
        worker: () => settled(new Worker(`${site}worker/turn.js?out`), "message"),
        evaluate: () => eval("1"),
        code: () => Function("return 1")(),
        laterCode: () => (async () => {}).constructor("return 1")(),
        database: () => settled(indexedDB.open("out"), "success"),
        caches: async () => {
            // In WebKit nobody has caches of their own; the page's they are not.
            if (!(await caches.keys()).length) throw new Error("nothing is kept");
        },
        files: () => navigator.storage.getDirectory(),
        locks: () => navigator.locks.request("out", () => {}),
        cookies: () => cookieStore.getAll(),
        beacon: () => navigator.sendBeacon(`${site}?out`),
    };
    const outcomes = {};
    for (const [name, attempt] of Object.entries(attempts)) {
        try {
            await attempt();
            outcomes[name] = "open";
        } catch (error) {
            outcomes[name] = String(error);
        }
    }
    return outcomes;
}"""
# Everything that is tried, with the browser's walls alone and then with ours; and what is left.
BARE = """onmessage = async ({ data: { site, walls } }) => {
    const tell = postMessage.bind(globalThis);
    const attempt = %s;
    const { giveUp } = await import(`data:text/javascript,${encodeURIComponent(walls)}`);
    const channel = new BroadcastChannel("out");
    channel.postMessage("out");
    const before = await attempt(site);
    const kept = giveUp();
    const after = await attempt(site);
    const names = [];
    for (let at = globalThis; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        names.push(...Object.getOwnPropertyNames(at));
    }
    const there = names.filter((name) => globalThis[name] !== undefined);
    tell({ before, after, kept, names: there });
};"""
BESIDE = """async ([site, code]) => {
    const heard = [];
    new BroadcastChannel("out").onmessage = ({ data }) => heard.push(data);
    await caches.open("the page's own");
    const frame = document.createElement("iframe");
    frame.src = "code/confined.html";
    document.body.append(frame);
    await new Promise((done) => (frame.onload = done));
    const address = `data:text/javascript,${encodeURIComponent(code)}`;
    const worker = new frame.contentWindow.Worker(address, { type: "module" });
    const walls = await (await fetch("worker/walls.js")).text();
    worker.postMessage({ site, walls });
    const told = await new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
    await caches.delete("the page's own");
    return { ...told, heard };
}"""


def test_each_wall_holds_without_the_other(compiled: Page, site: str, served: list[str]) -> None:
    """The browser's: policy and origin. Ours: who comes by the global object finds nothing."""
    told = compiled.evaluate(BESIDE, [site, BARE % ATTEMPTS])
    assert len(told["before"]) == len(told["after"]) == 23
    assert [name for name, said in told["before"].items() if said == "open"] == []
    assert told["heard"] == []  # a channel of that name is another for another origin
    assert [path for path in served if "out" in path] == []
    assert told["kept"] == []
    ours = ("ReferenceError", "TypeError: Changed code can't reach this.")
    by_the_browser_alone = {"importHere"}  # for which there is no name
    assert {
        name for name, said in told["after"].items() if not said.startswith(ours)
    } == by_the_browser_alone
    (listed,) = re.findall(r'^NAMES = """(.*?)"""', WAYS_OUT, re.M | re.S)
    assert "postMessage" in listed.split()
    assert set(listed.split()) & set(told["names"]) == {"eval", "Function"}  # which refuse


def test_it_ends_whatever_it_does(compiled: Page) -> None:
    create(compiled, quiet=500)
    start(compiled, ENDLESS)
    wait_until_told(compiled, "it.event === 'quiet'")
    with worker(compiled).expect_event("close"):
        compiled.evaluate("confined.end()")
    train_to_the_end(compiled, 20)  # in the page's own worker

    # A run that has ended, too, can be stuck: its samples are drawn by the changed code.
    start(compiled, {"model.py": MODEL + INSTEAD.format(method="sample_piecewise", other="stuck")})
    assert len(losses(compiled)) == 20
    compiled.evaluate(ASK)
    wait_until_told(compiled, "it.event === 'quiet'")

    create(compiled, begin=3000)
    problem = start(compiled, {"model.py": "while True:\n    pass\n"})
    assert problem["name"] == "Late"
    assert "a loop that never ends" in problem["message"]

    ended = compiled.evaluate(
        """async () => {
            const starting = confined.start({});
            confined.end();
            return starting.catch(({ name }) => name);
        }"""
    )
    assert ended == "Ended"


def test_who_floods_the_page_is_ended(compiled: Page) -> None:
    create(compiled)
    for method, other, says in (
        ("sample_piecewise", "endless", "says more than can be heard"),
        ("advance", "far", "says more than can be heard"),
        ("learning", "long", "no answer"),
    ):
        sources = {"model.py": MODEL + INSTEAD.format(method=method, other=other)}
        start(compiled, sources, steps=1000)
        wait_until_told(compiled, "true")  # by then the other method is in its place
        compiled.evaluate(ASK)
        wait_until_told(compiled, "it.event === 'failed'")
        (problem,) = told(compiled, "failed")
        assert says in problem["message"]
        assert len(told(compiled, "sampled")) <= 3


def test_what_goes_wrong_has_its_line(compiled: Page) -> None:
    create(compiled)
    sources = model_with(".relu()", ".relu() / 0")
    start(compiled, sources)
    wait_until_told(compiled, "it.event === 'failed'")
    (problem,) = told(compiled, "failed")
    at = next(i for i, line in enumerate(sources["model.py"].splitlines(), 1) if "/ 0" in line)
    assert (problem["file"], problem["line"]) == ("model.py", at)
    assert problem["name"] == "ZeroDivisionError"
    assert ".relu() / 0" in problem["traceback"]

    deep = "import sys\nsys.setrecursionlimit(10**9)\nf = lambda: f()\nf()\n"
    problem = start(compiled, {"model.py": deep})
    assert "calls itself" in problem["message"] or "Python has crashed" in problem["message"]
    problem = start(compiled, {"model.py": f"{MODEL}\nx = [0] * 10**9\n"})
    assert "not enough memory" in problem["message"]
    assert problem["file"] == "model.py"


def test_where_the_walls_do_not_stand_nothing_runs(compiled: Page, watch: Watch) -> None:
    watch.errors_are_expected = True  # of a file that is missing
    create(compiled)
    compiled.context.route("**/confined.html", lambda route: route.fulfill(status=404))
    assert "confined.html could not be loaded" in start(compiled, {})["message"]
    compiled.context.unroute("**/confined.html")
    without = "<!doctype html><html data-confined></html>"
    compiled.context.route(
        "**/confined.html", lambda route: route.fulfill(content_type="text/html", body=without)
    )
    assert "does not keep changed code apart" in start(compiled, {})["message"]
    compiled.context.unroute("**/confined.html")
    assert start(compiled, {})["steps"] == 20
    expect(compiled.get_by_role("button", name="Train")).to_be_enabled()
