"""Training: the losses of documents, and steps of learning from many."""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints
from microgpt.kernels.adam import adam
from microgpt.kernels.cross_entropy import cross_entropy, surprise
from microgpt.kernels.layout import Layout
from microgpt.kernels.matrices import copy, pour
from microgpt.kernels.model import backward, forward, transpose_weights


def learn(tokens: Ints, count: int, share: float, memory: Floats, layout: Layout) -> float:
    """A document's loss; adds the gradients of share times the loss.

    Args:
        tokens: count + 1 of them, each to be predicted from those before.
    """
    forward(tokens, 0, count, memory, layout)
    loss = cross_entropy(
        memory[layout.logits :],
        tokens[1:],
        count,
        share / count,
        layout.vocabulary,
        layout.logits_width,
    )
    backward(tokens, count, memory, layout)
    return loss / count


def document_loss(tokens: Ints, count: int, memory: Floats, layout: Layout) -> float:
    """A document's loss; nothing is learned.

    Needs `transpose_weights` after the weights have changed.
    """
    forward(tokens, 0, count, memory, layout)
    loss = 0.0
    for t in range(count):
        row = memory[layout.logits + t * layout.logits_width :]
        loss += surprise(row, tokens[t + 1], layout.vocabulary, 1.0)
    return loss / count


def document_losses(
    count: int, tokens: Ints, lengths: Ints, losses: Floats, memory: Floats, layout: Layout
) -> None:
    """The losses of documents, one after the other; see `document_loss`."""
    at = 0
    for i in range(count):
        length = lengths[i]
        losses[i] = document_loss(tokens[at:], length - 1, memory, layout)
        at += length


def gradients(
    count: int, tokens: Ints, lengths: Ints, share: float, memory: Floats, layout: Layout
) -> None:
    """Adds the gradients of share times the losses of documents, one after the other."""
    transpose_weights(memory, layout)
    at = 0
    for i in range(count):
        length = lengths[i]
        learn(tokens[at:], length - 1, share, memory, layout)
        at += length


def first_line(group: int, layout: Layout) -> int:
    """Where a group of a batch's lines begins; the first groups have one more than the others."""
    size, longer = layout.batch // layout.groups, layout.batch % layout.groups
    return group * size + min(group, longer)


def add_gradients(group: int, memory: Floats, own: Floats, layout: Layout) -> None:
    """Adds a group's gradients to the sums of the batch, if it isn't the first; they become 0.

    Args:
        memory: where the sums are.
        own: where the gradients are.
    """
    sums, gradients = memory[layout.summed :], own[layout.gradients :]
    if group:
        pour(sums, gradients, layout.parameters, 1)
    else:
        pour(sums, gradients, layout.parameters, 0)


def train(
    steps: int,
    tokens: Ints,
    lengths: Ints,
    losses: Floats,
    keep: Ints,
    kept: Floats,
    memory: Floats,
    layout: Layout,
) -> int:
    """Steps of training.

    Args:
        tokens: of layout.batch documents a step, one after the other.
        lengths: of each document, in tokens.
        losses: to be filled, one number a step.
        keep: before which steps to copy the weights, counted from 0, ascending; then -1.
        kept: for those copies, one after the other.

    Returns:
        How many steps were done: fewer if a loss isn't finite. The weights are
        then as they were before that step.
    """
    done, running, document, at, copies = 0, 1, 0, 0, 0
    share = 1.0 / layout.batch
    for _step in range(steps):
        if running:
            if done == keep[copies]:
                size = layout.parameters
                copy(kept[copies * size :], memory[layout.weights :], size)
                copies += 1
            transpose_weights(memory, layout)
            loss = 0.0
            for group in range(layout.groups):
                for _i in range(first_line(group + 1, layout) - first_line(group, layout)):
                    length = lengths[document]
                    loss += learn(tokens[at:], length - 1, share, memory, layout) * share
                    at += length
                    document += 1
                if layout.groups > 1:
                    add_gradients(group, memory, memory, layout)
            if loss - loss == 0.0:  # neither infinite nor NaN
                losses[done] = loss
                adam(done, memory, layout)
                done += 1
            else:
                running = 0
    return done
