"""Which code of the algorithm is recorded: the model's forward pass, and the loss.

`document_loss` is run once for each of the first lengths of a document. What is done between
two calls of `Model.forward` belongs to a position; what comes after the last one is done once,
at the last position. Not about the optimizer: see `update`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.tracing.loading import Loader, is_as_ever
from microgpt.tracing.recording import (
    LOOKED_UP,
    MOST_OPERANDS,
    POSITION,
    VALUE,
    WEIGHT,
    LookUp,
    Recorded,
    Recorder,
    Recording,
    Token,
    TraceError,
    addresses,
)
from microgpt.tracing.rolling import Pattern, roll
from microgpt.weights import weight_layout

_POSITIONS = 7  # that are recorded: enough to see what grows with the position
_ALIKE = "what the loss is made of isn't alike from position to position"


def record(
    texts: Mapping[str, str], folder: str, h: Hyperparameters, vocabulary: int, every: bool = False
) -> tuple[list[Pattern], list[float]]:
    """What a model, as it is or changed, computes at each position; and its constants.

    Args:
        texts: of the files of gpt/, by name.
        folder: where they are said to be, in messages.
        h: of the model.
        vocabulary: its size, with BOS.
        every: record every position that there can be, which takes longer, and not only the
            first: then they needn't be alike.

    Raises:
        TraceError: it can't be recorded; the message says why.
        IrregularError: the same, and with every position it may be possible.
    """
    every = every or h.block_size <= _POSITIONS
    recorder = Recorder(vocabulary)
    loader = Loader(texts, folder, recorder)
    if not is_as_ever(texts, "training.py", "train_step"):
        raise TraceError("train_step of training.py is another one")
    model = loader.module("model").Model(h, vocabulary, _NoStream())
    _place_weights(model, recorder, h, vocabulary)
    room = MOST_OPERANDS // 4 if every else MOST_OPERANDS
    rehearsal = _Rehearsal(model, recorder, vocabulary, room)
    document_loss = loader.module("training").document_loss
    before = [_state(each) for each in (model, *loader.modules)]
    count = h.block_size if every else _POSITIONS
    losses = [rehearsal.run(document_loss, count) for count in range(1, count + 1)]
    rehearsal.end()
    for old, thing in zip(before, (model, *loader.modules), strict=True):
        _check_state(old, _state(thing))
    results = [rehearsal.results, losses]
    tables = recorder if every else None
    return roll(rehearsal.recordings, results, h.block_size, tables), recorder.constants


def _state(thing: object) -> dict[str, object]:
    """What an object or a module has that a run can change, as it is now."""
    kinds = (int, float, str, list, set, dict)
    found: dict[str, object] = {}
    for name, member in vars(thing).items():
        if isinstance(member, kinds) and name not in ("weights", "parameters", "__builtins__"):
            found[name] = dict(member) if isinstance(member, dict) else repr(member)
    return found


def _check_state(before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Refuse what goes on from one document to the next; a table may be filled on the way."""
    for name in after:
        old, new = before.get(name), after[name]
        if isinstance(old, dict) and isinstance(new, dict) and old.items() <= new.items():
            continue
        if old != new:
            raise TraceError(f"{name} changes while a loss is computed")


class _NoStream:
    """In place of a random stream: what weights begin with doesn't matter while recording."""

    def __getattr__(self, _name: str) -> Callable[..., float]:
        return lambda *_: 0.0


def _place_weights(model: Any, recorder: Recorder, h: Hyperparameters, vocabulary: int) -> None:
    """Let the model's values be weights, at their places."""
    layout = weight_layout(h, vocabulary)
    if [matrix.full_name for matrix in layout.matrices] != list(model.weights):
        raise TraceError("it has other weights than weight_shapes says")
    for matrix, (name, rows) in zip(layout.matrices, model.weights.items(), strict=True):
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                value.address = WEIGHT + matrix.offset + i * matrix.columns + j
        by_token = [recorder.Value.at(LOOKED_UP + matrix.offset + j) for j in range(matrix.columns)]
        model.weights[name] = LookUp(rows, by_token, recorder)


