"""A model's link, made with what can be measured here, and what it costs.

A link of some length has the weights as they are, as precise as there is room for; where
that costs too much, the weights after training on as the link has them; and where
that still costs too much, a smaller model of the same text, which is told of it. All of it
goes piece by piece, as it takes seconds. Not about how a link is written
(`sharing.links`), what it is measured on (`yardstick`), nor about who asks (`session`).

Measured on names in 2,000 characters, two seeds, nats more than 32 wide after 20,000 steps at
a learning_rate of 0.01: as they are 0.118 and 0.135, 16 wide 0.005 and 0.029. At
0.0057, which the page proposes, the model is better by 0.07, and costs more: 0.31 and 0.25, 16 wide
0.066 and 0.069; in 4,000 characters 0.088 and 0.073, 24 wide or trained on 0.046 and 0.040.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from microgpt.engines import kinds
from microgpt.engines.engine import State
from microgpt.errors import DivergedError, LinkError
from microgpt.gpt.corpus import Corpus, Vocabulary, next_documents
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream
from microgpt.means import mean
from microgpt.run import LanguageModel, new_stream, spread
from microgpt.session.drawing import draw, original_stream, prefix_tokens
from microgpt.session.live_run import LiveRun
from microgpt.session.needed import told
from microgpt.session.opened_model import OpenedModel
from microgpt.session.reports import LinkReport
from microgpt.session.yardstick import MEASURED, Cost, Scale, yardstick
from microgpt.sharing import links
from microgpt.sharing.links import Draft
from microgpt.sharing.links.adaptation import adapted
from microgpt.sharing.links.sensitivity import DOCUMENTS, sensitivity
from microgpt.sharing.saved import MAX_NAME, Provenance, SavedModel
from microgpt.weights import weight_layout

LENGTHS = (1200, 2000, 4000, 8000, 16_000)
"""Characters of a whole address, among which `best_link` chooses."""
SAMPLES = 6  # that show what a link's model makes up
TEMPERATURE = 0.5
COARSER = " (a coarser copy)"  # is added to the name of its text, for whoever opens the link

_SAID = 12  # characters that a link's own losses may take more than the model's
_HOPELESS = 4  # times what is allowed: other integers won't do, but training on may
_LEAST_BITS = 1.0  # a weight, below which training on is seldom enough, and isn't tried first
_SMALLER_BITS = 2.5  # a weight: what a smaller model should have in a link
_SMALLER_DOCUMENTS = 40_000  # for it to learn from: 1 to 2 s in a tab for 16 wide
_SMALLER_WORK = 200_000_000  # … or so many, times its weights
_SMALLER_BATCH = 4
_SLICE = 2000  # of these documents between two looks at whether to go on

Pieces = Generator[str, None, "Made"]


@dataclass(frozen=True)
class Made:
    """A draft of a link, and what it costs; the cost is None where it can't be measured."""

    draft: Draft
    cost: Cost | None

    @property
    def faithful(self) -> bool:
        """Whether the cost is known to be small."""
        return self.cost is not None and self.cost.faithful


