"""A link ↔ what it shares: a trained model, or the recipe for training it again.

Inside the `envelope` is one arithmetic code (`entropy`). For a model: the
hyperparameters that aren't the default, the vocabulary, where the model comes from,
and its weights (`weight_code`), with as many bits as there is room for. For a recipe: the
hyperparameters, and a text or the name of a built-in one, with fingerprints that tell
whether training again gave the same. Nothing in a link is ever executed, and every
size in it has a bound that is checked before anything of that size is allocated. What
is frozen, as old links are read for ever, is listed in `formats`.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microgpt import changed
from microgpt.errors import (
    CodeNeededError,
    CorpusError,
    HyperparameterError,
    LinkError,
    SavedModelError,
)
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.formats import NewerError, version_needed
from microgpt.sharing.links import weight_code
from microgpt.sharing.links.envelope import MAX_FRAGMENT, characters, newer, room, seal, unseal
from microgpt.sharing.links.fields import Reader, Writer, nonsense
from microgpt.sharing.links.quantisation import Quantiser, effective_importance, usual_importance
from microgpt.sharing.saved import SavedModel
from microgpt.texts import restored
from microgpt.weights import weight_layout

if TYPE_CHECKING:
    from microgpt.sharing.difference import Difference

MAX_PARAMETERS = 250_000  # of a model in a link
MIN_BITS = 0.3  # a weight, below which a model has forgotten most of what it knew
ROUNDS = 2
"""How often importance is measured once more where the weights of a link have come to lie,
and averaged. What didn't matter at the weights as they were trained may do so beside them:
a hidden unit that was off is on. In 2,000 characters it makes 0.02 nats of 0.18 and 0.37 on
numbers in words; on names, 16 wide, no difference, and 32 wide one or the other is better."""
MANY = 50_000  # weights, for which measuring again would take longer than anyone waits
PRECISE_BITS = 4  # a weight, beyond which the weights hardly move, and it isn't done
MAX_TEXT = 1_000_000  # bytes of a recipe's text
HASH_BYTES = 16

_MAX_WEIGHT = 1e40  # far beyond any model that works
_LEAST_IMPORTANCE, _MOST_IMPORTANCE = 1e-40, 1e40  # so is what lies outside
_EXAMPLE = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_ENGINE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Recipe:
    """All that is needed to train a model again, and to tell whether it is the same.

    Attributes:
        hyperparameters: of the run.
        engine: its name.
        steps_done: how many of the planned steps were taken.
        text_name: to show; at most MAX_NAME characters.
        text: the documents, joined by line ends, in UTF-8; None if it is an example.
        example: the file name of a built-in example, or "".
        text_hash: `text_hash` of the text.
        weights_hash: `weights_hash` of the trained weights.
        changed: the code that it is to be trained by, if that isn't the algorithm as it is.
    """

    hyperparameters: Hyperparameters
    engine: str
    steps_done: int
    text_name: str
    text: bytes | None
    example: str
    text_hash: bytes
    weights_hash: bytes
    changed: Difference | None = None


def text_hash(text: bytes) -> bytes:
    """The first HASH_BYTES of SHA-256."""
    return hashlib.sha256(text).digest()[:HASH_BYTES]


def weights_hash(weights: array[float]) -> bytes:
    """The first HASH_BYTES of SHA-256 of the weights as little-endian float64."""
    little = array("d", weights)
    if sys.byteorder == "big":
        little.byteswap()
    return hashlib.sha256(little.tobytes()).digest()[:HASH_BYTES]


@dataclass(frozen=True)
class Draft:
    """A model as a link of some length would have it.

    Attributes:
        model: that is shared.
        importance: of each of its weights, by which the integers were chosen.
        quantised: the integers.
        weights: that a reader will find.
    """

    model: SavedModel
    importance: Sequence[float]
    quantised: weight_code.Quantised
    weights: array[float]


def model_link(
    model: SavedModel,
    max_characters: int,
    importance: Sequence[float] | None = None,
    measure: Callable[[array[float]], Sequence[float]] | None = None,
    loss: Callable[[array[float]], float] | None = None,
) -> str:
    """The model as the fragment of an address, as precise as there is room for.

    Args:
        model: what to share. Losses are rounded to 0.0001 nats; the name is cut to
            MAX_NAME characters.
        max_characters: of the fragment, with `#m=`.
        importance: how much each weight matters: Adam's mean square, or what
            `measure` says; None where nothing is known of it.
        measure: what tells the importance of any weights, as `sensitivity` does. It
            is asked also for what a reader would find; see ROUNDS.
        loss: of a model with any weights, on documents like those that it is for, in
            nats. The link of the least loss is taken; without it, the last that was made.

    Raises:
        LinkError: the model is too large for so few characters, or for any link.
    """
    made = list(drafts(model, max_characters, importance, measure))
    best = made[-1]
    if loss and len(made) > 1:
        losses = [loss(draft.weights) for draft in made]
        best = made[losses.index(min(losses))]
    return sealed(best, max_characters)


def drafts(
    model: SavedModel,
    max_characters: int,
    importance: Sequence[float] | None = None,
    measure: Callable[[array[float]], Sequence[float]] | None = None,
) -> Iterator[Draft]:
    """What `model_link` chooses from, each when it is asked for: at least one.

    Raises:
        LinkError: as `model_link`.
    """
    bits_for_weights(model, max_characters)  # first: measuring takes time
    if importance is None and measure:
        importance = measure(model.weights)
    found = [usable(model, importance)]
    made = draft(model, found[0], max_characters)
    yield made
    many = len(model.weights) > MANY
    precise = 8 * len(_model_code(made.model, made.quantised)) > PRECISE_BITS * len(made.weights)
    for _ in range(0 if precise or not measure or many else ROUNDS):
        assert measure
        again = measure(made.weights)
        if any(again):
            found.append(again)
            made = draft(model, mean_importance(found), max_characters)
            yield made


def mean_importance(found: Sequence[Sequence[float]]) -> list[float]:
    """Of each weight, the mean of what was measured several times."""
    return [sum(each) / len(found) for each in zip(*found, strict=True)]


def bits_for_weights(model: SavedModel, max_characters: int) -> int:
    """How many a link has room for, if they are enough for something of use.

    Raises:
        LinkError: the model is too large for so few characters, or for any link.
    """
    _check_sizes(model)
    size = room(max_characters)
    bits = 8 * (size - len(_model_code(model, None)))
    if (missing := MIN_BITS * len(model.weights) - bits) > 0:
        raise _too_long(model, max_characters, size + math.ceil(missing / 8))
    return bits


def draft(model: SavedModel, importance: Sequence[float], max_characters: int) -> Draft:
    """The finest that fits.

    Raises:
        LinkError: as `model_link`.
    """
    bits: float = bits_for_weights(model, max_characters)
    vocabulary_size = len(model.characters) + 1
    matrices = weight_code.groups(model.hyperparameters, vocabulary_size)
    effective = effective_importance(importance, model.hyperparameters, vocabulary_size)
    quantiser = Quantiser(model.weights, effective, matrices)
    size = room(max_characters)
    quantised = quantiser.fit(bits)
    while len(code := _model_code(model, quantised)) > size:
        bits -= 8 * (len(code) - size)  # a few, as they were only counted
        if bits < 0:
            raise _too_long(model, max_characters, len(code))
        quantised = quantiser.fit(bits)
    if any(model.weights) and not any(quantised.integers):
        raise _too_long(model, max_characters, size + len(model.weights) // 8)
    return Draft(model, importance, quantised, weight_code.weights_of(quantised, matrices))


def fits(draft: Draft, max_characters: int) -> bool:
    """Whether its link has at most so many characters."""
    return len(_model_code(draft.model, draft.quantised)) <= room(max_characters)


def sealed(draft: Draft, max_characters: int) -> str:
    """Its link, as the fragment of an address.

    Raises:
        LinkError: it isn't one that `fits`.
    """
    code = _model_code(draft.model, draft.quantised)
    if len(code) > room(max_characters):
        raise _too_long(draft.model, max_characters, len(code))
    return seal("m", code, _version_needed(draft.model.hyperparameters, _code_in_use()))


def _version_needed(hyperparameters: Hyperparameters, code: str) -> int:
    """The oldest that can say the settings, and that changed code made it."""
    return max(version_needed(hyperparameters), 2 if code else 1)


def _code_in_use() -> str:
    """Of a model: a recipe has the code with it."""
    if not changed.sources():
        return ""
    from microgpt.sharing import difference  # few have any, and everybody would wait for it

    return difference.digest(difference.in_use())


def _check_sizes(model: SavedModel) -> None:
    count = len(model.weights)
    if count > MAX_PARAMETERS:
        raise LinkError(
            f"A link can carry {MAX_PARAMETERS:,} weights at most, and this model has {count:,}. "
            "Save it as a file instead."
        )
    if max(map(abs, model.weights)) > _MAX_WEIGHT:
        raise LinkError(
            "Training has made a weight of this model too large for a link. "
            "Lower learning_rate and train again."
        )


def usable(model: SavedModel, importance: Sequence[float] | None) -> Sequence[float]:
    """What is known of the importance, if anything is, or what it usually is.

    Args:
        importance: as it was measured, or as Adam has it, of a model that may work or not.
    """
    if importance is None:
        importance = [0.0] * len(model.weights)
    if len(importance) != len(model.weights) or not all(
        0 <= each < math.inf for each in importance
    ):
        raise ValueError("importance has to be a number from 0 on for each weight")
    if _LEAST_IMPORTANCE < max(importance) < _MOST_IMPORTANCE:
        return importance
    return usual_importance(model.hyperparameters, len(model.characters) + 1)


def _too_long(model: SavedModel, max_characters: int, needed: int) -> LinkError:
    return LinkError(
        f"{len(model.weights):,} weights don't fit into a link of {max_characters:,} characters: "
        f"the shortest that would be of use has {characters(needed):,}. "
        "Save the model as a file instead."
    )


def _model_code(model: SavedModel, quantised: weight_code.Quantised | None) -> bytes:
    """What is inside of a model's link, without weights if there are none yet."""
    writer = Writer()
    writer.hyperparameters(model.hyperparameters, _code_in_use())
    writer.vocabulary(model.characters)
    writer.provenance(model.provenance)
    if quantised:
        matrices = weight_code.groups(model.hyperparameters, len(model.characters) + 1)
        weight_code.write(writer.encoder, quantised, matrices)
    return writer.encoder.finish()


