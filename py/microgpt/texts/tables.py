"""Tables: what separates their cells, what their columns are called, and one column's cells.

Python's `csv` reads the rows; a row that it can't read, such as one whose quotation mark is
never closed, is read for itself and doesn't take the following ones with it. Not about
which texts are read as tables: see `documents`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from microgpt.errors import CorpusError
from microgpt.texts.limits import (
    MAX_COLUMNS,
    SHOWN,
    UNFIT_FOR_NAMES,
    cut_to_show,
    usual_length,
)

_DELIMITERS = ",;\t|"
_SAMPLED = 100_000  # characters that tell what kind of a table it is
_SAMPLED_ROWS = 200
_FEWEST_ROWS = 3  # a table has
_CONSISTENT = 0.9  # of its rows have as many cells as it has columns
_LARGEST_CELL = 131_072  # characters; what is larger is a quotation mark that isn't closed
_MOST_BAD = 100  # rows for which it is found out where they end; each can cost a large cell
_ROWS_AT_A_TIME = 20_000
_LISTED = 20  # headings in a message
_HEADING_WORDS = 4

# Words that head columns, and what they head isn't among them.
_HEADINGS = frozenset(
    "id nr no number name names first last full firstname lastname surname given family word words "
    "text texts title titles label labels date year month day time country city state place town "
    "region email mail phone url link comment comments message messages content body description "
    "category type kind class gender sex count rank frequency age lang language author artist "
    "user username from to subject sentence line value price code origin meaning tag tags index "
    "vorname nachname ort stadt land titel datum jahr anzahl geschlecht prénom nom ville pays "
    "année nombre apellido ciudad país año".split()
)
_LEARNABLE = {
    "name": 3.0,
    "text": 3.0,
    "word": 2.5,
    "title": 2.5,
    "sentence": 2.5,
    "message": 2.5,
    "content": 2.5,
    "comment": 2.0,
    "description": 2.0,
    "label": 1.5,
}
_NUMBER = re.compile(r"[-+]?[\d.,:/%\s$€£-]*\d[\d.,:/%\s$€£Ee+-]*")


@dataclass(frozen=True)
class Table:
    """How a text is to be read as a table.

    Attributes:
        delimiter: between the cells of a row.
        header: whether its first row has the headings.
        columns: the headings, made different where they weren't.
        best: the column that looks most like names or text.
    """

    delimiter: str
    header: bool
    columns: tuple[str, ...]
    best: int


@dataclass(frozen=True)
class Column:
    """The cells of a column, and what became of the others.

    Attributes:
        cells: none empty, each in one line.
        empty: how many rows had nothing in it.
        bad: how many rows weren't as those of a table are.
    """

    cells: list[str]
    empty: int
    bad: int


@contextmanager
def _cell_limit() -> Iterator[None]:
    """The limit is the whole module's, so it is put back."""
    before = csv.field_size_limit(_LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def rows(text: str, delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Each row that isn't blank, and whether it was bad.

    Args:
        text: whose lines end as Unix's do.
        delimiter: one character.
    """
    lines = io.StringIO(text, newline="\n").readlines()
    done = bad = 0  # lines; rows

    def following() -> Iterator[str]:
        nonlocal done
        while done < len(lines):
            done += 1
            yield lines[done - 1]

    while done < len(lines):
        begin = done
        if bad >= _MOST_BAD:  # no more looking for ends of quotations
            done += 1
            yield _alone(lines[begin], delimiter), '"' in lines[begin]
            continue
        reader = csv.reader(following(), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                begin = done
                if row and (len(row) > 1 or row[0].strip()):
                    yield row, False
        except csv.Error:
            bad += 1
            done = begin + 1
            yield _alone(lines[begin], delimiter), True


def _alone(line: str, delimiter: str) -> list[str]:
    """The cells of a line that no row of a table is; quotation marks mean nothing in it."""
    return [cell.strip().strip('"') for cell in line.rstrip("\n").split(delimiter)]


def find(text: str, wanted: bool) -> Table | None:
    """How a text is to be read as a table, if it is one.

    Args:
        text: whose lines end as Unix's do.
        wanted: whether somebody says that it is one, so that any two columns will do.
    """
    sample = text[:_SAMPLED]
    if len(text) > _SAMPLED and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    best, found, width = 0.0, None, 0
    with _cell_limit():
        for delimiter in _DELIMITERS:
            if delimiter not in sample:
                continue
            some = _some(sample, delimiter)
            columns, share = _width(some)
            if columns < 2 or (not wanted and (share < _CONSISTENT or len(some) < _FEWEST_ROWS)):
                continue
            if (score := share + columns / 1000) > best:
                best, width, found = score, columns, (delimiter, some)
    if found is None:
        return None
    delimiter, some = found
    return _described(delimiter, [row for row in some if len(row) == width])


def _some(sample: str, delimiter: str) -> list[list[str]]:
    some = []
    for row, _ in rows(sample, delimiter):
        some.append(row)
        if len(some) == _SAMPLED_ROWS:
            break
    return some


def _width(some: Sequence[list[str]]) -> tuple[int, float]:
    """How many columns there are, and the share of rows that have so many cells."""
    counts = Counter(map(len, some)).most_common(1)
    return (counts[0][0], counts[0][1] / len(some)) if counts else (0, 0.0)


def _described(delimiter: str, some: list[list[str]]) -> Table:
    header = _has_header(some)
    width = min(len(some[0]), MAX_COLUMNS)
    names = some[0][:width] if header else [""] * width
    body = some[1:] if header else some
    columns = _different(names)
    scores = [
        _learnable([row[i] for row in body], columns[i] if header else "") for i in range(width)
    ]
    return Table(delimiter, header, tuple(columns), scores.index(max(scores)))


def _has_header(some: Sequence[list[str]]) -> bool:
    """Whether the first row says what the others have.

    It must be unlike them: a word that heads columns, or no number where they have numbers.
    """
    first, body = [cell.strip() for cell in some[0]], some[1:]
    if not body or len({cell.casefold() for cell in first if cell}) < len(
        list(filter(None, first))
    ):
        return False
    if any(_NUMBER.fullmatch(cell) or len(cell) > SHOWN for cell in first) or not any(first):
        return False
    if any(len(cell.split()) > _HEADING_WORDS for cell in first):
        return False
    columns = [_filled(row[index] for row in body) for index in range(len(first))]
    if any(cell and cell in below for cell, below in zip(first, columns, strict=True)):
        return False
    known = sum(map(_is_heading, first))
    # In “Price, Vincent” two things stand beside each other, and nothing above them.
    listed = all(row[1].startswith(" ") for row in some)
    if known and 2 * known >= len(_filled(first)) + listed:
        return True
    return any(
        cell
        and below
        and (
            _share(below, _NUMBER.fullmatch) >= _CONSISTENT
            or (cell.islower() and not listed and _share(below, _is_capital) >= _CONSISTENT)
        )
        for cell, below in zip(first, columns, strict=True)
    )


def _filled(cells: Iterable[str]) -> list[str]:
    return [stripped for cell in cells if (stripped := cell.strip())]


def _share(cells: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(map(bool, map(test, cells))) / len(cells)


def _is_capital(cell: str) -> bool:
    return cell[0].isupper()


def _is_heading(cell: str) -> bool:
    """Whether all of its words are such as head columns."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", cell).casefold())
    return bool(words) and _HEADINGS.issuperset(words)


