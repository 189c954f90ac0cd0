"""A link as a QR code. Needs segno, which is installed only where one is asked for."""

from __future__ import annotations

import io

from microgpt.errors import LinkError

MAX_CHARACTERS = 2953  # of a code's largest size at its lowest level of correction


def svg(address: str) -> str:
    """An SVG with the quiet zone around it that scanners need.

    Raises:
        LinkError: the address is longer than a code can be.
    """
    import segno  # not a dependency: see tools/bundled_wheels.txt

    if len(address.encode()) > MAX_CHARACTERS:
        raise LinkError(
            f"A QR code holds {MAX_CHARACTERS:,} characters, and this link has {len(address):,}. "
            "Choose the shorter link, or share the link itself."
        )
    code = segno.make_qr(address, error="l", boost_error=False, encoding="utf-8")
    out = io.BytesIO()
    # The background is part of it: on a dark page a code without one can't be scanned.
    code.save(
        out,
        kind="svg",
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        omitsize=True,
    )
    return out.getvalue().decode()
