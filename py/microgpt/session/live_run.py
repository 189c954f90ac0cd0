"""A run as it is watched: it advances in slices, is sampled meanwhile, and comes to an end.

Constructed whole, from a new or a saved run; nothing of it outlives it. Not about
what the run computes: see `run`.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Callable, Mapping

from microgpt.engines import kinds
from microgpt.engines.kinds import EngineKind
from microgpt.errors import DivergedError, LinkError, SessionError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream, RandomStream
from microgpt.run import Run
from microgpt.session.holdout import Holdout
from microgpt.session.pace import Pace, Stopwatch
from microgpt.session.reports import Ending, Progress, RecipeOutcome, RunFacts, RunReport
from microgpt.sharing import links
from microgpt.sharing.checkpoint import Checkpoint
from microgpt.sharing.saved import MAX_NAME, Provenance, SavedModel
from microgpt.texts import data

_LAST_LOSSES = 100  # steps whose mean loss is told with a model
_HOLDOUT_MS = 500  # for the held-out loss of a model that is saved


def samples_stream(hyperparameters: Hyperparameters) -> RandomStream:
    """Not the run's own stream: sampling in between must not change what comes later."""
    return PythonStream(f"samples {hyperparameters.seed}")


class LiveRun:
    """A run, its pace, its samples, and what was measured of it.

    Attributes:
        run: the model that is learning.
        samples: the stream that samples are drawn from meanwhile.
        holdout: its loss on what it has not learned from.
        origin: the name of the text of the model that the run began with, or "" if its
            weights were random.
        recipe: what it follows, or None.

    Args:
        clock: seconds.
        saved: what the run was when it was saved, if it was.
    """

    def __init__(
        self,
        run: Run,
        clock: Callable[[], float],
        origin: str = "",
        recipe: links.Recipe | None = None,
        saved: Checkpoint | None = None,
    ) -> None:
        self.run = run
        self.samples = samples_stream(run.hyperparameters)
        self.origin = origin
        self.recipe = recipe
        self._clock = clock
        self._pace = Pace()
        self._stopwatch = Stopwatch(run.step, saved.seconds if saved else 0.0)
        self.holdout = Holdout(run, clock)
        self._stop_after = recipe.steps_done if recipe else 0  # a step, or 0 for the plan's end
        self._one_engine = True  # whether one has computed all of the run
        self._stopped: Ending = ""
        if saved:
            self.samples.set_state(saved.samples)
            self.origin = saved.origin
            self._stop_after = saved.stop_after
            self._one_engine = saved.one_engine and saved.engine == run.kind.name
            self._stopped = "stopped" if saved.stopped else ""

    @property
    def model(self) -> Run:
        """What is sampled."""
        return self.run

    @property
    def ending(self) -> Ending:
        """How it has ended, or "" while it can go on: decided here, and nowhere else."""
        if self._stopped:
            return self._stopped
        return "finished" if 0 < self._last_step <= self.run.step else ""

    @property
    def _last_step(self) -> int:
        return self._stop_after or self.run.hyperparameters.steps

    # --- training ---

    def advance(self, milliseconds: float, until_step: int | None = None) -> Progress:
        """Train for about so long, but at least one step, and not past a step or the end.

        A run whose loss can't be computed any more has ended; `problem` says so.

        Raises:
            SessionError: it was stopped.
        """
        if self._stopped:
            raise SessionError("This run was stopped. Start a new one to train again.")
        limit = min(self._last_step, until_step or self._last_step)
        losses, problem = array("d"), ""
        begin = self._clock()
        try:
            self._train(losses, limit, begin + milliseconds / 1000)
        except DivergedError as error:
            self._stopped, problem = "diverged", str(error)
        self._stopwatch.add(self._clock() - begin, self.run.step)
        return self.progress(losses, problem)

    def _train(self, losses: array[float], limit: int, until: float) -> None:
        """Take steps, in calls as long as there is time for; their losses are added."""
        now = self._clock()
        while self.run.step < limit and (steps := self._pace.steps(until - now, not losses)):
            done = self.run.train(min(steps, limit - self.run.step))
            losses += done
            before, now = now, self._clock()
            self._pace.measured(len(done), now - before)

    def stop(self) -> Progress:
        """End it for good, if it has not ended; the model stays and can be sampled."""
        if not self.ending:
            self._stopped = "stopped"
        return self.progress(array("d"))

    def use_engine(self, kind: EngineKind) -> None:
        """Let another engine go on, from where this one is.

        Raises:
            HyperparameterError: it would need too much memory.
        """
        run = self.run
        kind.check_memory(run.hyperparameters, run.vocabulary.size, len(run.corpus.longest))
        self._one_engine = self._one_engine and kind is run.kind
        run.use_engine(kind)
        self._pace = Pace()
        self._stopwatch = Stopwatch(run.step, self._stopwatch.seconds)  # of this engine alone

    def scalar_speed(self, seconds: float) -> float:
        """Steps per second of the scalar engine on this run, which is left as it is.

        Measures for about so long, but at least one step.

        Raises:
            DivergedError: training has spoilt the model.
            HyperparameterError: the scalar engine would need too much memory for it.
        """
        run, kind = self.run, kinds.SCALAR
        kind.check_memory(run.hyperparameters, run.vocabulary.size, len(run.corpus.longest))
        step = run.trial(kind)
        begin, steps = self._clock(), 0
        while not steps or self._clock() - begin < seconds:
            step()
            steps += 1
        return steps / (self._clock() - begin)

    # --- what is told of it ---

    def report(self) -> RunReport:
        """What the run is: its text and sizes."""
        run = self.run
        return RunReport(
            name=run.text_name,
            parameters=run.engine.parameter_count,
            vocabulary_size=run.vocabulary.size,
            training_documents=len(run.training_documents),
            holdout_documents=len(run.holdout_documents),
            step=run.step,
            steps=run.hyperparameters.steps,
            began_at=0,
            hyperparameters=dataclasses.asdict(run.hyperparameters),
            engine=run.kind.name,
            flop_per_step=run.flop_per_step,
            follows_recipe=self.recipe is not None,
        )

    def progress(self, losses: array[float], problem: str = "") -> Progress:
        """How far it is, with the losses of its latest steps."""
        steps = self.run.hyperparameters.steps
        return Progress(
            step=self.run.step,
            steps=steps,
            losses=losses,
            seconds=self._stopwatch.seconds,
            steps_per_second=self._stopwatch.steps_per_second,
            seconds_left=self._stopwatch.seconds_for(steps - self.run.step),
            ending=self.ending,
            problem=problem,
        )

    def facts(self) -> RunFacts:
        """The run in brief, to be kept beside what is saved of it."""
        return RunFacts(
            name=self.run.text_name[:MAX_NAME],
            step=self.run.step,
            steps=self.run.hyperparameters.steps,
            parameters=self.run.engine.parameter_count,
            over=bool(self.ending),
            origin=self.origin,
        )

    # --- what is left of it ---

    def saved_model(self, measure: bool = True) -> SavedModel:
        """The model as data, with its held-out loss even if that must be measured.

        Raises:
            SavedModelError: training has spoilt it.
        """
        run = self.run
        if measure:
            self.holdout.measure(_HOLDOUT_MS)
        last = run.losses[-_LAST_LOSSES:]
        name = f"{run.text_name}, after {self.origin}" if self.origin else run.text_name
        provenance = Provenance(
            text=name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…",
            documents=len(run.training_documents),
            steps=run.step,
            loss=math.fsum(last) / len(last) if last else math.nan,
            holdout_loss=self.holdout.known(),
        )
        weights = run.engine.get_state().weights
        return SavedModel(run.hyperparameters, run.vocabulary.characters, weights, provenance)

    def checkpoint(self, text: bool) -> Checkpoint:
        """All that it takes to go on elsewhere, with the text or without."""
        run = self.run
        return Checkpoint(
            engine=run.kind.name,
            one_engine=self._one_engine,
            state=run.get_state(),
            samples=self.samples.get_state(),
            seconds=self._stopwatch.seconds,
            stopped=bool(self._stopped),
            stop_after=self._stop_after,
            origin=self.origin,
            text_name=run.text_name[:MAX_NAME],
            blank_lines=run.corpus.blank_lines,
            corpus=run.corpus if text else None,
        )

    def twin(self) -> str:
        """A Python program that repeats it as far as it is by now: see `sharing.twin`.

        Raises:
            SessionError: it didn't begin with random weights.
        """
        # Few want one, and everybody would wait for its imports.
        from microgpt.sharing.twin import twin

        run = self.run
        if self.origin:
            raise SessionError(
                "No program can be made that repeats this run: it began with the weights of a "
                f"model that was opened ({self.origin}), not with random ones. "
                "Train from random weights to get one."
            )
        return twin(run.hyperparameters, run.text_name, run.corpus.documents, run.step)

    def new_recipe(self, examples: Mapping[str, str]) -> links.Recipe:
        """A recipe with which it can be repeated.

        Args:
            examples: the file names of built-in texts, by `links.text_hash` in hexadecimal.

        Raises:
            LinkError: it can't be repeated by a recipe.
        """
        run = self.run
        if self.origin:
            raise LinkError(
                "This run began with the weights of an opened model, which a recipe doesn't have. "
                "Share the model itself instead."
            )
        if not self._one_engine:
            raise LinkError(
                "This run was computed by more than one engine, and to the last bit only the "
                "same one does the same. Share the model itself, or train again on one engine."
            )
        if not run.step:
            raise LinkError("No step was taken yet, so there is nothing to repeat. Train first.")
        text = data(run.corpus)
        fingerprint = links.text_hash(text)
        example = examples.get(fingerprint.hex(), "")
        return links.Recipe(
            hyperparameters=run.hyperparameters,
            engine=run.kind.name,
            steps_done=run.step,
            text_name=run.text_name[:MAX_NAME],
            text=None if example else text,
            example=example,
            text_hash=fingerprint,
            weights_hash=links.weights_hash(run.engine.get_state().weights),
        )

    def recipe_outcome(self) -> RecipeOutcome:
        """Whether it has come to the very weights of the recipe that it follows.

        Raises:
            SessionError: it follows none.
        """
        if self.recipe is None:
            raise SessionError("This run follows no recipe, so there is nothing to compare with.")
        weights = self.run.engine.get_state().weights
        same = links.weights_hash(weights) == self.recipe.weights_hash
        return RecipeOutcome(same=same, step=self.run.step)
