"""The GPT: its weights, and its forward pass one token at a time.

GPT-2 with small changes, as in the original program: RMSNorm without weights in
place of LayerNorm, no biases, ReLU in place of GeLU. Not about learning: see
`training` for the loss and `optimizer` for what is done with its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

from microgpt.gpt.autograd import Value, dot, total
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream

Vector = list[Value]
Matrix = list[Vector]  # one row an output


@dataclass
class KVCache:
    """What attention looks back at: keys and values, [layer][position][n_embd]."""

    keys: list[Matrix]
    values: list[Matrix]


class Model:
    """The weights of a GPT and the function that they make.

    Attributes:
        weights: each matrix by its name, in the order in which they are drawn:
            wte (vocabulary, n_embd), wpe (block_size, n_embd), lm_head (vocabulary,
            n_embd), then for each layer attn_wq, attn_wk, attn_wv, attn_wo (n_embd,
            n_embd), mlp_fc1 (4 n_embd, n_embd), mlp_fc2 (n_embd, 4 n_embd).
    """

    def __init__(
        self, hyperparameters: Hyperparameters, vocabulary_size: int, stream: RandomStream
    ) -> None:
        self.hyperparameters = hyperparameters
        self.weights: dict[str, Matrix] = {
            name: [
                [Value(stream.gauss(0.0, hyperparameters.init_std)) for _ in range(columns)]
                for _ in range(rows)
            ]
            for name, (rows, columns) in weight_shapes(hyperparameters, vocabulary_size).items()
        }
        self.parameters = [
            value for matrix in self.weights.values() for row in matrix for value in row
        ]

    def empty_cache(self) -> KVCache:
        """The cache to begin a document with."""
        layers = range(self.hyperparameters.n_layer)
        return KVCache(keys=[[] for _ in layers], values=[[] for _ in layers])

    def forward(self, token: int, position: int, cache: KVCache) -> Vector:
        """The logits (vocabulary) of what follows a token at a position < block_size.

        Adds the token's keys and values to the cache, which must hold those of
        all positions before.
        """
        weights = self.weights
        embeddings = zip(weights["wte"][token], weights["wpe"][position], strict=True)
        x = rmsnorm([t + p for t, p in embeddings])
        for i in range(self.hyperparameters.n_layer):
            normal = scaled(rmsnorm(x), weights[f"layer{i}.attn_gain"])
            x = add(self._attention(f"layer{i}.", normal, cache.keys[i], cache.values[i]), x)
            normal = scaled(rmsnorm(x), weights[f"layer{i}.mlp_gain"])
            x = add(self._mlp(f"layer{i}.", normal), x)
        return linear(x, weights["lm_head"])

    def _attention(self, layer: str, x: Vector, keys: Matrix, values: Matrix) -> Vector:
        """Each head's mean of the values so far, weighted by how well key and query agree."""
        query = linear(x, self.weights[layer + "attn_wq"])
        keys.append(linear(x, self.weights[layer + "attn_wk"]))
        values.append(linear(x, self.weights[layer + "attn_wv"]))
        head_dim = self.hyperparameters.head_dim
        heads: Vector = []
        for start in range(0, len(x), head_dim):
            head = slice(start, start + head_dim)
            logits = [dot(query[head], key[head]) / head_dim**0.5 for key in keys]
            attention = softmax(logits)
            heads += [dot(attention, [v[j] for v in values]) for j in range(start, head.stop)]
        return linear(heads, self.weights[layer + "attn_wo"])

    def _mlp(self, layer: str, x: Vector) -> Vector:
        """Two linear layers with a GeLU between, on each position alone."""
        hidden = [gelu(value) for value in linear(x, self.weights[layer + "mlp_fc1"])]
        return linear(hidden, self.weights[layer + "mlp_fc2"])


def weight_shapes(
    hyperparameters: Hyperparameters, vocabulary_size: int
) -> dict[str, tuple[int, int]]:
    """(rows, columns) of each weight matrix, by name, in the order in which they are drawn."""
    width = hyperparameters.n_embd
    shapes = {
        "wte": (vocabulary_size, width),
        "wpe": (hyperparameters.block_size, width),
        "lm_head": (vocabulary_size, width),
    }
    for i in range(hyperparameters.n_layer):
        for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo"):
            shapes[f"layer{i}.{name}"] = (width, width)
        shapes[f"layer{i}.mlp_fc1"] = (4 * width, width)
        shapes[f"layer{i}.mlp_fc2"] = (width, 4 * width)
        shapes[f"layer{i}.attn_gain"] = shapes[f"layer{i}.mlp_gain"] = (1, width)
    return shapes


def linear(x: Vector, weight: Matrix) -> Vector:
    """weight · x: (outputs, inputs) times (inputs) gives (outputs)."""
    return [dot(row, x) for row in weight]


def add(a: Vector, b: Vector) -> Vector:
    """a + b, the residual connection."""
    return [i + j for i, j in zip(a, b, strict=True)]


def rmsnorm(x: Vector) -> Vector:
    """x over its root mean square; 1e-5 keeps a vector of zeros finite."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [value * scale for value in x]


def gelu(x: Value) -> Value:
    """x times a share from 0 to 1 that grows with x; within 0.02 of the exact GeLU."""
    return x / ((x * -1.702).exp() + 1)


def scaled(x: Vector, gain: Matrix) -> Vector:
    """x times the gain's only row, which counts from 1: weights begin near 0, factors near 1."""
    return [value * (g + 1) for value, g in zip(x, gain[0], strict=True)]


def softmax(logits: Vector) -> Vector:
    """Probabilities in proportion to e^logit; the maximum is taken off so that none overflows."""
    maximum = max(logit.data for logit in logits)
    exps = [(logit - maximum).exp() for logit in logits]
    whole = total(exps)
    return [value / whole for value in exps]
