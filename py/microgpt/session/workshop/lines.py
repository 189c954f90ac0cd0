"""The text of a model, to compare with: its lines in order, and the nearest to a given one.

Running text has no lines: of it, only whether something stands in it is known.
"""

from __future__ import annotations

from functools import cached_property

from microgpt.engines.nearest import MAX_CHARACTERS, MAX_QUERY, Nearest
from microgpt.run import InText, LanguageModel, Run, in_documents
from microgpt.session.baselines import Baselines
from microgpt.texts import RunningText

_COUNTED = 100_000  # lines in which letters are counted, or windows of running text


class Lines:
    """All lines that a run has, also those that were kept out of its training.

    Attributes:
        documents: each once, in order; none of running text.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._running = isinstance(run.corpus, RunningText)
        lines = () if self._running else {*run.sorted_documents, *run.holdout_documents}
        self.documents = sorted(lines)
        self._block_size = run.hyperparameters.block_size
        self._vocabulary_size = run.vocabulary.size
        self._learned = run.training_documents

    def in_text(self, document: str) -> InText:
        """What a document is to these lines: see `Run.in_text`."""
        if self._running:
            return self._run.in_text(document)
        return in_documents(self.documents, document, self._block_size)

    @cached_property
    def seen(self) -> list[str]:
        """What the model can write of each line, each once: all of it, or its beginning."""
        return list(dict.fromkeys(document[: self._block_size] for document in self.documents))

    @cached_property
    def nearest(self) -> Nearest | None:
        """Looks for the nearest line; None where there are too many, or none, to look through."""
        if self._running or sum(map(len, self.documents)) > MAX_CHARACTERS:
            return None
        return Nearest(self.documents)

    def near(self, document: str) -> tuple[str, int]:
        """The nearest line and the edits to it; "" and -1 where that isn't known."""
        if self.in_text(document) == "line" and len(document) < self._block_size:
            return document, 0  # most of what is looked for
        if self.nearest is None or len(document) > MAX_QUERY:
            return "", -1
        return self.nearest.find(document) or ("", -1)

    @cached_property
    def letters(self) -> Baselines:
        """How frequent each letter is."""
        return Baselines(self._learned[:_COUNTED], self._vocabulary_size, self._block_size)


def lines_of(model: LanguageModel) -> Lines | None:
    """The lines of a model's text, or None where that isn't here."""
    return Lines(model) if isinstance(model, Run) else None
