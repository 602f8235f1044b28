from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.value import (
    TEXT_BYTES_MAX,
    Columns,
    DecimalValue,
    EnumerationValue,
    NotADecimal,
    from_columns,
    parse_decimal,
    to_columns,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
VALUES = st.one_of(
    st.builds(DecimalValue, INT64, st.integers(-18, 18)),
    st.builds(EnumerationValue, INT64, st.text(max_size=30)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(max_size=50),
    st.none(),
)


@pytest.mark.parametrize(
    ("text", "mantissa", "exponent"),
    [
        ("12578", 12578, 0),
        ("-0.50", -50, -2),
        ("+5.", 5, 0),
        (".5", 5, -1),
        ("1.5E-3", 15, -4),
        ("1e18", 1, 18),
        ("1e20", 100, 18),
        ("9223372036854775807", 2**63 - 1, 0),
        ("92233720368547758070", 2**63 - 1, 1),
        ("0e-99", 0, -18),
        ("1.0000000000000000000", 10**18, -18),
    ],
)
def test_decimal_text_is_taken_digit_for_digit(text, mantissa, exponent):
    assert parse_decimal(text) == DecimalValue(mantissa, exponent)


@pytest.mark.parametrize(
    "text",
    ["", "NaN", "inf", "1e999", "12,5", "1_000", " 1", "1 ", "١٢", "0x10", "--1", ".", "e5",
     "9223372036854775808", "1e-19", "1" * 65],
)  # fmt: skip
def test_what_is_no_decimal_or_does_not_fit_is_refused(text):
    with pytest.raises(NotADecimal):
        parse_decimal(text)


@given(st.builds(DecimalValue, INT64, st.integers(-18, 18)))
def test_decimal_text_round_trips(value):
    assert parse_decimal(str(value)).as_fraction() == value.as_fraction()


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_a_decimal_equals_its_text_exactly(number: Decimal):
    assert parse_decimal(f"{number:f}").as_fraction() == Fraction(number)


@given(VALUES)
def test_columns_hold_every_value(value):
    restored = from_columns(to_columns(value))
    assert (restored, type(restored)) == (value, type(value))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_float_must_be_finite(number):
    with pytest.raises(NotADecimal):
        to_columns(number)


@pytest.mark.parametrize(
    "columns", [Columns(exponent=2), Columns(mantissa=2), Columns(mantissa=1, number=1.0)]
)
def test_columns_that_make_no_value_are_refused(columns):
    with pytest.raises(Invalid):
        from_columns(columns)


def test_text_has_a_maximum():
    assert to_columns("x" * TEXT_BYTES_MAX).text is not None
    for text in ("x" * (TEXT_BYTES_MAX + 1), "\ud800"):
        with pytest.raises(Invalid):
            to_columns(text)


def test_an_enumeration_code_has_64_bits():
    with pytest.raises(Invalid):
        EnumerationValue(2**63, "X")
