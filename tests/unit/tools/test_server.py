"""What the server says of a file."""

import threading
import urllib.request
from pathlib import Path

from tools.server import site_server

TYPES = {  # with another, browsers refuse the first four or read the last with wrong characters
    "a.js": "text/javascript",
    "a.mjs": "text/javascript",
    "a.wasm": "application/wasm",
    "a.webmanifest": "application/manifest+json",
    "a.html": "text/html",
    "a.txt": "text/plain; charset=utf-8",
}


def test_files_have_their_types_and_are_asked_for_again(tmp_path: Path) -> None:
    for name in TYPES:
        (tmp_path / name).write_text(name)
    with site_server(tmp_path, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, type_ in TYPES.items():
            with urllib.request.urlopen(server.address + name) as answer:
                assert answer.read() == name.encode()
                assert answer.headers["Content-Type"] == type_
                assert answer.headers["Cache-Control"] == "no-cache"
        server.shutdown()
