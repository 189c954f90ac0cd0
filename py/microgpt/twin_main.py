"""The main part: train, print every loss, then make up new documents.

Not run by the package: `twin` puts it, and all that it needs, into one file.
"""

from __future__ import annotations

import io
import sys

from microgpt.corpus import Corpus
from microgpt.hyperparameters import Hyperparameters
from microgpt.training import Run, ScalarEngine


def main(name: str, text: str, steps: int, samples: int = 20, temperature: float = 0.5) -> None:
    """Train on a text's lines and print what the original program prints, losses in full.

    Args:
        name: of the text.
        text: a document a line, none of them blank.
        steps: how many of the planned ones to take.
        samples: how many to make up.
        temperature: of the samples, see `sample`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows a ?
    run = Run(Corpus(name, tuple(text.split("\n")), 0), Hyperparameters(), ScalarEngine)
    print(f"num docs: {len(run.corpus.documents)}")
    print(f"vocab size: {run.vocabulary.size}")
    print(f"num params: {run.engine.parameter_count}")
    planned = run.hyperparameters.steps
    for step in range(1, steps + 1):
        print(f"step {step:4d} / {planned:4d} | loss {run.train_step()!r}", flush=True)
    print("\n--- inference (new, hallucinated names) ---")
    for number in range(1, samples + 1):
        tokens = run.engine.sample(run.stream, temperature, [run.vocabulary.bos])
        print(f"sample {number:2d}: {run.vocabulary.decode(list(tokens))}", flush=True)
