"""What a link costs: `python3 build.py bench links`, with MICROGPT_NAMES=/path/to/names.txt.

A table of lengths in characters, with a site's address of 40 before them, and of what
they cost: how much larger the loss of the model that a reader finds is, in nats, on
a tenth of the text that neither training nor `sensitivity` has seen. Lengths and
costs are the same on every machine, but for the last digit; seconds are of this one's
processor. Not about what stands in a link: see `microgpt.sharing.links`.
"""

from __future__ import annotations

import os
import statistics
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from microgpt import settings
from microgpt.engines.engine import State
from microgpt.engines.kinds import COMPILED
from microgpt.errors import LinkError
from microgpt.gpt.corpus import Vocabulary, next_documents
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import new_stream
from microgpt.sharing.links import model_link, read_link
from microgpt.sharing.links.sensitivity import DOCUMENTS, sensitivity
from microgpt.sharing.saved import Provenance, SavedModel
from microgpt.texts import read
from tools.places import WEB

EXAMPLES = WEB / "examples"
SITE = 40  # characters of its address
BUDGETS = (2_000, 4_000, 16_000)
MEASURED = 3_000  # documents at most

MODELS: dict[str, dict[str, float]] = {
    "16 wide": {},
    "32 wide": {"n_embd": 32, "steps": 20_000, "batch_size": 4},
    "2 x 48 wide": {
        "n_layer": 2,
        "n_embd": 48,
        "block_size": 64,
        "batch_size": 4,
        "steps": 5_000,
        "learning_rate": 0.005,
    },
}
SEEDS = {"16 wide": (42, 1, 2, 3, 4, 5, 6, 7, 8, 9), "32 wide": (42, 1), "2 x 48 wide": (42,)}
EXAMPLE_SEEDS = (42, 1)


@dataclass
class Trained:
    """A model, and documents that it was and wasn't trained on."""

    model: SavedModel
    vocabulary: Vocabulary
    seen: list[str]
    seen_loss: Callable[[array[float]], float]  # mean over them, in nats
    loss: Callable[[array[float]], float]  # mean over the others


def train(path: Path, hyperparameters: Hyperparameters) -> Trained:
    """A model of all but a tenth of a text."""
    corpus = read(path.read_bytes(), path.name)
    vocabulary = Vocabulary(corpus.characters)
    stream = new_stream(hyperparameters)
    documents = list(corpus.documents)
    stream.shuffle(documents)
    kept = max(1, len(documents) // 10)
    seen, others = documents[:-kept], documents[-kept:][:MEASURED]
    engine = COMPILED.make(hyperparameters, vocabulary, stream)
    count = hyperparameters.steps * hyperparameters.batch_size
    wanted = next_documents(seen, 0, count)
    size = engine.steps_per_call * hyperparameters.batch_size
    losses = array("d")
    for first in range(0, count, size):
        losses += engine.train(wanted[first : first + size])

    def mean_loss(documents: list[str], weights: array[float]) -> float:
        engine.set_state(State.untrained(weights))
        return statistics.fmean(engine.losses(documents))

    weights = engine.get_state().weights
    provenance = Provenance(path.name, len(seen), hyperparameters.steps, losses[-1])
    model = SavedModel(hyperparameters, corpus.characters, weights, provenance)
    few = wanted[:DOCUMENTS]
    return Trained(model, vocabulary, few, partial(mean_loss, few), partial(mean_loss, others))


def row(path: Path, name: str, seed: int) -> list[float]:
    """Print a row; the costs in nats."""
    begin = time.process_time()
    trained = train(path, settings.from_mapping({**MODELS[name], "seed": seed}))
    training = time.process_time() - begin
    model = trained.model
    begin = time.process_time()
    measure = partial(
        sensitivity,
        model.hyperparameters,
        trained.vocabulary,
        COMPILED.make,
        documents=trained.seen,
    )
    importance = measure(weights=model.weights)

    def again(weights: array[float]) -> array[float]:
        return measure(weights=weights)

    measuring = time.process_time() - begin
    loss = trained.loss(model.weights)
    cells, costs = [], []
    for budget in BUDGETS:
        begin = time.process_time()
        try:
            link = model_link(model, budget - SITE, importance, again, trained.seen_loss)
        except LinkError:
            cells.append(f"{'-':>8}{'':9}{'':14}")
            continue
        middle = time.process_time()
        found = read_link(link)
        end = time.process_time()
        assert isinstance(found, SavedModel)
        costs.append(trained.loss(found.weights) - loss)
        cells.append(
            f"{len(link) + SITE:8,}{costs[-1]:+9.4f}{middle - begin:7.2f}{end - middle:7.3f}"
        )
    print(
        f"{path.name:20}{name:12}{seed:5}{len(model.weights):8,}{training:7.1f}{measuring:7.2f}"
        f"{loss:8.3f} " + "".join(cells),
        flush=True,
    )
    return costs


def main() -> None:
    head = f"{'':20}{'':12}{'seed':>5}{'weights':>8}{'train':>7}{'sens.':>7}{'loss':>8} "
    print(head + f"{'length':>8}{'cost':>9}{'write':>7}{'read':>7}" * len(BUDGETS))
    jobs = [
        (path, "16 wide", seed) for path in sorted(EXAMPLES.glob("*.txt")) for seed in EXAMPLE_SEEDS
    ]
    names = os.environ.get("MICROGPT_NAMES")
    main_text = Path(names) if names else EXAMPLES / "first-names.txt"
    jobs += [(main_text, name, seed) for name, seeds in SEEDS.items() for seed in seeds]
    for job in jobs:
        row(*job)


if __name__ == "__main__":
    main()
