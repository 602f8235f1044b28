"""A real machining day, from the file that is shipped as the example: the stated figures."""

import gzip
from collections import defaultdict
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise

import pytest

from lineshaft.core.period import US_PER_S, Period, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import RecordKind, SourceId, StatusCode
from lineshaft.core.value import parse_decimal
from lineshaft.services.metering.measure import measure, reach, timeline
from lineshaft.services.metering.model import Identity, Meter, Row
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT

SAMPLE = "Mazak01-20170622-20170623.txt.gz"
SKEW_US = 5 * US_PER_S
PERIOD = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")


@pytest.fixture(scope="module")
def day() -> dict[str, list[Row]]:
    """Read the two metered signals without the connector: a witness of its own.

    A step back of less than 5 s takes effect at the instant of the signal's last reading.
    """
    sample = files("lineshaft.network.connectors.mtconnect").joinpath("sample", SAMPLE)
    text = gzip.decompress(sample.read_bytes()).decode()
    rows: dict[str, list[Row]] = defaultdict(list)
    last: dict[str, int] = {}
    for line in text.splitlines():
        stamp, name, value = line.split("|")[:3]
        if name not in {"cut_time", "execution"}:
            continue
        own = parse_instant(stamp)
        is_skewed = 0 < last.get(name, own) - own < SKEW_US
        ts = last[name] if is_skewed else own
        last[name] = max(ts, last.get(name, ts))
        number = len(rows[name]) + 1
        is_known = value != "UNAVAILABLE"
        read = parse_decimal(value) if is_known and name == "cut_time" else value
        rows[name].append(
            Row(
                identity=Identity(SourceId("edge-1"), 1, number),
                ordinal=number,
                ts=ts,
                kind=RecordKind.READING,
                status=StatusCode.GOOD if is_known else StatusCode.BAD_NO_COMMUNICATION,
                value=read if is_known else None,
            )
        )
    return rows


def meter(kind: str, signal: str, **parameters: object) -> Meter:
    content = {"id": signal, "machine": "mazak01", "signal": f"mazak01/{signal}"}
    return Meter.from_content(content | {"kind": kind, "unit": "SEC", "parameters": parameters})


CUT_TIME = meter("counter", "cut_time", rate_max=1, resolution=1)
EXECUTION = meter("state_duration", "execution", states=["ACTIVE"])


def test_cutting_time(day: dict[str, list[Row]]) -> None:
    record = measure(CUT_TIME, MeterInput(SeriesRows.of(day["cut_time"])), PERIOD, KNOWN_AT)
    assert record.quantity == Quantity(Fraction(12_578), "SEC")
    assert record.quantity.to("HUR").amount == Fraction(6289, 1800)
    assert record.covered_us == 34_796_348_886
    assert f"{float(record.completeness) * 100:.2f}" == "40.27"
    assert record.exclusions == ()
    assert record.restart_count == record.refusal_count == 0
    assert not record.is_complete


def test_without_the_resolution_548_steps_would_be_too_fast(day: dict[str, list[Row]]) -> None:
    bare = meter("counter", "cut_time", rate_max=1, resolution=0)
    rows = [row for row in day["cut_time"] if row.value is not None]
    numbers = [int(str(row.value)) for row in rows]
    steps = zip(rows, rows[1:], numbers, numbers[1:], strict=False)
    too_fast = sum((w - v) * US_PER_S > b.ts - a.ts for a, b, v, w in steps)
    assert too_fast == 548
    record = measure(bare, MeterInput(SeriesRows.of(day["cut_time"])), PERIOD, KNOWN_AT)
    assert record.exclusion_count > 0
    assert not record.is_complete


def test_states(day: dict[str, list[Row]]) -> None:
    rows = MeterInput(SeriesRows.of(day["execution"]))
    record = measure(EXECUTION, rows, PERIOD, KNOWN_AT)
    assert record.states == {
        "ACTIVE": 13_521_795_246,
        "STOPPED": 9_768_789_106,
        "READY": 3_460_478_396,
        "INTERRUPTED": 8_027_652_138,
        "FEED_HOLD": 17_634_000,
    }
    assert record.unknown_us == 51_603_651_114
    assert record.quantity == Quantity(Fraction(13_521_795_246, 1_000_000), "SEC")


def test_the_time_line_has_the_same_durations_and_no_hole(day: dict[str, list[Row]]) -> None:
    spans = timeline(MeterInput(SeriesRows.of(day["execution"])), PERIOD, KNOWN_AT)
    assert (spans[0].period.start, spans[-1].period.end) == (PERIOD.start, PERIOD.end)
    for one, following in pairwise(spans):
        assert one.period.end == following.period.start
        assert one.state != following.state
    active = sum(span.period.duration_us for span in spans if span.state == "ACTIVE")
    assert active == 13_521_795_246


@pytest.mark.parametrize("used", [CUT_TIME, EXECUTION], ids=["cut_time", "execution"])
def test_any_cut_of_the_day_adds_up(day: dict[str, list[Row]], used: Meter) -> None:
    rows = MeterInput(SeriesRows.of(day[used.id]))
    whole = measure(used, rows, PERIOD, KNOWN_AT)
    instants = [row.ts for row in day[used.id]][::701]
    for cut in (at + shift for at in instants for shift in (0, 1, 517_321)):
        if not PERIOD.start < cut < PERIOD.end:
            continue
        parts = [measure(used, rows, part, KNOWN_AT) for part in PERIOD.split(cut)]
        assert parts[0].quantity + parts[1].quantity == whole.quantity
        assert parts[0].covered_us + parts[1].covered_us == whole.covered_us


def test_the_day_is_told_from_the_rows_that_reach_names(day: dict[str, list[Row]]) -> None:
    period = Period.parse("2017-06-22T11:00:00Z", "2017-06-22T12:00:00Z")
    rows = MeterInput(SeriesRows.of(day["cut_time"]))
    needed = reach(CUT_TIME, rows, period, KNOWN_AT)
    assert needed.since is not None
    assert needed.until is not None
    part = [row for row in day["cut_time"] if needed.since <= row.ts <= needed.until]
    assert 0 < len(part) < len(day["cut_time"]) / 2
    found = measure(CUT_TIME, MeterInput(SeriesRows.of(part)), period, KNOWN_AT)
    assert found == measure(CUT_TIME, rows, period, KNOWN_AT)
