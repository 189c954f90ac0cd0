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
    # names.txt, 1 line in 20 held out: 2.13 to 2.16 nats on those after 1.8 s, two seeds.
    Preset(
        name="Sharper names",
        help="Twice as wide, 40 times the lines. One line in twenty is kept out to test it.",
        engine="compiled",
        hyperparameters={
            "n_embd": 32,
            "steps": 5_000,
            "batch_size": 8,
            "learning_rate": 0.005,
            "holdout": 0.05,
        },
    ),
    # Sonnets: 1.70 nats after 6 s; with two layers on 64-bit numbers 1.68 after 24 s.
    Preset(
        name="Long lines",
        help="For titles, sentences, rhymes: sees 64 characters back. One line in 20 is kept out.",
        engine="compiled-float32",
        hyperparameters={
            "n_embd": 48,
            "block_size": 64,
            "batch_size": 4,
            "steps": 5_000,
            "learning_rate": 0.006,
            "holdout": 0.05,
        },
    ),
    # nanoGPT's recipe for a processor, but for what its model has more of. Shakespeare, a million
    # characters, the last tenth held out: 1.80 nats, and 1.92 at nanoGPT's own rate of 0.001.
    Preset(
        name="A book",
        help="For running text of a million characters: nanoGPT's settings. Takes minutes.",
        engine="compiled-float32",
        hyperparameters={
            "n_layer": 4,
            "n_embd": 128,
            "block_size": 64,
            "batch_size": 12,
            "steps": 2_000,
            "learning_rate": 0.002,
            "warmup": 100,
            "weight_decay": 0.1,
            "beta1": 0.9,
            "init_std": 0.02,
            "holdout": 0.1,
        },
    ),
    Preset(
        name="Watch it think",
        help="The scalar engine, one number at a time: slow enough to follow.",
        engine="scalar",
        hyperparameters={},
    ),
]
