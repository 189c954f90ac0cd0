"""Documents in an order that a person means.

Plain likelihood is none: it puts the shortest first, and likelihood per letter one sound
over and over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from microgpt.errors import SamplingError
from microgpt.session.reports import Made
from microgpt.session.workshop.figures import explained
from microgpt.session.workshop.spelling import as_known
from microgpt.session.workshop.workbench import Workbench
from microgpt.settings import shown

ORDERS = ("typical", "distinctive", "like", "far", "alphabet")
MOST = 10_000  # documents
MOST_CHARACTERS = 1024  # of each


def order(bench: Workbench, documents: Sequence[str], by: str, like: str) -> list[int]:
    """The indices of documents in an order; those that are equal stay as they are.

    What the model can't read comes last where its figures decide.

    Raises:
        SamplingError: no such order, too many documents, or there is no text to compare with.
    """
    if by not in ORDERS:
        raise SamplingError(f"The order must be one of {', '.join(ORDERS)}, not {shown(by)}.")
    if len(documents) > MOST or any(len(text) > MOST_CHARACTERS for text in documents):
        raise SamplingError(
            f"At most {MOST:,} lines of at most {MOST_CHARACTERS:,} characters can be sorted: "
            "sort fewer."
        )
    known = [as_known(bench.model.vocabulary, text) for text in documents]
    if by == "alphabet":
        keys: list[tuple[object, ...]] = [(text.casefold(), text) for text in documents]
    elif by == "like":
        wanted = as_known(bench.model.vocabulary, like[:MOST_CHARACTERS])
        keys = [(edits(text, wanted),) for text in known]
    elif by == "far":
        if bench.lines is None or bench.lines.nearest is None:
            raise SamplingError(
                "How far they are from the text can't be told: it isn't here, or it is too long. "
                "Choose another order."
            )
        keys = [(-bench.lines.near(text)[1],) for text in known]
    else:
        keys = _by_figure(
            bench,
            known,
            lambda made: -(made["typical"] if by == "typical" else made["distinctive"]),
        )
    return sorted(range(len(documents)), key=lambda index: keys[index])


def _by_figure(
    bench: Workbench, known: list[str], figure: Callable[[Made], float]
) -> list[tuple[object, ...]]:
    """By a figure, what the model can't read last."""
    readable = [not bench.model.vocabulary.unknown(text) for text in known]
    texts = [text for text, can in zip(known, readable, strict=True) if can]
    figures = map(figure, explained(bench, texts, texts, near=False))
    return [(0, next(figures)) if can else (1, 0.0) for can in readable]


def edits(one: str, other: str) -> int:
    """How many insertions, deletions and substitutions make one text another."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, another in enumerate(other, start=1):
            best = min(diagonal + (letter != another), row[j] + 1, row[j - 1] + 1)
            diagonal, row[j] = row[j], best
    return row[-1]
