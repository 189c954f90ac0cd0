"""What PyTorch runs on: a GPU or a processor, in one process or in several that torchrun starts.

Of several, the first drives: it alone has the run, reads, prints and writes. The others wait to
be told what to train on, each computes the gradients of its share of every batch, and all add
them up and take the same step. So every command works as ever, the text need only be where the
first process is, and that computes alone what isn't training. It is what DistributedDataParallel
does with all gradients in one bucket; there are 25 MB of them at most. Not about how a gradient
is computed: see `pytorch`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from microgpt.engines.engine import State
from microgpt.errors import EngineError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RandomStream

if TYPE_CHECKING:
    from types import FrameType

    from torch import Tensor

T = TypeVar("T")

# How long the others may wait while the first draws samples or the person thinks.
_PATIENCE = 7  # days
ENDED = (
    "Another process of this run has ended or can't be reached, and none can go on without it. "
    "What was saved on the way (--save-every) is whole: go on from it with microgpt continue, on "
    "as many processes as you like."
)


class Trained(Protocol):
    """What the other processes must have of an engine to take part in its training."""

    hyperparameters: Hyperparameters
    vocabulary: Vocabulary
    precision: str

    def train(self, documents: Sequence[str], keep: Sequence[int] = ()) -> array[float]:
        """See `engine.Engine.train`."""

    def get_state(self) -> State:
        """See `engine.Engine.get_state`."""

    def set_state(self, state: State) -> None:
        """See `engine.Engine.set_state`."""


MakeTrained = Callable[[Hyperparameters, Vocabulary, RandomStream | None, str], Trained]


@dataclass(frozen=True)
class _Work:
    """What the others are told: what to train on, and as which model if it isn't the last one."""

    documents: Sequence[str]
    model: tuple[Hyperparameters, str, str, State] | None
    compiles: bool


class _Here:
    """What is so in this process, until it ends."""

    compiles = False  # whether PyTorch makes a program of the model first
    known: Trained | None = None  # the engine whose state the other processes have, too


def available() -> bool:
    """Whether PyTorch is installed; it isn't imported for that."""
    return importlib.util.find_spec("torch") is not None


def has_gpu() -> bool:
    """Whether there is a GPU that PyTorch can use."""
    return available() and bool(importlib.import_module("torch").cuda.is_available())


def device() -> Any:
    """Where this process computes."""
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


@cache
def threads() -> int:
    """How many threads PyTorch takes by itself; 0 where the person has said how many."""
    if "OMP_NUM_THREADS" in os.environ:
        return 0
    return int(importlib.import_module("torch").get_num_threads())


def compile_models() -> None:
    """From now on let PyTorch make a program of each model that is trained."""
    _Here.compiles = True


def compiles() -> bool:
    """Whether it does."""
    return _Here.compiles


def described() -> str:
    """PyTorch's version, and what it computes on."""
    torch = importlib.import_module("torch")
    where = "a processor"
    if torch.cuda.is_available():
        where = str(torch.cuda.get_device_name(device()))
    processes = f", in {count()} processes" if count() > 1 else ""
    return f"PyTorch {torch.__version__} computes, on {where}{processes}."


# --- several processes ---------------------------------------------------------------------


def count() -> int:
    """How many processes there are; torchrun says it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "MASTER_ADDR" in os.environ else 1


def rank() -> int:
    """Which one this is; 0 is the first."""
    return int(os.environ.get("RANK", "0")) if count() > 1 else 0


@contextmanager
def together() -> Iterator[None]:
    """Be one of several processes; at its end the first lets the others go.

    Raises:
        EngineError: PyTorch isn't there.
    """
    if not available():
        raise EngineError("Several processes need PyTorch: pip install torch.")
    import signal  # which a page, that imports this module, has no use for
    from datetime import timedelta

    torch, dist = importlib.import_module("torch"), importlib.import_module("torch.distributed")
    signal.signal(signal.SIGTERM, _ended)  # from torchrun, when another one has ended
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(device())
        backend = "cpu:gloo,cuda:nccl"
    with _told_of_endings():
        dist.init_process_group(backend, timeout=timedelta(days=_PATIENCE))
    try:
        yield
    finally:
        if not rank():
            with suppress(EngineError):
                _broadcast(None)
        with suppress(RuntimeError):
            dist.destroy_process_group()


def follow(make: MakeTrained) -> int:
    """Take part in whatever the first process trains, until it is done; the exit code."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first decides where to end
    engine: Trained | None = None
    try:
        while (work := _broadcast(None)) is not None:
            _Here.compiles = work.compiles
            if work.model:
                hyperparameters, characters, precision, state = work.model
                engine = make(hyperparameters, Vocabulary(characters), None, precision)
                engine.set_state(state)
            assert engine is not None
            engine.train(work.documents)
    except EngineError as error:
        print(f"microgpt, process {rank()}: {error}", file=sys.stderr)
        return 1
    return 0


def tell(engine: Trained, documents: Sequence[str]) -> None:
    """Let the others train with this one."""
    if count() == 1 or rank():
        return
    model = None
    if _Here.known is not engine:
        characters = engine.vocabulary.characters
        model = engine.hyperparameters, characters, engine.precision, engine.get_state()
        _Here.known = engine
    _broadcast(_Work(documents, model, _Here.compiles))


def forget(engine: Trained) -> None:
    """The engine's state was changed other than by training: the others don't have it any more."""
    if _Here.known is engine:
        _Here.known = None


def share(items: Sequence[T]) -> Sequence[T]:
    """This process's of them; there may be none."""
    return items[rank() :: count()]


def add_up(numbers: Tensor) -> None:
    """Each becomes the sum of all processes'."""
    if count() > 1:
        with _told_of_endings():
            importlib.import_module("torch.distributed").all_reduce(numbers)


def _broadcast(work: _Work | None) -> _Work | None:
    """What the first process says, in all of them."""
    dist, said = importlib.import_module("torch.distributed"), [work]
    with _told_of_endings():
        dist.broadcast_object_list(said, src=0, device="cpu")
    return said[0]


@contextmanager
def _told_of_endings() -> Iterator[None]:
    """Within, what PyTorch says of a broken connection becomes a sentence."""
    try:
        yield
    except RuntimeError as error:
        raise EngineError(ENDED) from error


def _ended(_signal: int, _frame: FrameType | None) -> None:
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the message is on its way
    raise EngineError(ENDED)
