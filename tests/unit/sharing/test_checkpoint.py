"""Saved models and runs: they come back to the last digit, and hostile ones do no harm."""

import itertools
import json
import math
import random
import struct
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt import MicrogptError, Session
from microgpt.engines import host
from microgpt.errors import SavedModelError, SessionError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, XorshiftStream
from microgpt.sharing import checkpoint, safetensors
from microgpt.sharing.checkpoint import Checkpoint
from microgpt.sharing.safetensors import Tensor
from microgpt.sharing.saved import Provenance, SavedModel
from microgpt.texts import CONTROL, UNFIT_FOR_NAMES
from microgpt.weights import weight_layout

TEXT = "anna\nbella\nanna\ncarla\nella\nДаша\n日本\n"
SMALL = {"n_embd": 4, "n_head": 2, "steps": 30, "block_size": 8}
ENGINES = ["scalar", "compiled", "compiled-float32"]


def begun(engine: str = "compiled", until: int = 11, **options: object) -> Session:
    """A session with a run that is on its way."""
    session = Session()
    session.load(TEXT.encode(), "a.txt")
    session.start({**SMALL, **options}, engine)
    session.advance(1e9, until)
    return session


def saved(session: Session) -> Checkpoint:
    """All that is saved of the run, as it is now."""
    _, run = checkpoint.read(session.save_run(), "run")
    assert run
    return run


def losses(session: Session) -> list[float]:
    """All of the run's, so far."""
    return list(saved(session).state.losses)


def reopened(session: Session, text_apart: bool = False) -> Session:
    again = Session()
    opened = again.open_file(
        session.save_run(text=not text_apart), "run", session.text() if text_apart else None
    )
    assert opened["kind"] == "run"
    return again


# --- they come back ------------------------------------------------------------------------

# Any character of lines that a text can have.
characters = st.characters(exclude_categories=["Cs"]).filter(
    lambda c: c not in "\r\n" and not CONTROL.search(c)
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=120).filter(
    lambda name: not UNFIT_FOR_NAMES.search(name)
)


@st.composite
def models(draw: st.DrawFn) -> SavedModel:
    heads = draw(st.integers(1, 3))
    hyperparameters = Hyperparameters(
        steps=draw(st.integers(1, 1_000_000)),
        n_layer=draw(st.integers(1, 3)),
        n_embd=heads * draw(st.integers(1, 3)),
        n_head=heads,
        block_size=draw(st.integers(1, 9)),
        learning_rate=draw(st.floats(1e-6, 1)),
        beta1=draw(st.floats(0, 0.9999)),
        beta2=draw(st.floats(0, 0.99999)),
        epsilon=draw(st.floats(1e-16, 0.1)),
        init_std=draw(st.floats(0, 1)),
        batch_size=draw(st.integers(1, 256)),
        holdout=draw(st.floats(0, 0.5)),
        seed=draw(st.integers(0, 2**32 - 1)),
        random_stream=draw(st.sampled_from(["python", "xorshift"])),
    )
    vocabulary = "".join(sorted(draw(st.sets(characters, min_size=1, max_size=40))))
    count = weight_layout(hyperparameters, len(vocabulary) + 1).size
    finite = st.floats(allow_nan=False, allow_infinity=False)
    some = draw(st.lists(finite, min_size=1, max_size=20))
    return SavedModel(
        hyperparameters,
        vocabulary,
        array("d", itertools.islice(itertools.cycle(some), count)),
        Provenance(
            draw(names),
            draw(st.integers(0, 2**40)),
            draw(st.integers(0, 10**6)),
            draw(finite),
            draw(st.none() | finite),
        ),
    )