def recipe_link(recipe: Recipe, max_characters: int) -> str:
    """The recipe as the fragment of an address.

    Args:
        recipe: what to share; its name is cut to MAX_NAME characters.
        max_characters: of the fragment, with `#r=`.

    Raises:
        LinkError: its text is too long for so few characters, or for any link.
    """
    if recipe.text is not None and len(recipe.text) > MAX_TEXT:
        raise LinkError(
            f"The text has {len(recipe.text):,} bytes, and a link can carry {MAX_TEXT:,} at most. "
            "Share the model instead of the recipe, or save it as a file."
        )
    code = _recipe_code(recipe)
    if len(code) > room(max_characters):
        with_code = " and its changed code" if recipe.changed else ""
        raise LinkError(
            f"With its text{with_code}, this recipe's link has {characters(len(code)):,} "
            f"characters, and {max_characters:,} are the most that fit here. Share the model "
            "instead, or save it as a file."
        )
    made_by = _digest(recipe.changed) if recipe.changed else ""
    return seal("r", code, _version_needed(recipe.hyperparameters, made_by))


def _digest(made_by: Difference) -> str:
    """Not of the changed files, which only the version has that it was made for."""
    from microgpt.sharing import difference

    return difference.digest({"": difference.entry(made_by)})


def _recipe_code(recipe: Recipe) -> bytes:
    if not _ENGINE.fullmatch(recipe.engine):
        raise ValueError(f"the engine's name {recipe.engine!r}")
    writer = Writer()
    writer.hyperparameters(
        recipe.hyperparameters, _digest(recipe.changed) if recipe.changed else ""
    )
    writer.name(recipe.engine)
    writer.number(recipe.steps_done)
    writer.name(recipe.text_name)
    writer.raw(recipe.weights_hash)
    if recipe.text is None:
        if not _EXAMPLE.fullmatch(recipe.example):
            raise ValueError(f"the example's name {recipe.example!r}")
        writer.bits(0, 1)
        writer.name(recipe.example)
        writer.raw(recipe.text_hash)
    else:
        if recipe.text_hash != text_hash(recipe.text):
            raise ValueError("text_hash isn't that of the text")
        writer.bits(1, 1)
        _write_bytes(writer, _deflate(recipe.text))
    if recipe.changed:
        from microgpt.sharing import difference

        _write_bytes(writer, difference.packed(recipe.changed))
    return writer.encoder.finish()


