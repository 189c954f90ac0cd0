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
        help="The settings of the original program. Done in a blink.",
        engine="compiled",
        hyperparameters={},
    ),
    Preset(
        name="Sharper names",
        help="Twice as wide, 20 times as many steps. One line in twenty is kept to test it.",
        engine="compiled",
        hyperparameters={"n_embd": 32, "steps": 20_000, "batch_size": 4, "holdout": 0.05},
    ),
    Preset(
        name="Long lines",
        help="Two layers that see 64 characters back: for titles, sentences, rhymes.",
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
        help="The scalar engine, one number at a time: slow enough to follow.",
        engine="scalar",
        hyperparameters={},
    ),
]
