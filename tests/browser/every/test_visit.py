"""A visit as everybody makes it: the smoke that every run of the suite has in each browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.conftest import AXE
from browser.every.acting import (
    choose,
    expect_samples,
    losses,
    press,
    steps_done,
    train_to_the_end,
    upload,
    wait_for_state,
    wait_for_steps,
    wait_until_up,
)
from browser.every.driving import Tab
from browser.waiting import wait_until
from runs import Computed

VIOLATIONS = """() => axe.run({ resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"""
# As axe is not part of the site, and the site's policy lets in what is.
PUT_IN = "(() => { %s })"


def test_a_visit(tab: Tab, names_file: Path, expected: Computed) -> None:
    wait_until_up(tab)
    upload(tab, names_file)
    choose(tab, "Preset", "The original")
    train_to_the_end(tab, 1000)
    assert losses(tab) == pytest.approx(expected.losses, abs=1e-12)
    expect_samples(tab, expected.samples)

    choose(tab, "Engine", "Scalar")
    press(tab, "Train")
    wait_for_steps(tab, 3)
    press(tab, "Pause")
    wait_for_state(tab, "paused")
    step = steps_done(tab)
    press(tab, "Resume")
    wait_for_steps(tab, step + 3)
    press(tab, "Stop")
    wait_for_state(tab, "finished")
    begun = losses(tab)
    assert begun == pytest.approx(expected.losses[: len(begun)], abs=1e-12)

    tab.set_viewport_size({"width": 375, "height": 700})
    wait_until(tab, "() => innerWidth === 375")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    tab.evaluate(PUT_IN % AXE.read_text())
    assert tab.evaluate(VIOLATIONS) == []
