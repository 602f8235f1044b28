"""How many different values were read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.quantity import UnitMismatch
from lineshaft.core.value import DecimalValue, EnumerationValue, Value, parse_decimal
from lineshaft.services.metering.measure import reach
from lineshaft.services.metering.model import ExclusionReason, Row
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, correction, meter, reading, span, usage

USED = meter("unique", "C62")


def rows_of(*values: Value) -> list[Row]:
    return [reading(number, 10 * number, value) for number, value in enumerate(values, start=1)]


def test_each_value_counts_once_where_it_was_read() -> None:
    rows = rows_of("SN-1", "SN-2", "SN-1", None, "SN-3")
    record = usage(USED, rows, span(0, 60))
    assert record.quantity.amount == 3
    assert record.covered_us == 40_000_000
    assert usage(USED, rows, span(15, 35)).quantity.amount == 2


def test_a_number_is_one_however_it_is_written_and_no_text() -> None:
    rows = rows_of(parse_decimal("1.0"), parse_decimal("1.00"), parse_decimal("10e-1"), "1.0")
    assert usage(USED, rows, span(0, 60)).quantity.amount == 2


def test_a_symbol_is_the_text_that_spells_it() -> None:
    rows = rows_of(EnumerationValue(4, "AUTO"), "AUTO", EnumerationValue(5, "MANUAL"))
    assert usage(USED, rows, span(0, 60)).quantity.amount == 2


def test_what_is_none_of_these_is_excluded() -> None:
    record = usage(USED, rows_of(1.5, True, "A"), span(0, 60))
    assert record.quantity.amount == 1
    assert [each.reason for each in record.exclusions] == [ExclusionReason.NOT_A_DECIMAL] * 2
    assert record.covered_us == 30_000_000


def test_a_correction_replaces_what_was_read() -> None:
    rows = rows_of("A", "B", "C")
    fixed = [*rows, correction(1, rows[1], "A")]
    assert usage(USED, fixed, span(0, 60)).quantity.amount == 2


def test_the_unit_is_one_of_number() -> None:
    with pytest.raises(UnitMismatch):
        meter("unique", "KWH")


VALUES = st.lists(
    st.none()
    | st.sampled_from(["A", "B", "1"])
    | st.builds(DecimalValue, st.integers(0, 20), st.integers(-1, 0)),
    max_size=12,
)
CUTS = st.lists(st.integers(0, 130), min_size=3, max_size=3, unique=True).map(sorted)


@given(VALUES, CUTS, st.randoms())
def test_it_is_the_size_of_the_set_and_more_rows_change_nothing(
    values: list[Value], cuts: list[int], order: Any
) -> None:
    rows = rows_of(*values)
    start, middle, end = cuts
    whole = usage(USED, rows, span(start, end))
    expected = {
        each.value.as_fraction() if isinstance(each.value, DecimalValue) else each.value
        for each in rows
        if whole.period.contains(each.ts) and each.value is not None
    }
    assert whole.quantity.amount == len(expected)
    parts = [usage(USED, rows, part) for part in (span(start, middle), span(middle, end))]
    counts = [part.quantity.amount for part in parts]
    assert max(counts) <= whole.quantity.amount <= sum(counts)
    assert sum(part.covered_us for part in parts) == whole.covered_us
    needed = reach(USED, MeterInput(SeriesRows.of(rows)), whole.period, KNOWN_AT)
    within = [
        row
        for row in rows
        if (needed.since is None or row.ts >= needed.since)
        and (needed.until is None or row.ts <= needed.until)
    ]
    order.shuffle(within)
    assert usage(USED, within, whole.period) == whole
