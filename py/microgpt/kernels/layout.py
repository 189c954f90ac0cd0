"""Where everything lies in the memory of the compiled engine.

One flat array of floats holds it all. An offset counts floats from the beginning
of that array; offsets of a layer's parts count from the layer's own beginning.
Not about the order of the weights (`weights`) nor what the arrays are for (the kernels).
"""

from __future__ import annotations

from microgpt.kernels.sizes import Sizes

_STRIPS_FROM = 64  # numbers wide; below, of short lines, the copies cost more than they bring
_LINE = 16  # numbers: at least a line of the processor's cache
_SETTINGS = 16  # the 13 numbers of `adam`, and more so that what follows begins with a vector


class Counter:
    """Gives each array its place, one after the other."""

    def __init__(self) -> None:
        self.next = 0

    def take(self, count: int) -> int:
        """The offset of so many floats, after all that were taken before."""
        offset, self.next = self.next, self.next + count
        return offset


class Arrays:
    """What the memory of a model begins with, whatever its kernels are; all of them ints.

    Weights stand in the model's own order, each matrix (outputs, inputs) row by row; gradients and
    Adam's two means in the same order. What only the optimizer needs comes first. From `own` on
    lies what each worker has a copy of, if several share a run: see `team`.

    Attributes:
        groups: in so many groups of lines a batch is learned from: see `Sizes.groups`.
        summed: where the gradients of a whole batch are.
        own: where the optimizer's part ends.
        logits_width: rounded up to whole vectors, which are quicker; logits of no character
            stay 0.
        logits: rows of logits, (block, logits_width).
        learns: 1 where there are gradients and Adam's means, else 0.
        to_gradient: from a weight to its gradient.
        size: how many floats there are.
    """

    logits: int
    size: int

    def begin(self, sizes: Sizes) -> Counter:
        """Take the room that every model needs; what takes more goes on from there."""
        memory = Counter()
        self.vocabulary = sizes.vocabulary_size
        self.block = sizes.block_size
        self.batch = sizes.batch_size
        self.logits_width = -(-self.vocabulary // 4) * 4
        self.settings = memory.take(_SETTINGS)
        self.parameters = sizes.weights().size
        self.learns = int(sizes.learns)
        learned = self.parameters * self.learns
        self.groups = sizes.groups
        self.means = memory.take(learned)
        self.squares = memory.take(learned)
        sums = memory.take(learned if self.groups > 1 else 0)
        memory.take(-memory.next % _LINE)
        self.own = memory.next
        self.weights = memory.take(self.parameters)
        self.gradients = memory.take(learned)
        self.summed = sums if self.groups > 1 else self.gradients
        self.to_gradient = self.gradients - self.weights
        return memory


class Layout(Arrays):
    """Sizes and offsets for the kernels.

    After the arrays that every model has come copies of all but the embeddings, and what a
    document's forward pass leaves for its backward pass, (block, ...) each. Names that end in
    _t are of transposed copies, which the forward pass reads, and those that end in _s of what
    the backward pass does: copies in strips, or the weights themselves.

    Attributes:
        strips: 1 where products are of matrices in strips (see `strips`), else 0.
        layer_weights: from a layer's weights to the next layer's.
        wqkv: attn_wq, attn_wk and attn_wv as one matrix with qkv_width outputs.
        attention: how much each head at each position looks at those before, and found:
            what it finds there.
    """

    def __init__(self, sizes: Sizes) -> None:
        memory = self.begin(sizes)
        weights, block = sizes.weights(), self.block
        layer = {matrix.name: matrix for matrix in weights.matrices if matrix.layer == 0}
        wq, wk, wv, wo = (layer[f"attn_w{letter}"] for letter in "qkvo")
        fc1, fc2 = layer["mlp_fc1"], layer["mlp_fc2"]
        assert (wq.end, wk.end) == (wk.offset, wv.offset), "they are read as one matrix"

        self.width = width = sizes.n_embd
        self.heads = sizes.n_head
        self.head = width // sizes.n_head
        self.layers = sizes.n_layer
        self.qkv_width = wq.rows + wk.rows + wv.rows
        self.hidden_width = fc1.rows

        self.wte = self.weights + weights.named("wte").offset
        self.wpe = self.weights + weights.named("wpe").offset
        self.lm_head = self.weights + weights.named("lm_head").offset
        # Within a layer, of its weights and of their transposed copies alike.
        first = min(matrix.offset for matrix in layer.values())
        self.layer_0 = self.weights + first
        self.layer_weights = sum(matrix.size for matrix in layer.values())
        self.wqkv, self.wo = wq.offset - first, wo.offset - first
        self.fc1, self.fc2 = fc1.offset - first, fc2.offset - first

        self.strips = int(width >= _STRIPS_FROM)
        self.lm_head_t = memory.take(width * self.logits_width)
        self.layer_0_t = memory.take(self.layers * self.layer_weights)
        self.lm_head_s, self.layer_0_s = self.lm_head, self.layer_0
        if self.strips and self.learns:
            self.lm_head_s = memory.take(width * self.vocabulary)
            self.layer_0_s = memory.take(self.layers * self.layer_weights)

        self.x_scales = memory.take(block)
        self.x_normal = memory.take(block * width)
        self.x = memory.take(block * width)
        self.logits = memory.take(block * self.logits_width)
        state = Counter()
        self.scales_1 = state.take(block)
        self.normal_1 = state.take(block * width)
        self.qkv = state.take(block * self.qkv_width)
        self.attention = state.take(self.heads * block * block)
        self.found = state.take(block * width)
        self.scales_2 = state.take(block)
        self.normal_2 = state.take(block * width)
        self.hidden = state.take(block * self.hidden_width)
        self.layer_state = state.next
        self.state_0 = memory.take(self.layers * self.layer_state)

        self.dx = memory.take(block * width)
        self.dnormal = memory.take(block * width)
        self.dfound = memory.take(block * width)
        self.dhidden = memory.take(block * self.hidden_width)
        self.dqkv = memory.take(block * self.qkv_width)
        self.dattention = memory.take(block)
        # The widest input of a linear layer in strips, and a strip of singles.
        strips = self.strips and self.learns
        self.scratch = memory.take(block * (self.hidden_width + 16) if strips else 0)
        self.size = memory.next
