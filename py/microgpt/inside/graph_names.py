"""What the values of a graph are called: by the variables of the algorithm that they go to.

`query[3]`, if `query = linear(...)` made it; where a value goes to no variable, the
expression itself is its name. Weights are named by their matrices. Not about numbers.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from microgpt.inside.recording import Place, Run
from microgpt.inside.source import Spot
from microgpt.inside.weight_names import weight_name
from microgpt.weights import WeightLayout

# Of values that a token has: the functions that are at work, from the outermost on.
_BY_TOKEN = (("document_loss", "softmax"), ("document_loss", "forward", "linear"))


@dataclass(frozen=True)
class Name:
    """What all values have in common that are made at a place.

    Attributes:
        text: a variable, or an expression.
        indexed: whether a run makes several: the elements of a list.
        grows: the list that they are added to, or "".
        one_by_one: whether each run adds one element, which may be a list itself.
        call: the index of the call in whose line the name stands.
    """

    text: str
    indexed: bool
    grows: str
    one_by_one: bool
    call: int


class Names:
    """Names for the values of a graph.

    Args:
        layout: of the weights.
        token_names: by token; "" for BOS.
        tokens: that are read, by position.
        head_dim: to tell a head by where it begins.
    """

    def __init__(
        self, layout: WeightLayout, token_names: list[str], tokens: list[int], head_dim: int
    ) -> None:
        self._layout = layout
        self._token_names = [name or "BOS" for name in token_names]
        self._tokens = tokens
        self._head_dim = head_dim
        self._layers = layout.matrices[-1].layer or 0

    def weight(self, index: int) -> str:
        """As wte[e][3] or layer0.attn_wq[2][7]; of all weights the one at an index."""
        return weight_name(self._layout, self._token_names, index)

    def value(self, place: Place, run: Run, element: int) -> str:
        """As "query[3] of position 2", or, of a constant, as it stands in the source."""
        name = name_at(place)
        text = name.text
        if name.one_by_one:
            text += f"[{run.sizes[name.grows]}]"
        elif name.grows:
            element += run.sizes[name.grows]
        if name.indexed:
            functions = tuple(call.function for call in place.calls)
            text += f"[{self._token_names[element] if functions in _BY_TOKEN else element}]"
        where = self._where(run)
        if name.one_by_one:
            del where["position"]  # which is its index
        return f"{text} of {', '.join(where.values())}" if where else text

    def vector(self, run: Run) -> str:
        """As "position 2, ‘m’, head 1"."""
        where = self._where(run)
        if "position" in where:
            token = self._token_names[self._tokens[run.loops["position"]]]
            where["position"] += f", ‘{token}’" if len(token) == 1 else f", {token}"
        return ", ".join(where.values()) or "all positions"

    def _where(self, run: Run) -> dict[str, str]:
        loops, found = run.loops, {}
        if "position" in loops:
            found["position"] = f"position {loops['position']}"
        if "i" in loops and self._layers:
            found["layer"] = f"layer {loops['i']}"
        if "start" in loops:
            found["head"] = f"head {loops['start'] // self._head_dim}"
        return found


@lru_cache(maxsize=1000)
def name_at(place: Place) -> Name:
    """What is made at a place."""
    last = len(place.calls) - 1
    innermost = place.calls[last]
    indexed = innermost.source.is_element(innermost.node)
    if operand := _operand(place):
        return Name(f"({operand})" if indexed else operand, indexed, "", False, last)
    index, node, parent = _destination(place.calls)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return Name(name, indexed, "", False, index)
        case ast.AugAssign(target=ast.Name(id=name)):
            return Name(name, indexed, name, False, index)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")):
            return Name(name, indexed, name, True, index)
        case ast.Return():
            return Name("loss", indexed, "", False, index)
    parameter = _parameter(place, node, parent)
    if len(parameter) > 1:  # x says nothing
        return Name(parameter, indexed, "", False, index)
    if index < last and isinstance(node, ast.Call):
        function = (
            node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        )
        return Name(f"{function.lstrip('_')}(…)", indexed, "", False, index)
    text = innermost.source.written(innermost.node)
    plain = not indexed or isinstance(innermost.node, ast.Call)
    return Name(text if plain else f"({text})", indexed, "", False, last)


def _destination(calls: tuple[Spot, ...]) -> tuple[int, ast.AST, ast.AST]:
    """Where a value goes to: of which call, what is handed on there, and to what."""
    for index in range(len(calls) - 1, -1, -1):
        source, node = calls[index].source, calls[index].node
        *_, (whole, parent) = source.as_elements(node)
        if not isinstance(parent, ast.Return):  # else to its caller
            break
    return index, whole, parent


def _parameter(place: Place, node: ast.AST, parent: ast.AST) -> str:
    """As what it is given to a function, or ""."""
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and node in parent.args:
        for call in place.calls:
            names = call.source.parameters(parent.func.id)
            if names:
                return names[parent.args.index(node)]
    return ""


def _operand(place: Place) -> str:
    """Of a value that an operator makes of an operand on its way, how that is written; else ""."""
    spot, operation = place.calls[-1], place.operation
    match spot.node:
        case ast.UnaryOp():
            return "-1" if operation == "number" else ""
        case ast.BinOp(op=operator, right=right):
            makes = {ast.Add: "+", ast.Sub: "+", ast.Mult: "·", ast.Div: "·", ast.Pow: "power"}
            if makes.get(type(operator)) == operation:
                return ""
            text = spot.source.written(right)
            if not isinstance(right, ast.Name | ast.Constant | ast.Call):
                text = f"({text})"
            before, after = {ast.Sub: ("-", ""), ast.Div: ("", "**-1")}.get(
                type(operator), ("", "")
            )
            return f"{before}{text}{after}"
    return ""
