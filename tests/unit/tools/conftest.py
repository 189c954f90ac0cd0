"""What the tests of the built site share."""

import pytest

from tools.places import DIST


@pytest.fixture(scope="session")
def site() -> dict[str, bytes]:
    """Every file of dist/, by its path in there."""
    return {
        path.relative_to(DIST).as_posix(): path.read_bytes()
        for path in DIST.rglob("*")
        if path.is_file()
    }
