"""The cases of prices and modifiers with their numbers, from usage to rounded lines."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract, TermsInvalid
from tests.services.billing.examples import ENGINE, PERIOD, plain_contract, rate_amount, record
from tests.services.billing.random_periods import (
    contract_of,
    differences,
    random_case,
    rated_case,
)
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, GUARANTEE, contract, terms

JUNE = Period.parse("2017-06-01T00:00:00Z", "2017-07-01T00:00:00Z")
TEXT = {"en": "Share", "zh-Hans": "份额"}
MONTH = {"proration": "ACT_SECONDS"}


def per_unit(price: str, unit: str = "HUR") -> dict[str, Any]:
    return {"model": "per_unit", "unit": unit, "unit_price": price}


def sold(
    price: dict[str, Any], unit: str, modifiers: dict[str, Any] | None = None, **changes: Any
) -> Contract:
    """Return a contract over one price with modifiers, from 1 June 2017 on."""
    of = plain_contract(price, unit).to_content()
    if modifiers is not None:
        of["terms"]["usage_prices"][0]["modifiers"] = modifiers
    changed = {"start": "2017-06-01T00:00:00Z", "billing_period": "month"} | changes
    return Contract.from_content(of | changed)


def month_of(of: Contract, amount: Fraction | int) -> RatedDocument:
    return rate_amount(of, amount, JUNE, JUNE.end)


VOLUME = {
    "model": "volume",
    "unit": "C62",
    "tiers": [{"up_to": "15", "unit_price": "10"}, {"unit_price": "5"}],
}


def test_case_22_late_usage_over_a_volume_cliff_is_a_credit() -> None:
    """Case 22: 15 are 150.00, one more makes 80.00: 70.00 to be credited on the same period."""
    of = sold(VOLUME, "C62")
    billed, late = month_of(of, 15), month_of(of, 16)
    assert str(billed.totals.net) == "150.00 EUR"
    assert str(late.totals.net + -billed.totals.net) == "-70.00 EUR"


def test_case_23_a_minimum_per_month() -> None:
    """Case 23: late usage below the minimum changes the shortfall and not the document's amount."""
    of = sold(per_unit("1", "C62"), "C62", {"minimum": {"amount_per_month": "500.00", **MONTH}})
    shortfalls = []
    for usage in (450, 480):
        rated = month_of(of, usage)
        assert str(rated.totals.net) == "500.00 EUR"
        shortfalls.append(rated.lines[0].steps[-2]["change_exact"])
    assert shortfalls == ["50", "20"]


def test_a_minimum_is_due_without_any_usage() -> None:
    of = sold(per_unit("1", "C62"), "C62", {"minimum": {"amount_per_month": "500.00", **MONTH}})
    (line,) = month_of(of, 0).lines
    assert str(line.amount) == "500.00 EUR"
    credit = {"credit": {"amount": "1"}}
    assert month_of(sold(per_unit("1", "C62"), "C62", credit), 0).lines == ()


def months_of_a_year() -> Iterator[Period]:
    starts = [f"2017-{n:02}-01T00:00:00Z" for n in range(6, 13)]
    starts += [f"2018-{n:02}-01T00:00:00Z" for n in range(1, 7)]
    yield from (Period.parse(*pair) for pair in pairwise(starts))


def year_of(of: Contract, usages: list[int]) -> list[RatedDocument]:
    """Rate the months of a contract year."""
    rated = []
    for i, period in enumerate(months_of_a_year()):
        known_at = period.end
        amounts = [usages[i], sum(usages[:i])]
        usage = [
            record(of, 0, amount, span, known_at=known_at)
            for amount, (_, span) in zip(amounts, of.measurements(period), strict=False)
        ]
        rated.append(rate(of, period, known_at, usage, ENGINE))
    return rated


@pytest.mark.parametrize(
    ("per", "quantity", "total", "last"),
    [("month", "1000", "13800.00", "1300.00"), ("year", "12000", "12600.00", "1300.00")],
)
def test_case_24_take_or_pay_by_the_month_and_by_the_year(
    per: str, quantity: str, total: str, last: str
) -> None:
    """Case 24: 6 x 800 and 6 x 1,300; the two never both apply, and differ by 1,200."""
    terms_of = {"per": per, "quantity": quantity, "unit_price": "1.00", **MONTH}
    of = sold(per_unit("1.00", "C62"), "C62", {"take_or_pay": terms_of})
    rated = year_of(of, [800] * 6 + [1300] * 6)
    nets = [each.totals.net.as_fraction() for each in rated]
    assert Money.rounded(sum(nets, Fraction(0)), "EUR").amount == Decimal(total)
    assert str(rated[-1].totals.net) == f"{last} EUR"


