"""The graph of a line's loss, as the algorithm itself makes it: what autograd goes back through.

Grouped by the lines of Python that made its values, opened step by step, never told whole.
Not about how that is recorded (`recording`), about names (`graph_names`), or about proofs of
its gradients (`graph_proof`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from microgpt.engines.engine import NO_PROBABILITIES
from microgpt.errors import DivergedError, SamplingError
from microgpt.gpt.autograd import Value
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import PythonStream
from microgpt.inside.graph_names import Names, name_at
from microgpt.inside.graph_proof import Forward, prove
from microgpt.inside.recording import Place, Run, record
from microgpt.inside.reports import (
    CodeLine,
    Graph,
    GraphGroup,
    GraphNode,
    GraphUse,
    GraphValue,
    GraphVector,
    PathStep,
    Proof,
    Term,
)
from microgpt.inside.subject import Subject

MOST_EDGES = 400_000  # some ten times those of a name at the defaults
_MOST_USERS = 200  # that are told of
_SHOWN = 3  # terms of a formula


class LossGraph:
    """A line's loss, and all values that it was computed from.

    Args:
        subject: the model.
        line: of which it reads as much as it can.

    Raises:
        DivergedError: the loss can't be computed.
        SamplingError: a character is unknown, or the graph would be too large.
    """

    def __init__(self, subject: Subject, line: str) -> None:
        tokens = subject.tokens(line)
        model = subject.model
        _check_size(model.hyperparameters, model.vocabulary.size, len(tokens) - 1)
        self._line = model.vocabulary.decode([t for t in tokens if t != model.vocabulary.bos])
        self._forward = Forward(_scalar(subject), tokens)
        try:
            self._made = record(self._forward.model, tokens)
            self._made.loss.backward()
        except (ArithmeticError, ValueError):
            raise DivergedError(NO_PROBABILITIES) from None
        if not math.isfinite(self._made.loss.data):
            raise DivergedError(NO_PROBABILITIES)
        names = subject.token_names
        head_dim = model.hyperparameters.head_dim
        self._names = Names(subject.layout, names, tokens[:-1], head_dim)
        parameters = self._forward.model.parameters
        self._ids = {value: -1 - index for index, value in enumerate(parameters)}
        self._ids |= {value: number for number, value in enumerate(self._made.values)}
        self._users = _users(self._made.values)
        self._groups: list[list[int]] = [
            [] for _ in range(1 + max(p.line for p in self._made.known))
        ]
        for number in self._computed():
            self._groups[self._place(number).line].append(number)

    def report(self) -> Graph:
        """The whole in brief."""
        values, used = self._made.values, self._users
        computed = sum(1 for value in values if value.children)
        kept = sum(map(len, self._groups))
        return Graph(
            line=self._line,
            loss=self._made.loss.data,
            values=kept,
            edges=sum(len(users) for users in used.values()),
            weights=sum(1 for value in used if self._ids[value] < 0),
            numbers=sum(1 for value in used if self._is_constant(value)),
            unused=computed - kept,
            groups=[self._group(index) for index in range(len(self._groups))],
        )

    def vectors(self, group: int) -> list[GraphVector]:
        """What a group holds.

        Raises:
            SamplingError: there is no such group.
        """
        if not 0 <= group < len(self._groups):
            raise SamplingError(f"The graph has no group {group}.")
        return [
            GraphVector(
                index=index,
                name=self._names.vector(self._run(ids[0])),
                makes=name_at(self._place(ids[0])).text,
                operation=self._place(ids[0]).operation,
                elements=[self._made.element(number) for number in ids],
                values=[self._node(self._made.values[number]) for number in ids],
            )
            for index, ids in enumerate(self._vectors(group))
        ]

    def value(self, number: int) -> GraphValue:
        """All about a value.

        Raises:
            SamplingError: there is no such value.
        """
        value = self._find(number)
        users = [self._use(value, user) for user in dict.fromkeys(self._users.get(value, ()))]
        users.sort(key=lambda use: (-abs(use["passes"]), use["node"]["id"]))
        group = self._place(number).line if number >= 0 else None
        vectors = self._vectors(group) if group is not None and value.children else []
        return GraphValue(
            node=self._node(value),
            operation=self._operation(value),
            formula=_formula(self._operation(value), value),
            calls=[call.line for call in self._place(number).calls] if number >= 0 else [],
            group=group,
            vector=next((index for index, ids in enumerate(vectors) if number in ids), None),
            terms=list(self._terms(value)),
            users=users[:_MOST_USERS],
            users_count=len(users),
        )

    def path(self, number: int) -> list[PathStep]:
        """From a weight through a value to the loss.

        Always to the user that passes most of the gradient back, and from the child that
        the value changes most with.

        Raises:
            SamplingError: there is no such value.
        """
        value = self._find(number)
        way = [value]
        while child := self._steepest(way[0]):
            way.insert(0, child)
        while users := self._users.get(way[-1]):
            uses = [self._use(way[-1], user) for user in dict.fromkeys(users)]
            most = max(uses, key=lambda use: abs(use["passes"]))
            way.append(self._made.values[most["node"]["id"]])
        locals_ = [1.0, *(_local(value, child) for child, value in pairwise(way))]
        return [self._step(value, local) for value, local in zip(way, locals_, strict=True)]

    def proof(self, number: int) -> Proof:
        """The gradient of a value, held to a finite difference.

        Raises:
            SamplingError: there is no such value.
        """
        value = self._find(number)
        relus = [i for group in self._groups for i in group if self._place(i).operation == "relu"]
        return prove(self._forward, number, value, self._made.values, relus)

    def _computed(self) -> Iterator[int]:
        """The values that the loss depends on, without weights and constants."""
        for number, value in enumerate(self._made.values):
            if value.children and (value in self._users or value is self._made.loss):
                yield number

    def _find(self, number: int) -> Value:
        values, parameters = self._made.values, self._forward.model.parameters
        if -len(parameters) <= number < len(values):
            value = values[number] if number >= 0 else parameters[-1 - number]
            if value in self._users or value is self._made.loss:
                return value
        raise SamplingError(f"The graph has no value {number}: another line is looked at now.")

    def _place(self, number: int) -> Place:
        return self._made.known[self._made.places[number]]

    def _run(self, number: int) -> Run:
        return self._made.all_runs[self._made.run(number)]

    def _is_constant(self, value: Value) -> bool:
        return not value.children and self._ids[value] >= 0

    def _operation(self, value: Value) -> str:
        number = self._ids[value]
        return "weight" if number < 0 else self._place(number).operation

    def _node(self, value: Value) -> GraphNode:
        number = self._ids[value]
        if number < 0:
            name = self._names.weight(-1 - number)
        else:
            name = self._names.value(
                self._place(number), self._run(number), self._made.element(number)
            )
        return GraphNode(id=number, name=name, data=value.data, gradient=value.grad)

    def _group(self, index: int) -> GraphGroup:
        ids = self._groups[index]
        places = dict.fromkeys(self._made.places[number] for number in ids)
        last = self._made.known[max(places)]
        return GraphGroup(
            index=index,
            name=name_at(last).text,
            calls=[call.line for call in last.calls],
            telling=name_at(last).call,
            operations=list(dict.fromkeys(self._made.known[place].operation for place in places)),
            values=len(ids),
            edges=sum(len(self._made.values[number].children) for number in ids),
            vectors=len(self._vectors(index)),
        )

    def _vectors(self, group: int) -> list[list[int]]:
        """The values of each run at each place, in the order of their first."""
        found: dict[tuple[int, int], list[int]] = {}
        for number in self._groups[group]:
            found.setdefault((self._made.run(number), self._made.places[number]), []).append(number)
        return list(found.values())

    def _use(self, value: Value, user: int) -> GraphUse:
        node = self._made.values[user]
        local = _local(node, value)
        return GraphUse(node=self._node(node), local=local, passes=local * node.grad)

    def _terms(self, value: Value) -> Iterator[Term]:
        children, locals_ = value.children, value.local_gradients
        if self._operation(value) in ("dot", "·"):
            half = len(children) // 2
            for left, right in zip(children[:half], children[half:], strict=True):
                yield Term(
                    left=self._node(left),
                    right=self._node(right),
                    local=right.data,
                    data=left.data * right.data,
                )
            return
        for child, local in zip(children, locals_, strict=True):
            yield Term(left=self._node(child), right=None, local=local, data=child.data)

    def _steepest(self, value: Value) -> Value | None:
        """The child that a value changes most with; None of a weight or a constant."""
        children = [c for c in dict.fromkeys(value.children) if not self._is_constant(c)]
        return max(children, key=lambda child: abs(_local(value, child)), default=None)

    def _step(self, value: Value, local: float) -> PathStep:
        number = self._ids[value]
        line: CodeLine | None = None
        if number >= 0:
            place = self._place(number)
            line = place.calls[name_at(place).call].line
        return PathStep(
            node=self._node(value), operation=self._operation(value), local=local, line=line
        )


def count_edges(hyperparameters: Hyperparameters, vocabulary_size: int, positions: int) -> int:
    """How many edges the graph of a loss over so many positions has, before it is made."""
    h, width, pairs = hyperparameters, hyperparameters.n_embd, positions * (positions + 1) // 2
    norm = 4 * width + 5
    layer = 2 * norm + 24 * width**2 + 8 * width
    attention = 4 * width + 9 * h.n_head  # of a position to another
    loss = (2 * width + 4) * vocabulary_size + 7
    each = 2 * width + norm + h.n_layer * layer + loss
    return positions * each + pairs * h.n_layer * attention + 2


def _check_size(hyperparameters: Hyperparameters, vocabulary_size: int, positions: int) -> None:
    edges = count_edges(hyperparameters, vocabulary_size, positions)
    if edges <= MOST_EDGES:
        return
    most = f"has {edges:,} edges; up to {MOST_EDGES:,} can be looked into"
    if count_edges(hyperparameters, vocabulary_size, 1) > MOST_EDGES:  # whichever the line is
        raise SamplingError(f"The graph of a loss of this model {most}. Train a smaller model.")
    raise SamplingError(f"The graph of this line's loss {most}. Take a shorter line.", field="text")


class _Zeros(PythonStream):
    """For weights that are set afterwards."""

    def gauss(self, mean: float, standard_deviation: float) -> float:
        return mean + 0 * standard_deviation


def _scalar(subject: Subject) -> Model:
    """The model as the algorithm has it: a Value for each weight."""
    of = subject.model
    model = Model(of.hyperparameters, of.vocabulary.size, _Zeros(0))
    for parameter, weight in zip(model.parameters, subject.weights, strict=True):
        parameter.data = weight
    return model


def _users(values: list[Value]) -> dict[Value, list[int]]:
    """Of each value behind the last one the numbers of those made of it, once for each edge."""
    users: dict[Value, list[int]] = {}
    last = len(values) - 1
    for number in range(last, -1, -1):
        value = values[number]
        if value in users or number == last:
            for child in value.children:
                users.setdefault(child, []).append(number)
    return users


def _local(value: Value, child: Value) -> float:
    """d(value)/d(child), also of one that it was made of twice."""
    pairs = zip(value.children, value.local_gradients, strict=True)
    return sum(local for other, local in pairs if other is child)


def _formula(operation: str, value: Value) -> str:
    """How a value was computed, with the numbers, in four figures."""
    numbers = [child.data for child in value.children]
    match operation:
        case "dot":
            half = len(numbers) // 2
            pairs = zip(numbers[:half], numbers[half:], strict=True)
            made = _sum([f"{_figures(a)} · {_figures(b, closed=True)}" for a, b in pairs])
        case "sum" | "+":
            made = _sum([_figures(number) for number in numbers])
        case "·":
            made = f"{_figures(numbers[0])} · {_figures(numbers[1], closed=True)}"
        case "power":
            made = f"{_figures(numbers[0])}^{_figures(_exponent(value), closed=True)}"
        case "exp":
            made = f"e^{_figures(numbers[0], closed=True)}"
        case "log":
            made = f"ln {_figures(numbers[0])}"
        case "relu":
            made = f"max(0, {_figures(numbers[0])})"
        case _:
            return ""
    return f"{made} = {_figures(value.data)}"


def _sum(terms: list[str]) -> str:
    if len(terms) > _SHOWN + 1:
        return f"{_sum(terms[:_SHOWN])} + … ({len(terms)} terms)"
    rest = [f"({term})" if term.startswith("−") else term for term in terms[1:]]
    return " + ".join([*terms[:1], *rest])


def _exponent(power: Value) -> float:
    """By which a value was raised: of x^n = y, dy/dx · x / y."""
    (base,), (local,) = power.children, power.local_gradients
    return round(local * base.data / power.data, 9)


def _figures(number: float, *, closed: bool = False) -> str:
    text = f"{number:.4g}".replace("-", "−")
    return f"({text})" if closed and number < 0 else text
