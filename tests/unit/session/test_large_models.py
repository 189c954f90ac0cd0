"""Models that are large for the memory there is: read and written in pieces, by what has room."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden import make
from microgpt import MicrogptError, Session
from microgpt.engines import engine as engines
from microgpt.engines import kinds
from microgpt.engines.compiled import CompiledEngine
from microgpt.engines.finite import are_finite, are_negative
from microgpt.errors import SavedModelError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing import parts, safetensors
from microgpt.weights import weight_layout

TEXT = b"anna\nbella\ncarla\nella\ndora\n"
WIDE = {"n_embd": 64, "n_head": 4, "steps": 9, "block_size": 8}  # in strips
TORCH_RUN = Path(make.__file__).parent / "torch" / "run.safetensors"


class File:
    """What a page gives: parts of a file, as often as they are asked for."""

    def __init__(self, data: bytes, after: int = 1 << 60, then: bytes | None = None) -> None:
        self.data = data
        self.size = len(data)
        self.reads: list[int] = []
        self._after, self._then = after, then

    def read(self, begin: int, end: int) -> Any:
        """None, or another file's part, after so many reads."""
        self.reads.append(end - begin)
        data = self.data if len(self.reads) <= self._after else self._then
        return None if data is None else data[begin:end]


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors, "PIECE", 4096)
    for module in (parts, engines):
        monkeypatch.setattr(module, "PIECE", 1000)


def begun(engine: str = "compiled-float32", until: int = 4, **options: object) -> Session:
    session = Session()
    session.load(TEXT, "a.txt")
    session.start({**WIDE, **options}, engine)
    session.advance(1e9, until)
    return session


def losses(session: Session) -> list[float]:
    session.advance(1e9)
    return list(session.so_far()["losses"])


def bytes_of_floats(data: bytes) -> int:
    tensors, _ = safetensors.read(data)
    return sum(t.size * t.item_size for t in tensors.values() if len(t.shape) == 2)


# --- in pieces ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("engine", ["compiled", "compiled-float32", "scalar"])
def test_a_run_comes_and_goes_in_pieces_and_goes_on_as_if_it_had_stayed(engine: str) -> None:
    size = {"n_embd": 16} if engine == "scalar" else {}
    session = begun(engine, **size)
    file = File(b"".join(session.save_run_piecewise()))
    again = Session()
    told: list[Any] = list(again.open_piecewise(file, "run"))
    assert told.pop()["kind"] == "run"
    found = [each["share"] for each in told]
    assert found == sorted(found)
    assert 0 <= found[0] < 0.1
    assert found[-1] == 1
    assert max(file.reads[2:]) <= 8000, "but for the header, which is bounded by itself"
    assert again.save_run() == file.data
    assert losses(again) == losses(session)


def test_floats_of_four_bytes_are_written_as_such() -> None:
    single, double = begun(), begun("compiled")
    weights = weight_layout(Hyperparameters(**WIDE), len(set(TEXT))).size  # type: ignore[arg-type]
    assert bytes_of_floats(single.save_run()) == 12 * weights
    assert bytes_of_floats(double.save_run()) == 24 * weights
    assert bytes_of_floats(single.save_model()) == 4 * weights
    model = Session()
    model.open_file(single.save_model(), "model")
    assert list(model.sample(3, 1.0, original=True))


@pytest.mark.usefixtures("_small_pieces")
def test_a_file_that_cant_be_read_to_its_end_changes_nothing() -> None:
    data = begun(n_embd=16).save_run()
    whole = File(data)
    Session().open_file(whole, "run")
    session = begun(n_embd=16, seed=7)
    before = session.save_run()
    for after in range(len(whole.reads)):
        with pytest.raises(
            SavedModelError, match=r"^run can't be opened.*changed, moved or removed"
        ):
            session.open_file(File(data, after), "run")
        with pytest.raises(SavedModelError, match=r"^run can't be opened.*become shorter"):
            session.open_file(File(data, after, b""), "run")
    assert session.save_run() == before


