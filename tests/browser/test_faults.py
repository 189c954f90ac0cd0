"""Every file of the site in turn doesn't come as it should: missing, cut short, damaged, slow.

What is promised: within five seconds of the fault it is said which file it is, or it was mended
by itself; nothing that was damaged is used; and what is kept for later visits is a whole build
or the one before. A few cases, chosen by chance and always the same, or with --deep all.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.faulty_visits import visit
from browser.hosts import FAULTS, FaultyHost, Spoiled
from browser.test_offline import expect_build, look_for_update, note
from tools.places import DIST

# Of a site without Python: where what Python is made of isn't what it is about, a visit is quick.
PYTHON = ("pyodide/", "worker/", "kept/", "idb/")
# What nobody needs: pictures, licences, and what is asked for by few.
FEW = 6  # cases of each kind, unless there is time for all


def files() -> list[str]:
    manifest = json.loads((DIST / "manifest.json").read_text())
    return [*manifest["files"], "manifest.json"]


def cases(deep: bool) -> list[tuple[str, str]]:
    every = [(file, fault) for file in files() for fault in FAULTS]
    if deep:
        return every
    loaded = [case for case in every if case[0].endswith((".js", ".css", "site.json"))]
    return random.Random(14).sample(loaded, FEW)