def _write_bytes(writer: Writer, data: bytes) -> None:
    writer.number(len(data))
    writer.raw(data)


def read_link(text: str) -> SavedModel | Recipe:
    """What a link shares.

    Args:
        text: an address, or its fragment, with what other programs put around it.

    Raises:
        CodeNeededError: a model that was made by changed code, which isn't in use here.
        LinkError: it is damaged, or newer, or not a link, or makes no sense; the message
            says which.
    """
    kind, code, version = unseal(text)
    read = _read_model if kind == "m" else _read_recipe
    try:
        return read(Reader(code), version)
    except (LinkError, CodeNeededError):
        raise
    except NewerError as error:
        raise newer(str(error)) from None
    except (SavedModelError, HyperparameterError, CorpusError) as error:
        raise nonsense(f"a mistake: {str(error).removesuffix('.')}") from None


def fragment(text: str) -> str:
    """A link without what other programs put around it.

    Raises:
        LinkError: it isn't one.
    """
    return seal(*unseal(text))


def _read_model(reader: Reader, version: int) -> SavedModel:
    hyperparameters, code = reader.hyperparameters(version)
    characters = reader.vocabulary()
    provenance = reader.provenance()
    if code != _code_in_use():
        from microgpt.sharing.needed import ORIGINAL, Needed, error

        if not code:
            raise LinkError(f"This link can't be opened. {ORIGINAL}")
        raise error(Needed(None, hyperparameters, characters, provenance))
    layout = weight_layout(hyperparameters, len(characters) + 1)
    if (count := layout.size) > MAX_PARAMETERS:
        raise nonsense(f"{count:,} weights, and {MAX_PARAMETERS:,} are the most")
    matrices = weight_code.groups(hyperparameters, len(characters) + 1)
    weights = weight_code.read(reader.decoder, matrices)
    return SavedModel(hyperparameters, characters, weights, provenance)


