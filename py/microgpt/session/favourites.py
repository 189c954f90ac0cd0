"""Favourites: which belong to a text, and how a model learns from them.

A favourite is a document that somebody wants to have, so it outlives the model that made it
up: it belongs to the text of that name. Learning from favourites is a new run that begins
with the model's weights. Measured on names.txt with twelve names in -elle, of which samples
have next to none before: on favourites alone, what is gained in likeness is lost on all other
names (0.11 nats where 15 % of samples end in -elle, 0.44 where 40 % do). So one document in
four is a favourite, and three are lines of the text: then 15 to 17 % after the suggested steps
cost 0.03 to 0.04 nats, 50 % after four times as many 0.03; with three favourites 30 % cost
0.05 to 0.08. At the end of up to 5,000 steps it was never more than 0.08, on the way 0.15.
Not about how favourites are saved: see `sharing.favourites`.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from microgpt.engines.engine import State
from microgpt.engines.kinds import EngineKind
from microgpt.errors import HyperparameterError, SessionError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Background, Run, spread
from microgpt.session.forgetting import losses
from microgpt.session.learning import affordable
from microgpt.session.live_run import LiveRun
from microgpt.session.opened_model import OpenedModel
from microgpt.session.yardstick import invented
from microgpt.settings import recommended_learning_rate, shown
from microgpt.sharing.favourites import MOST, Choices, united
from microgpt.texts import RunningText
from microgpt.weights import weight_layout


class Plan(TypedDict):
    """What the page must know of learning from favourites before it is asked for."""

    most: int  # names that can be liked, and as many blocked
    fewest: int  # liked ones that are needed
    steps: int  # suggested
    least_steps: int
    most_steps: int


PLAN = Plan(most=MOST, fewest=3, steps=400, least_steps=10, most_steps=5000)
_EVERY = 4  # documents, one of which is a favourite
_RATE = 0.2  # of the learning rate that is recommended for the model's size
_MEASURED = 500  # lines at most
_KEPT_STEPS = 60  # at which they are measured, about
_PREFIX = "Favourites of "
_NAME = 100  # characters of a text's name that count: in links and files there may be no more
_TEXTS = 50  # whose favourites are remembered


def text_of(name: str) -> str:
    """The name of the text that a model's favourites belong to, by the name of what it learned.

    The page does the same: web/kept/choices.js.
    """
    learned = name.removeprefix(_PREFIX)
    after = learned.find(", after ", 1)
    return (learned if after < 0 else learned[:after])[:_NAME]


class Shelf:
    """The favourites of each text that a session has met."""

    def __init__(self) -> None:
        self._choices: dict[str, Choices] = {}  # the newest last

    def of(self, name: str) -> Choices:
        """Those of a text."""
        return self._choices.get(text_of(name), Choices())

    def put(self, name: str, choices: Choices) -> None:
        """Take over what was chosen for a text."""
        self._choices.pop(text_of(name), None)
        self._choices[text_of(name)] = choices
        if len(self._choices) > _TEXTS:
            del self._choices[next(iter(self._choices))]

    def add(self, name: str, choices: Choices) -> None:
        """Take over what came with a run; where it contradicts what is here, that stays."""
        if choices:
            self.put(name, united(self.of(name), choices))


# --- learning from them ---


@dataclass(frozen=True)
class _Past:
    """What a model has learned before, and which of it can be used.

    Attributes:
        text, known, kept_out, unseen: see `Background`.
        measurable: the indices of documents that can tell what is forgotten.
        learned: the indices of documents that the model can go on learning from.
    """

    text: Corpus
    known: bool
    kept_out: array[int]
    unseen: bool
    measurable: Sequence[int]
    learned: Sequence[int]


def new_run(
    present: LiveRun | OpenedModel,
    text: Corpus | None,
    choices: Choices,
    steps: int,
    clock: Callable[[], float],
) -> Run:
    """A run on what is liked that begins with the present model.

    Args:
        present: the model.
        text: that is loaded: perhaps the one that an opened model has learned from.
        choices: what is liked.
        steps: to take.
        clock: seconds.

    Raises:
        HyperparameterError: not a number of steps that there can be.
        SessionError: too little is liked, or there is nothing to go on from.
    """
    if not (isinstance(steps, int) and PLAN["least_steps"] <= steps <= PLAN["most_steps"]):
        raise HyperparameterError(
            f"Favourites can be learned for {PLAN['least_steps']:,} to {PLAN['most_steps']:,} "
            f"steps, not for {shown(steps)}.",
            field="steps",
        )
    model = present.model
    if isinstance(model, Run) and isinstance(model.corpus, RunningText):
        raise SessionError(
            "This model learned from running text, which has no lines for favourites to be among. "
            "Read the text as lines and train again; the favourites are kept."
        )
    liked = readable(choices.liked, model.vocabulary)
    if len(liked) < PLAN["fewest"]:
        raise SessionError(
            f"To learn from favourites takes at least {PLAN['fewest']}, and there are "
            f"{len(liked)} that the model can read. Like some more first; the model is as it was."
        )
    weights = _weights(present)
    past = _past(present, text, clock)
    kind = model.kind
    hyperparameters = dataclasses.replace(
        model.hyperparameters,
        steps=steps,
        learning_rate=float(f"{_RATE * recommended_learning_rate(model.hyperparameters):.2g}"),
        warmup=0,
        batch_size=1,
        holdout=0.0,
    )
    earlier = model.background if isinstance(model, Run) else None
    settings = earlier.settings if earlier else model.hyperparameters
    lines = _lines(kind, hyperparameters, model.vocabulary)
    background = _background(past, settings, liked, steps, lines)
    corpus = Corpus(f"{_PREFIX}{text_of(model.text_name)}", background.documents, 0)
    longest = max(map(len, (*corpus.documents, *background.measured_documents)))
    kind.check_memory(hyperparameters, model.vocabulary.size, longest)
    run = Run(corpus, hyperparameters, kind, model.vocabulary, background=background)
    run.engine.set_state(State.untrained(weights))
    loss, favoured_loss = losses(run)
    if not (math.isfinite(loss) and math.isfinite(favoured_loss)):
        raise SessionError(
            "This model gives some lines no probability at all, so what it forgets of them can't "
            "be measured. Lower learning_rate and train again; the favourites are kept."
        )
    run.background = dataclasses.replace(background, loss=loss, favoured_loss=favoured_loss)
    return run


def readable(liked: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Favourites as the model would make them up: they may have been written in another case."""
    found: dict[str, None] = {}
    for each in liked:
        forms = (form.strip() for form in (each, each.lower(), each.upper()))
        fitting = (form for form in forms if form and not vocabulary.unknown(form))
        found |= dict.fromkeys(list(fitting)[:1])
    return tuple(found)