class LinkMaker:
    """Links to a model as it is now.

    Args:
        present: the model.
        text: the loaded one, to measure an opened model on.
        site: the address of the page, before the `#`.
        clock: seconds.

    Raises:
        SavedModelError: training has spoilt the model.
    """

    def __init__(
        self,
        present: LiveRun | OpenedModel,
        text: Corpus | None,
        site: str,
        clock: Callable[[], float],
    ) -> None:
        self._clock, self._site = clock, site
        self._model = present.saved_model()
        self._as_it_came = present.fragment if isinstance(present, OpenedModel) else ""
        self._yardstick = yardstick(present, text, clock)
        self._measured = spread(self._yardstick.documents, MEASURED)
        self._teaching: Sequence[str] = ()  # of an opened model nobody has them
        self._squares = None
        if isinstance(present, LiveRun):
            kept = set(self._measured) if self._yardstick.unseen else set()
            run = present.run
            reached = run.step * run.hyperparameters.batch_size
            may = run.reached_documents(reached) if kept else run.training_documents
            self._teaching = [each for each in may if each not in kept] if kept else may
            self._squares = present.run.engine.get_state().squares
        self._few = spread(self._teaching or self._yardstick.documents, DOCUMENTS)
        self._losses = array("d")  # of the model as it is, on those
        self._scale = Scale(self._model, clock)

    # --- one link ---

    def of_length(self, max_characters: int) -> Iterator[str | LinkReport]:
        """What is being done, again and again, and at last the link.

        Args:
            max_characters: of the whole address.

        Raises:
            LinkError: the model doesn't fit.
        """
        room = max_characters - len(self._site)
        if 0 < len(self._as_it_came) <= room:  # writing it again could only lose precision
            yield self._report_as_it_came()
            return
        made = yield from self._made(room)
        if not made.faithful:
            made = yield from self._smaller_if_better(made, room)
        yield self._report(made, room)

    def best(self) -> Iterator[str | LinkReport]:
        """What is being done, again and again, and at last the shortest link found faithful.

        First among those of the model itself, of the lengths that have room for a bit a
        weight, then among those of smaller ones; the most precise if there is none.

        Raises:
            LinkError: no link can have it.
        """
        if self._as_it_came:
            yield self._report_as_it_came()
            return
        unfaithful, problem = [], None
        for length in LENGTHS:
            room = length - len(self._site)
            try:
                bits = links.bits_for_weights(self._model, room)
            except LinkError as error:
                problem = error
                continue
            if bits < _LEAST_BITS * len(self._model.weights) and length < LENGTHS[-1]:
                continue
            made = yield from self._made(room)
            if made.faithful or made.cost is None:
                yield self._report(made, room)
                return
            unfaithful.append((made, room))
        for length in LENGTHS if self._measured else ():
            room = length - len(self._site)
            smaller = yield from self._smaller(room)
            if smaller and smaller.faithful:
                yield self._report(smaller, room)
                return
        if not unfaithful:
            raise problem or LinkError("No link can have this model. Save it as a file instead.")
        yield self._report(*unfaithful[-1])

    # --- its weights ---

    def _made(self, room: int) -> Pieces:
        """The model itself, as it is or trained on."""
        yield "Measuring"
        slow = kinds.fastest() is kinds.SCALAR  # what follows would take minutes
        if slow or not self._yardstick.name:
            draft = next(links.drafts(self._model, room, self._squares))
            made = Made(draft, self._cost(self._scale, draft))
            if slow or made.cost is None or made.faithful:
                return made
        found: list[Draft] = []
        for draft in links.drafts(self._model, room, None, self._measure(self._model)):
            found.append(draft)
            cost = self._cost(self._scale, draft)
            if cost and cost.nats > _HOPELESS * cost.allowed:
                break
            yield "Measuring"
        made = self._least(self._scale, found)
        if made.faithful or not self._teaching or len(self._model.weights) > links.MANY:
            return made
        coarser = _renamed(self._model, COARSER)  # so that there is room for it
        return (yield from self._trained_on(coarser, self._scale, made, room))

    def _trained_on(self, model: SavedModel, scale: Scale, before: Made, room: int) -> Pieces:
        """The better of what was made and what comes of training on."""
        found = [before.draft]
        measure, make = self._measure(model), kinds.fastest().make
        for draft in adapted(model, room - _SAID, measure, make, self._teaching):
            if draft:
                found.append(draft)
            yield "Training on, so that less is lost"
        return self._least(scale, found)

    def _smaller_if_better(self, made: Made, room: int) -> Pieces:
        smaller = yield from self._smaller(room)
        if smaller and made.cost and smaller.cost and smaller.cost.nats < made.cost.nats:
            return smaller
        return made

    def _smaller(self, room: int) -> Generator[str, None, Made | None]:
        """A narrower model of the same text; None where there is none, or not that text."""
        h = smaller_shape(self._model, room)
        if h is None or not self._teaching or kinds.fastest() is kinds.SCALAR:
            return None
        doing = f"Training a smaller model, {h.n_embd} wide"
        yield doing
        vocabulary = Vocabulary(self._model.characters)
        engine = kinds.fastest().make(h, vocabulary, new_stream(h))
        steps = min(_SLICE // _SMALLER_BATCH, engine.steps_per_call)
        for first in range(0, h.steps, steps):
            wanted = min(steps, h.steps - first) * h.batch_size
            engine.train(next_documents(self._teaching, first * h.batch_size, wanted))
            yield doing
        said = replace(self._model.provenance, steps=h.steps)
        model = SavedModel(h, self._model.characters, engine.get_state().weights, said)
        width = self._model.hyperparameters.n_embd
        model = _renamed(model, f" ({h.n_embd} wide in place of {width})")
        scale = Scale(model, self._clock)
        found = []
        for draft in links.drafts(model, room, None, self._measure(model)):
            found.append(draft)
            yield doing
        made = self._least(scale, found)
        return made if made.faithful else (yield from self._trained_on(model, scale, made, room))

    # --- what is measured ---

    def _measure(self, model: SavedModel) -> Callable[[array[float]], array[float]]:
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)
        make, few = kinds.fastest().make, self._few
        return lambda weights: sensitivity(h, vocabulary, make, weights, few)

    def _least(self, scale: Scale, drafts: Sequence[Draft]) -> Made:
        """The one of the least loss on what it learned from, so that the cost stays fair."""
        losses = [scale.loss(draft.weights, self._few) for draft in drafts]
        best = drafts[losses.index(min(losses))]
        return Made(best, self._cost(scale, best))

    def _cost(self, scale: Scale, draft: Draft) -> Cost | None:
        """What a draft costs; None where there is nothing to measure it on."""
        if not self._measured:
            return None
        self._losses = self._losses or self._scale.losses(self._model.weights, self._measured)
        after = scale.losses(draft.weights, self._measured)
        count = min(len(after), len(self._losses))
        before, after = self._losses[:count], after[:count]
        return Cost(mean(before), mean(after), count)

    # --- what is told ---

    def _report_as_it_came(self) -> LinkReport:
        saved = self._model
        losses = self._scale.losses(saved.weights, self._measured) if self._measured else array("d")
        loss = mean(losses) if losses else 0.0
        cost = Cost(loss, loss, len(losses)) if losses else None
        return self._told(self._as_it_came, saved, cost, faithful=True)

    def _report(self, made: Made, room: int) -> LinkReport:
        draft = self._labelled(made)
        if not links.fits(draft, room):  # what it says has grown longer
            *_, draft = links.drafts(draft.model, room - _SAID, draft.importance)
            made = Made(draft, self._cost(Scale(draft.model, self._clock), draft))
            said = self._labelled(made)
            draft = said if links.fits(said, room) else draft
        return self._told(links.sealed(draft, room), _as_read(draft), made.cost, made.faithful)

    def _labelled(self, made: Made) -> Draft:
        """With a provenance that is true of the link's own model."""
        model, cost = made.draft.model, made.cost
        said = self._model.provenance
        if model.hyperparameters.n_embd != self._model.hyperparameters.n_embd:
            said = model.provenance
        elif cost and not cost.faithful:
            said = _renamed(self._model, COARSER).provenance
        if self._yardstick.name and cost:
            said = self._with_losses(said, made.draft, cost)
        elif not made.faithful:
            said = replace(said, loss=math.nan, holdout_loss=None)  # nobody knows
        return replace(made.draft, model=replace(model, provenance=said))

    def _with_losses(self, said: Provenance, draft: Draft, cost: Cost) -> Provenance:
        if said.holdout_loss is None:
            return replace(said, loss=cost.loss_in_link)
        seen = Scale(draft.model, self._clock).loss(draft.weights, self._few)
        return replace(said, loss=seen, holdout_loss=cost.loss_in_link)

    def _told(
        self, fragment: str, in_link: SavedModel, cost: Cost | None, faithful: bool
    ) -> LinkReport:
        # What the reader's page draws first, and this model with the same random numbers.
        reader, here = Scale(in_link, self._clock).model, self._scale.model
        reader.engine.set_state(State.untrained(in_link.weights))
        here.engine.set_state(State.untrained(self._model.weights))
        return LinkReport(
            address=self._site + fragment,
            characters=len(self._site + fragment),
            provenance=told(in_link.provenance),
            loss=cost.loss if cost else None,
            loss_in_link=cost.loss_in_link if cost else None,
            documents=cost.documents if cost else 0,
            unseen=self._yardstick.unseen,
            measured_on=self._yardstick.name,
            faithful=faithful,
            samples=_samples(reader, original_stream(reader)),
            own_samples=_samples(here, original_stream(reader)),
            n_embd=in_link.hyperparameters.n_embd,
            own_n_embd=self._model.hyperparameters.n_embd,
        )


