"""Whatever a link or a file says, it is refused in words, or all that is offered works with it.

A fixed number of seeded cases; far more, and others each time, with --deep, where a case that
fails is told by its number. No input takes over a second of the processor or 100 MB.
"""

from __future__ import annotations

from random import Random

import pytest

from unit.fuzz.corpus import KINDS, corpus
from unit.fuzz.mutations import changed
from unit.fuzz.using import Tally, use

CASES, DEEP_CASES = 40, 600
ASKED, DEEP_ASKED = 2, 12  # of each that was opened


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_changed_is_refused_or_can_be_used(kind: str, deep: bool) -> None:
    seed = Random().randrange(10**6) if deep else 1
    tally, written = Tally(), corpus()[kind]
    for case in range(seed, seed + (DEEP_CASES if deep else CASES)):
        draw = Random(case)
        one = draw.choice(written)
        try:
            use(tally, changed(draw, one, written), draw, DEEP_ASKED if deep else ASKED)
        except BaseException as error:
            error.add_note(f"{one.name}, case {case} of {kind!r}")
            raise
    print(f"{kind}: {tally}")
    assert 0 < tally.accepted < tally.cases
