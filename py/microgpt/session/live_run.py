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
from microgpt.engines.engine import State
from microgpt.engines.kinds import EngineKind
from microgpt.errors import DivergedError, HyperparameterError, LinkError, SessionError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream, RandomStream
from microgpt.means import mean
from microgpt.run import Run, RunState
from microgpt.session import forgetting
from microgpt.session.holdout import Holdout
from microgpt.session.learning import LearningCurve
from microgpt.session.needed import in_use
from microgpt.session.pace import Pace, Stopwatch
from microgpt.session.replay import Replay
from microgpt.session.reports import (
    Ending,
    Learning,
    Progress,
    RecipeOutcome,
    Remark,
    RunFacts,
    RunReport,
)
from microgpt.session.verdict import verdict
from microgpt.settings import MAX_STEPS, shown
from microgpt.sharing import links
from microgpt.sharing.background import whole
from microgpt.sharing.checkpoint import Checkpoint
from microgpt.sharing.saved import MAX_NAME, Described, Provenance, SavedModel
from microgpt.texts import RunningText, data

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
        began_at: the step at which it was given another plan, or 0: since then it can't
            be repeated from its beginning.
        replay: it at earlier steps.

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
        self.began_at = saved.began_at if saved else 0
        self.replay = Replay(run)
        self._curve: LearningCurve | None = None
        self._looked_at: Run | None = None  # it at an earlier step:
        self._looked_at_step = -1
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
        return self._looked_at or self.run

    @property
    def one_engine(self) -> bool:
        """Whether one has computed all of it."""
        return self._one_engine

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
        self._looked_at = None
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
            done = self.replay.train(min(steps, limit - self.run.step))
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
            EngineError: its numbers are too small for what was learned.
            HyperparameterError: it would need too much memory.
        """
        run = self.run
        kind.check_memory(run.hyperparameters, run.vocabulary.size, len(run.corpus.longest))
        one_engine = self._one_engine and kind is run.kind
        self.replay.collect()
        run.use_engine(kind)
        self._one_engine = one_engine
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

    def train_more(self, steps: int) -> None:
        """Go on with what was learned, on a new plan that ends so many steps later.

        The learning rate is the one that it would have there, had this been the
        plan from the beginning.

        Raises:
            HyperparameterError: not a number of steps that there can be.
            SessionError: training has spoilt the model.
        """
        run = self.run
        if self._stopped == "diverged":
            raise SessionError(
                "This run can't go on: its loss can't be computed any more. "
                "Lower learning_rate and train again."
            )
        most = MAX_STEPS - run.step
        if not (isinstance(steps, int) and 1 <= steps <= most):
            raise HyperparameterError(
                f"The run can go on for 1 to {most:,} steps more, not for {shown(steps)}.",
                field="steps",
            )
        plan = dataclasses.replace(run.hyperparameters, steps=run.step + steps)
        self._replan(run.get_state(), plan, "")

    def keep_best(self) -> Progress:
        """Go back to the kept step with the lowest loss on other lines, and end there.

        A run on favourites goes back to the last before too much was forgotten.

        Returns:
            How far it is then, with all losses that are left.

        Raises:
            SessionError: nothing was measured.
        """
        measured = self._learning_curve().measured()
        if not measured:
            raise SessionError(
                "Nothing was measured on lines that this run has not learned from, so its best "
                "step isn't known. Set holdout and train again."
            )
        best = min(measured, key=lambda step: mean(measured[step]))
        if self.run.background:
            best = forgetting.best_step(self.run.background, measured)
        state = self.run.get_state()
        before, size = self.run.engine, self.run.engine.parameter_count
        zeros = array("d", bytes(8 * size))
        learned = State(
            weights=array("d", self.replay.weights(best)),
            means=zeros,  # of gradients at other weights
            # As large as before, about.
            squares=before.numbers("squares", 0, size) if best else zeros,
            steps_done=best,
        )
        state = dataclasses.replace(state, learned=learned, losses=state.losses[:best])
        self._replan(state, self.run.hyperparameters, "stopped")
        return self.progress(self.run.losses)

    def _replan(self, state: RunState, plan: Hyperparameters, ending: Ending) -> None:
        """Be a run that has come so far, with another plan."""
        run = self.run
        self.run = Run(run.corpus, plan, run.kind, run.vocabulary, state, run.background)
        self.replay.plan(self.run)
        if self._curve:
            self._curve = LearningCurve(self.run, self.replay, self._clock, self._curve)
        self.holdout = Holdout(self.run, self._clock)
        self._looked_at, self._stopped = None, ending
        self.began_at = self.run.step
        self.recipe, self._stop_after = None, 0
        self._stopwatch = Stopwatch(self.run.step, self._stopwatch.seconds)

    # --- looking back ---

    def look_at(self, step: int) -> int:
        """Let samples come from the kept step nearest to this one, until it is trained."""
        nearest = self.nearest_step(step)
        if nearest == self.run.step:
            self._looked_at = None
        elif self._looked_at is None or self._looked_at_step != nearest:
            self._looked_at = self.replay.model(nearest)  # else what is known of it stays
        self._looked_at_step = nearest
        return nearest

    def nearest_step(self, step: int) -> int:
        """The kept step that is nearest to this one, or the newest of all."""
        steps = sorted({*self.replay.steps, self.run.step})
        return min(steps, key=lambda kept: abs(kept - step))

    def weights_at(self, step: int) -> array[float]:
        """At the newest step, or at a kept one, where they have 24 bits."""
        if step == self.run.step:
            return self.run.engine.get_state().weights
        return array("d", self.replay.weights(step))

    def learning(self, milliseconds: float) -> Learning:
        """The loss on other lines at the kept steps, measured for about so long."""
        if self.ending and self.run.step not in self.replay.steps:
            self.replay.keep_newest()
        curve = self._learning_curve()
        curve.measure(milliseconds, self.run.step if self.ending else None)
        return curve.report()

    def verdict(self) -> list[Remark]:
        """What can be said of it from what was measured: see `verdict`."""
        curve = self._learning_curve()
        remarks = verdict(self.run, curve.report(), curve.measured(), self.ending)
        if self.run.background and self.ending in ("finished", "stopped") and self.run.step:
            # What is to be said of a text and its lines is nothing to a run on favourites.
            return [*forgetting.verdict(self.run, curve.measured()), *remarks[:1]]
        return remarks

    def _learning_curve(self) -> LearningCurve:
        """What is measured of it; made when it is first asked for, because it looks for lines."""
        if self._curve is None:
            self._curve = LearningCurve(self.run, self.replay, self._clock)
        return self._curve

    # --- what is told of it ---

    @property
    def _documents(self) -> int:
        """How many it learns from, favourites once each."""
        run = self.run
        return len(run.background.favourites if run.background else run.training_documents)

    def report(self) -> RunReport:
        """What the run is: its text and sizes."""
        run = self.run
        return RunReport(
            name=run.text_name,
            parameters=run.engine.parameter_count,
            vocabulary_size=run.vocabulary.size,
            training_documents=self._documents,
            holdout_documents=len(run.holdout_documents),
            step=run.step,
            steps=run.hyperparameters.steps,
            began_at=self.began_at,
            hyperparameters=dataclasses.asdict(run.hyperparameters),
            engine=run.kind.name,
            note=run.engine.note,
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
        described, weights = self.described(measure), self.run.engine.get_state().weights
        return SavedModel(
            described.hyperparameters, described.characters, weights, described.provenance
        )

    def described(self, measure: bool = True) -> Described:
        """The same without its weights."""
        run = self.run
        if measure:
            self.holdout.measure(_HOLDOUT_MS)
        last = run.losses[-_LAST_LOSSES:]
        name = run.text_name
        if self.origin and not run.background:  # whose name says it
            name = f"{name}, after {self.origin}"
        provenance = Provenance(
            text=name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…",
            documents=self._documents,
            steps=run.step,
            loss=mean(last) if last else math.nan,
            holdout_loss=self.holdout.known(),
        )
        return Described(run.hyperparameters, run.vocabulary.characters, provenance)

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
            began_at=self.began_at,
            background=run.background,
            window=run.corpus.documents.size if isinstance(run.corpus, RunningText) else 0,
        )

    def text(self) -> bytes:
        """What is saved as its text: its documents, a line each, in UTF-8."""
        return data(whole(self.run.corpus, self.run.background))

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
                "No program can be made that repeats this run: it began with the weights of "
                f"another model ({self.origin}), not with random ones. "
                "Train from random weights to get one."
            )
        if self.began_at:
            raise SessionError(
                "No program can be made that repeats this run: its plan was changed after step "
                f"{self.began_at:,}. Train anew with all the steps to get one."
            )
        if isinstance(run.corpus, RunningText) and run.holdout_documents:
            raise SessionError(
                "No program can be made that repeats this run: the end of its running text was "
                "kept out of training. Set holdout to 0 and train again to get one."
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
                "This run began with the weights of another model, which a recipe doesn't have. "
                "Share the model itself instead."
            )
        if self.began_at:
            raise LinkError(
                f"The plan of this run was changed after step {self.began_at:,}, which a recipe "
                "can't repeat. Share the model itself, or train anew with all the steps."
            )
        if isinstance(run.corpus, RunningText):
            raise LinkError(
                "A recipe can have a list of lines, but not running text. "
                "Share the model itself, or save the run as a file."
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
            changed=in_use(),
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
