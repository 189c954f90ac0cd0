"""Writes golden links and files of a changed algorithm, and what they must read as.

`PYTHONPATH=tests:. python tests/golden/make_changed.py FOLDER`, with a `lines.txt` and the changed
`model.py` in it. Not about what the algorithm as it is writes: make.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from changing import changed_code
from golden.make import EXAMPLE, SITE, SMALL, fragment, sha256
from microgpt import MicrogptError, Session

RUN, RECIPE, MODEL = "run.safetensors", "recipe.link", "model.link"
KEYS = ("kind", "text_name", "hyperparameters", "engine", "vocabulary", "parameters")


def code(folder: Path) -> dict[str, str]:
    """The changed file, which is in none of the package's versions."""
    return {"model.py": (folder / "model.py").read_text("utf-8")}


def begun(new_session: Any, text: bytes, until: int) -> Any:
    session = new_session()
    session.load(text, EXAMPLE)
    session.start(SMALL, "scalar")
    session.advance(1e9, until)
    return session


def opened(session: Any, path: Path) -> Any:
    if path.suffix == ".link":
        return session.open_link(path.read_text("utf-8"))
    return session.open_file(path.read_bytes(), path.name)


def told(folder: Path, name: str) -> dict[str, Any]:
    """What is said of one where its code doesn't run."""
    try:
        found = opened(Session(), folder / name)
    except MicrogptError as error:
        return {"refused": "made by a changed algorithm" in str(error)}
    files = {file["name"]: sha256(file["text"].encode()) for file in found["changed"]["files"]}
    return {key: found[key] for key in KEYS} | {"files": files}


def led(folder: Path, name: str) -> dict[str, Any]:
    """Where one leads where its code runs."""
    with changed_code(code(folder)) as package:
        session = package["session"].Session()
        found = opened(session, folder / name)
        if found["kind"] == "recipe":
            session.start_recipe()
        later: list[float] = []
        if found["kind"] != "model":
            later = list(session.advance(1e9)["losses"])
        samples = [each["text"] for each in session.sample(5, original=True)]
    return {"later_losses": later, "later_samples": samples}


def main(folder: Path) -> None:
    text = (folder / EXAMPLE).read_bytes()
    with changed_code(code(folder)) as package:
        new_session = package["session"].Session
        run, ended = begun(new_session, text, 11), begun(new_session, text, 20)
        (folder / RUN).write_bytes(run.save_run())
        (folder / RECIPE).write_bytes(fragment(ended.recipe(SITE, 4000, {})["address"]))
        (folder / MODEL).write_bytes(fragment(ended.link(SITE, 1200)["address"]))
    found = {name: told(folder, name) | led(folder, name) for name in (RUN, RECIPE, MODEL)}
    (folder / "expected.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