def smaller_shape(model: SavedModel, room: int) -> Hyperparameters | None:
    """The widest narrower model that a link has enough bits for, and how it is trained."""
    h = model.hyperparameters
    documents = min(_SMALLER_DOCUMENTS, model.provenance.steps * h.batch_size or math.inf)
    for width in range(h.n_embd - h.n_embd % h.n_head - h.n_head, 0, -h.n_head):
        shape = replace(h, n_embd=width, batch_size=_SMALLER_BATCH)
        weights = weight_layout(shape, len(model.characters) + 1).size
        if 6 * room >= _SMALLER_BITS * weights:
            steps = int(min(documents, _SMALLER_WORK // weights)) // _SMALLER_BATCH
            return replace(shape, steps=max(1, steps))
    return None


def _renamed(model: SavedModel, addition: str) -> SavedModel:
    """With something added to the name of its text, which whoever opens the link is told."""
    name = model.provenance.text.removesuffix(addition)[: MAX_NAME - len(addition)] + addition
    return replace(model, provenance=replace(model.provenance, text=name))


def _as_read(draft: Draft) -> SavedModel:
    return replace(draft.model, weights=draft.weights)


def _samples(model: LanguageModel, stream: RandomStream) -> list[str]:
    drawn = draw(model, stream, SAMPLES, TEMPERATURE, prefix_tokens(model, ""))
    try:
        return [sample["text"] for sample in drawn if sample]
    except DivergedError:
        return []
