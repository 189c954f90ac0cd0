"""The loss: softmax of the logits, and the cross-entropy of the tokens that followed."""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints, Size, float_bits, lanes
from microgpt.kernels.exp_log import exp, log


def softmax(x: Floats, count: Size, scale: float) -> float:
    """Makes probabilities of x, in proportion to e^(x · scale).

    Returns:
        The logarithm of what those powers add up to.
    """
    biggest = -1e30
    for i in lanes(0, count):
        biggest = max(biggest, x[i] * scale)
    total = 0.0
    for i in lanes(0, count):
        power = exp(x[i] * scale - biggest)
        x[i] = power
        total += power
    share = 1.0 / total
    for i in lanes(0, count, 4):
        x[i] *= share
    return biggest + log(total)


def surprise(logits: Floats, target: int, vocabulary: Size, scale: float) -> float:
    """-ln(probability of target), where the logits are multiplied by scale."""
    biggest = -1e30
    for i in lanes(0, vocabulary):
        biggest = max(biggest, logits[i] * scale)
    total = 0.0
    for i in lanes(0, vocabulary):
        total += exp(logits[i] * scale - biggest)
    logit = logits[target] * scale - biggest
    # As in `cross_entropy`.
    return -log(exp(logit) / total) if float_bits() == 64 else log(total) - logit


def cross_entropy(
    logits: Floats, targets: Ints, count: int, scale: float, vocabulary: Size, logits_width: Size
) -> float:
    """The sum of -ln(probability of target); logits become its gradient times scale."""
    loss = 0.0
    for t in range(count):
        row = logits[t * logits_width :]
        target = targets[t]
        logit = row[target]
        log_sum = softmax(row, vocabulary, 1.0)
        # Doubles do as the scalar engine does, which gives up where a probability is 0.
        # With singles that is so from e^-104 on, which a run that goes well can meet.
        loss += -log(row[target]) if float_bits() == 64 else log_sum - logit
        for i in lanes(0, vocabulary, 4):
            row[i] *= scale
        row[target] -= scale
    return loss
