"""One visitor's training as an object: load a text, start, advance, sample.

The page's worker and the command line both drive this and nothing else. It is
synchronous and knows neither files, nor the DOM, nor JavaScript: what it is
given is bytes and plain values, what it returns are plain dictionaries. Pausing
is simply not calling `advance`.
"""

from __future__ import annotations

import dataclasses
import math
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from microgpt import checkpoint, corpus, host, links
from microgpt.checkpoint import Checkpoint
from microgpt.corpus import Corpus, Vocabulary
from microgpt.drawing import check_sampling, draw, prefix_tokens
from microgpt.engine import State
from microgpt.engines import ENGINES, fastest, new_run
from microgpt.errors import (
    DivergedError,
    HyperparameterError,
    LinkError,
    SessionError,
)
from microgpt.hyperparameters import SHAPE, Hyperparameters, from_mapping
from microgpt.memory import check_memory
from microgpt.pace import Pace
from microgpt.random_streams import PythonStream, RandomStream
from microgpt.reports import (
    HoldoutLoss,
    LinkReport,
    Opened,
    Progress,
    RecipeOutcome,
    RecipeReport,
    RunFacts,
    RunReport,
    Sample,
    TextReport,
)
from microgpt.saved import MAX_NAME, Provenance, SavedModel, parameter_count, weights_for
from microgpt.sharing import Scale
from microgpt.training import LanguageModel, Run, new_stream

