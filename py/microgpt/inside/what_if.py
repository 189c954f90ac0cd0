"""What lines would cost a model whose text had not had a group of lines.

The run is trained again without the group, and, as a control, several times without as many
random other lines: any change of what is learned moves every loss a little. All begin with the
same weights, and every line that stays has its own step; see `rerun.Training`.

The group is of the lines that the run has learned from up to the step that is looked at. A
single line is not enough: what it did can't be told from chance.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import islice

from microgpt.errors import DivergedError, SamplingError
from microgpt.inside.reports import WatchedLine, WhatIf
from microgpt.inside.rerun import Rerun, Training
from microgpt.inside.subject import Subject
from microgpt.means import deviation, mean
from microgpt.run import Run

REPEATS = 5  # of the control
# Student's t of 4 degrees of freedom, below which 97.5 % lie, for the 95 % in the middle.
_T = 2.7764451051977987
_FEWEST = 2  # lines in a group
_WATCHED = 20  # lines, at most
_MAX_TEXT = 100_000  # characters
_MAX_PART = 100  # of what lines begin with, or contain
_KINDS = ("begins", "contains", "lines")


class Question:
    """A group of lines to leave out, and lines to watch.

    Attributes:
        kind: "begins", "contains" or "lines".
        text: of it.
        watched: lines, each once.
    """

    def __init__(self, kind: str, text: str, watched: Iterable[str]) -> None:
        self.kind = kind
        self.text = text
        self.watched = list(dict.fromkeys(line.strip() for line in islice(watched, 1000)))
        self.watched = [line for line in self.watched if line]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Question) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.kind, self.text, *self.watched))


class Answer:
    """A question that is being answered, training by training.

    Args:
        subject: the model, with its run.
        rerun: the run, to be trained again with all its lines.
        question: what is asked.
        clock: seconds.

    Raises:
        SamplingError: it can't be answered; the field is "text" or "watched".
    """

    def __init__(
        self,
        subject: Subject,
        rerun: Callable[[], Rerun],
        question: Question,
        clock: Callable[[], float],
    ) -> None:
        run = _checked_run(subject)
        _check_watched(question.watched, subject)
        matches = _matcher(question, run)
        self._subject, self._run, self._question, self._clock = subject, run, question, clock
        self._matching = sum(map(matches, run.corpus.documents))
        documents, reached = run.training_documents, self._reached
        group = [i for i, document in enumerate(documents) if matches(document)]
        self._learned = sum(index < reached for index in group)
        _check_group(self._matching, self._learned, reached, subject)
        self._rerun = rerun()
        self._training = Training(run, self._rerun.kind, clock)
        self._left_out: list[Collection[int]] = [group, *self._controls(group)]
        self._done: list[array[float]] = []  # losses of the watched lines, of each training
        self._begun = False  # the training that is next
        self._seconds = 0.0

    @property
    def _reached(self) -> int:
        """How many of the run's lines it has learned from, from the first on."""
        run, size = self._run, self._run.hyperparameters.batch_size
        return min(len(run.training_documents), self._subject.step * size)

    def _controls(self, group: Collection[int]) -> list[Collection[int]]:
        """As many others of the learned lines, at random, for each repeat."""
        out = frozenset(group)
        # What is watched stays: else a control would be dear to it for a reason of its own.
        watched = set(self._question.watched)
        lines = self._run.training_documents[: self._reached]
        others = [i for i, line in enumerate(lines) if i not in out and line not in watched]
        numbers = random.Random("what if")
        return [numbers.sample(others, min(self._learned, len(others))) for _ in range(REPEATS)]

    def is_of(self, question: Question) -> bool:
        """Whether it answers that."""
        return self._question == question

    def advance(self, milliseconds: float) -> WhatIf:
        """Train for about so long.

        Raises:
            SamplingError: a loss can't be computed any more; the field is "text".
        """
        begin = self._clock()
        end, trained = begin + milliseconds / 1000, not self._complete
        try:
            while not self._complete:
                if not self._one(end) or self._clock() >= end:
                    break
        except DivergedError as error:
            raise SamplingError(
                "A training without some lines has diverged: the weights have grown so large that "
                "the loss can't be computed. Lower learning_rate and train again.",
                field="text",
            ) from error
        if trained:
            self._seconds += self._clock() - begin
        return self._report()

    @property
    def _complete(self) -> bool:
        return len(self._done) == 1 + len(self._left_out)

    def _one(self, end: float) -> bool:
        """Go on with the training that is next: whether it is done. The first leaves out none."""
        step, watched = self._subject.step, self._question.watched
        if not self._done:
            if not self._rerun.go(step, end):
                return False
            self._done.append(self._rerun.training.engine.losses(watched))
            return True
        if not self._begun:
            left_out = self._left_out[len(self._done) - 1]
            self._training.begin(self._rerun.beginning, left_out)
            self._begun = True
        if not self._training.advance(step, end):
            return False
        self._done.append(self._training.engine.losses(watched))
        self._begun = False
        return True

    def _report(self) -> WhatIf:
        step, trainings = self._subject.step, 1 + len(self._left_out)
        present = self._training.step if self._begun else 0
        if not self._done:
            present = min(self._rerun.step, step)
        taken = len(self._done) * step + present
        pace = self._training.seconds or self._rerun.training.seconds
        h = self._run.hyperparameters
        return WhatIf(
            share=taken / (trainings * step),
            complete=self._complete,
            matching=self._matching,
            learned=self._learned,
            skipped=h.batch_size == 1,
            steps=step,
            repeats=REPEATS,
            trainings=trainings,
            seconds=self._seconds,
            left=pace * (trainings * step - taken),
            limit=self._limit() if self._complete else "",
            watched=self._watched() if self._complete else [],
        )

    def _limit(self) -> str:
        if not self._rerun.differs:
            return ""
        return (
            "Here all trainings follow the run's present plan from the beginning, so that they can "
            "be compared with each other. The model itself differs from them: it was given another "
            "plan on its way, or was trained elsewhere, where numbers were rounded otherwise."
        )

    def _watched(self) -> list[WatchedLine]:
        whole, without, *controls = self._done
        matches = _matcher(self._question, self._run)
        learned = set(self._run.training_documents[: self._reached])
        return [
            watched_line(
                line,
                whole[i],
                without[i],
                array("d", [each[i] for each in controls]),
                line in learned and matches(line),
            )
            for i, line in enumerate(self._question.watched)
        ]


