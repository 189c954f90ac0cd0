"""Settings that belong together, by what a visitor wants to see; shown on the page."""

from __future__ import annotations

from typing import TypedDict


class Preset(TypedDict):
    """An engine and the hyperparameters that are not the default."""

    name: str
    help: str
    engine: str
    hyperparameters: dict[str, float]


PRESETS: list[Preset] = [
    Preset(
        name="The original",
        help="The original program's settings: 4,192 parameters, 1,000 steps.",
        engine="compiled",
        hyperparameters={},
    ),
    Preset(
        name="Sharper names",
        help="Twice as wide, 20 times the steps, one line in twenty held out to check.",
        engine="compiled",
        hyperparameters={"n_embd": 32, "steps": 20_000, "batch_size": 4, "holdout": 0.05},
    ),
    Preset(
        name="Long lines",
        help="Two layers that look back 64 characters: for titles, sentences or rhymes.",
        engine="compiled",
        hyperparameters={
            "n_layer": 2,
            "n_embd": 48,
            "block_size": 64,
            "batch_size": 4,
            "steps": 5_000,
            "learning_rate": 0.005,
        },
    ),
    Preset(
        name="Watch it think",
        help="The scalar engine, number by number: some 60 steps a second.",
        engine="scalar",
        hyperparameters={},
    ),
]
