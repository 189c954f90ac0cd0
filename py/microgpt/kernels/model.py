"""The GPT: from tokens to logits, and from their gradient to that of every weight."""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints
from microgpt.kernels.attention import attention_block, attention_block_backward
from microgpt.kernels.embedding import embed, embed_backward
from microgpt.kernels.layout import Layout
from microgpt.kernels.linear import copy_weight, linear, linear_backward
from microgpt.kernels.matrices import copy
from microgpt.kernels.mlp import mlp_block, mlp_block_backward
from microgpt.kernels.rmsnorm import rmsnorm, rmsnorm_backward


def transpose_weights(memory: Floats, layout: Layout) -> None:
    """The copies of the weights that both passes read: see `Layout`."""
    width, strips, learns = layout.width, layout.strips, layout.learns
    three, hidden = layout.qkv_width, layout.hidden_width
    head, head_t = memory[layout.lm_head :], memory[layout.lm_head_t :]
    head_s, head_width = memory[layout.lm_head_s :], layout.logits_width
    copy_weight(head_t, head_s, head, layout.vocabulary, width, head_width, strips, learns)
    for layer in range(layout.layers):
        at = layer * layout.layer_weights
        w, t = memory[layout.layer_0 + at :], memory[layout.layer_0_t + at :]
        s = memory[layout.layer_0_s + at :]
        qkv, wo, fc1, fc2 = layout.wqkv, layout.wo, layout.fc1, layout.fc2
        copy_weight(t[qkv:], s[qkv:], w[qkv:], three, width, three, strips, learns)
        copy_weight(t[wo:], s[wo:], w[wo:], width, width, width, strips, learns)
        copy_weight(t[fc1:], s[fc1:], w[fc1:], hidden, width, hidden, strips, learns)
        copy_weight(t[fc2:], s[fc2:], w[fc2:], width, hidden, width, strips, learns)


def forward(tokens: Ints, first: int, count: int, memory: Floats, layout: Layout) -> None:
    """The logits of count positions from first on; those before must have been done already."""
    embed_tokens(tokens, first, count, memory, layout)
    x = memory[layout.x + first * layout.width :]
    for layer in range(layout.layers):
        weights = memory[layout.layer_0_t + layer * layout.layer_weights :]
        state = memory[layout.state_0 + layer * layout.layer_state :]
        attention_block(x, weights, state, first, count, layout)
        mlp_block(x, weights, state, first, count, layout)
    find_logits(first, count, memory, layout)


def forward_until(tokens: Ints, count: int, blocks: int, memory: Floats, layout: Layout) -> None:
    """As `forward` from position 0, but of the blocks only so many; the others add nothing.

    What the residual stream is by then, and which logits it would give.

    Args:
        blocks: attention and MLP of the first layer, then of the next, and so on.
    """
    embed_tokens(tokens, 0, count, memory, layout)
    x = memory[layout.x :]
    for layer in range(layout.layers):
        weights = memory[layout.layer_0_t + layer * layout.layer_weights :]
        state = memory[layout.state_0 + layer * layout.layer_state :]
        if 2 * layer < blocks:
            attention_block(x, weights, state, 0, count, layout)
        if 2 * layer + 1 < blocks:
            mlp_block(x, weights, state, 0, count, layout)
    find_logits(0, count, memory, layout)


def embed_tokens(tokens: Ints, first: int, count: int, memory: Floats, layout: Layout) -> None:
    """The residual stream as it begins: what token and position mean, normalised."""
    width, skip = layout.width, first * layout.width
    x, normal = memory[layout.x + skip :], memory[layout.x_normal + skip :]
    embed(normal, tokens, memory[layout.wte :], memory[layout.wpe :], first, count, width)
    # In place: nothing needs what it was before.
    rmsnorm(normal, memory[layout.x_scales + first :], normal, count, width)
    copy(x, normal, count * width)


def find_logits(first: int, count: int, memory: Floats, layout: Layout) -> None:
    """What lm_head makes of the residual stream."""
    x = memory[layout.x + first * layout.width :]
    logits = memory[layout.logits + first * layout.logits_width :]
    weight_t, outputs = memory[layout.lm_head_t :], layout.logits_width
    linear(logits, x, weight_t, count, layout.width, outputs, 0, layout.strips)


def backward(tokens: Ints, count: int, memory: Floats, layout: Layout) -> None:
    """Adds to all gradients, after `forward` from position 0 and `cross_entropy`."""
    width, dweights = layout.width, layout.to_gradient
    dx = memory[layout.dx :]
    linear_backward(
        dx,
        memory[dweights + layout.lm_head :],
        memory[layout.logits :],
        memory[layout.x :],
        memory[layout.lm_head_s :],
        memory[layout.scratch :],
        count,
        width,
        layout.vocabulary,
        layout.logits_width,
        layout.strips,
    )
    for upper in range(layout.layers):
        layer = layout.layers - 1 - upper
        at = layer * layout.layer_weights
        state = memory[layout.state_0 + layer * layout.layer_state :]
        weights = memory[layout.layer_0_s + at :]
        gradients = memory[dweights + layout.layer_0 + at :]
        mlp_block_backward(dx, gradients, weights, state, memory, count, layout)
        attention_block_backward(dx, gradients, weights, state, memory, count, layout)
    x_0 = memory[layout.x_normal :]
    rmsnorm_backward(dx, dx, x_0, memory[layout.x_scales :], count, width, 0)
    dwte, dwpe = memory[dweights + layout.wte :], memory[dweights + layout.wpe :]
    embed_backward(dwte, dwpe, tokens, dx, count, width)
