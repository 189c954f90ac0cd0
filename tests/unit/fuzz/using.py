"""All that can be asked of what was opened, within bounds: it is answered, or refused in words.

Not about where it comes from: `corpus`, `mutations`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from microgpt import MicrogptError, Session
from microgpt.inside import Inside
from microgpt.session.reports import Opened
from runs import NAMES, SITE
from unit.fuzz.corpus import Written

SECONDS = 1.0  # of the processor, for any one request, or for a piece of its answer
NOISE = 5  # times as long a busy machine may take
PIECES = 100  # of an answer
BYTES = 100_000_000  # more than before, for any one request
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_NEWEST = 10**9
_END = object()


class Clock:
    """Each look at it takes a while: what goes on for seconds by the clock soon ends."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 0.05
        return self._now


@dataclass
class Tally:
    """What became of some cases.

    Attributes:
        refused: by the sentence that was given, and how often.
        slowest: seconds of the processor, and of what.
        largest: bytes more than before, and of what.
    """

    cases: int = 0
    accepted: int = 0
    requests: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def __str__(self) -> str:
        opened = f"{self.cases:,} cases, {self.accepted:,} opened, {self.requests:,} requests"
        slowest, largest = f"{self.slowest[0]:.2f} s", f"{self.largest[0] / 1e6:.0f} MB"
        return (
            f"{opened}, {self.refused.total():,} refused in {len(self.refused):,} sentences; "
            f"slowest {slowest} ({self.slowest[1]}), largest {largest} ({self.largest[1]})"
        )

    def ask(self, what: str, request: Callable[[], Any]) -> Any:
        """The answer to a request, or None where it was refused.

        What is answered piece by piece, so that others get a word in, is within bounds by the
        piece; and whoever asks has enough at some time.
        """
        _forget_peak()
        before = _peak()
        try:
            answer = self._timed(what, request)
            if isinstance(answer, Iterator):
                for _ in range(PIECES):
                    if self._timed(what, partial(next, answer, _END)) is _END:
                        break
        except MicrogptError as error:
            answer = None
            self._check_words(what, str(error))
        size = _peak() - before
        self.requests += 1
        self.largest = max(self.largest, (size, what))
        assert size < BYTES, f"{what} takes {size / 1e6:.0f} MB"
        return answer

    def _timed(self, what: str, request: Callable[[], Any]) -> Any:
        begin = time.process_time()
        try:
            return request()
        finally:
            seconds = time.process_time() - begin
            self.slowest = max(self.slowest, (seconds, what))
            assert seconds < NOISE * SECONDS, f"{what} takes {seconds:.1f} s"

    def _check_words(self, what: str, words: str) -> None:
        self.refused[f"{what}: {words}"] += 1
        assert 20 < len(words) < 1500, words
        assert words.isprintable(), ascii(words)
        assert words.endswith("."), words


def _peak() -> int:
    """Bytes that the process has had at once since `_forget_peak`; 0 where nobody counts them."""
    if not _STATUS.exists():
        return 0
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def _forget_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def use(tally: Tally, found: Written, draw: Random, most: int) -> None:
    """Open something, and where that goes well ask at most so many things of it."""
    tally.cases += 1
    session, data = Session(Clock()), found.data
    if found.is_link:
        opened = tally.ask("open", lambda: session.open_link(data.decode()))
    else:
        opened = tally.ask("open", lambda: session.open_file(data, "evil", found.text))
    if opened is None:
        return
    tally.accepted += 1
    assert len(opened["provenance"]) < 500, "more than can be read at a glance"
    requests = [*_requests(session, opened, draw)]
    for what, request in draw.sample(requests, min(most, len(requests))):
        tally.ask(what, request)


Request = tuple[str, Callable[[], Any]]


def _requests(session: Session, opened: Opened, draw: Random) -> Iterator[Request]:
    if opened["changed"]:
        return  # it is only looked at
    if opened["kind"] == "recipe":
        yield from _of_recipe(session, opened)
        return
    beginning = opened["vocabulary"].strip()[:1] or " "
    yield from _of_samples(session, beginning)
    yield from _of_inside(partial(session.inside, draw.choice((0, 1, _NEWEST))), beginning)
    yield from _of_files(session, beginning)
    yield from _of_run(session) if opened["kind"] == "run" else _of_model(session, opened)


WISHES: tuple[dict[str, Any], ...] = (
    {"prefix": "a", "unique": True, "new": True},
    {"suffix": "a", "min_length": 2},
    {"likeliest": True},
    {"min_edits": 1, "written": "upper"},
)


def _of_samples(session: Session, a: str) -> Iterator[Request]:
    yield "sample", lambda: session.sample(3, 1.0)
    yield "sample as the original", lambda: session.sample(2, original=True)
    yield "sample from a beginning", lambda: session.sample(2, 10.0, a)
    yield "next characters", lambda: session.next_characters(a)
    for wish in WISHES:
        letters = {name: a if value == "a" else value for name, value in wish.items()}
        yield f"make {[*wish]}", partial(session.make, {"count": 2, **letters})
    yield "explain", lambda: session.explain(a * 3)
    for by in ("typical", "distinctive", "like", "far", "alphabet"):
        yield f"order by {by}", partial(session.order, [a, a + a], by, a)
    yield "novelty", lambda: session.novelty(1.0, 1)


