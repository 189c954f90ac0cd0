"""Adam: how the weights follow their gradients.

Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, with a
learning rate that falls along a straight line and reaches 0 after the last step.
Where it is wished for, with a warm-up, and with the weight decay of AdamW: Loshchilov
and Hutter, "Decoupled Weight Decay Regularization", 2019. Every weight is in a matrix
here, so all of them decay, the embeddings too, as nanoGPT has it.
"""

from __future__ import annotations

from microgpt.gpt.autograd import Value
from microgpt.gpt.hyperparameters import Hyperparameters


class Adam:
    """The running means of every parameter's gradient and squared gradient.

    Attributes:
        m: mean gradient, decaying by beta1 a step, one for each parameter.
        v: mean squared gradient, decaying by beta2 a step.
        steps_done: how many updates there have been.
    """

    def __init__(self, parameters: list[Value], hyperparameters: Hyperparameters) -> None:
        self.parameters = parameters
        self.hyperparameters = hyperparameters
        self.m = [0.0] * len(parameters)
        self.v = [0.0] * len(parameters)
        self.steps_done = 0

    def step(self) -> None:
        """Move every parameter against its gradient, and set the gradient back to 0."""
        h = self.hyperparameters
        beta1, beta2, epsilon, m, v = h.beta1, h.beta2, h.epsilon, self.m, self.v
        learning_rate = scheduled_rate(h, self.steps_done)
        kept = 1 - learning_rate * h.weight_decay  # of each weight
        self.steps_done += 1
        # Both means begin at 0, so they are too small at first, by these factors.
        m_share = 1 - beta1**self.steps_done
        v_share = 1 - beta2**self.steps_done
        for i, parameter in enumerate(self.parameters):
            gradient = parameter.grad
            m[i] = beta1 * m[i] + (1 - beta1) * gradient
            v[i] = beta2 * v[i] + (1 - beta2) * gradient**2
            # ** 0.5 and not sqrt(), whose last digit can differ from the original's.
            step = learning_rate * (m[i] / m_share) / ((v[i] / v_share) ** 0.5 + epsilon)
            parameter.data *= kept
            parameter.data -= step
            parameter.grad = 0.0


def scheduled_rate(h: Hyperparameters, steps_done: int) -> float:
    """The learning rate after so many steps: the lower of a rising line and a falling one."""
    return h.learning_rate * min(1 - steps_done / h.steps, (steps_done + 1) / (h.warmup + 1))
