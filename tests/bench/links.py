"""What a link costs: `python3 build.py bench links`, with MICROGPT_NAMES=/path/to/names.txt.

A table of models by width, and of links by length in characters, with a site's address of 40
before them: how much larger the loss of the model that a reader finds is, in nats, on a tenth
of the text that was kept out of training. First of the weights as they are, then of
the link that the page would make: as they are, trained on, or of a smaller model, which the word
behind it says. Costs are the same on every machine, but for the last digit; seconds are of
this one's processor. Not about what stands in a link: see `microgpt.sharing.links`.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from microgpt import settings
from microgpt.engines.engine import State
from microgpt.engines.kinds import COMPILED
from microgpt.errors import LinkError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.random_streams import PythonStream
from microgpt.run import Run
from microgpt.session.links import LinkMaker
from microgpt.session.live_run import LiveRun
from microgpt.sharing.links import model_link, read_link
from microgpt.sharing.links.sensitivity import DOCUMENTS, sensitivity
from microgpt.sharing.saved import SavedModel
from microgpt.texts import read
from tools.places import WEB

EXAMPLES = WEB / "examples"
SITE = "http://127.0.0.1:8000/microgpt-in-a-tab/"  # forty characters
LENGTHS = (1_200, 2_000, 4_000)
MEASURED = 3_000  # documents at most

LONG = {"steps": 20_000, "batch_size": 4}
MODELS: dict[int, dict[str, float]] = {
    16: {},
    24: {"n_embd": 24, **LONG},
    32: {"n_embd": 32, **LONG},
    48: {"n_embd": 48, **LONG},
}
SEEDS = {16: (42, 1, 2, 3, 4, 5, 6, 7, 8, 9), 24: (42, 1), 32: (42, 1), 48: (42, 1)}
EXAMPLE_SEEDS = (42, 1)


@dataclass
class Trained:
    """A run at its end, and what it is to be measured on."""

    run: Run
    model: SavedModel
    maker: LinkMaker

    def loss(self, model: SavedModel) -> float:
        """The mean over documents that the run hasn't learned from, in nats."""
        return _loss(model, model.weights, self.run.holdout_documents[:MEASURED])

    def as_it_is(self, length: int) -> str:
        """The fragment of a link to the weights as they are."""
        h, vocabulary = self.model.hyperparameters, Vocabulary(self.model.characters)
        few = self.run.training_documents[:DOCUMENTS]
        measure = partial(sensitivity, h, vocabulary, COMPILED.make, documents=few)
        return model_link(
            self.model,
            length - len(SITE),
            measure=lambda weights: measure(weights=weights),
            loss=lambda weights: _loss(self.model, weights, few),
        )

    def best(self, length: int) -> tuple[str, str]:
        """The address that the page makes, and what it is of."""
        *doing, report = self.maker.of_length(length)
        assert not isinstance(report, str)
        if (width := report["n_embd"]) != report["own_n_embd"]:
            return report["address"], f"{width} wide"
        # Where training on was no better, the first was taken.
        trained = any("Training on" in str(each) for each in doing)
        return report["address"], "trained on" if trained else "as it is"


def _loss(model: SavedModel, weights: array[float], documents: Sequence[str]) -> float:
    vocabulary = Vocabulary(model.characters)
    engine = COMPILED.make(model.hyperparameters, vocabulary, PythonStream(0))
    engine.set_state(State.untrained(weights))
    losses = engine.losses(documents)
    return sum(losses) / len(losses)


def train(path: Path, width: int, seed: int) -> Trained:
    """A model of all but a tenth of a text."""
    h = settings.from_mapping({**MODELS[width], "seed": seed, "holdout": 0.1})
    run = Run(read(path.read_bytes(), path.name), h, COMPILED)
    while run.step < h.steps:
        run.train(min(run.engine.steps_per_call, h.steps - run.step))
    live = LiveRun(run, time.perf_counter)
    return Trained(run, live.saved_model(), LinkMaker(live, None, SITE, time.perf_counter))


def row(path: Path, width: int, seed: int) -> list[tuple[float, float]]:
    """Print a row; of each length that is long enough, both costs in nats."""
    begin = time.perf_counter()
    trained = train(path, width, seed)
    training = time.perf_counter() - begin
    loss = trained.loss(trained.model)
    cells, costs = [], []
    for length in LENGTHS:
        begin = time.perf_counter()
        try:
            plain = read_link(trained.as_it_is(length))
        except LinkError:
            cells.append(f"{'-':>9}{'-':>9} {'':10}{'':7}")
            continue
        middle = time.perf_counter()
        address, kind = trained.best(length)
        best = read_link(address)
        end = time.perf_counter()
        assert isinstance(plain, SavedModel)
        assert isinstance(best, SavedModel)
        before, after = (trained.loss(each) - loss for each in (plain, best))
        costs.append((before, after))
        cells.append(f"{before:+9.4f}{after:+9.4f} {kind:10}{end - middle:7.2f}")
    print(
        f"{path.name:20}{width:6}{seed:5}{len(trained.model.weights):8,}{training:7.1f}"
        f"{loss:8.3f} " + "".join(cells),
        flush=True,
    )
    return costs


def means(name: str, rows: list[list[tuple[float, float]]]) -> None:
    """Print the mean costs of each length; the shortest may be missing in all rows alike."""
    for length, costs in zip(LENGTHS[-len(rows[0]) :], zip(*rows, strict=True), strict=True):
        plain, best = (sum(each) / len(costs) for each in zip(*costs, strict=True))
        print(f"{name}, {length:,} characters: {plain:+.4f} as it is, {best:+.4f} at best")


def main() -> None:
    head = f"{'':20}{'width':>6}{'seed':>5}{'weights':>8}{'train':>7}{'loss':>8} "
    print(head + "".join(f"{length:>9,}{'best':>9} {'':10}{'s':>7}" for length in LENGTHS))
    names = os.environ.get("MICROGPT_NAMES")
    main_text = Path(names) if names else EXAMPLES / "first-names.txt"
    for width, seeds in SEEDS.items():
        means(f"{width} wide", [row(main_text, width, seed) for seed in seeds])
    for path in sorted(EXAMPLES.glob("*.txt")):
        for seed in EXAMPLE_SEEDS:
            row(path, 16, seed)


if __name__ == "__main__":
    main()
