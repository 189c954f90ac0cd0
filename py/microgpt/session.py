"""One visitor's training as an object: load a text, start, advance, sample.

The page's worker and the command line both drive this and nothing else. It is
synchronous and knows neither files, nor the DOM, nor JavaScript: what it is
given is bytes and plain values, what it returns are plain dictionaries. Pausing
is simply not calling `advance`.
"""

from __future__ import annotations

import math
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypedDict

from microgpt import corpus, host
from microgpt.errors import DivergedError, SamplingError, SessionError
from microgpt.hyperparameters import Hyperparameters, from_mapping, shown
from microgpt.memory import check_memory
from microgpt.random_streams import PythonStream, RandomStream
from microgpt.training import ENGINES, Run

MAX_SAMPLES = 1000
MAX_TEMPERATURE = 10.0
_SPEED_WINDOW = 3.0  # seconds of training over which the speed is averaged
_GROWTH = 4  # times as many steps in a call as in the one before, at most
_WARM_UP_STEPS = 300  # after these, browsers have translated a small model's kernels well
_WARM_UP_SECONDS = 0.1  # a large model's kernels are warm after fewer


class TextReport(TypedDict):
    """What was loaded."""

    name: str
    documents: int
    characters: int  # of all documents together
    vocabulary: str  # the distinct characters, sorted, without BOS
    longest: int  # characters
    block_size_needed: int  # the smallest that cuts nothing
    notes: list[str]  # sentences on what was skipped or cut, and why


class RunReport(TypedDict):
    """What has just begun."""

    name: str  # of the text
    parameters: int
    vocabulary_size: int  # with BOS
    training_documents: int
    holdout_documents: int
    steps: int  # planned
    flop_per_step: float  # 6 for each parameter and token: 2 forward, 4 backward; a mean


class Progress(TypedDict):
    """What has happened since the last report."""

    step: int  # done so far
    steps: int  # planned
    losses: array[float]  # nats, one for each step since the last report
    seconds: float  # of training so far
    steps_per_second: float  # over the last few seconds
    seconds_left: float
    finished: bool  # all planned steps are done
    problem: str  # why training had to end before, or ""


class Sample(TypedDict):
    """A new document."""

    text: str
    in_training_text: bool  # a training document is the same, letter for letter


class HoldoutLoss(TypedDict):
    """The mean loss over documents that were kept out of training."""

    loss: float  # nats
    documents: int  # measured so far
    of: int


