"""Runs as tests want them: in one call, by the engine's name."""

from __future__ import annotations

from microgpt.engines.kinds import ENGINES
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run


def new_run(corpus: Corpus, hyperparameters: Hyperparameters, engine: str = "scalar") -> Run:
    """A run that begins, on the engine of that name."""
    return Run(corpus, hyperparameters, ENGINES[engine])
