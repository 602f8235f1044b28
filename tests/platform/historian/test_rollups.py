"""Roll-ups are exact, whatever is cut where."""

import zlib
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import InvariantError
from lineshaft.core.reading import RecordKind
from lineshaft.core.value import DecimalValue, EnumerationValue, Value, to_columns
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import US_PER_HOUR
from lineshaft.platform.historian.rollups.compute import entries_of
from lineshaft.platform.historian.rollups.entries import ENTRY_COLUMNS, Entries, folded, joined
from lineshaft.platform.historian.rollups.model import Point, Rollup, carried, combine, ended
from lineshaft.platform.historian.rollups.packing import pack, unpack
from lineshaft.platform.historian.rollups.rows import state_rows
from tests.platform.historian.house import START

BAD = 0x8000_0000
DAY_US = 24 * US_PER_HOUR


@dataclass(frozen=True)
class Row:
    """A row of series 1, in short."""

    ts: int
    value: Value
    status: int = 0
    kind: RecordKind = RecordKind.READING


def table_of(rows: list[Row], series: int = 1) -> pa.Table:
    values = [to_columns(row.value) for row in rows]
    count = len(rows)
    content = {
        "series": [series] * count,
        "ts": [row.ts for row in rows],
        "own_ts": [None] * count,
        "source_epoch": [1] * count,
        "sequence": range(1, count + 1),
        "ordinal": range(1, count + 1),
        "status": [row.status for row in rows],
        "kind": [int(row.kind) for row in rows],
        "mantissa": [value.mantissa for value in values],
        "exponent": [value.exponent for value in values],
        "number": [value.number for value in values],
        "text": [value.text for value in values],
    }
    arrays = [pa.array(list(content[field.name]), field.type) for field in columns.SCHEMA]
    return pa.table(arrays, schema=columns.SCHEMA)


def entries(rows: list[Row]) -> Entries:
    return entries_of(state_rows(table_of(rows), []))


def naive(rows: list[Row]) -> Rollup:
    """Sum up rows one by one, in fractions."""
    in_force = {row.ts: row for row in rows if row.kind in {RecordKind.READING, RecordKind.STATUS}}
    ordered = sorted(in_force.values(), key=lambda row: row.ts)
    count, total, integral, covered, increase, resets = (
        0,
        Fraction(0),
        Fraction(0),
        0,
        Fraction(0),
        0,
    )
    points: list[Point] = []
    state_us: dict[str, int] = {}
    for row, following in zip(ordered, [*ordered[1:], None], strict=True):
        held_us = 0 if following is None else following.ts - row.ts
        number, state = meaning(row)
        if state is not None:
            state_us[state] = state_us.get(state, 0) + held_us
        if number is None:
            continue
        count, total = count + 1, total + number
        integral, covered = integral + number * held_us, covered + held_us
        if points and number >= points[-1].value:
            increase += number - points[-1].value
        elif points:
            increase, resets = increase + number, resets + 1
        points.append(Point(row.ts, number))
    values = [point.value for point in points]
    return Rollup(
        first_ts=ordered[0].ts,
        last_ts=ordered[-1].ts,
        count=count,
        total=total,
        integral=integral,
        covered_us=covered,
        first=points[0] if points else None,
        last=points[-1] if points else None,
        minimum=min(values, default=None),
        maximum=max(values, default=None),
        increase=increase,
        resets=resets,
        first_state=meaning(ordered[0])[1],
        last_state=meaning(ordered[-1])[1],
        state_us=state_us,
    )


def meaning(row: Row) -> tuple[Fraction | None, str | None]:
    if row.kind is not RecordKind.READING or row.status >= 1 << 30:
        return None, None
    match row.value:
        case bool():
            return Fraction(row.value), str(row.value).lower()
        case DecimalValue():
            return row.value.as_fraction(), None
        case float():
            return Fraction(row.value), None
        case EnumerationValue():
            return None, row.value.symbol
        case str():
            return None, row.value
    return None, None


VALUES = {
    "small": st.builds(DecimalValue, st.integers(-(10**6), 10**6), st.just(-3)),
    "scales": st.builds(DecimalValue, st.integers(-(10**6), 10**6), st.integers(-4, 2)),
    "any": st.builds(DecimalValue, st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18)),
    "large": st.builds(DecimalValue, st.integers(2**62, 2**62 + 999), st.just(0)),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "near": st.floats(-1e3, 1e3),
    "bool": st.booleans(),
    "text": st.sampled_from(["ACTIVE", "READY", "", "false"]),
    "symbol": st.builds(EnumerationValue, st.integers(0, 3), st.sampled_from(["A", "B"])),
}
VALUES["mixed"] = st.one_of(*VALUES.values())


@st.composite
def series(draw: st.DrawFn) -> list[Row]:
    """Rows of one series over some hours, with equal instants, bad ones and other kinds."""
    values = VALUES[draw(st.sampled_from(sorted(VALUES)))]
    step = st.sampled_from([0, 1, 1_000_000, 1_000_000, 600_000_000, US_PER_HOUR - 1])
    status = st.sampled_from([0, 0, 0, 0, 0, 0, BAD, 1 << 29])
    kinds = st.sampled_from([RecordKind.READING] * 8 + [RecordKind.STATUS, RecordKind.COUNT])
    ts, rows = START, [Row(START, draw(values))]
    for _ in range(draw(st.integers(0, 25))):
        ts += draw(step)
        rows.append(Row(ts, draw(values), draw(status), draw(kinds)))
    return rows


