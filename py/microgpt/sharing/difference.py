"""What changed code differs by from the algorithm as it is: as data that travels with a run.

For each changed file what it was, and the places where lines went and came, each with a line
around it. Data from outside is bounded before anything is made of it; nothing of it is
executed here, nor anywhere by itself. Not about which changes there are (`changes`), nor about
running changed code (`changed`).

As JSON, published and read for ever: a list of files, each `[name, digest of the original,
places]`; each place `[number of its first line, lines before, lines after]`, from 1. A line ends
with a newline and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from microgpt import changed
from microgpt.changes import originals
from microgpt.errors import ChangeError, SavedModelError
from microgpt.sharing.bounded_json import loads

MAX_CHARACTERS = 200_000  # of all lines together
MAX_LINES = 4_000  # that go and come; the algorithm has about 1,000
MAX_FILES = 20
MAX_PLACES = 1_000
DIGEST_BYTES = 16

_AROUND = 1  # lines on each side of what is changed, by which its place is found again
_MAX_JSON = 8 * MAX_CHARACTERS  # characters, or bytes: with what JSON writes for some of them
_MAX_PACKED = 40_000  # bytes: no link has more
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\.py")
_DIGEST = re.compile(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}")
_HALF = re.compile("[\ud800-\udfff]")  # a character
# What Python calls printable, and Unicode leaves empty: fillers, selectors, a blank pattern.
_EMPTY = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_FITS_NOT = "It was made for another version of the algorithm"


@dataclass(frozen=True)
class Place:
    """Some lines of a file, and what takes their place.

    Attributes:
        first: the number of the first, from 1.
        before: the lines as they were.
        after: the lines as they are.
    """

    first: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class FileDifference:
    """What is changed in a file.

    Attributes:
        name: as "model.py".
        original: the digest of the text that it was made for.
        places: in their order, at least one.
    """

    name: str
    original: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Difference:
    """What is changed in all files: at least one, by their names."""

    files: tuple[FileDifference, ...]


def in_use() -> dict[str, str]:
    """The files of gpt/ that this process has otherwise than the package, by name."""
    return dict(_in_use())


@cache
def _in_use() -> dict[str, str]:
    return differing(sources) if (sources := changed.sources()) else {}


def is_in_use(difference: Difference) -> bool:
    """Whether that very code runs in this process."""
    try:
        return bool(_in_use()) and differing(applied(difference)) == _in_use()
    except ChangeError:
        return False  # whoever looks at it is told


def differing(sources: Mapping[str, str]) -> dict[str, str]:
    """Those of some texts that aren't the package's own."""
    before = originals()
    return {name: sources[name] for name in sorted(sources) if sources[name] != before.get(name)}


def digest(sources: Mapping[str, str]) -> str:
    """What changed files are told apart by, in hexadecimal; "" of none."""
    return _hashed(json.dumps(sorted(sources.items()))) if sources else ""


def between(sources: Mapping[str, str]) -> Difference:
    """The difference of changed files to the package's own; they must differ.

    Raises:
        ChangeError: it is too long to travel.
    """
    before = originals()
    _check_size(line for text in sources.values() for line in text.split("\n"))
    made = Difference(
        tuple(_of_file(name, before[name], text) for name, text in sorted(sources.items()))
    )
    _check_size(_lines(made))
    return made


def applied(difference: Difference) -> dict[str, str]:
    """The whole changed files, by name.

    Raises:
        ChangeError: it was made for other files, and can't be told where it belongs here.
    """
    before = originals()
    found = {}
    for file in difference.files:
        if file.name not in before:
            raise ChangeError(f"{_FITS_NOT}: here is no gpt/{file.name}.")
        found[file.name] = _applied(file, before[file.name])
    return found


def describe(difference: Difference) -> str:
    """All of it as a person reads it, with a mark before each line that goes or comes.

    What can't be seen, or changes how others are seen, is written as Python would escape it.
    """
    return "\n".join(line for file in difference.files for line in _described(file)) + "\n"


def visible(text: str) -> str:
    """A text with nothing in it that can't be seen, or that a terminal would obey."""
    return "".join(
        each if each.isprintable() else repr(each)[1:-1].replace("\\t", "    ")
        for each in _EMPTY.sub(lambda found: ascii(found[0])[1:-1], text)
    )


# --- as JSON -------------------------------------------------------------------------------


def entry(difference: Difference) -> str:
    """As it stands in a file."""
    files = [
        [file.name, file.original, [[each.first, each.before, each.after] for each in file.places]]
        for file in difference.files
    ]
    return json.dumps(files, separators=(",", ":"))


def read(text: str) -> Difference:
    """What `entry` gives.

    Raises:
        SavedModelError: it isn't one.
    """
    if len(text) > _MAX_JSON:
        raise _malformed("is too long")
    try:
        found = loads(text, max_depth=5)
    except ValueError:
        raise _malformed("can't be read") from None
    if not isinstance(found, list) or not 0 < len(found) <= MAX_FILES:
        raise _malformed("has no files, or too many")
    files = tuple(map(_read_file, found))
    names = [file.name for file in files]
    if names != sorted(set(names)):
        raise _malformed("has files in another order than that of their names")
    read = Difference(files)
    try:
        _check_size(_lines(read))
    except ChangeError:
        raise _malformed("is too long") from None
    return read


