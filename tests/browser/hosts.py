"""Static hosts to be visited: one that publishes builds of the site, and one that has faults.

Not about what a page makes of them: see test_offline.py and test_faults.py.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from browser.conftest import new_server
from tools import manifest
from tools.places import DIST, WEB
from tools.server import SiteHandler

NOTHING = {".wasm": b"\0asm\x01\0\0\0", ".json": b"{}"}  # in place of Python
PLACES = {"A": 3, "B": 5}  # documents in the example of each build


class Host:
    """A static host of several sites, which can be replaced and switched off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = new_server(folder)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}/"
        self._published = 0
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(
        self, name: str = "A", path: str = "site", *, python: bool = False, ask: str = ""
    ) -> str:
        """Put a build in place of the last; every part of it says its name.

        Args:
            name: of the build.
            path: of the site.
            python: whether it has Python, or a worker that only says that it is up.
            ask: what its worker's Python is asked by, a function of JavaScript; nothing, if empty.
        """
        folder = self.folder / path
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(DIST, folder)
        if not python:
            (folder / "worker" / "worker.js").write_text('postMessage({ event: "ready" });')
            for file in (folder / "pyodide").iterdir():
                file.write_bytes(NOTHING.get(file.suffix, b""))
        page = (WEB / "index.html").read_text()
        (folder / "index.html").write_text(page.replace("<html", f'<html data-page="{name}"'))
        with (folder / "main.js").open("a") as main:
            main.write(
                f'document.documentElement.dataset.main = "{name}";'
                'client.on("build", (name) => (document.documentElement.dataset.worker = name));'
            )
        with (folder / "worker" / "worker.js").open("a") as worker:
            worker.write(f'postMessage({{ event: "build", detail: "{name}" }});')
        if ask:
            with (folder / "worker" / "python.js").open("a") as module:
                module.write(f"self.{ask} = (code) => pyodide.runPythonAsync(code);")
        (folder / "examples" / "places.txt").write_text("somewhere\n" * PLACES[name])
        self.seal(path)
        return f"{self.origin}{path}/"

    def seal(self, path: str = "site") -> None:
        """Finish a build, and give its files a later time than the last one's."""
        folder = self.folder / path
        shutil.copyfile(WEB / "service-worker.js", folder / "service-worker.js")
        manifest.seal(folder)
        self._published += 1
        for file in folder.rglob("*"):
            os.utime(file, (file.stat().st_mtime, 1_700_000_000 + 60 * self._published))

    def put(self, file: Path, data: bytes) -> None:
        """Replace a file, at a time of its own: browsers ask for what is newer, in seconds."""
        file.write_bytes(data)
        self._published += 1
        os.utime(file, (file.stat().st_mtime, 1_700_000_000 + 60 * self._published))

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


FAULTS = ("missing", "error 500", "refused", "cut short", "flipped", "wrong type", "slow")
SLOW = 3000  # bytes a second


@dataclass
class Spoiled:
    """A file that doesn't come as it should.

    Attributes:
        path: from the site's root.
        times: how often; then it comes as it should.
        served: when, on the clock of `time.monotonic`.
    """

    path: str
    fault: str
    times: float = float("inf")
    served: list[float] = field(default_factory=list)


class FaultyHandler(SiteHandler):
    """Serves a folder, and one of its files with a fault."""

    def do_GET(self) -> None:  # noqa: N802
        spoiled: Spoiled | None = self.server.spoiled  # type: ignore[attr-defined]
        path = self.path.split("?")[0].removeprefix("/site/") or "index.html"
        if not spoiled or path != spoiled.path or len(spoiled.served) >= spoiled.times:
            return super().do_GET()
        spoiled.served.append(time.monotonic())
        self.close_connection = True
        if spoiled.fault == "missing":
            self.send_error(HTTPStatus.NOT_FOUND)
        elif spoiled.fault == "error 500":
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
        elif spoiled.fault != "refused":
            self._send(Path(self.translate_path(self.path)), spoiled.fault)
        spoiled.served[-1] = time.monotonic()
        return None

    def _send(self, file: Path, fault: str) -> None:
        file = file / "index.html" if file.is_dir() else file
        data = bytearray(file.read_bytes())
        self.send_response(HTTPStatus.OK)
        kind = "text/html" if fault == "wrong type" else self.guess_type(str(file))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "flipped" and data:
            data[len(data) // 2] ^= 1
        if fault == "cut short":
            del data[len(data) // 2 :]
        at_once = SLOW // 5 if fault == "slow" else max(len(data), 1)
        for begin in range(0, len(data), at_once):
            self.wfile.write(data[begin : begin + at_once])
            if fault == "slow":
                time.sleep(at_once / SLOW)


class FaultyHost(Host):
    """A host of which one file at a time doesn't come as it should."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)

        def handler(*rest: Any) -> FaultyHandler:
            return FaultyHandler(*rest, directory=str(folder))

        self.server.RequestHandlerClass = handler
        self.spoil(None)

    def spoil(self, spoiled: Spoiled | None) -> None:
        self.server.spoiled = spoiled  # type: ignore[attr-defined]
