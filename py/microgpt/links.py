"""A link ↔ what it shares: a trained model, or the recipe for training it again.

What is inside of the `envelope` is one arithmetic code (`entropy`). Of a model: the
hyperparameters that aren't the default, the vocabulary, where the model comes from,
and its weights (`weight_code`), with as many bits as there is room for. Of a recipe: the
hyperparameters, and a text or the name of a built-in one, with fingerprints that tell
whether training again gave the same. Nothing of a link is ever executed, and every
size in it has a bound that is looked at before anything is made of that size.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from microgpt import weight_code
from microgpt.corpus import MAX_CHARACTERS, read
from microgpt.entropy import Decoder, Encoder, NumberModel
from microgpt.envelope import MAX_FRAGMENT, characters, room, seal, unseal
from microgpt.errors import CorpusError, HyperparameterError, LinkError, SavedModelError
from microgpt.hyperparameters import Entry, Hyperparameters, from_mapping, table
from microgpt.quantisation import Quantiser, effective_importance, usual_importance
from microgpt.saved import MAX_NAME, Provenance, SavedModel, is_vocabulary, parameter_count

MAX_PARAMETERS = 250_000  # of a model in a link
MIN_BITS = 0.5  # a weight, below which a model has forgotten most of what it knew
MAX_TEXT = 1_000_000  # bytes of a recipe's text
HASH_BYTES = 16

_MAX_COUNT = 2**53  # of documents and steps
_LOSS_UNIT = 1e-4  # nats
_MAX_LOSS = 2**40  # in that unit
_EXAMPLE = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_ENGINE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Recipe:
    """All that is needed to train a model again, and to tell whether it is the same.

    Attributes:
        hyperparameters: of the run.
        engine: its name.
        steps_done: how many of the planned steps were taken.
        text_name: to show; at most MAX_NAME characters.
        text: the documents, joined by line ends, in UTF-8; None if it is an example.
        example: the file name of a built-in example, or "".
        text_hash: `text_hash` of the text.
        weights_hash: `weights_hash` of the trained weights.
    """

    hyperparameters: Hyperparameters
    engine: str
    steps_done: int
    text_name: str
    text: bytes | None
    example: str
    text_hash: bytes
    weights_hash: bytes


def text_hash(text: bytes) -> bytes:
    """The first HASH_BYTES of SHA-256."""
    return hashlib.sha256(text).digest()[:HASH_BYTES]


def weights_hash(weights: array[float]) -> bytes:
    """The first HASH_BYTES of SHA-256 of the weights as little-endian float64."""
    little = array("d", weights)
    if sys.byteorder == "big":
        little.byteswap()
    return hashlib.sha256(little.tobytes()).digest()[:HASH_BYTES]


def model_link(
    model: SavedModel, max_characters: int, importance: Sequence[float] | None = None
) -> str:
    """The model as the fragment of an address, as precise as there is room for.

    Args:
        model: what to share. Losses are rounded to 0.0001 nats; the name is cut to
            MAX_NAME characters.
        max_characters: of the fragment, with `#m=`.
        importance: how much each weight matters (`sensitivity`, or Adam's mean
            square); None where nothing is known of it.

    Raises:
        LinkError: the model is too large for so few characters, or for any link.
    """
    count = len(model.weights)
    if count > MAX_PARAMETERS:
        raise LinkError(
            f"A link can carry {MAX_PARAMETERS:,} weights at most, and this model has {count:,}. "
            "Save it as a file instead."
        )
    vocabulary_size = len(model.characters) + 1
    if importance is None or not any(importance):
        importance = usual_importance(model.hyperparameters, vocabulary_size)
    if len(importance) != count or not all(0 <= each < math.inf for each in importance):
        raise ValueError("importance has to be a number from 0 on for each weight")
    matrices = weight_code.groups(model.hyperparameters, vocabulary_size)
    size = room(max_characters)
    bits = 8 * (size - len(_model_code(model, None, matrices)))
    if bits < MIN_BITS * count:
        needed = characters(size + math.ceil((MIN_BITS * count - bits) / 8))
        raise LinkError(_too_long(count, max_characters, needed))
    effective = effective_importance(importance, model.hyperparameters, vocabulary_size)
    quantiser = Quantiser(model.weights, effective, matrices)
    quantised = quantiser.fit(bits)
    while len(code := _model_code(model, quantised, matrices)) > size:
        quantised = quantiser.at(quantised.base + 1).quantised
    if not any(quantised.integers) and any(model.weights):
        raise LinkError(_too_long(count, max_characters, MAX_FRAGMENT))
    return seal("m", code)


def _too_long(count: int, max_characters: int, needed: int) -> str:
    message = f"{count:,} weights don't fit into a link of {max_characters:,} characters"
    if needed < MAX_FRAGMENT:
        return f"{message}: the shortest that would be of use has {needed:,}. Save a file instead."
    return f"{message}, nor into any other. Save the model as a file instead."


def _model_code(
    model: SavedModel, quantised: weight_code.Quantised | None, matrices: list[list[range]]
) -> bytes:
    """What is inside of a model's link, without weights if there are none yet."""
    writer = _Writer()
    writer.hyperparameters(model.hyperparameters)
    writer.vocabulary(model.characters)
    writer.provenance(model.provenance)
    if quantised:
        weight_code.write(writer.encoder, quantised, matrices)
    return writer.encoder.finish()


