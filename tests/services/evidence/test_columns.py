"""Many blocks at once: the same rows and the same refusals as one block after the other."""

import random
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.segment.block import BlockColumns, decode_block, encode_block
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.services.evidence import columns
from lineshaft.services.evidence.columns import SeriesColumns
from tests.platform.historian.house import random_source

SEEDS = st.integers(0, 30)


@cache
def blocks(seed: int) -> tuple[bytes, ...]:
    """Blocks of every kind of value, many of the same layout among them."""
    source = random_source(seed, segments=3)
    found = [block for segment in source.segments for block in segment.blocks]
    return tuple(random.Random(seed).sample(found * 2, len(found)))


def assert_same(found: BlockColumns, expected: BlockColumns) -> None:
    for name in BlockColumns.__struct_fields__:
        left, right = getattr(found, name), getattr(expected, name)
        if isinstance(right, np.ndarray):
            assert left.dtype == right.dtype
            assert np.array_equal(left, right, equal_nan=True), name
        else:
            assert left == right, name


def reference(block: bytes) -> BlockColumns | str:
    try:
        return decode_block(block)
    except MalformedSegment as error:
        return str(error)


def check(data: Sequence[bytes]) -> None:
    rows = SeriesColumns(data)
    for block, head, bounds in zip(data, rows.heads, rows.bounds(), strict=True):
        expected = reference(block)
        if isinstance(expected, str):
            assert head.flaw == expected
            continue
        assert head.flaw == ""
        assert_same(rows.columns(head, head), expected)
        assert encode_block(rows.columns(head, head)) == block
        ends = int(expected.sequence[0]), int(expected.sequence[-1])
        assert bounds == (*ends, int(expected.ts.min()), int(expected.ts.max()))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_rows_come_out_as_from_each_block(seed: int) -> None:
    check(blocks(seed))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.data())
def test_a_changed_byte_is_judged_as_by_the_reference(seed: int, data: st.DataObject) -> None:
    found = list(blocks(seed))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(found) - 1))
        block = bytearray(found[place] or b"\0")
        match data.draw(st.sampled_from(["change", "cut", "more", "none"])):
            case "change":
                at = data.draw(st.integers(0, len(block) - 1))
                block[at] = data.draw(st.integers(0, 255))
            case "cut":
                del block[data.draw(st.integers(0, len(block))) :]
            case "more":
                block += b"\0" * data.draw(st.integers(1, 40))
            case "none":
                block = bytearray()
        found[place] = bytes(block)
    check(found)


def test_more_blocks_than_are_cut_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCKS_AT_ONCE", 2)
    check(blocks(7))


def test_blocks_that_go_on_are_read_as_one() -> None:
    source = random_source(3, segments=9)
    signal = source.records[0].signal
    data = [
        block
        for segment in source.segments
        for block in segment.blocks
        if decode_block(block).signal == signal
    ]
    rows = SeriesColumns(data)
    whole = rows.columns(rows.heads[0], rows.heads[-1])
    parts = [decode_block(block) for block in data]
    for name in ("sequence", "ts", "presence", "mantissa", "exponent", "own_ts", "number"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(whole, name), joined)
    assert whole.text == [text for part in parts for text in part.text]
    assert len(SeriesColumns([]).heads) == 0