def _read_recipe(reader: Reader, version: int) -> Recipe:
    hyperparameters, code = reader.hyperparameters(version)
    engine = reader.name("engine", _ENGINE)
    steps_done = reader.number("steps", hyperparameters.steps)
    text_name = reader.name("name")
    of_weights = reader.raw(HASH_BYTES)
    if reader.bits(1):
        example, text = "", _inflate(reader.raw(reader.number("bytes of text", MAX_FRAGMENT)))
        restored(text, text_name or "its text", 0)  # else it can't be trained on
        of_text = text_hash(text)
    else:
        example, text = reader.name("example", _EXAMPLE), None
        of_text = reader.raw(HASH_BYTES)
    made_by = _read_code(reader, code) if code else None
    return Recipe(
        hyperparameters, engine, steps_done, text_name, text, example, of_text, of_weights, made_by
    )


def _read_code(reader: Reader, code: str) -> Difference:
    from microgpt.sharing import difference

    made_by = difference.unpacked(reader.raw(reader.number("bytes of code", MAX_FRAGMENT)))
    if _digest(made_by) != code:
        raise nonsense("other changed code than it says")
    return made_by


def _deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)  # without header and checksum: the link has one
    return packer.compress(text) + packer.flush()


def _inflate(packed: bytes) -> bytes:
    """What `_deflate` packed, if it isn't too much."""
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        text = unpacker.decompress(packed, MAX_TEXT + 1)
    except zlib.error:
        raise nonsense("a text that can't be unpacked") from None
    if len(text) > MAX_TEXT:
        raise nonsense(f"a text of more than {MAX_TEXT:,} bytes")
    if not unpacker.eof:
        raise nonsense("a text that is cut")
    return text
