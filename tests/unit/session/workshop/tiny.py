"""A model so small that all it can write can be listed."""

from __future__ import annotations

import math
from itertools import product

from microgpt import Session
from microgpt.session.reports import Wish
from microgpt.session.workshop.wishes import DEFAULT
from microgpt.session.workshop.workbench import Workbench
from runs import trained

LETTERS, BLOCK = "abc", 4
TEXT = b"ab\nabc\nba\ncab\nabba\nb\naac\nabcabc\n"
SIZES = {"steps": 60, "n_embd": 8, "n_head": 2, "block_size": BLOCK, "seed": 1}


def tiny() -> Session:
    """A session with such a model."""
    return trained(SIZES, TEXT)


def bench(session: Session) -> Workbench:
    return session._workbench()


def wished(**values: object) -> Wish:
    """A whole wish."""
    return {**DEFAULT, **values}  # type: ignore[typeddict-item]


def everything(session: Session, temperature: float = 1.0) -> dict[str, float]:
    """The probability of each document that there can be, by the scalar engine."""
    session.use_engine("scalar")
    engine = session._run().run.engine
    texts = ["".join(t) for n in range(BLOCK + 1) for t in product(LETTERS, repeat=n)]
    nats = map(math.fsum, engine.surprises(texts, temperature))
    found = dict(zip(texts, (math.exp(-each) for each in nats), strict=True))
    session.use_engine("compiled")
    assert math.isclose(math.fsum(found.values()), 1.0)
    return found


def fits(text: str, wish: Wish) -> bool:
    """Whether a document has the letters and the length that are wished for, in plain words."""
    return (
        text != ""
        and text.startswith(wish["prefix"])
        and text.endswith(wish["suffix"])
        and wish["contains"] in text
        and not set(text) & set(wish["without"])
        and wish["min_length"] <= len(text) <= (wish["max_length"] or BLOCK)
    )
