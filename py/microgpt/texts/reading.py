"""How a text is read: what a person can choose, what is found out, and what comes of it.

`read` goes through the steps: characters (`decoding`), documents (`documents`, `tables`,
`windows`), changes (`cleaning`), and tells on the way how far it is. The result is a `Text`:
the documents can depend on block_size, so that gives a corpus for each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from microgpt.errors import CorpusError
from microgpt.gpt.corpus import Corpus
from microgpt.texts import cleaning, tables
from microgpt.texts.decoding import ENCODINGS, decode
from microgpt.texts.documents import KINDS, NOUNS, blocks, likely, lines, paragraphs, split_long
from microgpt.texts.facts import Facts, count, shares
from microgpt.texts.limits import MAX_BYTES, MAX_CHARACTERS, UNFIT_FOR_NAMES, counted
from microgpt.texts.windows import LINE_END, RunningText, Windows

T = TypeVar("T")
Step: TypeAlias = tuple[str, float]
"""What is being done, and the share of the whole that is done, 0 to 1."""

_SHOWN_CLUSTER = 12  # parts of a character
_ONE_CLUSTER = "One character is read as several parts."
_ADVICE = "Choose a text with one name, word or sentence per line."


@dataclass(frozen=True)
class Reading:
    """How bytes become documents; "" and 0 leave a thing as it is found.

    Attributes:
        encoding: a name of `decoding.ENCODINGS`, or "" to find out.
        documents: one of `documents.KINDS`, or "" to find out.
        column: the heading of a table's column, or "" for the one most like names or text.
        normalize: to Unicode's form NFC.
        most_frequent: so many different characters are kept; 0 keeps all.
        replacement: a character for each of the others, or "" to drop them.
        split_long: documents in pieces that fit a block_size, instead of cutting them.
    """

    encoding: str = ""
    documents: str = ""
    column: str = ""
    normalize: bool = True
    lower_case: bool = False
    most_frequent: int = 0
    replacement: str = ""
    drop_repeated: bool = False
    split_long: bool = False


def reading(values: Mapping[str, Any]) -> Reading:
    """A reading from outside; what is missing is found out, or not done.

    Raises:
        CorpusError: it can't be meant; `field` says what of it.
    """
    types = {field.name: type(field.default) for field in dataclasses.fields(Reading)}
    for name, value in values.items():
        if name not in types:
            raise CorpusError(f"There is no way of reading a text called {str(name)[:40]!r}.")
        if type(value) is not types[name]:
            raise CorpusError(f"{name} can't be {str(value)[:40]!r}.", field=name)
    made = Reading(**values)
    if made.documents and made.documents not in KINDS:
        raise CorpusError(
            f"A document can be a {', '.join(KINDS[:-1])} or running text, "
            f"not {made.documents[:40]!r}.",
            field="documents",
        )
    if not 0 <= made.most_frequent <= MAX_CHARACTERS:
        raise CorpusError(
            f"Of the characters 1 to {MAX_CHARACTERS:,} can be kept, or 0 for all.",
            field="most_frequent",
        )
    if len(made.replacement) > 1 or UNFIT_FOR_NAMES.search(made.replacement):
        raise CorpusError(
            "The replacement must be one character that can be seen, or none.", field="replacement"
        )
    return made


class Text:
    """What was read, from which a corpus can be cut for any block_size.

    Attributes:
        name: to show.
        reading: nothing in it is left to be found out.
        columns: the headings of a table, or none.
        notes: what was found and changed on the way, in sentences.

    Args:
        body: the documents, or one running text.
        characters: all distinct ones in it, which to look for would take long.
        blank_lines: that were skipped.
    """

    def __init__(
        self,
        name: str,
        reading: Reading,
        body: tuple[str, ...] | str,
        characters: Iterable[str],
        blank_lines: int = 0,
        columns: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.reading = reading
        self.columns = columns
        self.notes = notes
        self._body = body
        self._characters = "".join(sorted(characters))
        self._blank_lines = blank_lines
        self._corpus: tuple[int, Corpus] | None = None  # the last one, and its block_size
        self._facts: tuple[Corpus, Facts] | None = None

    @classmethod
    def of(cls, corpus: Corpus) -> Text:
        """The text of a corpus that was saved; how it was read once isn't known."""
        running = isinstance(corpus, RunningText)
        text = cls(
            corpus.name,
            Reading("utf-8", "running" if running else "line"),
            corpus.documents.text if isinstance(corpus, RunningText) else tuple(corpus.documents),
            corpus.characters,
            corpus.blank_lines,
        )
        if not running:
            text._corpus = 0, corpus
        return text

    @property
    def noun(self) -> str:
        """What a document of it is."""
        return NOUNS[self.reading.documents]

    def corpus(self, block_size: int) -> Corpus:
        """Its documents, as a model of that block_size is to learn them."""
        body, split = self._body, self.reading.split_long
        key = block_size if isinstance(body, str) or split else 0
        if self._corpus is None or self._corpus[0] != key:
            self._corpus = key, self._cut(body, block_size)
        return self._corpus[1]

    def _cut(self, body: tuple[str, ...] | str, block_size: int) -> Corpus:
        characters = self._characters
        if isinstance(body, str):
            made: Corpus = RunningText(self.name, Windows(body, block_size), 0)
        else:
            if self.reading.split_long:  # a document's end is learned too
                body = tuple(split_long(body, max(1, block_size - 1)))
                if not any(" " in document for document in body):  # all may have gone
                    characters = "".join(sorted(cleaning.distinct("".join(body))))
            made = Corpus(self.name, body, self._blank_lines)
        vars(made)["characters"] = characters  # where its cached property keeps them
        return made

    def facts(self, block_size: int) -> Facts:
        """What is worth knowing of the corpus for a block_size."""
        for _ in self.look(block_size):
            pass
        assert self._facts
        return self._facts[1]

    def look(self, block_size: int) -> Generator[float, None, None]:
        """Find out what `facts` then tells; on the way, the share that is done."""
        corpus, before = self.corpus(block_size), self._facts
        if before is None or before[0] is not corpus:
            rarest = before[1].rarest if before and isinstance(self._body, str) else None
            self._facts = corpus, (yield from count(corpus, rarest))


