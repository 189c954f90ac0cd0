"""Reading texts: what is accepted, what is refused and with which words, what is reported."""

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import texts
from microgpt.errors import CorpusError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.texts import MAX_BYTES, MAX_CHARACTERS, read


def facts(corpus: Corpus) -> texts.Facts:
    return texts.Text.of(corpus).facts(16)


LINES = "emma\nzoë\n\n  ada  \n"


@pytest.mark.parametrize(
    "data",
    [
        LINES.encode(),
        codecs.BOM_UTF8 + LINES.encode(),
        codecs.BOM_UTF16_LE + LINES.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
        LINES.encode("utf-16-le"),
        LINES.encode("utf-16-be"),
        LINES.replace("\n", "\r\n").encode(),
        LINES.replace("\n", "\r").encode(),
        LINES.rstrip("\n").encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 bom",
        "utf-16-le bom",
        "utf-16-be bom",
        "utf-16-le",
        "utf-16-be",
        "crlf",
        "cr",
        "no last line end",
    ],
)
def test_every_accepted_encoding_gives_the_same_documents(data: bytes) -> None:
    corpus = read(data, "names.txt")
    assert corpus.documents == ("emma", "zoë", "ada")
    assert corpus.blank_lines == 1
    assert corpus.characters == "".join(sorted(set("emmazoëada")))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"\n \r\n\t\n", "nothing but blank lines"),
        (codecs.BOM_UTF8, "nothing but blank lines"),
        (b"abc\x00def", "binary data.*byte 3 is zero"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary data"),
        (b"abc\ndef\x1bghi", r"control character \(0x1b\) at byte 7"),
        (codecs.BOM_UTF8 + "é\x01".encode(), "byte 5"),
        ("café\n".encode("latin-1"), r"not UTF-8.*Read it as Western European.*save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "not UTF-16.*byte 4"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "not UTF-16.*byte 2"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "UTF-32"),
        (b"a" * (MAX_BYTES + 1), "more than 20 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_with_place_and_advice(data: bytes, words: str) -> None:
    with pytest.raises(CorpusError, match=words) as error:
        read(data, "my file.txt")
    assert str(error.value).startswith("my file.txt ")
    assert re.search(r"[Cc]hoose|[Ss]ave|[Tt]ake", str(error.value)), "says what to do"


def test_too_many_distinct_characters_are_refused_and_the_most_allowed_are_not() -> None:
    letters = "".join(chr(0x4E00 + i) for i in range(MAX_CHARACTERS + 1))
    assert len(read(letters[:-1].encode(), "han").characters) == MAX_CHARACTERS
    with pytest.raises(CorpusError, match=r"5,001 distinct characters"):
        read(letters.encode(), "han")


def test_twenty_megabytes_are_read() -> None:
    corpus = read((b"abcdefg\n" * (MAX_BYTES // 8)), "big")
    assert len(corpus.documents) == MAX_BYTES // 8


def test_line_separators_that_are_no_line_ends_stay_inside() -> None:
    assert read("a\u2028b\vc\n".encode(), "x").documents == ("a\u2028b\vc",)


def test_notes_report_what_was_skipped_repeated_and_cut() -> None:
    corpus = read(b"ab\n\nab\nabcdef\nabcd\n", "x")
    assert texts.block_size_needed(corpus) == 7
    assert texts.cut(facts(corpus), 7) == 0
    assert texts.cut(facts(corpus), 4) == 2  # abcdef loses e, f and its end; abcd loses its end
    skipped, repeated, cut = texts.notes(corpus, facts(corpus), 4)
    assert skipped == "1 blank line, skipped."
    assert repeated == "1 repeated line, kept."
    assert cut == (
        "2 of 4 lines are too long: only their first 4 characters are learned. "
        "A block_size of 7 would fit every line."
    )
    assert texts.notes(corpus, facts(corpus), 7) == [skipped, repeated]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"abc\nabcd\n", "All 2 lines are too long: only their first 3 characters are learned."),
        (b"ab\nabcd\n", "1 of 2 lines is too long: only its first 3 characters are learned."),
        (b"abcd\n", "The line is too long: only its first 3 characters are learned."),
        (b"a" * 2000, "No block_size would fit every line; the largest is 1,024."),
    ],
)
def test_what_is_cut_is_said_of_one_line_of_some_and_of_all(text: bytes, words: str) -> None:
    corpus = read(text, "x")
    (note,) = texts.notes(corpus, facts(corpus), 3)
    assert words in note


def test_the_first_lines_show_what_a_text_is() -> None:
    corpus = read(("a" * 60 + "\n" + "b" * 61 + "\n" + "c\n" * 9).encode(), "x")
    first = texts.first_lines(corpus)
    assert first == ["a" * 60, "b" * 59 + "…", "c", "c", "c"]


LISTS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1)


@given(LISTS, st.integers(1, 20))
def test_encoding_is_what_the_original_does(documents: list[str], block_size: int) -> None:
    corpus = Corpus("x", tuple(documents), 0)
    vocabulary = Vocabulary(corpus.characters)
    assert vocabulary.size == len(set("".join(documents))) + 1
    for text in documents:
        whole = [vocabulary.bos, *(corpus.characters.index(c) for c in text), vocabulary.bos]
        positions = min(block_size, len(whole) - 1)
        tokens = vocabulary.encode(text, block_size)
        assert tokens == whole[: positions + 1]
        if len(text) < block_size:
            assert vocabulary.decode(tokens[1:-1]) == text


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        corpus = read(data, "x")
    except CorpusError:
        return
    assert all(d and d == d.strip() for d in corpus.documents)
