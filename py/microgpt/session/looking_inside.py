"""What of a session's model is looked into: which weights, and which lines are measured.

Not about what is asked of it: see the room `inside`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from microgpt.errors import DivergedError
from microgpt.gpt.random_streams import PythonStream
from microgpt.inside import Inside
from microgpt.inside.reports import Lines
from microgpt.inside.subject import Subject
from microgpt.run import LanguageModel, Run, spread
from microgpt.session.learning import LINES, lines_to_measure
from microgpt.session.live_run import LiveRun
from microgpt.session.opened_model import OpenedModel
from microgpt.texts import Text

_OWN = 200  # lines that it makes up, where there are no others


class Looking:
    """Looks into a session's models; what is known of one stays while it is the same.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._inside: Inside | None = None
        self._text: Text | None = None  # that an opened model was measured on

    def at(self, present: LiveRun | OpenedModel, step: int, text: Text | None) -> Inside:
        """What a model is like inside, at the kept step nearest to this one.

        Args:
            text: what an opened model is measured on, if it can read that.
        """
        inside = self._inside
        if inside is None or not self._is_of(inside.subject, present, step, text):
            seen = _subject(present, step, text, inside.subject if inside else None)
            inside = self._inside = Inside(seen, self._clock, inside)
            self._text = text
        return inside

    def _is_of(
        self, known: Subject, present: LiveRun | OpenedModel, step: int, text: Text | None
    ) -> bool:
        """Whether it is that model at that step, as it is now."""
        if isinstance(present, OpenedModel):
            return known.model is present.model and self._text is text
        same = known.run is present.run and known.step == present.nearest_step(step)
        begun = known.start is not None or not present.replay.steps or known.step != 0
        return same and begun


def _subject(
    present: LiveRun | OpenedModel, step: int, text: Text | None, before: Subject | None
) -> Subject:
    """The model at that step; `before` is another, to take over what hasn't changed."""
    if isinstance(present, OpenedModel):
        lines, documents = _of_opened(present.model, text)
        weights = present.model.engine.get_state().weights
        return Subject(present.model, 0, weights, None, _NO_RUN, None, lines, documents, before)
    run, step = present.run, present.nearest_step(step)
    if before and before.run is run:
        lines, documents = before.lines, before.documents
    else:
        lines, documents = _of_run(run)
    kept = present.replay.steps
    # Of a run that was opened, nothing is kept of the steps before.
    earlier = kept and (kept[0] == 0 or kept[0] < run.step)
    start = (kept[0], present.weights_at(kept[0])) if earlier else None
    weights, why = present.weights_at(step), _why_not_again(present)
    return Subject(run, step, weights, run, why, start, lines, documents, before)


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
