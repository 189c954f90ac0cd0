"""Causal attention: each position looks back at those before it, and at itself.

A row of qkv is 3 · width numbers: a position's query, key and value, each of them
head after head.
"""

from __future__ import annotations

from math import sqrt

from microgpt.compiler.language import Floats, Size, lanes
from microgpt.kernels.exp_log import exp
from microgpt.kernels.layout import Layout
from microgpt.kernels.linear import linear, linear_backward
from microgpt.kernels.rmsnorm import rmsnorm, rmsnorm_backward


def attend(
    out: Floats,
    weights: Floats,
    qkv: Floats,
    first: int,
    count: int,
    heads: Size,
    head: Size,
    block: Size,
) -> None:
    """Each head's mean of the values so far, weighted by how well key and query agree.

    Args:
        out: (positions, heads · head).
        weights: (heads, block, block), by head, position and position looked back at.
        qkv: (positions, 3 · heads · head).
        first: position to begin with; what is before must have been done already.
    """
    for h in range(heads):
        for t in range(first, first + count):
            at = (h * block + t) * block
            attention_weights(weights[at:], qkv, h * head, t, heads * head, head)
            attention_mean(out, weights[at:], qkv, h * head, t, heads * head, head)


def attention_weights(
    weights: Floats, qkv: Floats, column: int, t: int, width: Size, head: Size
) -> None:
    """The softmax of query · key / √head over the positions up to t."""
    query, scale = qkv[t * 3 * width + column :], 1.0 / sqrt(head)
    biggest = -1e30
    for s in range(t + 1):
        score = 0.0
        for j in lanes(0, head):
            score += query[j] * qkv[s * 3 * width + width + column + j]
        score = score * scale
        weights[s] = score
        biggest = max(biggest, score)
    total = 0.0
    for s in lanes(0, t + 1):
        weight = exp(weights[s] - biggest)
        weights[s] = weight
        total += weight
    share = 1.0 / total
    for s in lanes(0, t + 1):
        weights[s] *= share


def attention_mean(
    out: Floats, weights: Floats, qkv: Floats, column: int, t: int, width: Size, head: Size
) -> None:
    """The values up to position t, weighted."""
    for j in lanes(0, head, 4):
        value = 0.0
        for s in range(t + 1):
            value += weights[s] * qkv[s * 3 * width + 2 * width + column + j]
        out[t * width + column + j] = value


def attend_backward(
    dqkv: Floats,
    dweights: Floats,
    dout: Floats,
    weights: Floats,
    qkv: Floats,
    count: int,
    heads: Size,
    head: Size,
    block: Size,
) -> None:
    """The gradient of all queries, keys and values; dweights is scratch for one row."""
    width = heads * head
    for i in lanes(0, count * 3 * width):
        dqkv[i] = 0.0
    for h in range(heads):
        for t in range(count):
            at = (h * block + t) * block
            column = h * head
            gradient, row = dout[t * width + column :], qkv[t * 3 * width + column :]
            values, dvalues = qkv[2 * width + column :], dqkv[2 * width + column :]
            mean_backward(dvalues, dweights, gradient, weights[at:], values, t, width, head)
            softmax_backward(dweights, weights[at:], t + 1, 1.0 / sqrt(head))
            keys, dkeys = qkv[width + column :], dqkv[width + column :]
            drow = dqkv[t * 3 * width + column :]
            scores_backward(drow, dkeys, dweights, row, keys, t, width, head)


def mean_backward(
    dvalues: Floats,
    dweights: Floats,
    dout: Floats,
    weights: Floats,
    values: Floats,
    t: int,
    width: Size,
    head: Size,
) -> None:
    """dweights of one position's weighted mean of the values; adds to dvalues."""
    for s in range(t + 1):
        weight = weights[s]
        dot = 0.0
        for j in lanes(0, head):
            dot += dout[j] * values[s * 3 * width + j]
            dvalues[s * 3 * width + j] += weight * dout[j]
        dweights[s] = dot


def softmax_backward(dweights: Floats, weights: Floats, count: int, scale: float) -> None:
    """Turns the gradient of probabilities into that of their logits before scaling."""
    mean = 0.0
    for s in lanes(0, count):
        mean += weights[s] * dweights[s]
    for s in lanes(0, count):
        dweights[s] = weights[s] * (dweights[s] - mean) * scale


def scores_backward(
    dquery: Floats,
    dkeys: Floats,
    dscores: Floats,
    query: Floats,
    keys: Floats,
    t: int,
    width: Size,
    head: Size,
) -> None:
    """dquery of one position's query · key; adds to dkeys."""
    for j in lanes(0, head, 4):
        number = query[j]
        total = 0.0
        for s in range(t + 1):
            dscore = dscores[s]
            total += dscore * keys[s * 3 * width + j]
            dkeys[s * 3 * width + j] += dscore * number
        dquery[j] = total


def attention_block(
    x: Floats, weights: Floats, state: Floats, first: int, count: int, layout: Layout
) -> None:
    """Adds to x, the residual stream, what the heads have found."""
    width, skip = layout.width, first * layout.width
    normal, qkv = state[layout.normal_1 + skip :], state[layout.qkv :]
    rmsnorm(normal, state[layout.scales_1 + first :], x, count, width)
    new = qkv[first * layout.qkv_width :]
    linear(new, normal, weights[layout.wqkv :], count, width, layout.qkv_width, 0, layout.strips)
    attention, found = state[layout.attention :], state[layout.found :]
    attend(found, attention, qkv, first, count, layout.heads, layout.head, layout.block)
    linear(x, found[skip:], weights[layout.wo :], count, width, width, 1, layout.strips)


def attention_block_backward(
    dx: Floats,
    gradients: Floats,
    weights: Floats,
    state: Floats,
    memory: Floats,
    count: int,
    layout: Layout,
) -> None:
    """Turns dx from the gradient after the block into that before it."""
    width, three = layout.width, layout.qkv_width
    found, normal, qkv = state[layout.found :], state[layout.normal_1 :], state[layout.qkv :]
    dfound, dnormal = memory[layout.dfound :], memory[layout.dnormal :]
    dqkv, attention = memory[layout.dqkv :], state[layout.attention :]
    dattention = memory[layout.dattention :]
    wo, dwo = weights[layout.wo :], gradients[layout.wo :]
    scratch, strips = memory[layout.scratch :], layout.strips
    linear_backward(dfound, dwo, dx, found, wo, scratch, count, width, width, width, strips)
    attend_backward(
        dqkv, dattention, dfound, attention, qkv, count, layout.heads, layout.head, layout.block
    )
    wqkv, dwqkv = weights[layout.wqkv :], gradients[layout.wqkv :]
    linear_backward(dnormal, dwqkv, dqkv, normal, wqkv, scratch, count, width, three, three, strips)
    rmsnorm_backward(dx, dnormal, normal, state[layout.scales_1 :], count, width, 1)
