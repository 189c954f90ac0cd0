"""What each command does, from its options: see `__main__` for those.

Data goes to stdout, notes go to stderr; only what trains prints its progress to
stdout too, as the original program does.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import IO

from microgpt.cli import making
from microgpt.cli.terminal import (
    NewFile,
    NotAgreedError,
    ProgressLine,
    UsageError,
    interrupt_noted,
    losses_file,
    read_file,
)
from microgpt.compiler import explain as explanation
from microgpt.engines import host, machines, team
from microgpt.engines.compiled import lowered
from microgpt.engines.kinds import ENGINES, fastest
from microgpt.errors import CorpusError, DivergedError
from microgpt.kernels import KERNELS
from microgpt.kernels.sizes import Sizes
from microgpt.session import Session
from microgpt.session.reports import LinkReport, Opened, Progress, RunReport, Sample, TextReport
from microgpt.settings import from_mapping, table
from microgpt.sharing import difference
from microgpt.sharing.checkpoint import MAX_FILE
from microgpt.texts import MAX_BYTES, counted

KERNEL_SIZES = {field.name for field in fields(Sizes)}  # what kernels are compiled for
PRECISIONS = ("float64", "float32", "bf16")  # of an engine's name the end, but for the first
_MEASURE_SECONDS = 10
_ADVANCE_MS = 100  # how often the live line changes, and how soon Ctrl-C is answered


def train(options: argparse.Namespace) -> None:
    """Train on a text, then print samples."""
    if options.save is not None and (code := difference.in_use()):
        difference.between(code)  # what is too long to be saved is refused now
    _check_files([options.file], [options.losses, options.save])
    given = {entry["name"]: getattr(options, entry["name"]) for entry in table()}
    hyperparameters = {name: value for name, value in given.items() if value is not None}
    engine = _engine(options, fastest().name)
    _use_cores(options)
    if options.compile:
        machines.compile_models()
    session = Session()
    data = read_file(options.file, MAX_BYTES)
    text = _load(session, data, options)
    run = session.start(hyperparameters, engine)
    _train(session, options, run, 0, text["notes"])


def _load(session: Session, data: bytes, options: argparse.Namespace) -> TextReport:
    """Take a text, read as the options say.

    Raises:
        CorpusError: it can't be; the message names an option that helps, if one does.
    """
    documents, _, column = (options.documents or "").partition(":")
    reading = {
        "encoding": options.encoding,
        "documents": documents,
        "column": column,
        "normalize": not options.no_normalize,
        "lower_case": options.lower_case,
        "most_frequent": options.most_frequent,
        "replacement": options.replacement,
        "drop_repeated": options.drop_repeated,
        "split_long": options.split_long,
    }
    try:
        return session.load(data, options.file.name, options.block_size, reading)
    except CorpusError as error:
        possible = session.encoding_previews() if error.field == "encoding" else []
        if not possible:
            raise
        ways = "".join(
            f"\n  --encoding {each['encoding']}: {' / '.join(each['first'])}" for each in possible
        )
        raise CorpusError(f"{error}\nIt could be read with{ways}", error.field) from None


def continue_(options: argparse.Namespace) -> None:
    """Go on with a run that was saved, then print samples."""
    _check_files([options.file], [options.losses])
    _check_files([], [options.losses, options.save])
    _use_cores(options)
    if options.compile:
        machines.compile_models()
    session = Session()
    opened = _open_file(session, options.file)
    run, progress = opened["run"], opened["progress"]
    if run is None or progress is None:
        raise UsageError(
            f"{options.file} has a model, but not the run that made it: it can be sampled "
            "(microgpt sample), not continued."
        )
    done = progress["step"]
    ending = progress["ending"]
    engine = _engine(options, run["engine"])
    if options.more is not None:
        run, ending = session.train_more(options.more), ""
    if ending == "stopped":
        raise UsageError(
            f"The run in {options.file} was ended for good after step {done:,}: it can be sampled "
            "(microgpt sample), or given another plan (--more N)."
        )
    if options.stop_after is not None and options.stop_after < done:
        raise UsageError(
            f"--stop-after {options.stop_after} lies behind: the run in {options.file} has taken "
            f"{done:,} of {run['steps']:,} steps."
        )
    if engine != run["engine"]:
        session.use_engine(engine)
        run["engine"] = engine
    note = f"{opened['provenance']}: going on after step {done:,} of {run['steps']:,}."
    if ending == "finished":
        note = f"{opened['provenance']}: all {done:,} steps are done."
    _train(session, options, run, done, [note])


def _use_cores(options: argparse.Namespace) -> None:
    """Let the run have as many cores as the options say."""
    if options.cores is not None and options.cores < 1:
        raise UsageError("--cores must be at least 1.")
    team.allow(options.cores)


def _engine(options: argparse.Namespace, otherwise: str) -> str:
    """The name of the engine that the options ask for; without any, of the other one.

    Raises:
        UsageError: they contradict each other, or torchrun.
    """
    name = options.engine or otherwise
    family, _, precision = name.partition("-")
    if machines.count() > 1 and not options.engine:
        family = "torch"
    if options.engine and precision not in ("", options.precision or precision):
        raise UsageError(f"--engine {name} has a precision already: leave out --precision.")
    precision = options.precision or precision or PRECISIONS[0]
    name = family if precision == PRECISIONS[0] else f"{family}-{precision}"
    if name not in ENGINES:
        raise UsageError(f"The {family} engine can't compute with {precision}.")
    if machines.count() > 1 and family != "torch":
        raise UsageError(
            f"torchrun has started {machines.count()} processes, and the {family} engine computes "
            "in one. Leave out --engine, or torchrun."
        )
    if options.compile and family != "torch":
        raise UsageError("--compile is PyTorch's: add --engine torch.")
    return name


def sample(options: argparse.Namespace) -> None:
    """Print what a model makes up, a document a line."""
    session = Session()
    opened = open_source(session, options.source)
    if options.seed is not None:
        session.seed_samples(options.seed)
    if making.asked_for(options):
        making.make(session, options, opened["provenance"])
        return
    count = 20 if options.samples is None else options.samples
    samples = session.sample(
        count, options.temperature, options.prefix, original=options.seed is None
    )
    print(opened["provenance"], file=sys.stderr)
    drawn = []
    for each in samples:
        print(each["text"], flush=True)
        drawn.append(each)
    _print_copies(drawn)


def link(options: argparse.Namespace) -> None:
    """Print the address that a file's model fits into."""
    session = Session()
    _open_file(session, options.file)
    if options.max_characters is None:
        report = session.best_link(options.site)
    else:
        report = session.link(options.site, options.max_characters)
    print(report["address"])
    print(f"{report['characters']:,} characters; {report['provenance']}", file=sys.stderr)
    print(_cost(report), file=sys.stderr)


