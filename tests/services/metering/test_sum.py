"""The quantities of events, added up."""

from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.value import DecimalValue, parse_decimal
from lineshaft.services.metering.model import ExclusionReason, Row
from tests.services.metering.rows import correction, meter, reading, span, usage

SOLD = meter("sum", "KWH")


def rows_of(*values: str) -> list[Row]:
    return [
        reading(number, 10 * number, parse_decimal(value)) for number, value in enumerate(values, 1)
    ]


def test_events_add_up_where_they_happened() -> None:
    rows = rows_of("5", "0.1", "0.25", "0")
    record = usage(SOLD, rows, span(0, 60))
    assert record.quantity.amount == Fraction(535, 100)
    assert record.is_complete
    assert usage(SOLD, rows, span(20, 30)).quantity.amount == Fraction(1, 10)
    assert usage(SOLD, rows, span(50, 60)).quantity.amount == 0
    assert usage(SOLD, [], span(0, 60)).quantity.amount == 0


def test_case_12_a_thousand_tenths_are_exact() -> None:
    rows = [reading(number, number // 10, parse_decimal("0.1")) for number in range(1, 1_001)]
    found = usage(SOLD, rows, span(0, 200)).quantity.amount
    assert found == 100
    assert reduce(add, [0.1] * 1_000) != 100  # sum() corrects floats from Python 3.12 on
    assert found * Fraction(Decimal("0.30")) == 30


def test_events_of_one_instant_all_count_and_a_correction_replaces_one() -> None:
    rows = [reading(number, 10, parse_decimal("5")) for number in (1, 2, 3)]
    assert usage(SOLD, rows, span(0, 60)).quantity.amount == 15
    fixed = [*rows, correction(1, rows[1], parse_decimal("7"))]
    assert usage(SOLD, fixed, span(0, 60)).quantity.amount == 17
    gone = [*rows, correction(1, rows[1], parse_decimal("0"))]
    assert usage(SOLD, gone, span(0, 60)).quantity.amount == 10


def test_what_cannot_be_a_quantity_is_excluded() -> None:
    rows = [*rows_of("5", "-1"), reading(3, 30, 1.5), reading(4, 40, "12")]
    record = usage(SOLD, rows, span(0, 60))
    assert record.quantity.amount == 5
    assert [each.reason for each in record.exclusions] == [
        ExclusionReason.OUT_OF_RANGE,
        ExclusionReason.NOT_A_DECIMAL,
        ExclusionReason.NOT_A_DECIMAL,
    ]
    assert not record.is_complete
    limited = meter("sum", "KWH", minimum=None, maximum="4")
    assert usage(limited, rows_of("5", "-1"), span(0, 60)).quantity.amount == -1


def test_units_are_converted_and_limits_are_ordered() -> None:
    assert (
        usage(meter("sum", "KWH", signal_unit="3B"), rows_of("3600"), span(0, 60)).quantity.amount
        == 1_000
    )
    with pytest.raises(Invalid, match="minimum not above the maximum"):
        meter("sum", "KWH", minimum="2", maximum="1")


EVENTS = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 2**63 - 1), st.integers(-18, 18)), max_size=20
)


@given(EVENTS, st.integers(1, 99))
def test_any_cut_adds_up_exactly(events: list[tuple[int, int, int]], cut: int) -> None:
    rows = [
        reading(number, second, DecimalValue(mantissa, exponent))
        for number, (second, mantissa, exponent) in enumerate(sorted(events), 1)
    ]
    whole = span(0, 100)
    parts = [Period(whole.start, Instant(whole.start + cut * 1_000_000))]
    parts.append(Period(parts[0].end, whole.end))
    expected = sum((DecimalValue(*rest).as_fraction() for _, *rest in events), Fraction(0))
    assert usage(SOLD, rows, whole).quantity.amount == expected
    assert sum(usage(SOLD, rows, part).quantity.amount for part in parts) == expected
