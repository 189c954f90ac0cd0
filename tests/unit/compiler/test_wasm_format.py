"""Numbers as the WebAssembly specification has them written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.compiler.targets import wasm_format


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (0, "00"),
        (-1, "7f"),
        (63, "3f"),
        (64, "c000"),
        (-64, "40"),
        (-65, "bf7f"),
        (624485, "e58e26"),
    ],
)
def test_signed_numbers_as_in_the_specification(number: int, code: str) -> None:
    assert wasm_format.signed(number).hex() == code


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_unsigned_numbers_can_be_read_back(number: int) -> None:
    code = wasm_format.unsigned(number)
    assert sum((byte & 0x7F) << 7 * i for i, byte in enumerate(code)) == number
    assert all(byte & 0x80 for byte in code[:-1])
    assert not code[-1] & 0x80


def test_a_shared_memory_is_imported_and_one_that_is_not_is_the_modules_own() -> None:
    own, shared = (wasm_format.module([], {}, 3, each) for each in (False, True))
    limits = b"\x04host\x06memory\x02\x03\x03\x80\x80\x04"  # shared, from 3 to 65,536 pages
    assert limits in shared
    assert limits not in own
    assert b"\x05\x04\x01\x01\x03\x03" in own  # the section of memories: from 3 to 3 pages