def packed(difference: Difference) -> bytes:
    """As it stands in a link."""
    packer = zlib.compressobj(9, wbits=-15)  # without header and checksum: the link has one
    return packer.compress(entry(difference).encode()) + packer.flush()


def unpacked(data: bytes) -> Difference:
    """What `packed` gives.

    Raises:
        SavedModelError: it isn't one.
    """
    if len(data) > _MAX_PACKED:
        raise _malformed("is too long")
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        text = unpacker.decompress(data, _MAX_JSON + 1)
        if not unpacker.eof or unpacker.unused_data:
            raise _malformed("is cut, or too long")
        return read(text.decode())
    except (zlib.error, UnicodeDecodeError):
        raise _malformed("can't be unpacked") from None


def is_digest(text: Any) -> bool:
    """Whether `digest` could give this of some changed files."""
    return isinstance(text, str) and bool(_DIGEST.fullmatch(text))


def _read_file(value: Any) -> FileDifference:
    match value:
        case [str(name), str(original), [*places]] if (
            _NAME.fullmatch(name) and is_digest(original) and 0 < len(places) <= MAX_PLACES
        ):
            found = tuple(map(_read_place, places))
        case _:
            raise _malformed("has a file that can't be")
    end = 1
    for place in found:
        if place.first < end:
            raise _malformed("has places that overlap")
        end = place.first + len(place.before)
    return FileDifference(name, original, found)


def _read_place(value: Any) -> Place:
    match value:
        case [int(first), [*before], [*after]] if (
            type(first) is int
            and 0 < first < 10**6
            and before
            and before != after
            and all(map(_is_line, before))
            and all(map(_is_line, after))
        ):
            return Place(first, tuple(before), tuple(after))
    raise _malformed("has a place that can't be")


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and "\n" not in value and not _HALF.search(value)


def _malformed(what: str) -> SavedModelError:
    return SavedModelError(f"Its difference to the algorithm {what}.")


# --- making and applying -------------------------------------------------------------------


def _of_file(name: str, original: str, text: str) -> FileDifference:
    from difflib import SequenceMatcher  # whoever changes nothing doesn't wait for it

    if _HALF.search(text):
        raise ChangeError(f"gpt/{name} has half a character in it, so it can't be shared.")
    before, after = original.split("\n"), text.split("\n")
    groups = SequenceMatcher(None, before, after).get_grouped_opcodes(_AROUND)
    places = tuple(
        Place(
            group[0][1] + 1,
            tuple(before[group[0][1] : group[-1][2]]),
            tuple(after[group[0][3] : group[-1][4]]),
        )
        for group in groups
    )
    return FileDifference(name, _hashed(original), places)


def _applied(file: FileDifference, text: str) -> str:
    lines = text.split("\n")
    same = _hashed(text) == file.original
    made: list[str] = []
    end = 0
    for place in file.places:
        begin = place.first - 1 if same else _found(file, place, lines, end)
        if tuple(lines[begin : begin + len(place.before)]) != place.before:
            raise ChangeError(f"What it says of gpt/{file.name} isn't what stands there.")
        made += [*lines[end:begin], *place.after]
        end = begin + len(place.before)
    return "\n".join([*made, *lines[end:]])


def _found(file: FileDifference, place: Place, lines: Sequence[str], after: int) -> int:
    """The only place behind the last one where the lines stand, in another text."""
    count = len(place.before)
    places = [
        begin
        for begin in range(after, len(lines) - count + 1)
        if lines[begin] == place.before[0] and tuple(lines[begin : begin + count]) == place.before
    ]
    if len(places) != 1:
        raise ChangeError(
            f"{_FITS_NOT}: what it changes at line {place.first:,} of gpt/{file.name} is "
            f"{'there more than once' if places else 'not there'}."
        )
    return places[0]


def _lines(difference: Difference) -> Iterator[str]:
    for file in difference.files:
        for place in file.places:
            yield from place.before
            yield from place.after


def _check_size(lines: Iterator[str]) -> None:
    characters = count = 0
    for line in lines:
        characters += len(line) + 1
        count += 1
    if characters > MAX_CHARACTERS or count > MAX_LINES:
        raise ChangeError(
            f"The changed code is too long to be shared: {count:,} lines with {characters:,} "
            f"characters, where {MAX_LINES:,} and {MAX_CHARACTERS:,} are the most."
        )


def _hashed(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return hashlib.sha256(data).digest()[:DIGEST_BYTES].hex()


# --- for people ----------------------------------------------------------------------------


def _described(file: FileDifference) -> Iterator[str]:
    yield f"gpt/{file.name}"
    for place in file.places:
        yield f"at line {place.first:,}"
        begin, end = _alike(place.before, place.after)
        yield from _marked(" ", place.before[:begin])
        yield from _marked("-", place.before[begin : len(place.before) - end])
        yield from _marked("+", place.after[begin : len(place.after) - end])
        yield from _marked(" ", place.before[len(place.before) - end :])


def _alike(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning, and at the end."""
    most = min(len(before), len(after))
    begin = next((i for i in range(most) if before[i] != after[i]), most)
    end = next((i for i in range(most - begin) if before[-1 - i] != after[-1 - i]), most - begin)
    return begin, end


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"{mark} {visible(line)}" if line else mark for line in lines)
