"""The parts of a link that aren't weights ↔ arithmetic code: numbers, names, settings.

`Reader` reads what `Writer` writes, by the same calls in the same order. Whatever
the code says, a Reader returns something possible, or raises LinkError before it
allocates anything of an impossible size. Not about which parts a link has (`codec`), nor
about what the settings of each version mean (`formats`).
"""

from __future__ import annotations

import json
import math
import re
import struct
import sys
from typing import Any

from microgpt.errors import LinkError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing import formats
from microgpt.sharing.bounded_json import loads
from microgpt.sharing.formats import Row
from microgpt.sharing.links.entropy import Decoder, Encoder, NumberModel
from microgpt.sharing.saved import MAX_NAME, Provenance, is_name, is_vocabulary
from microgpt.texts import MAX_CHARACTERS

_MAX_COUNT = 2**53  # of documents and steps
_LOSS_UNIT = 1e-4  # nats
_MAX_LOSS = 2**40  # in that unit
_MAX_DIGITS = 10**9  # of a decimal number, as a whole number
_CHANGED = "changed_code"  # among the settings: the digest of the code that made it
_MAX_SETTINGS = 10_000  # bytes of those that version 1 has no place for


class Writer:
    """The parts of a link → one arithmetic code. `Reader` reads what it writes."""

    def __init__(self) -> None:
        self.encoder = Encoder()
        self._numbers = NumberModel()
        self.bits = self.encoder.bits

    def number(self, value: int) -> None:
        """A number about which nothing is known, except that small ones are more frequent."""
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

    def hyperparameters(self, hyperparameters: Hyperparameters, code: str = "") -> None:
        """Version 1's rows that aren't at its default, each as short as its type allows.

        Then, in a link of version 2, what version 1 has no place for, as JSON: with
        its name, so that no page takes it for something else.

        Args:
            code: the digest of the changed code that it was made by, or "".
        """
        beyond = formats.beyond_version_1(hyperparameters)
        for row in formats.VERSION_1:
            value = getattr(hyperparameters, row.name)
            said = value != row.default and row.name not in beyond
            self.bits(said, 1)
            if said:
                self._value(row, value)
        if code:
            beyond[_CHANGED] = code
        if beyond:
            settings = json.dumps(beyond, separators=(",", ":")).encode()
            self.number(len(settings))
            self.raw(settings)

    def _value(self, row: Row, value: Any) -> None:
        if row.type == "int":
            self.number(value - int(row.minimum))
        elif row.type == "choice":
            self.number(row.choices.index(value))
        else:
            self.decimal(float(value))

    def decimal(self, value: float) -> None:
        """A number that isn't negative: its decimal digits if they are few, else 8 bytes."""
        digits, point = _decimal(value)
        if digits < _MAX_DIGITS:
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
        """Rounded; 0 if there is none, or it isn't finite."""
        there = loss is not None and 0 <= loss <= _MAX_LOSS * _LOSS_UNIT
        self.number(1 + round(loss / _LOSS_UNIT) if loss is not None and there else 0)


class Reader:
    """One arithmetic code → the parts of a link, each within its bounds or a LinkError."""

    def __init__(self, code: bytes) -> None:
        self.decoder = Decoder(code)
        self._numbers = NumberModel()
        self.bits = self.decoder.bits

    def number(self, what: str, most: int) -> int:
        """A number that has a bound."""
        value = self.decoder.number(self._numbers)
        if value > most:
            raise nonsense(f"{what} = {value:,}; {most:,} is the most")
        return value

    def raw(self, count: int) -> bytes:
        """That many bytes as they are."""
        return bytes(self.bits(8) for _ in range(count))

    def name(self, what: str, pattern: re.Pattern[str] | None = None) -> str:
        """A name, with nothing in it but what the pattern allows."""
        try:
            name = self.raw(self.number(what, 4 * MAX_NAME)).decode()
        except UnicodeDecodeError:
            raise nonsense(f"a name ({what}) that isn't text") from None
        if not is_name(name) or (pattern and not pattern.fullmatch(name)):
            raise nonsense(f"the {what} {name[:MAX_NAME]!r}")
        return name

    def hyperparameters(self, version: int) -> tuple[Hyperparameters, str]:
        """What the settings of a link of that version mean; and what code made it.

        That is a digest, or "" for the algorithm as it is.

        Raises:
            HyperparameterError: they can't be.
            NewerError: they are a newer page's.
        """
        said = {row.name: self._value(row) for row in formats.VERSION_1 if self.bits(1)}
        code = ""
        if version > 1:
            said |= self._settings()
            code = said.pop(_CHANGED, "")
            if code != "" and not _is_digest(code):
                raise nonsense("changed code that can't be")
        return formats.hyperparameters(said, version), code

    def _value(self, row: Row) -> Any:
        """Of a hyperparameter; its range is checked later."""
        if row.type == "int":
            return int(row.minimum) + self.number(row.name, 2**32)
        if row.type == "choice":
            return row.choices[self.number(row.name, len(row.choices) - 1)]
        return self.decimal(row.name)

    def _settings(self) -> dict[str, Any]:
        """Those that have their names with them."""
        text = self.raw(self.number("bytes of settings", _MAX_SETTINGS))
        try:
            settings = loads(text.decode(), max_depth=1)
        except ValueError:
            settings = None
        if not isinstance(settings, dict):
            raise nonsense("settings that can't be read")
        return settings

    def decimal(self, what: str) -> float:
        """A number that isn't negative."""
        if not self.bits(1):
            value: float = struct.unpack(">d", self.raw(8))[0]
            return value
        digits = self.number(what, _MAX_DIGITS - 1)
        return float(f"{digits}e-{self.number(what, 400)}")

    def vocabulary(self) -> str:
        """The characters without BOS."""
        gaps, lengths = NumberModel(), NumberModel()
        found: list[str] = []
        end = 0
        for _ in range(self.number("runs of characters", MAX_CHARACTERS)):
            first = end + self.decoder.number(gaps)
            end = first + self.decoder.number(lengths) + 1
            if len(found) + end - first > MAX_CHARACTERS or end > sys.maxunicode + 1:
                raise nonsense("impossible characters")
            found += map(chr, range(first, end))
        characters = "".join(found)
        if not is_vocabulary(characters):
            raise nonsense("characters that no text can have")
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


def _is_digest(code: Any) -> bool:
    from microgpt.sharing.difference import is_digest  # few links have any

    return is_digest(code)


def nonsense(what: str) -> LinkError:
    """The error for a link whose checksum is right, but whose content is impossible."""
    return LinkError(
        f"This link is whole, but it makes no sense: it has {what}. Ask for a new one."
    )


def _decimal(value: float) -> tuple[int, int]:
    """Digits, and how many of them follow the point: the fewest that give the float."""
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