@given(series())
@settings(max_examples=150, deadline=None)
@example([Row(START, 1e300), Row(START + 5, DecimalValue(-(2**63), -18)), Row(START + 9, 5e-324)])
@example([Row(START, DecimalValue(-(2**63), 0)), Row(START + 7, DecimalValue(2**63 - 1, 0))])
def test_hours_combine_to_what_the_rows_amount_to(rows):
    assert folded(entries(rows)) == {1: naive(rows)}


@given(series(), st.data())
@settings(max_examples=100, deadline=None)
def test_combining_is_associative_and_any_cut_gives_the_same(rows, data):
    instants = sorted({row.ts for row in rows})
    cuts = sorted(data.draw(st.sets(st.sampled_from(instants), max_size=4)))
    bounds = [START - 1, *cuts, START + 10**12]
    parts = [[row for row in rows if low <= row.ts < high] for low, high in pairwise(bounds)]
    rollups = [naive(part) for part in parts if any(row.kind != RecordKind.COUNT for row in part)]
    from_left = reduce(combine, rollups)
    from_right = reduce(lambda right, left: combine(left, right), reversed(rollups))
    assert from_left == from_right == naive(rows)


@given(series())
@settings(max_examples=100, deadline=None)
def test_packing_keeps_every_digit(rows):
    found = entries(rows)
    days = (found.hour // 24).tolist()
    packed = [(1, day, pack(found.where(found.hour // 24 == day))) for day in sorted(set(days))]
    again = unpack(packed)
    for name in ENTRY_COLUMNS:
        assert getattr(again, name).tolist() == getattr(found, name).tolist(), name


def test_many_series_at_once_do_not_touch_each_other():
    rows = {
        1: [Row(START + i * 1_000_000, DecimalValue(i % 7, -1)) for i in range(5_000)],
        2: [Row(START + i * 900_000, float(i) / 3) for i in range(5_000)],
        3: [Row(START, "ON"), Row(START + 5, None, BAD), Row(START + 9, "OFF")],
        4: [Row(START + i, DecimalValue(2**62 * (-1) ** i, 1)) for i in range(50)],
        5: [Row(START, None, BAD)],
    }
    table = pa.concat_tables([table_of(part, number) for number, part in rows.items()])
    found = folded(entries_of(state_rows(table.combine_chunks(), [])))
    assert found == {number: naive(part) for number, part in rows.items()}


def test_entries_of_different_units_combine():
    early = entries([Row(START, DecimalValue(125, -2)), Row(START + 5, DecimalValue(25, -1))])
    late = entries([Row(START + DAY_US, DecimalValue(3, 0)), Row(START + DAY_US + 9, 0.1)])
    found = folded(joined([early, late]))[1]
    assert found.total == Fraction("6.75") + Fraction(0.1)
    assert found.integral == Fraction("1.25") * 5 + Fraction("2.5") * (DAY_US - 5) + 27
    assert found.increase == Fraction("1.75") + Fraction(0.1)
    assert found.resets == 1


def test_what_holds_is_carried_over_a_cut():
    before = naive([Row(START, DecimalValue(4, 0))])
    inside = naive([Row(START + 100, DecimalValue(6, 0))])
    found = ended(combine(carried(before, START + 40), inside), START + 200)
    assert (found.count, found.total) == (1, 6)
    assert (found.integral, found.covered_us) == (4 * 60 + 6 * 100, 160)
    assert (found.increase, found.time_weighted_mean) == (2, Fraction(840, 160))


def test_what_does_not_hold_carries_the_counter_alone():
    rows = [Row(START, DecimalValue(4, 0)), Row(START + 1, None, BAD)]
    inside = naive([Row(START + 100, DecimalValue(6, 0))])
    found = ended(combine(carried(naive(rows), START + 40), inside), START + 200)
    assert (found.integral, found.covered_us, found.increase) == (600, 100, 2)


@pytest.mark.parametrize("values", ["walk", "counter", "jitter"])
def test_a_packed_hour_takes_at_most_forty_bytes(values):
    rng = np.random.default_rng(1)
    count = 86_400
    value = np.cumsum(rng.integers(0 if values == "counter" else -20, 21, count))
    ts = START + np.arange(count) * 1_000_000
    if values == "jitter":
        ts += rng.integers(0, 50, count) * 1_000
    kept = range(0, count, 5)
    rows = [Row(int(ts[i]), DecimalValue(int(value[i]), -3)) for i in kept]
    assert len(pack(entries(rows))) <= 40 * 24


def test_another_format_is_not_read():
    data = bytearray(zlib.decompress(pack(entries([Row(START, DecimalValue(1, 0))]))))
    data[0] = 2
    with pytest.raises(InvariantError, match="expected 1"):
        unpack([(1, 2, zlib.compress(bytes(data)))])
