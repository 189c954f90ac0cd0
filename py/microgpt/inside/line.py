"""One line, position by position: what is expected, what surprises, where the answer is made.

Not about how attention and neurons are shown or what they are worth (`ablation`).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from microgpt.engines.engine import Activations
from microgpt.errors import SamplingError
from microgpt.gpt.random_streams import RandomStream
from microgpt.inside.reports import LineInside
from microgpt.inside.subject import Subject

MAX_TEMPERATURE = 10  # as for samples


def line_inside(subject: Subject, text: str, temperature: float) -> LineInside:
    """What happens when the model reads a line.

    Args:
        temperature: of `tempered`.

    Raises:
        DivergedError: training has spoilt the model.
        SamplingError: a character is unknown, or no such temperature.
    """
    check_temperature(temperature)
    tokens, h = subject.tokens(text), subject.model.hyperparameters
    read, following = tokens[:-1], tokens[1:]
    found = subject.engine.activations(read)
    size, names = subject.model.vocabulary.size, subject.token_names
    by_stage = softmax_rows(found.logits, size)
    probabilities = by_stage[-len(read) * size :]
    return LineInside(
        line=text[: h.block_size],
        tokens=[names[token] for token in read],
        following=[names[token] for token in following],
        vocabulary=names,
        probabilities=probabilities,
        tempered=softmax_rows(_last_logits(found, len(read), size), size, temperature),
        surprises=_surprises(probabilities, following, size),
        stages=stages(h.n_layer),
        stage_logits=found.logits,
        stage_probabilities=by_stage,
        layers=h.n_layer,
        heads=h.n_head,
        neurons=4 * h.n_embd,
        attention=found.attention,
        hidden=found.hidden,
    )


def draw(subject: Subject, stream: RandomStream, beginning: str, temperature: float) -> str:
    """The beginning of a line with what the model makes of it.

    Raises:
        DivergedError: training has spoilt the model.
        SamplingError: a character is unknown, or no such temperature.
    """
    check_temperature(temperature)
    tokens = subject.tokens(beginning)
    prefix = tokens[: 1 + min(len(beginning), subject.model.hyperparameters.block_size)]
    if len(prefix) > subject.model.hyperparameters.block_size:
        return beginning  # as long as a line can be
    (drawn,) = subject.engine.draw(stream, temperature, prefix, 1)
    return beginning + subject.model.vocabulary.decode(drawn)


def check_temperature(temperature: float) -> None:
    """Refuse what is no temperature.

    Raises:
        SamplingError: its field is "temperature".
    """
    if not (isinstance(temperature, int | float) and 0 < temperature <= MAX_TEMPERATURE):
        raise SamplingError(
            f"The temperature must be above 0 and at most {MAX_TEMPERATURE}.", field="temperature"
        )


def stages(layers: int) -> list[str]:
    """Names of the places on the residual stream, in order."""
    parts = (f"layer{i}.{part}" for i in range(layers) for part in ("attention", "mlp"))
    return ["embedding", *parts]


def softmax_rows(logits: Sequence[float], size: int, temperature: float = 1.0) -> array[float]:
    """Probabilities of each row of so many logits."""
    probabilities = array("d")
    for first in range(0, len(logits), size):
        row = logits[first : first + size]
        biggest = max(row)
        exps = [math.exp((logit - biggest) / temperature) for logit in row]
        whole = math.fsum(exps)
        probabilities.extend([each / whole for each in exps])
    return probabilities


def _last_logits(found: Activations, positions: int, size: int) -> array[float]:
    return found.logits[-positions * size :]


def _surprises(probabilities: array[float], following: list[int], size: int) -> array[float]:
    rows = (probabilities[i * size + token] for i, token in enumerate(following))
    return array("d", [-math.log(p) if p > 0 else math.inf for p in rows])
