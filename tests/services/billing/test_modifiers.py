"""Modifiers: hand-made amounts, the one order, and what holds for all of them."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import lineshaft.services.billing.modifiers as modifiers_package
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period, zone_named
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.modifiers import ORDER, Charge, ContractYear, modify
from lineshaft.services.contracts.content import from_content
from lineshaft.services.contracts.model import Modifiers, TermsInvalid
from lineshaft.services.contracts.modifiers import INDEX_VALUES_MAX, INDICES_MAX

JUNE = Period.parse("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")
YEAR = Period.parse("2025-07-01T00:00:00Z", "2026-07-01T00:00:00Z")
CHARGE = Charge(Fraction(450), Quantity(Fraction(450), "HUR"), JUNE, zone_named("UTC"))
MONTH = {"proration": "ACT_SECONDS"}
TAKE_OR_PAY = {"per": "month", "quantity": "1000", "unit_price": "1.00", **MONTH}
INDEX = {
    "id": "labour",
    "weight": "1/2",
    "base": "100",
    "values": [
        {"since": "2026-01-01T00:00:00Z", "value": "110", "publication": "2025-12"},
        {"since": "2026-06-01T00:00:00Z", "value": "120", "publication": "2026-05"},
        {"since": "2026-06-01T00:00:01Z", "value": "999", "publication": "2026-06"},
    ],
}
INDEXATION = {"fixed": "1/2", "indices": [INDEX]}


def month(amount: str, basis: str = "ACT_SECONDS") -> dict[str, str]:
    return {"amount_per_month": amount, "proration": basis}


def modifiers(**content: Any) -> Modifiers:
    return from_content(content, Modifiers)


def modified(amount: Fraction | int, **content: Any) -> Fraction:
    quantity = Quantity(Fraction(amount), "HUR")
    charge = replace(CHARGE, amount=Fraction(amount), quantity=quantity)
    return modify(charge, modifiers(**content)).amount


@pytest.mark.parametrize(
    ("amount", "content", "expected"),
    [
        (450, {"minimum": month("500.00")}, "500"),
        (480, {"minimum": month("500.00")}, "500"),
        (501, {"minimum": month("500.00")}, "501"),
        (0, {"minimum": month("500.00")}, "500"),
        (1700, {"cap": month("1500.00")}, "1500"),
        (1500, {"cap": month("1500.00")}, "1500"),
        (450, {"discount": {"by": "percent", "percent": "10"}}, "405"),
        (450, {"discount": {"by": "percent", "percent": "100"}}, "0"),
        (450, {"discount": {"by": "amount", **month("50.00")}}, "400"),
        (450, {"discount": {"by": "amount", **month("451")}}, "0"),
        (450, {"credit": {"amount": "20.00"}}, "430"),
        (450, {"credit": {"amount": "451"}}, "0"),
        (450, {"indexation": INDEXATION}, "495"),
        (800, {"take_or_pay": TAKE_OR_PAY}, "1000"),
        (1300, {"take_or_pay": TAKE_OR_PAY}, "1300"),
        (450, {}, "450"),
    ],
)
def test_what_each_does(amount: int, content: dict[str, Any], expected: str) -> None:
    assert modified(amount, **content) == Fraction(expected)


def test_an_annual_commitment_waits_for_the_last_period_of_the_year() -> None:
    """Case 24, as a formula: 12 x 1,000 less what was used in the year."""
    terms = modifiers(take_or_pay=TAKE_OR_PAY | {"per": "year", "quantity": "12000"})
    assert modify(CHARGE, terms) == modify(CHARGE, None)
    year = ContractYear(YEAR, Quantity(Fraction(11_000), "HUR"))
    at_the_end = modify(replace(CHARGE, year=year), terms)
    assert at_the_end.amount == 450 + (12_000 - 11_450)
    said = at_the_end.steps[-1]
    assert (said["used"]["exact"], said["missing"]["exact"]) == ("11450", "550")
    assert [step["kind"] for step in at_the_end.steps] == ["proration"] * 12 + ["take_or_pay"]


def test_an_index_counts_from_the_instant_on_that_it_is_published_for() -> None:
    before = Period.parse("2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z")
    terms = modifiers(indexation=INDEXATION)
    assert modify(replace(CHARGE, period=before), terms).amount == 450
    (step,) = modify(CHARGE, terms).steps
    assert step["factor"] == "11/10"
    assert step["indices"][0]["publication"] == "2026-05"


def test_a_part_of_the_month_has_its_part_of_the_minimum() -> None:
    day = Period.parse("2026-06-22T00:00:00Z", "2026-06-23T00:00:00Z")
    raised = modify(replace(CHARGE, period=day), modifiers(minimum=month("30000")))
    assert raised.amount == 1000
    assert [step["kind"] for step in raised.steps] == ["proration", "minimum"]
    assert raised.steps[0]["amount_exact"] == "1000"


def test_the_order_is_stated_and_kept() -> None:
    """Each pair in the order of the page: the other way round there would be another amount."""
    assert [function.__name__ for function in ORDER] == [
        "take_or_pay",
        "indexation",
        "minimum",
        "cap",
        "discount",
        "credit",
    ]
    assert {function.__name__ for function in ORDER} == set(get_type_hints(Modifiers))
    half = {"by": "percent", "percent": "50"}
    assert modified(800, take_or_pay=TAKE_OR_PAY, indexation=INDEXATION) == 1100
    assert modified(450, indexation=INDEXATION, minimum=month("600")) == 600
    assert modified(450, minimum=month("500"), cap=month("500")) == 500
    assert modified(450, cap=month("400"), discount=half) == 200
    assert modified(450, minimum=month("500"), discount=half) == 250
    assert modified(450, discount=half, credit={"amount": "25"}) == 200


def test_every_modifier_has_its_row_in_the_readme() -> None:
    readme = (Path(modifiers_package.__file__).parent / "README.md").read_text()
    for place, function in enumerate(ORDER, start=1):
        assert f"| {place} | `{function.__name__}` |" in readme


@pytest.mark.parametrize(
    "content",
    [
        {"minimum": month("500"), "take_or_pay": TAKE_OR_PAY},
        {"minimum": month("500"), "cap": month("499.99")},
        {"minimum": month("500"), "cap": month("500", "ACT_DAYS")},
        {"minimum": month("-1")},
        {"credit": {"amount": "-1"}},
        {"discount": {"by": "percent", "percent": "100.1"}},
        {"discount": {"by": "percent", "percent": "-1"}},
        {"discount": {"by": "amount", **month("-1")}},
        {"take_or_pay": TAKE_OR_PAY | {"quantity": "0"}},
        {"take_or_pay": TAKE_OR_PAY | {"unit_price": "-1"}},
        {"take_or_pay": TAKE_OR_PAY | {"per": "week"}},
        {"indexation": INDEXATION | {"fixed": "1/3"}},
        {"indexation": {"fixed": "3/2", "indices": [INDEX | {"weight": "-1/2"}]}},
        {"indexation": {"fixed": "-1/2", "indices": [INDEX | {"weight": "3/2"}]}},
        {"indexation": {"fixed": "1", "indices": []}},
        {"indexation": {"fixed": "0", "indices": [INDEX, INDEX]}},
        {"indexation": {"fixed": "1/2", "indices": [INDEX | {"base": "0"}]}},
        {"indexation": {"fixed": "1/2", "indices": [INDEX | {"values": INDEX["values"][::-1]}]}},
        {"indexation": {"fixed": "1/2", "indices": [INDEX | {"values": INDEX["values"][:1] * 2}]}},
        {"surcharge": "5"},
    ],
)
def test_modifiers_that_contradict_themselves_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises(TermsInvalid):
        modifiers(**content)


def value(**changes: str) -> dict[str, str]:
    return {"since": "2026-01-01T00:00:00Z", "value": "1", "publication": "a"} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "0"},
        {"publication": ""},
        {"publication": "x" * 201},
        {"since": "2026-01-01"},
        {"since": "2026-01-01T00:00:00+00:00"},
    ],
)
def test_a_value_that_nobody_can_look_up_is_refused(changes: dict[str, str]) -> None:
    index = INDEX | {"values": [value(**changes)]}
    with pytest.raises(Invalid):
        modifiers(indexation={"fixed": "1/2", "indices": [index]})


def test_there_are_limits_to_indices_and_their_values() -> None:
    def many(count: int) -> dict[str, Any]:
        parts = [INDEX | {"id": f"i{i}", "weight": f"1/{count}"} for i in range(count)]
        return {"fixed": "0", "indices": parts}

    assert modifiers(indexation=many(INDICES_MAX))
    with pytest.raises(TermsInvalid, match="each once"):
        modifiers(indexation=many(INDICES_MAX + 1))
    values = [
        value(since=f"2026-01-01T{i // 60 // 60:02}:{i // 60 % 60:02}:{i % 60:02}Z")
        for i in range(INDEX_VALUES_MAX + 1)
    ]
    assert modifiers(indexation={"fixed": "1/2", "indices": [INDEX | {"values": values[1:]}]})
    with pytest.raises(TermsInvalid, match="at most 1000"):
        modifiers(indexation={"fixed": "1/2", "indices": [INDEX | {"values": values}]})


AMOUNTS = st.fractions(min_value=0, max_value=100_000, max_denominator=1000)
MONEY = st.decimals(min_value=0, max_value=10_000, places=2).map(lambda amount: f"{amount:f}")
MONTHLY = MONEY.map(month)
CAP = month("777.77")
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "take_or_pay": st.just(TAKE_OR_PAY),
        "indexation": st.just(INDEXATION),
        "cap": MONTHLY,
        "discount": st.one_of(
            st.integers(0, 100).map(lambda percent: {"by": "percent", "percent": percent}),
            MONTHLY.map(lambda content: {"by": "amount", **content}),
        ),
        "credit": MONEY.map(lambda amount: {"amount": amount}),
    },
)


@given(AMOUNTS, CONTENT)
def test_steps_lead_from_the_priced_amount_to_the_last_and_nothing_is_negative(
    amount: Fraction, content: dict[str, Any]
) -> None:
    charge = replace(CHARGE, amount=amount)
    result = modify(charge, modifiers(**content))
    at = amount
    for step in result.steps:
        if "change_exact" in step:
            at += Fraction(step["change_exact"])
            assert Fraction(step["amount_exact"]) == at >= 0
    assert at == result.amount


@given(AMOUNTS, CONTENT)
def test_a_cap_is_never_passed(amount: Fraction, content: dict[str, Any]) -> None:
    capped = modifiers(**(content | {"cap": CAP}))
    assert modify(replace(CHARGE, amount=amount), capped).amount <= Fraction("777.77")


@given(AMOUNTS, MONTHLY)
def test_a_minimum_is_always_reached(amount: Fraction, content: dict[str, str]) -> None:
    least = Decimal(content["amount_per_month"])
    assert modified(amount, minimum=content) == max(amount, Fraction(least))


@given(AMOUNTS, AMOUNTS, CONTENT)
def test_a_higher_amount_never_becomes_lower_than_a_lower_one(
    amount: Fraction, more: Fraction, content: dict[str, Any]
) -> None:
    terms = modifiers(**content)
    low = modify(replace(CHARGE, amount=amount), terms).amount
    assert low <= modify(replace(CHARGE, amount=amount + more), terms).amount


@given(AMOUNTS, AMOUNTS)
def test_indexation_and_a_percentage_off_are_linear(first: Fraction, second: Fraction) -> None:
    terms = {"indexation": INDEXATION, "discount": {"by": "percent", "percent": "12.5"}}
    assert modified(first, **terms) + modified(second, **terms) == modified(first + second, **terms)


@settings(max_examples=40)
@given(st.lists(AMOUNTS, min_size=12, max_size=12))
def test_the_year_is_never_dearer_than_its_months(usages: list[Fraction]) -> None:
    """Take or pay: the annual form lets months make up for each other."""
    by_month = sum(modified(usage, take_or_pay=TAKE_OR_PAY) for usage in usages)
    year = ContractYear(YEAR, Quantity(sum(usages[:-1]), "HUR"))
    terms = modifiers(take_or_pay=TAKE_OR_PAY | {"per": "year", "quantity": "12000"})
    last = replace(CHARGE, amount=usages[-1], quantity=Quantity(usages[-1], "HUR"), year=year)
    by_year = sum(usages[:-1]) + modify(last, terms).amount
    assert by_year == max(sum(usages), Fraction(12_000)) <= by_month