def recipe_link(recipe: Recipe, max_characters: int) -> str:
    """The recipe as the fragment of an address.

    Args:
        recipe: what to share; its name is cut to MAX_NAME characters.
        max_characters: of the fragment, with `#r=`.

    Raises:
        LinkError: its text is too long for so few characters, or for any link.
    """
    if recipe.text is not None and len(recipe.text) > MAX_TEXT:
        raise LinkError(
            f"The text has {len(recipe.text):,} bytes, and a link can carry {MAX_TEXT:,} at most. "
            "Share the model instead of the recipe, or save it as a file."
        )
    code = _recipe_code(recipe)
    if len(code) > room(max_characters):
        raise LinkError(
            f"With its text, this recipe's link has {characters(len(code)):,} characters, and "
            f"{max_characters:,} are the most that fit here. Share the model instead, or save it "
            "as a file."
        )
    return seal("r", code)


def _recipe_code(recipe: Recipe) -> bytes:
    writer = _Writer()
    writer.hyperparameters(recipe.hyperparameters)
    writer.name(recipe.engine)
    writer.number(recipe.steps_done)
    writer.name(recipe.text_name)
    writer.raw(recipe.weights_hash)
    if recipe.text is None:
        writer.bits(0, 1)
        writer.name(recipe.example)
        writer.raw(recipe.text_hash)
        return writer.encoder.finish()
    if recipe.text_hash != text_hash(recipe.text):
        raise ValueError("text_hash isn't that of the text")
    writer.bits(1, 1)
    packed = _deflate(recipe.text)
    writer.number(len(packed))
    writer.raw(packed)
    return writer.encoder.finish()


def read_link(text: str) -> SavedModel | Recipe:
    """What a link shares.

    Args:
        text: an address, or its fragment, with what other programs put around it.

    Raises:
        LinkError: it is damaged, newer, none, or says what can't be; the message says
            which.
    """
    kind, code = unseal(text)
    reader = _Reader(code)
    try:
        return reader.model() if kind == "m" else reader.recipe()
    except (SavedModelError, HyperparameterError, CorpusError) as error:
        if isinstance(error, LinkError):
            raise
        raise LinkError(
            f"This link is whole, but it makes no sense: {error} Ask for a new one."
        ) from None


