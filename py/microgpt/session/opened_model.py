"""A model that was opened and came without its run: it can be sampled, shared and learned from."""

from __future__ import annotations

from microgpt.engines import kinds
from microgpt.engines.kinds import EngineKind
from microgpt.errors import HyperparameterError, SessionError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import LanguageModel, Run, new_stream
from microgpt.session.live_run import samples_stream
from microgpt.settings import SHAPE
from microgpt.sharing.saved import Described, SavedModel, moved_to
from microgpt.texts import MAX_CHARACTERS

TOO_LARGE = "in float64 it would not fit into memory"
_DRAWN = 4_000_000  # weights
_SHOWN = 30  # characters of a difference between vocabularies


class OpenedModel:
    """What a link or a file without a run has brought.

    Attributes:
        described: as it came, but for its weights.
        fragment: the link that it came by, or "".
        model: what is sampled; a large one has no room to learn.
        samples: the stream that samples are drawn from.

    Args:
        single: whether its weights are floats of 4 bytes.

    Raises:
        HyperparameterError: it would need too much memory.
    """

    def __init__(self, described: Described, fragment: str = "", single: bool = False) -> None:
        h, vocabulary = described.hyperparameters, Vocabulary(described.characters)
        kind = kinds.fastest_for(h, vocabulary.size, h.block_size, single)
        self.described = described
        self.fragment = fragment
        # Drawn in vain, so that the stream is where it has always been; of millions it would
        # take half a minute.
        few = described.layout.size <= _DRAWN
        name, stream = described.provenance.text, new_stream(h)
        self.model = LanguageModel(h, vocabulary, name, kind, stream, draw=few)
        self.samples = samples_stream(h)

    @staticmethod
    def of(saved: SavedModel, fragment: str = "") -> OpenedModel:
        """One with its weights."""
        opened = OpenedModel(saved.described, fragment)
        opened.model.engine.set_weights(saved.weights)
        return opened

    @property
    def note(self) -> str:
        """What can't be done with a model of its size, in a sentence; or ""."""
        sizes = self.described.hyperparameters, self.model.vocabulary.size, 0
        single = kinds.COMPILED_FLOAT32
        if not single.knows_algorithm or kinds.COMPILED.has_room(*sizes):
            return ""
        if single.has_room(*sizes):
            return f"It can be trained on with the engine {single.name} alone: {TOO_LARGE}."
        needed, limit = single.memory(*sizes) / 1e9, kinds.MAX_MEMORY / 1e9
        return (
            "It can be sampled here, but not trained on: that would take "
            f"{needed:.1f} GB of memory, and {limit:.0f} GB is the limit."
        )

    @property
    def origin(self) -> str:
        """What a run that begins with it says about its origin."""
        return self.described.provenance.text or "an opened model"

    def saved_model(self) -> SavedModel:
        """The model as data."""
        known = self.described
        weights = self.model.engine.get_state().weights
        return SavedModel(known.hyperparameters, known.characters, weights, known.provenance)

    def new_run(self, text: Corpus, hyperparameters: Hyperparameters, kind: EngineKind) -> Run:
        """A run that begins with its weights; characters that are new to it get random ones.

        Raises:
            HyperparameterError: of another shape than it has, or too large.
            SessionError: there are too many characters.
        """
        known = self.described
        _check_shape(hyperparameters, known.hyperparameters)
        vocabulary = Vocabulary("".join(sorted({*known.characters, *text.characters})))
        if len(vocabulary.characters) > MAX_CHARACTERS:
            raise SessionError(
                f"The model and {text.name} together have {len(vocabulary.characters):,} distinct "
                f"characters, and {MAX_CHARACTERS:,} is the limit. Take a text that is "
                "more like the model's own, or begin with random weights."
            )
        kind.check_memory(hyperparameters, vocabulary.size, len(text.longest))
        run = Run(text, hyperparameters, kind, vocabulary)
        # A character that is new to the model keeps what was drawn for it.
        for first, place, count in moved_to(known, vocabulary.characters):
            weights = self.model.engine.numbers("weights", first, count)
            run.engine.put("weights", place, weights)
        return run

    def notes(self, text: Corpus) -> list[str]:
        """How a text's characters and its own differ, one sentence each."""
        known = set(self.described.characters)
        new = sorted(set(text.characters) - known)
        unused = sorted(known - set(text.characters))
        notes = []
        if new:
            notes.append(
                f"New to the model: {_listed(new)}. Their weights begin at random; "
                "it learns them from this text alone."
            )
        if unused:
            notes.append(
                f"Not in this text: {_listed(unused)}. The model keeps them, "
                "and slowly forgets how they were used."
            )
        return notes


def _check_shape(hyperparameters: Hyperparameters, model: Hyperparameters) -> None:
    """Refuse to go on with a model in another shape than it has."""
    others = [name for name in SHAPE if getattr(hyperparameters, name) != getattr(model, name)]
    if others:
        needed = ", ".join(f"{name} = {getattr(model, name)}" for name in others)
        raise HyperparameterError(
            f"The opened model has {needed}. Set that to go on with it, "
            "or begin with random weights.",
            field=others[0],
        )


def _listed(characters: list[str]) -> str:
    """Some characters, and how many more there are."""
    text = " ".join(repr(c)[1:-1] if c != " " else "(space)" for c in characters[:_SHOWN])
    more = len(characters) - _SHOWN
    return f"{text} and {more:,} more" if more > 0 else text