def _cost(report: LinkReport) -> str:
    """What a link's model has lost, and what can be done about it."""
    loss, loss_in_link = report["loss"], report["loss_in_link"]
    if loss is None or loss_in_link is None:
        return "What the shortening costs can't be measured: the file doesn't have the text."
    which = "documents that it has not learned from" if report["unseen"] else "documents"
    if not report["measured_on"]:
        which = "documents that it made up"
    cost = (
        f"Loss on {report['documents']:,} {which}: {loss:.4f} nats in the file, "
        f"{loss_in_link:.4f} in the link ({loss_in_link - loss:+.4f})."
    )
    if report["n_embd"] != report["own_n_embd"]:
        cost += (
            f" It is a smaller model, {report['n_embd']} wide in place of {report['own_n_embd']}, "
            "trained on the same text."
        )
    if not report["faithful"]:
        cost += " That is another model than the file's: allow more characters, or send the file."
    return cost


def save(options: argparse.Namespace) -> None:
    """Write the model of a link to a file, with its run if the link was a recipe."""
    session = Session()
    with NewFile(options.file) as file:
        opened = open_source(session, options.source)
        is_model = opened["kind"] == "model"
        file.write(session.save_model_piecewise() if is_model else session.save_run_piecewise())
    print(opened["provenance"], file=sys.stderr)


def export(options: argparse.Namespace) -> None:
    """Write a model for other programs, and a card beside it that tells of it."""
    session = Session()
    opened = open_source(session, options.source)
    folder = options.output
    if folder is None:
        name = Path(options.source).stem if os.path.exists(options.source) else "microgpt"
        folder = Path(f"{name}-{options.to}")
    files = session.export(options.to)
    if there := [name for name in files if (folder / name).exists()]:
        raise UsageError(f"{folder / there[0]} would be overwritten. Choose another --output.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} can't be made: {error.strerror}.") from None
    for name, data in files.items():
        with NewFile(folder / name) as file:
            file.write([data])
    print(opened["provenance"], file=sys.stderr)
    print(f"Saved {' and '.join(str(folder / name) for name in files)}", file=sys.stderr)


