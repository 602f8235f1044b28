"""Terms and contracts as pure data: read, written, refused."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period, format_instant, parse_instant, zone_named
from lineshaft.core.quantity import UnitMismatch
from lineshaft.services.contracts.model import Contract, Offering, TermsInvalid
from lineshaft.services.contracts.terms import USAGE_PRICES_MAX
from tests.services.contracts.examples import (
    BASE_FEE,
    CONTRACT,
    CUSTOMER,
    CUTTING_TIME,
    GUARANTEE,
    OFFERING,
    contract,
    offering,
    terms,
)


def test_content_is_canonical_and_comes_back() -> None:
    for example in (contract(), offering()):
        content = example.to_content()
        again = type(example).from_content(canonical.decode(canonical.encode(content)))
        assert again == example
        assert again.to_content() == content


def test_two_spellings_of_the_same_parameters_are_the_same_terms() -> None:
    meter = CUTTING_TIME["meter"] | {"parameters": {"resolution": 1, "rate_max": "1.0"}}
    same = contract(terms=terms(usage_prices=[CUTTING_TIME | {"meter": meter}]))
    assert same.to_content() == contract().to_content()


def test_what_is_not_there_may_be_left_out() -> None:
    short = Contract.from_content(
        {key: value for key, value in CONTRACT.items() if key != "end"}
        | {"terms": {"vat": {"category": "S", "rate": 19}}}
    )
    assert short.terms.base_fee is None
    assert short.terms.usage_prices == ()
    assert short.meters() == ()
    assert short.ends_at is None


def test_each_machine_has_a_meter_for_each_price_and_the_guarantee() -> None:
    meters = contract(machines=["m1", "m2"]).meters()
    assert [(meter.id, meter.signal) for meter in meters] == [
        ("cutting-time", "m1/cut_time"),
        ("cutting-time", "m2/cut_time"),
        ("execution", "m1/execution"),
        ("execution", "m2/execution"),
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"currency": "XYZ"}, "XYZ"),
        ({"time_zone": "Mars/Olympus"}, "Mars"),
        ({"machines": []}, "0 machines"),
        ({"machines": ["m"] * 2}, "twice"),
        ({"machines": [f"m{i}" for i in range(101)]}, "101 machines"),
        ({"machines": ["M 1"]}, "machine id"),
        ({"version": 0}, "numbered from 1"),
        ({"id": "C 1"}, "contract 'C 1'"),
        ({"id": "c" * 64}, "1 to 63"),
        ({"start": "2017-06-22T02:00:00+02:00"}, "expected '2017-06-22T00:00:00Z'"),
        ({"end": "2017-06-22T00:00:00Z"}, "after the start"),
        ({"invoice_series": "inv"}, "series"),
        ({"invoice_series": "A" * 21}, "series"),
        ({"billing_period": "week"}, "billing_period"),
        ({"discount": "10"}, "discount"),
        ({"customer": CUSTOMER | {"country": "de"}}, "country"),
        ({"customer": CUSTOMER | {"name": " "}}, "no name"),
        ({"customer": CUSTOMER | {"address_lines": []}}, "address"),
        ({"customer": CUSTOMER | {"address_lines": ["x"] * 7}}, "address"),
    ],
)
def test_a_contract_that_cannot_be_billed_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        contract(**changes)


STEP = {"at_least": "0", "credit": "10"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base_fee": BASE_FEE | {"amount_per_month": "-1"}}, "zero or more"),
        ({"base_fee": BASE_FEE | {"amount_per_month": 3000.0}}, "float"),
        ({"base_fee": BASE_FEE | {"amount_per_month": "1" * 19}}, "plain digits"),
        ({"base_fee": BASE_FEE | {"amount_per_month": "0.0000000001"}}, "plain digits"),
        ({"base_fee": BASE_FEE | {"id": "guarantee"}}, "two parts"),
        ({"base_fee": None}, "no base fee"),
        ({"vat": {"category": "S", "rate": "0"}}, "VAT"),
        ({"vat": {"category": "E", "rate": "19"}}, "VAT"),
        ({"vat": {"category": "S", "rate": "101"}}, "VAT"),
        ({"vat": {"category": "S", "rate": "1e3"}}, "'1e3': expected an exact number"),
        ({"guarantee": GUARANTEE | {"steps": []}}, "credit steps"),
        ({"guarantee": GUARANTEE | {"steps": [{"at_least": "95", "credit": "5"}, STEP]}}, "steps"),
        ({"guarantee": GUARANTEE | {"steps": [STEP | {"credit": "101"}]}}, "100 %"),
        ({"guarantee": GUARANTEE | {"target": "101"}}, "at most 100"),
        ({"guarantee": GUARANTEE | {"cap": "101"}}, "100 %"),
        ({"guarantee": GUARANTEE | {"classes": {"ACTIVE": "busy"}}}, "busy"),
        ({"guarantee": GUARANTEE | {"meter": CUTTING_TIME["meter"]}}, "state_duration"),
        ({"usage_prices": [CUTTING_TIME] * 2}, "two parts"),
        ({"usage_prices": [CUTTING_TIME | {"price": {"model": "dynamic"}}]}, "dynamic"),
        ({"usage_prices": [{}] * (USAGE_PRICES_MAX + 1)}, "usage_prices"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        contract(terms=terms(**changes))


def test_too_many_prices_are_refused_and_as_many_as_may_be_are_not() -> None:
    prices = [CUTTING_TIME | {"id": f"p{i}"} for i in range(USAGE_PRICES_MAX + 1)]
    assert len(contract(terms=terms(usage_prices=prices[:-1])).meters()) == USAGE_PRICES_MAX + 1
    with pytest.raises(TermsInvalid, match="at most 100"):
        contract(terms=terms(usage_prices=prices))


def test_a_price_in_a_unit_that_the_meter_cannot_become_is_refused() -> None:
    """Case 13: an unknown unit and another dimension."""
    price = {"model": "per_unit", "unit": "KWH", "unit_price": "1"}
    with pytest.raises(UnitMismatch, match="SEC"):
        contract(terms=terms(usage_prices=[CUTTING_TIME | {"price": price}]))
    with pytest.raises(Invalid, match="unknown unit 'QQQ'"):
        contract(terms=terms(usage_prices=[CUTTING_TIME | {"price": price | {"unit": "QQQ"}}]))


def test_a_meter_that_cannot_measure_is_refused_with_the_terms() -> None:
    meter = CUTTING_TIME["meter"] | {"parameters": {}}
    with pytest.raises(Invalid, match="rate_max"):
        Offering.from_content(
            OFFERING | {"terms": terms(usage_prices=[CUTTING_TIME | {"meter": meter}])}
        )


def test_percentages_become_ratios() -> None:
    guarantee = contract().terms.guarantee
    assert guarantee is not None
    assert guarantee.credit_terms.target == Fraction(9, 10)
    assert [step.credit for step in guarantee.credit_terms.steps] == [
        Fraction(1, 20),
        Fraction(1, 10),
    ]


@pytest.mark.parametrize(
    ("instant", "start", "end"),
    [
        ("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-03-29T22:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"),
    ],
)
def test_a_billed_day_follows_the_clocks_of_the_zone(instant: str, start: str, end: str) -> None:
    of = contract(time_zone="Europe/Berlin")
    assert of.billed_period(parse_instant(instant)) == Period.parse(start, end)


def test_the_first_and_the_last_billed_month_are_cut_to_the_contract() -> None:
    of = contract(
        time_zone="Europe/Berlin",
        billing_period="month",
        start="2026-03-28T23:00:00Z",
        end="2026-04-10T00:00:00Z",
    )
    march = of.billed_period(of.starts_at)
    assert str(march) == "2026-03-28T23:00:00Z/2026-03-31T22:00:00Z"
    assert str(of.billed_period(march.end)) == "2026-03-31T22:00:00Z/2026-04-10T00:00:00Z"
    for outside in ("2026-03-28T22:59:59Z", "2026-04-10T00:00:00Z"):
        with pytest.raises(TermsInvalid, match="does not cover"):
            of.billed_period(parse_instant(outside))


def test_billed_periods_follow_each_other_without_a_gap() -> None:
    of = contract(time_zone="America/New_York", billing_period="month")
    period = of.billed_period(of.starts_at)
    for _ in range(24):
        following = of.billed_period(period.end)
        assert following.start == period.end
        period = following
    local = dt.datetime(2019, 6, 1, tzinfo=zone_named("America/New_York"))
    assert format_instant(period.start) == local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
