"""The documents as bytes, for files and recipes, and back again.

What was allowed once stays allowed: see `sharing.formats`.
"""

from __future__ import annotations

from microgpt.errors import CorpusError
from microgpt.gpt.corpus import Corpus
from microgpt.texts.limits import CONTROL, MAX_BYTES, MAX_CHARACTERS
from microgpt.texts.windows import LINE_END, RunningText, Windows

# Bytes: UTF-16 can become half as long again; there may be favourites besides.
MOST_STORED = MAX_BYTES // 2 * 3 + 10**6


def data(corpus: Corpus) -> bytes:
    """The documents, a line each, in UTF-8: what `restored` reads.

    Of running text, the text with its line ends: what `restored_running` reads.
    """
    if isinstance(corpus, RunningText):
        return corpus.documents.text.replace(LINE_END, "\n").encode()
    return "\n".join(corpus.documents).encode()


def restored(data: bytes, name: str, blank_lines: int) -> Corpus:
    """A corpus from what `data` has made of it.

    Raises:
        CorpusError: the bytes are nothing of the kind.
    """
    documents = tuple(_decode(data, name).split("\n"))
    if any(not document or document != document.strip() for document in documents):
        raise CorpusError(f"{name} has blank lines, or lines with white space around them.")
    return _checked(Corpus(name, documents, blank_lines))


def restored_running(data: bytes, name: str, size: int) -> RunningText:
    """A running text from what `data` has made of it, in windows of a size.

    Raises:
        CorpusError: the bytes are nothing of the kind.
    """
    text = _decode(data, name).replace("\n", LINE_END)
    if not text.strip():
        raise CorpusError(f"{name} is empty.")
    corpus = RunningText(name, Windows(text, size), 0)
    _checked(corpus)
    return corpus


def _checked(corpus: Corpus) -> Corpus:
    if len(corpus.characters) > MAX_CHARACTERS:
        raise CorpusError(f"{corpus.name} has too many distinct characters.")
    return corpus


def _decode(data: bytes, name: str) -> str:
    """UTF-8, in which a byte order mark is an ordinary character."""
    if len(data) > MOST_STORED:
        raise CorpusError(f"{name} has more than {MOST_STORED // 10**6} MB.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name} is not UTF-8: byte {error.start:,} doesn't fit.") from None
    if CONTROL.search(text) or "\r" in text:
        raise CorpusError(f"{name} has control characters.")
    return text
