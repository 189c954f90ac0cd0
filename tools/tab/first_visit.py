"""What the page asks of Python until a visitor has seen the first model.

Not to get its answers: `divide` looks at what was imported for them. That it is all that
the page asks, tests/browser/test_first_visit.py knows.
"""

from __future__ import annotations

from typing import Any


def drive(data: bytes) -> None:
    """Train the model that the page opens with, and look at it as the page does."""
    import microgpt

    session = microgpt.Session()
    settings: dict[str, Any] = {}
    for _ in session.load_piecewise(data, "First names", 16, {}):
        pass
    session.describe(16)
    session.plan(settings, "compiled")
    session.prepare(settings, "compiled")
    session.start(settings, "compiled", False)
    while not session.advance(40)["ending"]:
        session.learning(10)
    while not session.learning(40)["complete"]:
        pass
    session.favourites()
    session.set_favourites([], [])
    session.verdict()
    list(session.sample_piecewise(20, 0.5, "", False))
    session.novelty(0.5, 40)
    for keep in (session.facts, session.save_run, session.text):
        keep()
