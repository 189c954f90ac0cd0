"""Encodings: Python's own codecs say what is right."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import CorpusError, SessionError
from microgpt.texts import CONTROL, ENCODINGS, previews
from microgpt.texts.decoding import decode

WORDS = {
    "windows-1252": "José\nMüller\nFrançoise\n",
    "windows-1250": "Łukasz\nŽofie\nDvořák\n",
    "windows-1251": "Наташа\nПьер Безухов\n",
    "koi8-r": "Наташа\nПьер Безухов\n",
    "windows-1253": "Οδυσσέας\nΠηνελόπη\n",
    "shift_jis": "さくら\nカタカナ\n",
    "euc-kr": "민준\n서연\n",
    "gb18030": "李伟\n王芳\n张敏\n",
}


@pytest.mark.parametrize("encoding", WORDS)
def test_a_text_is_read_with_the_encoding_that_is_asked_for(encoding: str) -> None:
    text = WORDS[encoding]
    data = text.encode(ENCODINGS[encoding].codec)
    with pytest.raises(CorpusError, match="is not UTF-8, as most texts are") as error:
        decode(data, "x")
    assert error.value.field == "encoding"
    assert decode(data, "x", encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", WORDS)
def test_the_right_one_is_offered_first_with_lines_that_tell(encoding: str) -> None:
    offered = previews(WORDS[encoding].encode(ENCODINGS[encoding].codec))
    assert offered[0].encoding == encoding
    assert offered[0].first == WORDS[encoding].split("\n")[:-1][:3]
    assert offered[0].label == ENCODINGS[encoding].label


def test_the_lines_that_are_shown_have_what_depends_on_it() -> None:
    data = b"plain\n" * 1000 + b"a" * 100 + "é".encode("cp1252") + b"b" * 100 + b"\nmore\n"
    (line,) = previews(data)[0].first
    assert line == "…" + "a" * 30 + "é" + "b" * 29 + "…"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_unicode_is_known_by_itself(text: str) -> None:
    for mark, codec in [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ]:
        data = mark + text.encode(codec)
        if mark or not text.startswith("\ufeff"):
            assert decode(data, "x") == (text, codec[:6].removesuffix("-"))


@given(st.text(st.characters(max_codepoint=126, min_codepoint=32), min_size=2))
def test_plain_utf_16_needs_no_mark(text: str) -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        assert decode(text.encode(codec), "x") == (text, "utf-16")


@given(st.binary(max_size=300), st.sampled_from(["", *ENCODINGS]))
def test_any_bytes_are_read_or_refused(data: bytes, encoding: str) -> None:
    offered = previews(data) if data else []
    assert len({each.encoding for each in offered}) == len(offered)
    assert all(len(line) <= 62 for each in offered for line in each.first)
    try:
        text, found = decode(data or b" ", "x", encoding)
    except CorpusError:
        return
    assert found == encoding or not encoding
    assert not CONTROL.search(text)


def test_a_long_line_of_bytes_is_looked_at_in_no_time() -> None:
    data = b"a" * 5_000_000 + b"\xe9" + b"\xe9" * 5_000_000
    assert previews(data)[0].label  # the time of a pattern that goes back would be hours


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("klingon", "no encoding 'klingon' here. There are: utf-8"), ("shift_jis", "Choose another")],
)
def test_what_cannot_be_read_so_is_refused_with_what_to_do(encoding: str, words: str) -> None:
    with pytest.raises(CorpusError, match=words) as error:
        decode("Müller\xff".encode("latin-1"), "x", encoding)
    assert error.value.field == "encoding"


def test_refused_bytes_are_read_again_without_being_sent_again() -> None:
    session = Session()
    with pytest.raises(SessionError):
        session.read_again({})
    session.load(b"anna\nbella\n", "a.txt")
    with pytest.raises(CorpusError, match="Read it as Western European"):
        session.load("Zoë\nJosé\n".encode("cp1252"), "b.txt")
    assert session.describe(16)["name"] == "a.txt", "the one before is kept"
    assert session.encoding_previews()[0]["encoding"] == "windows-1252"
    report = session.read_again({"encoding": "windows-1252"})
    assert (report["name"], report["first"]) == ("b.txt", ["Zoë", "José"])
    assert report["reading"]["encoding"] == "windows-1252"
    assert report["notes"][0] == "Read as Western European (Windows-1252)."
