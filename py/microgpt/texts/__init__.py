"""From bytes to a text that can be trained on, and what of it is worth knowing.

What is refused, and why; what a person should know before training. Not about
files: it is given the bytes and a name to show in messages. Begin with `reading`.
"""

from __future__ import annotations

from microgpt.gpt.corpus import Corpus
from microgpt.texts import reading
from microgpt.texts.decoding import ENCODINGS, Preview, previews
from microgpt.texts.documents import KINDS
from microgpt.texts.facts import Facts, block_size_needed, cut, first_lines, notes
from microgpt.texts.limits import (
    CONTROL,
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    UNFIT_FOR_NAMES,
    counted,
    cut_to_show,
)
from microgpt.texts.reading import Reading, Step, Text
from microgpt.texts.storing import MOST_STORED, data, restored, restored_running
from microgpt.texts.windows import LINE_END, Chosen, RunningText, Windows

__all__ = [
    "CONTROL",
    "ENCODINGS",
    "KINDS",
    "LINE_END",
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "MAX_COLUMNS",
    "MOST_STORED",
    "UNFIT_FOR_NAMES",
    "Chosen",
    "Facts",
    "Preview",
    "Reading",
    "RunningText",
    "Step",
    "Text",
    "Windows",
    "block_size_needed",
    "counted",
    "cut",
    "cut_to_show",
    "data",
    "first_lines",
    "notes",
    "previews",
    "read",
    "read_text",
    "restored",
    "restored_running",
]


def read_text(data: bytes, name: str, wanted: Reading) -> Text:
    """A text from the bytes of a file, read in a certain way.

    Raises:
        CorpusError: it can't be used; see `reading.read`.
    """
    steps = reading.read(data, name, wanted)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            text: Text = end.value
            return text


def read(data: bytes, name: str) -> Corpus:
    """The lines of a text file as a corpus, whatever else the text could be.

    Raises:
        CorpusError: it can't be used; see `reading.read`.
    """
    return read_text(data, name, Reading(documents="line")).corpus(0)
