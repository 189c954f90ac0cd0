"""What a visitor asks the model to make up, checked: a wish that can't come true is refused.

Not about what fits a wish: see `constraints`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from microgpt.errors import SamplingError
from microgpt.run import LanguageModel
from microgpt.session.drawing import check_sampling, prefix_tokens
from microgpt.session.reports import Wish
from microgpt.session.workshop.constraints import Constraints
from microgpt.session.workshop.lines import Lines
from microgpt.session.workshop.spelling import as_known
from microgpt.settings import shown

WRITTEN = ("as_is", "title", "upper")
MOST_CHARACTERS = 64  # of an ending, or of what is contained
MOST_LENGTH = 100_000  # that can be asked for; a model has an end of its own
MOST_EDITS = 100

DEFAULT = Wish(
    count=20,
    temperature=0.5,
    prefix="",
    suffix="",
    contains="",
    without="",
    min_length=0,
    max_length=0,
    new=False,
    unique=False,
    min_edits=0,
    written="as_is",
    likeliest=False,
)
_STRINGS = {
    "prefix": "the beginning",
    "suffix": "the ending",
    "contains": "what is contained",
    "without": "what is left out",
}


def checked(model: LanguageModel, lines: Lines | None, values: Mapping[str, Any]) -> Wish:
    """A wish from outside: whole, in the model's case, and not contradicting itself.

    Args:
        lines: of the model's text, or None where that isn't here.
        values: by the names of `Wish`; what is missing is as in DEFAULT.

    Raises:
        SamplingError: its field is the name of what is wrong.
    """
    wish = _typed(values)
    check_sampling(wish["count"], wish["temperature"])
    for name in _STRINGS:
        wish[name] = as_known(model.vocabulary, wish[name])
    found = cast(Wish, wish)
    _check_letters(model, found)
    _check_lengths(model, found)
    _check_text(model, lines, found)
    _check_possible(model, found)
    return found


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a wish, each of its type and in its range by itself."""
    if unknown := [name for name in values if name not in DEFAULT]:
        raise SamplingError(
            f"There is no wish {shown(unknown[0])}; there are {', '.join(DEFAULT)}.",
        )
    wish: dict[str, Any] = {**DEFAULT, **values}
    for name, value in wish.items():
        # 16.0 is a good way to write 16: JavaScript has one kind of number.
        if isinstance(value, float) and isinstance(DEFAULT.get(name), int) and value.is_integer():
            wish[name] = int(value)
    for name, what in _STRINGS.items():
        if not isinstance(wish[name], str):
            raise SamplingError(f"{what.capitalize()} must be a text.", field=name)
    for name in ("new", "unique", "likeliest"):
        if not isinstance(wish[name], bool):
            raise SamplingError(f"{name} must be true or false, not {shown(wish[name])}.", name)
    _check_whole(wish, "min_length", "The least length", MOST_LENGTH)
    _check_whole(wish, "max_length", "The greatest length (0 for any)", MOST_LENGTH)
    _check_whole(wish, "min_edits", "The number of edits", MOST_EDITS)
    for name in ("count", "temperature"):
        if isinstance(wish[name], bool) or not isinstance(wish[name], int | float):
            raise SamplingError(f"{name} must be a number, not {shown(wish[name])}.", name)
    if wish["written"] not in WRITTEN:
        raise SamplingError(
            f"The way to write must be {', '.join(WRITTEN[:-1])} or {WRITTEN[-1]}, "
            f"not {shown(wish['written'])}.",
            field="written",
        )
    return wish


def _check_whole(wish: dict[str, Any], name: str, what: str, most: int) -> None:
    value = wish[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise SamplingError(
            f"{what} must be a whole number from 0 to {most:,}, not {shown(value)}.", field=name
        )


def _check_letters(model: LanguageModel, wish: Wish) -> None:
    """Refuse letters that the model can't write, or that are asked for and ruled out at once."""
    prefix_tokens(model, wish["prefix"])
    for name, text in (("suffix", wish["suffix"]), ("contains", wish["contains"])):
        if unknown := model.vocabulary.unknown(text):
            raise SamplingError(
                f"The model has never seen {', '.join(map(repr, unknown[:10]))}: "
                f"{model.text_name} has only {shown(model.vocabulary.characters)}.",
                field=name,
            )
        if len(text) > MOST_CHARACTERS:
            raise SamplingError(
                f"{_STRINGS[name].capitalize()} has {len(text):,} characters; "
                f"at most {MOST_CHARACTERS} are possible.",
                field=name,
            )
    asked = wish["prefix"] + wish["suffix"] + wish["contains"]
    if both := "".join(dict.fromkeys(c for c in asked if c in wish["without"])):
        raise SamplingError(
            f"{', '.join(map(repr, both))} can't be both asked for and left out.", field="without"
        )
    if not set(model.vocabulary.characters).difference(wish["without"]):
        raise SamplingError(
            "Every character that the model knows is left out: leave out fewer.", field="without"
        )


def _check_lengths(model: LanguageModel, wish: Wish) -> None:
    block_size = model.hyperparameters.block_size
    least, most = wish["min_length"], wish["max_length"]
    if most and least > most:
        raise SamplingError(
            f"The least length, {least:,}, is above the greatest, {most:,}.", field="min_length"
        )
    if least > block_size:
        raise SamplingError(
            f"The model ends after {block_size:,} characters (its block_size): "
            f"the least length can't be {least:,}.",
            field="min_length",
        )
    for name, text in (("prefix", wish["prefix"]), ("suffix", wish["suffix"])):
        if most and len(text) > most:
            raise SamplingError(
                f"{_STRINGS[name].capitalize()} has {len(text):,} characters, and the greatest "
                f"length is {most:,}.",
                field=name,
            )


def _check_text(model: LanguageModel, lines: Lines | None, wish: Wish) -> None:
    """Refuse to compare with a text that isn't here."""
    for name in ("new", "min_edits"):
        if wish[name] and lines is None:
            raise SamplingError(
                f"The model of {model.text_name or 'this link'} came without its text, so what it "
                "makes up can't be compared with that. Ask without it, or open a saved run.",
                field=name,
            )
    if wish["min_edits"] and lines and lines.nearest is None:
        raise SamplingError(
            "This text can't be compared line by line: it is too long, or running text. "
            "Ask for new ones instead.",
            field="min_edits",
        )


def _check_possible(model: LanguageModel, wish: Wish) -> None:
    """Refuse what no document at all could be, by ending, contents and lengths together."""
    constraints = Constraints(model.vocabulary, model.hyperparameters.block_size, wish)
    if constraints.possible:
        return
    name = next(n for n in ("contains", "suffix", "min_length") if wish[n])
    most = min(wish["max_length"] or model.hyperparameters.block_size, constraints.block_size)
    raise SamplingError(
        f"Beginning, ending and what is contained don't fit together into {most:,} "
        f"character{'' if most == 1 else 's'}: shorten one of them"
        + (", or allow more." if wish["max_length"] else "."),
        field=name if name != "min_length" else "prefix",
    )
