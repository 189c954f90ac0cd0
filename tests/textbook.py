"""The algorithm once more, as a textbook has it: an oracle for the package.

One graph node for each addition and multiplication, plain recursion, one
function; it shares no line with the package. On names.txt at the defaults it
gives the losses of the Python original to the last digit.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator


class Node:
    def __init__(self, data: float, children: tuple[Node, ...] = (), local: tuple[float, ...] = ()):
        self.data, self.grad, self.children, self.local = data, 0.0, children, local

    def __add__(self, other: Node) -> Node:
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Node) -> Node:
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def scaled(self, factor: float) -> Node:
        return self * Node(factor)

    def power(self, e: float) -> Node:
        return Node(self.data**e, (self,), (e * self.data ** (e - 1),))

    def exp(self) -> Node:
        return Node(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self) -> Node:
        return Node(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Node:
        return Node(max(0.0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def backward(self) -> None:
        order: list[Node] = []
        seen: set[int] = set()

        def visit(node: Node) -> None:
            if id(node) not in seen:
                seen.add(id(node))
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, local in zip(node.children, node.local, strict=True):
                child.grad += local * node.grad


def total(nodes: list[Node]) -> Node:
    result = Node(0.0)
    for node in nodes:
        result = result + node
    return result


def product(w: list[list[Node]], x: list[Node]) -> list[Node]:
    return [total([wi * xi for wi, xi in zip(row, x, strict=True)]) for row in w]


def softmax(x: list[Node]) -> list[Node]:
    top = max(node.data for node in x)
    exps = [(node + Node(-top)).exp() for node in x]
    whole = total(exps)
    return [e * whole.power(-1) for e in exps]


def norm(x: list[Node]) -> list[Node]:
    scale = (total([a * a for a in x]).scaled(1 / len(x)) + Node(1e-5)).power(-0.5)
    return [a * scale for a in x]


def losses(
    documents: list[str],
    steps: int,
    *,
    plan: int = 1000,
    n_layer: int = 1,
    n_embd: int = 16,
    n_head: int = 4,
    block_size: int = 16,
    seed: int = 42,
    learning_rate: float = 0.01,
    warmup: int = 0,
    weight_decay: float = 0.0,
    beta1: float = 0.85,
    beta2: float = 0.99,
    epsilon: float = 1e-8,
    init_std: float = 0.08,
) -> Iterator[float]:
    """The losses of the first steps of a plan."""
    draw = random.Random(seed)
    documents = list(documents)
    draw.shuffle(documents)
    characters = sorted(set("".join(documents)))
    bos = len(characters)

    def matrix(rows: int, columns: int) -> list[list[Node]]:
        return [[Node(draw.gauss(0, init_std)) for _ in range(columns)] for _ in range(rows)]

    wte, wpe, head = (matrix(n, n_embd) for n in (bos + 1, block_size, bos + 1))
    shapes = [(n_embd, n_embd)] * 4 + [(4 * n_embd, n_embd), (n_embd, 4 * n_embd)]
    layers = [[matrix(*shape) for shape in shapes] for _ in range(n_layer)]
    everything = [wte, wpe, head, *(m for layer in layers for m in layer)]
    parameters = [p for m in everything for row in m for p in row]
    first = [0.0] * len(parameters)
    second = [0.0] * len(parameters)
    d = n_embd // n_head
    shrink = (d**0.5) ** -1  # and not d**-0.5, whose last digit can be another
    for step in range(steps):
        document = documents[step % len(documents)]
        tokens = [bos, *map(characters.index, document), bos]
        n = min(block_size, len(tokens) - 1)
        keys: list[list[list[Node]]] = [[] for _ in layers]
        values: list[list[list[Node]]] = [[] for _ in layers]
        surprises = []
        for t in range(n):
            x = norm([a + b for a, b in zip(wte[tokens[t]], wpe[t], strict=True)])
            for (wq, wk, wv, wo, fc1, fc2), ks, vs in zip(layers, keys, values, strict=True):
                y = norm(x)
                q = product(wq, y)
                ks.append(product(wk, y))
                vs.append(product(wv, y))
                mixed: list[Node] = []
                for h in range(0, n_embd, d):
                    scores = [
                        total([q[i] * k[i] for i in range(h, h + d)]).scaled(shrink) for k in ks
                    ]
                    weights = softmax(scores)
                    mixed += [
                        total([w * v[i] for w, v in zip(weights, vs, strict=True)])
                        for i in range(h, h + d)
                    ]
                x = [a + b for a, b in zip(product(wo, mixed), x, strict=True)]
                hidden = [a.relu() for a in product(fc1, norm(x))]
                x = [a + b for a, b in zip(product(fc2, hidden), x, strict=True)]
            surprises.append(softmax(product(head, x))[tokens[t + 1]].log().scaled(-1))
        loss = total(surprises).scaled(1 / n)
        loss.backward()
        yield loss.data
        risen = (step + 1) / (warmup + 1)
        rate = learning_rate * (risen if risen < 1 - step / plan else 1 - step / plan)
        for i, p in enumerate(parameters):
            first[i] = beta1 * first[i] + (1 - beta1) * p.grad
            second[i] = beta2 * second[i] + (1 - beta2) * p.grad**2
            mean = first[i] / (1 - beta1 ** (step + 1))
            square = second[i] / (1 - beta2 ** (step + 1))
            p.data *= 1 - rate * weight_decay
            p.data -= rate * mean / (square**0.5 + epsilon)
            p.grad = 0.0
