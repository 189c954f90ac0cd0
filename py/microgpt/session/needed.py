"""What is told of a file or a link that needs changed code: all of it, and nothing is run.

Not about how such code is shown, nor about who may run it.
"""

from __future__ import annotations

import dataclasses

from microgpt.errors import ChangeError, SessionError
from microgpt.session.reports import ChangedCode, Opened, TextReport
from microgpt.sharing import difference
from microgpt.sharing.difference import Difference
from microgpt.sharing.needed import Needed

BY_CHANGED = "by a changed algorithm"


def told(provenance: object) -> str:
    """Where a model of this process comes from, in one line, which says if code was changed."""
    return f"{provenance}, {BY_CHANGED}" if difference.in_use() else f"{provenance}"


def opened(needed: Needed, made_by: Difference, text: TextReport | None) -> Opened:
    """What is told of a file that can't be opened without changed code.

    Args:
        text: the report of its text, if it has one.
    """
    return Opened(
        kind="run" if needed.is_run else "model",
        changed=code(made_by, goes_on=needed.is_run),
        provenance=f"{needed.provenance}, {BY_CHANGED}",
        text_name=needed.provenance.text,
        parameters=needed.parameters,
        vocabulary=needed.characters,
        hyperparameters=dataclasses.asdict(needed.hyperparameters),
        engine=needed.engine,
        text=text,
        run=None,
        progress=None,
        example="",
        seconds_expected=0.0,
    )


def code(made_by: Difference, goes_on: bool = False) -> ChangedCode:
    """A difference as it is told."""
    files, problem = {}, ""
    try:
        files = difference.applied(made_by)
    except ChangeError as error:
        problem = f"{error} So it can be read here, and not run."
    return ChangedCode(
        files=[{"name": name, "text": text} for name, text in files.items()],
        difference=difference.describe(made_by),
        problem=problem,
        goes_on=goes_on,
    )


def check(made_by: Difference | None) -> None:
    """Refuse a recipe for other code than runs here.

    Raises:
        SessionError: saying so.
    """
    if made_by is None and difference.in_use():
        raise SessionError("The recipe is for the algorithm as it is, and here runs changed code.")
    if made_by and not difference.is_in_use(made_by):
        raise SessionError("The recipe needs changed code, which doesn't run here.")
