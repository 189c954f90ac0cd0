"""The sizes of a model, and where everything lies in the memory of the compiled engine.

One flat array of floats holds it all. An offset counts floats from the beginning
of that array; offsets of a layer's parts count from the layer's own beginning.
Not about how the array is filled: see `kernels`.
"""

from __future__ import annotations

from microgpt.gpt.hyperparameters import Hyperparameters


class _Counter:
    def __init__(self, start: int = 0) -> None:
        self.next = start

    def take(self, count: int) -> int:
        """The offset of so many floats, after all that were taken before."""
        offset, self.next = self.next, self.next + count
        return offset


class Shape:
    """Sizes and offsets, all of them ints.

    The weights stand in the order in which the scalar engine has them, each matrix
    (outputs, inputs) row by row: wte, wpe, lm_head, then for each layer attn_wq,
    attn_wk, attn_wv (read as one matrix with 3 · n_embd outputs), attn_wo, mlp_fc1,
    mlp_fc2. Gradients and Adam's two means follow in the same order, then transposed
    copies of all but the embeddings, and what a document's forward pass leaves for
    its backward pass, (block, ...) each.
    """

    def __init__(self, hyperparameters: Hyperparameters, vocabulary_size: int) -> None:
        h = hyperparameters
        # All that decides the others: shapes with the same are the same.
        self._sizes = h.n_layer, h.n_embd, h.n_head, h.block_size, h.batch_size, vocabulary_size
        self.vocabulary = vocabulary_size
        self.block = block = h.block_size
        self.width = width = h.n_embd
        self.heads = h.n_head
        self.head = h.head_dim
        self.layers = h.n_layer
        self.batch = h.batch_size
        # Whole vectors are quicker; the numbers that are too many stay 0.
        self.logits_width = -(-vocabulary_size // 4) * 4

        memory = _Counter()
        self.settings = memory.take(12)
        self.wte = memory.take(vocabulary_size * width)
        self.wpe = memory.take(block * width)
        self.lm_head = memory.take(vocabulary_size * width)
        self.layer_weights = 12 * width * width
        self.layer_0 = memory.take(self.layers * self.layer_weights)
        self.parameters = memory.next - self.wte
        # Of a layer's weights, and of their transposed copies. The first is at 0.
        self.wo, self.fc1, self.fc2 = 3 * width * width, 4 * width * width, 8 * width * width

        self.gradients_0 = memory.take(self.parameters)
        self.gradients = self.gradients_0 - self.wte  # add the offset of a weight
        self.means = memory.take(self.parameters)
        self.squares = memory.take(self.parameters)

        self.lm_head_t = memory.take(width * self.logits_width)
        self.layer_0_t = memory.take(self.layers * self.layer_weights)

        self.x_scales = memory.take(block)
        self.x_normal = memory.take(block * width)
        self.x = memory.take(block * width)
        self.logits = memory.take(block * self.logits_width)
        layer = _Counter()
        self.scales_1 = layer.take(block)
        self.normal_1 = layer.take(block * width)
        self.qkv = layer.take(block * 3 * width)
        self.attention = layer.take(self.heads * block * block)
        self.found = layer.take(block * width)
        self.scales_2 = layer.take(block)
        self.normal_2 = layer.take(block * width)
        self.hidden = layer.take(block * 4 * width)
        self.layer_state = layer.next
        self.state_0 = memory.take(self.layers * self.layer_state)

        self.dx = memory.take(block * width)
        self.dnormal = memory.take(block * width)
        self.dfound = memory.take(block * width)
        self.dhidden = memory.take(block * 4 * width)
        self.dqkv = memory.take(block * 3 * width)
        self.dattention = memory.take(block)
        self.size = memory.next

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self._sizes == other._sizes

    def __hash__(self) -> int:
        return hash(self._sizes)