_SPEED_WINDOW = 3.0  # seconds of training over which the speed is averaged
_SHOWN = 30  # characters of a difference between vocabularies
_LAST_LOSSES = 100  # steps whose mean loss is told with a model
_HOLDOUT_MS = 500  # for the held-out loss of a model that is saved
_NO_MODEL = "There is no model yet. Train one first."
_NO_RUN = "The opened model came without its run: there is nothing of it but the weights."
_FLOPS = {"compiled": 1e10, "scalar": 2e7}  # a second, on a slow machine
_WARM_UP_STEPS = 300  # after these, browsers have translated a small model's kernels well
_WARM_UP_SECONDS = 0.1  # a large model's kernels are warm after fewer


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
        self._model: LanguageModel | None = None  # what is sampled: the run, or what was opened
        self._opened: SavedModel | None = None  # what a new run can begin with
        self._engine = ""  # of the run
        self._one_engine = True  # whether that has computed all of the run
        self._fragment = ""  # the link that it came by, if it did
        self._recipe: links.Recipe | None = None  # what was opened last
        self._stop_after = 0  # the step at which a recipe ends, or 0
        self._origin = ""  # the text of the model that the run began with
        self._prepared: tuple[corpus.Corpus, Hyperparameters, str, Run] | None = None
        self._pace = Pace()
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

    def start(
        self,
        hyperparameters: Mapping[str, Any],
        engine: str = "scalar",
        from_opened: bool = False,
    ) -> RunReport:
        """Begin a new run on the loaded text; the run before is given up.

        Args:
            from_opened: begin with the weights of the model that was opened, not
                with random ones. Characters of the text that are new to it get
                random ones.

        Raises:
            HyperparameterError: a value is wrong, contradicts another, needs too
                much memory, or isn't the opened model's.
            SessionError: no text, no such engine, or no opened model.
        """
        run = self._run_from_opened(hyperparameters, engine) if from_opened else None
        run = run or self._new_run(hyperparameters, engine)
        origin = ""
        if from_opened and self._opened:
            origin = self._opened.provenance.text or "an opened model"
        self._use_run(run, engine, origin)
        return self._run_report(run)

    def _use_run(self, run: Run, engine: str, origin: str) -> None:
        """Let a run that has done nothing yet be the session's."""
        self._prepared = None
        self._pace = Pace()
        self._run = self._model = run
        self._engine, self._one_engine, self._origin = engine, True, origin
        self._stop_after = 0
        self._stopped = False
        self._samples = _samples_stream(run.hyperparameters)
        self._training_seconds = 0.0
        self._marks = deque([(0.0, run.step)])
        self._holdout_step = -1

    @staticmethod
    def _run_report(run: Run) -> RunReport:
        return RunReport(
            name=run.text_name,
            parameters=run.engine.parameter_count,
            vocabulary_size=run.vocabulary.size,
            training_documents=len(run.training_documents),
            holdout_documents=len(run.holdout_documents),
            steps=run.hyperparameters.steps,
            flop_per_step=6.0 * run.engine.parameter_count * run.tokens_per_step,
        )

    def _run_from_opened(self, hyperparameters: Mapping[str, Any], engine: str) -> Run:
        """A run that begins with the opened model's weights."""
        if (model := self._opened) is None:
            raise SessionError("There is no opened model to begin with. Open a link or a file.")
        text = self._loaded()
        checked = from_mapping(hyperparameters)
        _check_shape(checked, model.hyperparameters)
        vocabulary = Vocabulary("".join(sorted({*model.characters, *text.characters})))
        if len(vocabulary.characters) > corpus.MAX_CHARACTERS:
            raise SessionError(
                f"The model and {text.name} together have {len(vocabulary.characters):,} distinct "
                f"characters, and {corpus.MAX_CHARACTERS:,} is the limit. Take a text that is "
                "more like the model's own, or begin with random weights."
            )
        self._check(checked, vocabulary.size, text, engine)
        run = Run(text, checked, ENGINES[engine].make, vocabulary)
        drawn = run.engine.get_state()
        weights = weights_for(model, vocabulary.characters, drawn.weights)
        run.engine.set_state(State(weights, drawn.means, drawn.squares, 0))
        return run

    def opened_notes(self) -> list[str]:
        """How the loaded text's characters and the opened model's differ, one sentence each."""
        model, text = self._opened, self._corpus
        if model is None or text is None:
            return []
        new = sorted(set(text.characters) - set(model.characters))
        unused = sorted(set(model.characters) - set(text.characters))
        notes = []
        if new:
            notes.append(
                f"New to the model: {_listed(new)}. Their weights begin at random; "
                "it learns them from this text alone."
            )
        if unused:
            notes.append(
                f"Not in this text: {_listed(unused)}. The model keeps them, and forgets by and by."
            )
        return notes

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
        self._check(run.hyperparameters, run.vocabulary.size, run.corpus, engine)
        run.use_engine(ENGINES[engine].make)
        self._one_engine = self._one_engine and engine == self._engine
        self._engine = engine
        self._pace = Pace()
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
        self._check(run.hyperparameters, run.vocabulary.size, run.corpus, "scalar")
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
        limit = min(limit, until_step or limit, self._stop_after or limit)
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

    def seed_samples(self, seed: int) -> None:
        """Let the samples that aren't the original's be those of a seed, from now on."""
        self._samples = PythonStream(f"samples {seed}")

    def sample_piecewise(
        self, count: int, temperature: float, prefix: str, original: bool
    ) -> Iterator[Sample | None]:
        """As `sample`, with None after each character, for who has other things to do meanwhile."""
        if (model := self._model) is None:
            raise SessionError(_NO_MODEL)
        tokens = prefix_tokens(model, prefix)
        check_sampling(count, temperature)
        stream = self._original_stream(model) if original else self._samples
        return draw(model, stream, count, temperature, tokens)

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

    def save_model(self) -> bytes:
        """The model as it is now, as a safetensors file: see `checkpoint`.

        Raises:
            SavedModelError: training has spoilt the model.
            SessionError: there is no model yet.
        """
        return checkpoint.write(self._saved_model())

    def save_run(self, text: bool = True) -> bytes:
        """The run as a safetensors file, from which it can be continued to the last digit.

        Args:
            text: whether the file is to have the text too; else it can be
                continued only where that is.

        Raises:
            SavedModelError: training has spoilt the model.
            SessionError: there is no run.
        """
        run = self._started()
        state = run.get_state()
        return checkpoint.write(
            # Often, and while training: no time for what hasn't been measured.
            self._saved_model(measure=False),
            Checkpoint(
                engine=self._engine,
                one_engine=self._one_engine,
                state=state,
                samples=self._samples.get_state(),
                seconds=self._training_seconds,
                stopped=self._stopped,
                stop_after=self._stop_after,
                origin=self._origin,
                text_name=run.text_name[:MAX_NAME],
                blank_lines=run.corpus.blank_lines,
                corpus=run.corpus if text else None,
            ),
        )

    def text(self) -> bytes:
        """The run's documents, a line each, in UTF-8: what `save_run` leaves out on request.

        Raises:
            SessionError: there is no run.
        """
        return self._started().corpus.data()

    def twin(self) -> str:
        """A Python program that repeats the run as far as it is by now: see `twin.twin`.

        Raises:
            SessionError: there is no run, or what it began with isn't to be had.
        """
        from microgpt.twin import twin  # few want one, and all would wait for its imports

        if self._run is None and self._opened is not None:
            raise SessionError(
                "No program can be made that repeats this model's training: the text that it "
                "learned from isn't here. Open a saved run, or train a model on that text."
            )
        run = self._started()
        if self._origin:
            raise SessionError(
                "No program can be made that repeats this run: it began with the weights of a "
                f"model that was opened ({self._origin}), not with random ones. "
                "Train from random weights to get one."
            )
        return twin(run.hyperparameters, run.text_name, run.corpus.documents, run.step)

    def facts(self) -> RunFacts:
        """The run in brief, to be kept beside what `save_run` gives.

        Raises:
            SessionError: there is no run.
        """
        run = self._started()
        return RunFacts(
            name=run.text_name[:MAX_NAME],
            step=run.step,
            steps=run.hyperparameters.steps,
            parameters=run.engine.parameter_count,
            over=self._stopped or self._is_finished(run),
            origin=self._origin,
        )

    def open_file(self, data: bytes, name: str, text: bytes | None = None) -> Opened:
        """Take the model of a file, and its run if the file has one, in place of the present.

        Args:
            name: of the file, to show.
            text: what a run was saved without.

        Raises:
            SavedModelError: it can't be used; everything stays as it was.
        """
        model, run = checkpoint.read(bytes(data), name, None if text is None else bytes(text))
        if run is None or run.corpus is None:
            return self._use_model(model)
        return self._continue_run(model, run, run.corpus)

    def open_link(self, link: str) -> Opened:
        """Take the model of a link in place of the present one, or get ready for a recipe.

        A recipe's text, if it is in the link, is then the loaded one; if it is a
        built-in example, that must be loaded before `start_recipe`.

        Raises:
            HyperparameterError: it would need too much memory.
            LinkError: it can't be used. In either case everything stays as it was.
        """
        content = links.read_link(link)
        if isinstance(content, SavedModel):
            opened = self._use_model(content)
            self._fragment = links.fragment(link)
            return opened
        return self._use_recipe(content)

    def _use_recipe(self, recipe: links.Recipe) -> Opened:
        if recipe.engine not in ENGINES:
            raise LinkError(
                f"The recipe needs the engine {recipe.engine}, and there is none of that name "
                "here. Open it in the newest version of the page."
            )
        h = recipe.hyperparameters
        if not 0 < recipe.steps_done <= h.steps:
            raise LinkError(
                f"The recipe says {recipe.steps_done:,} of {h.steps:,} steps, which can't be. "
                "Ask for a new link."
            )
        text = _recipe_text(recipe)
        self._corpus = text or self._corpus
        self._recipe = recipe
        kind = "scalar" if recipe.engine == "scalar" else "compiled"
        flop = 6.0 * _parameters_at_most(h, text) * h.block_size * h.batch_size * recipe.steps_done
        return Opened(
            kind="recipe",
            provenance=f"{recipe.text_name}: {recipe.steps_done:,} steps, to be taken again",
            text_name=recipe.text_name,
            parameters=0,
            vocabulary="",
            hyperparameters=dataclasses.asdict(h),
            engine=recipe.engine,
            text=self.describe(h.block_size) if text else None,
            run=None,
            progress=None,
            stopped=False,
            example=recipe.example,
            seconds_expected=flop / _FLOPS[kind],
        )

    def start_recipe(self) -> RunReport:
        """Begin the run of the recipe that was opened, which ends where that ended.

        Raises:
            LinkError: the loaded text isn't the recipe's.
            SessionError: no recipe was opened.
        """
        if (recipe := self._recipe) is None:
            raise SessionError("There is no recipe to follow. Open a link to one.")
        # Another one may have been loaded meanwhile.
        text = self._corpus = _recipe_text(recipe) or self._loaded()
        if links.text_hash(text.data()) != recipe.text_hash:
            raise LinkError(
                f"The recipe was made with another text than {text.name} as it is here, so it "
                "can't give the same model. Ask for a link to the model itself."
            )
        report = self.start(dataclasses.asdict(recipe.hyperparameters), recipe.engine)
        self._stop_after = recipe.steps_done
        return report

    def recipe_outcome(self) -> RecipeOutcome:
        """Whether the run has given the very weights of the recipe that was opened last.

        Raises:
            SessionError: there is no run or no recipe.
        """
        run = self._started()
        if self._recipe is None:
            raise SessionError("There is no recipe to compare with.")
        weights = run.engine.get_state().weights
        same = links.weights_hash(weights) == self._recipe.weights_hash
        return RecipeOutcome(same=same, step=run.step)

    def link(self, site: str, max_characters: int) -> LinkReport:
        """A link to the model as it is now.

        Args:
            site: the address of the page, before the `#`.
            max_characters: of the whole address.

        Raises:
            LinkError: the model doesn't fit.
            SavedModelError: training has spoilt the model.
            SessionError: there is no model yet.
        """
        model = self._saved_model()
        room = max_characters - len(site)
        documents, unseen = self._documents_to_measure(model)
        scale = Scale(model, self._clock)
        if self._run is None and 0 < len(self._fragment) <= room:
            fragment = self._fragment  # as it came: writing it anew could only lose
        elif self._run is None:
            fragment = scale.link(model, room, documents, None)
        else:
            squares = self._run.engine.get_state().squares
            fragment = scale.link(model, room, self._run.training_documents, squares)
        in_link = links.read_link(fragment)
        assert isinstance(in_link, SavedModel)
        cost = scale.cost(model, in_link, documents)
        return LinkReport(
            address=site + fragment,
            characters=len(site + fragment),
            provenance=str(in_link.provenance),
            loss=cost.loss if cost else None,
            loss_in_link=cost.loss_in_link if cost else None,
            documents=cost.documents if cost else 0,
            unseen=unseen,
            measured_on=self._run.text_name
            if self._run
            else self._corpus.name
            if self._corpus
            else "",
        )

    def _documents_to_measure(self, model: SavedModel) -> tuple[Sequence[str], bool]:
        """Documents that the model can read, and whether it has learned from none of them."""
        if self._run is not None:
            unseen = self._run.unseen_documents
            return (unseen, True) if unseen else (self._run.training_documents, False)
        known = set(model.characters)
        documents = self._corpus.documents if self._corpus else ()
        return [document for document in documents if known.issuperset(document)], False

    def recipe(self, site: str, max_characters: int, examples: Mapping[str, str]) -> RecipeReport:
        """A link with which the run can be repeated and compared.

        Args:
            site: the address of the page, before the `#`.
            max_characters: of the whole address.
            examples: the file names of built-in texts, by `links.text_hash` in hexadecimal.

        Raises:
            LinkError: text and settings don't fit, or this run can't be repeated by them.
            SessionError: there is no run.
        """
        if self._run is None and self._model is not None:
            raise LinkError(
                "The opened model came without its run, so there is no recipe for it. Choose a "
                "number of characters instead."
            )
        run = self._started()
        if self._origin:
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
        text = run.corpus.data()
        fingerprint = links.text_hash(text)
        example = examples.get(fingerprint.hex(), "")
        recipe = links.Recipe(
            hyperparameters=run.hyperparameters,
            engine=self._engine,
            steps_done=run.step,
            text_name=run.text_name[:MAX_NAME],
            text=None if example else text,
            example=example,
            text_hash=fingerprint,
            weights_hash=links.weights_hash(run.engine.get_state().weights),
        )
        address = site + links.recipe_link(recipe, max_characters - len(site))
        return RecipeReport(address=address, characters=len(address), example=example)

    def _use_model(self, model: SavedModel) -> Opened:
        """Let a model that comes without a run be what is sampled."""
        vocabulary, h = Vocabulary(model.characters), model.hyperparameters
        check_memory(h, vocabulary.size, h.block_size, fastest())
        name = model.provenance.text
        opened = LanguageModel(h, vocabulary, name, ENGINES[fastest()].make, new_stream(h))
        count = opened.engine.parameter_count
        zeros = array("d", bytes(8 * count))
        opened.engine.set_state(State(model.weights, zeros, zeros, 0))
        self._model, self._run, self._opened = opened, None, model
        self._fragment, self._stopped, self._holdout_step = "", False, -1
        self._samples = _samples_stream(h)
        return self._opened_report(model, None)

    def _continue_run(self, model: SavedModel, saved: Checkpoint, text: Corpus) -> Opened:
        """Let a saved run be the session's, on the engine that it was on if there is that here."""
        engine = saved.engine if saved.engine in ENGINES else fastest()
        if engine != "scalar" and not host.available():
            engine = "scalar"
        vocabulary = Vocabulary(model.characters)
        self._check(model.hyperparameters, vocabulary.size, text, engine)
        run = Run(text, model.hyperparameters, ENGINES[engine].make, vocabulary)
        run.set_state(saved.state)
        self._use_run(run, engine, saved.origin)
        self._corpus, self._opened = text, None
        self._one_engine = saved.one_engine and engine == saved.engine
        self._samples.set_state(saved.samples)
        self._training_seconds = saved.seconds
        self._marks = deque([(saved.seconds, run.step)])
        self._stopped, self._stop_after = saved.stopped, saved.stop_after
        return self._opened_report(model, run)

    def _opened_report(self, model: SavedModel, run: Run | None) -> Opened:
        h = model.hyperparameters
        return Opened(
            kind="run" if run else "model",
            provenance=str(model.provenance),
            text_name=model.provenance.text,
            parameters=len(model.weights),
            vocabulary=model.characters,
            hyperparameters=dataclasses.asdict(h),
            engine=self._engine if run else "",
            text=self.describe(h.block_size) if run else None,
            run=self._run_report(run) if run else None,
            progress=self._progress(run, run.losses, "") if run else None,
            stopped=self._stopped,
            example="",
            seconds_expected=0.0,
        )

    def _saved_model(self, measure: bool = True) -> SavedModel:
        """The present model as data, with its held-out loss even if that must be measured."""
        if self._run is None:
            if self._opened is None:
                raise SessionError(_NO_MODEL)
            return self._opened
        run = self._run
        return SavedModel(
            run.hyperparameters,
            run.vocabulary.characters,
            run.engine.get_state().weights,
            self._provenance(run, measure),
        )

    def _provenance(self, run: Run, measure: bool) -> Provenance:
        last = run.losses[-_LAST_LOSSES:]
        name = f"{run.text_name}, after {self._origin}" if self._origin else run.text_name
        if measure:
            self.holdout_loss(_HOLDOUT_MS)
        losses = self._holdout if self._holdout_step == run.step else []
        return Provenance(
            text=name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…",
            documents=len(run.training_documents),
            steps=run.step,
            loss=math.fsum(last) / len(last) if last else math.nan,
            holdout_loss=math.fsum(losses) / len(losses) if losses else None,
        )

    def _new_run(self, hyperparameters: Mapping[str, Any], engine: str) -> Run:
        """A run that is ready to begin, the prepared one if it is the same."""
        text = self._loaded()
        checked = from_mapping(hyperparameters)
        self._check(checked, len(text.characters) + 1, text, engine)
        if self._prepared is not None and self._prepared[:3] == (text, checked, engine):
            return self._prepared[3]
        return new_run(text, checked, engine)

    @staticmethod
    def _check(
        hyperparameters: Hyperparameters, vocabulary_size: int, text: Corpus, engine: str
    ) -> None:
        if engine not in ENGINES:
            raise SessionError(f"There is no engine {engine!r}; there are {', '.join(ENGINES)}.")
        if engine != "scalar" and not host.available():
            raise SessionError(
                f"The {engine} engine needs wasmtime outside of a browser, and it is not "
                "installed. Install it with pip install wasmtime, or use the scalar "
                "engine (--engine scalar)."
            )
        check_memory(hyperparameters, vocabulary_size, len(text.longest), engine)

    def _loaded(self) -> corpus.Corpus:
        if self._corpus is None:
            raise SessionError("There is no text yet. Load one first.")
        return self._corpus

    def _started(self) -> Run:
        if self._run is None:
            raise SessionError(_NO_MODEL if self._model is None else _NO_RUN)
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
            finished=self._is_finished(run),
            problem=problem,
        )

    def _is_finished(self, run: Run) -> bool:
        return run.finished or 0 < run.step == self._stop_after

    @staticmethod
    def _original_stream(model: LanguageModel) -> RandomStream:
        """A copy of the model's stream, so that the same samples can be drawn again."""
        stream = model.new_stream()
        stream.set_state(model.stream.get_state())
        return stream


