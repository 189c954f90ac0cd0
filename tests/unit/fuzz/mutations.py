"""Changes of what was written: some fields are others, and then all checksums are right again.

A file is read into its tables and arrays, changed there, and written again. A link has no
fields that could be told apart from outside; so its own reader is let loose on it, and now and
then is answered something else than what stands there: what it was answered is what is
written. Nothing here knows which changes make sense. Not about what is done with them: `using`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from microgpt.errors import MicrogptError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing import checkpoint, links, safetensors
from microgpt.sharing.links import Recipe, codec, envelope, weight_code
from microgpt.sharing.links.entropy import Decoder, Encoder, NumberModel
from microgpt.sharing.links.fields import Reader, Writer
from microgpt.sharing.safetensors import Tensor
from microgpt.sharing.saved import Provenance
from unit.fuzz.corpus import Written

# The edges of what float64, float32 and the package's own ranges can say.
FLOATS = (
    *(0.0, -0.0, 1.0, -1.0, 5e-324, 1e-310, 1e-16, 1e-6, 0.5, 0.9999, 20.0, 745.0, 1e6, 1e15),
    *(3.4e38, 1e39, 1e150, 1.4e154, 1e300, 1.7976931348623157e308, -1e39, -1.7e308),
)
NO_FLOATS = (math.inf, -math.inf, math.nan)
INTEGERS = (0, 1, 2, 3, 7, 8, 16, 64, 255, 512, 1000, 1024, 10**6, 2**31 - 1, 2**32, 2**53, -1)
TEXTS = ("", "a", "\0", "\n", "\u202e", "é", "日本", "a" * 200, "\ud800", "python", "scalar")
_MOST_SINGLE = 3.4028234e38  # of 4 bytes


def changed(draw: Random, written: Written, others: list[Written]) -> Written:
    """Something like it.

    Args:
        others: of its kind, of which parts may be taken.
    """
    if written.is_link:
        return replace(written, data=_link(draw, written.data.decode()).encode())
    if written.text is not None and draw.random() < 0.15:
        return replace(written, text=_text(draw, written.text))
    other = draw.choice([each for each in others if not each.is_link])
    return replace(written, data=_file(draw, written.data, other.data))


# --- files ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A file that is being changed, and another of its kind."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    other: _File | None = None


def _file(draw: Random, data: bytes, other: bytes) -> bytes:
    file = _File(*safetensors.read(data), _File(*safetensors.read(other)))
    for _ in range(draw.choice((1, 1, 2, 4))):
        draw.choice((_metadata, _metadata, _numbers, _numbers, _shape))(draw, file)
    file.metadata["crc32"] = checkpoint.checksum(file.tensors, file.metadata)
    return safetensors.write(file.tensors, file.metadata)


def _metadata(draw: Random, file: _File) -> None:
    """An entry has another value, or another file's, or is missing."""
    metadata = file.metadata
    key = draw.choice([*metadata])
    if draw.random() < 0.1:
        theirs = file.other.metadata if file.other else {}
        if key in theirs and draw.random() < 0.8:
            metadata[key] = theirs[key]
        else:
            del metadata[key]
        return
    try:
        metadata[key] = json.dumps(_value(draw, json.loads(metadata[key])))
    except ValueError:  # it isn't JSON
        metadata[key] = _text(draw, metadata[key].encode()).decode(errors="replace")


