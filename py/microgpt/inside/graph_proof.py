"""A gradient held to a finite difference: the algorithm runs forward again with one number changed.

Nothing here knows how a gradient is computed; only what the loss becomes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from microgpt.gpt.autograd import Value
from microgpt.gpt.model import Model
from microgpt.gpt.training import document_loss
from microgpt.inside.recording import told_of_values
from microgpt.inside.reports import Proof

_RELATIVE = 1e-4  # of a value: so much it is made larger and smaller
_DIGITS = 1e-6  # to which slope and gradient agree
_ROUNDING = 2**-50  # of a loss: a few of its last digits
_TRIES = 4  # with an epsilon a tenth of the one before

_KINK = (
    "A ReLU is at its kink here: the loss bends, and has another slope on each side. "
    "backward() takes the slope of a number that is not above 0."
)
_SMALL = "So small a gradient can't be told from the rounding of the loss."
_UNDEFINED = "The loss can't be computed with this number changed."


@dataclass(frozen=True)
class Forward:
    """A loss to be computed again and again.

    Attributes:
        model: whose weights are as they were, before and after.
        tokens: of the document.
    """

    model: Model
    tokens: list[int]

    def nudged(self, number: int, by: float) -> tuple[float, list[Value]]:
        """The loss with a number changed, and all values that were made.

        Args:
            number: of the number: in the order in which values are made; weights are below 0.
            by: how much it is made larger.

        Raises:
            ArithmeticError, TypeError, ValueError: it can't be computed.
        """
        made: list[Value] = []

        def listen(value: Value) -> None:
            if len(made) == number:
                value.data += by
            made.append(value)

        weight = self.model.parameters[-1 - number] if number < 0 else None
        before = weight.data if weight else 0.0
        if weight:
            weight.data += by
        try:
            with told_of_values(listen):
                return document_loss(self.model, self.tokens).data, made
        finally:
            if weight:
                weight.data = before


def prove(
    forward: Forward,
    number: int,
    value: Value,
    values: Sequence[Value],
    relus: Sequence[int],
) -> Proof:
    """What the slope of the loss is, by a number that is changed both ways.

    Args:
        number: of the number.
        value: the number with its gradient.
        values: of the graph, in the order in which they were made.
        relus: which of them ReLUs made.
    """
    epsilon = _epsilon(value, values[-1].data)
    bent: Proof | None = None
    watched = [relu for relu in relus if relu != number]
    before = [values[relu].data > 0 for relu in watched]
    for _ in range(_TRIES):
        try:
            (up, above), (down, below) = (forward.nudged(number, by) for by in (epsilon, -epsilon))
        except (ArithmeticError, TypeError, ValueError):  # as of a negative number's root
            epsilon /= 10
            continue
        proof = _proof(number, epsilon, (up, down), value.grad)
        if all([made[relu].data > 0 for relu in watched] == before for made in (above, below)):
            return proof
        bent = bent or {**proof, "note": _KINK}
        epsilon /= 10
    undefined = _proof(number, epsilon, (math.nan, math.nan), value.grad)
    return bent or {**undefined, "note": _UNDEFINED}


def _proof(number: int, epsilon: float, losses: tuple[float, float], gradient: float) -> Proof:
    up, down = losses
    slope = (up - down) / (2 * epsilon)
    rounding = _ROUNDING * max(1.0, abs(up)) / epsilon
    return Proof(
        id=number,
        epsilon=epsilon,
        loss_up=up,
        loss_down=down,
        slope=slope,
        gradient=gradient,
        agrees=abs(slope - gradient) <= _DIGITS * abs(gradient) + rounding,
        note=_SMALL if 0 < abs(gradient) <= rounding else "",
    )


def _epsilon(value: Value, loss: float) -> float:
    """By how much to change a value: little beside it, much beside the rounding of the loss.

    A power of ten.
    """
    size, gradient = abs(value.data), abs(value.grad)
    least = _ROUNDING * max(1.0, abs(loss)) / (_DIGITS * gradient) if gradient else math.inf
    epsilon = max(_RELATIVE * size, min(least, 1e-2 * size + 1e-5))
    return float(f"1e{round(math.log10(epsilon))}")
