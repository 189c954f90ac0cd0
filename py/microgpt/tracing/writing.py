"""From loops to kernels: forward pass, loss and backward pass as Python of the kernel language.

A line of the pattern becomes a few lines of Python that run as they stand, and that `compiler`
translates. Which loop's rounds become the lanes of vectors follows from what lies side by side.
Not about which loops there are: see `rolling`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microgpt.tracing.recording import (
    CONSTANT,
    LOOKED_UP,
    POSITION,
    VALUE,
    TraceError,
)
from microgpt.tracing.rolling import Growing, Loop, Number, Operand, Pattern

_CHUNK = 12  # loops in a function: the compiler is slow with long ones
_SIDE_BY_SIDE = 4  # rounds that are computed together


@dataclass(frozen=True)
class Places:
    """Where everything lies in the memory, in floats.

    Attributes:
        weights: the first of them.
        columns: of each weight matrix, by where it ends, in order.
        to_gradient: from a weight to its gradient.
        constants: the first of them.
        values: the first, at position 0; `stride` from position to position.
        to_value_gradient: from a value to its gradient.
        logits, logits_width: rows that come out.
    """

    weights: int
    columns: Sequence[tuple[int, int]]
    to_gradient: int
    constants: int
    values: int
    stride: int
    to_value_gradient: int
    logits: int
    logits_width: int


def source(patterns: Sequence[Pattern], places: Places, vocabulary: int) -> str:
    """The module's text, with kernels `forward`, `learn`, `document_loss`, `transpose_weights`.

    Args:
        patterns: of one stretch of positions after the other, each of three parts: what each
            position computes for its logits, what it does for the loss, and what the last one
            does for it. The results of each are the logits and the loss.
        places: where everything lies.
        vocabulary: how many logits there are.
    """
    writer = _Writer(places)
    functions: list[tuple[str, list[str]]] = []
    # Of each part, the lines that call its functions, by pattern.
    ahead: list[list[list[str]]] = [[], [], []]
    back: list[list[list[str]]] = [[], [], []]
    for part, name in enumerate(("logits", "losses", "whole")):
        for number, pattern in enumerate(patterns):
            loops = pattern.parts[part]
            made = _functions(f"{name}_{number}", [writer.forward(loop) for loop in loops])
            pieces = [writer.backward(loop) for loop in reversed(loops)]
            made_back = _functions(f"{name}_back_{number}", pieces)
            functions += [*made, *made_back]
            ahead[part].append(_calls(made))
            back[part].append(_calls(made_back))
    losses = [pattern.results[1] for pattern in patterns]
    share = [[f"{writer.gradient(loss)} += share"] for loss in losses]
    results = [[f"loss = {writer.text(loss)}"] for loss in losses]
    logits = [
        [
            *calls,
            f"for k in range({vocabulary}):",
            f"    memory[{places.logits} + t * {places.logits_width} + k] = "
            + writer.text(pattern.results[0], by_term="k"),
        ]
        for calls, pattern in zip(ahead[0], patterns, strict=True)
    ]

    def each(lines: list[list[str]]) -> list[str]:
        return _indented(_indented(_by_position(patterns, lines)))

    lines = [
        HEADER,
        *(line for _, body in functions for line in (*body, "", "")),
        "def forward(",
        "    tokens: Ints, first: int, count: int, memory: Floats, layout: Layout",
        ") -> None:",
        "    for t in range(first, first + count):",
        "        token = tokens[t - first]",
        *each(logits),
        "",
        "",
        "def document_loss(tokens: Ints, count: int, memory: Floats, layout: Layout) -> float:",
        "    forward(tokens, 0, count, memory, layout)",
        "    loss = 0.0",
        "    for t in range(count):",
        "        token = tokens[t + 1]",
        *each(ahead[1]),
        "    for t in range(count - 1, count):",
        "        token = tokens[count]",
        *each(ahead[2]),
        *each(results),
        "    return loss",
        "",
        "",
        "def learn(",
        "    tokens: Ints, count: int, share: float, memory: Floats, layout: Layout",
        ") -> float:",
        "    loss = document_loss(tokens, count, memory, layout)",
        f"    for i in lanes(0, count * {places.stride}, 4):",
        f"        memory[{places.values + places.to_value_gradient} + i] = 0.0",
        "    for t in range(count - 1, count):",
        "        token = tokens[count]",
        *each(share),
        *each(back[2]),
        "    for u in range(count):",
        "        t = count - 1 - u",
        "        token = tokens[t + 1]",
        *each(back[1]),
        "        token = tokens[t]",
        *each(back[0]),
        "    return loss",
        "",
        "",
        "def transpose_weights(memory: Floats, layout: Layout) -> None:",
        "    pass",
        "",
    ]
    return "\n".join(lines)


def _by_position(patterns: Sequence[Pattern], lines: Sequence[list[str]]) -> list[str]:
    """What is done at a position, in which stretch it may be."""
    first, *others = lines
    if not others:
        return first
    rest = _by_position(patterns[1:], others)
    return [
        f"if t < {patterns[0].end}:",
        *_indented(first),
        "else:",
        *_indented(rest),
    ]


def _calls(functions: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Lines that call them for a position and a token that they may look up."""
    return [f"{name}(token, t, memory)" for name, _ in functions] or ["pass"]