def read(data: bytes, name: str, wanted: Reading) -> Generator[Step, None, Text]:
    """A text from the bytes of a file; on the way, what is being done.

    Raises:
        CorpusError: it is nothing that can be trained on; the message says where and what
            to do, and `field` what in the reading could help.
    """
    name = UNFIT_FOR_NAMES.sub("\ufffd", name)
    _check_size(data, name)
    yield "Reading characters", 0.0
    text, encoding = decode(data, name, wanted.encoding)
    yield "Reading characters", 0.1
    notes: list[str] = []
    if encoding not in ("utf-8", "utf-16"):
        notes.append(f"Read as {ENCODINGS[encoding].label}.")
    # As Python's open() reads lines: \r\n and a lone \r end a line, \v and \f don't.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if wanted.normalize:
        text, changed = yield from _told(
            "Putting letters and accents together", cleaning.normalized(text), 0.1, 0.2
        )
        notes += _normalized_note(changed)
    yield "Finding out what it is", 0.2
    table = tables.find(text, wanted.documents == "column")
    kind = wanted.documents or likely(text, table)
    made = dataclasses.replace(wanted, encoding=encoding, documents=kind, column="")
    columns = table.columns if table else ()
    blank, parts = 0, [text.removesuffix("\n")]
    if kind == "paragraph":
        parts = yield from _told("Finding paragraphs", paragraphs(text), 0.2, 0.5)
    elif kind == "column":
        table, index = _chosen(table, wanted.column, name)
        made = dataclasses.replace(made, column=columns[index])
        found = yield from _told("Reading the table", tables.column(text, table, index), 0.2, 0.5)
        notes += _column_notes(found, table, index)
        parts = found.cells
    elif kind == "line":
        parts, blank = yield from _told("Finding lines", lines(text), 0.2, 0.5)
    del text
    if not any(map(str.strip, parts)):
        raise _nothing_left(name, kind, "")
    body = "\n".join(parts)
    if made.lower_case or made.most_frequent:
        body = yield from _told("Changing characters", _changed(body, made, notes), 0.5, 0.6)
        # What was dropped can have left white space, or nothing.
        parts = [part for each in body.split("\n") if (part := each.strip())]
        if not parts:
            raise _nothing_left(name, kind, " after the changes")
        if kind != "running":
            body = "\n".join(parts)
    yield "Looking at characters", 0.6
    characters = cleaning.distinct(body)
    _check_characters(characters - {"\n"}, name)
    notes += _clusters_note(cleaning.clusters(body, characters))
    if kind == "running":
        # A document has no line end in it: formats, links and engines rest on that.
        whole = body.replace("\n", LINE_END)
        seen = {LINE_END if c == "\n" else c for c in characters}
        return Text(name, made, whole, seen, columns=columns, notes=tuple(notes))
    if made.drop_repeated:
        yield "Dropping what is repeated", 0.65
        before, parts = len(parts), list(dict.fromkeys(parts))
        if before > len(parts):
            notes.append(f"{counted(before - len(parts), f'repeated {NOUNS[kind]}')}, dropped.")
    return Text(name, made, tuple(parts), characters - {"\n"}, blank, columns, tuple(notes))


