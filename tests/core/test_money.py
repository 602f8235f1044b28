from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.money import (
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    allocate,
    round_half_away,
    total,
)


@pytest.mark.parametrize(
    ("exact", "currency", "shown"),
    [
        ("0.335", "EUR", "0.34"),
        ("-0.335", "EUR", "-0.34"),
        ("1234.5", "JPY", "1235"),
        ("1.2345", "BHD", "1.235"),
        ("-1622.835", "EUR", "-1622.84"),
        ("134.81666", "EUR", "134.82"),
        ("-0.004", "EUR", "0.00"),
    ],
)
def test_case_25_rounding_is_half_away_from_zero(exact, currency, shown):
    assert str(Money.rounded(Fraction(exact), currency)) == f"{shown} {currency}"


def test_case_25_three_lines_are_rounded_before_the_sum():
    lines = [Money.rounded(Fraction("0.335"), "EUR")] * 3
    assert total(lines, "EUR") == Money(Decimal("1.02"), "EUR")


def test_case_25_a_split_adds_up():
    parts = allocate(Money(Decimal("100.00"), "EUR"), [Fraction(1)] * 3)
    assert [str(p.amount) for p in parts] == ["33.33", "33.33", "33.34"]


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12).filter(any),
)
def test_the_parts_of_a_split_always_add_up(cents, weights):
    whole = Money(Decimal(cents).scaleb(-2), "EUR")
    assert total(allocate(whole, weights), "EUR") == whole


@given(st.fractions(min_value=-(10**12), max_value=10**12), st.integers(0, 4))
def test_rounding_is_never_further_than_half_a_unit(value, decimals):
    rounded = Fraction(round_half_away(value, decimals))
    assert abs(rounded - value) <= Fraction(1, 2 * 10**decimals)
    assert round_half_away(-value, decimals) == -round_half_away(value, decimals)


def test_amounts_of_two_currencies_never_meet():
    with pytest.raises(CurrencyMismatch):
        Money.zero("EUR") + Money.zero("JPY")
    with pytest.raises(UnknownCurrency):
        Money.zero("XXX")


@pytest.mark.parametrize("amount", ["1.5", "1.500", "NaN", "Infinity"])
def test_a_shown_amount_has_the_decimals_of_its_currency(amount):
    with pytest.raises(Invalid):
        Money(Decimal(amount), "EUR")


@pytest.mark.parametrize("weights", [[], [Fraction(0)], [Fraction(2), Fraction(-1)]])
def test_a_split_needs_weights(weights):
    with pytest.raises(Invalid):
        allocate(Money.zero("EUR"), weights)
