"""A share of saved energy: the golden numbers, the carry, and what a document says of them."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.pricing import Metered, Priced, price_usage
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract, EnergySavingPrice, TermsInvalid
from lineshaft.services.contracts.savings import ADJUSTMENTS_MAX, BASELINES_MAX, DRIVERS_MAX
from lineshaft.services.metering.model import UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import CUTTING_TIME, contract, terms

STARTS = [f"2027-{month:02}-01T00:00:00Z" for month in range(1, 8)]
MONTHS = [Period.parse(*pair) for pair in pairwise(STARTS)]
TEXT = {"en": "Saving", "zh-Hans": "节能"}
BASELINE = {
    "id": "hall-2",
    "version": 1,
    "since": STARTS[0],
    "quantity_per_month": "20000",
    "weights": [{"driver": "parts", "per_unit": "50"}],
    "source": "Regression over 2026",
}
NO_DRIVERS = BASELINE | {"weights": [], "quantity_per_month": "120000"}
ADJUSTMENT = {
    "id": "second-shift",
    "kind": "non_routine",
    "start": STARTS[0],
    "end": STARTS[-1],
    "quantity_per_month": "5000",
    "reason": {"en": "A second shift", "zh-Hans": "增加第二班"},
    "approved_by": "Energy office",
    "approved_at": STARTS[0],
}
METER = CUTTING_TIME["meter"] | {"id": "energy", "unit": "KWH", "parameters": {"rate_max": "1"}}
PARTS = METER | {"id": "parts", "signal": "parts", "unit": "C62"}
PRICE = {
    "model": "energy_saving",
    "unit": "KWH",
    "share_percent": "30",
    "tariff": "0.20",
    "drivers": [{"description": {"en": "Parts", "zh-Hans": "产量"}, "meter": PARTS}],
    "baselines": [BASELINE],
    "adjustments": [ADJUSTMENT],
    "proration": "ACT_DAYS",
    "carry": "contract_year",
}


def sold(**changes: Any) -> Contract:
    price = {"id": "saving", "description": TEXT, "meter": METER, "price": PRICE | changes}
    return contract(
        terms=terms(base_fee=None, guarantee=None, usage_prices=[price]),
        start=STARTS[0],
        end=None,
        billing_period="month",
    )


def rated(of: Contract, energies: list[int], parts: int = 2000) -> RatedDocument:
    """Rate the last of some months; each of them made the same parts."""
    period = MONTHS[len(energies) - 1]
    amounts = dict(zip(MONTHS, energies, strict=False))
    usage = [
        UsageRecord(
            meter=meter,
            period=span,
            known_at=period.end,
            quantity=Quantity(
                Fraction(parts if meter.id == "parts" else amounts[span]), meter.unit
            ),
            covered_us=span.duration_us,
        )
        for meter, span in of.measurements(period)
    ]
    return rate(of, period, period.end, usage, ENGINE)


def test_extra_case_a_share_of_savings_is_1500() -> None:
    """(120,000 + 5,000 - 100,000) x 0.20 x 30 %: 20,000 a month and 50 for each of 2,000 parts."""
    document = rated(sold(), [100_000])
    assert str(document.totals.net) == "1500.00 EUR"
    (line,) = document.lines
    assert (str(line.quantity), line.usage) == ("25000 KWH", (0, 1))


def test_a_negative_month_is_carried_and_its_document_says_so() -> None:
    """-10,000, then 25,000 less 10,000: 900.00; then 25,000 again: the carry is used up."""
    of = sold()
    documents = [rated(of, energies) for energies in ([135_000], [135_000, 100_000])]
    documents.append(rated(of, [135_000, 100_000, 100_000]))
    assert [str(each.totals.net) for each in documents] == ["0.00 EUR", "900.00 EUR", "1500.00 EUR"]
    assert [len(each.usage) for each in documents] == [2, 4, 6]
    (step,) = [each for each in documents[0].lines[0].steps if each["kind"] == "saving"]
    assert (step["saved"]["exact"], step["carried_on"]["exact"]) == ("-10000", "-10000")
    for each in documents:
        content = document_content(each, "X-000001", each.known_at)
        check_totals(content)
        document = canonical.decode(canonical.encode(content))
        assert recompute(document) == document


@pytest.mark.parametrize(
    ("changes", "net"),
    [
        ({"carry": "none"}, "1500.00"),
        ({"carry_max": "4000"}, "1260.00"),
        ({"carried_in": "5000"}, "600.00"),
        ({"carried_in": "5000", "carry_max": "6000"}, "1140.00"),
    ],
)
def test_the_carry_is_none_or_at_most_what_is_agreed(changes: dict[str, Any], net: str) -> None:
    assert str(rated(sold(**changes), [135_000, 100_000]).totals.net) == f"{net} EUR"


def test_a_later_baseline_counts_for_its_own_months_and_the_earlier_ones_keep_theirs() -> None:
    """The new one is 5,000 lower: 25,000 - 5,000 are 1,200.00; January is judged by the old one."""
    later = BASELINE | {"version": 2, "since": STARTS[1], "quantity_per_month": "15000"}
    document = rated(sold(baselines=[BASELINE, later]), [124_000, 100_000])
    assert str(document.totals.net) == "1200.00 EUR"
    said = [step["baseline"]["version"] for step in document.lines[0].steps if "baseline" in step]
    assert said == [1, 2]


def test_a_new_contract_year_begins_without_a_carry() -> None:
    of = sold()
    january = Period.parse("2028-01-01T00:00:00Z", "2028-02-01T00:00:00Z")
    assert of.periods_before(january) == []
    december = Period.parse("2027-12-01T00:00:00Z", "2028-01-01T00:00:00Z")
    assert len(of.periods_before(december)) == 11
    with pytest.raises(TermsInvalid, match="a year ends within"):
        of.measurements(Period(december.start, january.end))


def test_a_period_before_the_first_baseline_is_not_billed() -> None:
    with pytest.raises(TermsInvalid, match="no baseline counts"):
        rated(sold(baselines=[BASELINE | {"since": STARTS[1]}]), [1])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"share_percent": "101"}, "0 to 100"),
        ({"tariff": "-1"}, "tariff"),
        ({"unit": "SEC"}, "KWH"),
        ({"baselines": [], "drivers": []}, "order of time"),
        ({"baselines": [BASELINE, BASELINE]}, "order of time"),
        ({"baselines": [BASELINE] * (BASELINES_MAX + 1)}, "order of time"),
        ({"baselines": [BASELINE | {"version": 0}]}, "numbered from 1"),
        ({"baselines": [BASELINE | {"source": " "}]}, "source"),
        ({"baselines": [BASELINE | {"weights": BASELINE["weights"] * 2}]}, "once"),
        ({"baselines": [NO_DRIVERS]}, "exactly the drivers"),
        ({"drivers": PRICE["drivers"] * 2}, "each id once"),
        ({"drivers": PRICE["drivers"] * (DRIVERS_MAX + 1)}, "each id once"),
        ({"adjustments": [ADJUSTMENT] * 2}, "each id once"),
        (
            {"adjustments": [ADJUSTMENT | {"id": f"a{i}"} for i in range(ADJUSTMENTS_MAX + 1)]},
            "at most",
        ),
        ({"adjustments": [ADJUSTMENT | {"approved_by": ""}]}, "approved_by"),
        ({"adjustments": [ADJUSTMENT | {"end": STARTS[0]}]}, "end"),
        ({"carried_in": "-1"}, "carried in"),
        ({"carried_in": "2", "carry_max": "1"}, "carried in"),
        ({"carry": "none", "carry_max": "1"}, "nothing is carried"),
    ],
)
def test_terms_that_two_readers_could_read_in_two_ways_are_refused(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        sold(**changes)


def test_a_saving_is_measured_on_meters_of_their_own_and_billed_by_months() -> None:
    twice = [{"description": TEXT, "meter": PARTS | {"id": "energy"}}]
    weights = [{"driver": "energy", "per_unit": "1"}]
    with pytest.raises(TermsInvalid, match="one id"):
        sold(drivers=twice, baselines=[BASELINE | {"weights": weights}])
    content = sold().to_content() | {"billing_period": "day"}
    with pytest.raises(TermsInvalid, match="billed by months"):
        Contract.from_content(content)


@given(st.lists(st.integers(min_value=0, max_value=300_000), min_size=1, max_size=6))
def test_all_fees_are_those_of_the_highest_sum_of_savings_there_was(energies: list[int]) -> None:
    """With everything carried, what was paid for never exceeds what was saved up to some month."""
    price = sold(drivers=[], baselines=[NO_DRIVERS], adjustments=[]).terms.usage_prices[0].price
    assert isinstance(price, EnergySavingPrice)
    metered = [
        Metered(month, Quantity(Fraction(energy), "KWH"), {})
        for month, energy in zip(MONTHS, energies, strict=False)
    ]
    fees = [
        price_usage(Priced(now=now, before=metered[:i]), price)[-1].amount
        for i, now in enumerate(metered)
    ]
    sums = [sum(120_000 - energy for energy in energies[: i + 1]) for i in range(len(energies))]
    assert min(fees) >= 0
    assert sum(fees) == max(0, *sums) * Fraction("0.20") * Fraction(3, 10)
