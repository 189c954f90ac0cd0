"""Every hyperparameter, once: its default, range, unit and help.

The command line's options, the page's form and all checks are made from this
one table, so a new hyperparameter is a new field here and its use in the code.
Links and files that were made before know nothing of it: a new row says with `before`
which value does what was done until then. That value never changes; the default may.
Not about the checks: values from outside become hyperparameters in `settings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from microgpt.gpt.random_streams import RANDOM_STREAMS

MAX_BLOCK_SIZE = 1024


def _number(
    default: float, minimum: float, maximum: float, unit: str, text: str, before: Any = None
) -> Any:
    return _row(default, before, minimum=minimum, maximum=maximum, unit=unit, help=text)


def _choice(default: str, choices: list[str], text: str, before: Any = None) -> Any:
    return _row(default, before, choices=choices, help=text)


def _row(default: float | str, before: Any, **said: Any) -> Any:
    return field(default=default, metadata={"choices": [], "unit": "", "before": before, **said})


@dataclass(frozen=True)
class Hyperparameters:
    """The settings of one run. The defaults are the original program's."""

    steps: int = _number(1000, 1, 1_000_000, "steps", "How often all weights are nudged.")
    n_layer: int = _number(1, 1, 8, "layers", "Transformer layers, one after the other.")
    n_embd: int = _number(
        16,
        1,
        512,
        "numbers",
        "Width: how many numbers stand for a character. Wider learns more, and is slower.",
    )
    n_head: int = _number(
        4, 1, 64, "heads", "Attention heads: each looks back at something else. Must divide n_embd."
    )
    block_size: int = _number(
        16,
        1,
        MAX_BLOCK_SIZE,
        "characters",
        "How far back the model sees. Of longer lines only the beginning is learned.",
    )
    learning_rate: float = _number(
        0.01, 1e-6, 1.0, "", "How large the first nudge is. It shrinks to 0 at the last step."
    )
    warmup: int = _number(
        0, 0, 100_000, "steps", "Over so many first steps the nudges grow to their size.", before=0
    )
    weight_decay: float = _number(
        0.0, 0.0, 1.0, "", "AdamW: all weights shrink by this × learning_rate a step.", before=0.0
    )
    beta1: float = _number(
        0.85, 0.0, 0.9999, "", "Adam: how much of the average direction is kept from step to step."
    )
    beta2: float = _number(
        0.99, 0.0, 0.99999, "", "Adam: how much of the average squared gradient is kept."
    )
    epsilon: float = _number(
        1e-8, 1e-16, 0.1, "", "Adam: keeps it from dividing by almost nothing."
    )
    init_std: float = _number(
        0.08, 0.0, 1.0, "", "How far the first, random weights lie from 0 (standard deviation)."
    )
    batch_size: int = _number(
        1, 1, 256, "lines", "Lines read in each step. More: steadier, slower."
    )
    holdout: float = _number(
        0.0,
        0.0,
        0.5,
        "of the lines",
        "The share of lines kept out of training, to test the model on. 0.1 is one in ten.",
    )
    seed: int = _number(42, 0, 2**32 - 1, "", "Same seed, same text, same settings: same model.")
    random_stream: str = _choice(
        "python",
        list(RANDOM_STREAMS),
        "Whose random numbers: those of the Python original, or of its Rust port.",
    )

    @property
    def head_dim(self) -> int:
        """How many of the n_embd numbers each head works on."""
        return self.n_embd // self.n_head
