"""What commands share: progress in a terminal, Ctrl-C, and files read and written.

Not about what is trained or saved: see `commands`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from microgpt.errors import MicrogptError
from microgpt.session.reports import ChangedCode, Progress

_PLAIN_LINES = 20  # how many progress lines a whole run prints where nothing can be overwritten


class UsageError(MicrogptError):
    """Something about the command or its files, not about the training."""


class NotAgreedError(MicrogptError):
    """A file or a link needs changed code, which nobody has agreed to run.

    Attributes:
        sources: the changed files by name; none where they can't be made here.
    """

    def __init__(self, provenance: str, code: ChangedCode) -> None:
        advice = code["problem"] or (
            "Read it. Here it could do all that you can do, with your files and with the "
            "network.\nTo run it, add --run-changed-code."
        )
        super().__init__(
            f"{provenance}.\nIt needs the code that made it. Nothing of that was run. It "
            f"changes\n\n{code['difference']}\n{advice}"
        )
        self.sources = {file["name"]: file["text"] for file in code["files"]}


class NotMetError(MicrogptError):
    """A wish that could be fulfilled in part only; that part was printed."""


class ProgressLine:
    """The state of training: one line that is overwritten, or a line now and then."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._next = 1

    def show(self, progress: Progress, last: bool) -> None:
        """Print it, if something has happened since the last time."""
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


def _duration(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03 or 2:03."""
    if seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def interrupt_noted() -> Iterator[list[int]]:
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


def read_file(path: Path, most: int) -> bytes:
    """A file's bytes, one more than the most if it has more: enough to be refused.

    Raises:
        UsageError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None


@contextmanager
def losses_file(path: Path | None) -> Iterator[IO[str] | None]:
    """The file for the losses with its heading, if one is asked for.

    Raises:
        UsageError: it can't be written.
    """
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


class NewFile:
    """A file that is there when it is whole, and until then is what it was before.

    Its place is tried at once, so that a training doesn't end with nowhere to go.

    Raises:
        UsageError: nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))  # what a link points at, not the link
        in_place = self._path.exists() and not self._path.is_file()  # /dev/stdout, for instance
        self._unfinished = (
            None if in_place else self._path.with_name(f".microgpt-{secrets.token_hex(4)}.part")
        )
        try:
            if self._path.is_file():
                os.close(os.open(self._path, os.O_WRONLY))  # it may be kept from being changed
            self._file = self._unfinished.open("xb") if self._unfinished else self._path.open("wb")
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}.") from None

    @property
    def lasting(self) -> bool:
        """Whether it can be written again and again, each time in place of the last."""
        return self._unfinished is not None

    def write(self, pieces: Iterable[bytes]) -> None:
        """All that the file is to have; it is then on the disk.

        Raises:
            OSError: it couldn't be written; what was there before still is.
        """
        if self._unfinished and self._file.closed:
            self._file = self._unfinished.open("xb")
        self._file.writelines(pieces)
        self._file.flush()
        if self._unfinished:
            os.fsync(self._file.fileno())
            self._file.close()
            if self._path.exists():
                shutil.copymode(self._path, self._unfinished)
            self._unfinished.replace(self._path)

    def __enter__(self) -> NewFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        finally:
            if self._unfinished:
                self._unfinished.unlink(missing_ok=True)
