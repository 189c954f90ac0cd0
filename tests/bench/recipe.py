"""The preset for a book, trained to its end by each engine: `python3 build.py bench recipe`.

On the text that MICROGPT_TEXT is the path of, read as running text: seconds, and the loss on
its last tenth in nats a character; beside it PyTorch, where it is installed, which begins with
the same weights and reads the same windows in the same order. Takes some minutes an engine.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

from microgpt.engines import machines
from microgpt.engines.kinds import ENGINES
from microgpt.gpt.corpus import Corpus
from microgpt.run import Run
from microgpt.session.presets import PRESETS
from microgpt.settings import from_mapping
from microgpt.texts import Reading, read_text

BOOK = next(preset for preset in PRESETS if preset["name"] == "A book")


def measured(corpus: Corpus, engine: str) -> str:
    """A line of the table."""
    run = Run(corpus, from_mapping(BOOK["hyperparameters"]), ENGINES[engine])
    begin = time.perf_counter()
    while run.step < run.hyperparameters.steps:
        run.train(run.engine.steps_per_call)
    seconds = time.perf_counter() - begin
    surprises = run.engine.surprises(list(run.holdout_documents))
    count = sum(map(len, surprises))
    loss = math.fsum(map(math.fsum, surprises)) / count
    # The first character of a window is guessed from nothing, which nanoGPT isn't asked to do.
    later = math.fsum(math.fsum(each[1:]) for each in surprises) / (count - len(surprises))
    speed = run.flop_per_step * run.step / seconds / 1e9
    return f"{engine:20}{seconds:8.0f} s{speed:8.1f}{loss:10.4f}{later:10.4f}"


def main() -> None:
    """Print the table."""
    path = os.environ.get("MICROGPT_TEXT")
    if not path:
        print("The preset for a book needs one: MICROGPT_TEXT=/path/to/a/text, UTF-8.")
        return
    text = read_text(Path(path).read_bytes(), Path(path).name, Reading(documents="running"))
    corpus = text.corpus(from_mapping(BOOK["hyperparameters"]).block_size)
    print(f"{Path(path).name}, {BOOK['hyperparameters']}")
    print(f"{'':20}{'':10}{'GFLOP/s':>8}{'held out':>10}{'without 1st':>12}")
    for engine in (BOOK["engine"], *(["torch-float32"] if machines.available() else [])):
        print(measured(corpus, engine), flush=True)


if __name__ == "__main__":
    main()
