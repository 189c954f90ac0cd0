"""A trained model as ONNX: its forward pass as a graph of operations, with its weights.

What onnxruntime runs, in a browser too. Tokens of some documents go in, (documents, positions)
with at most block_size positions, and the logits of what follows each come out, in float32. The
matrices have the names and shapes that they have in `gpt.model`. The package of that name is not
used because this one has no run-time dependency; tests hold each graph to its checker and to
onnxruntime. Not about the card that goes with it: see `card`.

Numbers of fields and types: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

from __future__ import annotations

import dataclasses
import json
import sys
from array import array
from collections.abc import Sequence
from typing import Any

from microgpt.sharing import protobuf
from microgpt.sharing.saved import SavedModel
from microgpt.weights import weight_layout

OPSET = 17  # of 2022; onnxruntime and onnxruntime-web run it, from 1.12 on
_IR_VERSION = 8  # of the file format, of the same year
_FLOAT, _INT64 = 1, 7  # types of a tensor's numbers
_INT, _INTS = 2, 7  # types of an attribute
_LOWEST = -3.4e38  # in place of minus infinity, which not every GPU likes; e^this is 0 as well
_EPSILON = 1e-5  # as in `gpt.model.rmsnorm`


def write(model: SavedModel) -> bytes:
    """The file of a model."""
    graph = _Graph()
    _forward(graph, model)
    metadata = {
        "microgpt.vocabulary": model.characters,  # by its token; after the last comes BOS
        "microgpt.hyperparameters": json.dumps(dataclasses.asdict(model.hyperparameters)),
        "microgpt.provenance": str(model.provenance),
    }
    return b"".join(
        [
            protobuf.number(1, _IR_VERSION),
            protobuf.text(2, "microgpt"),
            protobuf.data(8, protobuf.number(2, OPSET)),
            protobuf.data(7, *graph.parts("microgpt", model)),
            *(
                protobuf.data(14, protobuf.text(1, key), protobuf.text(2, value))
                for key, value in metadata.items()
            ),
        ]
    )


class _Graph:
    """Operations, one after the other, and the constants that they begin with."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def add(self, operation: str, *inputs: str, to: str, **attributes: int | Sequence[int]) -> str:
        """An operation; the name of what comes out of it."""
        fields = [protobuf.text(1, name) for name in inputs]
        fields += [protobuf.text(2, to), protobuf.text(3, to), protobuf.text(4, operation)]
        fields += [protobuf.data(5, _attribute(*item)) for item in attributes.items()]
        self._nodes.append(protobuf.data(1, *fields))
        return to

    def floats(self, name: str, shape: Sequence[int], numbers: Sequence[float]) -> str:
        """A constant of float32; its name."""
        return self._constant(name, _FLOAT, shape, array("f", numbers))

    def integers(self, name: str, numbers: Sequence[int]) -> str:
        """A constant list of int64; its name."""
        return self._constant(name, _INT64, [len(numbers)], array("q", numbers))

    def integer(self, name: str, number: int) -> str:
        """A constant of int64; its name."""
        return self._constant(name, _INT64, [], array("q", [number]))

    def _constant(self, name: str, type_: int, shape: Sequence[int], numbers: array[Any]) -> str:
        if sys.byteorder == "big":
            numbers.byteswap()
        self._constants[name] = protobuf.data(
            5,
            protobuf.numbers(1, shape),
            protobuf.number(2, type_),
            protobuf.text(8, name),
            protobuf.data(9, numbers.tobytes()),
        )
        return name

    def parts(self, name: str, model: SavedModel) -> list[bytes]:
        """The fields of the graph, from tokens to logits."""
        said = "documents", "positions"  # of any number
        logits = *said, len(model.characters) + 1
        return [
            *self._nodes,
            protobuf.text(2, name),
            *self._constants.values(),
            protobuf.text(10, f"A GPT of microgpt: {model.provenance}"),
            protobuf.data(11, _value("tokens", _INT64, said)),
            protobuf.data(12, _value("logits", _FLOAT, logits)),
        ]


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        kind, coded = _INT, protobuf.number(3, value)
    else:
        kind, coded = _INTS, protobuf.numbers(8, value)
    return protobuf.text(1, name) + coded + protobuf.number(20, kind)


def _value(name: str, type_: int, shape: Sequence[int | str]) -> bytes:
    """What goes in or comes out: its name, type, and shape, in which a name stands for any size."""
    sizes = (
        protobuf.text(2, size) if isinstance(size, str) else protobuf.number(1, size)
        for size in shape
    )
    dimensions = protobuf.data(2, *(protobuf.data(1, size) for size in sizes))
    tensor = protobuf.number(1, type_) + dimensions
    return protobuf.text(1, name) + protobuf.data(2, protobuf.data(1, tensor))


