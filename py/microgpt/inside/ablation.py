"""What each part of a model is worth: the loss without it, on the same lines.

Not about which weights a part is made of: see `parts`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from microgpt.errors import SamplingError
from microgpt.gpt.random_streams import PythonStream
from microgpt.inside.line import check_temperature
from microgpt.inside.parts import parts, without
from microgpt.inside.reports import Ablation, PartWorth, Without
from microgpt.inside.subject import Subject
from microgpt.means import mean, standard_error

MOST_SAMPLES = 200


class AblationSum:
    """The loss without each part, measured part by part.

    Args:
        subject: whose parts they are.
        clock: seconds.
    """

    def __init__(self, subject: Subject, clock: Callable[[], float]) -> None:
        self._subject = subject
        self._clock = clock
        self._documents = subject.documents[: subject.affordable(len(subject.documents))]
        self._parts = parts(subject.model.hyperparameters) if self._documents else []
        self._whole: array[float] | None = None  # the loss of each line, of the whole model
        self._found: list[PartWorth] = []

    def measure(self, milliseconds: float) -> Ablation:
        """Go on for about so long, at least one part."""
        end = self._clock() + milliseconds / 1000
        while len(self._found) < len(self._parts):
            self._measure(self._parts[len(self._found)])
            if self._clock() >= end:
                break
        return Ablation(
            documents=len(self._documents),
            lines=self._subject.lines,
            loss=mean(self._whole) if self._whole else None,
            parts=list(self._found),
            planned=len(self._parts),
            complete=len(self._found) == len(self._parts),
        )

    def _measure(self, part: str) -> None:
        engine = self._subject.engine
        if self._whole is None:
            self._whole = engine.losses(self._documents)
        with taken_out(self._subject, part):
            losses = engine.losses(self._documents)
        self._found.append(_worth(part, self._whole, losses))


def _worth(part: str, whole: array[float], losses: array[float]) -> PartWorth:
    differences = [after - before for before, after in zip(whole, losses, strict=True)]
    return PartWorth(
        part=part,
        loss_without=mean(losses),
        difference=mean(differences),
        error=standard_error(differences),
        worse=sum(each > 0 for each in differences),
    )


def samples_without(subject: Subject, part: str, count: int, temperature: float) -> Without:
    """What the model makes up with and without a part, from the same random numbers.

    Raises:
        DivergedError: training has spoilt the model.
        SamplingError: no such part, count or temperature.
    """
    check_temperature(temperature)
    if not (isinstance(count, int) and 1 <= count <= MOST_SAMPLES):
        raise SamplingError(f"There can be 1 to {MOST_SAMPLES} samples.", field="count")
    with taken_out(subject, part):
        changed = _samples(subject, count, temperature)
    return Without(part=part, whole=_samples(subject, count, temperature), without=changed)


def _samples(subject: Subject, count: int, temperature: float) -> list[str]:
    vocabulary = subject.model.vocabulary
    stream = PythonStream(f"without {subject.model.hyperparameters.seed}")
    drawn = []
    for _ in range(count):
        # Each from a place of its own: else all after the first that differs would be others.
        own = PythonStream(f"{stream.uniform()}")
        drawn += subject.engine.draw(own, temperature, [vocabulary.bos], 1)
    return [vocabulary.decode(tokens) for tokens in drawn]


@contextmanager
def taken_out(subject: Subject, part: str) -> Iterator[None]:
    """The subject's engine is without a part, until that is over.

    Raises:
        SamplingError: there is no such part; the field is "part".
    """
    h, layout = subject.model.hyperparameters, subject.layout
    changed = without(subject.weights, layout, h, part)
    try:
        subject.engine.set_weights(changed)
        yield
    finally:
        subject.engine.set_weights(subject.weights)
