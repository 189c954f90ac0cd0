"""Writes golden links and files, and what they must read as, for the version that runs it.

`python tests/golden/make.py FOLDER`, once for each version of the formats, with the package
that writes that version. After the folder can come settings as JSON, for every run, and the
names of what to write. Uses nothing but `Session`, so that it runs with any version of the
package. What is in a folder already is read and described, not written again.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from microgpt import Session

SITE = "https://example.org/"
SMALL: dict[str, Any] = {"n_embd": 4, "n_head": 2, "block_size": 8, "steps": 30}
ALL_OTHERS: dict[str, Any] = {  # none of them the default
    "steps": 50,
    "n_layer": 2,
    "n_embd": 6,
    "n_head": 3,
    "block_size": 7,
    "learning_rate": 0.0123456789012345,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-7,
    "init_std": 0.1,
    "batch_size": 2,
    "holdout": 0.25,
    "seed": 4294967295,
    "random_stream": "xorshift",
}
EXAMPLE = "lines.txt"


MORE: dict[str, Any] = {}  # settings of every run


def trained(
    text: bytes, until: int | None = None, engine: str = "compiled", **values: Any
) -> Session:
    session = Session()
    session.load(text, EXAMPLE)
    session.start(values | MORE, engine)
    session.advance(1e9, until)
    return session


def link(session: Session, characters: int) -> bytes:
    return fragment(session.link(SITE, characters)["address"])


def recipe(session: Session, examples: dict[str, str]) -> bytes:
    return fragment(session.recipe(SITE, 4000, examples)["address"])


def fragment(address: str) -> bytes:
    return (address.removeprefix(SITE) + "\n").encode()


def example(text: bytes) -> dict[str, str]:
    return {hashlib.sha256(b"\n".join(text.splitlines())).hexdigest()[:32]: EXAMPLE}


def following(text: bytes) -> Session:
    """A run that repeats another, which was stopped at step 21; by now at step 13."""
    session = Session()
    sender = trained(text, 21, "scalar", **SMALL, random_stream="xorshift")
    session.open_link(recipe(sender, {}).decode())
    session.start_recipe()
    session.advance(1e9, 13)
    session.sample(3).__next__()
    return session


def learning_on(text: bytes) -> Session:
    """A run that began with an opened model's weights, by now at step 9."""
    session = Session()
    session.open_file(trained(text, **SMALL).save_model(), "model")
    session.load(b"foggy zoo\nsix hats\n\ncups of ink\n", "more.txt")
    session.start({**SMALL, "seed": 3} | MORE, "compiled", from_opened=True)
    session.advance(1e9, 9)
    return session


def liking(text: bytes) -> Session:
    """A run with favourites, by now at step 11."""
    session = trained(text, 11, **SMALL)
    words = text.decode().split()
    session.set_favourites([*words[:4], "ooh"], ["no & \N{SNOWMAN}", words[4]])
    return session


def learning_favourites(text: bytes) -> Session:
    """A run that learns from favourites, by now at step 9."""
    session = liking(text)
    session.learn_favourites(24)
    session.advance(1e9, 9)
    return session


def of_file(text: bytes) -> bytes:
    """The link of an opened model: with no text to measure it on, it is the same every time."""
    session = Session()
    session.open_file(trained(text, **ALL_OTHERS).save_model(), "model")
    return link(session, 900)


def of_running_text(text: bytes) -> Session:
    """A run on the windows of a text, whose end is kept out; by now at step 11."""
    session = Session()
    session.load(text, EXAMPLE, SMALL["block_size"], {"documents": "running"})
    session.start({**SMALL, "holdout": 0.25} | MORE, "compiled")
    session.advance(1e9, 11)
    return session


FILES: dict[str, Callable[[bytes], bytes]] = {
    "model-default.link": lambda text: link(trained(text), 2000),
    "model-python.link": lambda text: link(trained(text, **SMALL, learning_rate=0.02), 400),
    "model-xorshift.link": lambda text: link(trained(text, **ALL_OTHERS), 1200),
    "model-of-file.link": of_file,
    "recipe-text.link": lambda text: recipe(trained(text, 20, **SMALL), {}),
    "recipe-example.link": lambda text: recipe(trained(text, **ALL_OTHERS), example(text)),
    "model.safetensors": lambda text: trained(text, **ALL_OTHERS).save_model(),
    "run.safetensors": lambda text: trained(
        text, 11, **SMALL, holdout=0.25, batch_size=2
    ).save_run(),
    "run-learning-on.safetensors": lambda text: learning_on(text).save_run(),
    "run-favourites.safetensors": lambda text: liking(text).save_run(),
    "run-on-favourites.safetensors": lambda text: learning_favourites(text).save_run(),
    "run-of-running-text.safetensors": lambda text: of_running_text(text).save_run(),
    "run-without-text.safetensors": lambda text: following(text).save_run(text=False),
}


def opened(folder: Path, name: str) -> tuple[Session, Any]:
    """What a session says when it opens one of the links or files."""
    session, data = Session(), (folder / name).read_bytes()
    if name.endswith(".link"):
        return session, session.open_link(data.decode())
    # Lines without an end, as browsers keep a text beside its run.
    text = b"\n".join((folder / EXAMPLE).read_bytes().splitlines())
    return session, session.open_file(data, name, text if "without-text" in name else None)


def reading(folder: Path, name: str) -> dict[str, Any]:
    """All that one of the links or files says, and where it leads."""
    session, said = opened(folder, name)
    keys = ("kind", "text_name", "hyperparameters", "provenance", "vocabulary", "engine", "example")
    found: dict[str, Any] = {key: said[key] for key in keys}
    if said["kind"] == "recipe":
        if said["text"] is None:
            session.load((folder / EXAMPLE).read_bytes(), EXAMPLE)
        session.start_recipe()
        progress = session.advance(1e9)
        found["text"] = sha256(session.text())
        return found | {"step": progress["step"], "same": session.recipe_outcome()["same"]}
    found |= of_model(session)
    if said["kind"] == "run":
        found["losses"] = list(said["progress"]["losses"])
        found["text"] = sha256(session.text())
        if any((favourites := session.favourites()).values()):
            found["favourites"] = favourites
        found["samples"] = [sample["text"] for sample in session.sample(5, 1.0)]
        found["later_losses"] = list(session.advance(1e9)["losses"])
        found["later"] = of_model(session)
        found["later_samples"] = [sample["text"] for sample in session.sample(5, original=True)]
    return found


def of_model(session: Session) -> dict[str, Any]:
    """Where a model comes from, in full, and SHA-256 of its weights as little-endian float64."""
    data = session.save_model()
    (length,) = struct.unpack_from("<Q", data)
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return {
        "source": json.loads(metadata["provenance"]),
        "weights": sha256(data[8 + length :]),
    }


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(folder: Path, more: str = "{}", *wanted: str) -> None:
    MORE.update(json.loads(more))
    text = (folder / EXAMPLE).read_bytes()
    for name in wanted or FILES:
        if not (folder / name).exists():
            (folder / name).write_bytes(FILES[name](text))
    names = sorted(
        path.name for path in folder.iterdir() if path.suffix in (".link", ".safetensors")
    )
    found = {name: reading(folder, name) for name in names}
    (folder / "expected.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
