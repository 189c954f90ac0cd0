"""From bytes to characters: which encoding it is, and what others would make of it.

UTF-8 and UTF-16 are known by themselves. The others can't be told apart for certain, so
they are never taken unasked: `previews` shows what each would give.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from microgpt.errors import CorpusError
from microgpt.texts.limits import CONTROL, SHOWN


@dataclass(frozen=True)
class Encoding:
    """An encoding that a text can be read with.

    Attributes:
        label: what people call it.
        codec: what Python calls it.
        likely: the share of some words' other letters than ASCII's that are as in a real text.
    """

    label: str
    codec: str
    likely: Callable[[str], float]


@dataclass(frozen=True)
class Preview:
    """The lines that depend on the encoding, as one of them reads them."""

    encoding: str
    label: str
    first: list[str]


def _script(*names: str) -> Callable[[str], float]:
    """How much of what is beyond ASCII is in words of a script alone, written as words are."""

    def likely(text: str) -> float:
        fit = sum(len(word) for word in re.findall(r"[^\W\d_]+", text) if is_word(word))
        return fit / max(1, sum(not c.isascii() for c in text))

    def is_word(word: str) -> bool:
        caseless = word.upper() == word.lower()
        as_written = caseless or word.isupper() or word[1:].islower() or len(word) == 1
        return as_written and all(unicodedata.name(c, "").startswith(names) for c in word)

    return likely


def _latin(usual: str) -> Callable[[str], float]:
    """How much of what is beyond ASCII is usual there, and stands among plain letters."""

    def likely(text: str) -> float:
        total = fit = 0
        for word in re.findall(r"\S+", text):
            strange = [c for c in word if not c.isascii()]
            total += len(strange)
            if 2 * len(strange) <= len(word):
                fit += sum(c in usual for c in strange)
        return fit / max(1, total)

    return likely


def _always(_: str) -> float:
    return 1.0


_PUNCTUATION = "€‚„…‘’“”–—«»©®°§"
_WESTERN = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœ¡¿ºªðþ"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäľĺôŕăâîșțşţđß"
_TURKISH = "çğıöşüâîû"
ENCODINGS: dict[str, Encoding] = {
    "utf-8": Encoding("Unicode (UTF-8)", "utf-8", _always),
    "utf-16": Encoding("Unicode (UTF-16)", "utf-16", _always),
    "windows-1252": Encoding(
        "Western European (Windows-1252)",
        "cp1252",
        _latin(_WESTERN + _WESTERN.upper() + _PUNCTUATION),
    ),
    "windows-1250": Encoding(
        "Central European (Windows-1250)",
        "cp1250",
        _latin(_CENTRAL + _CENTRAL.upper() + _PUNCTUATION),
    ),
    "windows-1254": Encoding(
        "Turkish (Windows-1254)", "cp1254", _latin(_TURKISH + "ÇĞİÖŞÜÂÎÛ" + _PUNCTUATION)
    ),
    "windows-1251": Encoding("Cyrillic (Windows-1251)", "cp1251", _script("CYRILLIC")),
    "koi8-r": Encoding("Cyrillic (KOI8-R)", "koi8_r", _script("CYRILLIC")),
    "windows-1253": Encoding("Greek (Windows-1253)", "cp1253", _script("GREEK")),
    "mac-roman": Encoding(
        "Western European (Mac)", "mac_roman", _latin(_WESTERN + _WESTERN.upper() + _PUNCTUATION)
    ),
    "shift_jis": Encoding("Japanese (Shift JIS)", "cp932", _script("HIRAGANA", "KATAKANA")),
    "euc-kr": Encoding("Korean (EUC-KR)", "cp949", _script("HANGUL")),
    "gb18030": Encoding("Chinese (GB 18030)", "gb18030", _script("CJK UNIFIED")),
    "big5": Encoding("Chinese, traditional (Big5)", "cp950", _script("CJK UNIFIED")),
}
"""By the names that a person can ask for, the more usual first."""

_BOMS = [
    (codecs.BOM_UTF32_LE, "utf-32"),  # first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_CONTROL_BYTES = bytes([*range(9), *range(14, 32), 127])
_LOOKED_AT = 4_000  # bytes that tell whether it is UTF-16 without a mark
_STRANGE = re.compile(rb"[\x80-\xff]")
_UNUSED = re.compile("[\x80-\x9f\ue000-\uf8ff]")  # what bytes of other encodings become
_LONGEST_CHARACTER = 4  # bytes
_SAMPLED = 200_000  # bytes of lines that depend on the encoding
_LINES = 3  # that are shown of them


def decode(data: bytes, name: str, wanted: str = "") -> tuple[str, str]:
    """The characters, and the encoding that they are in.

    Args:
        name: of the file, for messages.
        wanted: one of `ENCODINGS`, or "" to find out whether it is UTF-8 or UTF-16.

    Raises:
        CorpusError: it is another, or no text; `field` is "encoding" where reading it with
            another could help.
    """
    if wanted and wanted not in ENCODINGS:
        raise CorpusError(
            f"There is no encoding {wanted[:40]!r} here. There are: {', '.join(ENCODINGS)}.",
            field="encoding",
        )
    bom, codec = _found(data)
    if wanted and _family(codec) != wanted:
        bom, codec = b"", ENCODINGS[wanted].codec
        if wanted == "utf-16":
            codec = "utf-16-be" if data.count(0, 0, _LOOKED_AT) and data[0] == 0 else "utf-16-le"
    if codec == "utf-32":
        raise CorpusError(
            f"{name} is UTF-32 (byte order mark at byte 0). Save it as UTF-8 and load it again."
        )
    if codec == "utf-8" and (zero := data.find(0)) >= 0:
        raise CorpusError(
            f"{name} is binary data, not text: byte {zero:,} is zero. "
            "Choose a plain text file; if it is one, save it as UTF-8 and load it again."
        )
    try:
        text = data[len(bom) :].decode(codec)
    except UnicodeDecodeError as error:
        raise _misfit(data, name, wanted, codec, len(bom) + error.start) from None
    except LookupError:
        raise CorpusError(
            f"{ENCODINGS[wanted].label} can't be read here. Save {name} as UTF-8.",
            field="encoding",
        ) from None
    _refuse_control(text, data, bom, codec, name)
    return text, wanted or _family(codec)


def _family(codec: str) -> str:
    """The name in `ENCODINGS` of what was found."""
    return "utf-16" if codec.startswith("utf-16") else codec


def _found(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, and Python's name of the encoding if it is one of Unicode's."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return bom, codec
    begin = data[:_LOOKED_AT]
    if len(data) % 2 == 0 and len(data) >= 4 and 0 in begin:
        even, odd = begin[::2], begin[1::2]
        # Most characters of most texts are below 256, and none of a text is 0.
        for codec, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
            if high.count(0) * 2 > len(high) and not low.count(0):
                return b"", codec
    return b"", "utf-8"


def _misfit(data: bytes, name: str, wanted: str, codec: str, offset: int) -> CorpusError:
    """What is said of bytes that aren't what they should be."""
    byte = f"byte {offset:,} (0x{data[offset]:02x}) doesn't fit"
    if wanted and wanted != "utf-8":
        return CorpusError(
            f"{name} can't be read as {ENCODINGS[wanted].label}: {byte}. Choose another encoding.",
            field="encoding",
        )
    if codec.startswith("utf-16"):
        return CorpusError(
            f"{name} is not UTF-16, though it looks like it: {byte}. "
            "Open it in a text editor, save it as UTF-8 and load it again.",
            field="encoding",
        )
    if likely := previews(data):
        return CorpusError(
            f"{name} is not UTF-8, as most texts are. "
            f"Read it as {likely[0].label} or with another encoding, or save it as UTF-8.",
            field="encoding",
        )
    return CorpusError(
        f"{name} is not UTF-8: {byte}. Choose a plain text file; if it is one, save it as UTF-8 "
        "and load it again."
    )


