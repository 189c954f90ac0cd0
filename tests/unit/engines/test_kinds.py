"""Which engine goes on with what another has computed, and which of them a page has."""

from __future__ import annotations

import pytest

from microgpt import Session
from microgpt.engines import host, kinds, machines
from microgpt.engines.kinds import ENGINES, EngineKind
from microgpt.errors import SavedModelError
from microgpt.gpt.hyperparameters import Hyperparameters
from runs import NAMES, trained

needs_wasmtime = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")


@pytest.fixture
def _without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "available", lambda: False)


@needs_wasmtime
@pytest.mark.usefixtures("_without_torch")
@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("scalar", "scalar"),
        ("traced", "traced"),
        ("torch", "compiled"),
        ("torch-float32", "compiled-float32"),
        ("torch-bf16", "compiled-float32"),
        ("of another century", "compiled"),
    ],
)
def test_an_engine_with_as_many_digits_goes_on(name: str, then: str) -> None:
    assert kinds.going_on(name).name == then


@pytest.mark.usefixtures("_without_torch")
def test_where_nothing_else_can_the_scalar_engine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "available", lambda: False)
    assert {kinds.going_on(name) for name in ENGINES} == {kinds.SCALAR}


def test_pytorch_is_not_for_the_page() -> None:
    assert {name for name, kind in ENGINES.items() if not kind.in_browser} == {
        *("torch", "torch-float32", "torch-bf16")
    }


@needs_wasmtime
@pytest.mark.parametrize("alone", [False, True])
def test_what_has_room_with_half_as_many_digits_can_be_opened(
    monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    """As a model of the largest sizes, which only such an engine can train, or sample."""
    session = trained(engine="compiled-float32")
    data = session.save_model() if alone else session.save_run()
    h = Hyperparameters(n_embd=8)

    def needed(kind: EngineKind) -> int:
        return kind.memory(h, len(set(NAMES.decode())), h.block_size)  # BOS for the end of line

    most = (needed(kinds.COMPILED) + needed(kinds.COMPILED_FLOAT32)) // 2
    monkeypatch.setattr(kinds, "MAX_MEMORY", most)
    opened = Session()
    opened.open_file(data, "run")
    assert len(list(opened.sample(3))) == 3
    monkeypatch.setattr(kinds, "MAX_MEMORY", needed(kinds.READER_FLOAT32) - 1)
    with pytest.raises(SavedModelError, match="GB of memory"):
        opened.open_file(data, "run")