class Session:
    """A text, and at most one run on it.

    A new text doesn't touch the run: what was learned stays until the next
    `start`. Errors that a person can mend are `MicrogptError`s, and leave
    everything as it was.

    Args:
        clock: seconds, for the speed and the length of `advance`.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._corpus: corpus.Corpus | None = None
        self._run: Run | None = None
        self._stopped = False
        self._samples: RandomStream = PythonStream(0)
        self._prepared: tuple[corpus.Corpus, Hyperparameters, str, Run] | None = None
        self._pace = _Pace()
        self._training_seconds = 0.0
        self._marks: deque[tuple[float, int]] = deque()  # (training seconds, step)
        self._holdout: list[float] = []  # losses of the first held-out documents
        self._holdout_step = -1  # the step at which they were measured

    def load(self, data: bytes, name: str, block_size: int = 16) -> TextReport:
        """Take a text to train on.

        Raises:
            CorpusError: it can't be used; the text loaded before is kept.
        """
        self._corpus = corpus.read(bytes(data), name)
        return self.describe(block_size)

    def describe(self, block_size: int) -> TextReport:
        """The loaded text, as a model of that block_size sees it."""
        text = self._loaded()
        return TextReport(
            name=text.name,
            documents=len(text.documents),
            characters=text.total_characters,
            vocabulary=text.characters,
            longest=len(text.longest),
            block_size_needed=text.block_size_needed,
            notes=text.notes(block_size),
        )

    def start(self, hyperparameters: Mapping[str, Any], engine: str = "scalar") -> RunReport:
        """Begin a new run on the loaded text; the run before is given up.

        Raises:
            HyperparameterError: a value is wrong, contradicts another or needs
                too much memory.
            SessionError: no text, or no such engine.
        """
        run = self._new_run(hyperparameters, engine)
        text, checked = run.corpus, run.hyperparameters
        self._prepared = None
        self._pace = _Pace()
        self._run = run
        self._stopped = False
        # Not the run's own stream: sampling in between must not change what comes later.
        self._samples = PythonStream(f"samples {checked.seed}")
        self._training_seconds = 0.0
        self._marks = deque([(0.0, 0)])
        self._holdout_step = -1
        return RunReport(
            name=text.name,
            parameters=run.engine.parameter_count,
            vocabulary_size=run.vocabulary.size,
            training_documents=len(run.training_documents),
            holdout_documents=len(run.holdout_documents),
            steps=checked.steps,
            flop_per_step=6.0 * run.engine.parameter_count * run.tokens_per_step,
        )

    def prepare(self, hyperparameters: Mapping[str, Any], engine: str = "scalar") -> None:
        """Do in advance what takes time at the next `start` with the same values.

        Shuffles, draws the weights, compiles, and lets the kernels run on what is
        then forgotten, so that they are at full speed from the first step. The
        present run isn't touched; what was prepared before is given up.

        Raises:
            HyperparameterError, SessionError: as `start` would.
        """
        run = self._new_run(hyperparameters, engine)
        if engine != "scalar":
            end = self._clock() + _WARM_UP_SECONDS
            run.warm_up(lambda steps: steps < _WARM_UP_STEPS and self._clock() < end)
        self._prepared = (run.corpus, run.hyperparameters, engine, run)

    def use_engine(self, engine: str) -> None:
        """Let another engine go on with the run, from where it is.

        Raises:
            HyperparameterError: it would need too much memory.
            SessionError: there is no run, no such engine, or it can't run here.
        """
        run = self._started()
        self._check(run.corpus, run.hyperparameters, engine)
        run.use_engine(engine)
        self._pace = _Pace()
        self._marks = deque([(self._training_seconds, run.step)])  # a speed of the new one alone

    def scalar_speed(self, seconds: float = 0.5) -> float:
        """Steps per second of the scalar engine on this run, which is left as it is.

        Measures for about so long, but at least one step.

        Raises:
            DivergedError: training has spoilt the model.
            HyperparameterError: the scalar engine would need too much memory for it.
            SessionError: there is no run.
        """
        run = self._started()
        self._check(run.corpus, run.hyperparameters, "scalar")
        train = run.on_scalar_engine()
        begin, steps = self._clock(), 0
        while not steps or self._clock() - begin < seconds:
            try:
                train()
            except (ArithmeticError, ValueError):  # see Run.train
                raise DivergedError(
                    "The scalar engine can't take a step from here: the weights have grown too "
                    "large. Lower learning_rate and train again."
                ) from None
            steps += 1
        return steps / (self._clock() - begin)

    def advance(self, milliseconds: float, until_step: int | None = None) -> Progress:
        """Train for about so long, but at least one step, and not past a step or the plan's end.

        A run whose loss can't be computed any more is stopped; `problem` says so.

        Raises:
            SessionError: there is no run, or it was stopped.
        """
        run = self._started()
        if self._stopped:
            raise SessionError("This run was stopped. Start a new one to train again.")
        limit = run.hyperparameters.steps
        limit = limit if until_step is None else min(limit, until_step)
        if run.step >= limit:
            return self._progress(run, array("d"), "")
        losses = array("d")
        problem = ""
        begin = self._clock()
        try:
            now = begin
            while steps := self._pace.steps(milliseconds / 1000 - (now - begin), not losses):
                done = run.train(min(steps, limit - run.step))
                losses += done
                before, now = now, self._clock()
                self._pace.measured(len(done), now - before)
                if run.step >= limit:
                    break
        except DivergedError as error:
            self._stopped = True
            problem = str(error)
        self._training_seconds += self._clock() - begin
        self._marks.append((self._training_seconds, run.step))
        while len(self._marks) > 2 and self._marks[1][0] < self._training_seconds - _SPEED_WINDOW:
            self._marks.popleft()
        return self._progress(run, losses, problem)

    def stop(self) -> None:
        """End the run for good; the model stays and can be sampled."""
        self._started()
        self._stopped = True

    def sample(
        self, count: int = 20, temperature: float = 0.5, prefix: str = "", original: bool = False
    ) -> Iterator[Sample]:
        """New documents from the model as it is now, each drawn when it is asked for.

        Args:
            count: how many, 1 to 1,000.
            temperature: above 0, to 10; see `sampling.sample`.
            prefix: what each begins with.
            original: draw as the original program does after its last step:
                from the run's own stream, from the same place every time. Else
                from a stream of their own, which goes on from call to call.

        Raises:
            DivergedError: training has spoilt the model.
            SamplingError: a value is out of its range, or the prefix can't be
                continued; raised at once, not at the first document.
            SessionError: there is no model yet.
        """
        pieces = self.sample_piecewise(count, temperature, prefix, original)
        return (piece for piece in pieces if piece is not None)

    def sample_piecewise(
        self, count: int, temperature: float, prefix: str, original: bool
    ) -> Iterator[Sample | None]:
        """As `sample`, with None after each character, for who has other things to do meanwhile."""
        run = self._started()
        tokens = _prefix_tokens(run, prefix)
        _check_sampling(count, temperature)
        stream = self._original_stream(run) if original else self._samples
        return _draw(run, stream, count, temperature, tokens)

    def holdout_loss(self, milliseconds: float) -> HoldoutLoss | None:
        """The loss on documents kept out of training, for the model as it is now.

        Measures for about so long, at least one document; call again to go on
        until `documents` equals `of`. None where nothing was kept out.
        """
        run = self._started()
        if not run.holdout_documents:
            return None
        if self._holdout_step != run.step:
            self._holdout, self._holdout_step = [], run.step
        begin = self._clock()
        for document in run.holdout_documents[len(self._holdout) :]:
            self._holdout.append(run.document_loss(document))
            if (self._clock() - begin) * 1000 >= milliseconds:
                break
        return HoldoutLoss(
            loss=math.fsum(self._holdout) / len(self._holdout),
            documents=len(self._holdout),
            of=len(run.holdout_documents),
        )

    def _new_run(self, hyperparameters: Mapping[str, Any], engine: str) -> Run:
        """A run that is ready to begin, the prepared one if it is the same."""
        text = self._loaded()
        checked = from_mapping(hyperparameters)
        self._check(text, checked, engine)
        if self._prepared is not None and self._prepared[:3] == (text, checked, engine):
            return self._prepared[3]
        return Run(text, checked, engine)

    @staticmethod
    def _check(text: corpus.Corpus, hyperparameters: Hyperparameters, engine: str) -> None:
        if engine not in ENGINES:
            raise SessionError(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
        if engine != "scalar" and not host.available():
            raise SessionError(
                f"The {engine} engine needs wasmtime outside of a browser, and it is not "
                "installed. Install it with pip install wasmtime, or use the scalar "
                "engine (--engine scalar)."
            )
        check_memory(hyperparameters, len(text.characters) + 1, len(text.longest), engine)

    def _loaded(self) -> corpus.Corpus:
        if self._corpus is None:
            raise SessionError("There is no text yet. Load one first.")
        return self._corpus

    def _started(self) -> Run:
        if self._run is None:
            raise SessionError("There is no model yet. Train one first.")
        return self._run

    def _progress(self, run: Run, losses: array[float], problem: str) -> Progress:
        (seconds_then, step_then), (seconds_now, step_now) = self._marks[0], self._marks[-1]
        seconds = seconds_now - seconds_then
        speed = (step_now - step_then) / seconds if seconds > 0 else 0.0
        left = run.hyperparameters.steps - run.step
        return Progress(
            step=run.step,
            steps=run.hyperparameters.steps,
            losses=losses,
            seconds=self._training_seconds,
            steps_per_second=speed,
            seconds_left=left / speed if speed > 0 else math.inf,
            finished=run.finished,
            problem=problem,
        )

    @staticmethod
    def _original_stream(run: Run) -> RandomStream:
        """A copy of the run's stream, so that the same samples can be drawn again."""
        stream = run.new_stream()
        stream.set_state(run.stream.get_state())
        return stream


