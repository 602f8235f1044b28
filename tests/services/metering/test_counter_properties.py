"""What must hold of a counter, whatever its readings."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.core.value import DecimalValue, parse_decimal
from lineshaft.services.metering.measure import reach
from lineshaft.services.metering.model import ExclusionReason, Meter, Row
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import (
    KNOWN_AT,
    at,
    counter,
    reading,
    readings,
    span,
    usage,
)

DAY = span(0, 86_400)
FELL, TOO_FAST = ExclusionReason.FELL, ExclusionReason.TOO_FAST

# What must hold of any readings: small values, so that glitches, restarts, roll-overs and settings
# meet each other and the cuts.

VALUES = st.one_of(
    st.none(),
    st.integers(0, 30).map(str),
    st.integers(0, 300).map(lambda n: f"{n // 10}.{n % 10}"),
)
PAIRS = st.lists(st.tuples(st.integers(0, 40), VALUES), max_size=14, unique_by=lambda p: p[0])
METERS = st.builds(
    lambda rate, boundary, modulus, resolution, has_exchange: counter(
        rate_max=rate,
        boundary=boundary,
        modulus=modulus,
        resolution=resolution,
        exchanges=[
            {
                "at": format_instant(at(17)),
                "old_final": "20",
                "new_start": "1.5",
                "reference": "WO-1",
            }
        ]
        * has_exchange,
    ),
    st.sampled_from(["1", "1/3", "5/2"]),
    st.sampled_from(["LINEAR", "EARLIER", "LATER"]),
    st.sampled_from([None, 31]),
    st.sampled_from([0, "0.1", 2]),
    st.booleans(),
)
CUTS = st.lists(st.integers(-20, 450), min_size=3, max_size=3, unique=True).map(
    lambda tenths: [at(tenth / 10) for tenth in sorted(tenths)]
)


def rows_of(pairs: list[tuple[int, str | None]]) -> list[Row]:
    return readings(*sorted(pairs, key=lambda pair: pair[0]))


@given(METERS, PAIRS, CUTS)
def test_i2_usage_adds_up_over_any_cut(
    used: Meter, pairs: list[tuple[int, str | None]], cuts: list[Instant]
) -> None:
    rows = rows_of(pairs)
    whole = usage(used, rows, Period(cuts[0], cuts[2]))
    parts = [usage(used, rows, part) for part in whole.period.split(cuts[1])]
    assert sum(part.quantity.amount for part in parts) == whole.quantity.amount
    assert sum(part.covered_us for part in parts) == whole.covered_us
    assert sum(part.bridged_gap_us for part in parts) == whole.bridged_gap_us
    assert sum(part.restart_count for part in parts) == whole.restart_count
    assert {e for part in parts for e in part.exclusions} == set(whole.exclusions)
    assert whole.quantity.amount >= 0


@given(METERS, PAIRS, CUTS)
def test_a_period_follows_from_the_rows_within_its_reach(
    used: Meter, pairs: list[tuple[int, str | None]], cuts: list[Instant]
) -> None:
    rows, period = rows_of(pairs), Period(cuts[0], cuts[1])
    everything = MeterInput(SeriesRows.of(rows))
    needed = reach(used, everything, period, KNOWN_AT)
    part = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    assert usage(used, part, period) == usage(used, rows, period)
    again = reach(used, MeterInput(SeriesRows.of(part)), period, KNOWN_AT)
    assert again == needed


@given(METERS, PAIRS, CUTS)
@settings(max_examples=200)
def test_the_counter_is_what_a_plain_walk_over_all_readings_finds(
    used: Meter, pairs: list[tuple[int, str | None]], cuts: list[Instant]
) -> None:
    period = Period(cuts[0], cuts[2])
    expected = plain_walk(used, rows_of(pairs))
    found = usage(used, rows_of(pairs), period)
    assert found.quantity.amount == sum(share(used, step, period) for step in expected)


Step = tuple[int, int, Fraction]


def plain_walk(used: Meter, rows: list[Row]) -> list[Step]:
    """Go through all readings in order, one by one, in fractions: the witness."""
    good = [
        (row.ts, row.value.as_fraction()) for row in rows if isinstance(row.value, DecimalValue)
    ]
    steps: list[Step] = []
    last = waiting = None
    for each in good:
        if last is None:
            last = each
        elif (rise := possible(used, last, each)) is not None:
            steps.append((last[0], each[0], rise))
            last, waiting = each, None
        elif waiting is not None and (rise := possible(used, waiting, each)) is not None:
            base = used.parameters.restarts_at
            if base is not None and waiting[1] < last[1]:
                restarted = waiting[1] - base
                if 0 <= restarted <= most(used, last, waiting):
                    steps.append((last[0], waiting[0], restarted))
            steps.append((waiting[0], each[0], rise))
            last, waiting = each, None
        else:
            waiting = each
    return steps


def most(used: Meter, first: tuple, last: tuple) -> Fraction:
    seconds = Fraction(last[0] - first[0], 10**6)
    return used.parameters.rate_max * seconds + used.parameters.resolution


def possible(used: Meter, first: tuple, last: tuple) -> Fraction | None:
    parameters = used.parameters
    exchanges = [each for each in parameters.exchanges if first[0] <= each.at < last[0]]
    if exchanges:
        parts = [exchanges[0].old_final - first[1], last[1] - exchanges[0].new_start]
    elif last[1] < first[1] and parameters.modulus is not None:
        parts = [parameters.modulus - first[1], last[1]]
    else:
        parts = [last[1] - first[1]]
    return sum(parts) if min(parts) >= 0 and sum(parts) <= most(used, first, last) else None


def share(used: Meter, step: Step, period: Period) -> Fraction:
    start, end, rise = step
    name = used.parameters.boundary.value
    if name == "EARLIER":
        return rise * (period.start <= start < period.end)
    if name == "LATER":
        return rise * (period.start < end <= period.end)
    return rise * Fraction(max(min(end, period.end) - max(start, period.start), 0), end - start)


@given(PAIRS, st.lists(st.integers(0, 2), min_size=14, max_size=14), st.data())
def test_i4_segments_of_three_sources_in_any_order(
    pairs: list[tuple[int, str | None]], owners: list[int], data: st.DataObject
) -> None:
    """Three sources observe one signal; their segments reach the hub in any order."""
    numbers = [0, 0, 0]
    segments: list[list[Row]] = [[] for _ in range(6)]
    for (seconds, text), owner in zip(sorted(pairs, key=lambda p: p[0]), owners, strict=False):
        numbers[owner] += 1
        value = None if text is None else parse_decimal(text)
        row = reading(numbers[owner], seconds // 2, value, source=f"edge-{owner}")
        segments[2 * owner + (numbers[owner] > 3)].append(row)
    order = data.draw(st.permutations(segments))
    rows = [row for segment in segments for row in segment]
    shuffled = [row for segment in order for row in segment]
    assert usage(counter(), shuffled, DAY).to_content() == usage(counter(), rows, DAY).to_content()
