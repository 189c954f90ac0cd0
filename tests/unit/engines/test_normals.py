"""Many normals at once, against the stream's own, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt.engines import normals as module
from microgpt.engines.normals import normals
from microgpt.gpt.random_streams import RANDOM_STREAMS


@given(
    name=st.sampled_from(sorted(RANDOM_STREAMS)),
    seed=st.integers(0, 2**32 - 1),
    before=st.integers(0, 3),
    count=st.integers(0, 30),
    deviation=st.floats(0.0, 1.0),
)
def test_they_are_those_of_single_draws_and_so_is_what_comes_next(
    name: str, seed: int, before: int, count: int, deviation: float
) -> None:
    single, many = RANDOM_STREAMS[name](seed), RANDOM_STREAMS[name](seed)
    for stream in (single, many):
        for _ in range(before):
            stream.gauss(0.0, 1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PAIRS", 4)
        found = normals(many, deviation, count)
    assert list(found) == [single.gauss(0.0, deviation) for _ in range(count)]
    assert many.get_state() == single.get_state()
    assert [many.gauss(0.0, 1.0) for _ in range(3)] == [single.gauss(0.0, 1.0) for _ in range(3)]
