"""Files: a trained model, or a whole run that can be continued, as safetensors.

A model's file has its weights by their names, and in `__metadata__` all that is
needed to sample from it. A checkpoint adds what training needs to go on as if it
had never stopped: Adam's two means, the losses, the order of the documents, both
random streams, and the text itself unless that is kept elsewhere. Files are read for
ever: what that freezes, and what the settings of each version mean, is in `formats`.
What was made by changed code says by which (`difference`), and is read by no other.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import zlib
from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgpt import changed, texts
from microgpt.engines.engine import PARTS, Engine, Learned, Part, State, take_over
from microgpt.engines.kinds import READER_FLOAT32, SCALAR
from microgpt.errors import CodeNeededError, MicrogptError, SavedModelError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS
from microgpt.run import Background, RunState
from microgpt.settings import MAX_STEPS, shown
from microgpt.sharing import background, favourites, formats, parts, safetensors
from microgpt.sharing.bounded_json import loads
from microgpt.sharing.favourites import NONE, Choices
from microgpt.sharing.formats import NewerError
from microgpt.sharing.safetensors import InMemory, Source, Tensor
from microgpt.sharing.saved import (
    Described,
    Provenance,
    SavedModel,
    is_name,
    is_vocabulary,
)
from microgpt.texts import UNFIT_FOR_NAMES
from microgpt.weights import weight_layout

if TYPE_CHECKING:
    from microgpt.sharing.difference import Difference
    from microgpt.sharing.needed import Needed

FORMAT = "microgpt"
MAX_FILE = 1_000_000_000  # bytes: a run of the largest model that there can be, and all of its text
_CHECKSUM = "crc32"
_MODEL_KEYS = {"format", "format_version", "hyperparameters", "vocabulary", "provenance"}
# What a run may have has an entry of its own, so that pages that know nothing of it refuse.
_KEYS = {
    *_MODEL_KEYS,
    *("run", "began_at", "favourites", "background", "running_text", "changed_code"),
}
_MANY = 2**53  # more than can be counted
_NO_RUN = "Its run can't be read."
_OTHER_TEXT = "The order of its documents doesn't match its text."
_RELOAD = "Reload the page to get the newest version."


@dataclass(frozen=True)
class Checkpoint:
    """A run on its way.

    Attributes:
        engine: the name of what computes it.
        one_engine: whether that computed all of it.
        state: all that decides how it goes on.
        samples: the state of the stream that samples are drawn from meanwhile.
        seconds: how long it has trained.
        stopped: whether it was ended before its plan.
        stop_after: the step at which the recipe that it follows ends, or 0.
        origin: the name of the text of the model that it began from, or "".
        text_name: of its text.
        blank_lines: those that were skipped when the text was read.
        corpus: the text, if the file has it.
        began_at: the step at which it was given another plan, or 0: since then no recipe
            can repeat it.
        favourites: what the visitor likes of its model, and what is never to come again.
        background: what it began with, if it learns from favourites.
        window: how many characters each document has of a running text, or 0 where the
            text is a list of documents.
    """

    engine: str
    one_engine: bool
    state: RunState
    samples: Any
    seconds: float
    stopped: bool
    stop_after: int
    origin: str
    text_name: str
    blank_lines: int
    corpus: Corpus | None
    began_at: int = 0
    favourites: Choices = NONE
    background: Background | None = None
    window: int = 0

    @property
    def text(self) -> Corpus | None:
        """All that is saved as its text."""
        return self.corpus and background.whole(self.corpus, self.background)


def write(model: SavedModel, checkpoint: Checkpoint | None = None) -> bytes:
    """The file of a model, or of a run if there is a checkpoint: see `written`."""
    learned = checkpoint and checkpoint.state.learned
    return b"".join(written(model.described, learned or State.untrained(model.weights), checkpoint))


def written(
    model: Described, learned: Learned, checkpoint: Checkpoint | None = None
) -> Iterator[bytes]:
    """The file of a model, or of a run if there is a checkpoint, in pieces.

    Floats of 4 bytes are written as such. Nothing may be learned meanwhile.

    Args:
        learned: by the model; where there is no checkpoint its weights alone are written.

    Raises:
        ChangeError: it was made by changed code that is too long to go with it.
        SavedModelError: training has spoilt the model.
    """
    layout = model.layout
    metadata = {
        "format": FORMAT,
        "format_version": str(_version_needed(model, checkpoint)),
        "hyperparameters": json.dumps(formats.in_full(model.hyperparameters)),
        "vocabulary": model.characters,
        "provenance": json.dumps(_finite(dataclasses.asdict(model.provenance))),
    }
    if entry := _code():  # whose matrices no other code can read
        metadata["changed_code"] = entry
    tensors: dict[str, Tensor] = {}
    has = PARTS if checkpoint else PARTS[:1]
    for part in has:
        tensors |= parts.split(part, learned, layout)
    for _ in parts.checked(tensors, has, layout):
        pass  # nothing is written that couldn't be read
    if checkpoint is not None:
        tensors["losses"] = _flat("F64", checkpoint.state.losses)
        tensors["order"] = _flat("I32", checkpoint.state.order)
        if checkpoint.text is not None:
            tensors["text"] = _flat("U8", array("B", texts.data(checkpoint.text)))
        metadata["run"] = json.dumps(_run(checkpoint, learned.steps_done))
        if checkpoint.began_at:
            metadata["began_at"] = str(checkpoint.began_at)
        if checkpoint.favourites:
            metadata["favourites"] = favourites.entry(checkpoint.favourites)
        if checkpoint.background:
            metadata["background"] = background.entry(checkpoint.background)
            tensors |= background.tensors(checkpoint.background)
        if checkpoint.window:  # pages that know nothing of it would take its lines for documents
            metadata["running_text"] = str(checkpoint.window)
    metadata[_CHECKSUM] = checksum(tensors, metadata)
    return safetensors.written(tensors, metadata)


def _code() -> str:
    """The changed code that runs here, as it goes into a file; or ""."""
    if not changed.sources():
        return ""
    from microgpt.sharing import difference  # few have any, and everybody would wait for it

    code = difference.in_use()
    return difference.entry(difference.between(code)) if code else ""


def _version_needed(model: Described, checkpoint: Checkpoint | None) -> int:
    """The oldest that can say all settings, those of the background too."""
    before = checkpoint and checkpoint.background
    settings = [model.hyperparameters, *([before.settings] if before else [])]
    return max(map(formats.version_needed, settings))


def checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """CRC-32 of all that a file says, in hexadecimal; its layout doesn't count."""
    *_, (crc, _) = _summed(tensors, metadata)
    return f"{crc:08x}"


