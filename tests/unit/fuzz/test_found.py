"""What the fuzz has found, each as the smallest input that shows it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from microgpt import MicrogptError, Session
from microgpt.errors import DivergedError, SavedModelError, SessionError
from microgpt.sharing import checkpoint, safetensors
from microgpt.sharing.safetensors import Tensor
from runs import SITE
from unit.fuzz.corpus import GOLDEN

RUN = (GOLDEN / "v1" / "run.safetensors").read_bytes()
HUGE = 1.7e308


def with_numbers(change: Callable[[str, float], float], data: bytes = RUN) -> bytes:
    """The run with other numbers in its arrays, by their names."""
    tensors, metadata = safetensors.read(data)
    for name, tensor in tensors.items():
        if tensor.type == "F64":
            numbers = array("d", [change(name, number) for number in tensor.numbers])
            tensors[name] = Tensor(tensor.type, tensor.shape, numbers)
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    return safetensors.write(tensors, metadata)


def opened(data: bytes) -> Session:
    session = Session()
    session.open_file(data, "a")
    return session


REQUESTS: dict[str, Callable[[Session], Any]] = {
    "save the run": lambda session: session.save_run(),
    "save the model": lambda session: session.save_model(),
    "link": lambda session: session.link(SITE, 2000),
    "export": lambda session: session.export(),
    "verdict": lambda session: (session.stop(), session.learning(1e9), session.verdict()),
    "train on": lambda session: (session.advance(1, 13), session.save_run()),
    "inspect": lambda session: session.inside(0).ablation(),
}


@pytest.mark.parametrize("sign", [1, -1, 0])
@pytest.mark.parametrize("request_", REQUESTS)
def test_losses_as_large_as_numbers_get_can_be_averaged(request_: str, sign: int) -> None:
    """Their sum is larger than any number; their mean isn't."""
    signs = iter([sign or 1, sign or -1] * 100)
    session = opened(
        with_numbers(lambda name, number: next(signs) * HUGE if name == "losses" else number)
    )
    REQUESTS[request_](session)


def test_what_no_engine_of_4_bytes_can_hold_stays_where_it_is() -> None:
    """Weights would be infinite, and what is saved then couldn't be opened."""
    for part in ("wte", "adam.m.wte", "adam.v.wte"):
        huge = with_numbers(lambda name, number, part=part: 1e300 if name == part else number)  # type: ignore[misc]
        session = opened(huge)
        with pytest.raises(MicrogptError, match="numbers of 4 bytes"):
            session.use_engine("compiled-float32")
        assert session.save_run() == huge
        tensors, metadata = safetensors.read(huge)
        metadata["run"] = metadata["run"].replace('"compiled"', '"compiled-float32"')
        metadata["crc32"] = checkpoint.checksum(tensors, metadata)
        with pytest.raises(SavedModelError, match=r"can't be opened as a model\..*4 bytes"):
            opened(safetensors.write(tensors, metadata))


def test_nothing_is_saved_that_could_not_be_opened() -> None:
    session = opened(RUN)
    state = session._run().run.engine.get_state()
    state.squares[0] = math.inf
    session._run().run.engine.set_state(state)
    with pytest.raises(SavedModelError, match="infinite or not a number"):
        session.save_run()
    assert opened(session.save_model())


def test_a_model_that_gives_a_line_no_probability_learns_no_favourites() -> None:
    """The loss on it is infinite, which no file can say."""
    session = opened(with_numbers(lambda name, number: 1e4 * number if "." not in name else number))
    session.set_favourites(["the", "hat", "cat"], [])
    with pytest.raises(SessionError, match="no probability"):
        session.learn_favourites(10)
    assert session.save_run()


def test_there_is_no_map_of_letters_that_are_farther_apart_than_numbers_tell() -> None:
    signs = iter([1, 1, 1, 1, -1, -1, -1, -1] * 1000)  # of each row, 4 wide
    session = opened(with_numbers(lambda name, n: next(signs) * HUGE if name == "wte" else n))
    with pytest.raises(DivergedError, match="There is no map"):
        session.inside(0).letter_map("wte")
    assert session.inside(0).letter_map("wpe")["x"]
