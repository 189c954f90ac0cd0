"""Making what was wished for, with reports on the way.

Three ways, which a report's `method` names:

- "draw": documents are drawn as in sampling, one after another from the visitor's stream, and
  what fits is kept. So what comes is the model's own distribution of what fits, and a
  seed gives the same again: how many are drawn before giving up depends on the
  size of the model, never on the clock.
- "weigh": where fewer than one draw in about 2,000 fits by its letters or its length, or too
  many would be needed: see `weighing`.
- "search": the likeliest, in order: see `likeliest`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from microgpt.gpt.random_streams import RandomStream
from microgpt.session.drawing import prefix_tokens
from microgpt.session.reports import Made, Making, Wish
from microgpt.session.workshop import wishes
from microgpt.session.workshop.constraints import Constraints
from microgpt.session.workshop.figures import explained
from microgpt.session.workshop.likeliest import Search
from microgpt.session.workshop.spelling import as_known, as_written
from microgpt.session.workshop.weighing import AT_A_TIME, MOST_WORK, Chain, Completion, Proposals
from microgpt.session.workshop.workbench import Workbench

_SLICE = 0.04  # seconds from report to report
_AT_ONCE = 20  # documents in a report: to find the nearest line takes a millisecond each
# Of a small model; see `Workbench.affordable`.
_DRAWS = 100_000
_PILOT = 4_000  # draws after which the way may change
_PROPOSALS = 30_000
_BEGINNINGS = 200_000

_SELDOM = 1 / 2000  # share of draws that fit, below which drawing starves
_RARE = 1 / 20  # share of draws that fit, below which weighing is worth its while
_EFFECTIVE = 300  # draws that proposals are to be worth at least,
_EFFECTIVE_EACH = 4  # and for each document that is chosen from them


def make(
    bench: Workbench,
    stream: RandomStream,
    values: Mapping[str, Any],
    blocked: Collection[str] = (),
) -> Iterator[Making]:
    """Reports on the way, until all is made or there is a reason why not; checked at once.

    Args:
        stream: to draw from. It is left as if documents had been drawn one by one.
        values: of a `Wish`; what is missing is as in `wishes.DEFAULT`.
        blocked: what is never to be made, however it is written.

    Raises:
        DivergedError: training has spoilt the model; not before the first report.
        SamplingError: a wish that can't come true.
    """
    wish = wishes.checked(bench.model, bench.lines, values)
    making = _Maker(bench, stream, wish, blocked)
    return making.search() if wish["likeliest"] else making.draw()


class _Maker:
    """A wish on its way."""

    def __init__(
        self, bench: Workbench, stream: RandomStream, wish: Wish, blocked: Collection[str]
    ) -> None:
        self._bench = bench
        self._stream = stream
        self._wish = wish
        self._vocabulary = bench.model.vocabulary
        self._blocked = {as_known(self._vocabulary, text) for text in blocked} | {*blocked}
        block_size = bench.model.hyperparameters.block_size
        self._constraints = Constraints(self._vocabulary, block_size, wish)
        self._beginning = prefix_tokens(bench.model, wish["prefix"])
        self._method: Literal["draw", "weigh", "search"] = "draw"
        self._draws = 0
        self._fitting = 0  # draws whose letters and lengths are as wished
        self._found = 0
        self._told = 0  # of those found
        self._fresh: list[str] = []  # found and not reported yet
        self._seen: set[str] = set()  # as written
        self._slice_end = 0.0
        self._far: dict[str, bool] = {}  # of each document that was measured

    # --- what is kept ---

    def _as_wished(self, tokens: list[int]) -> bool:
        """Whether a document that fits by its letters and length is new and far enough."""
        wish, lines = self._wish, self._bench.lines
        text = self._vocabulary.decode(tokens)
        if text in self._blocked or as_written(text, wish["written"]) in self._blocked:
            return False
        if lines is None:
            return True
        if (wish["new"] or wish["min_edits"]) and (found := lines.in_text(text)):
            if wish["new"]:
                return False
            if found == "line" and len(text) < self._constraints.block_size:
                return False
        if wish["min_edits"] <= 1:  # and it is no line
            return True
        if text not in self._far:  # which takes a millisecond, and many are drawn again
            nearest = lines.nearest
            self._far[text] = bool(nearest and nearest.far_enough(text, wish["min_edits"]))
        return self._far[text]

    def _keep(self, tokens: list[int]) -> bool:
        """Take a document that is as wished, unless it would be a repetition."""
        text = self._vocabulary.decode(tokens)
        written = as_written(text, self._wish["written"])
        if self._wish["unique"] and written in self._seen:
            return False
        self._seen.add(written)
        self._fresh.append(text)
        self._found += 1
        return True

    @property
    def _missing(self) -> int:
        return self._wish["count"] - self._found

    # --- reports ---

    def _report(self, complete: bool = False, reason: str = "") -> Making:
        """Some of what was found, not more than can be explained in a slice."""
        texts, self._fresh = self._fresh[:_AT_ONCE], self._fresh[_AT_ONCE:]
        written = [as_written(text, self._wish["written"]) for text in texts]
        made: list[Made] = explained(self._bench, texts, written)
        self._told += len(texts)
        self._slice_end = time.perf_counter() + _SLICE
        return Making(
            made=made,
            found=self._told,
            draws=self._draws,
            accepted=min(1.0, self._found / max(1, self._draws)),
            method=self._method,
            complete=complete,
            reason=reason,
        )

    def _due(self) -> Iterator[Making]:
        """Reports, if it is time for one."""
        while len(self._fresh) > _AT_ONCE:
            yield self._report()
        if time.perf_counter() > self._slice_end:
            yield self._report()

    def _last(self, reason: str = "") -> Iterator[Making]:
        """What is left to report."""
        while len(self._fresh) > _AT_ONCE:
            yield self._report()
        yield self._report(complete=True, reason=reason if self._missing else "")

    def _some(self) -> str:
        return f"{self._found:,}" if self._found else "None"

    # --- drawing ---

    def draw(self) -> Iterator[Making]:
        """Draw, and keep what fits."""
        most, pilot = self._bench.affordable(_DRAWS), self._bench.affordable(_PILOT)
        drawn: list[list[int]] = []  # the first ones, to learn from what to expect
        self._slice_end = time.perf_counter() + _SLICE
        size = 16
        while self._missing and self._draws < most:
            until = pilot if self._draws < pilot else most
            begin = time.perf_counter()
            batch = self._batch(min(size, until - self._draws))
            if self._draws <= pilot:
                drawn += batch
            took = time.perf_counter() - begin
            yield from self._due()
            size = max(1, min(4 * size, 4096, int(size * _SLICE / 2 / max(took, 1e-6))))
            if self._draws != pilot or not self._missing or not self._starves(most):
                continue
            if chain := self._chain(drawn):
                yield from self._weigh(chain)
                return
        yield from self._last(
            f"{self._some()} after {self._draws:,} draws: the model knows few like that. "
            "Ask for fewer, wish for less, raise the temperature, or ask for the likeliest."
        )

    def _batch(self, size: int) -> list[list[int]]:
        """Draw so many, or fewer if that is enough: the stream is as if there were no batches."""
        engine, wish, stream = self._bench.engine, self._wish, self._stream
        before = stream.get_state()
        batch = engine.draw(stream, wish["temperature"], self._beginning, size)
        for number, continuation in enumerate(batch, start=1):
            self._draws += 1
            tokens = [*self._beginning[1:], *continuation]
            if not self._constraints.fits(tokens):
                continue
            self._fitting += 1
            if self._as_wished(tokens) and self._keep(tokens) and not self._missing:
                if number < size:
                    stream.set_state(before)
                    engine.draw(stream, wish["temperature"], self._beginning, number)
                return batch[:number]
        return batch

    def _starves(self, most: int) -> bool:
        """Whether there is too little that fits to go on drawing."""
        share = self._fitting / self._draws
        needed = self._draws * self._wish["count"] / max(self._found, 0.5)
        return share < _SELDOM or (share < _RARE and needed > most)

    def _chain(self, drawn: list[list[int]]) -> Chain | None:
        """What weighing begins with, unless that would take too long."""
        prefix, block_size = self._beginning[1:], self._constraints.block_size
        documents = ([*prefix, *continuation] for continuation in drawn)
        chain = Chain(documents, self._vocabulary.bos, block_size)
        return chain if Completion.work(self._constraints, chain) <= MOST_WORK else None

    # --- weighing ---

    def _weigh(self, chain: Chain) -> Iterator[Making]:
        """Propose what fits, and choose from that by weight."""
        self._method = "weigh"
        proposals = Proposals(
            self._bench.engine,
            self._stream,
            self._wish["temperature"],
            self._beginning,
            self._constraints,
            chain,
        )
        for count in proposals.learn():
            self._draws += count
            yield from self._due()
        needed = max(_EFFECTIVE, _EFFECTIVE_EACH * self._missing)
        most, effective, proposed = self._bench.affordable(_PROPOSALS), 0.0, 0
        while proposed < most and effective < needed:
            # Looked at after fixed numbers of proposals, so that a seed gives the same again.
            for _ in range(0, max(needed // 2, AT_A_TIME), AT_A_TIME):
                proposed, self._draws = proposed + AT_A_TIME, self._draws + AT_A_TIME
                for tokens, logarithm in proposals.propose(AT_A_TIME):
                    if self._as_wished(tokens):
                        proposals.add(tokens, logarithm)
                yield from self._due()
            effective = proposals.effective
        yield from self._choose(proposals, proposed, effective, needed)

    def _choose(
        self, proposals: Proposals, proposed: int, effective: float, needed: int
    ) -> Iterator[Making]:
        """As many as the proposals are good for."""
        count = self._missing if effective >= needed else int(effective / _EFFECTIVE_EACH)
        most = min(self._wish["count"], self._found + count)
        # Different ones are fewer than proposals: then there simply are no more.
        candidates = proposals.in_turn() if self._wish["unique"] else proposals.chosen(count)
        for tokens in candidates:
            if self._found >= most:
                break
            self._keep(tokens)
        worth = f"{effective:,.0f} independent draw{'' if round(effective) == 1 else 's'}"
        yield from self._last(
            f"{self._some()} after {self._draws:,} draws, {proposed:,} of them directed, which are "
            f"worth {worth}: the model knows few like that. Ask for fewer, wish "
            "for less, raise the temperature, or ask for the likeliest."
        )

    # --- searching ---

    def search(self) -> Iterator[Making]:
        """The likeliest, in order."""
        self._method = "search"
        wish, most = self._wish, self._bench.affordable(_BEGINNINGS)
        self._slice_end = time.perf_counter() + _SLICE
        # Different documents can be written alike where capitals count.
        alike = wish["written"] != "as_is"
        search = Search(
            self._bench.engine,
            self._constraints,
            self._beginning,
            self._as_wished,
            wish["min_edits"] <= 1 and not (alike and wish["unique"]),
            10 * wish["count"] if alike and wish["unique"] else wish["count"],
            most,
        )
        for tokens in search.run():
            self._draws = search.looked_at
            if tokens is not None:
                self._keep(tokens)
            if not self._missing:
                break
            yield from self._due()
        self._draws = search.looked_at
        yield from self._last(self._why_not_more(search))

    def _why_not_more(self, search: Search) -> str:
        if search.exhausted:
            return f"{self._some()}: there is nothing else like that that the model could write."
        room = "there is no room for more of them" if search.full else "many are as likely"
        return (
            f"{self._some()} after {search.looked_at:,} beginnings, the likeliest first: {room}. "
            "Wish for more letters or a shorter length, or let it draw."
        )