def twin(options: argparse.Namespace) -> None:
    """Print a Python program that repeats a saved run."""
    session = Session()
    _open_file(session, options.file)
    program = session.twin()
    sys.stdout.flush()
    sys.stdout.buffer.write(program.encode())  # Python reads UTF-8, whatever the terminal does


def explain(options: argparse.Namespace) -> None:
    """Print what the compiled engine makes of a kernel, or which kernels there are."""
    if options.vocabulary_size < 2:
        raise UsageError("--vocabulary-size must be at least 2: a character, and the end.")
    names = [entry["name"] for entry in table() if entry["name"] in KERNEL_SIZES]
    hyperparameters = from_mapping({name: getattr(options, name) for name in names})
    sizes = Sizes.of(hyperparameters, options.vocabulary_size)
    program = lowered(sizes, options.float_bits, options.simd)
    if options.kernel is None:
        print(explanation.summary(program))
        return
    made = explanation.kernel_names(program)
    if options.kernel in KERNELS and options.kernel not in made:
        raise UsageError(f"Nothing calls {options.kernel} with these sizes and options.")
    if options.kernel not in made:
        all_names = textwrap.fill(", ".join(made) + ".", 80)
        raise UsageError(f"There is no kernel {options.kernel}. There are\n{all_names}")
    print(explanation.explain(program, options.kernel))


# --- training ------------------------------------------------------------------------------


def _train(
    session: Session, options: argparse.Namespace, run: RunReport, done: int, notes: list[str]
) -> None:
    """Train from a step on, save what is asked for, and print samples."""
    if options.stop_after is not None and options.stop_after < 1:
        raise UsageError("--stop-after must be at least 1 step.")
    if options.save_every is not None and options.save is None:
        raise UsageError("--save-every says how often to --save: add --save FILE.")
    if options.save_every is not None and options.save_every < 1:
        raise UsageError("--save-every must be at least 1 step.")
    if options.model_only and options.save is None:
        raise UsageError("--model-only says what to --save: add --save FILE.")
    # Faulty sampling options are refused now, not after the training.
    sampling = {
        "count": options.samples,
        "temperature": options.temperature,
        "prefix": options.prefix,
    }
    session.sample(**sampling, original=True)
    engine = run["engine"]
    with ExitStack() as stack:
        file = stack.enter_context(NewFile(options.save)) if options.save else None
        if file and options.save_every and not file.lasting:
            raise UsageError(f"{options.save} can be written once: leave out --save-every.")
        losses = stack.enter_context(losses_file(options.losses))
        for note in (*notes, run["note"]):
            print(note, end="\n" if note else "", file=sys.stderr)
        if engine.startswith("torch"):
            print(machines.described(), file=sys.stderr)
        elif not host.available():
            print(
                "The scalar engine computes; the compiled one is hundreds of times as fast "
                "(pip install wasmtime).",
                file=sys.stderr,
            )
        print(f"num docs: {run['training_documents'] + run['holdout_documents']}")
        print(f"vocab size: {run['vocabulary_size']}")
        print(f"num params: {run['parameters']}")
        saving = _Saving(session, options, file)
        with interrupt_noted() as interrupted:
            progress = _advance(session, options.stop_after, done, losses, interrupted, saving)
            if progress["problem"]:
                raise DivergedError(progress["problem"] + saving.left())
            if interrupted:
                what = f"Interrupted after step {progress['step']}; what it has learned so far:"
                print(what, file=sys.stderr)
            _print_measured(session, interrupted)
        if file:  # before the samples, which may be too many to wait for
            saving.save(progress["step"])
            print(f"Saved {options.save}", file=sys.stderr)
    print("\n--- inference (new, hallucinated names) ---")
    drawn = []
    for number, each in enumerate(session.sample(**sampling, original=True), start=1):
        print(f"sample {number:2d}: {each['text']}", flush=True)
        drawn.append(each)
    _print_copies(drawn)


def _print_copies(drawn: list[Sample]) -> None:
    """Say which samples are no inventions, on stderr: stdout has what the original prints."""
    for mark, what in (("line", "In the text"), ("beginning", "The beginning of a line")):
        copies = [each["text"] for each in drawn if each["in_text"] == mark]
        if copies:
            shown = ", ".join(dict.fromkeys(copies))
            print(f"{what}: {len(copies):,} of {len(drawn):,} ({shown}).", file=sys.stderr)


