"""Tables: Python's csv writes them, and what was written comes back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import CorpusError
from microgpt.texts import MAX_COLUMNS, Reading, Text, read_text
from microgpt.texts.tables import rows

CELLS = st.text(st.characters(categories=["L", "N", "P", "Zs"], include_characters="\n\t\"',;|"))


def as_column(data: str, column: str = "") -> Text:
    return read_text(data.encode(), "t.csv", Reading(documents="column", column=column))


def cells(text: Text) -> list[str]:
    return list(text.corpus(16).documents)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=20))
def test_rows_are_what_csv_wrote(table: list[list[str]]) -> None:
    for delimiter in ",;\t|":
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(table)
        assert list(rows(file.getvalue(), delimiter)) == [(row, False) for row in table]


@given(st.text(st.sampled_from('ab",;\n'), max_size=200))
def test_any_text_has_rows_and_no_line_is_lost_to_a_bad_one(text: str) -> None:
    found = "".join("".join(row) for row, _ in rows(text, ","))
    assert set(found) >= set(text) - set('",\n ')
    assert found.count("a") == text.count("a")


def test_a_quoted_cell_with_a_comma_and_a_line_end_is_one() -> None:
    text = as_column('name,age\n"Smith,\nJohn",40\nAda,36\n"O""Hara",9\n')
    assert cells(text) == ["Smith, John", "Ada", 'O"Hara']
    assert text.columns == ("name", "age")


def test_a_bad_row_takes_no_others_with_it() -> None:
    text = as_column('name,age\nAda,36\n"Bo,4\nCleo,5\nDora\n"Ed"x,7\nFay,1,2\n')
    assert cells(text) == ["Ada", "Bo", "Cleo", "Dora", 'Ed"x', "Fay"]
    assert any(note.startswith("4 rows have more or fewer cells") for note in text.notes)


def test_many_bad_rows_take_no_time() -> None:
    text = "name,age\n" + '"x,1\n' * 100_000
    assert cells(as_column(text)) == ["x"] * 100_000


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_with_headings_is_read_as_one_by_itself(delimiter: str) -> None:
    lines = ["id,name,year", *(f"{i},{name},19{i}" for i, name in enumerate(NAMES, start=10))]
    report = Session().load("\n".join(lines).replace(",", delimiter).encode(), "t")
    assert report["reading"]["documents"] == "column"
    assert report["reading"]["column"] == "name"
    assert report["columns"] == ["id", "name", "year"]
    assert report["first"] == NAMES[:5]
    assert report["notes"][0] == "A table: of its 3 columns “name” is learned."


NAMES = ["Emma", "Olivia", "Noah", "Liam", "Sophia", "Ava", "Mia"]


@pytest.mark.parametrize(
    "text",
    [
        "Price, Vincent\nSmith, John\nDoe, Jane\nMay, Theresa\n",
        "Emma,F,20799\nOlivia,F,19674\nAva,F,16237\n",
        "to be, or not to be,\nthat is the question,\nwhether, and so on\n",
        "emma\nolivia\nava\n",
        "1,2\n3,4\n5,6\n",
    ],
)
def test_what_has_no_headings_stays_a_list_of_lines(text: str) -> None:
    report = Session().load(text.encode(), "t")
    assert report["reading"]["documents"] == "line"
    assert report["first"] == text.split("\n")[:-1]


def test_a_table_without_headings_has_numbered_columns() -> None:
    session = Session()
    report = session.load(b"Emma,F,20799\nOlivia,F,19674\nAva,F,16237\n", "yob2014.txt")
    assert report["columns"] == ["column 1", "column 2", "column 3"]
    again = session.read_again({"documents": "column"})
    assert again["first"] == ["Emma", "Olivia", "Ava"]
    assert session.read_again({"documents": "column", "column": "Column 2"})["first"][0] == "F"


def test_headings_that_are_wrong_or_missing_are_said_with_those_that_there_are() -> None:
    with pytest.raises(
        CorpusError, match=r"no column “nom”\. Choose one of “name”, “age”"
    ) as error:
        as_column("name,age\nAda,36\nBo,4\n", "nom")
    assert error.value.field == "column"
    with pytest.raises(CorpusError, match="not a table") as error:
        as_column("emma\nolivia\n")
    assert error.value.field == "documents"
    with pytest.raises(CorpusError, match="Nothing is in that column") as error:
        as_column("name,age\nAda,\nBo,\n", "age")
    assert error.value.field == "column"


def test_empty_and_equal_headings_are_made_different() -> None:
    text = as_column("name,,name\nAda,1,x\nBo,2,y\n")
    assert len(set(text.columns)) == 3


def test_a_table_has_so_many_columns_at_most() -> None:
    line = ",".join(f"c{i}" for i in range(1000)) + "\n"
    text = as_column(line + ",".join(map(str, range(1000))) + "\n" + "a," * 999 + "z\n")
    assert len(text.columns) == MAX_COLUMNS
