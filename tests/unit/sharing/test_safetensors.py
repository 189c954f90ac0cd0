"""The file format: held against the package of that name, and against damage."""

import json
import random
import struct
import time
import tracemalloc
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt import Session, texts
from microgpt.engines.kinds import COMPILED
from microgpt.errors import SavedModelError
from microgpt.gpt.model import weight_shapes
from microgpt.run import Run
from microgpt.settings import from_mapping
from microgpt.sharing.safetensors import MAX_HEADER, Tensor, read, write

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "I32": "<i4", "U8": "|u1"}
CODES = {"F64": "d", "F32": "f", "I32": "i", "U8": "B"}


TEXT = "anna\nbélla\n日本\nella"


def run(**options: object) -> Run:
    """One that has taken 7 of 9 steps."""
    settings_ = {"n_embd": 4, "n_head": 2, "steps": 9, "n_layer": 2, **options}
    made = Run(texts.restored(TEXT.encode(), "a.txt", 0), from_mapping(settings_), COMPILED)
    made.train(7)
    return made


def trained(**options: object) -> Session:
    """The same run in a session."""
    session = Session()
    session.load(TEXT.encode(), "a.txt")
    session.start({"n_embd": 4, "n_head": 2, "steps": 9, "n_layer": 2, **options}, "compiled")
    session.advance(1e9, 7)
    return session


def file(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(type_: str = "U8", shape: Any = (2,), offsets: Any = (0, 2)) -> dict[str, Any]:
    return {"dtype": type_, "shape": shape, "data_offsets": offsets}


# --- held against the package -------------------------------------------------------------


@pytest.mark.parametrize("whole_run", [False, True])
def test_the_package_reads_our_files(tmp_path: Path, whole_run: bool) -> None:
    session = trained(holdout=0.3)
    path = tmp_path / "a.safetensors"
    path.write_bytes(session.save_run() if whole_run else session.save_model())
    twin = run(holdout=0.3)
    state = twin.engine.get_state()
    with safetensors.safe_open(path, framework="numpy") as opened:
        metadata = opened.metadata()
        assert metadata["format"] == "microgpt"
        assert metadata["vocabulary"] == twin.vocabulary.characters
        assert json.loads(metadata["hyperparameters"])["n_embd"] == 4
        assert json.loads(metadata["provenance"])["text"] == "a.txt"
        shapes = weight_shapes(twin.hyperparameters, twin.vocabulary.size)
        groups = {"": state.weights}
        if whole_run:
            groups |= {"adam.m.": state.means, "adam.v.": state.squares}
        assert set(opened.keys()) == {prefix + name for prefix in groups for name in shapes} | (
            {"losses", "order", "text"} if whole_run else set()
        )
        for prefix, numbers in groups.items():
            begin = 0
            for name, shape in shapes.items():
                tensor = opened.get_tensor(prefix + name)
                assert tensor.shape == shape
                assert tensor.dtype == numpy.float64
                assert tensor.ravel().tolist() == numbers[begin : begin + tensor.size].tolist()
                begin += tensor.size
        if whole_run:
            assert opened.get_tensor("losses").tolist() == twin.losses.tolist()
            assert opened.get_tensor("order").tolist() == twin.order
            assert opened.get_tensor("text").tobytes() == session.text()


@pytest.mark.parametrize("type_", [numpy.float64, numpy.float32])
def test_we_read_the_packages_files(type_: type, tmp_path: Path) -> None:
    session = trained()
    (tmp_path / "a").write_bytes(session.save_model())
    with safetensors.safe_open(tmp_path / "a", framework="numpy") as opened:
        metadata = opened.metadata()
        if type_ is numpy.float32:  # other numbers: what other programs write has no checksum
            del metadata["crc32"]
        names = list(opened.keys())
        tensors = {name: opened.get_tensor(name).astype(type_) for name in names}
    again = Session()
    opened = again.open_file(safetensors.numpy.save(tensors, metadata), "b.safetensors")
    assert opened["kind"] == "model"
    theirs = safetensors.numpy.load(again.save_model())
    assert theirs.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert theirs[name].tolist() == tensor.tolist()
    if type_ is numpy.float64:
        assert list(again.sample(5)) == [{**sample, "in_text": ""} for sample in session.sample(5)]


numbers = st.sampled_from(list(CODES)).flatmap(
    lambda type_: st.tuples(
        st.just(type_),
        st.lists(st.integers(0, 3), max_size=4),
        st.integers(0, 2**32),
    )
)
metadata_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=settings().max_examples // 2, deadline=None)
@given(
    st.dictionaries(metadata_texts.filter(lambda name: name != "__metadata__"), numbers),
    st.dictionaries(metadata_texts, metadata_texts),
)
def test_any_arrays_come_back_here_and_in_the_package(
    described: dict[str, tuple[str, list[int], int]], metadata: dict[str, str]
) -> None:
    tensors = {}
    for name, (type_, shape, seed) in described.items():
        draw = random.Random(seed)
        count = int(numpy.prod(shape))
        values = [draw.randrange(256) for _ in range(count)]
        tensors[name] = Tensor(type_, tuple(shape), array(CODES[type_], values))
    data = write(tensors, metadata)
    assert read(data) == (tensors, metadata)
    theirs = safetensors.numpy.load(data)
    assert set(theirs) == set(tensors)
    for name, tensor in tensors.items():
        assert theirs[name].dtype == numpy.dtype(NUMPY_TYPES[tensor.type])
        assert theirs[name].shape == tensor.shape
        assert theirs[name].ravel().tolist() == tensor.numbers.tolist()


def test_numbers_are_aligned_for_who_maps_the_file() -> None:
    data = write(
        {"a": Tensor("U8", (3,), array("B", b"abc")), "b": Tensor("F64", (1,), array("d", [1.5]))},
        {"x": "y"},
    )
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length])["b"]["data_offsets"] == [0, 8]


