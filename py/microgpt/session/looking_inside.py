"""What of a session's model is looked into: which weights, and which lines are measured.

Not about what is asked of it: see the room `inside`.
"""

from __future__ import annotations

from collections.abc import Sequence

from microgpt.errors import DivergedError
from microgpt.gpt.random_streams import PythonStream
from microgpt.inside.reports import Lines
from microgpt.inside.subject import Subject
from microgpt.run import LanguageModel, Run
from microgpt.session.learning import LINES, lines_to_measure, spread
from microgpt.session.live_run import LiveRun
from microgpt.session.opened_model import OpenedModel
from microgpt.texts import Text

_OWN = 200  # lines that it makes up, where there are no others


def subject(
    present: LiveRun | OpenedModel, step: int, text: Text | None, before: Subject | None = None
) -> Subject:
    """The model at the kept step nearest to this one.

    Args:
        text: what an opened model is measured on, if it can read that.
        before: another, to take over what hasn't changed.
    """
    if isinstance(present, OpenedModel):
        lines, documents = _of_opened(present.model, text)
        weights = present.model.engine.get_state().weights
        return Subject(present.model, 0, weights, None, _NO_RUN, None, lines, documents, text)
    run, step = present.run, present.nearest_step(step)
    if before and before.run is run:
        lines, documents = before.lines, before.documents
    else:
        lines, documents = _of_run(run)
    kept = present.replay.steps
    start = (kept[0], present.weights_at(kept[0])) if kept else None
    weights, why = present.weights_at(step), _why_not_again(present)
    return Subject(run, step, weights, run, why, start, lines, documents, None)


def is_of(known: Subject, present: LiveRun | OpenedModel, step: int, text: Text | None) -> bool:
    """Whether it is that model at that step, as it is now."""
    if isinstance(present, OpenedModel):
        return known.model is present.model and known.text is text
    same = known.run is present.run and known.step == present.nearest_step(step)
    return same and (known.start is not None or not present.replay.steps)


_NO_RUN = "the model came without its run"


def _why_not_again(present: LiveRun) -> str:
    """Why the run can't be trained again from its beginning, or ""."""
    if present.run.background:
        return "it learns from favourites"
    if present.origin:
        return f"it began with the weights of another model ({present.origin})"
    return ""


def _of_run(run: Run) -> tuple[Lines, Sequence[str]]:
    _, unseen = lines_to_measure(run, LINES)
    if unseen:
        learned = run.background is not None and not run.background.unseen
        return "learned" if learned else "unseen", unseen
    return "learned", spread(list(dict.fromkeys(run.training_documents)), LINES)


def _of_opened(model: LanguageModel, text: Text | None) -> tuple[Lines, Sequence[str]]:
    if text is not None:
        corpus = text.corpus(model.hyperparameters.block_size)
        unknown = model.vocabulary.unknown
        some = dict.fromkeys(spread(corpus.documents, 4 * LINES))
        if readable := [line for line in some if not unknown(line)]:
            return "loaded", spread(readable, LINES)
    stream, prefix = PythonStream("inside"), [model.vocabulary.bos]
    try:
        drawn = model.engine.draw(stream, 1.0, prefix, _OWN)
    except DivergedError:
        return "own", []
    made = (model.vocabulary.decode(tokens) for tokens in drawn)
    return "own", list(dict.fromkeys(line for line in made if line))
