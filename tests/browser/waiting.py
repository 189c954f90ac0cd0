"""Waiting for what a page computes.

Not about what stands in it: Playwright's `expect` waits for that.
"""

from __future__ import annotations

from typing import Any

from browser.every.driving import Scripted


def wait_until(page: Scripted, condition: str, arg: Any = None, *, timeout: float = 30_000) -> None:
    """Until a function of JavaScript says so.

    As `page.wait_for_function`, which evaluates a text at each look; the page's policy lets
    nobody do that, and no test loosens it.
    """
    script = """async ([arg, patience]) => {
        const holds = %s;
        for (const end = performance.now() + patience; !holds(arg); ) {
            if (performance.now() > end) throw new Error(`Never: ${holds}`);
            await new Promise((done) => setTimeout(done, 20));
        }
    }"""
    page.evaluate(script % condition, [arg, timeout])
