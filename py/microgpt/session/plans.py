"""What a run would be, told before it begins: its size, and how long it will take.

The speed is measured on what has to be done anyway: kernels that have run for a while
are quicker. Not about the run that comes of it: see `live_run`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from microgpt.engines.kinds import EngineKind
from microgpt.errors import HyperparameterError
from microgpt.gpt.corpus import Corpus, split
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run, spread
from microgpt.session.reports import Plan
from microgpt.session.waiting import wait
from microgpt.settings import recommended_learning_rate
from microgpt.texts import RunningText
from microgpt.weights import weight_layout

# After so many, browsers have translated a small model's kernels well.
_SINGLE_STEPS = 200
_SOME = 1000  # documents, whose mean length is near enough to all
_TIMED_STEPS = 100  # in one call, as in training; a clock of 0.1 ms is then good enough
_MEASURABLE = 0.001  # seconds: the clocks of browsers tick in tenths of that
_WARM_UP_SECONDS = 0.1  # a large model's kernels are warm after fewer


def plan(text: Corpus, hyperparameters: Hyperparameters, kind: EngineKind) -> Plan:
    """A run's sizes, and what is wrong with them."""
    h, vocabulary_size = hyperparameters, len(text.characters) + 1
    if isinstance(text, RunningText):
        learned_from, _ = text.parts(h.holdout)
    else:
        learned_from = len(split([""] * len(text.documents), h.holdout)[0])
    found = Plan(
        parameters=weight_layout(h, vocabulary_size).size,
        memory=kind.memory(h, vocabulary_size, len(text.longest)),
        seconds=None,
        goes_round=h.steps * h.batch_size / learned_from,
        learning_rate=recommended_learning_rate(h),
        problem="",
        field="",
    )
    try:
        kind.check_memory(h, vocabulary_size, len(text.longest))
    except HyperparameterError as error:
        found["problem"], found["field"] = str(error), error.field
    return found


def refused(error: HyperparameterError) -> Plan:
    """The plan of settings that contradict each other or are out of range."""
    return Plan(
        parameters=0,
        memory=0,
        seconds=None,
        goes_round=0.0,
        learning_rate=recommended_learning_rate(Hyperparameters()),
        problem=str(error),
        field=error.field,
    )


def roughly(text: Corpus, hyperparameters: Hyperparameters, kind: EngineKind) -> float:
    """How long a run would take on a slow machine: nothing is measured."""
    found = wait(hyperparameters, len(text.characters) + 1, mean_length(text), kind)
    return found.start + hyperparameters.steps * found.step


def mean_length(text: Corpus) -> float:
    """Of a document, in characters."""
    if isinstance(text, RunningText):
        return float(len(text.longest))
    some = spread(text.documents, _SOME)
    return sum(map(len, some)) / len(some)


def seconds(run: Run, clock: Callable[[], float]) -> float | None:
    """How long a run's steps will take altogether; its engine is warm afterwards.

    None where a step takes so long that nobody would wait for it to be measured.
    """
    slow = run.flop_per_step / run.kind.flops > _WARM_UP_SECONDS
    if slow and not run.kind.needs_host:
        return None
    singles = _SINGLE_STEPS if run.kind.needs_host else 1
    fastest = math.inf  # seconds per step: whatever else the machine does only adds

    def calls() -> Iterator[int]:
        nonlocal fastest
        end = clock() + _WARM_UP_SECONDS
        for done in range(singles):
            begin = clock()
            yield 1
            if (now := clock()) - begin >= _MEASURABLE:
                fastest = min(fastest, now - begin)
            if now >= end and done and fastest < math.inf:  # the first is slower than any other
                return
        begin, steps = clock(), min(_TIMED_STEPS, run.engine.steps_per_call)
        yield steps
        fastest = min(fastest, (clock() - begin) / steps)

    run.warm_up(calls())
    return fastest * run.hyperparameters.steps