def _weights(present: LiveRun | OpenedModel) -> array[float]:
    if isinstance(present, OpenedModel):
        return present.model.engine.get_state().weights
    run = present.run
    if not run.step:
        raise SessionError(
            "The model has learned nothing yet that favourites could be added to. Train it first."
        )
    weights = run.engine.get_state().weights
    if present.ending == "diverged" or not all(map(math.isfinite, weights)):
        raise SessionError(
            "Training has spoilt this model, so that it can't learn from favourites. Lower "
            "learning_rate and train again; the favourites are kept."
        )
    return weights


def _past(present: LiveRun | OpenedModel, text: Corpus | None, clock: Callable[[], float]) -> _Past:
    """What is known of what the model has learned before."""
    if isinstance(present, OpenedModel):
        return _past_of_opened(present, text, clock)
    run = present.run
    if background := run.background:
        used = frozenset((*background.measured, *background.kept_out))
        learned = [i for i in range(len(background.text.documents)) if i not in used]
        return _Past(
            text=background.text,
            known=background.known,
            kept_out=background.kept_out,
            unseen=background.unseen,
            measurable=background.measured,
            learned=learned or background.others or background.measured,
        )
    documents, trained = run.corpus.documents, len(run.training_documents)
    learned = run.order[: min(trained, run.step * run.hyperparameters.batch_size)]
    heard = {documents[index] for index in learned}
    kept_out = array("i", run.order[trained:])
    rest = kept_out or run.order[len(learned) :]
    unseen = [index for index in rest if documents[index] not in heard]
    if unseen:
        return _Past(run.corpus, True, kept_out, True, unseen, learned)
    return _Past(run.corpus, True, kept_out, False, *_halves(learned))


def _past_of_opened(opened: OpenedModel, text: Corpus | None, clock: Callable[[], float]) -> _Past:
    """Lines of its text, if that is loaded by its name; else lines that it makes up itself."""
    vocabulary = opened.model.vocabulary
    own = text is not None and text.name == text_of(opened.described.provenance.text)
    if text and own and not isinstance(text, RunningText):
        known = frozenset(vocabulary.characters)
        lines = tuple(each for each in text.documents if known.issuperset(each))
        if len(lines) > 1:
            same = dataclasses.replace(text, documents=lines)
            return _Past(same, True, array("i"), False, *_halves(range(len(lines))))
    lines = tuple(dict.fromkeys(each.strip() for each in invented(opened.model, clock)))
    lines = tuple(filter(None, lines))
    if not lines:
        raise SessionError(
            "The model makes nothing up, so it can't learn from favourites. Train one first."
        )
    made_up = Corpus("", lines, 0)
    return _Past(made_up, False, array("i"), False, *_halves(range(len(lines))))


def _halves(indices: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Every other one, and the rest; what is one can't be divided."""
    return (indices[::2], indices[1::2]) if len(indices) > 1 else (indices, indices)


def _lines(kind: EngineKind, hyperparameters: Hyperparameters, vocabulary: Vocabulary) -> int:
    """How many lines can be measured at each kept step."""
    parameters = weight_layout(hyperparameters, vocabulary.size).size
    return min(_MEASURED, affordable(kind, parameters, hyperparameters.block_size, _KEPT_STEPS))


def _background(
    past: _Past, settings: Hyperparameters, liked: tuple[str, ...], steps: int, lines: int
) -> Background:
    """Which documents a run on favourites has, and on which it is measured; not yet how well."""
    favoured = -(-steps // _EVERY)
    documents, liked = past.text.documents, tuple(spread(liked, favoured))
    favourites = frozenset(liked)
    distinct = {documents[index]: index for index in spread(past.measurable, 4 * lines)}
    other = [index for each, index in distinct.items() if each not in favourites]
    measured = spread(other or list(distinct.values()), lines)
    taken = favourites.union(documents[index] for index in measured)
    candidates = spread(past.learned, 2 * steps)
    others = [index for index in candidates if documents[index] not in taken] or candidates
    some = spread(others, steps - favoured)
    return Background(
        text=past.text,
        known=past.known,
        kept_out=past.kept_out,
        measured=array("i", measured),
        unseen=past.unseen,
        favourites=liked,
        favoured=favoured,
        others=array("i", (some[i % len(some)] for i in range(steps - favoured))),
        loss=0.0,
        favoured_loss=0.0,
        settings=settings,
    )