def _told(
    doing: str, work: Generator[float, None, T], begin: float, end: float
) -> Generator[Step, None, T]:
    """Tell of work that knows its share, as a part of the whole from one share to another."""
    yield doing, begin
    told = shares(work, begin, end)
    while True:
        try:
            share = next(told)
        except StopIteration as stop:
            result: T = stop.value
            return result
        yield doing, share


def _check_size(data: bytes, name: str) -> None:
    if len(data) > MAX_BYTES:
        raise CorpusError(
            f"{name} has more than {MAX_BYTES // 10**6} MB, the most that can be read. "
            "Take a part of it: a few thousand lines are plenty for a model of this size."
        )
    if not data:
        raise CorpusError(f"{name} is empty (0 bytes). {_ADVICE}")


def _check_characters(characters: set[str], name: str) -> None:
    if len(characters) > MAX_CHARACTERS:
        raise CorpusError(
            f"{name} has {len(characters):,} distinct characters; the model reads "
            f"characters one by one and can hold {MAX_CHARACTERS:,}. "
            "Take a text in one language, or a part of this one, or keep only its most "
            "frequent characters.",
            field="most_frequent",
        )


def _chosen(table: tables.Table | None, column: str, name: str) -> tuple[tables.Table, int]:
    """The table, and which of its columns is meant."""
    if table is None:
        raise CorpusError(
            f"{name} is not a table: its lines aren't parted by commas, semicolons, tabs or "
            "bars. Take each line, paragraphs or running text as documents.",
            field="documents",
        )
    return table, tables.index_of(column, table, name)


def _nothing_left(name: str, kind: str, when: str) -> CorpusError:
    if kind == "column":
        return CorpusError(
            f"Nothing is in that column of {name}{when}. Choose another column.", field="column"
        )
    if when:
        return CorpusError(
            f"Nothing is left of {name}{when}. Keep more characters, or replace the others.",
            field="most_frequent",
        )
    return CorpusError(f"{name} has nothing but blank lines. {_ADVICE}")


def _normalized_note(changed: int) -> list[str]:
    if changed < 0:
        return ["Letters with a hundred marks on them: not brought to Unicode's usual form (NFC)."]
    if not changed:
        return []
    verb = "was" if changed == 1 else "were"
    return [f"{counted(changed, 'character')} {verb} brought to Unicode's usual form (NFC)."]


def _column_notes(found: tables.Column, table: tables.Table, index: int) -> list[str]:
    notes = [f"A table: of its {len(table.columns):,} columns “{table.columns[index]}” is learned."]
    if len(table.columns) == 1:
        notes = []
    if found.empty:
        notes.append(f"{counted(found.empty, 'empty cell')}, skipped.")
    if found.bad:
        has = "has" if found.bad == 1 else "have"
        notes.append(
            f"{counted(found.bad, 'row')} {has} more or fewer cells than the table has columns, "
            "or a quotation mark that isn't closed; what stands in the column's place was taken."
        )
    return notes


def _changed(body: str, made: Reading, notes: list[str]) -> Generator[float, None, str]:
    """A text with the changes to its characters that are asked for; notes on them are added."""
    if made.lower_case:
        lower = [block.lower() for block, _ in blocks(body)]
        body = "\n".join(lower)
        notes.append("Capital letters were made small.")
        yield 0.2
    if made.most_frequent:
        body, gone, different = yield from cleaning.most_frequent(
            body, made.most_frequent, made.replacement
        )
        if gone:
            what = f"replaced by {made.replacement}" if made.replacement else "dropped"
            verb = "was" if gone == 1 else "were"
            notes.append(
                f"{counted(gone, 'character')} {verb} {what}: the {different:,} rarest of "
                f"{different + made.most_frequent:,} different ones."
            )
    return body


def _clusters_note(found: list[str]) -> list[str]:
    """What is read as several characters, though a reader sees one."""
    if not found:
        return []
    shown = next((each for each in found if len(each) <= _SHOWN_CLUSTER), "")
    such = f" such as {shown}" if shown else ""
    if len(found) == 1:
        return [f"One character,{such}, is read as several parts." if shown else _ONE_CLUSTER]
    return [
        f"{len(found):,} characters,{such}, are read as several parts."
        if shown
        else f"{len(found):,} characters are read as several parts."
    ]
