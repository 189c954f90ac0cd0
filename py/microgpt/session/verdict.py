"""What the figures of a run mean, in words, each with what could be done about it.

Nothing is said that wasn't measured. A fall or a rise of the held-out loss is spoken of
where chance can't explain it: both steps were measured on the same lines, so that a line
which is hard for both plays no part, and what counts is the mean of each line's difference
against its own standard error. By chance alone, four standard errors are exceeded once in
30,000 comparisons, so that even the best of all kept steps is hardly a lucky one. That is
about the lines; another seed gives another run. Not about how it is measured: see `learning`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from microgpt.gpt.hyperparameters import MAX_BLOCK_SIZE
from microgpt.means import mean, standard_error, told
from microgpt.run import Run
from microgpt.session.reports import Ending, Learning, Remark
from microgpt.settings import MAX_STEPS, recommended_learning_rate
from microgpt.texts import RunningText

MOST = 4  # remarks
_STANDARD_ERRORS = 4.0
_WORTH = 0.02  # nats: less isn't worth acting on, however certain it is
_LAST = 100  # steps whose training losses are averaged
_TIMES_MORE = 5  # steps to go on for, of those that were taken
_FEW = 50  # lines
_SHARE = 0.1  # of the lines, to hold out

Curve: TypeAlias = "Mapping[int, array[float]]"  # each line's loss in nats, by the step, ascending


def verdict(run: Run, learning: Learning, measured: Curve, ending: Ending) -> list[Remark]:
    """At most four remarks on a run, what matters most first.

    Args:
        run: as it is now.
        learning: what was measured of it.
        measured: the losses of each line at the kept steps that are done.
        ending: how the run has ended, if it has.
    """
    if ending == "diverged":
        found = [_diverged(run)]
    elif not run.step:
        return []
    else:
        found = [_torn(run, learning, measured)]
        if ending:
            whole = measured if run.step in measured else {}
            found += [_too_fast(run) or _risen(whole) or _falling(whole)]
    found += [_cut(run), _unknown(run), _few(run)]
    return [remark for remarks in found for remark in remarks][:MOST]


def change(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """How much the mean loss of the same lines has grown, and the standard error of that."""
    differences = [b - a for a, b in zip(before, after, strict=True)]
    return mean(differences), standard_error(differences)


def has_grown(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the mean loss has grown by more than chance explains, and enough to matter."""
    growth, error = change(before, after)
    return growth > max(_WORTH, _STANDARD_ERRORS * error)


def _remark(text: str, action: str = "", value: float = 0.0, label: str = "") -> list[Remark]:
    return [Remark(text=text, action=action, value=value, label=label)]


def _torn(run: Run, learning: Learning, measured: Curve) -> list[Remark]:
    """The loss as a number of letters."""
    if run.step in measured:
        loss, where = mean(measured[run.step]), ""
    else:
        loss, where = mean(run.losses[-_LAST:]), " on the lines that it learns from"
    guess = math.log(run.vocabulary.size)
    if not loss <= guess:
        return _remark(f"{told(loss, 2)}: worse than a blind guess{where} ({guess:.2f}).")
    compared = [f"blind guess: {run.vocabulary.size:,}"]
    if learning["pairs"] is not None:
        compared.append(f"letter pairs: {_letters(learning['pairs'])}")
    return _remark(
        f"{told(loss, 2)}: torn between {_letters(loss)} letters on average{where} "
        f"({'; '.join(compared)})."
    )


def _letters(loss: float) -> str:
    """Among how many equally likely letters a guess has that loss."""
    count = math.exp(loss)
    return f"{count:.1f}" if count < 9.95 else f"{count:,.0f}"


def _diverged(run: Run) -> list[Remark]:
    rate = run.hyperparameters.learning_rate
    return _remark(
        f"After step {run.step:,} the loss can't be computed any more: "
        f"the learning rate of {rate:g} is too large.",
        *_lower_rate(run),
    )


def _lower_rate(run: Run) -> tuple[str, float, str]:
    """The action for steps that are too large."""
    h = run.hyperparameters
    rate = min(recommended_learning_rate(h), h.learning_rate / 4)
    return "lower_rate", rate, f"Learning rate {rate:g}"


def _too_fast(run: Run) -> list[Remark]:
    """Whether it ended worse than a blind guess even on what it learns from."""
    last = run.losses[-_LAST:]
    if len(last) < _LAST or mean(last) <= math.log(run.vocabulary.size):
        return []
    return _remark(
        f"The learning rate of {run.hyperparameters.learning_rate:g} is too large: "
        "even on the lines that it learns from a blind guess would be better.",
        *_lower_rate(run),
    )


def _risen(measured: Curve) -> list[Remark]:
    """Whether it was better on other lines at an earlier step."""
    if not measured:
        return []
    best, newest = min(measured, key=lambda step: mean(measured[step])), max(measured)
    if not has_grown(measured[best], measured[newest]):
        return []
    return _remark(
        f"Learned by heart: the held-out loss has risen since step {best:,}, "
        f"from {told(mean(measured[best]), 2)} to {told(mean(measured[newest]), 2)}.",
        "keep_best",
        float(best),
        "Keep the best step",
    )


def _falling(measured: Curve) -> list[Remark]:
    """Whether it still got better on other lines in the second half of its steps."""
    if not measured:
        return []
    newest = max(measured)
    half = min(measured, key=lambda step: abs(step - newest / 2))
    more = min(_round(_TIMES_MORE * newest), MAX_STEPS - newest)
    if half == newest or more < 1 or not has_grown(measured[newest], measured[half]):
        return []
    fall = -change(measured[half], measured[newest])[0]
    return _remark(
        f"Still falling, by {told(fall, 2)} since step {half:,}: train {more:,} steps more.",
        "train_more",
        float(more),
        f"+{more:,} steps",
    )


def _round(steps: int) -> int:
    """To one digit that isn't 0."""
    digits = str(steps)
    return int(digits[0] + "0" * (len(digits) - 1))


def _cut(run: Run) -> list[Remark]:
    """Whether half of the lines or more are longer than the model can see."""
    block_size, documents = run.hyperparameters.block_size, run.corpus.documents
    if isinstance(run.corpus, RunningText):  # its windows are as long as the model sees
        return []
    longer = sum(len(document) >= block_size for document in documents)
    if 2 * longer < len(documents):
        return []
    needed = len(run.corpus.longest) + 1
    which = "All" if longer == len(documents) else f"{longer:,} of"
    text = (
        f"{which} {len(documents):,} lines are too long for block_size = {block_size:,}: "
        "only their beginnings are learned."
    )
    if needed > MAX_BLOCK_SIZE:
        return _remark(text)
    return _remark(text, "whole_lines", float(needed), "Read whole lines")


def _unknown(run: Run) -> list[Remark]:
    """Whether it goes round its text, and nothing is kept out."""
    seen, lines = run.step * run.hyperparameters.batch_size, len(run.training_documents)
    if run.holdout_documents or seen <= lines or lines < 2:
        return []
    times = f"{seen / lines:.1f}" if seen < 10 * lines else f"{seen / lines:,.0f}"
    return _remark(
        f"It went round the text {times} times and nothing was kept out, so nobody knows what "
        "it has learned and what it knows by heart.",
        "hold_out",
        _SHARE,
        "Hold out a tenth" if isinstance(run.corpus, RunningText) else "Hold out one line in ten",
    )


def _few(run: Run) -> list[Remark]:
    lines = len(run.corpus.documents)
    if isinstance(run.corpus, RunningText):
        return []
    return _remark(f"{lines:,} lines are few.") if 1 < lines < _FEW else []
