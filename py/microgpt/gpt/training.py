"""The training loop: the loss of a document, and one step of learning from a batch.

Not about the model (`model`) or how weights follow their gradients (`optimizer`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from microgpt.gpt.autograd import Value, total
from microgpt.gpt.model import Model, softmax
from microgpt.gpt.optimizer import Adam


def document_loss(model: Model, tokens: list[int]) -> Value:
    """Cross-entropy in nats: the mean of -ln(probability given to each token that follows).

    Args:
        model: whose forward pass to take.
        tokens: of a document, from BOS on, as `Vocabulary.encode` makes them.
    """
    cache = model.empty_cache()
    losses = []
    for position, (token, target) in enumerate(pairwise(tokens)):
        probabilities = softmax(model.forward(token, position, cache))
        losses.append(-probabilities[target].log())
    return total(losses) * (1 / len(losses))


def train_step(model: Model, optimizer: Adam, batch: Sequence[list[int]]) -> float:
    """Improve the weights once, by the gradient of a batch's mean loss.

    Args:
        model: whose weights the optimizer has.
        optimizer: which moves them.
        batch: the tokens of each document.

    Returns:
        That loss in nats, before the improvement.

    Raises:
        ArithmeticError, ValueError: it can't be computed or isn't finite; the weights
            are left as they were.
    """
    batch_loss = 0.0
    for tokens in batch:
        loss = document_loss(model, tokens) * (1 / len(batch))
        loss.backward()  # adds to the gradients of the documents before
        batch_loss += loss.data
        del loss  # and its graph, before the next one is made
    gradients = (parameter.grad for parameter in model.parameters)
    if not (math.isfinite(batch_loss) and all(map(math.isfinite, gradients))):
        raise ArithmeticError("the loss or a gradient isn't finite")
    optimizer.step()
    return batch_loss
