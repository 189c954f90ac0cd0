"""The measured lines through the model, one by one, with all that happens on the way.

For what is asked over many positions (`neurons`, `distances`). Not about what is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from microgpt.engines.engine import Activations
from microgpt.inside.subject import Subject

MOST_NUMBERS = 4_000_000  # that are held at a time: 32 MB


def passed(subject: Subject, most: int) -> Iterator[tuple[str, Activations]]:
    """At most so many of the measured lines, each with its activations.

    Of a line that would make more than `MOST_NUMBERS` of one kind, only the beginning: what
    follows changes nothing there.
    """
    h = subject.model.hyperparameters
    attention = isqrt(MOST_NUMBERS // (h.n_layer * h.n_head))  # positions squared
    hidden = MOST_NUMBERS // (h.n_layer * 4 * h.n_embd)
    positions = min(h.block_size, attention, hidden)
    for line in subject.documents[:most]:
        tokens = subject.tokens(line)[:-1][:positions]
        yield line[: len(tokens) - 1], subject.engine.activations(tokens)
