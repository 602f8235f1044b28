"""Sequence, ordinal and effective instant."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.period import US_PER_S, Instant
from lineshaft.core.reading import Reading, RecordKind, Refused, SignalId, StatusCode
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.core.value import DecimalValue
from lineshaft.network.connectors.model import Observation
from lineshaft.network.edge.numbering import FUTURE_US_MAX, SKEW_US_MAX, Numbering

S = US_PER_S
NOW = Instant(10**15)
XABS, YABS = SignalId("m/Xabs"), SignalId("m/Yabs")


def reading(ts: int, signal: SignalId = XABS, value: object = DecimalValue(1, 0)) -> Observation:
    return Observation(Reading(signal, Instant(ts), value), b"raw")


def times(stamps: list[int], connector: str = "c") -> list[tuple[int, int | None]]:
    numbering = Numbering()
    records = [numbering.observe(connector, reading(ts), NOW) for ts in stamps]
    return [(r.ts, r.own_ts) for r in records]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([100 * S, 101 * S], [(100 * S, None), (101 * S, None)]),
        ([100 * S, 100 * S], [(100 * S, None), (100 * S, None)]),
        ([100 * S, 100 * S - 1], [(100 * S, None), (100 * S, 100 * S - 1)]),
        ([100 * S, 95 * S + 1], [(100 * S, None), (100 * S, 95 * S + 1)]),
        ([100 * S, 95 * S], [(100 * S, None), (95 * S, None)]),
        # after late data, the last reading is the late one
        ([100 * S, 10 * S, 9 * S], [(100 * S, None), (10 * S, None), (10 * S, 9 * S)]),
        # skew does not add up: each is judged by the effective instant, not by its own stamp
        ([100 * S, 96 * S, 94 * S], [(100 * S, None), (100 * S, 96 * S), (94 * S, None)]),
    ],
)
def test_clock_skew(stamps: list[int], expected: list[tuple[int, int | None]]) -> None:
    assert times(stamps) == expected


def test_skew_is_judged_per_signal_and_connector() -> None:
    numbering = Numbering()
    numbering.observe("a", reading(100 * S), NOW)
    assert numbering.observe("b", reading(99 * S), NOW).own_ts is None
    assert numbering.observe("a", reading(99 * S, YABS), NOW).own_ts is None
    assert numbering.skew_corrected == 0
    assert numbering.observe("a", reading(99 * S), NOW).ts == 100 * S
    assert numbering.skew_corrected == 1


def test_a_stamp_far_in_the_future_is_refused_at_the_time_of_receipt() -> None:
    numbering = Numbering()
    assert numbering.observe("c", reading(NOW + FUTURE_US_MAX), NOW).kind is RecordKind.READING
    record = numbering.observe("c", reading(NOW + FUTURE_US_MAX + 1), NOW)
    assert (record.kind, record.signal) == (RecordKind.REFUSAL, XABS)
    assert (record.ts, record.own_ts) == (NOW, NOW + FUTURE_US_MAX + 1)
    assert RefusalDetail.decode(record.text).raw == b"raw"
    refused = Observation(Refused(XABS, Instant(NOW + FUTURE_US_MAX + 1), "why", b"raw"), b"raw")
    record = numbering.observe("c", refused, NOW)
    assert record.ts == NOW
    assert RefusalDetail.decode(record.text).reason.startswith("why; stamped")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a" * 20_000, None])
def test_what_cannot_be_stored_is_refused(value: object) -> None:
    record = Numbering().observe("c", reading(100, value=value), NOW)
    assert (record.kind, record.status) == (RecordKind.REFUSAL, StatusCode.BAD_DECODING_ERROR)


def test_a_loss_is_said_once_of_each_signal_and_not_before_its_last_reading() -> None:
    numbering = Numbering()
    numbering.observe("c", reading(100 * S), NOW)
    numbering.observe("c", reading(130 * S, YABS), NOW)
    numbering.observe("other", reading(1, SignalId("n/Zabs")), NOW)
    lost = numbering.lose("c", Instant(120 * S))
    assert [(r.signal, r.ts, r.own_ts) for r in lost] == [
        (XABS, 120 * S, None),
        (YABS, 130 * S, 120 * S),
    ]
    assert {(r.kind, r.status) for r in lost} == {
        (RecordKind.STATUS, StatusCode.BAD_NO_COMMUNICATION)
    }
    assert numbering.lose("c", Instant(140 * S)) == []
    numbering.observe("c", reading(150 * S), NOW)
    assert [r.signal for r in numbering.lose("c", Instant(160 * S))] == [XABS]


def test_a_count_counts_itself_and_skips_series_without_records() -> None:
    numbering = Numbering()
    for ts in range(3):
        numbering.observe("c", reading(ts), NOW)
    [count] = numbering.count({XABS, YABS}, NOW)
    assert (count.kind, count.mantissa, count.exponent, count.ordinal) == (
        RecordKind.COUNT,
        4,
        0,
        4,
    )


_event = st.tuples(
    st.sampled_from(["a", "b"]), st.sampled_from([XABS, YABS]), st.integers(0, 30 * S)
)


@given(st.lists(_event, max_size=60))
def test_sequences_and_ordinals_have_no_gaps_and_stamps_move_forward_only(
    events: list[tuple[str, SignalId, int]],
) -> None:
    numbering = Numbering()
    ordinals: dict[str, int] = defaultdict(int)
    last: dict[tuple[str, str], int] = {}
    corrected = 0
    for sequence, (connector, signal, ts) in enumerate(events, start=1):
        record = numbering.observe(connector, reading(ts, signal), NOW)
        ordinals[signal] += 1
        assert (record.sequence, record.ordinal) == (sequence, ordinals[signal])
        assert 0 <= record.ts - ts < SKEW_US_MAX
        before = last.get((connector, signal), record.ts)
        assert record.ts >= before or before - record.ts >= SKEW_US_MAX
        assert (record.own_ts is None) == (record.ts == ts)
        corrected += record.own_ts is not None
        last[connector, signal] = record.ts
    assert numbering.skew_corrected == corrected
