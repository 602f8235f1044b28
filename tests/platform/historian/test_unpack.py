"""Opening a batch of segments says the same as opening each alone by the reference."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lineshaft.core.errors import Invalid
from lineshaft.core.segment.block import to_records
from lineshaft.core.segment.errors import BadSignature, WrongRoot
from lineshaft.core.segment.wire import decode_segment, encode_segment, open_segment
from lineshaft.platform.historian.intake.unpack import Opened, open_segments
from tests.platform.historian.house import Source, opened, random_source

SOURCE = random_source(1, segments=5)
SECRET = SOURCE.salt, SOURCE.key.public_key()
TRAVELLED = [encode_segment(segment) for segment in SOURCE.segments]


@given(st.integers(0, 10**6))
def test_the_rows_are_those_of_the_reference(seed: int) -> None:
    source = random_source(seed, segments=3)
    for segment, one in zip(source.segments, opened(source.segments, source), strict=True):
        blocks = open_segment(segment, source.salt, source.key.public_key())
        records = [record for block in blocks for record in to_records(block)]
        rows = one.rows.to_pylist()
        assert list(one.signals) == [block.signal for block in blocks]
        assert list(one.counts) == [len(block) for block in blocks]
        for row, record in zip(rows, records, strict=True):
            assert row == {name: getattr(record, name) for name in row}


@given(st.data())
def test_a_flipped_bit_is_refused_and_its_neighbours_are_not(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(TRAVELLED) - 1))
    flipped = bytearray(TRAVELLED[index])
    bit = data.draw(st.integers(0, len(flipped) * 8 - 1))
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        damaged = decode_segment(bytes(flipped))
    except Invalid:
        return
    segments = [decode_segment(one) for one in TRAVELLED]
    segments[index] = damaged
    outcomes = open_segments(segments, [SECRET] * len(segments))
    for position, outcome in enumerate(outcomes):
        assert isinstance(outcome, Invalid if position == index else Opened)


def test_it_says_what_is_wrong() -> None:
    segment, other = (decode_segment(one) for one in TRAVELLED[:2])
    forger = Source("forger")
    [outcome] = open_segments([segment], [(SOURCE.salt, forger.key.public_key())])
    assert isinstance(outcome, BadSignature)
    [outcome] = open_segments([segment], [(b"\x00" * 32, SECRET[1])])
    assert isinstance(outcome, WrongRoot)
    assert all(isinstance(one, Opened) for one in open_segments([segment, other], [SECRET] * 2))


@pytest.mark.parametrize("count", [0, 1])
def test_few_segments_are_no_special_case(count: int) -> None:
    segments = [decode_segment(one) for one in TRAVELLED[:count]]
    assert len(open_segments(segments, [SECRET] * count)) == count
