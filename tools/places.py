"""Where things are. Not about what is in them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WEB = ROOT / "web"
PY = ROOT / "py"
TOOLS = ROOT / "tools"
TESTS = ROOT / "tests"

# Made by what is here, and never committed.
DIST = ROOT / "dist"
CACHE = ROOT / ".cache"
NODE_MODULES = ROOT / "node_modules"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
