"""What the fuzz has found, each as the smallest input that shows it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest

from microgpt import Session
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
