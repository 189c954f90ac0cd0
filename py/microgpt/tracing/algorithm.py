"""Which code of the algorithm is recorded: the model's forward pass, and the loss.

`document_loss` is run once for each of the first lengths of a document. What is done between
two calls of `Model.forward` belongs to a position; what comes after the last one is done once,
at the last position. Not about the optimizer: see `update`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from microgpt.changes import originals
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.tracing.loading import Loader, functions
from microgpt.tracing.recording import (
    LOOKED_UP,
    WEIGHT,
    LookUp,
    Operation,
    Recorded,
    Recorder,
    Recording,
    Token,
    TraceError,
    addresses,
)
from microgpt.tracing.rolling import Pattern, roll
from microgpt.weights import weight_layout

POSITIONS = 7  # that are recorded: enough to see what grows with the position
_ALIKE = "what the loss is made of isn't alike from position to position"


def record(
    texts: Mapping[str, str], folder: str, h: Hyperparameters, vocabulary: int
) -> tuple[Pattern, list[float]]:
    """What a model, as it is or changed, computes at each position; and its constants.

    Args:
        texts: of the files of gpt/, by name.
        folder: where they are said to be, in messages.
        h: of the model.
        vocabulary: its size, with BOS.

    Raises:
        TraceError: it can't be recorded; the message says why.
    """
    # So many positions can be recorded of any model. Its weights lie where they would in `h`.
    longer = replace(h, block_size=max(h.block_size, POSITIONS))
    recorder = Recorder()
    loader = Loader(texts, folder, recorder)
    if functions(texts["training.py"]).get("train_step") != _original_step():
        raise TraceError("train_step of training.py is another one")
    model = loader.module("model").Model(longer, vocabulary, _NoStream())
    _place_weights(model, recorder, h, vocabulary)
    rehearsal = _Rehearsal(model, recorder, vocabulary)
    document_loss = loader.module("training").document_loss
    losses = [rehearsal.run(document_loss, count) for count in range(1, POSITIONS + 1)]
    rehearsal.end()
    pattern = roll(
        rehearsal.recordings, [rehearsal.results, losses], rehearsal.targets, longer.block_size
    )
    for loop in pattern.parts[0]:
        if loop.left.by_target or (loop.right and loop.right.by_target):
            raise TraceError("what the model computes isn't alike from position to position")
    return pattern, recorder.constants


def _original_step() -> str:
    return functions(originals()["training.py"])["train_step"]


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
        model.weights[name] = LookUp(rows, by_token)


class _Rehearsal:
    """Runs the loss of documents of 1, 2, … tokens; each position's forward pass is run once.

    Attributes:
        recordings: of each position, all that it does as the last one.
        results: of each, the addresses of its logits.
        targets: the token to be predicted at each; see `roll`.
    """

    def __init__(self, model: Any, recorder: Recorder, vocabulary: int) -> None:
        last = vocabulary - 1
        self.targets = [last, vocabulary // 2, last - 1, 2 % vocabulary, 1, 0, 0]
        self.recordings: list[Recording] = []
        self.results: list[tuple[int, ...]] = []
        self._tokens = [Token(each) for each in (0, *self.targets)]
        self._recorder = recorder
        self._model = model
        self._forward = model.forward
        self._vocabulary = vocabulary
        self._logits: list[list[Recorded]] = []
        self._cache = model.empty_cache()
        self._rehearsed: list[list[Operation]] = []  # at each position before the last
        self._at = -1  # of the positions, in this run
        model.forward = self._step
        model.empty_cache = lambda: self._cache

    def run(self, document_loss: Callable[..., Recorded], count: int) -> tuple[int, ...]:
        """The address of the loss of so many positions."""
        self._at, self._rehearsed = -1, []
        self._recorder.now = Recording(0)
        loss = document_loss(self._model, self._tokens[: count + 1])
        if self._at != count - 1:
            raise TraceError("document_loss doesn't call forward once for each position")
        if not isinstance(loss, Recorded):
            raise TraceError("document_loss gives something other than a value")
        return addresses([loss])

    def end(self) -> None:
        """Say where in each recording what is done at each position ends."""
        for recording, rehearsed in zip(self.recordings, self._rehearsed, strict=False):
            begin = recording.ends[0]
            recording.ends.append(begin + len(rehearsed))
            if recording.operations[begin : begin + len(rehearsed)] != rehearsed:
                raise TraceError(_ALIKE)
        counts = [len(rehearsed) for rehearsed in self._rehearsed]
        last = self.recordings[-1]
        last.ends.append(last.ends[0] + 2 * counts[-1] - counts[-2])
        for recording in self.recordings:
            recording.ends.append(len(recording.operations))

    def _step(self, token: Token, position: int, cache: Any) -> list[Recorded]:
        """In place of `Model.forward`: it is run where the position is a new one."""
        if self._at >= 0:
            begin = self.recordings[self._at].ends[0]
            self._rehearsed.append(self._recorder.now.operations[begin:])
        self._at += 1
        if (position, cache) != (self._at, self._cache) or token is not self._tokens[self._at]:
            raise TraceError("document_loss doesn't call forward for one position after the other")
        if position == len(self.recordings):
            self._record()
        else:  # as it was after the forward pass
            recording = self.recordings[position]
            done = recording.operations[: recording.ends[0]]
            self._recorder.now = Recording(position, done)
        return list(self._logits[position])

    def _record(self) -> None:
        position = len(self.recordings)
        recording = self._recorder.now = Recording(position)
        if self.recordings:
            recording.room = self.recordings[-1].room
        token = Token()
        logits = self._forward(token, position, self._cache)
        if len(logits) != self._vocabulary:
            raise TraceError(f"forward gives {len(logits)} logits for {self._vocabulary} tokens")
        recording.ends.append(len(recording.operations))
        self.recordings.append(recording)
        self.results.append(addresses(logits))
        self._logits.append(logits)
