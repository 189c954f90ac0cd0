"""What unit tests and browser tests share."""

from pathlib import Path

import pytest

from microgpt.corpus import Corpus, read

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "web" / "examples"


@pytest.fixture(scope="session")
def first_names_file() -> Path:
    """A real text of the kind of names.txt: 5,163 first names."""
    return EXAMPLES / "first-names.txt"


@pytest.fixture(scope="session")
def first_names(first_names_file: Path) -> Corpus:
    return read(first_names_file.read_bytes(), "first-names.txt")
