"""Training a model on as a link has it, so that the rest makes up for what is left out.

Round by round the weights are quantised, and a few steps of training are taken from there;
what those steps change is added to the weights before they were quantised, so that small
changes add up until they reach the next integer. It is how networks are trained whose weights
have one bit (Courbariaux, Bengio and David, "BinaryConnect", 2015). The text is the run's own.

Measured on names, 32 wide, 20,000 steps at a rate of 0.01, 2,000 characters: 0.12 and 0.15 nats
become 0.06 and 0.07; numbers in words, 3,000 steps, 1.73 become 0.01. What was tried beside it
and isn't done: pulling the weights to their integers little by little (0.17, 0.23); hidden
units taken out one after the other, and training in between (0.09); more rounds, twice or
four times the documents, other rates (no better). Not about when it is worth the time: see
`session.links`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from microgpt.engines.engine import MakeEngine, State
from microgpt.gpt.corpus import Vocabulary, next_documents
from microgpt.gpt.random_streams import PythonStream
from microgpt.sharing.links import codec, weight_code
from microgpt.sharing.links.quantisation import Pass, Quantiser, effective_importance
from microgpt.sharing.saved import SavedModel

ROUNDS = 60
DOCUMENTS = 19_200  # in all rounds together
WORK = 280_000_000  # … or so many, times the weights: 1 to 2 s in a tab
LAST = 10  # rounds, in which the rate is so low that what fits is worth a look

_BATCH = 4
_RATE = 0.003  # at the beginning; 0.006 and more is worse
_MEASURED = (ROUNDS // 4, ROUNDS // 2)  # rounds in which importance is measured again
_OCTAVES = 0.3  # of the base, for an octave too many bits; 0.7 makes it swing


def adapted(
    model: SavedModel,
    max_characters: int,
    measure: Callable[[array[float]], Sequence[float]],
    new_engine: MakeEngine,
    documents: Sequence[str],
) -> Iterator[codec.Draft | None]:
    """What to choose a link from: None after most rounds, a draft after some, and one at the end.

    Args:
        model: to share.
        max_characters: of the fragment.
        measure: what tells the importance of any weights, as `sensitivity` does.
        new_engine: what makes engines of a kind.
        documents: which it was trained on, or others like them.

    Raises:
        LinkError: the model is too large for so few characters.
    """
    h, vocabulary = model.hyperparameters, Vocabulary(model.characters)
    matrices = weight_code.groups(h, vocabulary.size)
    bits = codec.bits_for_weights(model, max_characters)
    rate, steps = min(_RATE, h.learning_rate), _steps(len(model.weights))
    settings = replace(h, steps=ROUNDS * steps, learning_rate=rate, warmup=0, batch_size=_BATCH)
    engine = new_engine(settings, vocabulary, PythonStream(0))
    steps = min(steps, engine.steps_per_call)
    found = [codec.usable(model, measure(model.weights))]
    weights, in_link = model.weights, model.weights
    before: Pass | None = None
    for done in range(ROUNDS):
        if done in _MEASURED:
            again = measure(in_link)
            found += [again] if any(again) else []
        importance = codec.mean_importance(found)
        effective = effective_importance(importance, h, vocabulary.size)
        before = _next(Quantiser(weights, effective, matrices), bits, before)
        in_link = weight_code.weights_of(before.quantised, matrices)
        draft = codec.Draft(model, importance, before.quantised, in_link)
        worth = done >= ROUNDS - LAST and codec.fits(draft, max_characters)
        yield draft if worth else None
        learned = engine.get_state()
        engine.set_state(State(in_link, learned.means, learned.squares, done * steps))
        count = steps * _BATCH
        if len(engine.train(next_documents(documents, done * count, count))) < steps:
            return  # it has diverged
        after = engine.get_state().weights
        pairs = zip(weights, after, in_link, strict=True)
        weights = array("d", [weight + new - old for weight, new, old in pairs])
    yield codec.draft(replace(model, weights=weights), importance, max_characters)


def _steps(weights: int) -> int:
    """Of a round."""
    return max(1, min(DOCUMENTS, WORK // weights) // (ROUNDS * _BATCH))


def _next(quantiser: Quantiser, bits: float, before: Pass | None) -> Pass:
    """The integers of a round: with the base of the round before, a little corrected."""
    if before is None:
        base = quantiser.fit(bits).base
        return quantiser.at(base, quantiser.at(base))
    octaves = _OCTAVES * math.log2(max(before.bits, 1) / bits)
    base = before.quantised.base + round(weight_code.OCTAVE * octaves)
    return quantiser.at(max(0, min(weight_code.MAX_BASE, base)), before)