@settings(max_examples=settings().max_examples // 2, deadline=None)
@given(models())
def test_any_model_comes_back_as_it_was(model: SavedModel) -> None:
    assert checkpoint.read(checkpoint.write(model), "a") == (model, None)


def test_a_model_that_has_learned_nothing_has_no_loss() -> None:
    session = Session()
    session.load(TEXT.encode(), "a.txt")
    session.start(SMALL)
    model, _ = checkpoint.read(session.save_model(), "a")
    assert math.isnan(model.provenance.loss)
    assert str(model.provenance) == "a.txt: 7 lines, 0 steps"


@pytest.mark.parametrize("text_apart", [False, True])
@pytest.mark.parametrize("random_stream", ["python", "xorshift"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_goes_on_as_if_it_had_never_stopped(
    engine: str, random_stream: str, text_apart: bool
) -> None:
    options = {"random_stream": random_stream, "holdout": 0.3, "batch_size": 2, "n_layer": 2}
    through = begun(engine, 11, **options)
    again = reopened(through, text_apart)
    assert losses(again) == losses(through)
    for step in (12, 20):
        # Samples in between come from a stream that is saved too.
        assert list(again.sample(3, 1.0)) == list(through.sample(3, 1.0))
        assert again.advance(1e9, step)["losses"] == through.advance(1e9, step)["losses"]
        again = reopened(again, text_apart)
    assert again.advance(1e9)["losses"] == through.advance(1e9)["losses"]
    assert list(again.sample(5, original=True)) == list(through.sample(5, original=True))
    assert list(again.sample(5, 1.0)) == list(through.sample(5, 1.0))
    assert again.save_model() == through.save_model()
    assert reopened(again).advance(1)["ending"] == "finished"


@pytest.mark.parametrize(("first", "then"), [ENGINES[:2], ENGINES[1::-1]])
def test_a_run_goes_on_with_another_engine(first: str, then: str) -> None:
    through = begun(first)
    again = reopened(through)
    again.use_engine(then)
    assert again.advance(1e9)["losses"] == pytest.approx(through.advance(1e9)["losses"], rel=1e-9)
    assert list(again.sample(5, original=True)) == list(through.sample(5, original=True))
    twice = reopened(again)
    assert saved(twice).one_engine is False
    assert saved(reopened(through)).one_engine is True


def test_where_no_engine_runs_what_was_compiled_goes_on_number_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    through = begun("compiled")
    data = through.save_run()
    monkeypatch.setattr(host, "available", lambda: False)
    again = Session()
    assert again.open_file(data, "run")["engine"] == "scalar"
    expected = through.advance(1e9)["losses"]
    assert again.advance(1e9)["losses"] == pytest.approx(expected, rel=1e-9)


def test_a_run_from_an_opened_model_goes_on_too() -> None:
    through = Session()
    through.open_file(begun(until=30).save_model(), "model")
    through.load("hanna\nzoe\nДаша\n".encode(), "b.txt")
    through.start(SMALL, "compiled", from_opened=True)
    through.advance(1e9, 9)
    again = reopened(through)
    model, _ = checkpoint.read(again.save_model(), "a")
    assert model.provenance.text == "b.txt, after a.txt"
    assert again.advance(1e9)["losses"] == through.advance(1e9)["losses"]
    assert list(again.sample(5, original=True)) == list(through.sample(5, original=True))
    assert again.save_model() == through.save_model()


def test_a_stopped_run_stays_stopped_and_a_diverged_one_too() -> None:
    session = begun()
    session.stop()
    again = Session()
    opened = again.open_file(session.save_run(), "run")
    assert opened["progress"]
    assert opened["progress"]["ending"] == "stopped"
    with pytest.raises(SessionError, match="was stopped"):
        again.advance(1)
    assert list(again.sample(5, original=True)) == list(session.sample(5, original=True))
    wild = begun(until=1000, learning_rate=1.0, init_std=1.0, steps=1000)
    assert wild.stop()["ending"] == "diverged"
    assert reopened(wild).stop()["ending"] == "stopped"
    assert again.open_file(wild.save_model(), "model")["progress"] is None, "that is the run's"


def test_all_that_is_shown_of_a_run_comes_back() -> None:
    session = begun(holdout=0.3)
    again = Session()
    opened = again.open_file(session.save_run(), "run")
    assert opened["text"] == session.describe(8)
    assert opened["progress"] is not None
    assert list(opened["progress"]["losses"]) == losses(session)
    assert opened["progress"]["step"] == 11
    assert opened["progress"]["seconds"] == saved(session).seconds
    assert opened["hyperparameters"]["holdout"] == 0.3
    assert opened["engine"] == "compiled"
    assert again.save_run() == again.save_run()
    without_text = Session().open_file(session.save_run(text=False), "run")
    assert without_text["kind"] == "model"
    assert without_text["run"] is None


@pytest.mark.parametrize(
    "name", ["a\nb\x1b[2J.txt", "\udcff.txt", "x" * 500, "[{]", "\u202etxt.a", ""]
)
def test_a_text_may_have_any_name(name: str) -> None:
    session = Session()
    session.load(TEXT.encode(), name)
    session.start(SMALL, "compiled")
    session.advance(1e9, 3)
    opened = Session().open_file(session.save_run(), "run")
    assert len(opened["text_name"]) <= 120
    assert not UNFIT_FOR_NAMES.search(opened["provenance"])


# --- hostile files -------------------------------------------------------------------------

JSON = ("hyperparameters", "provenance", "run")


def changed(
    data: bytes, key: str = "", values: Any = None, tensors: dict[str, Tensor | None] | None = None
) -> bytes:
    """A file with other metadata under a key, values in it, or other arrays."""
    arrays, metadata = safetensors.read(data)
    if key in JSON and isinstance(values, dict):
        table = {**json.loads(metadata[key]), **values}
        metadata[key] = json.dumps({k: v for k, v in table.items() if v is not Ellipsis})
    elif key:
        metadata[key] = values
    merged = {**arrays, **(tensors or {})}
    kept = {k: v for k, v in merged.items() if v is not None}
    if key == "crc32":
        metadata[key] = values
    else:
        metadata["crc32"] = checkpoint.checksum(kept, metadata)
    return safetensors.write(kept, metadata)


@pytest.fixture(scope="module")
def good() -> bytes:
    return begun().save_run()


@pytest.fixture(scope="module")
def xorshift() -> bytes:
    return begun(random_stream="xorshift").save_run()


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One with a model and a text of its own, that no refused file may change."""
    yield begun(until=5, seed=7)
    condition_at_first.cache_clear()  # which holds it


@cache
def condition_at_first(session: Session) -> list[object]:
    return condition(session)


def condition(session: Session) -> list[object]:
    samples = list(session.sample(5, original=True))
    return [samples, session.describe(8), session.save_run()]


def refuses(session: Session, data: bytes, words: str = ".", text: bytes | None = None) -> None:
    """The file is refused at once, with a good message, and nothing has changed."""
    before = condition_at_first(session)
    begin = time.process_time()  # others may keep the machine busy
    with pytest.raises(MicrogptError, match=words) as caught:
        session.open_file(data, "evil.safetensors", text)
    assert time.process_time() - begin < 1
    message = str(caught.value)
    assert message.isprintable()
    assert 40 < len(message) < 1200, message
    assert message.endswith(".")
    if isinstance(caught.value, SavedModelError):
        assert message.startswith("evil.safetensors can't be opened as a model. ")
        if "newer version" in message:
            assert "Choose" not in message
    assert condition(session) == before


BIG = 10**4000
TOO_BIG_FOR_PYTHON = "9" * 5000

FIELDS: dict[str, list[Any]] = {  # of a run
    "engine": [None, 1, []],
    "one_engine": [None, 1, "true"],
    "steps_done": [None, "11", 11.0, True, -1, 10, 12, BIG],
    "seconds": [None, "1", True, -1, -0.5, 2**53, BIG, []],
    "stopped": [None, 0, "false"],
    "stop_after": [None, "1", 1.0, True, -1, BIG],
    "origin": [None, 1, "x" * 121, "\x1b", "\ud800"],
    "text_name": [None, 1, "x" * 121, "x" * 500_000, "\n", "\udc00"],
    "blank_lines": [None, "1", True, -1, 2**53, BIG, 0.5],
}
SOURCES: dict[str, list[Any]] = {  # of a model
    "text": [None, 1, [], "x" * 121, "\x1b[2J", "a\nb", "\ud800", "\u202e"],
    "documents": [None, "1", 1.0, True, -1, 2**53, BIG],
    "steps": [None, "1", 1.0, False, -1, 2**53, BIG],
    "loss": ["1", 1, True, [], BIG],
    "holdout_loss": ["1", 1, False, {}, BIG],
}
WRONG: list[Any] = ["1", None, True, [1], {}, BIG, -BIG, -1.5]
METADATA: list[tuple[str, Any, str]] = [
    ("crc32", "00000000", "checksum doesn't match"),
    ("crc32", "", "checksum doesn't match"),
    ("run", {"stop_after": 5}, "can't be its last"),
    ("run", {"stop_after": 31}, "can't be its last"),
    ("other", "1", "newer version of this page: it has the entry 'other'.*Reload the page"),
    ("\x1b" * 9999, "1", r"newer version of this page: it has the entry '\\x1b.*Reload the page"),
    ("format", "other", "not one of microgpt's"),
    ("format", "", "not one of microgpt's"),
    ("format_version", "3", "newer version of this page: it has format 3,.*Reload the page"),
    ("format_version", "999999999", "newer version of this page: it has format 999999999,"),
    *(
        ("format_version", version, "has the format version .* which never existed")
        for version in ("", "0", "-1", "1.0", "01", " 1", "٢", "9" * 9999, "\x1b" * 9999)
    ),
    ("vocabulary", "", "vocabulary is not a sorted list"),
    ("vocabulary", "ba", "vocabulary"),
    ("vocabulary", "aab", "vocabulary"),
    ("vocabulary", "\nab", "vocabulary"),
    ("vocabulary", "\rab", "vocabulary"),
    ("vocabulary", "\x1bab", "vocabulary"),
    ("vocabulary", "ab\ud800", "vocabulary"),
    ("vocabulary", "ab\udfff", "vocabulary"),
    ("vocabulary", "".join(map(chr, range(0x4E00, 0x4E00 + 5001))), "vocabulary"),
    ("vocabulary", "abc", "no matrix wte of 4 by 4"),
    *((key, "", f"Its {key} can't be read") for key in JSON),
    *((key, "[]", f"Its {key} can't be read") for key in JSON),
    *((key, "null", f"Its {key} can't be read") for key in JSON),
    *((key, "{", f"Its {key} can't be read") for key in JSON),
    *((key, "[" * 100_000, f"Its {key} can't be read") for key in JSON),
    *((key, '{"a":' * 100_000, f"Its {key} can't be read") for key in JSON),
    *((key, '{"a": 1, "a": 1}', f"Its {key} can't be read") for key in JSON),
    *((key, '{"a": NaN}', f"Its {key} can't be read") for key in JSON),
    *((key, '{"a": -Infinity}', f"Its {key} can't be read") for key in JSON),
    *((key, '{"a": 1e9999}', f"Its {key} can't be read") for key in JSON),
    *((key, f'{{"a": {TOO_BIG_FOR_PYTHON}}}', f"Its {key} can't be read") for key in JSON),
    *((key, '"' + '\\"' * 200_000, f"Its {key} can't be read") for key in JSON),
    ("hyperparameters", {"n_embd": 5}, "can't be split evenly"),
    ("hyperparameters", {"n_embd": 256, "n_layer": 8}, "no matrix wte of 13 by 256"),
    ("hyperparameters", {"n_embd": 256, "n_layer": 8, "block_size": 1024}, "no matrix|memory"),
    ("hyperparameters", {"n_embd": 2**60}, "n_embd must be a whole number"),
    ("hyperparameters", {"unknown": 1}, "newer version.*the setting unknown, which.*Reload"),
    ("hyperparameters", {"\x1b" * 100_000: 1}, "newer version of this page"),
    ("hyperparameters", {f"{i}\x1b": 1 for i in range(9999)}, "newer version of this page"),
    ("hyperparameters", {"random_stream": "\x1b" * 100_000}, "random_stream must be python or"),
    *(
        ("hyperparameters", {name: value}, f"{name} must be|Its hyperparameters can't be read")
        for name in ("steps", "n_embd", "learning_rate", "seed", "random_stream", "holdout")
        for value in WRONG
    ),
    ("provenance", {"text": ...}, "doesn't say where it comes from"),
    *(
        ("provenance", {key: value}, "comes from|Its provenance can't be read")
        for key, values in SOURCES.items()
        for value in values
    ),
    *(
        ("run", {key: ...}, "run can't be read")
        for key in ("stream", "samples", "seconds", "engine")
    ),
    *(
        ("run", {key: value}, "can't be read|don't match")
        for key, values in FIELDS.items()
        for value in values
    ),
]
WORDS = [1] * 624 + [624]
STREAMS: list[Any] = [
    *(None, True, 1, 1.5, "", "abc", [], {}, [3], [3, WORDS], [3, WORDS, None, None]),
    *([2, WORDS, None], [True, WORDS, None], [3.0, WORDS, None], ["3", WORDS, None]),
    *([3, WORDS[1:], None], [3, [*WORDS, 1], None], [3, None, None], [3, "x" * 625, None]),
    *([3, [True, *WORDS[1:]], None], [3, [1.0, *WORDS[1:]], None], [3, [-1, *WORDS[1:]], None]),
    *([3, [2**32, *WORDS[1:]], None], [3, [BIG, *WORDS[1:]], None], [3, [*WORDS[:-1], 625], None]),
    *([3, [*WORDS[:-1], -1], None], [3, [[], *WORDS[1:]], None], [3, dict.fromkeys("abc"), None]),
    *([3, WORDS, 1], [3, WORDS, True], [3, WORDS, "1"], [3, WORDS, []]),
    *({"version": 3, "words": 1, "normal": None}, [3, WORDS, BIG]),
]
XORSHIFT_STATES: list[Any] = [None, True, 0, -1, 2**64, BIG, 1.0, 1.5, "1", [], [1], {}, [3, WORDS]]


def row_id(value: object) -> str:
    return str(value)[:40] if len(str(value)[:41]) <= 40 else "long"


@pytest.mark.parametrize(("key", "values", "words"), METADATA, ids=row_id)
def test_metadata_that_makes_no_sense_is_refused(
    session: Session, good: bytes, key: str, values: Any, words: str
) -> None:
    refuses(session, changed(good, key, values), words)


@pytest.mark.parametrize("key", ["stream", "samples"])
@pytest.mark.parametrize("state", STREAMS, ids=row_id)
def test_states_of_random_numbers_that_are_none_are_refused(
    session: Session, good: bytes, key: str, state: Any
) -> None:
    refuses(
        session, changed(good, "run", {key: state}), "state of its random numbers|can't be read"
    )


@pytest.mark.parametrize("state", XORSHIFT_STATES, ids=row_id)
def test_states_of_the_other_stream_too(session: Session, xorshift: bytes, state: Any) -> None:
    refuses(session, changed(xorshift, "run", {"stream": state}), "state of its random numbers")


@pytest.mark.parametrize("state", [None, 1.5, "1", [], [1], {}, [3, WORDS]], ids=row_id)
def test_states_of_a_stream_that_was_added_later(
    monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    monkeypatch.setitem(RANDOM_STREAMS, "another", XorshiftStream)
    assert checkpoint._stream_state(XorshiftStream(7).get_state(), "another")
    with pytest.raises(SavedModelError, match="state of its random numbers"):
        checkpoint._stream_state(state, "another")


def test_deep_states_are_refused(session: Session, good: bytes) -> None:
    _, metadata = safetensors.read(good)
    run = metadata["run"].replace('"stream": [', '"stream": [' + "[" * 5000, 1)
    refuses(session, changed(good, "run", run), "Its run can't be read")


def flat(type_: str, values: Any, shape: tuple[int, ...] | None = None) -> Tensor:
    code = {"F64": "d", "F32": "f", "I32": "i", "U8": "B"}[type_]
    numbers = array(code, values)
    return Tensor(type_, (len(numbers),) if shape is None else shape, numbers)


def in_order(text: bytes) -> Tensor:
    return flat("I32", range(text.count(b"\n") + 1))


ARRAYS: list[tuple[str, Tensor | None, str]] = [
    ("wte", None, "no matrix wte of 13 by 4"),
    ("layer0.mlp_fc2", None, "no matrix layer0.mlp_fc2 of 4 by 16"),
    ("wte", flat("F64", [0.0] * 52), "no matrix wte"),
    ("wte", flat("F64", [0.0] * 52, (4, 13)), "no matrix wte"),
    ("wte", flat("I32", [0] * 52, (13, 4)), "no matrix wte"),
    ("wte", flat("F64", [math.nan] * 52, (13, 4)), "infinite or not a number"),
    ("wte", flat("F32", [math.inf] * 52, (13, 4)), "infinite or not a number"),
    ("adam.m.wte", None, "no matrix adam.m.wte"),
    ("adam.m.wte", flat("F64", [math.inf] * 52, (13, 4)), "infinite or not a number"),
    ("adam.v.wte", flat("F64", [-1.0] * 52, (13, 4)), "mean of squares is negative"),
    ("losses", None, "no list losses"),
    ("losses", flat("F64", []), "losses don't match"),
    ("losses", flat("F64", [1.0] * 31), "losses don't match"),
    ("losses", flat("F64", [math.nan] * 11), "losses don't match"),
    ("losses", flat("F64", [-math.inf] * 11), "losses don't match"),
    ("losses", flat("F64", [1.0] * 11, (11, 1)), "no list losses"),
    ("losses", flat("F32", [1.0] * 11), "no list losses"),
    ("order", None, "no list order"),
    ("order", flat("I32", []), "order of its documents"),
    ("order", flat("I32", [0] * 7), "order of its documents"),
    ("order", flat("I32", range(1, 8)), "order of its documents"),
    ("order", flat("I32", range(-1, 6)), "order of its documents"),
    ("order", flat("I32", range(8)), "order of its documents"),
    ("order", flat("F64", range(7)), "no list order"),
    ("order", flat("I32", range(1_000_000)), "order of its documents"),
    ("text", flat("U8", b""), "blank lines"),
    ("text", flat("U8", b"\n"), "blank lines"),
    ("text", flat("U8", b"anna\n\nella"), "blank lines"),
    ("text", flat("U8", b"anna \nella"), "white space around"),
    ("text", flat("U8", b"anna\r\nella"), "control characters"),
    ("text", flat("U8", b"an\x1bna"), "control characters"),
    ("text", flat("U8", b"an\0na"), "control characters"),
    ("text", flat("U8", b"an\xffna"), "not UTF-8: byte 2"),
    ("text", flat("U8", b"an\xed\xa0\x80na"), "not UTF-8"),
    ("text", flat("U8", b"\n".join([b"qqq"] * 7)), "characters that its vocabulary lacks"),
    ("text", flat("U8", b"a" * 31_000_001), "more than 31 MB"),
    ("text", flat("U8", "".join(map(chr, range(0x4E00, 0x6E00))).encode()), "too many distinct"),
    ("text", flat("F64", [1.0]), "no list text"),
    ("text", flat("U8", b"aa", (1, 2)), "no list text"),
]


@pytest.mark.parametrize(("name", "tensor", "words"), ARRAYS, ids=row_id)
def test_arrays_that_make_no_sense_are_refused(
    session: Session, good: bytes, name: str, tensor: Tensor | None, words: str
) -> None:
    tensors = {name: tensor}
    if name == "text" and tensor:
        tensors["order"] = in_order(tensor.numbers.tobytes())
    refuses(session, changed(good, tensors=tensors), words)


@pytest.mark.parametrize("line", [b"a" * 999 + b"\n", b"ab\n"], ids=["long", "short"])
def test_a_text_of_many_megabytes_is_refused_before_it_is_read(
    session: Session, good: bytes, line: bytes
) -> None:
    text = (line * (20 * 10**6 // len(line)))[:-1]
    words = "order of its documents"
    refuses(session, changed(good, tensors={"text": flat("U8", text)}), words)
    refuses(session, changed(good, tensors={"text": None}), words, text)


def test_texts_kept_apart_are_looked_at_as_closely(session: Session) -> None:
    data = begun().save_run(text=False)
    for text, words in [
        (b"", "order of its documents"),
        (b"anna", "order of its documents"),
        (TEXT.encode(), "order of its documents"),
        (b"\n" * 6, "blank lines"),
        (b"\xff\n" * 6, "not UTF-8"),
        (TEXT.strip().replace("a", "q").encode(), "characters that its vocabulary lacks"),
    ]:
        refuses(session, data, words, text)


def test_huge_sizes_without_numbers_take_no_memory(session: Session, good: bytes) -> None:
    for sizes in ({"n_embd": 256, "n_layer": 8}, {"n_embd": 256, "n_layer": 8, "block_size": 1024}):
        vocabulary = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))
        data = changed(changed(good, "hyperparameters", sizes), "vocabulary", vocabulary)
        tracemalloc.start()
        refuses(session, data)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
        tracemalloc.stop()


def test_a_model_too_large_for_the_engine_here_is_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyperparameters = Hyperparameters(n_embd=192, n_layer=2, block_size=512)
    count = weight_layout(hyperparameters, 2).size
    weights = array("d", bytes(8 * count))
    data = checkpoint.write(SavedModel(hyperparameters, "a", weights, Provenance("a", 1, 1, 1.0)))
    assert Session().open_file(data, "a")["kind"] == "model"
    monkeypatch.setattr(host, "available", lambda: False)
    refuses(session, data, "scalar engine needs about .* GB")


# --- damage --------------------------------------------------------------------------------


def test_damaged_files_are_refused_or_say_the_same(
    session: Session, xorshift: bytes, deep: bool
) -> None:
    count = 10_000 if deep else 400
    good = begun(until=4).save_run()
    (header,) = struct.unpack_from("<Q", good)
    draw = random.Random(1)

    def flip(data: bytearray) -> None:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)

    def flip_in_header(data: bytearray) -> None:
        data[8 + draw.randrange(header)] ^= 1 << draw.randrange(8)

    def another_character(data: bytearray) -> None:
        data[8 + draw.randrange(header)] = draw.choice(b'0123456789-.eE[]{},:"ntf \\')

    def cut(data: bytearray) -> None:
        del data[draw.randrange(len(data)) :]

    def splice(data: bytearray) -> None:
        other = draw.choice([good, xorshift])
        begin, source = draw.randrange(len(data)), draw.randrange(len(other))
        length = draw.randrange(1, 300)
        data[begin : begin + length] = other[source : source + length]

    kinds: list[Callable[[bytearray], None]] = [
        *(flip, flip_in_header, another_character, cut, splice)
    ]
    before = condition(session)
    messages, slowest, opened = [], 0.0, 0
    tracemalloc.start()
    for number in range(count):
        if number == 300:  # noting what is allocated takes longer than all else
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
            tracemalloc.stop()
        original = draw.choice([good, xorshift])
        data = bytearray(original)
        for _ in range(draw.choice([1, 1, 1, 2, 4])):
            if len(data) > header + 8:
                kinds[number % len(kinds)](data)
        begin = time.process_time()
        try:
            found = checkpoint.read(bytes(data), "evil")
        except MicrogptError as error:
            messages.append(str(error))
            if len(messages) % 10 == 0:
                refuses(session, bytes(data))
        else:
            opened += 1  # a space or an order of no meaning, or a splice of what was there
            assert found in (checkpoint.read(good, "evil"), checkpoint.read(xorshift, "evil"))
        slowest = max(slowest, time.process_time() - begin)
    assert condition(session) == before
    assert slowest < 1
    assert len(messages) > 0.9 * count
    if deep:
        assert opened > 10
    assert max(map(len, messages)) < 1200
    assert all(message.isprintable() for message in messages)


def test_what_has_a_fitting_checksum_can_be_used_or_is_refused(good: bytes, deep: bool) -> None:
    draw = random.Random(2)
    for _ in range(1000 if deep else 100):
        arrays, metadata = safetensors.read(good)
        name = draw.choice(list(arrays))
        tensor = arrays[name]
        numbers = bytearray(b"".join(tensor.little_endian()))
        for _ in range(draw.choice([1, 1, 3])):
            numbers[draw.randrange(len(numbers))] ^= 1 << draw.randrange(8)
        changed_numbers = array(tensor.numbers.typecode, bytes(numbers))
        arrays[name] = Tensor(tensor.type, tensor.shape, changed_numbers)
        metadata["crc32"] = checkpoint.checksum(arrays, metadata)
        use(safetensors.write(arrays, metadata))


def use(data: bytes) -> None:
    """Whatever a file has brought, it can be sampled and trained on, or says why not."""
    session = Session()
    requests: list[Callable[[], object]] = [
        lambda: session.open_file(data, "evil"),
        lambda: list(session.sample(2)),
        lambda: list(session.sample(2, original=True)),
        lambda: session.advance(1),
        lambda: session.learning(1),
        session.save_model,
        session.save_run,
    ]
    for request in requests:
        with suppress(MicrogptError):
            request()
