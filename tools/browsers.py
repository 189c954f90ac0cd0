"""Finds the browsers besides Chromium that tests drive, where they are installed.

They are not installed by themselves, which takes minutes: what is missing is said, with what
brings it. Not about Chromium, without which hardly anything can be tested: see `chromium`.
"""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

# MiniBrowser is in no PATH: WebKit's programs lie beside its library.
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


@dataclass(frozen=True)
class Programs:
    """What it takes to drive a browser: the path of each program, or None where it is missing."""

    name: str
    package: str  # Debian's, or several
    paths: Mapping[str, str | None]

    @property
    def missing(self) -> str:
        """What to do, or nothing."""
        if all(self.paths.values()):
            return ""
        lacking = ", ".join(program for program, path in self.paths.items() if not path)
        return (
            f"{self.name} isn't tested: {lacking} is missing;"
            f" on Debian: apt-get install {self.package}"
        )

    def __getitem__(self, program: str) -> str:
        path = self.paths[program]
        assert path is not None, self.missing
        return path


def firefox() -> Programs:
    """Of Mozilla, as Playwright drives it (WebDriver BiDi)."""
    names = ["firefox-esr", "firefox"]
    path = os.environ.get("MICROGPT_FIREFOX") or next(filter(None, map(shutil.which, names)), None)
    return Programs("Firefox", "firefox-esr", {"firefox": path})


def webkit() -> Programs:
    """WebKitGTK's smallest browser, its driver, and a screen that nobody sees."""
    paths = {
        "WebKitWebDriver": shutil.which("WebKitWebDriver"),
        "MiniBrowser": next(iter(sorted(glob.glob(MINI_BROWSERS), reverse=True)), None),
        "Xvfb": shutil.which("Xvfb"),
    }
    return Programs("WebKit", "webkit2gtk-driver xvfb", paths)


def tell() -> None:
    """Print what won't be tested, and how it would be."""
    for programs in (firefox(), webkit()):
        if programs.missing:
            print(programs.missing, flush=True)
