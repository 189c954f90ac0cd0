"""Adam: how the weights follow their gradients.

The optimizer's numbers are in the memory, because it changes some of them itself.
"""

from __future__ import annotations

from math import sqrt

from microgpt.compiler.language import Floats, lanes
from microgpt.kernels.layout import Layout

# Where `settings` has what the optimizer needs.
LEARNING_RATE, STEPS, STEPS_DONE, EPSILON, TINY = 0, 1, 2, 3, 4
BETA1, BETA1_REST, BETA1_SHARE = 5, 6, 7  # beta, 1 - beta, 1 - beta^(steps done + 1)
BETA2, BETA2_REST, BETA2_SHARE = 8, 9, 10
WARMUP, WEIGHT_DECAY = 11, 12


def adam(_step: int, memory: Floats, layout: Layout) -> None:
    """One update of all weights; gradients become 0.

    Args:
        _step: which of the call's it is: an optimizer that is recorded has numbers for each.
    """
    adam_part(0, layout.parameters, memory, layout)
    count_step(memory, layout)


def adam_part(first: int, count: int, memory: Floats, layout: Layout) -> None:
    """The update of some weights; when all have had it, `count_step` is due."""
    s = memory[layout.settings :]
    falling = (s[STEPS] - s[STEPS_DONE]) / s[STEPS]
    rising = (s[STEPS_DONE] + 1.0) / (s[WARMUP] + 1.0)
    rate = s[LEARNING_RATE] * min(falling, rising)
    adam_update(
        memory[layout.weights + first :],
        memory[layout.summed + first :],
        memory[layout.means + first :],
        memory[layout.squares + first :],
        rate / s[BETA1_SHARE],
        1.0 / s[BETA2_SHARE],
        1.0 - rate * s[WEIGHT_DECAY],
        s,
        count,
    )


def count_step(memory: Floats, layout: Layout) -> None:
    """One step is done, whether or not there was an update."""
    s = memory[layout.settings :]
    s[STEPS_DONE] += 1.0
    # The shares of the next step, without the cancellation of 1 - beta^n.
    s[BETA1_SHARE] = s[BETA1_SHARE] * s[BETA1] + s[BETA1_REST]
    s[BETA2_SHARE] = s[BETA2_SHARE] * s[BETA2] + s[BETA2_REST]


def adam_update(
    weights: Floats,
    gradients: Floats,
    means: Floats,
    squares: Floats,
    rate: float,
    correction: float,
    kept: float,
    settings: Floats,
    count: int,
) -> None:
    """The update.

    Args:
        rate: of the step, with the correction of the mean.
        correction: of the mean square.
        kept: the share of each weight that doesn't decay.
    """
    beta1, rest1 = settings[BETA1], settings[BETA1_REST]
    beta2, rest2 = settings[BETA2], settings[BETA2_REST]
    epsilon, tiny = settings[EPSILON], settings[TINY]
    for i in lanes(0, count, 2):
        gradient = gradients[i]
        # Adding and subtracting something tiny changes no number that matters, but turns
        # what has almost decayed into 0: processors are many times slower with numbers
        # that are too small for a full fraction.
        mean = ((means[i] * beta1 + gradient * rest1) + tiny) - tiny
        square = ((squares[i] * beta2 + gradient * gradient * rest2) + tiny) - tiny
        means[i] = mean
        squares[i] = square
        gradients[i] = 0.0
        weights[i] = weights[i] * kept - rate * mean / (sqrt(square * correction) + epsilon)
