"""The same model in PyTorch, on one thread: what `compiled` stands beside.

Eager, with PyTorch's own attention and fused Adam, as one would write it; on random tokens,
because only time is measured.
"""

from __future__ import annotations

import importlib
import statistics
import time
from typing import Any

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.weights import weight_layout


class Model:
    """Weights by their names, and the step that trains them."""

    def __init__(self, h: Hyperparameters, vocabulary_size: int, bits: int) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.h = h
        kind = self.torch.float64 if bits == 64 else self.torch.float32
        self.weights = {
            matrix.full_name: (self.torch.randn(matrix.rows, matrix.columns, dtype=kind) * 0.02)
            for matrix in weight_layout(h, vocabulary_size).matrices
        }
        for weight in self.weights.values():
            weight.requires_grad_()
        self.adam = self.torch.optim.Adam(self.weights.values(), lr=1e-4, fused=True)
        size = h.batch_size, h.block_size + 1
        self.tokens = self.torch.randint(vocabulary_size, size)

    def step(self) -> None:
        functional, tokens = self.torch.nn.functional, self.tokens
        logits = self.logits(tokens[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()

    def logits(self, tokens: Any) -> Any:
        functional, w = self.torch.nn.functional, self.weights
        x = self.normal(w["wte"][tokens] + w["wpe"])
        for layer in range(self.h.n_layer):
            name = f"layer{layer}."
            normal = self.normal(x)
            qkv = [functional.linear(normal, w[f"{name}attn_w{letter}"]) for letter in "qkv"]
            q, k, v = (each.unflatten(-1, (self.h.n_head, -1)).transpose(1, 2) for each in qkv)
            found = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + functional.linear(found.transpose(1, 2).flatten(-2), w[name + "attn_wo"])
            hidden = functional.linear(self.normal(x), w[name + "mlp_fc1"]).relu()
            x = x + functional.linear(hidden, w[name + "mlp_fc2"])
        return functional.linear(x, w["lm_head"])

    def normal(self, x: Any) -> Any:
        return self.torch.nn.functional.rms_norm(x, (self.h.n_embd,), eps=1e-5)


def step(h: Hyperparameters, vocabulary_size: int, bits: int, seconds: float) -> float:
    """Median seconds of a step."""
    model = Model(h, vocabulary_size, bits)
    threads = model.torch.get_num_threads()
    model.torch.set_num_threads(1)
    model.step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        model.step()
        times.append(time.perf_counter() - begin)
    model.torch.set_num_threads(threads)
    return statistics.median(times)
