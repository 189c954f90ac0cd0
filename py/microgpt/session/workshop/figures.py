"""What is known of a document: how surprising each letter is, how likely, how typical, how new.

All likelihoods are at the temperature 1, whichever it was drawn at. Not about sorting by
them: see `orders`.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from microgpt.engines.engine import Engine
from microgpt.engines.nearest import MAX_QUERY
from microgpt.errors import SamplingError
from microgpt.gpt.random_streams import PythonStream
from microgpt.means import mean
from microgpt.run import LanguageModel
from microgpt.session.reports import Made
from microgpt.session.workshop.lines import Lines
from microgpt.session.workshop.spelling import as_known
from microgpt.settings import shown

if TYPE_CHECKING:
    from microgpt.session.workshop.workbench import Workbench

_ENOUGH = 50  # documents to compare the likelihood of another with


class Reference:
    """What a model makes up at the temperature 1, drawn from a stream of its own.

    So that looking at figures changes nobody's samples, and the figures are the same each time.

    Args:
        lines: whose letters are counted; else those of what the model makes up.
        count: how many documents to draw.
    """

    def __init__(
        self, model: LanguageModel, engine: Engine, lines: Lines | None, count: int
    ) -> None:
        drawn = engine.draw(PythonStream("typical"), 1.0, [model.vocabulary.bos], count)
        texts = [model.vocabulary.decode(tokens) for tokens in drawn]
        self._block_size = model.hyperparameters.block_size
        self._size = model.vocabulary.size
        # Of each length, the mean surprises of its documents, ascending.
        self._means: dict[int, list[float]] = defaultdict(list)
        for text, surprises in zip(texts, engine.surprises(texts), strict=True):
            self._means[len(text)].append(mean(surprises))
        self._around: dict[int, list[float]] = {}  # of each length asked for
        self._lines = lines
        self._letters = Counter("".join(texts))
        self._ends = sum(len(text) < self._block_size for text in texts)

    def typical(self, length: int, surprises: Sequence[float]) -> float:
        """Per cent of what the model makes of a length that is less likely than a document.

        By the mean over the letters and the end, so that where it makes few of that length,
        those of the next lengths can be compared too.
        """
        means = self._of_about(min(length, self._block_size))
        return 100 * (len(means) - bisect_right(means, mean(surprises))) / max(1, len(means))

    def _of_about(self, length: int) -> list[float]:
        """The mean surprises of documents of a length, and of the next ones until it is enough."""
        if length not in self._around:
            found: list[float] = []
            for distance in range(self._block_size + 1):
                for near in sorted({length - distance, length + distance}):
                    found += self._means.get(near, [])
                if len(found) >= _ENOUGH:
                    break
            self._around[length] = sorted(found)
        return self._around[length]

    def letter_surprise(self, document: str) -> float:
        """Nats of a document and its end by the letters' frequencies alone."""
        seen = document[: self._block_size]
        ends = len(document) < self._block_size
        if self._lines is not None:
            letters = self._lines.letters
            read = f"{seen}\n" if ends else seen
            return -math.fsum(math.log(letters.letter(c)) for c in read)
        total = self._letters.total() + self._ends + self._size  # each once more (Laplace)
        found = [math.log((self._letters[c] + 1) / total) for c in seen]
        return -math.fsum([*found, math.log((self._ends + 1) / total)] if ends else found)


def explained(
    bench: Workbench, known: Sequence[str], written: Sequence[str], near: bool = True
) -> list[Made]:
    """What is known of documents.

    Args:
        known: each as the model knows it.
        written: each as it is to be shown.
        near: whether to look for the nearest lines, which takes most of the time.
    """
    surprises = bench.engine.surprises(known)
    triples = zip(known, written, surprises, strict=True)
    return [_made(bench, text, shown_as, nats, near) for text, shown_as, nats in triples]


def _made(bench: Workbench, text: str, written: str, surprises: array[float], near: bool) -> Made:
    lines, reference, total = bench.lines, bench.reference, math.fsum(surprises)
    nearest, edits = lines.near(text) if lines and near else ("", -1)
    letters = reference.letter_surprise(text)
    return Made(
        text=written,
        in_text=lines.in_text(text) if lines else "",
        surprises=surprises,
        one_in=math.exp(total) if total < 700 else math.inf,
        nearest=nearest,
        edits=edits,
        typical=reference.typical(len(text), surprises),
        distinctive=(letters - total) / max(1, min(len(text), len(surprises))),
    )


def explain(bench: Workbench, text: object) -> Made:
    """What is known of a line that exists or is typed.

    Letters are matched whatever their case where the model knows one case only. Of a line that
    is longer than block_size, the likelihood is that of what the model reads.

    Raises:
        SamplingError: the model can't read it; its field is "text".
    """
    if not isinstance(text, str):
        raise SamplingError(f"A line must be a text, not {shown(text)}.", field="text")
    if len(text) > MAX_QUERY:
        raise SamplingError(
            f"The line has {len(text):,} characters; at most {MAX_QUERY:,} can be explained. "
            "Shorten it.",
            field="text",
        )
    known = as_known(bench.model.vocabulary, text)
    if unknown := bench.model.vocabulary.unknown(known):
        raise SamplingError(
            f"The model has never seen {', '.join(map(repr, unknown[:10]))}: "
            f"{bench.model.text_name} has only {shown(bench.model.vocabulary.characters)}.",
            field="text",
        )
    return explained(bench, [known], [text])[0]
