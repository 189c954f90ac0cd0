"""A run beside the one that is followed: the same text and settings, for a comparison.

For a changed algorithm's run, which lives elsewhere, and the original's, to hold against it; and
for each of them with other seeds. Not about what a comparison says.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, cast

from microgpt import texts
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.means import mean
from microgpt.run import Run, spread
from microgpt.session.learning import LINES, affordable, mean_tokens
from microgpt.session.live_run import LiveRun
from microgpt.session.reports import Reading, TextBeside, Unseen
from microgpt.texts import Text

_MOST = 20 * LINES  # lines that are looked at for so many that aren't repeated
_MOST_SLOWLY = 200  # lines, for an engine that takes milliseconds for each
_AT_A_TIME = 20  # lines


def text_beside(text: Text, live: LiveRun | None, chosen: Mapping[str, Any]) -> TextBeside:
    """What another session needs to train as this one does.

    Args:
        text: that is loaded.
        live: the run that is followed, if there is one.
        chosen: settings, where that run is of another text.
    """
    same = live if live and _is_of(live, text) else None
    settings = dataclasses.asdict(same.run.hyperparameters) if same else dict(chosen)
    size = settings.get("block_size", Hyperparameters().block_size)
    corpus = text.corpus(size if isinstance(size, int) and size > 0 else 1)  # else `start` says it
    running = isinstance(corpus, texts.RunningText)
    reading = texts.Reading("utf-8", "running" if running else "line", normalize=False)
    return TextBeside(
        name=text.name,
        data=texts.data(corpus),
        reading=cast(Reading, dataclasses.asdict(reading)),
        hyperparameters=settings,
        of_run=same is not None,
    )


def is_done(live: LiveRun, text: Text, hyperparameters: Hyperparameters, engine: str) -> bool:
    """Whether a run is the one of a text and settings, from its beginning to its end.

    Args:
        engine: that it must be of; "" for any.
    """
    run = live.run
    if engine not in ("", run.kind.name):
        return False
    began_alike = not (live.origin or live.began_at) and live.one_engine
    return (
        began_alike
        and _is_of(live, text)
        and run.hyperparameters == hyperparameters
        and run.step == hyperparameters.steps
    )


def _is_of(live: LiveRun, text: Text) -> bool:
    run = live.run
    return not run.background and run.corpus == text.corpus(run.hyperparameters.block_size)


def unseen(run: Run, most: int) -> Iterator[Unseen | None]:
    """How surprising lines are that the run has not learned from, by its own probabilities.

    Whatever loss it is trained with. None again and again, and at last the report. Two runs
    with the same plan are measured on the same lines where they are given the same number.

    Args:
        run: at the end of its plan.
        most: lines; 0: as many as there is time for.
    """
    lines = _lines(run, most or _affordable(run))
    losses = array("d")
    for first in range(0, len(lines), _AT_A_TIME):
        some = run.engine.surprises(lines[first : first + _AT_A_TIME])
        losses.extend(mean(each) for each in some)
        yield None
    known = losses and all(map(math.isfinite, losses))
    yield Unseen(documents=len(lines), loss=mean(losses) if known else math.inf)


def _affordable(run: Run) -> int:
    most = affordable(run.kind, run.engine.parameter_count, mean_tokens(run), 1)
    return most if run.kind.needs_host else min(most, _MOST_SLOWLY)


def _lines(run: Run, most: int) -> list[str]:
    """Distinct ones, none of which it has learned from."""
    reached = run.step * run.hyperparameters.batch_size
    rest = run.holdout_documents or run.not_reached(reached)
    seen = set(run.training_documents[:reached])
    some = dict.fromkeys(spread(rest, _MOST))
    return list(spread([line for line in some if line not in seen], most))
