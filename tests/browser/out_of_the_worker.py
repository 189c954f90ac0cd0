"""What Python in the page's own worker could try, to reach another origin.

Run there by test_policy.py, which puts `OTHER`, that origin's address, in front. `found` is what
came of each way: what has stopped it, or that it is open.
"""

# mypy: ignore-errors
# ruff: noqa: F821, E501

import asyncio

import js
from js import Object
from pyodide.ffi import create_proxy, to_js
from pyodide.http import open_url, pyfetch

SECONDS = 2  # that something may take to arrive, or to be refused
NESTED = f"""
    const tell = (way) => (error) => postMessage([way, error instanceof Error ? error.name : "open"]);
    fetch("{OTHER}nested-fetch", {{ mode: "no-cors" }}).then(tell("fetch"), tell("fetch"));
    import("{OTHER}nested-import").then(tell("import"), tell("import"));
    try {{ importScripts("{OTHER}nested-script"); tell("importScripts")(0) }} catch (error) {{ tell("importScripts")(error) }}
    try {{ new WebSocket("{OTHER}nested-socket".replace("http", "ws")).onopen = () => tell("WebSocket")(0); }} catch (error) {{}}
"""
found = {}


def options(**values):
    return to_js(values, dict_converter=Object.fromEntries)


def blob(text):
    made = js.Blob.new(to_js([text]), options(type="text/javascript"))
    return js.URL.createObjectURL(made)


async def opened(thing):
    """Whether something with events opens."""
    ended = asyncio.get_event_loop().create_future()
    end = lambda how: ended.done() or ended.set_result(how)  # noqa: E731
    thing.addEventListener("open", create_proxy(lambda _: end("open")))
    thing.addEventListener("error", create_proxy(lambda _: end("refused")))
    try:
        return await asyncio.wait_for(ended, SECONDS)
    except TimeoutError:
        return "refused"  # nothing has come


async def nested(address, **how):
    worker = js.Worker.new(address, options(**how))
    heard = []
    worker.addEventListener("message", create_proxy(lambda event: heard.append(event.data.to_py())))
    worker.addEventListener("error", create_proxy(lambda event: event.preventDefault()))
    await asyncio.sleep(SECONDS)
    worker.terminate()
    return "open" if any(how == "open" for _, how in heard) else f"refused {heard}"


def synchronous():
    request = js.XMLHttpRequest.new()
    request.open("GET", f"{OTHER}xhr", False)
    request.send()


async def transport():
    await js.WebTransport.new(OTHER.replace("http:", "https:")).ready


async def kept():
    cache = await js.caches.open("out")
    try:
        await cache.add(js.Request.new(f"{OTHER}cache", options(mode="no-cors")))
    finally:
        await js.caches.delete("out")


async def callback():
    js.setTimeout("self.evaluated = 1", 0)
    await asyncio.sleep(0.1)
    return js.evaluated


WS = OTHER.replace("http", "ws")
WAYS = {
    "fetch": lambda: js.fetch(f"{OTHER}fetch", options(mode="no-cors")),
    "fetch of a request": lambda: js.fetch(js.Request.new(f"{OTHER}request")),
    "pyfetch": lambda: pyfetch(f"{OTHER}pyfetch"),
    "open_url": lambda: open_url(f"{OTHER}open_url"),
    "XMLHttpRequest": synchronous,
    "WebSocket": lambda: opened(js.WebSocket.new(f"{WS}socket")),
    "WebSocketStream": lambda: js.WebSocketStream.new(f"{WS}stream").opened,
    "EventSource": lambda: opened(js.EventSource.new(f"{OTHER}events")),
    "WebTransport": transport,
    "importScripts": lambda: js.importScripts(f"{OTHER}script"),
    "sendBeacon": lambda: js.navigator.sendBeacon(f"{OTHER}beacon"),
    "a font": lambda: js.FontFace.new("out", f"url({OTHER}font)").load(),
    "a cache": kept,
    "a worker from there": lambda: nested(f"{OTHER}worker.js"),
    "a nested worker": lambda: nested(blob(NESTED)),
    "a nested module": lambda: nested(blob(NESTED), type="module"),
    "a nested worker of nobody's": lambda: nested(
        f"data:text/javascript,{js.encodeURIComponent(NESTED)}"
    ),
    "eval": lambda: js.eval("1"),
    "Function": lambda: js.Function("return 1")(),
    "a text as a callback": callback,
}


async def attempt(way, go):
    try:
        outcome = go()
        if hasattr(outcome, "then") or asyncio.iscoroutine(outcome) or asyncio.isfuture(outcome):
            outcome = await asyncio.wait_for(asyncio.ensure_future(outcome), 2 * SECONDS)
        found[way] = outcome if isinstance(outcome, str) else "open"
    except BaseException as error:
        found[way] = f"refused: {type(error).__name__}"


async def attempts():
    await asyncio.gather(*(attempt(way, go) for way, go in WAYS.items()))
    return to_js(found, dict_converter=Object.fromEntries)


attempts()