def _functions(kind: str, pieces: Sequence[list[str]]) -> list[tuple[str, list[str]]]:
    """Functions of a few loops each, with their names."""
    made = []
    for first in range(0, len(pieces), _CHUNK):
        name = f"{kind}_{first // _CHUNK}"
        body = [line for piece in pieces[first : first + _CHUNK] for line in piece]
        head = f"def {name}(token: int, t: int, memory: Floats) -> None:"
        made.append((name, [head, *_indented(body or ["pass"])]))
    return made


HEADER = '''"""Made from a recording: see microgpt.tracing."""
from math import sqrt
from microgpt.compiler.language import Floats, Ints, lanes, rows
from microgpt.kernels.exp_log import exp, log


class Layout:
    """Any."""


def tanh(x: float) -> float:
    size = max(x, 0.0 - x)
    power = exp(size * -2.0)  # which is never too large
    found = (1.0 - power) / (1.0 + power)
    return found if x > 0.0 else 0.0 - found


'''


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class _Writer:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._sums = 0

    # --- where a number lies ---

    def text(self, operand: Operand, by_round: str = "", by_term: str = "") -> str:
        """A number as the kernels name it."""
        return f"memory[{self._address(operand, by_round, by_term)}]"

    def gradient(self, operand: Operand, by_round: str = "", by_term: str = "") -> str:
        """Its gradient; of a weight or a value."""
        is_weight = operand.first < VALUE // 2
        places = self._places
        to_gradient = places.to_gradient if is_weight else places.to_value_gradient
        return f"memory[{self._address(operand, by_round, by_term, to_gradient)}]"

    def _address(self, operand: Operand, by_round: str, by_term: str, further: int = 0) -> str:
        """As a sum of what each loop's variable, the position and the token add to it."""
        first, token = self._first(operand.first)
        first += further
        parts = [str(first)]
        for step, name in (
            ("position", "t"),
            ("round", by_round),
            ("term", by_term),
        ):
            if (size := self.step(operand, step)) and name:
                parts.append(f"{size} * {name}" if size != 1 else name)
        if token:
            parts.append(f"{token} * token")
        return " + ".join(parts)

    def _first(self, address: int) -> tuple[int, int]:
        """The place of an address, and by how much that is further on for each token."""
        places = self._places
        if address >= CONSTANT // 2:
            return places.constants + address - CONSTANT, 0
        if address >= VALUE // 2:
            return places.values + self._distance(address - VALUE), 0
        if address < LOOKED_UP:
            return places.weights + address, 0
        index = address - LOOKED_UP
        columns = next(columns for end, columns in places.columns if index < end)
        return places.weights + index, columns

    def step(self, operand: Operand, by: str) -> int:
        """How far the numbers of an operand lie apart."""
        step: int = getattr(operand, f"by_{by}")
        is_value = VALUE // 2 <= operand.first < CONSTANT // 2
        return self._distance(step) if is_value else step

    def _distance(self, difference: int) -> int:
        """Between two values, from that of their addresses."""
        position, index = divmod(difference + POSITION // 2, POSITION)
        return position * self._places.stride + index - POSITION // 2

    # --- forward ---

    def forward(self, loop: Loop) -> list[str]:
        """The lines that compute a loop's results."""
        out = self.text(loop.out, "i")
        if loop.kind in ("dot", "sum", "max"):
            return self._over_terms(loop, out)
        if loop.kind == "link":
            return _for("i", loop.rounds, True, [f"{out} = 0.0"])
        side = all(map(self._is_vector, (loop.left, loop.right))) and not _has_log(loop)
        side = side and loop.kind != "pick"
        return _for("i", loop.rounds, side, [f"{out} = {self._result(loop)}"])

    def _result(self, loop: Loop) -> str:
        left = self.text(loop.left, "i")
        if loop.kind == "power":
            return power(left, _exponent(loop))
        if loop.kind == "pick":
            return self.text(loop.left, "i", "token")
        right = self.text(loop.right, "i") if loop.right else ""
        return computed(loop.kind, left, right, _number(loop.number))

    def _over_terms(self, loop: Loop, out: str) -> list[str]:
        left = self.text(loop.left, "i", "k")
        right = self.text(loop.right, "i", "k") if loop.right else ""
        term = f"{left} * {right}" if right else left
        start, line = "0.0", f"total += {term}"
        if loop.kind == "max":
            start, line = "-1e30", f"total = max(total, {term})"
        operands = [each for each in (loop.left, loop.right) if each]
        if all(self.step(each, "term") == 1 for each in operands):
            outer, inner = _loop(loop.rounds, False, _SIDE_BY_SIDE), _loop(loop.terms, True, 1)
        elif _many(loop.rounds) and all(self.step(o, "round") in (0, 1) for o in operands):
            outer, inner = _loop(loop.rounds, True, 1), _loop(loop.terms, False, 1)
        else:
            outer, inner = _loop(loop.rounds, False, 1), _loop(loop.terms, False, 1)
        return [
            f"for i in {outer}:",
            f"    total = {start}",
            f"    for k in {inner}:",
            f"        {line}",
            f"    {out} = total",
        ]

    def _is_vector(self, operand: Operand | None) -> bool:
        """Whether what it is in several rounds lies side by side, or is the same."""
        return operand is None or self.step(operand, "round") in (0, 1)

    # --- backward ---

    def backward(self, loop: Loop) -> list[str]:
        """The lines that add to the gradients of what a loop's results were made of."""
        if loop.plain or loop.kind == "fixed":
            return []
        lines: list[str] = []
        for operand, other, sign in self._shares(loop):
            if operand.first >= CONSTANT // 2:
                continue
            if loop.kind in ("dot", "sum"):
                lines += self._terms_back(loop, operand, other)
            elif loop.kind == "pick":
                place = self.gradient(operand, "i", "token")
                lines += _for("i", loop.rounds, False, [f"{place} += {sign}"])
            else:
                lines += self._rounds_back(loop, operand, sign)
        return lines

    def _shares(self, loop: Loop) -> Iterator[tuple[Operand, Operand | None, str]]:
        """Each operand, the other one, and d(loss)/d(operand) as a text."""
        left, right = self.text(loop.left, "i"), ""
        if loop.right:
            right = self.text(loop.right, "i")
        out, g = self.text(loop.out, "i"), self.gradient(loop.out, "i")
        number = _number(loop.number)
        slope = power(left, _exponent(loop) - 1) if loop.kind == "power" else ""
        first = {
            "add": g,
            "sub": g,
            "mul": f"{g} * {right}",
            "div": f"{g} / {right}" if right else "",
            "scale": f"{g} * {number}",
            "shift": g,
            "power": f"{g} * {number} * {slope}",
            "exp": f"{g} * {out}",
            "log": f"{g} / {left}",
            "relu": f"{g} if {out} > 0.0 else 0.0",
            "link": f"{g} * {right}",
            "pick": g,
            "when": choice("when", g, right),
            "unless": choice("unless", g, right),
        }
        yield loop.left, loop.right, first.get(loop.kind, "")
        if loop.right and loop.kind not in ("link", "when", "unless"):
            second = {
                "add": g,
                "sub": f"0.0 - {g}",
                "mul": f"{g} * {left}",
                "div": f"0.0 - {g} * {out} / {right}",
            }
            yield loop.right, loop.left, second.get(loop.kind, "")

    def _rounds_back(self, loop: Loop, operand: Operand, share: str) -> list[str]:
        vectors = all(self._is_vector(each) for each in (loop.left, loop.right))
        vectors = vectors and _many(loop.rounds) and not _has_log(loop)
        target = self.gradient(operand, "i")
        step = self.step(operand, "round")
        if step == 0 and _many(loop.rounds):
            self._sums += 1  # a name of its own: else a later loop would carry it on
            name = f"sum_{self._sums}"
            return [
                f"{name} = 0.0",
                f"for i in {_loop(loop.rounds, vectors, 1)}:",
                f"    {name} += {share}",
                f"{target} += {name}",
            ]
        return [
            f"for i in {_loop(loop.rounds, vectors and step == 1, 1)}:",
            f"    {target} += {share}",
        ]

    def _terms_back(self, loop: Loop, operand: Operand, other: Operand | None) -> list[str]:
        g = self.gradient(loop.out, "i")
        factor = self.text(other, "i", "k") if other else ""
        product = f"{g} * {factor}" if factor else g
        target = self.gradient(operand, "i", "k")
        by_term, by_round = self.step(operand, "term"), self.step(operand, "round")
        other_term = self.step(other, "term") if other else 0
        other_round = self.step(other, "round") if other else 0
        if by_round == 0 and _many(loop.rounds):  # the same in all rounds: a sum over them
            over_terms = by_term == 1 and other_term in (0, 1)
            over_rounds = not over_terms and other_round in (0, 1)
            return [
                f"for k in {_loop(loop.terms, over_terms, 1)}:",
                "    total = 0.0",
                f"    for i in {_loop(loop.rounds, over_rounds, 1)}:",
                f"        total += {product}",
                f"    {target} += total",
            ]
        if by_round == 1 and by_term != 1 and other_round in (0, 1) and _many(loop.rounds):
            return [
                f"for k in {_loop(loop.terms, False, 1)}:",
                f"    for i in {_loop(loop.rounds, True, 1)}:",
                f"        {target} += {product}",
            ]
        over_terms = by_term == 1 and other_term in (0, 1)
        return [
            f"for i in {_loop(loop.rounds, False, 1)}:",
            f"    for k in {_loop(loop.terms, over_terms, 1)}:",
            f"        {target} += {product}",
        ]


def _for(name: str, rounds: Growing, vectors: bool, body: list[str]) -> list[str]:
    """A loop, or what is in it where there is one round."""
    if not _many(rounds):
        return [re.sub(rf" \+ (\d+ \* )?{name}\b", "", line) for line in body]
    return [f"for {name} in {_loop(rounds, vectors, 1)}:", *_indented(body)]


def _many(rounds: Growing) -> bool:
    return rounds != Growing(1, 0)


def _loop(rounds: Growing, vectors: bool, together: int) -> str:
    """The head of a loop over so many rounds."""
    count = str(rounds.first)
    if rounds.growth:
        grown = "t" if rounds.growth == 1 else f"{rounds.growth} * t"
        count = f"{grown} + {rounds.first}"
    if vectors:
        return f"lanes(0, {count})"
    if together > 1 and not rounds.growth and rounds.first >= together:
        return f"rows(0, {count}, {together})"
    return f"range({count})"


def _number(number: Number) -> str:
    """As the kernels write it."""
    if not number.growth and not number.inverse:
        return repr(number.first)
    grown = f"({number.first!r} + {number.growth!r} * t)"
    return f"(1.0 / {grown})" if number.inverse else grown


def _has_log(loop: Loop) -> bool:
    """Whether it can't be computed for several rounds at once."""
    return loop.kind == "log" or (loop.kind == "power" and "log(" in power("", _exponent(loop)))


def _exponent(loop: Loop) -> float:
    if loop.number.growth:
        raise TraceError("the exponent of a power depends on the position")
    return loop.number.first


def choice(kind: str, left: str, right: str) -> str:
    """What a comparison decides, or its result; the other number needn't be finite."""
    if kind == "greater":
        return f"1.0 if {left} > {right} else 0.0"
    return (
        f"{left} if {right} > 0.5 else 0.0"
        if kind == "when"
        else (f"0.0 if {right} > 0.5 else {left}")
    )


def computed(kind: str, left: str, right: str, number: str) -> str:
    """What an operation on one number, or on two, makes of them; not a power."""
    match kind:
        case "add" | "sub" | "mul" | "div":
            sign = {"add": "+", "sub": "-", "mul": "*", "div": "/"}[kind]
            return f"{left} {sign} {right}"
        case "scale":
            return f"{left} * {number}"
        case "shift":
            return f"{left} + {number}"
        case "fixed":
            return left
        case "exp" | "log" | "tanh":
            return f"{kind}({left})"
        case "relu":
            return f"max(0.0, {left})"
        case "larger":
            return f"max({left}, {right})"
        case "greater" | "when" | "unless":
            return choice(kind, left, right)
    raise TraceError(f"nothing is known of {kind}")


def power(base: str, exponent: float) -> str:
    """A power as products, roots and quotients, or by its logarithm."""
    if exponent < 0:
        return f"1.0 / ({power(base, -exponent)})"
    whole, rest = divmod(exponent, 1)
    if rest not in (0.0, 0.5) or whole > 8:
        if not rest:
            raise TraceError(f"a power of {exponent} can't be compiled, only whole ones up to 8")
        return f"exp({exponent!r} * log({base}))"
    factors = [base] * int(whole) + ([f"sqrt({base})"] if rest else [])
    return " * ".join(factors) or "1.0"
