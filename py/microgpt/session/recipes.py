"""Recipes as a visitor meets them: what one will do, and how one is made of a run.

Not about how a recipe is written in a link: see `sharing.links`.
"""

from __future__ import annotations

import dataclasses

from microgpt.engines import kinds
from microgpt.errors import LinkError
from microgpt.gpt.corpus import Corpus
from microgpt.session.needed import BY_CHANGED, code, needs_other
from microgpt.session.plans import mean_length
from microgpt.session.reports import Opened, RecipeReport, TextReport
from microgpt.session.waiting import wait
from microgpt.sharing import links
from microgpt.texts import restored

_MANY_CHARACTERS = 200  # in the vocabulary of a text that isn't there yet


def check(recipe: links.Recipe) -> None:
    """Refuse what can't be followed here.

    Raises:
        LinkError: saying why.
    """
    if recipe.engine not in kinds.ENGINES:
        raise LinkError(
            f"The recipe needs the engine {recipe.engine}, and there is none of that name "
            "here. Open it in the newest version of the page."
        )
    if not 0 < recipe.steps_done <= recipe.hyperparameters.steps:
        raise LinkError(
            f"The recipe says {recipe.steps_done:,} of {recipe.hyperparameters.steps:,} steps, "
            "which can't be. Ask for a new link."
        )


def text_of(recipe: links.Recipe) -> Corpus | None:
    """The text that came with a recipe."""
    if recipe.text is None:
        return None
    return restored(recipe.text, recipe.text_name or "The recipe's text", 0)


def opened(
    recipe: links.Recipe, text: Corpus | None, report: TextReport | None, slowness: float
) -> Opened:
    """What is told about a recipe before it is followed.

    Args:
        recipe: that was opened.
        text: that came with it, if one did.
        report: of that text.
        slowness: of this machine, see `waiting.slowness`.
    """
    h = recipe.hyperparameters
    vocabulary_size = len(text.characters) + 1 if text else _MANY_CHARACTERS
    kind = kinds.ENGINES[recipe.engine]
    longest, usual = (len(text.longest), mean_length(text)) if text else (h.block_size,) * 2
    most = wait(h, vocabulary_size, longest, kind, slowness)
    mean = wait(h, vocabulary_size, usual, kind, slowness)
    needs_code = needs_other(recipe.changed)
    what = f"{recipe.text_name}: {recipe.steps_done:,} steps"
    by = f" {BY_CHANGED}" if recipe.changed else ""
    return Opened(
        kind="recipe",
        changed=code(recipe.changed) if recipe.changed and needs_code else None,
        provenance=f"{what}{by}; trains again when {'its code is run' if needs_code else 'opened'}",
        note="",
        text_name=recipe.text_name,
        parameters=0,
        vocabulary="",
        hyperparameters=dataclasses.asdict(h),
        engine=recipe.engine,
        text=report,
        run=None,
        progress=None,
        example=recipe.example,
        seconds_expected=mean.start + recipe.steps_done * mean.step,
        longest_wait=most.longest,
    )


def report(recipe: links.Recipe, site: str, max_characters: int) -> RecipeReport:
    """A recipe's link.

    Args:
        recipe: to share.
        site: the address of the page, before the `#`.
        max_characters: of the whole address.

    Raises:
        LinkError: text and settings don't fit.
    """
    address = site + links.recipe_link(recipe, max_characters - len(site))
    return RecipeReport(address=address, characters=len(address), example=recipe.example)