class _Rehearsal:
    """Runs the loss of documents of 1, 2, … tokens; each position's forward pass is run once.

    Attributes:
        recordings: of each position, all that it does as the last one.
        results: of each, the addresses of its logits.
    """

    def __init__(self, model: Any, recorder: Recorder, vocabulary: int, room: int) -> None:
        self.recordings: list[Recording] = []
        self.results: list[tuple[int, ...]] = []
        self._tokens = [Token()]
        self._recorder = recorder
        self._model = model
        self._forward = model.forward
        self._vocabulary = vocabulary
        self._room = room
        self._logits: list[list[Recorded]] = []
        self._cache = model.empty_cache()
        self._counts: list[int] = []  # of operations between two positions' forward passes
        self._at = -1  # of the positions, in this run
        model.forward = self._step
        model.empty_cache = lambda: self._cache

    def run(self, document_loss: Callable[..., Recorded], count: int) -> tuple[int, ...]:
        """The address of the loss of so many positions."""
        self._at = -1
        self._recorder.now = Recording(0, room=self._room)
        self._tokens.append(Token())
        loss = document_loss(self._model, list(self._tokens))
        if self._at != count - 1:
            raise TraceError("document_loss doesn't call forward once for each position")
        if not isinstance(loss, Recorded):
            raise TraceError("document_loss gives something other than a value")
        self._room = self._recorder.now.room
        return addresses([loss])

    def end(self) -> None:
        """Say where in each recording what is done at each position ends."""
        counts = [*self._counts]
        growth = counts[-1] - counts[-2] if len(counts) > 1 else 0
        # The last position is followed by none. It has enough, if it is like those before.
        counts.append(counts[-1] + growth if counts else 0)
        for recording, count in zip(self.recordings, counts, strict=True):
            whole = len(recording.operations)
            recording.ends += [min(recording.ends[0] + count, whole), whole]

    def _step(self, token: Token, position: int, cache: Any) -> list[Recorded]:
        """In place of `Model.forward`: it is run where the position is a new one."""
        if self._at >= 0:
            self._pass()
        self._at += 1
        if (position, cache) != (self._at, self._cache) or token is not self._tokens[self._at]:
            raise TraceError("document_loss doesn't call forward for one position after the other")
        if position == len(self.recordings):
            self._record()
        else:  # as it was after the forward pass
            recording = self.recordings[position]
            done = recording.operations[: recording.ends[0]]
            self._recorder.now = Recording(position, done, room=self._recorder.now.room)
        self._recorder.token = self._tokens[position + 1]
        return list(self._logits[position])

    def _pass(self) -> None:
        """What is done for a position that isn't the last is what is done for it as the last."""
        begin = self.recordings[self._at].ends[0]
        done = self._recorder.now.operations[begin:]
        if len(self._counts) == self._at:
            self._counts.append(len(done))
        known = self.recordings[self._at].operations[begin : begin + len(done)]
        if known != done or len(done) != self._counts[self._at]:
            raise TraceError(_ALIKE)

    def _record(self) -> None:
        position = len(self.recordings)
        recording = self._recorder.now = Recording(position, room=self._recorder.now.room)
        token = self._recorder.token = Token()
        logits = self._forward(token, position, self._cache)
        if len(logits) != self._vocabulary:
            raise TraceError(f"forward gives {len(logits)} logits for {self._vocabulary} tokens")
        recording.ends.append(len(recording.operations))
        begin = VALUE + position * POSITION
        own = range(begin, begin + len(recording.operations))
        kept = {each - begin for each in _values_in(self._cache, set()) if each in own}
        recording.kept = sorted(kept)
        self.recordings.append(recording)
        self.results.append(addresses(logits))
        self._logits.append(logits)


def _values_in(thing: Any, seen: set[int]) -> Iterator[int]:
    """The addresses of the values in an object, or in what it has."""
    if isinstance(thing, Recorded):
        yield thing.address
    elif id(thing) not in seen:
        seen.add(id(thing))
        parts: Iterable[Any] = ()
        if isinstance(thing, dict):
            parts = thing.values()
        elif isinstance(thing, list | tuple | set | deque):
            parts = thing
        elif hasattr(thing, "__dict__") and not isinstance(thing, type):
            parts = vars(thing).values()
        for part in parts:
            yield from _values_in(part, seen)