def _summed(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> Iterator[tuple[int, int]]:
    """The same as a number so far, and how many bytes that is of; the last is of all."""
    texts = sorted(item for item in metadata.items() if item[0] != _CHECKSUM)
    facts = [(name, tensors[name].type, tensors[name].shape) for name in sorted(tensors)]
    crc, size = zlib.crc32(json.dumps([texts, facts]).encode()), 0
    yield crc, size
    for name in sorted(tensors):
        for piece in tensors[name].little_endian():
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            yield crc, size


def _check(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[int]:
    """Refuse what isn't as it was written. Other programs may write files without a checksum.

    How many bytes have been read, again and again.
    """
    if unknown := set(metadata) - _KEYS - {_CHECKSUM}:
        raise NewerError(f"it has the entry {shown(min(unknown))}, which this page doesn't know")
    if _CHECKSUM not in metadata:
        return
    found = 0
    for crc, size in _summed(tensors, metadata):
        found = crc
        yield size
    if metadata[_CHECKSUM] != f"{found:08x}":
        raise SavedModelError("It was damaged or changed: its checksum doesn't match.")


@dataclass(frozen=True)
class Stored:
    """A file of which all has been read and checked but the numbers that were learned.

    Attributes:
        model: all but its weights.
        run: all but what was learned, or None if the file has no run.
        name: to show in messages.
    """

    model: Described
    run: Checkpoint | None
    name: str
    _tensors: Mapping[str, Tensor]

    def read_into(self, engine: Engine, wanted: Sequence[Part]) -> Iterator[float]:
        """Let an engine go on from there; which share of that is done, again and again.

        Args:
            wanted: of what was learned: the weights, and of a run all of it.

        Raises:
            SavedModelError: it can't be used; the message says why. The engine can't be either.
        """
        with _telling(self.name, True):
            pieces = parts.checked(self._tensors, wanted, self.model.layout)
            for share, part, first, numbers in pieces:
                take_over(engine, part, first, numbers)
                yield share
        engine.set_steps_done(self._steps_done if len(wanted) > 1 else 0)

    def whole(self) -> tuple[SavedModel, Checkpoint | None]:
        """All of it."""
        model, run = self.model, self.run
        tensors, layout, has = self._tensors, model.layout, PARTS if run else PARTS[:1]
        learned: dict[Part, array[float]] = {p: parts.room(p, tensors, layout) for p in has}
        for _, part, _, numbers in parts.checked(tensors, has, layout):
            same = numbers.typecode == learned[part].typecode
            learned[part].extend(numbers if same else array("d", numbers))
        weights = learned["weights"]
        saved = SavedModel(model.hyperparameters, model.characters, weights, model.provenance)
        if run is None:
            return saved, None
        state = State(weights, learned["means"], learned["squares"], self._steps_done)
        return saved, dataclasses.replace(run, state=dataclasses.replace(run.state, learned=state))

    @property
    def _steps_done(self) -> int:
        return len(self.run.state.losses) if self.run else 0

    @property
    def is_single(self) -> bool:
        """Whether its weights are floats of 4 bytes."""
        return parts.room("weights", self._tensors, self.model.layout).typecode == "f"


def read(data: bytes, name: str, text: bytes | None = None) -> tuple[SavedModel, Checkpoint | None]:
    """The model of a file, and the run that it is part of if the file has all of it.

    Raises:
        As `opening`.
    """
    steps = opening(InMemory(data), name, text)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            stored: Stored = end.value
            with _telling(name, text is None):
                return stored.whole()


def opening(source: Source, name: str, text: bytes | None = None) -> Generator[float, None, Stored]:
    """What a file has; which share of it has been checked, again and again.

    Args:
        source: of the file.
        name: to show in messages.
        text: that a checkpoint without one was made on.

    Raises:
        CodeNeededError: it was made by changed code, which isn't in use here.
        SavedModelError: it can't be used; the message says why.
    """
    # Without a file, where the text is kept apart, there is none to choose.
    with _telling(name, text is None):
        if source.size > MAX_FILE:
            raise SavedModelError(f"It has more than {MAX_FILE // 10**6:,} MB.")
        tensors, metadata = safetensors.read(source)
        version = _version(metadata)
        for size in _check(tensors, metadata):
            yield size / source.size
        _check_code(tensors, metadata, version, text)
        model = _model(tensors, metadata, version)
        if "run" not in metadata:
            return Stored(model, None, name, tensors)
        run = _table(metadata, "run", max_depth=3)  # the streams' states are lists in lists
        before = background.read_entry(metadata["background"]) if "background" in metadata else None
        window = _window(metadata, model.hyperparameters)
        found = _checkpoint(model, tensors, run, text, before, version, window)
        checkpoint = dataclasses.replace(
            found,
            began_at=_began_at(metadata, found),
            favourites=favourites.read(metadata["favourites"])
            if "favourites" in metadata
            else Choices(),
            window=window,
        )
        return Stored(model, checkpoint, name, tensors)


@contextmanager
def _telling(name: str, by_file: bool) -> Iterator[None]:
    """Within, what is wrong with a file is told with its name, and with what to do."""
    try:
        yield
        return
    except CodeNeededError:
        raise
    except NewerError as error:
        reason = f"It was made by a newer version of this page: {error}. {_RELOAD}"
    except MicrogptError as error:
        advice = " Choose a .safetensors file that was saved here." if by_file else ""
        reason = f"{error}{advice}"
    shown_name = UNFIT_FOR_NAMES.sub("\ufffd", name)
    raise SavedModelError(f"{shown_name} can't be opened as a model. {reason}")


def _check_code(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str], version: int, text: bytes | None
) -> None:
    """Refuse what was made by other code than runs here, before its weights are looked at."""
    if "changed_code" not in metadata and not changed.sources():
        return
    from microgpt.sharing import difference, needed

    if "changed_code" not in metadata:
        if difference.in_use():
            raise SavedModelError(needed.ORIGINAL)
        return
    made_by = difference.read(metadata["changed_code"])
    if not difference.is_in_use(made_by):
        raise needed.error(_needed(tensors, metadata, version, made_by, text))


def _needed(
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    version: int,
    made_by: Difference,
    text: bytes | None,
) -> Needed:
    """What can be told of a file without knowing what its matrices mean."""
    from microgpt.sharing.needed import Needed

    h = formats.hyperparameters(_table(metadata, "hyperparameters"), version)
    engine, corpus = "", None
    if "run" in metadata:
        run = _table(metadata, "run", max_depth=3)
        engine = run.get("engine", "")
        if not isinstance(engine, str) or not is_name(engine):
            raise SavedModelError(_NO_RUN)
        if "background" not in metadata:
            corpus = _text_of_run(tensors, metadata, run, h, text)
    matrices = [tensor for tensor in tensors.values() if len(tensor.shape) == 2]
    learned = 3 if "run" in metadata else 1  # Adam has two numbers more for each
    return Needed(
        difference=made_by,
        hyperparameters=h,
        characters=_vocabulary(metadata),
        provenance=_provenance(_table(metadata, "provenance")),
        parameters=sum(matrix.size for matrix in matrices) // learned,
        is_run="run" in metadata,
        text=corpus,
        engine=engine,
    )


def _text_of_run(
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    run: Mapping[str, Any],
    h: Hyperparameters,
    text: bytes | None,
) -> Corpus | None:
    match run:
        case {"text_name": str(name), "blank_lines": int(blank_lines)} if is_name(
            name
        ) and _is_count(blank_lines):
            pass
        case _:
            raise SavedModelError(_NO_RUN)
    if "text" in tensors:
        text = _vector(tensors, "text", "U8", texts.MOST_STORED + 1).tobytes()
    if text is None:
        return None
    documents = len(_vector(tensors, "order", "I32", texts.MOST_STORED))
    if window := _window(metadata, h):
        return _running(text, name, window, documents)
    return _corpus(text, name, blank_lines, documents)


def _finite(table: dict[str, Any]) -> dict[str, Any]:
    """With null for a number that JSON has no word for."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in table.items()
    }


def _run(checkpoint: Checkpoint, steps_done: int) -> dict[str, Any]:
    """The parts of a checkpoint that aren't arrays, in JSON's types."""
    return {
        "engine": checkpoint.engine,
        "one_engine": checkpoint.one_engine,
        "steps_done": steps_done,
        "stream": checkpoint.state.stream,
        "samples": checkpoint.samples,
        "seconds": checkpoint.seconds,
        "stopped": checkpoint.stopped,
        "stop_after": checkpoint.stop_after,
        "origin": checkpoint.origin,
        "text_name": checkpoint.text_name,
        "blank_lines": checkpoint.blank_lines,
    }


def _flat(type_: str, numbers: array[Any]) -> Tensor:
    return Tensor(type_, (len(numbers),), numbers)


def _version(metadata: Mapping[str, str]) -> int:
    """The format version, if it is one that can be read."""
    if metadata.get("format") != FORMAT:
        raise SavedModelError("It is a safetensors file, but not one of microgpt's.")
    version = metadata.get("format_version", "")
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise SavedModelError(f"It has the format version {shown(version)}, which never existed.")
    if int(version) > formats.NEWEST:
        raise NewerError(
            f"it has format {version}, and this page reads formats up to {formats.NEWEST}"
        )
    return int(version)


def _model(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], version: int) -> Described:
    hyperparameters = formats.hyperparameters(_table(metadata, "hyperparameters"), version)
    characters = _vocabulary(metadata)
    # Before anything is allocated for it, by the engine that needs the least; the lines may be as
    # long as the model can read.
    kind = READER_FLOAT32 if READER_FLOAT32.knows_algorithm else SCALAR
    kind.check_memory(hyperparameters, len(characters) + 1, hyperparameters.block_size)
    parts.check("weights", tensors, weight_layout(hyperparameters, len(characters) + 1))
    provenance = _provenance(_table(metadata, "provenance"))
    return Described(hyperparameters, characters, provenance)


def _vocabulary(metadata: Mapping[str, str]) -> str:
    characters = metadata.get("vocabulary", "")
    if not is_vocabulary(characters):
        raise SavedModelError("Its vocabulary is not a sorted list of distinct characters.")
    return characters


def _provenance(table: Mapping[str, Any]) -> Provenance:
    match table:
        case {
            "text": str(text),
            "documents": int(documents),
            "steps": int(steps),
            "loss": (None | float()) as loss,
            "holdout_loss": (None | float()) as holdout_loss,
        } if is_name(text) and _is_count(documents) and _is_count(steps):
            return Provenance(
                text, documents, steps, math.nan if loss is None else loss, holdout_loss
            )
    raise SavedModelError("It doesn't say where it comes from.")


def _table(metadata: Mapping[str, str], key: str, max_depth: int = 1) -> dict[str, Any]:
    """A part of the metadata that is a JSON table."""
    try:
        table = loads(metadata.get(key, ""), max_depth)
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise SavedModelError(f"Its {key} can't be read.")
    return table


def _checkpoint(
    model: Described,
    tensors: Mapping[str, Tensor],
    run: dict[str, Any],
    text: bytes | None,
    before: background.Entry | None,
    version: int,
    window: int,
) -> Checkpoint:
    match run:
        case {
            "engine": str(engine),
            "one_engine": bool(one_engine),
            "steps_done": int(steps_done),
            "stream": stream,
            "samples": samples,
            "seconds": int() | float() as seconds,
            "stopped": bool(stopped),
            "stop_after": int(stop_after),
            "origin": str(origin),
            "text_name": str(text_name),
            "blank_lines": int(blank_lines),
        } if (
            type(seconds) is not bool
            and 0 <= seconds < _MANY
            and _is_count(steps_done)
            and _is_count(stop_after)
            and _is_count(blank_lines)
            and is_name(origin)
            and is_name(text_name)
        ):
            pass
        case _:
            raise SavedModelError(_NO_RUN)
    h = model.hyperparameters
    losses = _vector(tensors, "losses", "F64", MAX_STEPS)
    if not len(losses) == steps_done <= h.steps or not all(map(math.isfinite, losses)):
        raise SavedModelError("Its losses don't match its steps.")
    if stop_after and not max(1, steps_done) <= stop_after <= h.steps:
        raise SavedModelError("Its run ends at a step that can't be its last.")
    for part in PARTS[1:]:
        parts.check(part, tensors, model.layout)
    order = _vector(tensors, "order", "I32", texts.MOST_STORED)
    if "text" in tensors:
        text = _vector(tensors, "text", "U8", texts.MOST_STORED + 1).tobytes()
    if before and window:
        raise SavedModelError("A run on favourites has lines, and its text is running text.")
    documents = before.documents + before.favourites if before else len(order)
    corpus: Corpus | None = None
    if text is not None and window:
        corpus = _running(text, text_name, window, documents)
    elif text is not None:
        corpus = _corpus(text, text_name, blank_lines, documents)
    began_with: Background | None = None
    if corpus is not None:
        if not set(corpus.characters) <= set(model.characters):
            raise SavedModelError("Its text has characters that its vocabulary lacks.")
        if before:
            began_with = background.restored(corpus, before, tensors, len(order), version)
            corpus = Corpus(text_name, began_with.documents, blank_lines)
        _check_order(corpus, order)
    return Checkpoint(
        engine=engine,
        one_engine=one_engine,
        state=RunState(
            learned=None,
            order=order,
            stream=_stream_state(stream, h.random_stream),
            losses=losses,
        ),
        samples=_stream_state(samples, "python"),
        seconds=float(seconds),
        stopped=stopped,
        stop_after=stop_after,
        origin=origin,
        text_name=text_name,
        blank_lines=blank_lines,
        corpus=corpus,
        background=began_with,
    )


def _began_at(metadata: Mapping[str, str], run: Checkpoint) -> int:
    """The step at which the run was given another plan, or 0."""
    said = metadata.get("began_at", "0")
    if said != "0" and not re.fullmatch("[1-9][0-9]{0,8}", said):
        raise SavedModelError("It was given another plan at a step that can't be.")
    if int(said) > len(run.state.losses):
        raise SavedModelError("It was given another plan at a step that it never took.")
    return int(said)


def _is_count(number: int) -> bool:
    return type(number) is int and 0 <= number < _MANY  # a bool is an int, but counts nothing


def _vector(tensors: Mapping[str, Tensor], name: str, type_: str, most: int) -> array[Any]:
    """A list of at most so many numbers: all of it is read at once."""
    tensor = tensors.get(name)
    if tensor is None or tensor.type != type_ or len(tensor.shape) != 1:
        raise SavedModelError(f"It has no list {name}.")
    if tensor.size > most:
        raise SavedModelError(f"Its list {name} is longer than it can be.")
    return tensor.numbers


def _corpus(text: bytes, name: str, blank_lines: int, documents: int) -> Corpus:
    if text.count(b"\n") + 1 != documents:  # before millions of lines are looked at
        raise SavedModelError(_OTHER_TEXT)
    return texts.restored(text, name, blank_lines)


def _running(text: bytes, name: str, window: int, documents: int) -> Corpus:
    corpus = texts.restored_running(text, name, window)
    if len(corpus.documents) != documents:
        raise SavedModelError(_OTHER_TEXT)
    return corpus


def _window(metadata: Mapping[str, str], h: Hyperparameters) -> int:
    """How many characters each document of a running text has, or 0 where it is none."""
    said = metadata.get("running_text", "0")
    if said not in ("0", str(h.block_size)):
        raise SavedModelError("Its text is in pieces of another length than its model reads.")
    return int(said)


def _check_order(corpus: Corpus, order: array[int]) -> None:
    count = len(corpus.documents)
    seen = bytearray(count)  # not a list: there can be millions
    for index in order:
        if not 0 <= index < count or seen[index]:
            raise SavedModelError(_OTHER_TEXT)
        seen[index] = 1


def _stream_state(state: Any, kind: str) -> Any:
    """The state, with the tuples that JSON has made lists of, if such a stream can have it."""
    checks: dict[str, Callable[[Any], Any]] = {"python": _mersenne_twister, "xorshift": _xorshift}
    try:
        return checks[kind](state) if kind in checks else _tried(state, kind)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise SavedModelError("The state of its random numbers can't be read.") from None


def _tried(state: Any, kind: str) -> Any:
    """A state that a stream takes and draws from; its own checks are all that there are."""
    stream = RANDOM_STREAMS[kind](0)
    stream.set_state(state)
    stream.gauss(0.0, 1.0)
    stream.choose([1.0, 1.0])
    return state


def _mersenne_twister(state: Any) -> Any:
    version, words, normal = state
    if (
        (type(version), version) != (int, 3)
        or len(words) != 625
        or not all(type(word) is int for word in words)
    ):
        raise ValueError("not a state of a Mersenne Twister")
    if not all(0 <= word < 2**32 for word in words) or words[-1] > 624:
        raise ValueError("a word out of range")
    if normal is not None and not (isinstance(normal, float) and math.isfinite(normal)):
        raise ValueError("not a number")
    return version, tuple(words), normal


def _xorshift(state: Any) -> Any:
    if type(state) is not int or not 0 < state < 2**64:
        raise ValueError("not a state of a xorshift")
    return state