def test_the_annual_true_up_is_billed_with_the_last_period_of_the_contract_year() -> None:
    terms_of = {"per": "year", "quantity": "12000", "unit_price": "0.50", **MONTH}
    of = sold(per_unit("1.00", "C62"), "C62", {"take_or_pay": terms_of})
    rated = year_of(of, [900] * 12)
    assert [str(each.totals.net) for each in rated] == ["900.00 EUR"] * 11 + ["1500.00 EUR"]
    last = rated[-1]
    assert [str(each.period) for each in last.usage] == [
        "2018-05-01T00:00:00Z/2018-06-01T00:00:00Z",
        "2017-06-01T00:00:00Z/2018-05-01T00:00:00Z",
    ]
    assert last.lines[0].usage == (0, 1)
    document = canonical.decode(canonical.encode(document_content(last, "X-000001", last.known_at)))
    assert recompute(document) == document


def test_the_end_of_a_contract_ends_the_year_with_its_share_of_the_quantity() -> None:
    terms_of = {"per": "year", "quantity": "12000", "unit_price": "1", **MONTH}
    modifiers = {"take_or_pay": terms_of}
    of = sold(per_unit("1", "C62"), "C62", modifiers, end="2017-07-01T00:00:00Z")
    assert str(month_of(of, 400).totals.net) == "1000.00 EUR"


def test_a_contract_year_is_of_whole_months_and_no_period_crosses_its_end() -> None:
    terms_of = {"per": "year", "quantity": "12000", "unit_price": "1", **MONTH}
    modifiers = {"take_or_pay": terms_of}
    with pytest.raises(TermsInvalid, match="expected the start of a month"):
        sold(per_unit("1", "C62"), "C62", modifiers, start="2017-06-02T00:00:00Z")
    of = sold(per_unit("1", "C62"), "C62", modifiers)
    crossing = Period.parse("2018-05-01T00:00:00Z", "2018-07-01T00:00:00Z")
    with pytest.raises(TermsInvalid, match="a year ends within"):
        rate_amount(of, 1, crossing, crossing.end)