def _refuse_control(text: str, data: bytes, bom: bytes, codec: str, name: str) -> None:
    if codec == "utf-8" and len(data.translate(None, _CONTROL_BYTES)) == len(data):
        return  # five times as fast: such bytes are nothing else in UTF-8
    if control := CONTROL.search(text):
        offset = len(bom) + len(text[: control.start()].encode(codec, "replace"))
        raise CorpusError(
            f"{name} is binary data, not text: a control character (0x{ord(control[0]):02x}) at "
            f"byte {offset:,}. Choose a plain text file, or remove that character."
        )


def previews(data: bytes) -> list[Preview]:
    """Each encoding that the bytes can be in, the likeliest first, with lines that tell.

    Looked at are the first 200,000 bytes of the lines that depend on it; a later one may
    still not fit when all is read.
    """
    _, codec = _found(data)
    if codec != "utf-8":  # a mark, or every other byte 0: no other is possible
        family = _family(codec)
        if family not in ENCODINGS:
            return []
        text = data[:_SAMPLED].decode(codec, "ignore").lstrip("\ufeff")
        return [_preview(family, text)] if not CONTROL.search(text) else []
    found = []
    sample = _telling(data)
    for name, encoding in ENCODINGS.items():
        read = None if name == "utf-16" else _decoded(sample, encoding.codec)
        if read is None or CONTROL.search(read):
            continue
        if name == "utf-8" or not _UNUSED.search(read):
            found.append((encoding.likely(read[:_LOOKED_AT]), _preview(name, read)))
    found.sort(key=lambda pair: -pair[0])  # stable: the more usual first among equals
    return [preview for _, preview in found]


def _decoded(sample: bytes, codec: str) -> str | None:
    """A sample, of which the last character can be cut in two; None if it isn't of that kind."""
    try:
        return sample.decode(codec)
    except UnicodeDecodeError as error:
        if len(sample) >= _SAMPLED - 1 and error.start >= len(sample) - _LONGEST_CHARACTER:
            return sample[: error.start].decode(codec)
    except LookupError:
        pass
    return None


def _telling(data: bytes) -> bytes:
    """The lines that have other bytes than ASCII's, as far as they are looked at."""
    lines: list[bytes] = []
    size = done = 0
    while size < _SAMPLED and (match := _STRANGE.search(data, done)):
        begin = max(data.rfind(b"\n", done, match.start()) + 1, done, match.start() - SHOWN)
        end = data.find(b"\n", match.start())
        done = len(data) if end < 0 else end + 1
        lines.append(data[begin:done][: _SAMPLED - size].removesuffix(b"\n"))
        size += done - begin
    return b"\n".join(lines) if lines else data[:_SAMPLED]


def _preview(name: str, text: str) -> Preview:
    """What is shown of it: the parts of lines around what depends on the encoding."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    telling = [line for line in lines if not line.isascii()] or lines
    first = []
    for line in telling[:_LINES]:
        place = next((i for i, c in enumerate(line) if not c.isascii()), 0)
        begin = 0 if place < SHOWN // 2 else place - SHOWN // 2
        shown = line[begin : begin + SHOWN]
        first.append(("…" if begin else "") + shown + ("…" if begin + SHOWN < len(line) else ""))
    return Preview(name, ENCODINGS[name].label, first)