class _Pace:
    """How many steps to ask an engine for at a time, from how long the last ones took.

    A call costs far more than a step of a small model, and nothing else happens
    until it returns.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._seconds_per_step = 0.0

    def steps(self, seconds: float, at_least_one: bool) -> int:
        """As many as are done in that time, or 0 if none is."""
        least = 1 if at_least_one else 0
        if not self._steps:
            return max(least, 1)
        if seconds <= 0:
            return least
        if not self._seconds_per_step:  # too quick for the clock
            return self._steps * _GROWTH
        return max(least, min(int(seconds / self._seconds_per_step), self._steps * _GROWTH))

    def measured(self, steps: int, seconds: float) -> None:
        """What a call took."""
        self._steps = steps
        self._seconds_per_step = seconds / steps


def _prefix_tokens(run: Run, prefix: str) -> list[int]:
    if unknown := run.vocabulary.unknown(prefix):
        raise SamplingError(
            f"The model has never seen {', '.join(repr(c) for c in unknown)}: "
            f"{run.corpus.name} has only {shown(run.vocabulary.characters)}."
        )
    block_size = run.hyperparameters.block_size
    if len(prefix) >= block_size:
        raise SamplingError(
            f"The beginning has {len(prefix):,} characters; with block_size {block_size:,} "
            f"the model can continue at most {block_size - 1:,}."
        )
    return [run.vocabulary.bos, *run.vocabulary.encode(prefix, block_size)[1:-1]]


def _check_sampling(count: int, temperature: float) -> None:
    if not (isinstance(count, int) and 1 <= count <= MAX_SAMPLES):
        raise SamplingError(
            f"The number of samples must be a whole number from 1 to {MAX_SAMPLES:,}, "
            f"not {shown(count)}."
        )
    if not 0 < temperature <= MAX_TEMPERATURE:  # false for NaN too
        raise SamplingError(
            f"The temperature must be above 0 and at most {MAX_TEMPERATURE:g}, "
            f"not {shown(temperature)}."
        )


def _draw(
    run: Run, stream: RandomStream, count: int, temperature: float, prefix: list[int]
) -> Iterator[Sample | None]:
    for _ in range(count):
        tokens = prefix[1:]
        try:
            for token in run.engine.sample(stream, temperature, prefix):
                tokens.append(token)
                yield None
        except (ArithmeticError, ValueError):  # see Run.train_step
            raise DivergedError(
                "The model has no probabilities to draw from: its weights have grown too large, "
                "or the temperature is too low. Lower learning_rate and train again."
            ) from None
        text = run.vocabulary.decode(tokens)
        yield Sample(text=text, in_training_text=text in run.training_set)
