"""From bytes to a text that can be trained on, and what of it is worth knowing.

What is refused, and why; what a person should know before training. Not about
files: `read` is given the bytes and a name to show in messages.
"""

from __future__ import annotations

import codecs
import re

from microgpt.errors import CorpusError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import MAX_BLOCK_SIZE

MAX_BYTES = 20_000_000
MAX_CHARACTERS = 5_000  # distinct ones: each is two rows of the model's weights

_BOMS = [
    (codecs.BOM_UTF32_LE, "utf-32"),  # first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
# Control characters that no text editor writes; tab to carriage return are white space.
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# In a name, which is shown in one line, by terminals too: also what ends a line or
# reverses its direction.
UNFIT_FOR_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FIRST = 5  # lines that are shown
_SHOWN = 60  # characters of each
# Bytes: UTF-16 can become half as long again; there may be favourites besides.
_MOST_RESTORED = MAX_BYTES // 2 * 3 + 10**6


def data(corpus: Corpus) -> bytes:
    """The documents, a line each, in UTF-8: what `restored` reads."""
    return "\n".join(corpus.documents).encode()


def restored(data: bytes, name: str, blank_lines: int) -> Corpus:
    """A corpus from what `data` has made of it.

    Raises:
        CorpusError: the bytes are nothing of the kind.
    """
    if len(data) > _MOST_RESTORED:
        raise CorpusError(f"{name} has more than {_MOST_RESTORED // 10**6} MB.")
    documents = tuple(_decode_utf8(data, name).split("\n"))
    if any(not document or document != document.strip() for document in documents):
        raise CorpusError(f"{name} has blank lines, or lines with white space around them.")
    corpus = Corpus(name, documents, blank_lines)
    if len(corpus.characters) > MAX_CHARACTERS:
        raise CorpusError(f"{name} has too many distinct characters.")
    return corpus


def total_characters(corpus: Corpus) -> int:
    """The length of all documents together."""
    return sum(map(len, corpus.documents))


def block_size_needed(corpus: Corpus) -> int:
    """The smallest block_size that cuts nothing: a document's end is predicted too."""
    return len(corpus.longest) + 1


def duplicates(corpus: Corpus) -> int:
    """How many documents repeat an earlier one."""
    return len(corpus.documents) - len(set(corpus.documents))


def cut(corpus: Corpus, block_size: int) -> int:
    """How many documents don't fit a block_size with their ends."""
    return sum(len(document) >= block_size for document in corpus.documents)


def first_lines(corpus: Corpus) -> list[str]:
    """The first few documents, long ones cut, to show what it is."""
    return [
        line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
        for line in corpus.documents[:_FIRST]
    ]


def notes(corpus: Corpus, block_size: int) -> list[str]:
    """What a person should know about the text before training, one sentence each."""
    found = []
    if corpus.blank_lines:
        found.append(f"{counted(corpus.blank_lines, 'blank line')}, skipped.")
    if repeated := duplicates(corpus):
        found.append(f"{counted(repeated, 'repeated line')}, kept.")
    if too_long := cut(corpus, block_size):
        found.append(f"{_cut_note(too_long, len(corpus.documents), block_size)} {_fit(corpus)}")
    return found


def _cut_note(too_long: int, lines: int, block_size: int) -> str:
    """That some lines, or all, are learned in part."""
    first = "first character is" if block_size == 1 else f"first {block_size:,} characters are"
    if lines == 1:
        return f"The line is too long: only its {first} learned."
    if too_long == 1:
        return f"1 of {lines:,} lines is too long: only its {first} learned."
    some = f"All {lines:,}" if too_long == lines else f"{too_long:,} of {lines:,}"
    return f"{some} lines are too long: only their {first} learned."


def _fit(corpus: Corpus) -> str:
    needed = block_size_needed(corpus)
    if needed <= MAX_BLOCK_SIZE:
        return f"A block_size of {needed:,} would fit every line."
    return f"No block_size would fit every line; the largest is {MAX_BLOCK_SIZE:,}."


def read(data: bytes, name: str) -> Corpus:
    """A corpus from the bytes of a text file.

    UTF-8 with or without a byte order mark, or UTF-16 with one; any line ends.

    Raises:
        CorpusError: the bytes are no such text, or nothing that can be trained
            on; the message says where and what to do.
    """
    name = UNFIT_FOR_NAMES.sub("\ufffd", name)
    if len(data) > MAX_BYTES:
        raise CorpusError(
            f"{name} has more than {MAX_BYTES // 10**6} MB, the most that can be read. "
            "Take a part of it: a few thousand lines are plenty for a model of this size."
        )
    if not data:
        raise CorpusError(
            f"{name} is empty (0 bytes). Choose a text with one name, word or sentence per line."
        )
    # As Python's open() reads lines: \r\n and a lone \r end a line, \v and \f don't.
    lines = _decode(data, name).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()  # after the last line end there is no further line
    documents = tuple(document for line in lines if (document := line.strip()))
    if not documents:
        raise CorpusError(
            f"{name} has nothing but blank lines. "
            "Choose a text with one name, word or sentence per line."
        )
    corpus = Corpus(name, documents, blank_lines=len(lines) - len(documents))
    if len(corpus.characters) > MAX_CHARACTERS:
        raise CorpusError(
            f"{name} has {len(corpus.characters):,} distinct characters; the model reads "
            f"characters one by one and can hold {MAX_CHARACTERS:,}. "
            "Take a text in one language, or a part of this one."
        )
    return corpus


def _decode_utf8(data: bytes, name: str) -> str:
    """UTF-8, in which a byte order mark is an ordinary character."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name} is not UTF-8: byte {error.start:,} doesn't fit.") from None
    if CONTROL.search(text) or "\r" in text:
        raise CorpusError(f"{name} has control characters.")
    return text


def _decode(data: bytes, name: str) -> str:
    bom, encoding = next(((b, e) for b, e in _BOMS if data.startswith(b)), (b"", "utf-8"))
    if encoding == "utf-32":
        raise CorpusError(
            f"{name} is UTF-32 (byte order mark at byte 0). Save it as UTF-8 and load it again."
        )
    if encoding == "utf-8" and (zero := data.find(0)) >= 0:
        raise CorpusError(
            f"{name} is binary data, not text: byte {zero:,} is zero. "
            "Choose a plain text file; if it is one, save it as UTF-8 and load it again."
        )
    try:
        text = data[len(bom) :].decode(encoding)
    except UnicodeDecodeError as error:
        offset = len(bom) + error.start
        kind = "UTF-16, though it starts with its mark" if "16" in encoding else "UTF-8"
        raise CorpusError(
            f"{name} is not {kind}: byte {offset:,} (0x{data[offset]:02x}) doesn't fit. "
            "Open it in a text editor, save it as UTF-8 and load it again."
        ) from None
    if control := CONTROL.search(text):
        offset = len(bom) + len(text[: control.start()].encode(encoding))
        raise CorpusError(
            f"{name} is binary data, not text: a control character (0x{ord(control[0]):02x}) at "
            f"byte {offset:,}. Choose a plain text file, or remove that character."
        )
    return text


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
