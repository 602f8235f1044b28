"""Price models: hand-made amounts, and what holds for all of them."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

import lineshaft.services.billing.pricing as pricing_package
from lineshaft.core.quantity import Quantity, UnitMismatch
from lineshaft.services.billing.pricing import PRICING, Priced, price_usage
from lineshaft.services.contracts.model import (
    BundlePrice,
    CoreDepositPrice,
    EnergySavingPrice,
    FlatPrice,
    GraduatedPrice,
    LeasePrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    PerUnitPrice,
    Price,
    ReplenishmentPrice,
    StatePrice,
    TermsInvalid,
    Tier,
    VolumePrice,
)
from lineshaft.services.contracts.prices import (
    PERCENT_MAX,
    SHARED_LINES_MAX,
    STATE_CHARACTERS_MAX,
    STATES_MAX,
)

CASE_20 = GraduatedPrice(
    unit="KWH",
    tiers=(
        Tier(up_to=Fraction(1000), unit_price=Decimal("0.10")),
        Tier(up_to=Fraction(5000), unit_price=Decimal("0.08")),
        Tier(up_to=None, unit_price=Decimal("0.05")),
    ),
)


CASE_22 = VolumePrice(
    unit="C62",
    tiers=(
        Tier(up_to=Fraction(15), unit_price=Decimal(10)),
        Tier(up_to=None, unit_price=Decimal(5)),
    ),
)
PACKAGES = PackagePrice(unit="C62", size=Fraction(100), package_price=Decimal("12.00"))
SEVERITIES = MatrixPrice(
    unit="HUR",
    states=(
        StatePrice(state="HEAVY", unit_price=Decimal(60)),
        StatePrice(state="LIGHT", unit_price=Decimal(20)),
    ),
    other_price=Decimal(1),
)
HOUR_US = 3_600_000_000


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


@pytest.mark.parametrize(
    ("usage", "amount"), [("15", "150"), ("16", "80"), ("15.001", "75.005"), ("30", "150")]
)
def test_volume_charges_all_at_one_price_and_has_a_cliff(usage: str, amount: str) -> None:
    """Case 22, before rounding."""
    assert priced(Fraction(usage), CASE_22, "C62") == Fraction(amount)


def test_the_part_of_a_volume_names_its_tier() -> None:
    (part,) = price_usage(Priced(Quantity(Fraction(16), "C62")), CASE_22)
    assert (part.kind, part.above, part.up_to) == ("volume", 15, None)


@pytest.mark.parametrize(
    ("usage", "packages"), [("0.001", 1), ("100", 1), ("100.001", 2), ("201", 3)]
)
def test_a_package_that_is_begun_is_charged(usage: str, packages: int) -> None:
    assert priced(Fraction(usage), PACKAGES, "C62") == packages * 12
    (part,) = price_usage(Priced(Quantity(Fraction(usage), "C62")), PACKAGES)
    assert part.detail == {"packages": str(packages), "size": "100", "package_price": "12.00"}


def test_each_state_has_its_price() -> None:
    states = {"LIGHT": 5 * HOUR_US, "HEAVY": 2 * HOUR_US, "IDLE": HOUR_US, "ALARM": HOUR_US}
    parts = price_usage(Priced(states_us=states), SEVERITIES)
    assert [(part.detail["state"], part.amount) for part in parts] == [
        ("HEAVY", 120),
        ("LIGHT", 100),
        ("ALARM", 1),
        ("IDLE", 1),
    ]
    assert price_usage(Priced(states_us={"HEAVY": 0}), SEVERITIES) == ()


def test_a_percentage_is_of_exact_amounts_of_the_lines_that_are_there() -> None:
    price = PercentagePrice(percent=Fraction(5), lines=("base-fee", "cutting-time", "none"))
    lines = {"base-fee": Fraction(100), "cutting-time": Fraction(8089, 60), "other": Fraction(1)}
    parts = price_usage(Priced(lines=lines), price)
    assert [part.amount for part in parts] == [5, Fraction(8089, 1200)]
    assert price_usage(Priced(), price) == ()


def test_a_tier_can_cost_a_fee_once() -> None:
    """f_k if q > u_{k-1}: the edge belongs to the tier below."""
    tiers = (
        Tier(up_to=Fraction(10), unit_price=Decimal(1), flat_fee=Decimal(3)),
        Tier(up_to=None, unit_price=Decimal(2), flat_fee=Decimal(7)),
    )
    price = GraduatedPrice(unit="KWH", tiers=tiers)
    assert [priced(q, price) for q in (0, 1, 10, 11)] == [0, 4, 13, 22]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (PackagePrice, {"unit": "C62", "size": Fraction(0), "package_price": Decimal(1)}),
        (PackagePrice, {"unit": "C62", "size": Fraction(1), "package_price": Decimal(-1)}),
        (PercentagePrice, {"percent": Fraction(-1), "lines": ("a",)}),
        (PercentagePrice, {"percent": Fraction(PERCENT_MAX + 1), "lines": ("a",)}),
        (PercentagePrice, {"percent": Fraction(1), "lines": ()}),
        (PercentagePrice, {"percent": Fraction(1), "lines": ("a", "a")}),
        (PercentagePrice, {"percent": Fraction(1), "lines": ("A",)}),
        (
            PercentagePrice,
            {
                "percent": Fraction(1),
                "lines": tuple(f"p{i}" for i in range(SHARED_LINES_MAX + 1)),
            },
        ),
        (StatePrice, {"state": "", "unit_price": Decimal(1)}),
        (StatePrice, {"state": "x" * (STATE_CHARACTERS_MAX + 1), "unit_price": Decimal(1)}),
        (StatePrice, {"state": "x", "unit_price": Decimal(-1)}),
        (VolumePrice, {"unit": "C62", "tiers": ()}),
        (
            VolumePrice,
            {"unit": "C62", "tiers": (Tier(unit_price=Decimal(1), flat_fee=Decimal(1)),)},
        ),
        (
            GraduatedPrice,
            {"unit": "C62", "tiers": (Tier(unit_price=Decimal(1), flat_fee=Decimal(-1)),)},
        ),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(kind: type[Any], fields: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        kind(**fields)


def test_a_matrix_has_each_state_once_and_a_unit_of_time() -> None:
    cell = StatePrice(state="HEAVY", unit_price=Decimal(1))
    many = tuple(StatePrice(state=f"S{i}", unit_price=Decimal(1)) for i in range(STATES_MAX + 1))
    for states in ((), (cell, cell), many):
        with pytest.raises(TermsInvalid, match="each once"):
            MatrixPrice(unit="HUR", states=states, other_price=Decimal(0))
    assert MatrixPrice(unit="HUR", states=many[1:], other_price=Decimal(0))
    with pytest.raises(UnitMismatch, match="KWH"):
        MatrixPrice(unit="KWH", states=(cell,), other_price=Decimal(0))


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
    assert set(PRICING) == set(get_args(Price)) == {*PRICES, *OWN_TESTS}
    for function in PRICING.values():
        assert f"| `{function.__name__}` |" in readme


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=4)
USAGES = st.fractions(min_value=0, max_value=100_000, max_denominator=1000)


TIERS = st.sets(st.fractions(min_value=Fraction(1, 10), max_value=50_000), max_size=5)
NO_FEES = st.just(UNSET)
STATES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**13), max_size=6)


@st.composite
def tiers(draw: st.DrawFn, fees: st.SearchStrategy[Any]) -> tuple[Tier, ...]:
    bounds = [*sorted(draw(TIERS)), None]
    return tuple(
        Tier(up_to=bound, unit_price=draw(AMOUNTS), flat_fee=draw(fees)) for bound in bounds
    )


@st.composite
def matrices(draw: st.DrawFn) -> MatrixPrice:
    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
    states = tuple(StatePrice(state=name, unit_price=draw(AMOUNTS)) for name in names)
    return MatrixPrice(unit="HUR", states=states, other_price=draw(AMOUNTS))


KWH = st.just("KWH")
GRADUATED = st.builds(GraduatedPrice, unit=KWH, tiers=tiers(NO_FEES))
SIZES = st.fractions(min_value=Fraction(1, 100), max_value=1000)
PRICES = {
    FlatPrice: st.builds(FlatPrice, amount=AMOUNTS),
    PerUnitPrice: st.builds(PerUnitPrice, unit=KWH, unit_price=AMOUNTS),
    GraduatedPrice: st.builds(GraduatedPrice, unit=KWH, tiers=tiers(st.one_of(NO_FEES, AMOUNTS))),
    VolumePrice: st.builds(VolumePrice, unit=KWH, tiers=tiers(NO_FEES)),
    PackagePrice: st.builds(PackagePrice, unit=KWH, size=SIZES, package_price=AMOUNTS),
    PercentagePrice: st.builds(
        PercentagePrice,
        percent=st.fractions(min_value=0, max_value=PERCENT_MAX),
        lines=st.just(("a", "b")),
    ),
    MatrixPrice: matrices(),
}
OWN_TESTS = (EnergySavingPrice, BundlePrice, CoreDepositPrice, LeasePrice, ReplenishmentPrice)
"""Prices of more than one quantity, or of what is recorded, have a file of tests each."""
MEASURED = {
    kind: PRICES[kind]
    for kind in PRICING
    if kind in PRICES and kind not in (PercentagePrice, MatrixPrice)
}
RISING = st.one_of(*(price for kind, price in MEASURED.items() if kind is not VolumePrice))


@settings(max_examples=50)
@given(RISING, USAGES, USAGES)
def test_more_usage_never_costs_less_and_nothing_is_negative(
    price: Price, usage: Fraction, more: Fraction
) -> None:
    assert 0 <= priced(usage, price) <= priced(usage + more, price)


@settings(max_examples=50)
@given(PRICES[VolumePrice], USAGES, USAGES)
def test_within_a_tier_of_a_volume_price_more_usage_never_costs_less(
    price: VolumePrice, usage: Fraction, more: Fraction
) -> None:
    """Only where the next tier begins, which the price declares, the amount may fall."""
    bounds = [tier.up_to for tier in price.tiers if tier.up_to is not None]
    is_same_tier = not any(usage <= bound < usage + more for bound in bounds)
    if is_same_tier:
        assert 0 <= priced(usage, price) <= priced(usage + more, price)


@given(st.one_of(*MEASURED.values()), USAGES)
def test_the_parts_add_up_to_the_usage(price: Price, usage: Fraction) -> None:
    parts = price_usage(Priced(Quantity(usage, "KWH")), price)
    if not isinstance(price, FlatPrice):
        assert sum(part.quantity.amount for part in parts if part.quantity) == usage
    for part in parts:
        count = Fraction(1) if part.quantity is None else part.quantity.amount
        count = Fraction(part.detail.get("packages", count))
        price_of_one = part.detail.get("package_price", part.unit_price)
        assert part.amount == count * Fraction(str(price_of_one))


@settings(max_examples=50)
@given(PRICES[PerUnitPrice], st.lists(USAGES, max_size=8))
def test_a_linear_price_gives_the_same_in_parts_and_at_once(
    price: PerUnitPrice, usages: list[Fraction]
) -> None:
    assert sum(priced(usage, price) for usage in usages) == priced(sum(usages), price)


@given(matrices(), STATES, STATES)
def test_a_matrix_gives_the_same_in_parts_and_at_once(
    price: MatrixPrice, states: dict[str, int], more: dict[str, int]
) -> None:
    both = {state: states.get(state, 0) + more.get(state, 0) for state in {**states, **more}}
    amounts = [
        sum((part.amount for part in price_usage(Priced(states_us=each), price)), Fraction(0))
        for each in (states, more, both)
    ]
    assert min(amounts) >= 0
    assert amounts[0] + amounts[1] == amounts[2]


@given(PRICES[PercentagePrice], USAGES, USAGES)
def test_a_percentage_is_linear_in_the_lines(
    price: PercentagePrice, first: Fraction, second: Fraction
) -> None:
    parts = price_usage(Priced(lines={"a": first, "b": second}), price)
    assert sum(part.amount for part in parts) == (first + second) * price.percent / 100


@given(PRICES[PackagePrice], USAGES)
def test_packages_hold_the_usage_and_no_package_is_empty(
    price: PackagePrice, usage: Fraction
) -> None:
    parts = price_usage(Priced(Quantity(usage, "KWH")), price)
    packages = sum(int(part.detail["packages"]) for part in parts)
    assert price.size * (packages - 1) < usage <= price.size * packages or packages == usage == 0


@settings(max_examples=50)
@given(GRADUATED, USAGES)
def test_graduated_is_the_sum_of_its_formula(price: GraduatedPrice, usage: Fraction) -> None:
    """An independent reading of the formula: sum of p_k * (min(q, u_k) - u_{k-1})^+."""
    expected, below = Fraction(0), Fraction(0)
    for tier in price.tiers:
        above = usage if tier.up_to is None else min(usage, tier.up_to)
        expected += Fraction(tier.unit_price) * max(Fraction(0), above - below)
        below = below if tier.up_to is None else tier.up_to
    assert priced(usage, price) == expected