# --- damage --------------------------------------------------------------------------------

HEADERS: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "only 0 bytes"),
    ("seven bytes", bytes(7), "only 7 bytes"),
    ("an empty header", file(b""), "header can't be read"),
    ("a huge declared header", struct.pack("<Q", 2**64 - 1) + b"{}", "doesn't begin like"),
    ("a large declared header", file(b"{}", length=MAX_HEADER), "was cut: its header alone"),
    ("a zip file", b"PK\3\4" + bytes(400), "doesn't begin like|was cut"),
    ("no UTF-8", file(b'{"\xff": 1}'), "header can't be read"),
    ("no table", file([1]), "header is not a table"),
    ("a text", file("a"), "header is not a table"),
    ("nothing but a number", file(b"1"), "header is not a table"),
    ("deep lists", file(b'{"a":' + b"[" * 400_000), "nested too deep"),
    ("deep tables", file(b'{"a":' * 150_000), "nested too deep"),
    ("depth in metadata", file({"__metadata__": {"a": [[[[]]]]}}), "nested too deep"),
    ("depth after closing", file(b"]" * 999 + b"[" * 999), "header can't be read"),
    ("a doubled name", file(b'{"a": 1, "a": 1}'), "a name appears twice"),
    ("a name doubled by escapes", file(b'{"a": 1, "\\u0061": 1}'), "a name appears twice"),
    ("a doubled key", file(b'{"a": {"dtype": "U8", "dtype": "U8"}}'), "a name appears twice"),
    ("NaN", file(b'{"a": {"dtype": "U8", "shape": [NaN]}}'), "isn't finite"),
    ("Infinity", file(b'{"a": -Infinity}'), "isn't finite"),
    ("a number too large", file(b'{"a": 1e999}'), "isn't finite"),
    ("10,000 digits", file(b'{"a": ' + b"9" * 10_000 + b"}"), "header can't be read"),
    ("4,000 digits", file({"a": entry(shape=[10**4000])}), "entry for 'a' can't be read"),
    ("quotation marks without end", file(b'"' + b'\\"' * 499_000), "header can't be read"),
    ("backslashes without end", file(b'{"' + b"\\" * 900_001), "header can't be read"),
    (
        "metadata that is a list",
        file({"__metadata__": ["a"]}),
        "metadata is not a table of strings",
    ),
    ("metadata with a number", file({"__metadata__": {"a": 1}}), "metadata is not a table"),
    ("metadata that is null", file({"__metadata__": None}), "metadata is not a table"),
    ("bytes after the end", file({}, b"abc"), "3 extra bytes"),
    ("numbers cut", file({"a": entry()}, b"a"), "cut at 1 bytes of numbers, within 'a'"),
    ("a gap", file({"a": entry(offsets=(1, 3))}, b"abc"), "the wrong place or size for 'a'"),
    (
        "an overlap",
        file({"a": entry(), "b": entry(offsets=(1, 3))}, b"abc"),
        "the wrong place or size for 'b'",
    ),
    (
        "the same place",
        file({"a": entry(), "b": entry()}, b"ab"),
        "the wrong place or size for 'b'",
    ),
    ("a wrong size", file({"a": entry(shape=[3])}, b"ab"), "the wrong place or size for 'a'"),
    ("backwards", file({"a": entry(offsets=(2, 0))}, b"ab"), "the wrong place or size"),
    ("huge shapes", file({"a": entry(shape=[2**39] * 4)}, b"ab"), "the wrong place or size"),
    ("a huge place", file({"a": entry(shape=[2**39], offsets=[0, 2**39])}), "cut at 0 bytes"),
    ("huge sizes", file({"a": entry(shape=[2**40])}, b"ab"), "entry for 'a' can't be read"),
    ("many dimensions", file({"a": entry(shape=[1] * 100_000)}), "entry for 'a' can't be read"),
    ("negative", file({"a": entry(shape=[-1, -2])}, b"ab"), "entry for 'a' can't be read"),
    ("fractions", file({"a": entry(shape=[2.0])}, b"ab"), "entry for 'a' can't be read"),
    ("booleans", file({"a": entry(shape=[True, 2])}, b"ab"), "entry for 'a' can't be read"),
    ("a shape that is text", file({"a": entry(shape="11")}, b"a"), "entry for 'a' can't be read"),
    ("no shape", file({"a": {"dtype": "U8", "data_offsets": [0, 0]}}), "can't be read"),
    ("three offsets", file({"a": entry(offsets=(0, 1, 2))}, b"ab"), "can't be read"),
    ("another type", file({"a": entry("BF16")}, b"ab"), "of type 'BF16'; only F64"),
    ("a type that is a number", file({"a": {**entry(), "dtype": 1}}, b"ab"), "can't be read"),
    ("a long name", file({"a" * 900_000: 1}), "entry for 'aaaaa"),
    ("a long type", file({"a": entry("\x1b" * 100_000)}), "of type"),
    ("a long name that is cut", file({"\x1b" * 150_000: entry()}), "within"),
]


