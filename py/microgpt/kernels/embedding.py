"""Embedding: a row for the token and a row for the position, added."""

from __future__ import annotations

from microgpt.compiler.language import Floats, Ints, Size, lanes


def embed(
    x: Floats, tokens: Ints, wte: Floats, wpe: Floats, first: int, count: int, width: Size
) -> None:
    """x[t] = wte[token] + wpe[position], for positions from first on."""
    for t in range(count):
        token = tokens[t]
        for i in lanes(0, width, 4):
            x[t * width + i] = wte[token * width + i] + wpe[(first + t) * width + i]


def embed_backward(
    dwte: Floats, dwpe: Floats, tokens: Ints, dx: Floats, count: int, width: Size
) -> None:
    """Adds dx[t] to both rows that x[t] was made of."""
    for t in range(count):
        token = tokens[t]
        for i in lanes(0, width, 4):
            gradient = dx[t * width + i]
            dwte[token * width + i] += gradient
            dwpe[t * width + i] += gradient
