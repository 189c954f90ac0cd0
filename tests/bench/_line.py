"""A static host at the other end of a slow line: all that it sends shares 10 Mbit/s.

Here and not in the browser, whose own brake leaves out what workers ask for. Texts and
WebAssembly are compressed (gzip -9), as by hosts that do it; archives are sent as they are. Not
about what is measured over it: see startup.py.
"""

from __future__ import annotations

import functools
import gzip
import threading
import time
from pathlib import Path
from types import TracebackType

from tools.server import SiteHandler, SiteServer

BYTES_A_SECOND = 10_000_000 / 8
DELAY = 0.04  # seconds, there and back
PIECE = 16_384
AS_THEY_ARE = {".zip", ".whl", ".png"}


class Line:
    """Gives out time on the line, to one piece after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = 0.0

    def wait(self, size: int) -> None:
        """Until so many bytes have passed."""
        with self._lock:
            self._free = max(self._free, time.monotonic()) + size / BYTES_A_SECOND
            until = self._free
        time.sleep(max(0.0, until - time.monotonic()))


class LineHandler(SiteHandler):
    """Sends files over the line."""

    protocol_version = "HTTP/1.1"  # connections stay open, as everywhere
    server: LineServer

    def do_GET(self) -> None:  # noqa: N802
        """After a delay, a piece at a time."""
        time.sleep(DELAY)
        path = self.server.path(self.path)
        try:
            data = self.server.sent(path)
        except OSError:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(data)))
        if Path(path).suffix not in AS_THEY_ARE:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        for begin in range(0, len(data), PIECE):
            piece = data[begin : begin + PIECE]
            self.server.line.wait(len(piece))
            self.wfile.write(piece)
        return None


class LineServer(SiteServer):
    """Serves a folder, as long as it is entered."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), LineHandler)
        self._folder = folder
        self.line = Line()
        self.sent = functools.cache(self._sent)

    def path(self, url: str) -> str:
        """The file that an address is of."""
        return url.removeprefix(self.address).lstrip("/").split("?")[0] or "index.html"

    def _sent(self, path: str) -> bytes:
        data = (self._folder / path).read_bytes()
        return data if Path(path).suffix in AS_THEY_ARE else gzip.compress(data, 9)

    def __enter__(self) -> LineServer:
        for file in self._folder.rglob("*"):  # compressed before anybody waits for it
            if file.is_file():
                self.sent(file.relative_to(self._folder).as_posix())
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()
