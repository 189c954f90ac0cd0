"""Bytes ↔ the fragment of an address, such that any damage is found and named.

`#`, a letter for the kind of link, `=`, and base64url (RFC 4648, section 5, without padding)
of: a byte for the version of what is inside, two for the length of everything in
bytes, what is inside, and CRC-32 of the letter and all bytes before; big-endian.
This envelope stays the same in all versions, so that a page can tell a link that is
newer than itself from one that is damaged. Not about what is inside: see `codec`; what
the versions are is in `formats`.
"""

from __future__ import annotations

import base64
import re
import zlib

from microgpt.errors import LinkError
from microgpt.sharing.formats import NEWEST

MAX_FRAGMENT = 40_000  # characters; browsers take more, most chat programs less
KINDS = {"m": "a model", "r": "a recipe"}

_MAX_ADDRESS = MAX_FRAGMENT + 2_000  # with the site's own address before it
_HEAD, _CRC = 3, 4  # bytes before and after what is inside
_START = re.compile(r"(?:.*?#|[\s<(\[\"'`]*)([a-z])=", re.DOTALL)
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
_BEHIND = " .,;:!?'\"*~|`<>()[]{}«»“”‘’…。，、！）」\u200b\ufeff"  # what is written around links

_AGAIN = "Copy the whole link once more, or ask for a new one."


def room(characters: int) -> int:
    """How many bytes fit inside a fragment of that many characters; below 0 if none do."""
    return (min(characters, MAX_FRAGMENT) - len("#m=")) * 6 // 8 - _HEAD - _CRC


def characters(inside: int) -> int:
    """How many characters a fragment has with that many bytes inside."""
    return len("#m=") + _base64_length(_HEAD + inside + _CRC)


def seal(kind: str, inside: bytes, version: int) -> str:
    """The fragment, with its #.

    Args:
        kind: one of KINDS, which `unseal` gives back.
        inside: at most as many bytes as `room` says.
        version: of what is inside.
    """
    size = _HEAD + len(inside) + _CRC
    data = bytes([version]) + size.to_bytes(2, "big") + inside
    data += _checksum(kind, data)
    return f"#{kind}=" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def unseal(text: str) -> tuple[str, bytes, int]:
    """The kind of a link, what is inside, and the version of that.

    Args:
        text: an address, or its fragment with or without #; with what mail and chat
            programs put around it or into it: white space, brackets, a full stop.

    Raises:
        LinkError: it isn't whole, or isn't one of this page's; the message says why.
    """
    kind, code = _find(text)
    if foreign := _FOREIGN.search(code):
        raise LinkError(
            f"This link is damaged: {foreign[0]!r} at character {foreign.start() + 1:,} after "
            f"the = can't be part of a link. {_AGAIN}"
        )
    # Four characters are three bytes, so the head can be read whatever comes behind it.
    head = base64.urlsafe_b64decode(code[:4]) if len(code) >= 4 else b""
    size = int.from_bytes(head[1:], "big")
    expected = max(_base64_length(size), 10)
    if len(code) < expected:
        of = f" of {expected:,}" if head else ""
        raise LinkError(
            f"This link is cut, or damaged at its beginning: {len(code):,}{of} characters "
            f"arrived. {_AGAIN}"
        )
    if len(code) > expected:
        raise LinkError(
            f"This link is damaged: it has {len(code):,} characters instead of {expected:,}. "
            f"{_AGAIN}"
        )
    data = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    exact = base64.urlsafe_b64encode(data).decode().rstrip("=") == code  # not so the last bits
    if not exact or data[-_CRC:] != _checksum(kind, data[:-_CRC]):
        raise LinkError(
            f"This link is damaged: all its {len(code):,} characters are there, but its checksum "
            f"doesn't match, so at least one of them has changed. {_AGAIN}"
        )
    _check_version(head[0])
    return kind, data[_HEAD:-_CRC], head[0]


def _find(text: str) -> tuple[str, str]:
    """The letter and the code of a link in a text."""
    if len(text) > _MAX_ADDRESS:
        raise LinkError(
            f"This is not a link from this page: it has {len(text):,} characters, and no link has "
            f"more than {_MAX_ADDRESS:,}."
        )
    start = _START.match(text)
    if not start or start[1] not in KINDS:
        begins = " or ".join(f"#{kind}= ({name})" for kind, name in KINDS.items())
        raise LinkError(
            f"This is not a link from this page: it has no {begins} in it. Copy the whole address."
        )
    code = "".join(text[start.end() :].split())  # mail programs break lines
    return start[1], code.rstrip(_BEHIND)


def _check_version(version: int) -> None:
    if version > NEWEST:
        raise newer(f"it has format {version}, and this page reads formats up to {NEWEST}")
    if version < 1:
        raise LinkError(f"This link has format {version}, which never existed. Ask for a new one.")


def newer(what: str) -> LinkError:
    """The error for a link that is whole, but has something that only a newer page knows."""
    return LinkError(
        f"This link was made by a newer version of this page: {what}. Reload the page, or open "
        "the link where it was made."
    )


def _checksum(kind: str, data: bytes) -> bytes:
    return zlib.crc32(kind.encode() + data).to_bytes(_CRC, "big")


def _base64_length(size: int) -> int:
    """Characters of so many bytes, without padding."""
    return -(-size * 8 // 6)