def _recipe_text(recipe: links.Recipe) -> Corpus | None:
    """The text that came with a recipe."""
    if recipe.text is None:
        return None
    return Corpus.restored(recipe.text, recipe.text_name or "The recipe's text", 0)


def _parameters_at_most(hyperparameters: Hyperparameters, text: Corpus | None) -> int:
    """How many weights a run will have; for a text that isn't there yet, with many characters."""
    return parameter_count(hyperparameters, len(text.characters) + 1 if text else 200)


def _samples_stream(hyperparameters: Hyperparameters) -> RandomStream:
    """Not the run's own stream: sampling in between must not change what comes later."""
    return PythonStream(f"samples {hyperparameters.seed}")


def _check_shape(hyperparameters: Hyperparameters, model: Hyperparameters) -> None:
    """Refuse to go on with a model in another shape than it has."""
    others = [name for name in SHAPE if getattr(hyperparameters, name) != getattr(model, name)]
    if others:
        needed = ", ".join(f"{name} = {getattr(model, name)}" for name in others)
        raise HyperparameterError(
            f"The opened model has {needed}. Set that to go on with it, "
            "or begin with random weights."
        )


def _listed(characters: list[str]) -> str:
    """Some characters, and how many more there are."""
    text = " ".join(repr(c)[1:-1] if c != " " else "(space)" for c in characters[:_SHOWN])
    more = len(characters) - _SHOWN
    return f"{text} and {more:,} more" if more > 0 else text
