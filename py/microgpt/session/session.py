"""One visitor's training as an object: load a text, start, advance, sample.

The page's worker and the command line both drive this and nothing else. It is
synchronous and knows neither files, nor the DOM, nor JavaScript: what it is
given is bytes and plain values, what it returns are plain dictionaries. Pausing
is simply not calling `advance`.

Which object there is, and that a request makes sense now; what each does is its
own business: `live_run`, `opened_model`, `drawing`, `links`, `recipes`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from microgpt import texts
from microgpt.engines import kinds, team
from microgpt.engines.engine import PARTS
from microgpt.engines.kinds import EngineKind
from microgpt.errors import (
    CodeNeededError,
    HyperparameterError,
    LinkError,
    SavedModelError,
    SessionError,
)
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream
from microgpt.run import LanguageModel, Run
from microgpt.session import beside, favourites, plans, recipes, waiting
from microgpt.session.drawing import (
    check_sampling,
    draw,
    next_characters,
    original_stream,
    prefix_tokens,
)
from microgpt.session.live_run import LiveRun
from microgpt.session.needed import check as check_code
from microgpt.session.needed import opened as of_needed
from microgpt.session.needed import told
from microgpt.session.opened_model import TOO_LARGE, OpenedModel
from microgpt.session.reports import (
    Counted,
    EncodingPreview,
    Favourites,
    Guess,
    Learning,
    LinkReport,
    Made,
    Making,
    Novelty,
    Opened,
    Opening,
    Plan,
    Progress,
    Reading,
    ReadingProgress,
    RecipeOutcome,
    RecipeReport,
    Remark,
    RunFacts,
    RunReport,
    Sample,
    TextBeside,
    TextReport,
    Unseen,
)
from microgpt.session.sources import copied, source
from microgpt.settings import from_mapping
from microgpt.sharing import checkpoint, links
from microgpt.sharing.checkpoint import Stored
from microgpt.sharing.favourites import chosen
from microgpt.sharing.safetensors import Source
from microgpt.sharing.saved import Described, SavedModel
from microgpt.texts import Text

if TYPE_CHECKING:
    from microgpt.inside import Inside
    from microgpt.session.looking_inside import Looking
    from microgpt.session.workshop.novelty import NoveltySum
    from microgpt.session.workshop.workbench import Workbench

_MOST_WEIGHTS = 4_000_000  # of a model that is looked into, or measured for a link
_MEASURING = 2.0  # seconds: what would take longer is not measured before it is begun
_CHECKING = 0.4  # of opening a file, to read it through for its checksum; about
_NO_MODEL = "There is no model yet. Train one first."
_NO_RUN = "The opened model came without its run: only its weights are here."
_NO_TWIN = (
    "No program can be made that repeats this model's training: the text that it "
    "learned from isn't here. Open a saved run, or train a model on that text."
)


class Session:
    """A text, and at most one model: a run on its way, or one that was opened.

    A new text doesn't touch the model: what was learned stays until the next
    `start`. Errors that a person can mend are `MicrogptError`s, and leave
    everything as it was.

    Args:
        clock: seconds, for the speed and the length of `advance`.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._text: Text | None = None
        self._came: tuple[bytes, str] | None = None  # the last bytes, and their name
        self._present: LiveRun | OpenedModel | None = None
        self._recipe: links.Recipe | None = None  # opened, and not begun
        self._prepared: Run | None = None  # has done nothing yet
        self._shelf = favourites.Shelf()
        self._bench: Workbench | None = None  # of the model as it was when last asked for
        self._novelty: NoveltySum | None = None
        self._looking: Looking | None = None  # into the model; made when first asked for
        self._text_before: Text | None = None  # that was loaded when a model was opened

    # --- the text ---

    def load(
        self,
        data: bytes,
        name: str,
        block_size: int = 16,
        reading: Mapping[str, Any] | None = None,
    ) -> TextReport:
        """Take a text to train on.

        Args:
            reading: how; what isn't in it is found out.

        Raises:
            CorpusError: it can't be used; the text loaded before is kept.
        """
        report: TextReport = _last(self.load_piecewise(data, name, block_size, reading))
        return report

    def load_piecewise(
        self,
        data: bytes,
        name: str,
        block_size: int = 16,
        reading: Mapping[str, Any] | None = None,
    ) -> Iterator[ReadingProgress | TextReport]:
        """As `load`, for callers with other things to do.

        How far it is, again and again, and at last the report; only then is the text the
        one in use.
        """
        self._came = copied(data)[: texts.MAX_BYTES + 1], name  # enough to be refused
        return self._read(self._came, reading or {}, block_size)

    def read_again(self, reading: Mapping[str, Any], block_size: int = 16) -> TextReport:
        """Read the bytes that came last in another way, also those that were refused.

        Raises:
            CorpusError: they can't be read so; the text in use is kept.
            SessionError: nothing has come yet.
        """
        report: TextReport = _last(self.read_again_piecewise(reading, block_size))
        return report

    def read_again_piecewise(
        self, reading: Mapping[str, Any], block_size: int = 16
    ) -> Iterator[ReadingProgress | TextReport]:
        """As `read_again`, in pieces as `load_piecewise`."""
        return self._read(self._bytes(), reading, block_size)

    def _read(
        self, came: tuple[bytes, str], values: Mapping[str, Any], block_size: int
    ) -> Iterator[ReadingProgress | TextReport]:
        steps = texts.reading.read(*came, texts.reading.reading(values))
        while True:
            try:
                doing, share = next(steps)
            except StopIteration as end:
                text: Text = end.value
                break
            yield ReadingProgress(doing=doing, share=share)
        for share in text.look(block_size):
            yield ReadingProgress(doing="Counting", share=0.7 + 0.3 * share)
        self._text = text
        yield self.describe(block_size)

    def _bytes(self) -> tuple[bytes, str]:
        """What came last; of a run that was opened, its text."""
        if self._came is None:
            corpus = self._loaded().corpus(1)
            self._came = texts.data(corpus), corpus.name
        return self._came

    def encoding_previews(self) -> list[EncodingPreview]:
        """The bytes that came last, as each encoding that they could be in reads them.

        The likeliest first; see `texts.previews`.

        Raises:
            SessionError: nothing has come yet.
        """
        return [
            EncodingPreview(encoding=each.encoding, label=each.label, first=each.first)
            for each in texts.previews(self._bytes()[0])
        ]

    def describe(self, block_size: int) -> TextReport:
        """The loaded text, as a model of that block_size sees it."""
        text = self._loaded()
        corpus, facts = text.corpus(block_size), text.facts(block_size)
        return TextReport(
            name=text.name,
            reading=cast(Reading, dataclasses.asdict(text.reading)),
            columns=list(text.columns),
            documents=len(corpus.documents),
            characters=facts.characters,
            vocabulary=corpus.characters,
            longest=len(corpus.longest),
            block_size_needed=texts.block_size_needed(corpus),
            notes=[*text.notes, *texts.notes(corpus, facts, block_size, text.noun)],
            first=texts.first_lines(corpus),
            longest_document=texts.cut_to_show(corpus.longest),
            rarest=[Counted(text=c, count=n) for c, n in facts.rarest],
            repeated=[Counted(text=texts.cut_to_show(d), count=n) for d, n in facts.repeated],
        )

    def opened_notes(self) -> list[str]:
        """How the loaded text's characters and the opened model's differ, one sentence each."""
        if self._text is None or not isinstance(self._present, OpenedModel):
            return []
        return self._present.notes(self._text.corpus(1))

    # --- training ---

    def start(
        self,
        hyperparameters: Mapping[str, Any],
        engine: str = "scalar",
        from_opened: bool = False,
    ) -> RunReport:
        """Begin a new run on the loaded text; the model before is given up.

        Args:
            engine: its name, or "" for the fastest that computes the algorithm as it is here.
            from_opened: begin with the weights of the model that was opened, not
                with random ones. Characters of the text that are new to it get
                random ones.

        Raises:
            EngineError: no such engine, or it can't run here.
            HyperparameterError: a value is wrong, contradicts another, needs too
                much memory, or isn't the opened model's.
            SessionError: no text, or no opened model.
        """
        kind = kinds.find(engine) if engine else kinds.fastest()
        if not from_opened:
            return self._begin(self._new_run(from_mapping(hyperparameters), kind))
        opened = self._present
        if not isinstance(opened, OpenedModel):
            raise SessionError("There is no opened model to begin with. Open a link or a file.")
        checked = from_mapping(hyperparameters)
        text = self._loaded().corpus(checked.block_size)
        run = opened.new_run(text, checked, kind)
        return self._begin(run, origin=opened.origin)

    def _begin(self, run: Run, origin: str = "", recipe: links.Recipe | None = None) -> RunReport:
        """Let a run that has done nothing yet take the place of the model."""
        live = LiveRun(run, self._clock, origin, recipe)
        self._present, self._prepared, self._recipe = live, None, None
        return live.report()

    def plan(self, hyperparameters: Mapping[str, Any], engine: str = "scalar") -> Plan:
        """What a run would be, told at once and so without its seconds; see `prepare`.

        Raises:
            EngineError, SessionError: as `start` would.
        """
        text, kind = self._loaded(), kinds.find(engine)
        try:
            checked = from_mapping(hyperparameters)
            return plans.plan(text.corpus(checked.block_size), checked, kind)
        except HyperparameterError as error:
            return plans.refused(error)

    def prepare(self, hyperparameters: Mapping[str, Any], engine: str = "scalar") -> Plan:
        """Do in advance what takes time at the next `start` with the same values.

        Shuffles, draws the weights, compiles, and lets the kernels run on what is
        then forgotten, so that they are at full speed from the first step. The
        present model isn't touched; what was prepared before is given up.

        Returns:
            What the run would be; where `start` would raise a HyperparameterError, the
            problem.

        Raises:
            EngineError, SessionError: as `start` would.
        """
        plan = self.plan(hyperparameters, engine)
        if plan["problem"]:
            self._prepared = None
            return plan
        checked, kind = from_mapping(hyperparameters), kinds.find(engine)
        text = self._loaded().corpus(checked.block_size)
        sizes = checked, len(text.characters) + 1
        expected = waiting.wait(*sizes, len(text.longest), kind, self._slowness)
        too_long = expected.start + 2 * expected.step > _MEASURING
        if too_long or (kind.needs_host and kinds.is_large(kind, *sizes)):
            # To draw millions of weights in vain is no favour, nor is the room that they take; and
            # nobody has asked for it, so nobody should wait for it.
            self._prepared = None
            plan["seconds"] = plans.roughly(text, checked, kind)
            return plan
        run = self._new_run(checked, kind)
        run.in_text(" ")  # sorts the documents, where they must be sorted
        plan["seconds"] = plans.seconds(run, self._clock)
        self._prepared = run
        return plan

    def allow_cores(self, count: int | None) -> None:
        """Let runs that begin from now on have so many cores; see `engines.team.allow`."""
        team.allow(count)
        self._prepared = None  # for another number

    def _new_run(self, hyperparameters: Hyperparameters, kind: EngineKind) -> Run:
        """A run that is ready to begin, the prepared one if it is the same."""
        text, ready = self._loaded().corpus(hyperparameters.block_size), self._prepared
        kind.check_memory(hyperparameters, len(text.characters) + 1, len(text.longest))
        if ready and (ready.corpus, ready.hyperparameters, ready.kind) == (
            text,
            hyperparameters,
            kind,
        ):
            return ready
        self._prepared = None  # first: it takes memory
        return Run(text, hyperparameters, kind)

    def use_engine(self, engine: str) -> None:
        """Let another engine go on with the run, from where it is.

        Raises:
            EngineError: no such engine, or it can't run here.
            HyperparameterError: it would need too much memory.
            SessionError: there is no run.
        """
        self._run().use_engine(kinds.find(engine))

    def scalar_speed(self, seconds: float = 0.5) -> float:
        """Steps per second of the scalar engine on the run: see `LiveRun.scalar_speed`."""
        return self._run().scalar_speed(seconds)

    def advance(self, milliseconds: float, until_step: int | None = None) -> Progress:
        """Train for a while: see `LiveRun.advance`.

        Raises:
            SessionError: there is no run, or it was stopped.
        """
        return self._run().advance(milliseconds, until_step)

    def stop(self) -> Progress:
        """End the run for good; the model stays and can be sampled."""
        return self._run().stop()

    def train_more(self, steps: int) -> RunReport:
        """Go on from where the run is, for so many steps: see `LiveRun.train_more`."""
        live = self._run()
        live.train_more(steps)
        return live.report()

    def keep_best(self) -> Progress:
        """Go back to the step with the lowest held-out loss: see `LiveRun.keep_best`."""
        return self._run().keep_best()

    # --- beside it ---

    def text_beside(self, hyperparameters: Mapping[str, Any]) -> TextBeside:
        """What another session needs to train as this one does.

        Args:
            hyperparameters: where the run that is here is of another text.

        Raises:
            SessionError: no text.
        """
        live = self._present if isinstance(self._present, LiveRun) else None
        return beside.text_beside(self._loaded(), live, hyperparameters)

    def aside(self) -> Session:
        """Another session with the text and the run that are here, whatever comes here next.

        Raises:
            SessionError: no text.
        """
        other, live = Session(self._clock), self._present
        other._text = self._loaded()
        if isinstance(live, LiveRun):
            other._present = live
        return other

    def beside(self, hyperparameters: Mapping[str, Any], engine: str = "") -> Session:
        """Another session on the same text with a run of its own; this one stays as it is.

        Where the run that is here is the very same one and at its end, it is that, unless
        another engine is asked for.

        Raises:
            As `start`.
        """
        other, live = Session(self._clock), self._present
        other._text = self._loaded()
        checked = from_mapping(hyperparameters)
        if isinstance(live, LiveRun) and beside.is_done(live, other._text, checked, engine):
            other._present = LiveRun(live.run, self._clock)
        else:
            other.start(hyperparameters, engine)
        return other

    def so_far(self) -> Progress:
        """How far the run is, with all of its losses.

        Raises:
            SessionError: there is no run.
        """
        live = self._run()
        return live.progress(live.run.losses)

    def unseen(self, most: int = 0) -> Iterator[Unseen | None]:
        """The loss on unseen lines by the model's own probabilities: see `beside.unseen`.

        Raises:
            SessionError: there is no run.
        """
        return beside.unseen(self._run().run, most)

    # --- looking back ---

    def look_at(self, step: int) -> int:
        """Let samples come from a step that was kept: see `LiveRun.look_at`.

        Returns:
            The kept step that is nearest to it, or the newest of all.
        """
        return self._run().look_at(step)

    def learning(self, milliseconds: float) -> Learning:
        """The loss on lines that the run doesn't learn from, at each step that was kept.

        Measures for about so long, at least one line; call again to go on until all
        that there is by then is `complete`.
        """
        return self._run().learning(milliseconds)

    def verdict(self) -> list[Remark]:
        """What was measured of the run, in words: see `verdict.verdict`."""
        return self._run().verdict()

    # --- sampling ---

    def sample(
        self, count: int = 20, temperature: float = 0.5, prefix: str = "", original: bool = False
    ) -> Iterator[Sample]:
        """New documents from the model as it is now, each drawn when it is asked for.

        Args:
            count: how many, 1 to 1,000.
            temperature: above 0, to 10; see `gpt.sampling.sample`.
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
        """As `sample`, with None after each character, for callers with other things to do."""
        present = self._model()
        tokens = prefix_tokens(present.model, prefix)
        check_sampling(count, temperature)
        stream = original_stream(present.model) if original else present.samples
        return draw(present.model, stream, count, temperature, tokens)

    def make(self, wish: Mapping[str, Any]) -> Iterator[Making]:
        """What a visitor wishes for, with reports on the way: see `workshop.making`.

        From the model as it is now, also where training goes on meanwhile.

        Args:
            wish: values of a `reports.Wish`; what is missing is as in `wishes.DEFAULT`.

        Raises:
            DivergedError: training has spoilt the model; with the first report.
            SamplingError: it can't come true, its field says which value is wrong; at once.
            SessionError: there is no model yet.
        """
        from microgpt.session.workshop.making import make  # see `_workbench`

        present = self._model()
        blocked = self._shelf.of(present.model.text_name).blocked
        return make(self._workbench(), present.samples, wish, blocked)

    def explain(self, text: str) -> Made:
        """A document that exists or is typed, with what is known of it.

        Raises:
            SamplingError: the model can't read it; the field is "text".
            SessionError: there is no model yet.
        """
        from microgpt.session.workshop.figures import explain  # see `_workbench`

        return explain(self._workbench(), text)

    def order(self, documents: list[str], by: str, like: str = "") -> list[int]:
        """The indices of documents in an order that a person means.

        Args:
            by: "typical", "distinctive", "like", "far" or "alphabet".
            like: the document to compare with, where the order is "like".

        Raises:
            SamplingError: see `workshop.orders.order`.
            SessionError: there is no model yet.
        """
        from microgpt.session.workshop.orders import order  # see `_workbench`

        return order(self._workbench(), list(documents), by, like)

    def novelty(self, temperature: float, milliseconds: float) -> Novelty:
        """How likely a draw is a line of the text; measures for about so long, call again.

        Raises:
            SamplingError: the text isn't here, or no such temperature.
            SessionError: there is no model yet.
        """
        from microgpt.session.workshop.novelty import NoveltySum  # see `_workbench`

        bench, going_on = self._workbench(), self._novelty
        if going_on is None or (going_on.bench, going_on.temperature) != (bench, temperature):
            going_on = self._novelty = NoveltySum(bench, temperature, self._clock)
        return going_on.measure(milliseconds)

    def inside(self, step: int) -> Inside:
        """What the model is like inside, at the kept step that is nearest to this one.

        Raises:
            SessionError: there is no model yet.
        """
        # Everybody would wait for its imports when the page opens.
        from microgpt.session.looking_inside import Looking

        present = self._model()
        self._check_size("be looked into")
        if self._looking is None:
            self._looking = Looking(self._clock)
        return self._looking.at(present, step, self._text_of_model)

    def import_inside(self) -> None:
        """Import what the first look inside needs, when there is time: nothing is computed."""
        from microgpt.inside import guess, line
        from microgpt.session import looking_inside

        del guess, line, looking_inside

    @property
    def _text_of_model(self) -> Text | None:
        """The loaded text, if an opened model has to do with it: by its name, or loaded for it."""
        text = self._text
        if text and (text is not self._text_before or text.name == self._model().model.text_name):
            return text
        return None

    def _workbench(self) -> Workbench:
        """The workshop's copy of the model as it is now."""
        # It has a dozen modules, and everybody would wait for their imports when the page opens.
        from microgpt.session.workshop.workbench import Workbench

        model = self._model().model
        if self._bench is None or not self._bench.is_of(model):
            self._bench = Workbench(model, self._bench)
        return self._bench

    def favourites(self) -> Favourites:
        """What the visitor likes of this model, and what is never to come again.

        They belong to the model's text: another model of a text of that name has them too.
        """
        if self._present is None:
            return Favourites(liked=[], blocked=[])
        choices = self._shelf.of(self._present.model.text_name)
        return Favourites(liked=list(choices.liked), blocked=list(choices.blocked))

    def set_favourites(self, liked: list[str], blocked: list[str]) -> None:
        """Take over what the visitor has chosen; it goes with what is saved.

        Nothing is there twice; what is in both lists is liked.

        Raises:
            SessionError: there is no model, or there are too many, or one is no line;
                those before stay.
        """
        self._shelf.put(self._model().model.text_name, chosen(liked, blocked))

    def learn_favourites(self, steps: int) -> RunReport:
        """Go on training on what the visitor likes, with the loss on other lines watched.

        A new run, which begins with the present model; see `favourites`. What is suggested
        and what is possible stands in `favourites.PLAN`.

        Raises:
            HyperparameterError: not a number of steps that there can be.
            SessionError: too little is liked, or there is no model that could learn;
                everything stays as it was.
        """
        present = self._model()
        choices = self._shelf.of(present.model.text_name)
        text = self._text.corpus(present.model.hyperparameters.block_size) if self._text else None
        run = favourites.new_run(present, text, choices, steps, self._clock)
        return self._begin(run, origin=favourites.text_of(present.model.text_name) or "a model")

    def next_characters(self, prefix: str) -> list[Guess]:
        """What could come after the beginning of a document, the likeliest first.

        Raises:
            DivergedError, SamplingError, SessionError: as `sample` would.
        """
        model = self._model().model
        return next_characters(model, prefix_tokens(model, prefix))

    def seed_samples(self, seed: int) -> None:
        """Let the samples that aren't the original's be those of a seed, from now on."""
        self._model().samples = PythonStream(f"samples {seed}")

    # --- files ---

    def save_model(self) -> bytes:
        """The model as it is now, as a safetensors file: see `sharing.checkpoint`.

        Raises:
            SavedModelError: training has spoilt the model.
            SessionError: there is no model yet.
        """
        return b"".join(self.save_model_piecewise())

    def save_model_piecewise(self) -> Iterator[bytes]:
        """As `save_model`, for callers with room for a part of it only.

        Nothing may be trained until all is taken.
        """
        present = self._model()
        described = present.described() if isinstance(present, LiveRun) else present.described
        # Where an earlier step is looked at, still the newest.
        model = present.run if isinstance(present, LiveRun) else present.model
        return checkpoint.written(described, model.engine)

    def export(self, form: str = "onnx") -> dict[str, bytes]:
        """The model as it is now for other programs, and a card that tells of it, by file name.

        Args:
            form: "onnx", which is all that there is: see `sharing.onnx`.

        Raises:
            SavedModelError: training has spoilt the model, or there is no such form.
            SessionError: there is no model yet.
        """
        # Few want one, and everybody would wait for its imports.
        from microgpt.sharing import card, onnx

        if form != "onnx":
            raise SavedModelError(f"A model can be exported to onnx, not to {form}.")
        model = self._model().saved_model()
        return {"model.onnx": onnx.write(model), "README.md": card.card(model).encode()}

    def save_run(self, text: bool = True) -> bytes:
        """The run as a safetensors file, from which it can be continued to the last digit.

        Args:
            text: whether the file is to have the text too; else it can be
                continued only where that is.

        Raises:
            SavedModelError: training has spoilt the model.
            SessionError: there is no run.
        """
        return b"".join(self.save_run_piecewise(text))

    def save_run_piecewise(self, text: bool = True) -> Iterator[bytes]:
        """As `save_run`, for callers with room for a part of it only.

        Nothing may be trained until all is taken.
        """
        live = self._run()
        # Often, and while training: no time for what hasn't been measured.
        choices = self._shelf.of(live.run.text_name)
        saved = dataclasses.replace(live.checkpoint(text), favourites=choices)
        return checkpoint.written(live.described(measure=False), live.run.engine, saved)

    def state_bytes(self) -> int:
        """About how many `save_run` gives without the text; nothing is saved for it.

        Raises:
            SessionError: there is no run.
        """
        run = self._run().run
        return len(PARTS) * run.engine.parameter_count * run.kind.float_bits // 8

    def text(self) -> bytes:
        """The run's text, a line each document, in UTF-8: what `save_run` leaves out on request.

        Raises:
            SessionError: there is no run.
        """
        return self._run().text()

    def facts(self) -> RunFacts:
        """The run in brief, to be kept beside what `save_run` gives.

        Raises:
            SessionError: there is no run.
        """
        return self._run().facts()

    def twin(self) -> str:
        """A Python program that repeats the run as far as it is by now: see `sharing.twin`.

        Raises:
            SessionError: there is no run, or what it began with isn't here.
        """
        if isinstance(self._present, OpenedModel):
            raise SessionError(_NO_TWIN)
        return self._run().twin()

    def open_file(self, data: bytes | Source, name: str, text: bytes | None = None) -> Opened:
        """Take the model of a file, and its run if the file has one, in place of the present.

        Args:
            data: the file, or what reads it.
            name: of the file, to show.
            text: what a run was saved without.

        Raises:
            SavedModelError: it can't be used; everything stays as it was.

        What needs changed code is told of and not opened: the present model stays, and its
        text, if it has one, is then the loaded one.
        """
        report: Opened = _last(self.open_piecewise(data, name, text))
        return report

    def open_piecewise(
        self, data: bytes | Source, name: str, text: bytes | None = None
    ) -> Iterator[Opening | Opened]:
        """As `open_file`, for callers with other things to do.

        How far it is, again and again, and at last the report; only then is the model the
        present one. It is never in memory but for the engine's own.
        """
        checking = checkpoint.opening(source(data), name, None if text is None else copied(text))
        try:
            while True:
                try:
                    yield Opening(share=_CHECKING * next(checking))
                except StopIteration as end:
                    stored: Stored = end.value
                    break
        except CodeNeededError as error:
            yield self._tell_of(error)
            return
        run = self._new_run_of(stored)
        opened = None if run else OpenedModel(stored.model, single=stored.is_single)
        engine = cast(LanguageModel, opened.model if opened else run).engine
        for share in stored.read_into(engine, PARTS if run else PARTS[:1]):
            yield Opening(share=_CHECKING + (1 - _CHECKING) * share)
        if run:
            yield self._open_run(stored, run)
        elif opened:
            yield self._open_model(opened)

    def _tell_of(self, error: CodeNeededError) -> Opened:
        """What is known of a file that needs changed code."""
        needed = error.needed
        if needed.difference is None:
            raise error
        report = None
        if needed.text:
            self._text, self._came = Text.of(needed.text), None
            report = self.describe(needed.hyperparameters.block_size)
        return of_needed(needed, needed.difference, report)

    def _open_model(self, opened: OpenedModel) -> Opened:
        self._present, self._recipe, self._text_before = opened, None, self._text
        return _opened("model", opened.described, opened.note)

    def _new_run_of(self, stored: Stored) -> Run | None:
        """A saved run on the engine that it was on, if that is here, which has learned nothing yet.

        None where it isn't one, or is too large to go on here and not to be sampled.
        """
        model, saved = stored.model, stored.run
        if saved is None or saved.corpus is None:
            return None
        h, vocabulary, text = model.hyperparameters, Vocabulary(model.characters), saved.corpus
        sizes = h, vocabulary.size, len(text.longest)
        kind = kinds.going_on_with(saved.engine, *sizes)
        if kind is kinds.COMPILED_FLOAT32 and not kind.has_room(*sizes):
            return None
        kind.check_memory(*sizes)
        return Run(text, h, kind, vocabulary, saved.state, saved.background)

    def _open_run(self, stored: Stored, run: Run) -> Opened:
        """Go on with a saved run, of which everything is here now."""
        model, saved = stored.model, stored.run
        assert saved is not None, "it has come from there"
        background, text, kind = saved.background, run.corpus, run.kind
        live = LiveRun(run, self._clock, saved=saved)
        loaded = background.text if background and background.known else text
        self._present, self._text, self._recipe = live, Text.of(loaded), None
        self._came = None
        self._shelf.add(run.text_name, saved.favourites)
        note = ""
        if kinds.going_on(saved.engine) is not kind:
            note = f"It goes on with the engine {kind.name}: {TOO_LARGE}."
        opened = _opened("run", model, note)
        if background:  # the run itself says with which it goes on
            opened["hyperparameters"] = dataclasses.asdict(background.settings)
        opened["engine"] = kind.name
        opened["text"] = self.describe(model.hyperparameters.block_size)
        opened["run"] = live.report()
        opened["progress"] = live.progress(run.losses)
        return opened

    # --- links and recipes ---

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
            return self._open_model(OpenedModel.of(content, links.fragment(link)))
        recipes.check(content)
        text = recipes.text_of(content)
        if text:
            self._text, self._came = Text.of(text), None
        self._recipe = content
        report = self.describe(content.hyperparameters.block_size) if text else None
        return recipes.opened(content, text, report, self._slowness)

    def start_recipe(self) -> RunReport:
        """Begin the run of the recipe that was opened last, which ends where that ended.

        Raises:
            LinkError: the loaded text isn't the recipe's.
            SessionError: no recipe was opened, or another run was begun since.
        """
        if (recipe := self._recipe) is None:
            raise SessionError("There is no recipe to follow. Open a link to one.")
        check_code(recipe.changed)
        # Another one may have been loaded meanwhile.
        if own := recipes.text_of(recipe):
            self._text, self._came = Text.of(own), None
        text = self._loaded().corpus(recipe.hyperparameters.block_size)
        if links.text_hash(texts.data(text)) != recipe.text_hash:
            raise LinkError(
                f"The recipe was made with another text than {text.name} as it is here, so it "
                "can't give the same model. Ask for a link to the model itself."
            )
        run = self._new_run(recipe.hyperparameters, kinds.find(recipe.engine))
        return self._begin(run, recipe=recipe)

    def recipe_outcome(self) -> RecipeOutcome:
        """Whether the run has given the very weights of the recipe that it follows.

        Raises:
            SessionError: there is no run, or it follows no recipe.
        """
        return self._run().recipe_outcome()

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
        report: LinkReport = _last(self.link_piecewise(site, max_characters))
        return report

    def best_link(self, site: str) -> LinkReport:
        """The shortest link found whose measured cost is small; else the most precise.

        Shorter ones of a smaller model are looked for only where none of its own is.

        Raises:
            LinkError: no link can have the model.
            SavedModelError, SessionError: as `link`.
        """
        report: LinkReport = _last(self.link_piecewise(site, None))
        return report

    def link_piecewise(self, site: str, max_characters: int | None) -> Iterator[str | LinkReport]:
        """As `link`, or `best_link` where no length is given, for callers with other things to do.

        What is being done, again and again, and at last the report.
        """
        # Few want one, and everybody would wait for its imports.
        from microgpt.session.links import LinkMaker

        present = self._model()
        self._check_size("be put into a link")
        block_size = present.model.hyperparameters.block_size
        text = self._text.corpus(block_size) if self._text else None
        maker = LinkMaker(present, text, site, self._clock)
        return maker.best() if max_characters is None else maker.of_length(max_characters)

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
        if isinstance(self._present, OpenedModel):
            raise LinkError(
                "The opened model came without its run, so there is no recipe for it. Choose a "
                "number of characters instead."
            )
        return recipes.report(self._run().new_recipe(examples), site, max_characters)

    # --- what there is ---

    @cached_property
    def _slowness(self) -> float:
        """Of this machine: see `waiting.slowness`."""
        return waiting.slowness(self._clock)

    def _loaded(self) -> Text:
        if self._text is None:
            raise SessionError("There is no text yet. Load one first.")
        return self._text

    def _model(self) -> LiveRun | OpenedModel:
        if self._present is None:
            raise SessionError(_NO_MODEL)
        return self._present

    def _check_size(self, what: str) -> None:
        """Refuse what would take a large model's memory many times."""
        weights = self._model().model.engine.parameter_count
        if weights > _MOST_WEIGHTS:
            raise SessionError(
                f"A model of {weights / 1e6:.1f} million weights is too large to {what} here: "
                f"{_MOST_WEIGHTS / 1e6:.0f} million are the most. It can be sampled, measured, and "
                "saved as a file."
            )

    def _run(self) -> LiveRun:
        present = self._model()
        if isinstance(present, OpenedModel):
            raise SessionError(_NO_RUN)
        return present


def _last(pieces: Iterator[Any]) -> Any:
    """What comes at the end, which is of another kind than all before."""
    for report in pieces:  # noqa: B007
        pass
    return report


def _opened(kind: str, model: Described, note: str) -> Opened:
    """What is told of a model that a file or a link has brought."""
    return Opened(
        kind=kind,
        changed=None,
        provenance=told(model.provenance),
        text_name=model.provenance.text,
        note=note,
        parameters=model.layout.size,
        vocabulary=model.characters,
        hyperparameters=dataclasses.asdict(model.hyperparameters),
        engine="",
        text=None,
        run=None,
        progress=None,
        example="",
        seconds_expected=0.0,
        longest_wait=0.0,
    )
