"""No single bit can be flipped unseen. `make soak ONLY=flipped_bits` flips every one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.evidence.flips import FILES, is_found


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_found(name: str, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(FILES[name]) - 1))
    assert is_found(name, bit)


@pytest.mark.parametrize("place", range(8))
def test_every_bit_of_the_key_file_counts(place: int) -> None:
    bits = range(place, 8 * len(FILES["keys"]), 8)
    assert [bit for bit in bits if not is_found("keys", bit)] == []
