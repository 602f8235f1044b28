"""Price models: hand-made amounts, and what holds for all of them."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineshaft.services.billing.pricing as pricing_package
from lineshaft.core.quantity import Quantity, UnitMismatch
from lineshaft.services.billing.pricing import PRICING, Priced, price_usage
from lineshaft.services.contracts.model import (
    FlatPrice,
    GraduatedPrice,
    PerUnitPrice,
    Price,
    TermsInvalid,
    Tier,
)

CASE_20 = GraduatedPrice(
    unit="KWH",
    tiers=(
        Tier(up_to=Fraction(1000), unit_price=Decimal("0.10")),
        Tier(up_to=Fraction(5000), unit_price=Decimal("0.08")),
        Tier(up_to=None, unit_price=Decimal("0.05")),
    ),
)


def priced(amount: Fraction | int, price: Price, unit: str = "KWH") -> Fraction:
    parts = price_usage(Priced(Quantity(Fraction(amount), unit)), price)
    return sum((part.amount for part in parts), Fraction(0))


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        ("1000", "100"),
        ("1000.001", "100.00008"),
        ("5000", "420"),
        ("6000", "470"),
        ("0.5", "0.05"),
    ],
)
def test_the_edge_of_a_tier_belongs_to_the_tier_below(usage: str, amount: str) -> None:
    """Case 20, before rounding."""
    assert priced(Fraction(usage), CASE_20) == Fraction(amount)


@pytest.mark.parametrize("price", [CASE_20, PerUnitPrice(unit="KWH", unit_price=Decimal(1))])
def test_no_usage_is_nothing_to_charge(price: Price) -> None:
    assert price_usage(Priced(Quantity(Fraction(0), "KWH")), price) == ()


def test_each_tier_that_is_touched_is_a_part() -> None:
    parts = price_usage(Priced(Quantity(Fraction(6000), "KWH")), CASE_20)
    assert [(part.above, part.up_to, part.amount) for part in parts] == [
        (0, 1000, 100),
        (1000, 5000, 320),
        (5000, None, 50),
    ]


def test_usage_is_converted_exactly_before_it_is_priced() -> None:
    """Case 13: 3,600 MJ at 0.20 per kWh."""
    (part,) = price_usage(
        Priced(Quantity(Fraction(3600), "3B")),
        PerUnitPrice(unit="KWH", unit_price=Decimal("0.20")),
    )
    assert part.quantity == Quantity(Fraction(1000), "KWH")
    assert part.amount == 200


@pytest.mark.parametrize("price", [CASE_20, PerUnitPrice(unit="KWH", unit_price=Decimal(1))])
def test_usage_of_another_dimension_is_refused(price: Price) -> None:
    with pytest.raises(UnitMismatch, match="SEC"):
        price_usage(Priced(Quantity(Fraction(1), "SEC")), price)


def test_a_flat_amount_does_not_ask_for_usage() -> None:
    price = FlatPrice(amount=Decimal("12.50"))
    assert priced(0, price) == priced(7, price) == Fraction("12.5")


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [("5", "1")],
        [("5", "1"), ("5", "2"), (None, "3")],
        [("0", "1"), (None, "3")],
        [(None, "1"), (None, "3")],
        [(None, "-1")],
        [(None, "1E+3")],
        [(None, "NaN")],
        [("1", "1")] * 101,
    ],
)
def test_tiers_that_leave_a_gap_are_refused(tiers: list[tuple[str | None, str]]) -> None:
    with pytest.raises(TermsInvalid):
        GraduatedPrice(
            unit="KWH",
            tiers=tuple(
                Tier(up_to=None if up_to is None else Fraction(up_to), unit_price=Decimal(price))
                for up_to, price in tiers
            ),
        )


def test_every_price_model_has_its_function_and_its_row_in_the_readme() -> None:
    readme = (Path(pricing_package.__file__).parent / "README.md").read_text()
    assert set(PRICING) == set(get_args(Price))
    for function in PRICING.values():
        assert f"| `{function.__name__}` |" in readme


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=4)
USAGES = st.fractions(min_value=0, max_value=100_000, max_denominator=1000)


@st.composite
def graduated_prices(draw: st.DrawFn) -> GraduatedPrice:
    bounds = sorted(draw(st.sets(st.fractions(min_value=Fraction(1, 10), max_value=50_000))))
    tiers = [Tier(up_to=bound, unit_price=draw(AMOUNTS)) for bound in [*bounds[:5], None]]
    return GraduatedPrice(unit="KWH", tiers=tuple(tiers))


PRICES = {
    FlatPrice: st.builds(FlatPrice, amount=AMOUNTS),
    PerUnitPrice: st.builds(PerUnitPrice, unit=st.just("KWH"), unit_price=AMOUNTS),
    GraduatedPrice: graduated_prices(),
}
ANY_PRICE = st.one_of(*(PRICES[kind] for kind in PRICING))


@given(ANY_PRICE, USAGES, USAGES)
def test_more_usage_never_costs_less_and_nothing_is_negative(
    price: Price, usage: Fraction, more: Fraction
) -> None:
    assert 0 <= priced(usage, price) <= priced(usage + more, price)


@given(ANY_PRICE, USAGES)
def test_the_parts_add_up_to_the_usage(price: Price, usage: Fraction) -> None:
    parts = price_usage(Priced(Quantity(usage, "KWH")), price)
    if not isinstance(price, FlatPrice):
        assert sum(part.quantity.amount for part in parts if part.quantity) == usage
    for part in parts:
        quantity = Fraction(1) if part.quantity is None else part.quantity.amount
        assert part.amount == quantity * Fraction(part.unit_price)


@given(PRICES[PerUnitPrice], st.lists(USAGES, max_size=8))
def test_a_linear_price_gives_the_same_in_parts_and_at_once(
    price: PerUnitPrice, usages: list[Fraction]
) -> None:
    assert sum(priced(usage, price) for usage in usages) == priced(sum(usages), price)


@given(graduated_prices(), USAGES)
def test_graduated_is_the_sum_of_its_formula(price: GraduatedPrice, usage: Fraction) -> None:
    """An independent reading of the formula: sum of p_k * (min(q, u_k) - u_{k-1})^+."""
    expected, below = Fraction(0), Fraction(0)
    for tier in price.tiers:
        above = usage if tier.up_to is None else min(usage, tier.up_to)
        expected += Fraction(tier.unit_price) * max(Fraction(0), above - below)
        below = below if tier.up_to is None else tier.up_to
    assert priced(usage, price) == expected
