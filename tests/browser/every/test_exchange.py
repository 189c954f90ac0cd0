"""What is made in one browser is opened in each other: the same samples, the same weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.every.acting import (
    Made,
    expect_samples,
    open_link,
    open_saved,
    saved,
    wait_for_state,
    wait_until_says,
    wait_until_up,
    weights,
)
from browser.every.driving import Tab
from microgpt import Session


@pytest.mark.timeout(600)  # each browser makes its own first
def test_what_is_made_elsewhere(
    made: dict[str, Made], tab: Tab, browser_name: str, tmp_path: Path
) -> None:
    own = made[browser_name]
    wait_until_up(tab)
    for name, theirs in made.items():
        assert theirs.losses == own.losses, name
        assert theirs.weights == own.weights, name

        open_link(tab, theirs.link)
        wait_until_says(tab, "#opened", "A model from a link")
        session = Session()
        session.open_link(theirs.link)
        expect_samples(tab, [sample["text"] for sample in session.sample(20, original=True)])

        open_link(tab, theirs.recipe)
        wait_until_says(
            tab, "#opened", "after step 1,?000 every bit of every weight is the same", 90
        )

        file = tmp_path / f"from-{name}.safetensors"
        file.write_bytes(theirs.run)
        open_saved(tab, file)
        wait_until_says(tab, "#opened", "from a file")
        wait_for_state(tab, "finished")
        assert weights(saved(tab, "Runs", "Save the model")) == theirs.weights, name
