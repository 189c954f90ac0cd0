"""Scalar reverse-mode automatic differentiation: one `Value` per number.

A `Value` remembers the values that it was computed from and its derivative
with respect to each; `backward` applies the chain rule from the end of the
computation to its beginning. Nothing here knows about neural networks.

Not about tensors: `dot` and `total` are the only operations on more than two
numbers. A GPT is nearly all dot products, and one node for a whole product and
sum, in place of two nodes a term, makes a training step more than ten times as
fast without changing a digit of any loss. It also keeps the graph shallow: Python
frees a chain of nodes by recursion, for which WebAssembly has little room.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence


class Value:
    """A number, the graph behind it, and d(output)/d(this number)."""

    __slots__ = ("children", "data", "grad", "local_gradients")

    def __init__(
        self,
        data: float,
        children: tuple[Value, ...] = (),
        local_gradients: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.grad = 0.0  # d(output)/d(self), filled by output.backward()
        self.children = children  # what it was computed from
        self.local_gradients = local_gradients  # d(self)/d(child), child by child

    def __add__(self, other: Value | float) -> Value:
        other = _as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = _as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        local_gradient = exponent * self.data ** (exponent - 1)
        return Value(self.data**exponent, (self,), (local_gradient,))

    def exp(self) -> Value:
        """e to the power of this value."""
        data = math.exp(self.data)
        return Value(data, (self,), (data,))

    def log(self) -> Value:
        """The natural logarithm.

        Raises:
            ValueError: this value is not positive.
        """
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Value:
        """max(0, this value)."""
        positive = self.data > 0
        return Value(self.data if positive else 0.0, (self,), (float(positive),))

    def __neg__(self) -> Value:
        return self * -1

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        return self + -other

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1

    def __rtruediv__(self, other: float) -> Value:
        return self**-1 * other

    def __repr__(self) -> str:
        return f"Value(data={self.data!r}, grad={self.grad!r})"

    def backward(self) -> None:
        """Add d(self)/d(v) to `v.grad` for every value v that this one depends on.

        Once for a graph: what lies between self and the parameters keeps its gradient.
        """
        self.grad = 1.0
        for node in reversed(self._topological_order()):
            gradient = node.grad
            for child, local in zip(node.children, node.local_gradients, strict=True):
                child.grad += local * gradient

    def _topological_order(self) -> list[Value]:
        """Every computed value behind this one, children before parents.

        Depth first, and with a stack of its own: a GPT's graph is thousands of
        nodes deep, and Python's call stack, WebAssembly's above all, is not.
        Values that were not computed (parameters, constants) pass nothing on,
        so they are left out.
        """
        order: list[Value] = []
        visited = {self}
        stack: list[tuple[Value, Iterator[Value]]] = [(self, iter(self.children))]
        while stack:
            node, children = stack[-1]
            for child in children:
                if child.children and child not in visited:
                    visited.add(child)
                    stack.append((child, iter(child.children)))
                    break
            else:
                order.append(node)
                stack.pop()
        return order


def dot(left: Sequence[Value], right: Sequence[Value]) -> Value:
    """The sum of left[i] * right[i], added from the first to the last, as one node.

    Both sequences have the same length, at least 1.
    """
    left_data = [value.data for value in left]
    right_data = [value.data for value in right]
    total = 0.0
    # Not sum(): since Python 3.12 it rounds otherwise than a chain of additions.
    for a, b in zip(left_data, right_data, strict=True):
        total += a * b
    return Value(total, (*left, *right), (*right_data, *left_data))


def total(values: Sequence[Value]) -> Value:
    """The sum of at least one value, added from the first to the last, as one node."""
    result = 0.0
    for value in values:
        result += value.data
    return Value(result, tuple(values), (1.0,) * len(values))


def _as_value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)
