"""What a run on favourites has come to: how much closer to them, and what it has forgotten.

Not about how such a run begins: see `favourites`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping

from microgpt.means import mean, told
from microgpt.run import Background, Run, spread
from microgpt.session.reports import Remark

MOST_FORGOTTEN = 0.15  # nats by which the loss on other lines may rise; see `best_step`
_LIKED = 100  # favourites at most whose loss is measured
_BY_HEART = 0.05  # of all samples that are favourites themselves
_CLOSER = 0.1  # nats: less than that nobody sees in the samples


def losses(run: Run) -> tuple[float, float]:
    """Nats, the means over the measured documents and over the favourites, at the present step."""
    assert run.background
    return (
        mean(run.engine.losses(run.background.measured_documents)),
        mean(run.engine.losses(spread(run.background.favourites, _LIKED))),
    )


def best_step(background: Background, measured: Mapping[int, array[float]]) -> int:
    """The last of the measured steps before too much was forgotten, or the first of all.

    The loss on other lines is lowest where nothing was learned from favourites yet, so
    that the lowest is no goal.
    """
    kept = list(measured)
    for step, losses in measured.items():
        if mean(losses) - background.loss > MOST_FORGOTTEN:
            return max((each for each in kept if each < step), default=step)
    return kept[-1]


def repeated(run: Run) -> float:
    """How likely a sample at temperature 1 is one of the favourites itself."""
    assert run.background
    block_size = run.hyperparameters.block_size
    whole = [each for each in run.background.favourites if len(each) < block_size]
    some = spread(whole, _LIKED)
    each_loss = zip(some, run.engine.losses(some), strict=True)
    # A document's loss is the mean over its characters and its end.
    return math.fsum(math.exp(-loss * (len(each) + 1)) for each, loss in each_loss)


def verdict(run: Run, measured: Mapping[int, array[float]]) -> Iterator[Remark]:
    """What has become of a run on favourites that has ended."""
    background = run.background
    assert background
    liked = mean(run.engine.losses(spread(background.favourites, _LIKED)))
    others = measured.get(run.step)
    closer = liked < background.favoured_loss - _CLOSER
    text = (
        f"Samples are {'more' if closer else 'hardly more'} like your "
        f"{len(background.favourites):,} favourites: the loss on these went from "
        f"{told(background.favoured_loss, 2)} to {told(liked, 2)}."
    )
    if others is None:
        return (yield _remark(text))
    risen = mean(others) - background.loss
    yield _remark(f"{text} The loss on {_named(background)} {_change(risen)}.")
    best = best_step(background, measured)
    if risen > MOST_FORGOTTEN and best < run.step:
        yield _remark(
            "That is much: it forgets the rest. Fewer steps, or more favourites, change less.",
            "keep_best",
            float(best),
            f"Back to step {best:,}",
        )
    if (share := repeated(run)) > _BY_HEART:
        yield _remark(
            f"It begins to know them by heart: {share:.0%} of what it makes up at temperature 1 "
            "are these very lines. Fewer steps make new ones that are like them."
        )
    elif not closer and risen <= MOST_FORGOTTEN:
        more = run.hyperparameters.steps
        yield _remark("More steps bring it closer.", "train_more", float(more), f"+{more:,} steps")


def _named(background: Background) -> str:
    """The measured lines, in words."""
    if background.unseen:
        return "lines that it has never learned from"
    return "other lines of its text" if background.known else "lines that it made up before"


def _change(risen: float) -> str:
    if abs(risen) < 0.005:
        return "is as before"
    return f"{'rose' if risen > 0 else 'fell'} by {told(abs(risen), 2)}"


def _remark(text: str, action: str = "", value: float = 0.0, label: str = "") -> Remark:
    return Remark(text=text, action=action, value=value, label=label)
