"""Sampling: the probabilities of the next token, one position at a time.

Not about drawing from them: the engine does that.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints
from microgpt.kernels.cross_entropy import softmax
from microgpt.kernels.layout import Layout
from microgpt.kernels.model import forward


def predict(token: Ints, position: int, sharpness: float, memory: Floats, layout: Layout) -> None:
    """Fills a position's row of the logits with the probabilities of the next token.

    All positions before must have been done already: their keys and values are the
    cache. Needs `transpose_weights` after the weights have changed.

    Args:
        token: the one at this position.
        sharpness: 1 / temperature.
    """
    forward(token, position, 1, memory, layout)
    softmax(memory[layout.logits + position * layout.logits_width :], layout.vocabulary, sharpness)