def test_extra_case_a_price_that_changes_in_mid_period() -> None:
    """300 at 0.12 and 700 at 0.15: the price is that of the consumption's time, 141.00."""
    change = Instant((JUNE.start + JUNE.end) // 2)
    before, after = JUNE.split(change)
    old, new = (sold(per_unit(price, "KWH"), "KWH") for price in ("0.12", "0.15"))
    nets = [
        rate_amount(old, 300, before, before.end).totals.net,
        rate_amount(new, 700, after, after.end).totals.net,
    ]
    assert str(nets[0] + nets[1]) == "141.00 EUR"


def test_extra_case_power_by_the_hour() -> None:
    """123.7 h x 410 x (0.2 + 0.5 x 112.4/108.1 + 0.3 x 131.0/127.5) = 52,143.38."""

    def index(id_: str, weight: str, base: str, value: str) -> dict[str, Any]:
        values = [{"since": "2017-06-01T00:00:00Z", "value": value, "publication": "2017-05"}]
        return {"id": id_, "weight": weight, "base": base, "values": values}

    indices = [index("labour", "0.5", "108.1", "112.4"), index("material", "0.3", "127.5", "131.0")]
    of = sold(per_unit("410"), "HUR", {"indexation": {"fixed": "0.2", "indices": indices}})
    rated = month_of(of, Fraction("123.7"))
    assert str(rated.totals.net) == "52143.38 EUR"
    assert [each["kind"] for each in rated.lines[0].steps] == [
        "usage",
        "unit",
        "indexation",
        "rounding",
    ]


def test_case_25_three_lines_of_a_third_of_a_cent_are_each_rounded_once() -> None:
    """Case 25: three lines of 0.335 make 1.02."""
    prices = [
        CUTTING_TIME | {"id": f"p{n}", "price": {"model": "flat", "amount": "0.335"}}
        for n in range(3)
    ]
    without = [{key: value for key, value in price.items() if key != "meter"} for price in prices]
    of = contract(terms=terms(base_fee=None, guarantee=None, usage_prices=without))
    assert of.meters() == ()
    rated = rate(of, PERIOD, PERIOD.end, [], ENGINE)
    assert str(rated.totals.net) == "1.02 EUR"


def test_a_share_is_of_exact_amounts_before_rounding() -> None:
    """5 % of 100 and of 8089/60 are 8089/1200 + 5, rounded once."""
    share = {"model": "percentage", "percent": "5", "lines": ["base-fee", "cutting-time"]}
    service = {"id": "service", "description": TEXT, "price": share}
    of = contract(terms=terms(guarantee=None, usage_prices=[CUTTING_TIME, service]))
    rated = rate(of, PERIOD, PERIOD.end, [record(of, 0, 12_578, known_at=PERIOD.end)], ENGINE)
    assert rated.lines[-1].exact == 5 + Fraction(8089, 1200)
    assert str(rated.lines[-1].amount) == "11.74 EUR"
    assert rated.lines[-1].usage == ()


def test_severities_of_two_machines_are_one_line() -> None:
    states = [{"state": "重载", "unit_price": "60"}]
    matrix = {"model": "matrix", "unit": "HUR", "states": states, "other_price": "20"}
    of = contract(
        machines=["m1", "m2"],
        terms=terms(
            base_fee=None,
            guarantee=None,
            usage_prices=[CUTTING_TIME | {"meter": GUARANTEE["meter"], "price": matrix}],
        ),
    )
    hour_us = 3_600_000_000
    usage = [
        record(of, 0, 0, states={"重载": hour_us, "IDLE": hour_us}, known_at=PERIOD.end),
        record(of, 1, 0, states={"重载": hour_us}, known_at=PERIOD.end),
    ]
    (line,) = rate(of, PERIOD, PERIOD.end, usage, ENGINE).lines
    assert (str(line.quantity), str(line.amount)) == ("3 HUR", "140.00 EUR")


def test_a_base_fee_is_indexed_too_and_the_credit_is_a_share_of_what_is_due() -> None:
    fee = BASE_FEE | {"modifiers": {"discount": {"by": "percent", "percent": "50"}}}
    of = contract(terms=terms(base_fee=fee, usage_prices=[]))
    states = {"INTERRUPTED": PERIOD.duration_us}
    usage = [record(of, 0, 0, states=states, known_at=PERIOD.end)]
    rated = rate(of, PERIOD, PERIOD.end, usage, ENGINE)
    assert [str(line.amount) for line in rated.lines] == ["50.00 EUR", "-5.00 EUR"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"meter": None}, "no meter"),
        ({"price": {"model": "percentage", "percent": "1", "lines": ["base-fee"]}}, "leave out"),
        (
            {"price": {"model": "percentage", "percent": "1", "lines": ["later"]}, "meter": None},
            "stands before it",
        ),
        (
            {"price": {"model": "percentage", "percent": "1", "lines": ["p"]}, "meter": None},
            "stands before it",
        ),
        (
            {"price": {"model": "matrix", "unit": "HUR", "states": [], "other_price": "1"}},
            "each once",
        ),
        (
            {
                "price": {
                    "model": "matrix",
                    "unit": "HUR",
                    "states": [{"state": "A", "unit_price": "1"}],
                    "other_price": "1",
                }
            },
            "expected state_duration",
        ),
        (
            {
                "price": {"model": "flat", "amount": "1"},
                "modifiers": {
                    "take_or_pay": {"per": "month", "quantity": "1", "unit_price": "1", **MONTH}
                },
            },
            "price of a quantity",
        ),
    ],
)
def test_prices_that_nothing_can_be_measured_for_are_refused(
    changes: dict[str, Any], says: str
) -> None:
    price = CUTTING_TIME | {"id": "p"} | changes
    later = CUTTING_TIME | {"id": "later"}
    with pytest.raises(Invalid, match=says):
        contract(terms=terms(usage_prices=[price, later]))


def test_take_or_pay_on_the_base_fee_is_refused() -> None:
    take = {"per": "month", "quantity": "1", "unit_price": "1", **MONTH}
    fee = BASE_FEE | {"modifiers": {"take_or_pay": take}}
    with pytest.raises(TermsInvalid, match="base fee"):
        contract(terms=terms(base_fee=fee))


def test_terms_without_modifiers_keep_their_content() -> None:
    content = contract().to_content()["terms"]
    assert set(content["base_fee"]) == {"id", "description", "amount_per_month", "proration"}
    assert set(content["usage_prices"][0]) == {"id", "description", "meter", "price"}
    assert set(content["usage_prices"][0]["price"]["tiers"][-1]) == {"up_to", "unit_price"}


@given(st.integers(min_value=0, max_value=2**32))
def test_random_terms_are_priced_as_the_oracle_prices_them_and_computed_again(seed: int) -> None:
    case = random_case(Random(seed))
    of = contract_of(case)
    assert Contract.from_content(canonical.decode(canonical.encode(of.to_content()))) == of
    rated = rated_case(case, of)
    assert differences(case, rated) == []
    content = document_content(rated, "X-000001", rated.known_at)
    check_totals(content)
    document = canonical.decode(canonical.encode(content))
    assert recompute(document) == document
    for line in rated.lines:
        assert [each["kind"] for each in line.steps].count("rounding") == 1
        assert line.amount == Money.rounded(line.exact, case["currency"])
