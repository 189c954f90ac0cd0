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
