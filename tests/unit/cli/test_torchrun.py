"""Several processes that train one model: the numbers of one, and what is left when one ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command_line import COMMAND
from microgpt import Session
from microgpt.engines import host, machines
from runs import NAMES

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not machines.available(), reason="torch is not installed"),
    pytest.mark.skipif(not host.available(), reason="wasmtime is not installed"),
]

SMALL = {"n_embd": 8, "n_layer": 2, "block_size": 8, "batch_size": 3, "steps": 100_000}
OPTIONS = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
SECONDS = 120  # far more than any of it takes


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_bytes(NAMES)
    return path


def environment(**more: object) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"} | {name: str(each) for name, each in more.items()}


def torchrun(count: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a command prints that so many processes run."""
    start = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={count}"]
    return subprocess.run(
        [*start, f"--master-port={free_port()}", "-m", "microgpt", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env=environment(),
    )


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def started(count: int, *arguments: str | Path) -> Iterator[list[subprocess.Popen[str]]]:
    """The processes themselves, as torchrun starts them."""
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": count}
    processes = [
        subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(RANK=rank, LOCAL_RANK=rank, **place),
        )
        for rank in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def losses(path: Path) -> list[float]:
    return [float(row.partition(",")[2]) for row in path.read_text().split()[1:]]


def assert_same(found: list[float]) -> None:
    """As the compiled engine, which others hold to the scalar one, has them in one process."""
    session = Session()
    session.load(NAMES, "names.txt", SMALL["block_size"])
    session.start(SMALL, "compiled")
    expected = session.advance(1e9, until_step=len(found))["losses"]
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 1e-9


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def test_two_processes_share_the_batches_and_three_go_on(text: Path, tmp_path: Path) -> None:
    """A batch of three: two lines and one, then one each."""
    saved, begin, rest = tmp_path / "run", tmp_path / "begin.csv", tmp_path / "rest.csv"
    options = [*OPTIONS, "--stop-after=30", "--samples=1"]
    begun = torchrun(2, "train", text, *options, "--save", saved, "--losses", begin)
    assert begun.returncode == 0, begun.stderr
    assert "in 2 processes" in begun.stderr
    assert begun.stdout.count("num params") == 1, "one of them prints"
    options = ["--stop-after=50", "--samples=1"]
    with started(3, "continue", saved, *options, "--losses", rest) as processes:
        told = [process.communicate(timeout=SECONDS)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert_same(losses(begin) + losses(rest))


def test_one_process_is_killed_and_another_number_goes_on(text: Path, tmp_path: Path) -> None:
    saved = tmp_path / "run"
    with started(2, "train", text, *OPTIONS, "--save", saved, "--save-every=20") as (first, second):
        wait_for(saved, first)
        second.kill()
        _, told = first.communicate(timeout=SECONDS)
    assert first.returncode == 2
    assert "Traceback" not in told
    assert "Another process of this run has ended" in told
    assert [path.name for path in tmp_path.iterdir() if path != text] == ["run"]
    session = Session()
    opened = session.open_file(saved.read_bytes(), "run")
    assert opened["engine"] == "torch"
    assert opened["progress"]
    before = list(opened["progress"]["losses"])
    assert len(before) >= 20
    assert len(before) % 20 == 0
    rest = session.advance(1e9, until_step=len(before) + 10)["losses"]
    assert_same([*before, *rest])


def test_the_first_process_ends_with_what_was_learned_and_lets_the_other_go(text: Path) -> None:
    """As with one process: Ctrl-C reaches all of them."""
    with started(2, "train", text, *OPTIONS, "--samples=2") as (first, second):
        assert first.stdout
        while not first.stdout.readline().startswith("step"):
            assert first.poll() is None
        for process in (first, second):
            process.send_signal(signal.SIGINT)
        out, told = first.communicate(timeout=SECONDS)
        _, other = second.communicate(timeout=SECONDS)
    assert (first.returncode, second.returncode) == (0, 0), told + other
    assert "Interrupted after step" in told
    assert "sample  2" in out
    assert not other


def test_the_first_process_is_killed_and_the_other_ends_too(text: Path) -> None:
    with started(2, "train", text, *OPTIONS) as (first, second):
        assert first.stdout
        while not first.stdout.readline().startswith("step"):
            assert first.poll() is None
        first.kill()
        _, told = second.communicate(timeout=SECONDS)
    assert second.returncode == 1
    assert "Traceback" not in told
    assert "process 1: Another process of this run has ended" in told
