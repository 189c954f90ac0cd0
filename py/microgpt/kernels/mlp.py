"""The MLP: two linear layers with a ReLU between, on each position alone."""

from __future__ import annotations

from microgpt.compiler.language import Floats, lanes
from microgpt.kernels.layout import Layout
from microgpt.kernels.linear import linear, linear_backward
from microgpt.kernels.rmsnorm import rmsnorm, rmsnorm_backward


def relu(x: Floats, count: int) -> None:
    """max(0, x), in place."""
    for i in lanes(0, count, 4):
        x[i] = max(0.0, x[i])


def relu_backward(dx: Floats, x: Floats, count: int) -> None:
    """0 where x was cut off, in place."""
    for i in lanes(0, count, 4):
        dx[i] = dx[i] if x[i] > 0.0 else 0.0


def mlp_block(
    x: Floats, weights: Floats, state: Floats, first: int, count: int, layout: Layout
) -> None:
    """Adds to x, the residual stream, what the MLP makes of it."""
    width, inner = layout.width, layout.hidden_width
    normal = state[layout.normal_2 + first * width :]
    hidden = state[layout.hidden + first * inner :]
    rmsnorm(normal, state[layout.scales_2 + first :], x, count, width)
    linear(hidden, normal, weights[layout.fc1 :], count, width, inner, 0, layout.strips)
    relu(hidden, count * inner)
    linear(x, hidden, weights[layout.fc2 :], count, inner, width, 1, layout.strips)


def mlp_block_backward(
    dx: Floats,
    gradients: Floats,
    weights: Floats,
    state: Floats,
    memory: Floats,
    count: int,
    layout: Layout,
) -> None:
    """Turns dx from the gradient after the block into that before it."""
    width, inner = layout.width, layout.hidden_width
    hidden, normal = state[layout.hidden :], state[layout.normal_2 :]
    dhidden, dnormal = memory[layout.dhidden :], memory[layout.dnormal :]
    fc1, fc2 = weights[layout.fc1 :], weights[layout.fc2 :]
    dfc1, dfc2 = gradients[layout.fc1 :], gradients[layout.fc2 :]
    scratch, strips = memory[layout.scratch :], layout.strips
    linear_backward(dhidden, dfc2, dx, hidden, fc2, scratch, count, inner, width, width, strips)
    relu_backward(dhidden, hidden, count * inner)
    linear_backward(
        dnormal, dfc1, dhidden, normal, fc1, scratch, count, width, inner, inner, strips
    )
    rmsnorm_backward(dx, dnormal, normal, state[layout.scales_2 :], count, width, 1)