def _different(names: Sequence[str]) -> list[str]:
    """Headings that are different and can be shown in a line."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        name = cut_to_show(" ".join(UNFIT_FOR_NAMES.sub(" ", name).split())) or f"column {number}"
        made, again = name, 1
        while made in found:
            again += 1
            made = f"{name} ({again})"
        found.append(made)
    return found


def _learnable(cells: Sequence[str], heading: str) -> float:
    """How much a column looks like names, words or text, rather than figures or keys."""
    filled = _filled(cells)
    if not filled:
        return 0.0
    plain = [cell for cell in filled if any(map(str.isalpha, cell)) and not _is_key(cell)]
    share = len(plain) / len(cells)
    different = len(set(filled)) / len(filled)
    length = usual_length(filled)
    usual = max(
        (worth for word, worth in _LEARNABLE.items() if word in heading.casefold()), default=1
    )
    return share * (0.1 + different) * min(1.0, length / 4) * usual


def _is_key(cell: str) -> bool:
    """Addresses, hashes and dates: made of letters, but nothing that anybody would make up."""
    return (
        "@" in cell
        or "://" in cell
        or _NUMBER.fullmatch(cell) is not None
        or re.fullmatch(r"[0-9a-fA-F-]{16,}|\d{4}-\d\d-\d\dT.*", cell) is not None
    )


def column(text: str, table: Table, index: int) -> Generator[float, None, Column]:
    """The cells of a column; on the way, the share that is done."""
    cells: list[str] = []
    empty = bad = 0
    width, about = len(table.columns), text.count("\n") + 1
    with _cell_limit():
        for number, (row, is_bad) in enumerate(rows(text, table.delimiter)):
            if number % _ROWS_AT_A_TIME == _ROWS_AT_A_TIME - 1:
                yield number / about
            if not number and table.header:
                continue
            bad += is_bad or (len(row) != width and width < MAX_COLUMNS)
            cell = row[index] if index < len(row) else ""
            cell = " ".join(cell.split()) if "\n" in cell else cell.strip()
            if cell:
                cells.append(cell)
            else:
                empty += 1
    return Column(cells, empty, bad)


def index_of(heading: str, table: Table, name: str) -> int:
    """Which column a person means.

    Raises:
        CorpusError: there is no such column; the message names those that there are.
    """
    if not heading:
        return table.best
    if heading in table.columns:
        return table.columns.index(heading)
    alike = [i for i, each in enumerate(table.columns) if each.casefold() == heading.casefold()]
    if alike:
        return alike[0]
    there = ", ".join(f"“{each}”" for each in table.columns[:_LISTED])
    more = len(table.columns) - _LISTED
    there += f" and {more:,} more" if more > 0 else ""
    raise CorpusError(
        f"{name} has no column “{heading[:SHOWN]}”. Choose one of {there}.", field="column"
    )