def _value(draw: Random, value: Any) -> Any:
    """A value of JSON, of which one leaf is another."""
    if isinstance(value, dict) and value and draw.random() < 0.97:
        key = draw.choice([*value])
        if draw.random() < 0.05:
            return {name: each for name, each in value.items() if name != key}
        return {**value, key: _value(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.9:
        place = draw.randrange(len(value))
        changes: list[Any] = [[_value(draw, value[place])]] * 6 + [[], [value[place]] * 2]
        return value[:place] + draw.choice(changes) + value[place + 1 :]
    return _leaf(draw, value)


def _leaf(draw: Random, value: Any) -> Any:
    if draw.random() < 0.1:
        return draw.choice([*FLOATS, *NO_FLOATS, *INTEGERS, *TEXTS, None, True, [], {}])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice([*INTEGERS, value + 1, value - 1, 2 * value, float(value)])
    if isinstance(value, float | None):
        return draw.choice([*FLOATS, (value or 0.0) * draw.random()])
    return draw.choice([*TEXTS, f"{value}x"])


def _numbers(draw: Random, file: _File) -> None:
    """Some numbers of an array, or all of them, are others."""
    tensors = file.tensors
    # As often those of which there is one alone as one of the many matrices.
    alone = [name for name, tensor in tensors.items() if len(tensor.shape) == 1]
    name = draw.choice(alone if alone and draw.random() < 0.5 else [*tensors])
    before = tensors[name]
    numbers = before.numbers[:]
    if not numbers:
        return
    count = draw.choice((1, 3, len(numbers), len(numbers)))
    if name == "order":
        for _ in range(count):  # so that often it still is an order
            i, j = draw.randrange(len(numbers)), draw.randrange(len(numbers))
            numbers[i], numbers[j] = numbers[j], numbers[i]
    elif name == "text":
        numbers = array("B", _text(draw, numbers.tobytes()))
        lines = numbers.tobytes().count(b"\n") + 1
        tensors["order"] = Tensor("I32", (lines,), array("i", range(lines)))
    elif numbers.typecode in "iB":
        for i in draw.choices(range(len(numbers)), k=count):
            numbers[i] = draw.randrange(256 if numbers.typecode == "B" else 2**31)
    else:
        _floats(draw, numbers, count)
    shape = (len(numbers),) if len(before.shape) == 1 else before.shape
    tensors[name] = Tensor(before.type, shape, numbers)


def _floats(draw: Random, numbers: array[float], count: int) -> None:
    value = draw.choice((*FLOATS, *FLOATS, *FLOATS, *NO_FLOATS))
    if numbers.typecode == "f" and abs(value) > _MOST_SINGLE:
        value = math.copysign(_MOST_SINGLE, value)
    change: Callable[[float], float] = draw.choice(
        (lambda _: value, lambda old: math.copysign(value, old), lambda old: old * min(value, 1e30))
    )
    for i in draw.choices(range(len(numbers)), k=count):
        numbers[i] = change(numbers[i])


def _shape(draw: Random, file: _File) -> None:
    """An array is of another type or length, is missing, or is another file's."""
    tensors = file.tensors
    name = draw.choice([*tensors])
    tensor = tensors[name]
    match draw.randrange(5):
        case 0 if len(tensor.shape) == 2 and tensor.type == "F64":
            most = _MOST_SINGLE
            single = array("f", [min(most, max(-most, each)) for each in tensor.numbers])
            tensors[name] = Tensor("F32", tensor.shape, single)
        case 1 if len(tensor.shape) == 1:
            numbers = tensor.numbers
            numbers = numbers[: draw.randrange(len(numbers) + 1)] * draw.choice((1, 2))
            tensors[name] = Tensor(tensor.type, (len(numbers),), numbers)
            _steps(file.metadata, name, len(numbers))
        case 2 if file.other and name in file.other.tensors:
            tensors[name] = file.other.tensors[name]
        case 3:
            del tensors[name]
        case _:
            tensors[name] = Tensor(tensor.type, tensor.shape[::-1], tensor.numbers)


def _steps(metadata: dict[str, str], name: str, count: int) -> None:
    """A run with more or fewer losses has taken so many steps."""
    if name == "losses" and "run" in metadata:
        with suppress(ValueError):
            metadata["run"] = json.dumps({**json.loads(metadata["run"]), "steps_done": count})


def _text(draw: Random, text: bytes) -> bytes:
    """Another text, often of the same letters."""
    lines = text.split(b"\n")
    place = draw.randrange(len(lines))
    match draw.randrange(6):
        case 0:
            lines[place] = lines[place][::-1]
        case 1:
            draw.shuffle(lines)
        case 2:
            lines[place] = lines[place] * draw.choice((2, 50))
        case 3:
            lines = lines[:place]
        case 4:
            lines = lines * draw.choice((2, 50))
        case _:
            lines[place] = draw.choice((b"", b"\xff", b"\0", "\u202e日".encode(), b"~"))
    return b"\n".join(lines)


# --- links ---------------------------------------------------------------------------------


class _Answers(Decoder):
    """Answers what a reader asks of a link, now and then otherwise, and writes down the answers.

    Args:
        when: the numbers of the questions that are answered otherwise.
    """

    def __init__(self, code: bytes, draw: Random, when: set[int]) -> None:
        super().__init__(b"")
        self.written = Encoder()
        self._link = Decoder(code)
        self.asked = 0
        self._draw, self._when = draw, when
        self._models: dict[int, tuple[NumberModel, NumberModel]] = {}  # theirs, and ours

    def bits(self, count: int) -> int:
        value = self._answer(self._link.bits(count), 2**count - 1)
        self.written.bits(value, count)
        return value

    def number(self, model: NumberModel) -> int:
        value = self._answer(self._link.number(model), 2**64 - 1)
        _, ours = self._models.setdefault(id(model), (model, NumberModel()))
        self.written.number(ours, value)
        return value

    def _answer(self, value: int, most: int) -> int:
        self.asked += 1
        if self.asked not in self._when:
            return value
        near = (value + 1, value - 1, 2 * value, value ^ 1, self._draw.randrange(most + 1))
        return max(0, min(most, self._draw.choice((*INTEGERS, *near))))


def _link(draw: Random, link: str) -> str:
    kind, code, version = envelope.unseal(link)
    if kind == "r" and draw.random() < 0.5:
        with suppress(ValueError, TypeError, MicrogptError):
            return _recipe(draw, link)
    if kind == "m" and draw.random() < 0.3:
        with suppress(OverflowError):  # it would be longer than any link
            return _model(draw)
    asked = _reread(kind, code, version, draw, set()).asked
    # What stands before weights and texts is little, and decides all.
    places = (
        min(asked, draw.choice((20, 60, 200, asked))) for _ in range(draw.choice((1, 1, 2, 4)))
    )
    answers = _reread(kind, code, version, draw, {draw.randint(1, most) for most in places})
    return envelope.seal(kind, answers.written.finish(), draw.choice((version, version, 1, 2)))


def _reread(kind: str, code: bytes, version: int, draw: Random, when: set[int]) -> _Answers:
    """A reader is answered; it may end early."""
    reader = Reader(code)
    answers = reader.decoder = _Answers(code, draw, when)
    reader.bits = answers.bits
    with suppress(MicrogptError):
        (codec._read_model if kind == "m" else codec._read_recipe)(reader, version)
    return answers


def _model(draw: Random) -> str:
    """A model of any small shape with any weights, of which only links can say the largest."""
    heads = draw.choice((1, 1, 2, 3))
    h = Hyperparameters(
        n_layer=draw.choice((1, 1, 1, 2)),
        n_embd=heads * draw.choice((1, 2, 3)),
        n_head=heads,
        block_size=draw.choice((1, 2, 3, 8, 64)),
    )
    first = draw.choice((32, 97, 0x4E00, 0x1F600))
    characters = "".join(map(chr, range(first, first + draw.choice((1, 2, 27, 90)))))
    groups = weight_code.groups(h, len(characters) + 1)
    spread = draw.choice((0, 128, 255))
    exponents = [draw.choice((0, 0, 1, weight_code.MAX_EXPONENT)) for each in groups for _ in each]
    some = draw.choice(((0,), (0, 1, -1), (-9, 9, 100), (0, 2**39, -(2**40) + 1)))
    integers = [draw.choice(some) for each in groups for group in each for _ in group]
    base = draw.choice((0, 20_000, 24_576, 26_000, weight_code.MAX_BASE))
    quantised = weight_code.Quantised(base, [spread] * len(groups), exponents, integers)
    writer = Writer()
    writer.hyperparameters(h)
    writer.vocabulary(characters)
    writer.provenance(Provenance("any", 1, 1, draw.choice(FLOATS), draw.choice((None, *FLOATS))))
    weight_code.write(writer.encoder, quantised, groups)
    return envelope.seal("m", writer.encoder.finish(), 1)


def _recipe(draw: Random, link: str) -> str:
    """Another value of a recipe, whose text is packed so that answers hardly ever change it."""
    recipe = links.read_link(link)
    assert isinstance(recipe, Recipe)
    settings = dataclasses.asdict(recipe.hyperparameters)
    name = draw.choice([*settings])
    h = replace(recipe.hyperparameters, **{name: _leaf(draw, settings[name])})
    text = recipe.text and _text(draw, recipe.text)
    changes: list[dict[str, Any]] = [
        {"hyperparameters": h},
        {"engine": draw.choice(("scalar", "compiled", "compiled-float32", "torch", "none"))},
        {"steps_done": draw.choice(INTEGERS[:-1])},
        {"text": text, "text_hash": links.text_hash(text) if text else recipe.text_hash},
        {"text_name": draw.choice(TEXTS)},
    ]
    return links.recipe_link(replace(recipe, **draw.choice(changes)), 40_000)
