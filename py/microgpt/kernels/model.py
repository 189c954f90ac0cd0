"""The GPT: from tokens to logits, and from their gradient to that of every weight."""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints
from microgpt.kernels.attention import attention_block, attention_block_backward
from microgpt.kernels.embedding import embed, embed_backward
from microgpt.kernels.layout import Layout
from microgpt.kernels.matrices import copy, linear, linear_backward, transpose
from microgpt.kernels.mlp import mlp_block, mlp_block_backward
from microgpt.kernels.rmsnorm import rmsnorm, rmsnorm_backward


def transpose_weights(memory: Floats, layout: Layout) -> None:
    """Copies of the weights for the forward pass, with a row for each input."""
    width, three, hidden = layout.width, layout.qkv_width, layout.hidden_width
    transpose(
        memory[layout.lm_head_t :],
        memory[layout.lm_head :],
        layout.vocabulary,
        width,
        layout.logits_width,
    )
    for layer in range(layout.layers):
        at = layer * layout.layer_weights
        weights, copies = memory[layout.layer_0 + at :], memory[layout.layer_0_t + at :]
        transpose(copies[layout.wqkv :], weights[layout.wqkv :], three, width, three)
        transpose(copies[layout.wo :], weights[layout.wo :], width, width, width)
        transpose(copies[layout.fc1 :], weights[layout.fc1 :], hidden, width, hidden)
        transpose(copies[layout.fc2 :], weights[layout.fc2 :], width, hidden, width)


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
    linear(logits, x, memory[layout.lm_head_t :], count, layout.width, layout.logits_width, 0)


def backward(tokens: Ints, count: int, memory: Floats, layout: Layout) -> None:
    """Adds to all gradients, after `forward` from position 0 and `cross_entropy`."""
    width, dweights = layout.width, layout.to_gradient
    dx = memory[layout.dx :]
    linear_backward(
        dx,
        memory[dweights + layout.lm_head :],
        memory[layout.logits :],
        memory[layout.x :],
        memory[layout.lm_head :],
        count,
        width,
        layout.vocabulary,
        layout.logits_width,
    )
    for upper in range(layout.layers):
        layer = layout.layers - 1 - upper
        at = layout.layer_0 + layer * layout.layer_weights
        state = memory[layout.state_0 + layer * layout.layer_state :]
        weights, gradients = memory[at:], memory[dweights + at :]
        mlp_block_backward(dx, gradients, weights, state, memory, count, layout)
        attention_block_backward(dx, gradients, weights, state, memory, count, layout)
    x_0 = memory[layout.x_normal :]
    rmsnorm_backward(dx, dx, x_0, memory[layout.x_scales :], count, width, 0)
    dwte, dwpe = memory[dweights + layout.wte :], memory[dweights + layout.wpe :]
    embed_backward(dwte, dwpe, tokens, dx, count, width)
