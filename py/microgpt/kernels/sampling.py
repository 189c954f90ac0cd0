"""Sampling: the probabilities of the next token, and tokens drawn from them.

Random numbers come from outside, one for each token: see `gpt.random_streams`.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints, Size, lanes
from microgpt.kernels.cross_entropy import softmax, surprise
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


def predictions(
    count: int,
    tokens: Ints,
    lengths: Ints,
    sharpness: float,
    out: Floats,
    memory: Floats,
    layout: Layout,
) -> None:
    """The probabilities of the next token after each of many beginnings.

    Needs `transpose_weights` after the weights have changed.

    Args:
        tokens: of the beginnings, one after the other.
        lengths: of each, in tokens.
        sharpness: 1 / temperature.
        out: (count, vocabulary).
    """
    at = 0
    for i in range(count):
        length = lengths[i]
        forward(tokens[at:], 0, length, memory, layout)
        row = memory[layout.logits + (length - 1) * layout.logits_width :]
        softmax(row, layout.vocabulary, sharpness)
        found = out[i * layout.vocabulary :]
        for token in lanes(0, layout.vocabulary):
            found[token] = row[token]
        at += length


def surprises(
    count: int,
    tokens: Ints,
    lengths: Ints,
    sharpness: float,
    out: Floats,
    memory: Floats,
    layout: Layout,
) -> None:
    """-ln(probability) of each token but the first of many documents.

    Needs `transpose_weights` after the weights have changed.

    Args:
        tokens: of the documents, one after the other.
        lengths: of each, in tokens.
        sharpness: 1 / temperature.
        out: to be filled, one number for each token that is predicted.
    """
    at, place = 0, 0
    for i in range(count):
        length = lengths[i]
        forward(tokens[at:], 0, length - 1, memory, layout)
        for t in range(length - 1):
            row = memory[layout.logits + t * layout.logits_width :]
            target = tokens[at + t + 1]
            out[place] = surprise(row, target, layout.vocabulary, sharpness)
            place += 1
        at += length


def draw(
    most: int,
    prefix: Ints,
    known: int,
    numbers: Floats,
    given: int,
    subtract: int,
    out: Ints,
    sharpness: float,
    memory: Floats,
    layout: Layout,
) -> int:
    """Documents, one after the other, each drawn token by token.

    Needs `transpose_weights` after the weights have changed.

    Args:
        most: how many documents to draw.
        prefix: BOS, and what each document begins with; `known` tokens in all.
        numbers: random ones from 0 to 1, one for each token that is drawn, in their
            order; `given` of them.
        subtract: how a number chooses: see `choose`.
        out: for the tokens of each document after the prefix, and BOS after them, also
            where the document has ended at the last position.

    Returns:
        How many documents there are: fewer where the numbers might not suffice for the
        next, or where there are no probabilities to draw it from.
    """
    forward(prefix, 0, known - 1, memory, layout)  # what all have in common; the last follows
    last, bos = prefix[known - 1], prefix[0]
    done, used, written, running = 0, 0, 0, 1
    for _document in range(most):
        if used + layout.block - known + 1 > given:
            running = 0
        if running:
            drawn = draw_document(
                out[written:], last, known, numbers[used:], subtract, bos, sharpness, memory, layout
            )
            if drawn == 0:
                running = 0
            else:
                used += drawn
                written += drawn
                done += 1
                if out[written - 1] != bos:
                    out[written] = bos
                    written += 1
    return done


def draw_document(
    out: Ints,
    last: int,
    known: int,
    numbers: Floats,
    subtract: int,
    bos: int,
    sharpness: float,
    memory: Floats,
    layout: Layout,
) -> int:
    """The tokens that continue a prefix, up to BOS or to the last position.

    Args:
        out: for them.
        last: token of the prefix, of whose `known` tokens all others have been done.

    Returns:
        How many they are; 0 where there are no probabilities to draw from.
    """
    token, drawn, more = last, 0, 1
    for position in range(known - 1, layout.block):
        if more:
            out[drawn] = token  # where the embedding finds it, until the next is known
            forward(out[drawn:], position, 1, memory, layout)
            row = memory[layout.logits + position * layout.logits_width :]
            softmax(row, layout.vocabulary, sharpness)
            token = choose(row, numbers[drawn], subtract, layout.vocabulary)
            out[drawn] = token
            drawn += 1
            if token == bos:
                more = 0
            if token < 0:
                drawn, more = 0, 0
    return drawn


def choose(weights: Floats, number: float, subtract: int, count: Size) -> int:
    """The index that a number from 0 to 1 chooses, as the streams of `gpt.random_streams` do.

    That of the first sum of weights which is more than the number's share of all; or, where
    it is to subtract, the first at which nothing is left of that share. They differ only
    where rounding decides. -1 where the weights aren't numbers.
    """
    total = 0.0
    for i in range(count):
        total += weights[i]
    found, more = -1, 0
    if total - total == 0.0:  # neither infinite nor NaN
        found, more = count - 1, 1
    rest, so_far = number * total, 0.0
    for i in range(count - 1):
        if more:
            if subtract:
                rest -= weights[i]
                if rest <= 0.0:
                    found, more = i, 0
            else:
                so_far += weights[i]
                if so_far > rest:
                    found, more = i, 0
    return found
