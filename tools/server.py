"""A server for the built site, on this machine alone.

Not for the internet: there any host of static files will do.
"""

from __future__ import annotations

import functools
import http.server
import sys
import webbrowser
from pathlib import Path
from typing import Any


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Static files, with the types that browsers insist on whatever the system's table says."""

    extensions_map = {  # noqa: RUF012
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".whl": "application/zip",
        ".txt": "text/plain; charset=utf-8",
    }

    def end_headers(self) -> None:
        """Ask the browser to check for a newer file at every load."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a line a request would bury the address."""


class SiteServer(http.server.ThreadingHTTPServer):
    """A server that says nothing when a browser breaks off a download."""

    @property
    def address(self) -> str:
        """Of the folder that it serves."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is not a broken connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def site_server(directory: Path, port: int) -> SiteServer:
    """A server of a folder; port 0 takes any free one."""
    handler = functools.partial(SiteHandler, directory=str(directory))
    return SiteServer(("127.0.0.1", port), handler)


def serve_folder(directory: Path, port: int, *, open_browser: bool) -> None:
    """Serve until Ctrl-C, on another port if this one is taken."""
    try:
        server = site_server(directory, port)
    except OSError as error:
        server = site_server(directory, 0)
        print(f"Port {port} can't be used ({error.strerror}); using another.")
    print(f"Serving {server.address} (Ctrl-C ends it)", flush=True)
    if open_browser:
        webbrowser.open(server.address)
    with server:
        server.serve_forever()
