"""What a document is: by itself what it was before, and what is asked for."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import CorpusError
from microgpt.texts import ENCODINGS, KINDS, Reading, RunningText, data, read_text, restored
from microgpt.texts.documents import split_long
from microgpt.texts.reading import reading

EXAMPLES = sorted((Path(__file__).parents[3] / "web" / "examples").glob("*.txt"))
# A page of a book: lines that end where the page does.
PROSE = (
    "It was a bright cold day and the clocks were striking. Nobody had expected the letter, and "
    "least of all the man who was now reading it for the third time, slowly, by the window. "
) * 40
WRAPPED = "\n".join(re.findall(r".{1,70}(?: |$)", PROSE))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_are_their_lines_as_they_ever_were(file: Path) -> None:
    text = read_text(file.read_bytes(), file.name, Reading())
    assert text.reading.documents == "line"
    lines = [line.strip() for line in file.read_text("utf-8").split("\n")]
    assert text.corpus(16).documents == tuple(filter(None, lines))
    assert not text.notes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("emma\nolivia\n" * 500, "line"),
        ("ab\n", "line"),
        (PROSE.replace(". ", ".\n"), "line"),
        (PROSE[:1500], "line"),
        (PROSE, "running"),
        (WRAPPED, "running"),
        (WRAPPED.replace("\n", "\r\n\r\n", 1), "running"),
        ("\n".join(["ACGT" * 15] * 100 + ["AC"]), "running"),
        ("First Citizen:\nBefore we proceed any further, hear me speak.\n\n" * 50, "line"),
    ],
)
def test_looking_at_a_text_tells_what_it_is(text: str, kind: str) -> None:
    assert read_text(text.encode(), "x", Reading()).reading.documents == kind


@given(st.text(st.sampled_from("ab \t\n"), max_size=200))
def test_paragraphs_stand_between_blank_lines(text: str) -> None:
    expected = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    try:
        found = read_text(text.encode() or b" ", "x", Reading(documents="paragraph"))
    except CorpusError:
        assert not expected
        return
    # White space inside of a line stays as it is.
    assert [" ".join(each.split()) for each in found.corpus(16).documents] == expected


def test_a_paragraph_can_be_longer_than_what_is_looked_at_in_one_go() -> None:
    text = ("word\n" * 300_000 + "\n") * 2
    assert (
        len(read_text(text.encode(), "x", Reading(documents="paragraph")).corpus(16).documents) == 2
    )


@given(st.lists(st.text(st.sampled_from("abcd "), min_size=1), min_size=1), st.integers(1, 12))
def test_long_lines_are_split_and_nothing_but_spaces_is_lost(lines: list[str], most: int) -> None:
    documents = [line.strip() for line in lines if line.strip()]
    pieces = split_long(documents, most)
    assert all(0 < len(piece) <= most and piece == piece.strip() for piece in pieces)
    assert "".join(pieces).replace(" ", "") == "".join(documents).replace(" ", "")
    for document in documents:
        if all(len(word) <= most for word in document.split()):
            assert set(" ".join(split_long([document], most)).split()) == set(document.split())


def test_lines_are_split_again_for_another_block_size() -> None:
    session = Session()
    wanted = {"split_long": True, "documents": "line"}
    report = session.load(b"the quick brown fox\nab\n", "x", 8, wanted)
    assert report["first"] == ["the", "quick", "brown", "fox", "ab"]
    assert report["block_size_needed"] <= 8
    assert " " not in report["vocabulary"]
    assert session.describe(11)["first"] == ["the quick", "brown fox", "ab"]
    assert " " in session.describe(11)["vocabulary"]


READINGS = st.builds(
    Reading,
    encoding=st.sampled_from(["", *ENCODINGS]),
    documents=st.sampled_from(["", *KINDS]),
    normalize=st.booleans(),
    lower_case=st.booleans(),
    most_frequent=st.integers(0, 6),
    replacement=st.sampled_from(["", "?", " ", "\\", "é"]),
    drop_repeated=st.booleans(),
    split_long=st.booleans(),
)
MATERIAL = st.one_of(
    st.binary(min_size=1, max_size=200),
    st.text(st.sampled_from('aBé,\n"\t ;e\u0301\u2028|1'), min_size=1).map(str.encode),
)


@given(MATERIAL, READINGS, st.integers(1, 20))
def test_any_bytes_read_in_any_way_are_refused_or_can_be_saved(
    given_: bytes, wanted: Reading, block_size: int
) -> None:
    try:
        text = read_text(given_, "x", wanted)
    except CorpusError:
        return
    corpus = text.corpus(block_size)
    documents = list(corpus.documents)
    assert documents
    assert corpus.characters == "".join(sorted(set("".join(documents))))
    assert not any("\n" in document or not document for document in documents)
    assert corpus.longest == max(documents, key=len)
    assert "" not in (text.reading.encoding, text.reading.documents)
    if wanted.most_frequent:
        assert len(set(corpus.characters) - {"↵"}) <= wanted.most_frequent + bool(
            wanted.replacement
        )
    if wanted.drop_repeated and text.reading.documents != "running" and not wanted.split_long:
        assert len(set(documents)) == len(documents)
    facts = text.facts(block_size)
    if not isinstance(corpus, RunningText):
        assert restored(data(corpus), "x", corpus.blank_lines) == corpus
        assert facts.duplicates == len(documents) - len(set(documents))
        assert facts.characters == sum(map(len, documents))
        assert all(documents.count(each) == n for each, n in facts.repeated)
    whole = corpus.documents.text if isinstance(corpus, RunningText) else "".join(documents)
    assert all(whole.count(character) == n for character, n in facts.rarest)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"documents": "word"}, "documents"),
        ({"documents": 1}, "documents"),
        ({"most_frequent": -1}, "most_frequent"),
        ({"most_frequent": True}, "most_frequent"),
        ({"replacement": "ab"}, "replacement"),
        ({"replacement": "\n"}, "replacement"),
        ({"encoding": None}, "encoding"),
        ({"sort": True}, ""),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, object], field: str) -> None:
    with pytest.raises(CorpusError) as error:
        reading(values)
    assert error.value.field == field
