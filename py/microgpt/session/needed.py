"""What is told of a file or a link that needs changed code: all of it, and nothing is run.

Not about how such code is shown, nor about who may run it. Few visitors have any: what it
takes is imported when there is some.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from microgpt import changed
from microgpt.errors import ChangeError, SessionError
from microgpt.session.reports import ChangedCode, Opened, TextReport

if TYPE_CHECKING:
    from microgpt.sharing.difference import Difference
    from microgpt.sharing.needed import Needed

BY_CHANGED = "by a changed algorithm"


def told(provenance: object) -> str:
    """Where a model of this process comes from, in one line, which says if code was changed."""
    return f"{provenance}, {BY_CHANGED}" if in_use() else f"{provenance}"


def in_use() -> Difference | None:
    """What differs in the code of this process; None where it is the algorithm as it is.

    Raises:
        ChangeError: it is too long to go with a run.
    """
    if not changed.sources():
        return None
    from microgpt.sharing import difference

    code = difference.in_use()
    return difference.between(code) if code else None


def needs_other(made_by: Difference | None) -> bool:
    """Whether it was made by changed code that doesn't run in this process."""
    if made_by is None:
        return False
    from microgpt.sharing import difference

    return not difference.is_in_use(made_by)


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
        note="",
        parameters=needed.parameters,
        vocabulary=needed.characters,
        hyperparameters=dataclasses.asdict(needed.hyperparameters),
        engine=needed.engine,
        text=text,
        run=None,
        progress=None,
        example="",
        seconds_expected=0.0,
        longest_wait=0.0,
    )


def code(made_by: Difference, goes_on: bool = False) -> ChangedCode:
    """A difference as it is told."""
    from microgpt.sharing import difference

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
    if made_by is None and in_use():
        raise SessionError("The recipe is for the algorithm as it is, and here runs changed code.")
    if needs_other(made_by):
        raise SessionError("The recipe needs changed code, which doesn't run here.")