def watched_line(
    line: str, whole: float, without: float, controls: array[float], left_out: bool = False
) -> WatchedLine:
    """What the group did to a line, held to what random lines did to it.

    The error is half of the interval in which one more control would lie 95 times in 100.

    Args:
        line: that is watched.
        whole: its loss where nothing is left out, nats.
        without: the group.
        controls: without random lines; as many as REPEATS.
        left_out: whether it is itself one of the group.
    """
    difference = without - mean(controls)
    error = _T * deviation(controls) * math.sqrt(1 + 1 / len(controls))
    return WatchedLine(
        line=line,
        whole=whole,
        without=without,
        controls=controls,
        difference=difference,
        error=error,
        found=abs(difference) > error,
        left_out=left_out,
    )


def _checked_run(subject: Subject) -> Run:
    """The run, if it can be trained again.

    Raises:
        SamplingError: why not.
    """
    if subject.run is None or subject.repeatable:
        raise SamplingError(
            f"This can't be trained again without some lines: {subject.repeatable}. "
            "Train a model here, from its beginning.",
            field="text",
        )
    if not subject.step:
        raise SamplingError(
            "At step 0 nothing has been learned yet, so nothing can be left out. "
            "Choose a later step, or train first.",
            field="text",
        )
    return subject.run


def _check_watched(watched: list[str], subject: Subject) -> None:
    if not watched:
        raise SamplingError("There is no line to watch. Give one at least.", field="watched")
    if len(watched) > _WATCHED:
        raise SamplingError(
            f"There are {len(watched)} lines to watch, and at most {_WATCHED} can be. "
            "Take some away.",
            field="watched",
        )
    vocabulary, most = subject.model.vocabulary, subject.model.hyperparameters.block_size
    for line in watched:
        if unknown := vocabulary.unknown(line[: most + 1]):
            raise SamplingError(
                f"The model doesn't know {', '.join(map(repr, unknown[:5]))}, which is in "
                f"{_short(line)!r}. Watch lines without.",
                field="watched",
            )
        if len(line) > most:
            raise SamplingError(
                f"{_short(line)!r} has {len(line):,} characters, and the model reads at most "
                f"{most:,}. Shorten it.",
                field="watched",
            )


def _matcher(question: Question, run: Run) -> Callable[[str], bool]:
    """Whether a line is in the group.

    Raises:
        SamplingError: no group can be made of it; the field is "text".
    """
    kind, text = question.kind, question.text
    if kind not in _KINDS:
        raise SamplingError(f"Lines can be chosen by {', '.join(_KINDS)}, not {kind!r}.", "text")
    if kind == "lines":
        if len(text) > _MAX_TEXT:
            raise SamplingError(
                f"These are {len(text):,} characters, and at most {_MAX_TEXT:,} can be. "
                "Leave some lines away.",
                field="text",
            )
        lines = frozenset(filter(None, map(str.strip, text.splitlines())))
        if not lines:
            raise SamplingError("There is no line to leave out. Give some, one a line.", "text")
        if absent := lines.difference(run.corpus.documents):
            raise SamplingError(
                f"{_short(min(absent))!r} is no line of {run.text_name}. Take it away.", "text"
            )
        return lines.__contains__
    if not text.strip():
        what = "begin with" if kind == "begins" else "contain"
        raise SamplingError(f"Type what the lines to leave out {what}.", field="text")
    if len(text) > _MAX_PART:
        raise SamplingError(
            f"These are {len(text):,} characters, and at most {_MAX_PART} can be. Shorten it.",
            field="text",
        )
    return (lambda line: line.startswith(text)) if kind == "begins" else (lambda line: text in line)


def _check_group(matching: int, learned: int, reached: int, subject: Subject) -> None:
    """Refuse a group that is too small to be told from chance, or too large to be compared."""
    text = subject.model.text_name
    if not matching:
        raise SamplingError(f"No line of {text} is like that. Try another.", field="text")
    if learned < _FEWEST:
        some = "none" if not learned else "only one"
        raise SamplingError(
            f"Of the {matching:,} such line{'' if matching == 1 else 's'} of {text}, the model has "
            f"learned from {some} in its {subject.step:,} steps. Leaving out a single line is "
            "noise: what it did can't be told from chance. Choose a larger group.",
            field="text",
        )
    if 2 * learned > reached:
        raise SamplingError(
            f"Of the {reached:,} lines that the model has learned from, {learned:,} are like that. "
            "At most half can be left out, for there must be as many others to compare with. "
            "Choose a smaller group.",
            field="text",
        )


def _short(line: str) -> str:
    return line if len(line) <= 40 else f"{line[:39]}…"
