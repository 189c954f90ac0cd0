"""Samples as a visitor asks for them: their number, temperature and beginning checked.

Not about how a document is drawn: see `sampling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microgpt.errors import DivergedError, SamplingError
from microgpt.gpt.random_streams import PythonStream, RandomStream
from microgpt.run import LanguageModel, new_stream
from microgpt.session.reports import Guess, Sample
from microgpt.session.workshop.spelling import as_known
from microgpt.settings import shown

MAX_SAMPLES = 1000
MAX_TEMPERATURE = 10.0


def prefix_tokens(model: LanguageModel, prefix: str) -> list[int]:
    """BOS and the tokens of what each document is to begin with.

    Letters are matched whatever their case where the model knows one case only.

    Raises:
        SamplingError: the model can't continue that.
    """
    prefix = as_known(model.vocabulary, prefix)
    if unknown := model.vocabulary.unknown(prefix):
        raise SamplingError(
            f"The model has never seen {', '.join(repr(c) for c in unknown)}: "
            f"{model.text_name} has only {shown(model.vocabulary.characters)}.",
            field="prefix",
        )
    block_size = model.hyperparameters.block_size
    if len(prefix) >= block_size:
        raise SamplingError(
            f"The beginning has {len(prefix):,} characters; with block_size {block_size:,} "
            f"the model can continue at most {block_size - 1:,}.",
            field="prefix",
        )
    return [model.vocabulary.bos, *model.vocabulary.encode(prefix, block_size)[1:-1]]


def check_sampling(count: int, temperature: float) -> None:
    """Refuse what is out of its range.

    Raises:
        SamplingError: saying what would be in it.
    """
    if not (isinstance(count, int) and 1 <= count <= MAX_SAMPLES):
        raise SamplingError(
            f"The number of samples must be a whole number from 1 to {MAX_SAMPLES:,}, "
            f"not {shown(count)}.",
            field="count",
        )
    if not 0 < temperature <= MAX_TEMPERATURE:  # false for NaN too
        raise SamplingError(
            f"The temperature must be above 0 and at most {MAX_TEMPERATURE:g}, "
            f"not {shown(temperature)}.",
            field="temperature",
        )


def draw(
    model: LanguageModel, stream: RandomStream, count: int, temperature: float, prefix: list[int]
) -> Iterator[Sample | None]:
    """Each sample when it is drawn; None after each of its characters where that takes long.

    Whenever a sample is given, the stream is where that one has left it, although more may
    have been drawn already. So nobody else should draw from it until this is over.

    Raises:
        DivergedError: training has spoilt the model.
    """
    done, known = 0, prefix[1:]
    while done < count:
        for tokens in _some(model, stream, count - done, temperature, prefix):
            if tokens is None:
                yield None
                continue
            done += 1
            text = model.vocabulary.decode(known + tokens)
            yield Sample(text=text, in_text=model.in_text(text))


def _some(
    model: LanguageModel, stream: RandomStream, most: int, temperature: float, prefix: list[int]
) -> Iterator[list[int] | None]:
    """What `draw` gives, as tokens after the prefix: of samples that one call draws, or of one."""
    before = stream.get_state()
    try:
        count = min(most, model.engine.draws_per_call)
        drawn = model.engine.draw(stream, temperature, prefix, count)
    except DivergedError:
        drawn = []  # one of them has no probabilities, but those before may have
    stream.set_state(before)
    longest = model.hyperparameters.block_size + 1 - len(prefix)
    for tokens in drawn:
        for _ in range(min(len(tokens) + 1, longest)):  # with BOS, if it came to that
            stream.uniform()
        yield tokens
    if not drawn:
        tokens = []
        for token in model.engine.sample(stream, temperature, prefix):
            tokens.append(token)
            yield None
        yield tokens


class _Listener(PythonStream):
    """A stream that remembers what it was to choose from."""

    weights: Sequence[float] = ()

    def choose(self, weights: Sequence[float]) -> int:
        self.weights = weights
        return super().choose(weights)


def next_characters(model: LanguageModel, prefix: list[int]) -> list[Guess]:
    """What could come after a prefix, the likeliest first.

    Raises:
        DivergedError: training has spoilt the model.
    """
    listener = _Listener(0)
    next(model.engine.sample(listener, 1.0, prefix), None)
    found = [
        Guess(
            character="" if token == model.vocabulary.bos else model.vocabulary.decode([token]),
            probability=probability,
        )
        for token, probability in enumerate(listener.weights)
    ]
    return sorted(found, key=lambda guess: -guess["probability"])


def original_stream(model: LanguageModel) -> RandomStream:
    """A copy of the model's stream, so that the same samples can be drawn again."""
    stream = new_stream(model.hyperparameters)
    stream.set_state(model.stream.get_state())
    return stream
