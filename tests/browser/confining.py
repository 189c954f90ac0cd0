"""Driving the worker that runs changed code from a page, without the page's own view of it.

Not about what it must do: see test_confined.py.
"""

from __future__ import annotations

import inspect
from typing import Any

from playwright.sync_api import Page, Worker

from browser.every.driving import Scripted
from browser.waiting import wait_until
from microgpt.gpt import model
from runs import NAMES

MODEL = inspect.getsource(model)

_CREATE = """async (patience) => {
    const { ConfinedClient } = await import(new URL("code/confined.js", document.baseURI).href);
    const site = await (await fetch("site.json")).json();
    window.told = [];
    window.confined = new ConfinedClient(site, patience);
    for (const event of ["progress", "learning", "sampled", "printed", "quiet", "failed"]) {
        confined.on(event, (detail) => {
            const { message, losses = [] } = detail; // an error's message isn't copied
            told.push({ event, ...detail, message, losses: [...losses] });
        });
    }
}"""
_START = """async ({ sources, text, settings }) => {
    told.length = 0;
    const data = new TextEncoder().encode(text);
    try {
        return await confined.start({ sources, text: { data, name: "names.txt" }, settings });
    } catch (error) {
        return { ...error, name: error.name, message: error.message };
    }
}"""


def create(page: Scripted, **patience: int) -> None:
    """A client, in place of the one before. How many milliseconds it waits: see confined.js."""
    page.evaluate("window.confined?.end()")
    page.evaluate(_CREATE, patience)


def start(
    page: Scripted, sources: dict[str, str], engine: str = "scalar", **hyperparameters: float
) -> dict[str, Any]:
    """The report of the run that has begun, or what is wrong."""
    settings = {"engine": engine, "hyperparameters": {"steps": 20, **hyperparameters}}
    run = {"sources": sources, "text": NAMES.decode(), "settings": settings}
    answer: dict[str, Any] = page.evaluate(_START, run)
    return answer


def model_with(words: str, others: str) -> dict[str, str]:
    assert MODEL.count(words) == 1
    return {"model.py": MODEL.replace(words, others)}


def told(page: Scripted, event: str) -> list[dict[str, Any]]:
    """What has come of one event."""
    which = "(event) => told.filter((it) => it.event === event)"
    found: list[dict[str, Any]] = page.evaluate(which, event)
    return found


def wait_until_told(page: Scripted, condition: str) -> None:
    """Until something has come of which a condition on `it` is true."""
    wait_until(page, f"() => told.some((it) => {condition})", timeout=90_000)


def losses(page: Scripted) -> list[float]:
    """Of the whole run, when it has ended."""
    wait_until_told(page, "it.event === 'progress' && it.ending || it.event === 'failed'")
    return [loss for progress in told(page, "progress") for loss in progress["losses"]]


def worker(page: Page) -> Worker:
    """The only one that is made of a data: address."""
    (found,) = [each for each in page.workers if each.url.startswith("data:")]
    return found
