"""What unit tests and browser tests share."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from microgpt.engines import compiled as compiled_engine
from microgpt.engines import host
from microgpt.gpt.corpus import Corpus
from microgpt.texts import read

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "web" / "examples"


# No deadlines: how long a case takes says more about the machine than about the code. The same
# cases each time, so that a change is judged by what it changed; others are looked for by --deep.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=1000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="many more cases, and what takes long")
    parser.addoption(
        "--browsers",
        choices=["smoke", "all"],
        default="smoke",
        help="a visit in Firefox and in WebKit, or every check in those and in Chromium",
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("deep" if config.getoption("--deep") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--deep"):
        return
    for item in items:
        if item.get_closest_marker("deep"):
            item.add_marker(pytest.mark.skip(reason="takes long: --deep"))


@pytest.fixture(scope="session")
def deep(pytestconfig: pytest.Config) -> bool:
    """Whether there is time for many random cases."""
    return bool(pytestconfig.getoption("--deep"))


@pytest.fixture(scope="session")
def first_names_file() -> Path:
    """A real text of the kind of names.txt: 5,163 first names."""
    return EXAMPLES / "first-names.txt"


@pytest.fixture(scope="session")
def first_names(first_names_file: Path) -> Corpus:
    return read(first_names_file.read_bytes(), "first-names.txt")


@pytest.fixture(scope="session", autouse=True)
def _modules_are_freed_before_python_ends() -> Iterator[None]:
    """Else wasmtime frees them when half of Python is gone, and complains of it."""
    yield
    compiled_engine._program.cache_clear()
    host._wasmtime_engine.cache_clear()
    gc.collect()
