"""QR codes: what fits into one."""

from __future__ import annotations

import pytest

from microgpt.errors import LinkError
from microgpt.sharing import qr


def test_qr_codes_have_a_limit() -> None:
    assert qr.svg("x" * qr.MAX_CHARACTERS).startswith("<svg")
    with pytest.raises(LinkError, match="holds 2,953 characters"):
        qr.svg("x" * (qr.MAX_CHARACTERS + 1))
