"""The command line: `python -m microgpt train names.txt`, the page's twin.

Prints what the original program prints: sizes, progress, then samples.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from microgpt import MicrogptError, Session, __version__, host
from microgpt.corpus import MAX_BYTES
from microgpt.engines import ENGINES, fastest
from microgpt.errors import DivergedError
from microgpt.hyperparameters import Entry, table
from microgpt.session import Progress

_ADVANCE_MS = 100  # how often the live line changes, and how soon Ctrl-C is answered
_PLAIN_LINES = 20  # how many progress lines a whole run prints where nothing can be overwritten


class UsageError(MicrogptError):
    """Something about the command or its files, not about the training."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the process's exit code."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows a ?
    try:
        _train(options)
    except MicrogptError as error:
        print(f"microgpt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # a second Ctrl-C, or one while nothing has been learned
        print("\nmicrogpt: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a full disk, for instance
        print(f"microgpt: writing failed: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgpt", description="Train a GPT on the lines of a text, in pure Python."
    )
    parser.add_argument("--version", action="version", version=f"microgpt {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train on FILE, then print samples")
    train.add_argument("file", type=Path, metavar="FILE", help="a text, one document a line")
    train.add_argument(
        "--stop-after", type=int, metavar="N", help="end after N steps of the plan of --steps"
    )
    train.add_argument("--losses", type=Path, metavar="OUT.csv", help="write step,loss")
    train.add_argument(
        "--engine",
        choices=list(ENGINES),
        default=fastest(),
        help="what computes (default: compiled where wasmtime is installed, else scalar)",
    )
    train.add_argument(
        "--samples", type=int, default=20, metavar="N", help="how many to print (default: 20)"
    )
    train.add_argument(
        "--temperature", type=float, default=0.5, metavar="T", help="of the samples (default: 0.5)"
    )
    train.add_argument("--prefix", default="", metavar="TEXT", help="what each sample begins with")
    group = train.add_argument_group("hyperparameters")
    for entry in table():
        _add_hyperparameter(group, entry)
    return parser


def _add_hyperparameter(group: argparse._ArgumentGroup, entry: Entry) -> None:
    """One option, made from a row of the table; its range is checked by the table's own check."""
    flag = "--" + entry["name"].replace("_", "-")
    # argparse reads a % in help as its own; the table has none, but may one day.
    text = entry["help"].replace("%", "%%")
    default = f" (default: {entry['default']})"
    if entry["type"] == "choice":
        group.add_argument(
            flag, choices=entry["choices"], default=entry["default"], help=text + default
        )
        return
    kind = int if entry["type"] == "int" else float
    text += f" {entry['minimum']:,} to {entry['maximum']:,}"
    text += f" {entry['unit']}" if entry["unit"] else ""
    group.add_argument(flag, type=kind, default=entry["default"], metavar="N", help=text + default)


def _train(options: argparse.Namespace) -> None:
    hyperparameters = {entry["name"]: getattr(options, entry["name"]) for entry in table()}
    if options.stop_after is not None and options.stop_after < 1:
        raise UsageError("--stop-after must be at least 1 step.")
    session = Session()
    text = session.load(_read(options.file), options.file.name, options.block_size)
    run = session.start(hyperparameters, options.engine)
    # Faulty sampling options are refused now, not after the training.
    sampling = {
        "count": options.samples,
        "temperature": options.temperature,
        "prefix": options.prefix,
    }
    session.sample(**sampling, original=True)

    for note in text["notes"]:
        print(note, file=sys.stderr)
    if not host.available():
        print(
            "The scalar engine computes; the compiled one is hundreds of times as fast "
            "(pip install wasmtime).",
            file=sys.stderr,
        )
    print(f"num docs: {text['documents']}")
    print(f"vocab size: {run['vocabulary_size']}")
    print(f"num params: {run['parameters']}")
    with _opened(options.losses) as losses, _interrupt_noted() as interrupted:
        progress = _advance(session, options.stop_after, losses, interrupted)
        if progress["problem"]:
            raise DivergedError(progress["problem"])
        if interrupted:
            what = f"Interrupted after step {progress['step']}; what it has learned so far:"
            print(what, file=sys.stderr)
        if run["holdout_documents"]:
            _print_holdout(session, interrupted)
    session.stop()
    print("\n--- inference (new, hallucinated names) ---")
    for number, sample in enumerate(session.sample(**sampling, original=True), start=1):
        print(f"sample {number:2d}: {sample['text']}", flush=True)


def _advance(
    session: Session, stop_after: int | None, losses: IO[str] | None, interrupted: list[int]
) -> Progress:
    """Train to the end, to stop_after or to Ctrl-C, showing progress; the last report."""
    line = _ProgressLine()
    done = 0
    while True:
        progress = session.advance(_ADVANCE_MS, stop_after)
        if losses:
            for step, loss in enumerate(progress["losses"], start=done + 1):
                losses.write(f"{step},{loss!r}\n")
        done = progress["step"]
        ended = progress["finished"] or done == stop_after or progress["problem"] or interrupted
        line.show(progress, bool(ended))
        if ended:
            return progress


class _ProgressLine:
    """The state of training: one line that is overwritten, or a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._next = 1

    def show(self, progress: Progress, last: bool) -> None:
        if not progress["losses"]:
            return
        step, steps = progress["step"], progress["steps"]
        line = f"step {step:4d} / {steps:4d} | loss {progress['losses'][-1]:.4f}"
        line += f" | {progress['steps_per_second']:.1f} steps/s"
        if not last:
            line += f" | {_duration(progress['seconds_left'])} left"
        if self._live:
            print(f"\r\x1b[K{line}", end="\n" if last else "", flush=True)
        elif last or step >= self._next:
            print(line, flush=True)
            self._next = step + max(1, steps // _PLAIN_LINES)


def _print_holdout(session: Session, interrupted: list[int]) -> None:
    """Measure the loss on what was held out, and print it; Ctrl-C ends with what is measured."""
    live = sys.stdout.isatty()
    while True:
        holdout = session.holdout_loss(_ADVANCE_MS)
        assert holdout is not None
        measured = f"held-out loss: {holdout['loss']:.4f}"
        done, of = holdout["documents"], holdout["of"]
        if done == of or interrupted:
            print("\r\x1b[K" * live + f"{measured} ({done} of {of} docs)")
            return
        if live:
            print(f"\r\x1b[K{measured} | {done} / {of}", end="", flush=True)


def _duration(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03 or 2:03."""
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one byte too many is refused by the corpus
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str] | None]:
    """The file for the losses with its heading, if one is asked for."""
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="ascii", newline="\n")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from None
    with file:
        file.write("step,loss\n")
        yield file


@contextmanager
def _interrupt_noted() -> Iterator[list[int]]:
    """Ctrl-C is noted, so that no step is left half done; a second one interrupts at once."""
    noted: list[int] = []

    def note(signal_number: int, _frame: FrameType | None) -> None:
        noted.append(signal_number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())