@pytest.mark.usefixtures("_small_pieces")
def test_a_file_that_changes_between_its_check_and_its_use_is_refused() -> None:
    data = begun(n_embd=16).save_run()
    checked = File(data)
    steps = Session().open_piecewise(checked, "run")
    while next(steps)["share"] < 0.4:  # type: ignore[typeddict-item]
        pass
    session = begun(n_embd=16, seed=7)
    before = session.save_run()
    nonsense = data[: len(data) // 2] + b"\xff" * (len(data) - len(data) // 2)
    with pytest.raises(MicrogptError, match=r"^run can't be opened"):
        session.open_file(File(data, len(checked.reads), nonsense), "run")
    assert session.save_run() == before


def test_what_is_read_in_vain_is_never_opened() -> None:
    session = begun(n_embd=16, seed=7)
    before = session.save_run()
    steps = session.open_piecewise(File(begun().save_run()), "run")
    for _ in range(30):
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert session.save_run() == before


def test_more_than_there_can_be_is_not_looked_at() -> None:
    file = File(b"")
    file.size = 1_000_000_001
    with pytest.raises(SavedModelError, match="more than 1,000 MB"):
        Session().open_file(file, "run")
    assert file.reads == []


@given(st.lists(st.floats(width=32), min_size=1, max_size=9), st.sampled_from("fd"))
def test_what_is_finite_or_negative_is_known_by_the_bytes(numbers: list[float], code: str) -> None:
    some = array(code, numbers)
    assert are_finite(some) == all(map(math.isfinite, numbers))
    if are_finite(some):
        assert are_negative(some) == (min(numbers) < 0)


# --- by what has room --------------------------------------------------------------------------


def memory(name: str, bits: int, **options: object) -> int:
    h = Hyperparameters(**{**WIDE, **options})  # type: ignore[arg-type]
    kind = kinds.ENGINES[name] if bits else kinds.READER_FLOAT32
    return kind.memory(h, len(set(TEXT)), h.block_size)


@pytest.mark.parametrize("width", [16, 64])
@pytest.mark.parametrize("kind", [kinds.COMPILED, kinds.COMPILED_FLOAT32], ids=lambda k: k.name)
def test_what_cant_learn_computes_the_same_in_less_memory(
    kind: kinds.EngineKind, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    h = Hyperparameters(n_embd=width, n_layer=2, block_size=8)
    monkeypatch.setattr(kinds, "_LARGE", 0)
    reader = kinds.reader(kind, h, 27)
    largest = Hyperparameters(n_embd=512, n_layer=8, block_size=256), 66, 256
    assert reader.memory(*largest) < 0.4 * kind.memory(*largest)
    letters = Vocabulary("abcdefghijklmnopqrstuvwxyz")
    weights = array("d", [math.sin(i * i) / 9 for i in range(weight_layout(h, 27).size)])
    pair = [each.make(h, letters, None) for each in (kind, reader)]
    for each in pair:
        each.set_weights(weights)
    asked: list[Callable[[engines.Engine], object]] = [
        lambda engine: engine.losses(["anna", "bella"]),
        lambda engine: engine.predict([[26, 0], [26, 3, 4]], 0.7),
        lambda engine: engine.surprises(["carla"]),
        lambda engine: engine.activations([26, 1, 2]),
        lambda engine: engine.get_state(),
    ]
    for ask in asked:
        one, other = map(ask, pair)
        assert one == other


def test_a_run_too_large_to_go_on_can_be_sampled_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = begun("compiled", until=9)
    data = session.save_run()
    monkeypatch.setattr(kinds, "_LARGE", 0)
    monkeypatch.setattr(kinds, "MAX_MEMORY", memory("compiled-float32", 32) - 1)
    again = Session()
    opened = again.open_file(data, "run")
    assert opened["kind"] == "model"
    assert opened["note"].startswith("It can be sampled here, but not trained on: that would take")
    assert [made["text"] for made in again.sample(9, 0.5, original=True)]
    again.load(TEXT, "a.txt")
    with pytest.raises(MicrogptError, match="GB of memory"):
        again.start(WIDE, "compiled-float32", from_opened=True)
    monkeypatch.setattr(kinds, "MAX_MEMORY", memory("", 0) - 1)
    with pytest.raises(MicrogptError, match=r"^run can't be opened.*GB of memory"):
        again.open_file(data, "run")


def test_a_run_that_fits_with_half_as_many_digits_goes_on_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = begun("compiled")
    data = session.save_run()
    monkeypatch.setattr(kinds, "MAX_MEMORY", memory("compiled", 64) - 1)
    again = Session()
    opened = again.open_file(data, "run")
    assert (opened["kind"], opened["engine"]) == ("run", "compiled-float32")
    assert "in float64 it would not fit" in opened["note"]
    assert losses(again) == pytest.approx(losses(session), rel=1e-4)


def test_a_large_model_goes_on_with_a_text_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    data = begun(until=9).save_model()
    small, large = Session(), Session()
    for session in (small, large):
        if session is large:
            monkeypatch.setattr(kinds, "_LARGE", 0)
        session.open_file(data, "model")
        session.load(b"anna\nzoe\n", "b.txt")
        session.start(WIDE, "compiled", from_opened=True)
    assert losses(small) == losses(large)


def test_a_large_run_is_not_prepared_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_LARGE", 0)
    session = begun(until=1)
    monkeypatch.setattr(CompiledEngine, "__init__", lambda *_: pytest.fail("made in vain"))
    plan = session.prepare(WIDE, "compiled")
    assert plan["seconds"] is not None
    assert 0 < plan["seconds"] < 1


def test_of_a_large_model_no_copies_are_made_without_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microgpt.session.session._MOST_WEIGHTS", 1000)
    session = begun(until=9)
    for ask in (lambda: session.inside(9), lambda: session.best_link("https://example.org/")):
        with pytest.raises(MicrogptError, match="million weights is too large to be"):
            ask()


# --- from PyTorch ------------------------------------------------------------------------------


def test_a_run_of_pytorchs_goes_on_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microgpt.engines.machines.available", lambda: False)
    session = Session()
    opened = session.open_file(TORCH_RUN.read_bytes(), "run")
    assert (opened["kind"], opened["engine"]) == ("run", "compiled-float32")
    assert losses(session)[-3:] == pytest.approx(
        [3.1035406589508057, 2.9697375297546387, 3.1401522159576416], rel=1e-5
    )
