"""A model that was opened and came without its run: it can be sampled, shared and learned from."""

from __future__ import annotations

from microgpt.engines import kinds
from microgpt.engines.engine import State
from microgpt.engines.kinds import EngineKind
from microgpt.errors import HyperparameterError, SessionError
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import LanguageModel, Run, new_stream
from microgpt.session.live_run import samples_stream
from microgpt.settings import SHAPE
from microgpt.sharing.saved import SavedModel, weights_for
from microgpt.texts import MAX_CHARACTERS

_SHOWN = 30  # characters of a difference between vocabularies


class OpenedModel:
    """What a link or a file without a run has brought.

    Attributes:
        saved: as it came.
        fragment: the link that it came by, or "".
        model: what is sampled.
        samples: the stream that samples are drawn from.

    Raises:
        HyperparameterError: it would need too much memory.
    """

    def __init__(self, saved: SavedModel, fragment: str = "") -> None:
        h, vocabulary = saved.hyperparameters, Vocabulary(saved.characters)
        kind = kinds.fastest_for(h, vocabulary.size, h.block_size)
        self.saved = saved
        self.fragment = fragment
        self.model = LanguageModel(h, vocabulary, saved.provenance.text, kind, new_stream(h))
        self.model.engine.set_state(State.untrained(saved.weights))
        self.samples = samples_stream(h)

    @property
    def origin(self) -> str:
        """What a run that begins with it says about its origin."""
        return self.saved.provenance.text or "an opened model"

    def saved_model(self) -> SavedModel:
        """The model as data."""
        return self.saved

    def new_run(self, text: Corpus, hyperparameters: Hyperparameters, kind: EngineKind) -> Run:
        """A run that begins with its weights; characters that are new to it get random ones.

        Raises:
            HyperparameterError: of another shape than it has, or too large.
            SessionError: there are too many characters.
        """
        saved = self.saved
        _check_shape(hyperparameters, saved.hyperparameters)
        vocabulary = Vocabulary("".join(sorted({*saved.characters, *text.characters})))
        if len(vocabulary.characters) > MAX_CHARACTERS:
            raise SessionError(
                f"The model and {text.name} together have {len(vocabulary.characters):,} distinct "
                f"characters, and {MAX_CHARACTERS:,} is the limit. Take a text that is "
                "more like the model's own, or begin with random weights."
            )
        kind.check_memory(hyperparameters, vocabulary.size, len(text.longest))
        run = Run(text, hyperparameters, kind, vocabulary)
        drawn = run.engine.get_state().weights
        weights = weights_for(saved, vocabulary.characters, drawn)
        run.engine.set_state(State.untrained(weights))
        return run

    def notes(self, text: Corpus) -> list[str]:
        """How a text's characters and its own differ, one sentence each."""
        new = sorted(set(text.characters) - set(self.saved.characters))
        unused = sorted(set(self.saved.characters) - set(text.characters))
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
