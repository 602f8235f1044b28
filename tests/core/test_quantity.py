from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import (
    _FACTORS,
    Quantity,
    UnitMismatch,
    UnknownUnit,
    conversion_factor,
    parse_exact,
    parse_fraction,
    unit_named,
)


@pytest.mark.parametrize("code", sorted(_FACTORS))
def test_every_unit_with_a_factor_is_in_the_recommendation(code):
    assert unit_named(code).code == code


def test_case_13_megajoules_on_a_kilowatt_hour_price():
    assert Quantity(Fraction(3600), "3B").to("KWH") == Quantity(Fraction(1000), "KWH")


def test_cutting_time_in_hours():
    assert Quantity(Fraction(12578), "SEC").to("HUR").amount == Fraction(6289, 1800)


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("FR", "C16", Fraction(508, 100)),
        ("INH", "MMT", Fraction(254, 10)),
        ("RPM", "E96", Fraction(6)),
        ("2X", "MTS", Fraction(1, 60)),
        ("KMH", "MTS", Fraction(5, 18)),
        ("E32", "MQS", Fraction(1, 3_600_000)),
    ],
)
def test_factors_are_exact(source, target, factor):
    assert conversion_factor(source, target) == factor


def test_an_unknown_or_foreign_unit_is_refused():
    with pytest.raises(UnknownUnit, match="furlong"):
        Quantity(Fraction(1), "furlong")
    with pytest.raises(UnitMismatch, match="hour"):
        conversion_factor("HUR", "KWH")
    with pytest.raises(UnitMismatch):
        conversion_factor("CEL", "KEL")
    assert conversion_factor("CEL", "CEL") == 1


@given(st.fractions(), st.fractions())
def test_sums_are_exact_across_units(hours, minutes):
    result = Quantity(hours, "HUR") + Quantity(minutes, "MIN")
    assert result == Quantity(hours + minutes / 60, "HUR")
    assert result - Quantity(minutes, "MIN") == Quantity(hours, "HUR")


@given(st.fractions())
def test_rationals_round_trip_as_text(value):
    assert parse_fraction(str(value)) == value


@pytest.mark.parametrize(
    "text", ["2/4", "1/0", "0.5", " 1", "1_0", "+1", "x", "1e999999999", "9" * 2_001]
)
def test_only_lowest_terms_are_read(text):
    with pytest.raises(Invalid):
        parse_fraction(text)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (12, "12"),
        ("-0.5", "-1/2"),
        ("1/3", "1/3"),
        (Decimal("45.00"), "45"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_exact_numbers_are_read_as_people_write_them(value, exact):
    assert parse_exact(value) == Fraction(exact)


@pytest.mark.parametrize(
    "value",
    [
        "1e999999999",
        Decimal("1E+999999"),
        "9" * 101,
        "1/0",
        "NaN",
        "",
        " 1",
        "1_0",
        "0x1",
        "1.",
        ".5",
    ],
)
def test_a_number_that_would_never_end_is_refused_at_once(value):
    with pytest.raises(Invalid):
        parse_exact(value)
