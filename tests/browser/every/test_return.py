"""A reload in the middle of a run, and a visit without a network."""

from __future__ import annotations

from browser.every.acting import (
    choose,
    losses,
    press,
    set_steps,
    steps_done,
    train_to_the_end,
    wait_for_state,
    wait_for_steps,
    wait_until_says,
    wait_until_up,
)
from browser.every.driving import Tab
from tools.server import SiteServer


def test_a_reload_in_the_middle_changes_no_digit(tab: Tab) -> None:
    wait_until_up(tab)
    set_steps(tab, 1_000_000)
    press(tab, "Train")
    wait_for_state(tab, "training")
    wait_until_says(tab, "#kept", r"step \d+,\d+")  # a thousand and more
    tab.reload()
    wait_until_says(tab, "#returns-sentence", r"was here: step [\d,]+ of 1,000,000")
    wait_for_state(tab, "ready")
    press(tab, "Continue")
    wait_for_state(tab, "training")
    begun = steps_done(tab)
    assert begun >= 1000
    wait_for_steps(tab, begun + 3000)
    press(tab, "Stop")
    wait_for_state(tab, "finished")
    resumed = losses(tab)
    press(tab, "Train")
    wait_for_state(tab, "training")
    wait_for_steps(tab, len(resumed))
    press(tab, "Stop")
    wait_for_state(tab, "finished")
    assert losses(tab)[: len(resumed)] == resumed


def test_offline(tab: Tab, watched_server: SiteServer) -> None:
    wait_until_says(tab, "#offline", "It works offline now, too.", 90)
    watched_server.shutdown()
    watched_server.server_close()
    tab.reload()
    wait_until_up(tab)
    choose(tab, "Example", "Places")
    wait_until_says(tab, "#corpus", "Places: ")
    train_to_the_end(tab, 30)
    assert len(losses(tab)) == 30
