"""A rate added up over time."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import UnitMismatch
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.model import ExclusionReason, Meter
from tests.services.metering.rows import meter, reading, readings, span, usage


def integral(unit: str = "KWH", **parameters: object) -> Meter:
    return meter("integral", unit, **({"signal_unit": "KWT", "gap_max_s": 3600} | parameters))


ROWS = readings((0, "10"), (1800, "20.5"), (3600, "0"))


def test_power_held_to_the_left_is_energy() -> None:
    record = usage(integral(), ROWS, span(0, 3600))
    assert record.quantity.amount == Fraction("15.25")
    assert record.is_complete


def test_power_on_straight_lines_is_energy() -> None:
    record = usage(integral(hold="LINEAR"), ROWS, span(0, 3600))
    assert record.quantity.amount == (Fraction("30.5") + Fraction("20.5")) / 4


def test_a_reading_counts_for_at_most_the_largest_gap() -> None:
    record = usage(integral(gap_max_s=600), ROWS, span(0, 3600))
    assert record.quantity.amount == Fraction("30.5") / 6
    assert record.completeness == Fraction(1, 3)
    assert usage(integral(gap_max_s=600, hold="LINEAR"), ROWS, span(0, 3600)).covered_us == 0


def test_what_is_not_available_ends_a_reading() -> None:
    rows = readings((0, "10"), (900, None), (1800, "10"))
    assert usage(integral(), rows, span(0, 3600)).quantity.amount == Fraction("7.5")
    assert usage(integral(hold="LINEAR"), rows, span(0, 3600)).quantity.amount == 0


def test_out_of_range_is_excluded_and_not_held_over() -> None:
    rows = readings((0, "10"), (900, "99.1"), (1800, "-0.1"), (2700, "10"))
    record = usage(integral(minimum=0, maximum=99), rows, span(0, 3600))
    assert record.quantity.amount == 5
    assert [each.reason for each in record.exclusions] == [ExclusionReason.OUT_OF_RANGE] * 2
    assert not record.is_complete


def test_the_bounds_of_the_range_are_in_it() -> None:
    rows = readings((0, "0"), (900, "99.0"))
    assert usage(integral(minimum=0, maximum=99), rows, span(0, 3600)).is_complete


def test_flow_is_volume() -> None:
    used = integral("MTQ", signal_unit="L2")
    assert usage(used, readings((0, "100")), span(0, 600)).quantity.amount == 1


def test_numbers_beyond_64_bits_stay_exact() -> None:
    rows = [reading(1, 0, DecimalValue(2**63 - 1, 0)), reading(2, 10, DecimalValue(1, -18))]
    record = usage(integral("KJO"), rows, span(0, 20))
    assert record.quantity.amount == 10 * (2**63 - 1) + Fraction(10, 10**18)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"signal_unit": "KWH"}, "add up"),
        ({"signal_unit": None}, "signal_unit"),
        ({"gap_max_s": 0}, "positive gap_max_s"),
        ({"gap_max_s": "0.0000001"}, "finer"),
        ({"minimum": 2, "maximum": 1}, "minimum"),
        ({"hold": "RIGHT"}, "LEFT"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    parameters: dict[str, object], match: str
) -> None:
    with pytest.raises(Invalid, match=match):
        integral(**parameters)


def test_the_quantity_must_be_what_the_rate_adds_up_to() -> None:
    with pytest.raises(UnitMismatch):
        integral("MTQ")


VALUES = st.one_of(st.none(), st.integers(-50, 50).map(lambda n: f"{n}.5"))
PAIRS = st.lists(st.tuples(st.integers(0, 30), VALUES), max_size=10, unique_by=lambda p: p[0])
CUTS = st.lists(st.integers(-50, 400), min_size=3, max_size=3, unique=True).map(sorted)


@given(PAIRS, CUTS, st.sampled_from(["LEFT", "LINEAR"]), st.integers(1, 12))
def test_i2_the_integral_adds_up_over_any_cut(
    pairs: list[tuple[int, str | None]], cuts: list[int], hold: str, gap_max_s: int
) -> None:
    used = integral(hold=hold, gap_max_s=gap_max_s)
    rows = readings(*sorted(pairs, key=lambda pair: pair[0]))
    start, middle, end = (cut / 10 for cut in cuts)
    whole = usage(used, rows, span(start, end))
    parts = [usage(used, rows, span(start, middle)), usage(used, rows, span(middle, end))]
    assert sum(part.quantity.amount for part in parts) == whole.quantity.amount
    assert sum(part.covered_us for part in parts) == whole.covered_us


@given(PAIRS, st.integers(1, 12))
def test_held_to_the_left_is_the_sum_of_the_formula(
    pairs: list[tuple[int, str | None]], gap_max_s: int
) -> None:
    ordered = sorted(pairs, key=lambda pair: pair[0])
    ends = [*(pair[0] for pair in ordered[1:]), 60]
    expected = sum(
        Fraction(text) * min(end - start, gap_max_s)
        for (start, text), end in zip(ordered, ends, strict=False)
        if text is not None
    )
    used = integral("KJO", gap_max_s=gap_max_s)
    assert usage(used, readings(*ordered), span(0, 60)).quantity.amount == expected
