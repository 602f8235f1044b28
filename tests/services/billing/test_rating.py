"""From usage to lines and totals: the example day to the cent, and what always holds."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.money import Money, allocate
from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.document import rated_content
from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.model import RatedLine
from lineshaft.services.billing.rating import rate, sum_up
from lineshaft.services.contracts.model import TermsInvalid, Vat, VatCategory
from tests.services.billing.examples import (
    ENGINE,
    KNOWN_AT,
    PERIOD,
    example_usage,
    plain_contract,
    rate_amount,
    rated_example,
    record,
)
from tests.services.contracts.examples import GUARANTEE, contract, terms


def per_unit(unit: str, price: str) -> dict[str, Any]:
    return {"model": "per_unit", "unit": unit, "unit_price": price}


TIERS = {
    "model": "graduated",
    "unit": "KWH",
    "tiers": [
        {"up_to": "1000", "unit_price": "0.10"},
        {"up_to": "5000", "unit_price": "0.08"},
        {"up_to": None, "unit_price": "0.05"},
    ],
}


def test_the_example_day_to_the_cent() -> None:
    rated = rated_example()
    assert [(line.id, line.exact, str(line.amount)) for line in rated.lines] == [
        ("base-fee", 100, "100.00 EUR"),
        ("cutting-time", Fraction(8089, 60), "134.82 EUR"),
        ("guarantee", -10, "-10.00 EUR"),
    ]
    assert str(rated.lines[1].quantity) == "6289/1800 HUR"
    assert str(rated.totals.net) == "224.82 EUR"
    assert [str(group.amount) for group in rated.totals.vat] == ["42.72 EUR"]
    assert str(rated.totals.gross) == "267.54 EUR"


def test_the_guarantee_of_the_example_day() -> None:
    result = rated_example().guarantee
    assert result is not None
    assert result.availability.value == Fraction(4458510458, 5796452481)
    assert (result.target, result.credit, result.usage) == (Fraction(9, 10), Fraction(1, 10), (1,))
    assert result.durations.required_us == PERIOD.duration_us


def test_an_incomplete_day_says_so_in_both_languages() -> None:
    said = rated_example().statements
    assert [(each["code"], each["usage"]) for each in said] == [
        ("usage_incomplete", [0]),
        ("usage_incomplete", [1]),
        ("proof_of_what_was_received", []),
    ]
    assert said[0]["completeness"] == "40.27"
    assert "cover 40.27 % of the period" in said[0]["text"]["en"]
    assert "40.27 %" in said[0]["text"]["zh-Hans"]


def test_a_line_keeps_every_step_from_the_usage_to_the_rounding() -> None:
    steps = rated_example().lines[1].steps
    assert [step["kind"] for step in steps] == ["usage", "conversion", "tier", "tier", "rounding"]
    assert steps[0]["quantity"]["exact"] == "12578"
    assert steps[1]["factor"] == "1/3600"
    assert [(step["unit_price"], step["amount_exact"]) for step in steps[2:4]] == [
        ("45.00", "90"),
        ("30.00", "2689/60"),
    ]
    assert steps[4]["amount"] == "134.82"


@pytest.mark.parametrize(
    ("usage", "amounts"),
    [
        ("1000", ["100.00 EUR"]),
        ("1000.001", ["100.00 EUR"]),
        ("5000", ["420.00 EUR"]),
        ("6000", ["470.00 EUR"]),
        ("0", []),
    ],
)
def test_case_20_tier_edges(usage: str, amounts: list[str]) -> None:
    """Case 20: the amounts, and no line for no usage; the usage record stays."""
    rated = rate_amount(plain_contract(TIERS, "KWH"), Fraction(usage))
    assert [str(line.amount) for line in rated.lines] == amounts
    assert len(rated.usage) == 1


def test_case_12_a_million_tenths_are_exact() -> None:
    """Case 12: 1,000,000 * 0.1 kWh at 0.30."""
    rated = rate_amount(plain_contract(per_unit("KWH", "0.30"), "KWH"), 1_000_000 * Fraction("0.1"))
    assert rated.lines[0].quantity.amount == 100_000
    assert str(rated.totals.net) == "30000.00 EUR"


def test_case_13_energy_in_another_unit() -> None:
    """Case 13: 3,600 MJ on a price for kWh."""
    rated = rate_amount(plain_contract(per_unit("KWH", "0.20"), "3B"), 3600)
    assert str(rated.lines[0].quantity) == "1000 KWH"
    assert str(rated.totals.net) == "200.00 EUR"


def test_a_run_over_the_end_of_summer_time_is_billed_by_its_length() -> None:
    """Case 16: 3 h at 40 per hour."""
    run = Period.parse("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00")
    of = plain_contract(per_unit("HUR", "40.00"), time_zone="Europe/Berlin")
    rated = rate_amount(of, run.seconds, run, Instant(run.end))
    assert str(rated.totals.net) == "120.00 EUR"


def test_case_25_tiny_amounts_are_rounded_once_for_a_line() -> None:
    """Case 25: 1,000 events of 0.004 are 4.00, not 0.00."""
    rated = rate_amount(plain_contract(per_unit("C62", "0.004"), "C62"), 1000)
    assert str(rated.totals.net) == "4.00 EUR"


@pytest.mark.parametrize(
    ("currency", "amount", "rounded"),
    [("EUR", "0.335", "0.34"), ("JPY", "1234.5", "1235"), ("BHD", "1.2345", "1.235")],
)
def test_case_25_a_line_is_rounded_half_away_to_the_decimals_of_its_currency(
    currency: str, amount: str, rounded: str
) -> None:
    """Case 25."""
    of = plain_contract(per_unit("C62", amount), "C62", currency=currency)
    assert str(rate_amount(of, 1).lines[0].amount) == f"{rounded} {currency}"


def line(amount: str, rate_percent: str = "19") -> RatedLine:
    example = rated_example().lines[0]
    category = VatCategory.ZERO_RATED if rate_percent == "0" else VatCategory.STANDARD
    return RatedLine(
        id=amount,
        kind=example.kind,
        description=example.description,
        quantity=example.quantity,
        steps=(),
        exact=Fraction(amount),
        amount=Money.rounded(Fraction(amount), "EUR"),
        vat=Vat(category=category, rate=Fraction(rate_percent)),
        usage=(),
    )


def test_case_25_the_net_is_the_sum_of_rounded_lines() -> None:
    """Case 25: three lines of 0.335 are 1.02, not 1.01; 100.00 in three is 33.33, 33.33, 33.34."""
    assert str(sum_up([line("0.335")] * 3, "EUR").net) == "1.02 EUR"
    thirds = allocate(Money(Decimal("100.00"), "EUR"), [Fraction(1)] * 3)
    assert [str(part.amount) for part in thirds] == ["33.33", "33.33", "33.34"]


@pytest.mark.parametrize(
    ("net", "percent", "tax"), [("7612.50", "19", "1446.38"), ("-6491.34", "25", "-1622.84")]
)
def test_case_26_tax_is_rounded_half_away_below_zero_too(net: str, percent: str, tax: str) -> None:
    """Case 26."""
    assert str(sum_up([line(net, percent)], "EUR").vat[0].amount) == f"{tax} EUR"


def test_tax_is_summed_by_rate() -> None:
    totals = sum_up([line("10"), line("5", "7"), line("2.50")], "EUR")
    assert [(str(group.base), str(group.amount)) for group in totals.vat] == [
        ("12.50 EUR", "2.38 EUR"),
        ("5.00 EUR", "0.35 EUR"),
    ]
    assert str(totals.gross) == "20.23 EUR"


def test_the_usage_of_several_machines_is_one_line_and_one_run_through_the_tiers() -> None:
    of = contract(machines=["mazak01", "mazak02"], terms=terms(guarantee=None, base_fee=None))
    rated = rate(of, PERIOD, KNOWN_AT, [record(of, 0, 3600), record(of, 1, 7200)], ENGINE)
    (only,) = rated.lines
    assert (str(only.quantity), str(only.amount), only.usage) == ("3 HUR", "120.00 EUR", (0, 1))
    assert [step["kind"] for step in only.steps][:4] == ["usage", "usage", "sum", "conversion"]


@pytest.mark.parametrize(
    ("down_s", "amounts"),
    [(0, []), (8640, []), (8641, ["-5.00 EUR"]), (17280, ["-5.00 EUR"]), (17281, ["-10.00 EUR"])],
)
def test_the_credit_follows_the_exact_availability(down_s: int, amounts: list[str]) -> None:
    """The target is inclusive, and so is each step; no rounding decides."""
    of = contract(terms=terms(usage_prices=[]))
    states = {"ACTIVE": PERIOD.duration_us - down_s * 1_000_000, "INTERRUPTED": down_s * 1_000_000}
    rated = rate(of, PERIOD, KNOWN_AT, [record(of, 0, 0, states=states)], ENGINE)
    assert [str(each.amount) for each in rated.lines[1:]] == amounts


def test_the_credit_is_capped() -> None:
    of = contract(terms=terms(usage_prices=[], guarantee=GUARANTEE | {"cap": "3"}))
    states = {"INTERRUPTED": PERIOD.duration_us}
    rated = rate(of, PERIOD, KNOWN_AT, [record(of, 0, 0, states=states)], ENGINE)
    assert str(rated.lines[-1].amount) == "-3.00 EUR"


def test_no_time_to_judge_is_no_credit_and_is_said() -> None:
    of = contract(terms=terms(usage_prices=[]))
    rated = rate(of, PERIOD, KNOWN_AT, [record(of, 0, 0, covered_us=0)], ENGINE)
    assert [each.id for each in rated.lines] == ["base-fee"]
    assert rated.statements[-1]["code"] == "guarantee_not_applicable"


def test_states_that_do_not_fill_the_period_are_refused() -> None:
    of = contract(terms=terms(usage_prices=[]))
    with pytest.raises(UsageMismatch, match="add up"):
        rate(of, PERIOD, KNOWN_AT, [record(of, 0, 0, states={"ACTIVE": 1})], ENGINE)


def test_only_the_usage_of_the_contract_is_rated() -> None:
    of = contract()
    usage = example_usage(of)
    other = Period(PERIOD.start, Instant(PERIOD.end - 1))
    with pytest.raises(UsageMismatch, match="2 meters"):
        rate(of, PERIOD, KNOWN_AT, usage[::-1], ENGINE)
    with pytest.raises(UsageMismatch, match="2 meters"):
        rate(of, PERIOD, KNOWN_AT, usage[:1], ENGINE)
    with pytest.raises(UsageMismatch, match="is of"):
        rate(of, other, KNOWN_AT, usage, ENGINE)
    with pytest.raises(UsageMismatch, match="same knowledge time"):
        rate(of, PERIOD, Instant(KNOWN_AT + 1), usage, ENGINE)
    before = Period(Instant(PERIOD.start - 1), PERIOD.end)
    with pytest.raises(TermsInvalid, match="begins at"):
        rate(of, before, KNOWN_AT, usage, ENGINE)


def test_a_fee_alone_needs_no_usage() -> None:
    rated = rate(plain_contract(None), PERIOD, KNOWN_AT, [], ENGINE)
    assert str(rated.totals.gross) == "119.00 EUR"


USAGES = st.fractions(min_value=0, max_value=10**6, max_denominator=10**6)


@given(USAGES, USAGES)
def test_rating_twice_gives_the_same_bytes_and_lines_add_up(
    usage: Fraction, more: Fraction
) -> None:
    of = plain_contract(TIERS, "KWH")
    rated, again = rate_amount(of, usage), rate_amount(of, usage)
    assert canonical.encode(rated_content(rated)) == canonical.encode(rated_content(again))
    assert sum(each.amount.as_fraction() for each in rated.lines) == rated.totals.net.as_fraction()
    taxes = sum(group.amount.as_fraction() for group in rated.totals.vat)
    assert rated.totals.net.as_fraction() + taxes == rated.totals.gross.as_fraction()
    assert 0 <= rated.totals.gross.amount <= rate_amount(of, usage + more).totals.gross.amount
