"""What code that wants out of its worker would try; put behind a changed `model.py`.

Prints a line for each way: its name, and what has stopped it, or that it is open.
What puts it there puts two names in front: `SITE`, the site's address, and `MOST`, how many values
of JavaScript's are looked at.
"""

# mypy: ignore-errors

import asyncio
import importlib
import socket
import sys
import urllib.request

import js
import pyodide.webloop
from pyodide.ffi import JsProxy, create_proxy

NAMES = """
    fetch XMLHttpRequest WebSocket WebSocketStream EventSource WebTransport Request importScripts
    Worker SharedWorker BroadcastChannel indexedDB caches CacheStorage cookieStore navigator storage
    locks serviceWorker sendBeacon FileSystemHandle webkitRequestFileSystem FontFace fonts
    Notification postMessage close eval Function URL Blob FileReaderSync location
    compileStreaming instantiateStreaming _module _api FS loadPackage runPython
""".split()


def is_open(value):
    """Whether a value of JavaScript's leads anywhere."""
    return [name for name in NAMES if hasattr(value, name)] if isinstance(value, JsProxy) else []


def searched():
    """Everything of JavaScript's that can be reached from any module, and what there is open."""
    waiting = [
        (f"{name}.{key}", value)
        for name, module in list(sys.modules.items())
        for key, value in list(getattr(module, "__dict__", {}).items())
        if isinstance(value, JsProxy)
    ]
    waiting += [
        (name, module) for name, module in sys.modules.items() if isinstance(module, JsProxy)
    ]
    seen, found = set(), []
    while waiting and len(seen) < MOST:  # noqa: F821
        path, value = waiting.pop(0)
        if value.js_id in seen:
            continue
        seen.add(value.js_id)
        found += [f"{path}.{name}" for name in is_open(value)]
        for name in [*dir(value), "__proto__", "constructor", "prototype"]:
            try:
                next_value = getattr(value, name)
            except Exception:
                continue
            if isinstance(next_value, JsProxy):
                waiting.append((f"{path}.{name}", next_value))
    return found, len(seen)


def everything():
    found, count = searched()
    assert count > 20, f"only {count} were looked at"
    return found


def shown_to_a_callback(milliseconds):
    def callback(this):
        report(f"this of a callback after {milliseconds} ms", is_open(this))

    proxy = create_proxy(callback, capture_this=True)
    pyodide.webloop.scheduleCallback(proxy, milliseconds)


def report(way, result):
    print(f"{way}: {'OPEN ' + repr(result)[:200] if result else 'nothing'}")


def from_module(name, *attributes):
    value = importlib.import_module(name)
    for attribute in attributes:
        value = getattr(value, attribute)
    return value


HOST = SITE.split("/")[2].split(":")  # noqa: F821
WAYS = {
    **{f"js.{name}": lambda name=name: getattr(js, name) for name in NAMES},
    **{
        f"import js.{name}": lambda name=name: importlib.import_module(f"js.{name}")
        for name in NAMES
    },
    "everything of JavaScript's": everything,
    "js.globalThis": lambda: js.globalThis,
    "js.self": lambda: js.self,
    "Function": lambda: js.Uint8Array.constructor("return globalThis")(),
    "new Function": lambda: js.Uint8Array.constructor.new("return globalThis")(),
    "constructor.constructor": lambda: js.constructor.constructor("return globalThis")(),
    "a new name in js": lambda: setattr(js, "way", js.Uint8Array) or js.way,
    "another Uint8Array": lambda: setattr(js, "Uint8Array", 1) or js.Uint8Array == 1,
    "text as a callback": lambda: pyodide.webloop.scheduleCallback("globalThis.way = 1", 5) or 1,
    "run_js": lambda: from_module("pyodide.code", "run_js")("globalThis"),
    "ffi.run_js": lambda: from_module("pyodide.ffi", "run_js")("globalThis"),
    "pyodide_js": lambda: from_module("pyodide_js"),
    "pyodide_js._module": lambda: from_module("pyodide_js._module"),
    "_pyodide_core.run_js": lambda: from_module("_pyodide_core", "run_js")("globalThis"),
    "the finder": lambda: [
        name for name in from_module("_pyodide._importhook", "jsfinder").jsproxies if name != "js"
    ],
    "micropip": lambda: from_module("micropip"),
    "open_url": lambda: from_module("pyodide.http", "open_url")(f"{SITE}?open_url"),  # noqa: F821
    "urllib": lambda: urllib.request.urlopen(f"{SITE}?urllib"),  # noqa: F821
    "socket": lambda: socket.create_connection((HOST[0], int(HOST[1])), timeout=1),
    "webbrowser": lambda: from_module("webbrowser", "open")(f"{SITE}?webbrowser"),  # noqa: F821
}


async def fetched():
    return await from_module("pyodide.http", "pyfetch")(f"{SITE}?pyfetch")  # noqa: F821


async def connected():
    return await asyncio.open_connection(HOST[0], int(HOST[1]))


async def later():
    for way in (fetched, connected):
        try:
            report(way.__name__, await way())
        except BaseException as error:
            print(f"{way.__name__}: {type(error).__name__}")
    print("all")


for way, go in WAYS.items():
    try:
        report(way, go())
    except BaseException as error:
        print(f"{way}: {type(error).__name__}")
shown_to_a_callback(0)
shown_to_a_callback(5)
asyncio.ensure_future(later())  # noqa: RUF006