# --- the model's own operations ------------------------------------------------------------


def _forward(graph: _Graph, model: SavedModel) -> None:
    """As `gpt.model.Model.forward`, for all positions of all documents at once."""
    h = model.hyperparameters
    for matrix in weight_layout(h, len(model.characters) + 1).matrices:
        numbers = model.weights[matrix.offset : matrix.end]
        graph.floats(matrix.full_name, matrix.shape, numbers)
    graph.floats("epsilon", [], [_EPSILON])
    graph.floats("lowest", [], [_LOWEST])
    graph.floats("scale", [], [h.head_dim**-0.5])
    graph.integers("by_head", [0, 0, h.n_head, h.head_dim])  # 0: as it was
    graph.integers("by_position", [0, 0, h.n_embd])
    later = _positions(graph)
    places = graph.add("Gather", "wpe", "positions", to="wpe.rows")
    tokens = graph.add("Gather", "wte", "tokens", to="wte.rows")
    x = _norm(graph, graph.add("Add", tokens, places, to="embedded"), "stream0")
    for i in range(h.n_layer):
        x = _attention(graph, f"layer{i}.", x, later)
        x = _mlp(graph, f"layer{i}.", x)
    _linear(graph, x, "lm_head", to="logits")


def _positions(graph: _Graph) -> str:
    """Makes `positions`; gives (position, other): whether the other one comes after it."""
    for value in (0, 1):
        graph.integer(f"number{value}", value)
        graph.integers(f"axis{value}", [value])
    shape = graph.add("Shape", "tokens", to="tokens.shape")
    length = graph.add("Gather", shape, "number1", to="length")
    positions = graph.add("Range", "number0", length, "number1", to="positions")
    row = graph.add("Unsqueeze", positions, "axis0", to="positions.row")
    column = graph.add("Unsqueeze", positions, "axis1", to="positions.column")
    return graph.add("Greater", row, column, to="later")


def _linear(graph: _Graph, x: str, matrix: str, to: str) -> str:
    """As `gpt.model.linear`. Whoever runs the graph turns the matrix round once, at its start."""
    turned = graph.add("Transpose", matrix, to=f"{matrix}.turned", perm=[1, 0])
    return graph.add("MatMul", x, turned, to=to)


def _norm(graph: _Graph, x: str, to: str) -> str:
    """As `gpt.model.rmsnorm`."""
    squares = graph.add("Mul", x, x, to=f"{to}.squares")
    mean = graph.add("ReduceMean", squares, to=f"{to}.mean", axes=[2], keepdims=1)
    sum_ = graph.add("Add", mean, "epsilon", to=f"{to}.mean_and_epsilon")
    root = graph.add("Sqrt", sum_, to=f"{to}.root")
    return graph.add("Div", x, root, to=to)


def _attention(graph: _Graph, layer: str, x: str, later: str) -> str:
    normed = _norm(graph, x, f"{layer}attn_norm")

    def split(matrix: str, perm: list[int]) -> str:
        name = layer + matrix
        flat = _linear(graph, normed, name, to=f"{name}.flat")
        heads = graph.add("Reshape", flat, "by_head", to=f"{name}.split")
        return graph.add("Transpose", heads, to=f"{name}.heads", perm=perm)

    query = split("attn_wq", [0, 2, 1, 3])
    keys = split("attn_wk", [0, 2, 3, 1])  # turned round, for the product
    values = split("attn_wv", [0, 2, 1, 3])
    product = graph.add("MatMul", query, keys, to=f"{layer}product")
    scaled = graph.add("Mul", product, "scale", to=f"{layer}agreement")
    seen = graph.add("Where", later, "lowest", scaled, to=f"{layer}seen")
    weights = graph.add("Softmax", seen, to=f"{layer}attention", axis=3)
    found = graph.add("MatMul", weights, values, to=f"{layer}found")
    together = graph.add("Transpose", found, to=f"{layer}found_by_position", perm=[0, 2, 1, 3])
    flat = graph.add("Reshape", together, "by_position", to=f"{layer}found_flat")
    out = _linear(graph, flat, f"{layer}attn_wo", to=f"{layer}attn_out")
    return graph.add("Add", out, x, to=f"{layer}after_attention")


def _mlp(graph: _Graph, layer: str, x: str) -> str:
    normed = _norm(graph, x, f"{layer}mlp_norm")
    hidden = _linear(graph, normed, f"{layer}mlp_fc1", to=f"{layer}mlp_hidden")
    out = _linear(
        graph,
        graph.add("Relu", hidden, to=f"{layer}mlp_relu"),
        f"{layer}mlp_fc2",
        to=f"{layer}mlp_out",
    )
    return graph.add("Add", out, x, to=f"{layer}after_mlp")