def _advance(
    session: Session,
    stop_after: int | None,
    done: int,
    losses: IO[str] | None,
    interrupted: list[int],
    saving: _Saving,
) -> Progress:
    """Train to the end, to stop_after or to Ctrl-C, showing progress; the last report."""
    line = ProgressLine()
    while True:
        until = min(filter(None, (stop_after, saving.next_step(done))), default=None)
        progress = session.advance(_ADVANCE_MS, until)
        if losses:
            for step, loss in enumerate(progress["losses"], start=done + 1):
                losses.write(f"{step},{loss!r}\n")
        if progress["step"] == saving.next_step(done):
            saving.save(progress["step"])
            if losses:
                losses.flush()
        done = progress["step"]
        ended = progress["ending"] or done == stop_after or interrupted
        line.show(progress, bool(ended))
        if ended:
            return progress


class _Saving:
    """What --save writes: at the end, and every so many steps on the way."""

    def __init__(self, session: Session, options: argparse.Namespace, file: NewFile | None) -> None:
        self._session = session
        self._every: int | None = options.save_every
        self._model_only: bool = options.model_only
        self._file = file
        self._step = 0  # of what was saved last

    def next_step(self, done: int) -> int | None:
        """At which step something is saved next, if it is."""
        return self._every and (done // self._every + 1) * self._every

    def save(self, step: int) -> None:
        """Write what there is after that step, in place of what was saved before."""
        assert self._file is not None
        session = self._session
        self._file.write(
            session.save_model_piecewise() if self._model_only else session.save_run_piecewise()
        )
        self._step = step

    def left(self) -> str:
        """What is left where training has failed, a sentence or nothing."""
        if self._file is None:
            return ""
        if not self._step:
            return " Nothing was saved."
        return f" What was saved after step {self._step:,} is kept."


def _print_measured(session: Session, interrupted: list[int]) -> None:
    """Print the loss on other lines than those that were learned from, and the verdict.

    What can't be measured in some seconds is left out: the scalar engine is slow.
    """
    end = time.monotonic() + (1 if interrupted else _MEASURE_SECONDS)
    interruptions = len(interrupted)
    while not (learning := session.learning(_ADVANCE_MS))["complete"]:
        if len(interrupted) > interruptions or time.monotonic() > end:
            break
    if learning["complete"] and learning["holdout"]:
        lines = counted(learning["documents"], "line")
        which = "kept out" if learning["kept_out"] else "never reached"
        print(f"held-out loss: {learning['holdout'][-1]:.4f} ({lines} {which})")
    for remark in session.verdict():
        print(remark["text"], file=sys.stderr)


# --- files and links -----------------------------------------------------------------------


def _check_files(read: list[Path], written: list[Path | None]) -> None:
    """Refuse to write over what is read, or two things into one file."""
    seen = {os.path.realpath(path) for path in read}
    for path in written:
        if path is not None:
            real = os.path.realpath(path)
            if real in seen and (not path.exists() or path.is_file()):
                raise UsageError(f"{path} would be overwritten. Choose another name.")
            seen.add(real)


def _open_file(session: Session, path: Path) -> Opened:
    return _opened(session.open_file(read_file(path, MAX_FILE), path.name))


def _opened(opened: Opened) -> Opened:
    """The same, if it is here to be used.

    Raises:
        NotAgreedError: it needs changed code.
    """
    if opened["changed"]:
        raise NotAgreedError(opened["provenance"], opened["changed"])
    return opened


def open_source(session: Session, source: str) -> Opened:
    """Take the model of a link or of a file; the recipe of a link is followed to its end."""
    if os.path.exists(source) or not ("#m=" in source or "#r=" in source):
        return _open_file(session, Path(source))
    opened = _opened(session.open_link(source))
    if opened["kind"] == "recipe":
        _follow_recipe(session, opened)
    return opened


def _follow_recipe(session: Session, opened: Opened) -> None:
    """Train as a recipe says, and tell whether that gave the same model."""
    if opened["example"]:
        raise UsageError(
            f"The link is a recipe for a text that the page has built in ({opened['example']}). "
            "Open it on the page."
        )
    session.start_recipe()
    while not (progress := session.advance(_ADVANCE_MS))["ending"]:
        pass
    if progress["problem"]:
        raise DivergedError(progress["problem"])
    same = (
        "every bit of it is the same" if session.recipe_outcome()["same"] else "not quite the same"
    )
    print(f"Trained again as the recipe says: {same}.", file=sys.stderr)
