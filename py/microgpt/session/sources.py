"""Bytes and files from wherever they come: Python's own, or those of a page.

Not about what is in them.
"""

from __future__ import annotations

from typing import Any

from microgpt.errors import SavedModelError
from microgpt.sharing.safetensors import InMemory, Source


def copied(data: Any) -> bytes:
    """Bytes from wherever they come.

    What comes from JavaScript has a method for it: `bytes` would take 0.4 µs for each.
    """
    copied: bytes = data.to_bytes() if hasattr(data, "to_bytes") else bytes(data)
    return copied


def source(data: Any) -> Source:
    """A file that is there already, or what gives parts of one."""
    return _Parts(data) if hasattr(data, "read") else InMemory(copied(data))


class _Parts:
    """A file of which parts are asked for.

    Args:
        data: with its size, and `read`, which gives None where nothing can be read any more.
    """

    def __init__(self, data: Any) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """See `Source`."""
        return int(self._data.size)

    def read(self, begin: int, end: int) -> bytes:
        """See `Source`."""
        part = self._data.read(begin, end)
        if part is None:
            raise SavedModelError(
                "It could not be read to its end: it was changed, moved or removed meanwhile, or "
                "it is a folder."
            )
        return copied(part)