class _Writer:
    """The parts of a link → one arithmetic code. `_Reader` reads what it writes."""

    def __init__(self) -> None:
        self.encoder = Encoder()
        self._numbers = NumberModel()
        self.bits = self.encoder.bits

    def number(self, value: int) -> None:
        """A number of which nothing is known but that small ones are more frequent."""
        self.encoder.number(self._numbers, value)

    def raw(self, data: bytes) -> None:
        """Bytes as they are, without their count."""
        for byte in data:
            self.bits(byte, 8)

    def name(self, name: str) -> None:
        """A name in UTF-8, of MAX_NAME characters at most."""
        data = name[:MAX_NAME].encode(errors="replace")
        self.number(len(data))
        self.raw(data)

    def hyperparameters(self, hyperparameters: Hyperparameters) -> None:
        """Those that aren't the default, each as short as its type allows."""
        for entry in table():
            value = getattr(hyperparameters, entry["name"])
            self.bits(value != entry["default"], 1)
            if value == entry["default"]:
                continue
            if entry["type"] == "int":
                self.number(value - int(entry["minimum"] or 0))
            elif entry["type"] == "choice":
                self.number(entry["choices"].index(value))
            else:
                self.decimal(float(value))

    def decimal(self, value: float) -> None:
        """A number that isn't negative: its decimal digits if they are few, else 8 bytes."""
        digits, point = _decimal(value)
        if digits < 10**9:
            self.bits(1, 1)
            self.number(digits)
            self.number(point)
        else:
            self.bits(0, 1)
            self.raw(struct.pack(">d", value))

    def vocabulary(self, characters: str) -> None:
        """Runs of neighbouring code points, each by the gap before it and its length."""
        runs = _runs(characters)
        gaps, lengths = NumberModel(), NumberModel()
        self.number(len(runs))
        end = 0
        for first, after in runs:
            self.encoder.number(gaps, first - end)
            self.encoder.number(lengths, after - first - 1)
            end = after

    def provenance(self, provenance: Provenance) -> None:
        """Where a model comes from."""
        self.name(provenance.text)
        self.number(min(provenance.documents, _MAX_COUNT))
        self.number(min(provenance.steps, _MAX_COUNT))
        self.loss(provenance.loss)
        self.loss(provenance.holdout_loss)

    def loss(self, loss: float | None) -> None:
        """Rounded; what isn't there or isn't finite is 0."""
        there = loss is not None and 0 <= loss <= _MAX_LOSS * _LOSS_UNIT
        self.number(1 + round(loss / _LOSS_UNIT) if loss is not None and there else 0)


