"""What one guess of a model rests on: what it would be without each of its parts.

Of one beginning; over many lines, a part can be worth another amount: see `ablation`.
"""

from __future__ import annotations

from array import array

from microgpt.inside.ablation import taken_out
from microgpt.inside.parts import parts
from microgpt.inside.reports import GuessParts
from microgpt.inside.subject import Subject

_MOST = 1000  # parts of a small model; one that has more is asked without its neurons


def guess_parts(subject: Subject, beginning: str) -> GuessParts:
    """The probabilities of what follows a beginning, with all parts and without each.

    Raises:
        DivergedError: training has spoilt the model.
        SamplingError: a character is unknown.
    """
    block_size = subject.model.hyperparameters.block_size
    tokens = subject.tokens(beginning[: block_size - 1])[: 1 + len(beginning)]
    names = parts(subject.model.hyperparameters)
    if len(names) > subject.affordable(_MOST):
        names = [name for name in names if ".neuron" not in name]
    (whole,) = subject.engine.predict([tokens], 1.0)
    without = array("d")
    for name in names:
        with taken_out(subject, name):
            without.extend(subject.engine.predict([tokens], 1.0)[0])
    return GuessParts(
        beginning=beginning[: block_size - 1],
        vocabulary=subject.token_names,
        whole=whole,
        parts=names,
        without=without,
    )
