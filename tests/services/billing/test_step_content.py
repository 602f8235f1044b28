"""The steps of a line, word for word: documents keep them, and the page and the PDF read them."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from lineshaft.core.period import Period, zone_named
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.modifiers import Charge, ContractYear, modify
from lineshaft.services.billing.pricing import Metered, Priced, price_usage
from lineshaft.services.billing.pricing.part import PricedPart
from lineshaft.services.contracts.content import from_content
from lineshaft.services.contracts.model import (
    BundlePrice,
    FlatPrice,
    GraduatedPrice,
    MatrixPrice,
    Modifiers,
    PackagePrice,
    PercentagePrice,
    PerUnitPrice,
    Price,
    VolumePrice,
)

HALF_JUNE = Period.parse("2026-06-16T00:00:00Z", "2026-07-01T00:00:00Z")
SECONDS = {"proration": "ACT_SECONDS"}
HALF = {
    "kind": "proration",
    "basis": "ACT_SECONDS",
    "month": "2026-06",
    "part": "1296000",
    "whole": "2592000",
    "unit": "SEC",
}
INDEX = {
    "id": "labour",
    "weight": "1/2",
    "base": "100",
    "values": [{"since": "2026-06-16T00:00:00Z", "value": "120", "publication": "2026-05"}],
}
TAKE_OR_PAY = {"quantity": "1000", "unit_price": "1.00", **SECONDS}


def hours(amount: str, shown: str | None = None) -> dict[str, str]:
    return {"exact": amount, "shown": shown or amount, "unit": "HUR", "symbol": "h"}


def steps(**content: Any) -> list[dict[str, Any]]:
    used = Quantity(Fraction(450), "HUR")
    charge = Charge(Fraction(450), used, HALF_JUNE, zone_named("UTC"))
    if content.get("take_or_pay", {}).get("per") == "year":
        charge = replace(charge, year=ContractYear(HALF_JUNE, Quantity(Fraction(20), "HUR")))
    return list(modify(charge, from_content(content, Modifiers)).steps)


def change(kind: str, by: str, to: str, **said: Any) -> dict[str, Any]:
    return {"kind": kind, "change_exact": by, "amount_exact": to, **said}


def test_take_or_pay_says_what_is_committed_used_and_missing() -> None:
    assert steps(take_or_pay={"per": "month", **TAKE_OR_PAY}) == [
        HALF | {"quantity_per_month": hours("1000"), "quantity": hours("500")},
        change(
            "take_or_pay",
            "50",
            "500",
            committed=hours("500"),
            used=hours("450"),
            missing=hours("50"),
            price="1.00",
        ),
    ]


def test_of_a_year_a_twelfth_counts_for_each_month_with_the_usage_before() -> None:
    assert steps(take_or_pay={"per": "year", **TAKE_OR_PAY | {"quantity": "12000"}}) == [
        HALF | {"quantity_per_month": hours("1000"), "quantity": hours("500")},
        change(
            "take_or_pay",
            "30",
            "480",
            committed=hours("500"),
            used=hours("470"),
            missing=hours("30"),
            price="1.00",
        ),
    ]


def test_a_monthly_commitment_is_of_the_period_also_where_a_year_ends() -> None:
    charge = Charge(Fraction(450), Quantity(Fraction(450), "HUR"), HALF_JUNE, zone_named("UTC"))
    year = Period.parse("2025-07-01T00:00:00Z", "2026-07-01T00:00:00Z")
    at_the_end = replace(charge, year=ContractYear(year, Quantity(Fraction(5_000), "HUR")))
    terms = from_content({"take_or_pay": {"per": "month", **TAKE_OR_PAY}}, Modifiers)
    assert modify(at_the_end, terms) == modify(charge, terms)


def test_what_was_used_above_the_commitment_is_not_missing() -> None:
    (_, step) = steps(take_or_pay={"per": "month", **TAKE_OR_PAY | {"quantity": "100"}})
    assert (step["missing"], step["change_exact"]) == (hours("0"), "0")


def test_indexation_cites_the_publication_that_counts_on_the_first_instant() -> None:
    assert steps(indexation={"fixed": "1/2", "indices": [INDEX]}) == [
        change(
            "indexation",
            "45",
            "495",
            factor="11/10",
            fixed="1/2",
            indices=[
                {
                    "id": "labour",
                    "weight": "1/2",
                    "base": "100",
                    "value": "120",
                    "publication": "2026-05",
                }
            ],
        )
    ]


def test_before_the_first_publication_the_base_counts_and_nothing_is_cited() -> None:
    later = INDEX | {"values": [INDEX["values"][0] | {"since": "2026-06-16T00:00:00.000001Z"}]}
    (step,) = steps(indexation={"fixed": "1/2", "indices": [later]})
    assert (step["amount_exact"], step["factor"]) == ("450", "1")
    assert step["indices"][0]["publication"] is None


@pytest.mark.parametrize(
    ("name", "per_month", "expected"),
    [
        ("minimum", "1000", change("minimum", "50", "500", minimum_exact="500")),
        ("cap", "800", change("cap", "-50", "400", cap_exact="400")),
    ],
)
def test_a_minimum_and_a_cap_say_what_they_come_to(
    name: str, per_month: str, expected: dict[str, Any]
) -> None:
    share = HALF | {"amount_per_month": per_month, "amount_exact": str(int(per_month) // 2)}
    assert steps(**{name: {"amount_per_month": per_month, **SECONDS}}) == [share, expected]


def test_discounts_and_credits_say_how_much() -> None:
    assert steps(discount={"by": "percent", "percent": "10"}) == [
        change("discount", "-45", "405", share="1/10")
    ]
    assert steps(discount={"by": "amount", "amount_per_month": "50.00", **SECONDS}) == [
        HALF | {"amount_per_month": "50.00", "amount_exact": "25"},
        change("discount", "-25", "425", discount_exact="25"),
    ]
    assert steps(credit={"amount": "20.00"}) == [
        change("fixed_credit", "-20", "430", credit="20.00")
    ]


def kwh(amount: str) -> Quantity:
    return Quantity(Fraction(amount), "KWH")


TIERS = [{"up_to": "10", "unit_price": "2.00"}, {"up_to": None, "unit_price": "1.00"}]


@pytest.mark.parametrize(
    ("price", "usage", "expected"),
    [
        (
            from_content({"amount": "9.50"}, FlatPrice),
            "0",
            [PricedPart("flat", None, Decimal("9.50"), Fraction("9.5"))],
        ),
        (
            from_content({"unit": "KWH", "unit_price": "0.20"}, PerUnitPrice),
            "12",
            [PricedPart("unit", kwh("12"), Decimal("0.20"), Fraction("2.4"))],
        ),
        (
            from_content(
                {"unit": "KWH", "tiers": [TIERS[0] | {"flat_fee": "5"}, TIERS[1]]}, GraduatedPrice
            ),
            "12",
            [
                PricedPart("tier_fee", None, Decimal(5), Fraction(5), Fraction(0), Fraction(10)),
                PricedPart("tier", kwh("10"), Decimal(2), Fraction(20), Fraction(0), Fraction(10)),
                PricedPart("tier", kwh("2"), Decimal(1), Fraction(2), Fraction(10), None),
            ],
        ),
        (
            from_content({"unit": "KWH", "tiers": TIERS}, VolumePrice),
            "10",
            [PricedPart("volume", kwh("10"), Decimal(2), Fraction(20), Fraction(0), Fraction(10))],
        ),
        (
            from_content({"unit": "KWH", "tiers": TIERS}, VolumePrice),
            "12",
            [PricedPart("volume", kwh("12"), Decimal(1), Fraction(12), Fraction(10), None)],
        ),
        (
            from_content({"unit": "KWH", "size": "5", "package_price": "4.00"}, PackagePrice),
            "11",
            [
                PricedPart(
                    "package",
                    kwh("11"),
                    None,
                    Fraction(12),
                    detail={"packages": "3", "size": "5", "package_price": "4.00"},
                )
            ],
        ),
    ],
)
def test_the_parts_of_a_price(price: Price, usage: str, expected: list[PricedPart]) -> None:
    assert list(price_usage(Priced(kwh(usage)), price)) == expected


def test_the_parts_of_states_shares_and_bundles() -> None:
    states = {"HEAVY": 7_200_000_000, "B": 3_600_000_000, "A": 3_600_000_000, "LIGHT": 0}
    prices = [{"state": name, "unit_price": "60"} for name in ("LIGHT", "HEAVY")]
    content = {"unit": "HUR", "states": prices, "other_price": "1"}
    parts = price_usage(Priced(states_us=states), from_content(content, MatrixPrice))
    assert list(parts) == [
        PricedPart(
            "state", Quantity(Fraction(long), "HUR"), price, long * Fraction(price), detail=detail
        )
        for long, price, detail in [
            (2, Decimal(60), {"state": "HEAVY"}),
            (1, Decimal(1), {"state": "A"}),
            (1, Decimal(1), {"state": "B"}),
        ]
    ]
    shares = from_content({"percent": "5", "lines": ["b", "gone", "a"]}, PercentagePrice)
    lines = {"a": Fraction(1, 3), "b": Fraction(100), "c": Fraction(7)}
    assert list(price_usage(Priced(lines=lines), shares)) == [
        PricedPart(
            "share",
            None,
            None,
            base / 20,
            detail={"base_line": name, "base_exact": str(base), "share": "1/20"},
        )
        for name, base in [("b", Fraction(100)), ("a", Fraction(1, 3))]
    ]
    text = {"en": "Care", "zh-Hans": "服务"}
    part = {"description": text, "offering": "s", "offering_version": 1, "stand_alone_price": "1"}
    bundle = {
        "amount_per_month": "100.00",
        "parts": [part | {"id": "a"}, part | {"id": "b"}],
        **SECONDS,
    }
    now = Metered(HALF_JUNE, kwh("0"), {})
    (found,) = price_usage(Priced(now=now), from_content(bundle, BundlePrice))
    said = {name: value for name, value in HALF.items() if name != "kind"}
    assert found == PricedPart(
        "bundle", None, None, Fraction(50), detail=said | {"amount_per_month": "100.00"}
    )