class _Reader:
    """One arithmetic code → the parts of a link, each within its bounds or a LinkError."""

    def __init__(self, code: bytes) -> None:
        self._decoder = Decoder(code)
        self._numbers = NumberModel()
        self.bits = self._decoder.bits

    def model(self) -> SavedModel:
        """All of a model's link."""
        hyperparameters = self.hyperparameters()
        characters = self.vocabulary()
        provenance = self.provenance()
        count = parameter_count(hyperparameters, len(characters) + 1)
        if count > MAX_PARAMETERS:
            raise _nonsense(f"a model of {count:,} weights; {MAX_PARAMETERS:,} are the most")
        matrices = weight_code.groups(hyperparameters, len(characters) + 1)
        weights = weight_code.read(self._decoder, matrices)
        return SavedModel(hyperparameters, characters, weights, provenance)

    def recipe(self) -> Recipe:
        """All of a recipe's link."""
        hyperparameters = self.hyperparameters()
        engine = self.name("engine", _ENGINE)
        steps_done = self.number("steps", hyperparameters.steps)
        text_name = self.name("name")
        weights = self.raw(HASH_BYTES)
        if not self.bits(1):
            example = self.name("example", _EXAMPLE)
            hash_, text = self.raw(HASH_BYTES), None
        else:
            example, text = "", self.text(text_name)
            hash_ = text_hash(text)
        return Recipe(hyperparameters, engine, steps_done, text_name, text, example, hash_, weights)

    def number(self, what: str, most: int) -> int:
        """A number that has a bound."""
        value = self._decoder.number(self._numbers)
        if value > most:
            raise _nonsense(f"{what} = {value:,}; {most:,} is the most")
        return value

    def raw(self, count: int) -> bytes:
        """So many bytes as they are."""
        return bytes(self.bits(8) for _ in range(count))

    def name(self, what: str, pattern: re.Pattern[str] | None = None) -> str:
        """A name, with nothing in it but what the pattern allows."""
        try:
            name = self.raw(self.number(what, 4 * MAX_NAME)).decode()
        except UnicodeDecodeError:
            raise _nonsense(f"a name ({what}) that is no text") from None
        if len(name) > MAX_NAME or (pattern and not pattern.fullmatch(name)):
            raise _nonsense(f"the {what} {name[:MAX_NAME]!r}")
        return name

    def hyperparameters(self) -> Hyperparameters:
        """The default, but for what the link says."""
        return from_mapping({e["name"]: self.value(e) for e in table() if self.bits(1)})

    def value(self, entry: Entry) -> Any:
        """Of a hyperparameter; whether it is in its range is for them to say."""
        if entry["type"] == "int":
            return int(entry["minimum"] or 0) + self.number(entry["name"], 2**32)
        if entry["type"] == "choice":
            return entry["choices"][self.number(entry["name"], len(entry["choices"]) - 1)]
        return self.decimal(entry["name"])

    def decimal(self, what: str) -> float:
        """A number that isn't negative."""
        if not self.bits(1):
            value: float = struct.unpack(">d", self.raw(8))[0]
            return value
        digits = self.number(what, 10**9 - 1)
        return float(f"{digits}e-{self.number(what, 400)}")

    def vocabulary(self) -> str:
        """The characters without BOS."""
        gaps, lengths = NumberModel(), NumberModel()
        found: list[str] = []
        end = 0
        for _ in range(self.number("runs of characters", MAX_CHARACTERS)):
            first = end + self._decoder.number(gaps)
            end = first + self._decoder.number(lengths) + 1
            if len(found) + end - first > MAX_CHARACTERS or end > sys.maxunicode + 1:
                raise _nonsense("characters that there can't be")
            found += map(chr, range(first, end))
        characters = "".join(found)
        if not is_vocabulary(characters):
            raise _nonsense("characters that no text has")
        return characters

    def provenance(self) -> Provenance:
        """Where a model comes from."""
        text = self.name("name")
        documents = self.number("documents", _MAX_COUNT)
        steps = self.number("steps", _MAX_COUNT)
        loss, holdout_loss = self.loss(), self.loss()
        return Provenance(text, documents, steps, math.nan if loss is None else loss, holdout_loss)

    def loss(self) -> float | None:
        """In nats."""
        value = self.number("loss", 1 + _MAX_LOSS)
        return (value - 1) / round(1 / _LOSS_UNIT) if value else None

    def text(self, name: str) -> bytes:
        """A recipe's text, which can be trained on."""
        packed = self.raw(self.number("bytes of text", MAX_FRAGMENT))
        text = _inflate(packed)
        read(text, name or "the text")
        return text


def _nonsense(what: str) -> LinkError:
    return LinkError(
        f"This link is whole, but it makes no sense: it has {what}. Ask for a new one."
    )


def _decimal(value: float) -> tuple[int, int]:
    """Digits and how many of them stand behind the point: the shortest that give the float."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    point = len(fraction) - int(exponent or 0)
    digits = int(whole + fraction)
    return (digits, point) if point >= 0 else (digits * 10**-point, 0)


def _runs(characters: str) -> list[tuple[int, int]]:
    """Neighbouring code points, as the first and the one after the last."""
    runs: list[tuple[int, int]] = []
    for point in map(ord, characters):
        if runs and runs[-1][1] == point:
            runs[-1] = (runs[-1][0], point + 1)
        else:
            runs.append((point, point + 1))
    return runs


def _deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)  # without header and checksum: the link has one
    return packer.compress(text) + packer.flush()


def _inflate(packed: bytes) -> bytes:
    """What `_deflate` packed, if it isn't too much."""
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        text = unpacker.decompress(packed, MAX_TEXT)
    except zlib.error:
        raise _nonsense("a text that can't be unpacked") from None
    if not unpacker.eof or unpacker.unused_data:
        raise _nonsense(f"a text that is cut, or has more than {MAX_TEXT:,} bytes")
    return text
