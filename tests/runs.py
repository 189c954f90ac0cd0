"""Runs as tests want them, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microgpt import Session
from microgpt.engines.kinds import ENGINES
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run

IN_PAGE = [name for name, kind in ENGINES.items() if kind.in_browser]  # engines


def new_run(corpus: Corpus, hyperparameters: Hyperparameters, engine: str = "scalar") -> Run:
    """A run that begins, on the engine of that name."""
    return Run(corpus, hyperparameters, ENGINES[engine])


@dataclass(frozen=True)
class Computed:
    """What comes of a run to its end: every loss, and the first 20 samples of the model."""

    losses: list[float]
    samples: list[str]


def computed(corpus: Corpus, hyperparameters: Hyperparameters, engine: str = "scalar") -> Computed:
    """What CPython computes, one number at a time if nothing else is wished."""
    run = new_run(corpus, hyperparameters, engine)
    losses = [run.train_step() for _ in range(hyperparameters.steps)]
    bos = run.vocabulary.bos
    drawn = [list(run.engine.sample(run.stream, 0.5, [bos])) for _ in range(20)]
    return Computed(losses, [run.vocabulary.decode(tokens) for tokens in drawn])


SITE = "http://127.0.0.1:8000/microgpt-in-a-tab/"  # forty characters
NAMES = b"anna\nbob\ncarla\ndave\nemma\nfred\nhanna\nida\njob\nkarl\n"
SMALL: Mapping[str, Any] = {"steps": 40, "n_embd": 8, "seed": 3}


def trained(
    hyperparameters: Mapping[str, Any] = SMALL, text: bytes = NAMES, engine: str = "compiled"
) -> Session:
    """A session whose run has come to its end."""
    session = Session()
    session.load(text, "names.txt")
    session.start(hyperparameters, engine)
    session.advance(1e9)
    return session


def losses(session: Session) -> list[float]:
    """All of a run's, so far."""
    opened = Session().open_file(session.save_run(), "run")
    assert opened["progress"] is not None
    return list(opened["progress"]["losses"])
