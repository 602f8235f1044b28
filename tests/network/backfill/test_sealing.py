"""Sealing whole arrays makes the bytes of the reference, wherever the records are cut apart."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import Instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId
from lineshaft.core.segment.block import encoded_size, presence_of
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.wire import (
    SEGMENT_BYTES_MAX,
    SEGMENT_RECORDS_MAX,
    ChainPosition,
    cut,
    encode_segment,
    seal,
)
from lineshaft.core.value import Columns, DecimalValue, to_columns
from lineshaft.network.backfill.columns import TEXT, Rows
from lineshaft.network.backfill.sealing import Chain, Sealer, cuts
from lineshaft.network.keys import SigningKeys, load_or_create_keys

SOURCE = SourceId("history-1")
NAMES = [SignalId("m/b"), SignalId("m/é"), SignalId("m/a"), SignalId("a/z")]
VALUES = st.one_of(
    st.builds(DecimalValue, st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18)),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4).filter(lambda text: text.isprintable() and text),
    st.just("x" * 9_000),
    st.none(),
)
ROW = st.tuples(st.integers(0, 3), st.integers(-(2**40), 2**40), VALUES)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SigningKeys:
    return load_or_create_keys(tmp_path_factory.mktemp("keys") / "k")


def as_records(rows: list[tuple[int, int, object]]) -> list[Record]:
    ordinals = [0] * len(NAMES)
    found = []
    for place, (code, ts, value) in enumerate(rows):
        ordinals[code] += 1
        columns = Columns() if value is None else to_columns(value)
        found.append(
            Record(
                signal=NAMES[code],
                sequence=place + 1,
                ordinal=ordinals[code],
                kind=RecordKind.READING,
                status=code,
                ts=Instant(ts),
                mantissa=columns.mantissa,
                exponent=columns.exponent,
                number=columns.number,
                text=columns.text,
            )
        )
    return found


def as_rows(records: list[Record]) -> Rows:
    return Rows(
        code=np.array([NAMES.index(r.signal) for r in records], np.int32),
        ts=np.array([r.ts for r in records], np.int64),
        status=np.array([r.status for r in records], np.uint32),
        kind=np.array([r.kind for r in records], np.uint8),
        presence=np.array([presence_of(r) for r in records], np.uint8),
        mantissa=np.array([r.mantissa or 0 for r in records], np.int64),
        exponent=np.array([r.exponent or 0 for r in records], np.int8),
        number=np.array([0.0 if r.number is None else r.number for r in records], np.float64),
        text=pa.array([None if r.text is None else r.text.encode() for r in records], TEXT),
        row=np.array([r.sequence for r in records], np.int64),
    )


def reference(records: list[Record], keys: SigningKeys) -> list[bytes]:
    found, previous, number = [], NO_PREVIOUS, 0
    waiting = list(records)
    while waiting:
        taken = cut(waiting)
        number += 1
        position = ChainPosition(SOURCE, 1, number, previous)
        segment = seal(taken, position, keys.salt_secret, keys.private_key)
        found.append(encode_segment(segment))
        previous = segment.header.hash()
        waiting = waiting[len(taken) :]
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_bytes_are_those_of_the_reference(
    keys: SigningKeys, rows: list[tuple[int, int, object]], at: list[int]
) -> None:
    records = as_records(rows)
    bounds = sorted({0, len(records), *(place for place in at if place < len(records))})
    sealer = Sealer((SOURCE, 1), keys, NAMES, Chain.beginning())
    found = [
        one
        for start, end in itertools.pairwise(bounds)
        for one in sealer.seal(as_rows(records[start:end]))
    ]
    found += sealer.finish()
    assert [one.data for one in found] == reference(records, keys)
    assert (found[-1].last_sequence, found[-1].row) == (len(records), len(records))
    assert sealer.waiting == 0


def test_many_small_records_fill_segments_of_a_thousand(keys: SigningKeys) -> None:
    records = as_records([(k % 4, k, DecimalValue(k, -3)) for k in range(2_500)])
    sealer = Sealer((SOURCE, 1), keys, NAMES, Chain.beginning())
    found = sealer.seal(as_rows(records))
    assert sealer.waiting == 500
    assert [one.last_sequence for one in found] == [1_000, 2_000]
    assert [one.data for one in found + sealer.finish()] == reference(records, keys)
    assert sealer.finish() == []


@given(st.lists(st.integers(22, 40_000), max_size=60))
def test_segments_end_where_the_reference_cuts(sizes: list[int]) -> None:
    ends, start = [], 0
    while start < len(sizes):
        size, end = 0, start
        while end < len(sizes) and end - start < SEGMENT_RECORDS_MAX:
            size += sizes[end]
            if end > start and size > SEGMENT_BYTES_MAX:
                break
            end += 1
        ends.append(end)
        start = end
    assert cuts(np.array(sizes, np.int64), is_last=True) == ends
    full = cuts(np.array(sizes, np.int64), is_last=False)
    assert full == ends[: len(full)]
    assert len(ends) - len(full) in {0, 1}


def test_a_record_counts_as_many_bytes_as_the_reference_says(keys: SigningKeys) -> None:
    text = as_records([(0, 0, "x" * 16_000)] * 9)
    size = encoded_size(text[0])
    sealer = Sealer((SOURCE, 1), keys, NAMES, Chain.beginning())
    found = sealer.seal(as_rows(text))
    assert found[0].last_sequence == SEGMENT_BYTES_MAX // size