def _of_inside(inside: Callable[[], Inside], a: str) -> Iterator[Request]:
    yield "line", lambda: inside().line(a * 3, 0.5)
    yield "draw", lambda: inside().draw(a)
    yield "guess", lambda: inside().guess(a)
    yield "ablation", lambda: inside().ablation(1)
    yield "without", lambda: inside().without("wte", 2)
    yield "neuron", lambda: inside().neuron(0, 0)
    yield "distances", lambda: inside().distances()
    yield "map of letters", lambda: inside().letter_map("wte")
    yield "map of places", lambda: inside().letter_map("wpe")
    yield "matrices", lambda: inside().matrices()
    yield "matrix", lambda: inside().matrix("wte")
    yield "graph", lambda: _graph(inside(), a)
    yield "one step", lambda: (inside().one_step(), inside().one_step_matrix("wte"))
    yield "one step before", lambda: inside().one_step(1)
    yield "what if", lambda: inside().what_if("begins", a, [a], 1)


def _graph(inside: Inside, a: str) -> list[Any]:
    values = inside.graph(a)["values"]
    asked = (inside.graph_value, inside.graph_path, inside.graph_proof)
    found: list[Any] = [inside.graph_vectors(0)]
    for value in (0, values // 2, values - 1):
        found += [ask(value) for ask in asked]
    return found


def _of_files(session: Session, a: str) -> Iterator[Request]:
    yield "save the model", lambda: _opens(session.save_model())
    yield "save the run", lambda: _opens(session.save_run())
    yield "export", session.export
    for characters in (600, 4000, None):
        yield f"link of {characters}", partial(_link, session, characters)
    yield "recipe", lambda: _leads(session.recipe(SITE, 8000, {})["address"])
    yield "program", lambda: compile(session.twin(), "twin.py", "exec")
    yield "favourites", partial(session.set_favourites, ["anna"], ["karl"])
    yield "learn favourites", partial(_learn_favourites, session, [a, a * 2, a * 3])


def _link(session: Session, characters: int | None) -> Iterator[None]:
    report: Any = None
    for report in session.link_piecewise(SITE, characters):  # noqa: B007
        yield
    _leads(report["address"])


def _learn_favourites(session: Session, liked: list[str]) -> None:
    session.set_favourites(liked, [])
    session.learn_favourites(10)
    session.advance(1, 1)
    session.learning(1)
    session.verdict()
    _opens(session.save_run())


def _opens(data: bytes) -> None:
    """What was saved is opened again."""
    _surely(lambda: Session(Clock()).open_file(data, "again"))


def _leads(address: str) -> None:
    """So is what a link shares."""
    _surely(lambda: Session(Clock()).open_link(address))


def _surely(request: Callable[[], Any]) -> None:
    try:
        request()
    except MicrogptError as error:
        raise AssertionError(f"What was made here can't be opened: {error}") from error


def _of_run(session: Session) -> Iterator[Request]:
    yield "advance", lambda: session.advance(1, session.facts()["step"] + 2)
    yield "learning", lambda: session.learning(1)
    yield "verdict", lambda: (session.learning(1), session.verdict())
    yield "look at", lambda: session.look_at(0)
    yield "train more", partial(_train_more, session)
    yield "keep the best", session.keep_best
    yield "stop", session.stop
    yield "text", session.text
    yield "facts", session.facts
    yield "so far", session.so_far
    yield "unseen", lambda: session.unseen(5)
    for engine in ("scalar", "compiled", "compiled-float32"):
        yield f"go on with {engine}", partial(_go_on, session, engine)


def _train_more(session: Session) -> None:
    session.train_more(5)
    session.advance(1, session.facts()["step"] + 2)


def _go_on(session: Session, engine: str) -> None:
    session.use_engine(engine)
    session.advance(1, session.facts()["step"] + 2)
    _opens(session.save_run())


def _of_model(session: Session, opened: Opened) -> Iterator[Request]:
    for engine in ("compiled", "compiled-float32"):
        yield f"learn from it with {engine}", partial(_learn_from_it, session, opened, engine)


def _learn_from_it(session: Session, opened: Opened, engine: str) -> None:
    session.load(NAMES, "names.txt", opened["hyperparameters"]["block_size"])
    session.opened_notes()
    session.start(opened["hyperparameters"], engine, from_opened=True)
    session.advance(1, 2)
    session.learning(1)
    session.verdict()


def _of_recipe(session: Session, opened: Opened) -> Iterator[Request]:
    steps = session._recipe.steps_done if session._recipe else 1
    if opened["seconds_expected"] / steps < SECONDS / 20:  # else the page asks first
        yield "follow", partial(_follow, session, opened)


def _follow(session: Session, opened: Opened) -> None:
    if opened["text"] is None:
        session.load(NAMES, "names.txt")
    session.start_recipe()
    session.advance(1, 2)
    session.stop()
    session.recipe_outcome()
    _opens(session.save_run())