@pytest.mark.parametrize(
    ("data", "words"), [row[1:] for row in HEADERS], ids=[r[0] for r in HEADERS]
)
def test_what_is_no_such_file_is_refused_at_once_and_cheaply(data: bytes, words: str) -> None:
    begin = time.process_time()
    with pytest.raises(SavedModelError, match=words) as caught:
        read(data)
    assert time.process_time() - begin < 1
    message = str(caught.value)
    assert len(message) < 600
    assert message.isprintable()
    tracemalloc.start()
    with pytest.raises(SavedModelError):
        read(data)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def flip(data: bytearray, draw: random.Random) -> None:
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def flip_header(data: bytearray, draw: random.Random) -> None:
    data[draw.randrange(min(len(data), 1500))] ^= 1 << draw.randrange(8)


def cut(data: bytearray, draw: random.Random) -> None:
    del data[draw.randrange(len(data)) :]


def splice(data: bytearray, draw: random.Random) -> None:
    begin, other = draw.randrange(len(data)), draw.randrange(len(data))
    length = draw.randrange(1, 200)
    data[begin : begin + draw.randrange(200)] = data[other : other + length]


def digit(data: bytearray, draw: random.Random) -> None:
    """Another digit or sign of JSON's in the header."""
    data[8 + draw.randrange(1400)] = draw.choice(b'0123456789-.eE[]{},:"ntf \\')


@pytest.mark.parametrize("damage", [flip, flip_header, cut, splice, digit])
@pytest.mark.parametrize("whole_run", [False, True])
def test_damaged_files_are_refused_or_harmless(
    damage: Callable[[bytearray, random.Random], None], whole_run: bool, deep: bool
) -> None:
    session = trained()
    good = session.save_run() if whole_run else session.save_model()
    draw = random.Random(damage.__name__)
    refused = []
    for _ in range(1400 if deep else 150):
        data = bytearray(good)
        for _ in range(draw.choice([1, 1, 1, 2, 5])):
            if data:
                damage(data, draw)
        try:
            tensors, metadata = read(bytes(data))
        except SavedModelError as error:
            refused.append(str(error))
        else:
            assert all(isinstance(text, str) for text in metadata.values())
            for tensor in tensors.values():
                assert len(tensor.numbers) == numpy.prod(tensor.shape)
    assert len(refused) > 5
    assert max(map(len, refused)) < 600
