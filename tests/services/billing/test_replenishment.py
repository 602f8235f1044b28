"""Consumables: billed by telemetry, reconciled at the count; stocks, and when to order."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period, parse_instant
from lineshaft.core.quantity import Quantity, UnitMismatch
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.model import Facts, RatedDocument
from lineshaft.services.billing.pricing.replenishment import reorder_point
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.stocks import counted_stocks, stock_measurements
from lineshaft.services.contracts.model import Contract, ReorderTerms, TermsInvalid
from lineshaft.services.contracts.replenishment import HISTORY_DAYS_MAX, LEAD_DAYS_MAX
from lineshaft.services.facts.model import StockKind, StockRecord
from lineshaft.services.metering.model import Meter, UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import CONTRACT, contract, terms

STARTS = [f"2027-{month:02}-01T00:00:00Z" for month in range(6, 13)]
STARTS += [f"2028-{month:02}-01T00:00:00Z" for month in range(1, 10)]
JUNE, JULY, *_ = MONTHS = [Period.parse(*pair) for pair in pairwise(STARTS)]
TEXT = {"en": "Coolant", "zh-Hans": "切削液"}
METER = {"id": "coolant", "signal": "coolant_used", "kind": "counter", "unit": "KGM"}
METER |= {"parameters": {"rate_max": "1", "resolution": "1"}}
REORDER = {"lead_days": "4", "service_level": "97.5", "history_days": 28}
PRICE = {"model": "replenishment", "unit": "KGM", "unit_price": "4.00"}
PRICE |= {"stock": "machine", "reorder": REORDER}
USED_PER_DAY = {"mill": 4, "press": 1}
COUNT, DELIVERY = StockKind.COUNT, StockKind.DELIVERY


def sold(changes: dict[str, Any] | None = None, **others: Any) -> Contract:
    price = {"id": "coolant", "description": TEXT, "meter": METER, "price": PRICE | (changes or {})}
    return contract(
        **{
            "terms": terms(base_fee=None, guarantee=None, usage_prices=[price]),
            "start": STARTS[0],
            "end": None,
            "billing_period": "month",
            "machines": ["mill"],
            **others,
        }
    )


def told(kind: StockKind, day: Fraction | int, quantity: Fraction | int, **others: Any) -> Any:
    """Return a delivery or count so many days after the start of the contract."""
    at = Instant(int(JUNE.start + day * US_PER_DAY))
    unit = others.pop("unit", "KGM")
    fields = {"id": f"{kind}-{float(day)}", "machine": "mill", "contract": CONTRACT["id"]}
    fields |= {"item": "coolant", "person": "Carla", "reference": "CS-1"}
    amount = Quantity(Fraction(quantity), unit)
    return StockRecord(kind=kind, at=at, quantity=amount, **(fields | others))


def used(meter: Meter, span: Period, known_at: Instant) -> UsageRecord:
    """Return what telemetry says: each machine the same on every day."""
    amount = Fraction(USED_PER_DAY[meter.machine] * span.duration_us, US_PER_DAY)
    return UsageRecord(
        meter=meter,
        period=span,
        known_at=known_at,
        quantity=Quantity(amount, meter.unit),
        covered_us=span.duration_us,
    )


def rated(
    period: Period, records: Sequence[StockRecord], of: Contract | None = None
) -> RatedDocument:
    sale = of or sold()
    counted = counted_stocks(sale, period, records)
    wanted = (*sale.measurements(period), *stock_measurements(counted))
    usage = [used(meter, span, period.end) for meter, span in wanted]
    document = rate(sale, period, period.end, usage, ENGINE, Facts(stock=tuple(records)))
    content = document_content(document, "X-000001", document.known_at)
    check_totals(content)
    read = canonical.decode(canonical.encode(content))
    assert recompute(read) == read
    return document


def amounts(document: RatedDocument) -> dict[str, str]:
    return {line.id: str(line.amount.amount) for line in document.lines}


BEGUN = told(COUNT, 0, 100)


@pytest.mark.parametrize(("counted", "difference"), [(28, "8.00"), (30, "0.00"), (33, "-12.00")])
def test_a_count_corrects_the_estimate_up_and_down(counted: int, difference: str) -> None:
    """100 kg and 50 kg delivered, less 30 days of 4 kg, are 30 kg at 4.00."""
    records = [BEGUN, told(DELIVERY, 10, 50), told(COUNT, 30, counted)]
    document = rated(JUNE, records)
    assert amounts(document) == {"coolant": "480.00", "coolant.count": difference}
    assert document.facts.stock == tuple(records)
    (*_, step, _) = document.lines[1].steps
    assert (step["estimated"]["exact"], step["counted"]["exact"]) == ("30", str(counted))
    assert document.lines[1].description.zh_hans == "切削液：盘点差异"


def test_a_count_of_zero_is_a_count_and_no_count_is_none() -> None:
    empty, full = told(COUNT, 25, 0), told(DELIVERY, 5, 50)
    assert amounts(rated(JUNE, [BEGUN, full, empty]))["coolant.count"] == "200.00"
    for records in ([], [BEGUN], [BEGUN, full], [full, empty]):
        document = rated(JUNE, records)
        assert amounts(document) == {"coolant": "480.00"}
        assert document.facts == Facts()


def test_a_delivery_at_the_instant_of_a_count_comes_after_it() -> None:
    middle = [told(COUNT, 10, 60), told(DELIVERY, 10, 40)]
    assert amounts(rated(JUNE, [BEGUN, *middle, told(COUNT, 20, 60)]))["coolant.count"] == "0.00"


def test_a_count_at_the_very_end_of_a_period_is_of_that_period() -> None:
    records = [BEGUN, told(DELIVERY, 3, 100), told(COUNT, 30, 79)]
    assert amounts(rated(JUNE, records))["coolant.count"] == "4.00"
    assert "coolant.count" not in amounts(rated(JULY, records))


def test_counts_of_a_period_follow_one_another() -> None:
    records = [BEGUN, told(COUNT, 10, 59), told(COUNT, 20, 20)]
    document = rated(JUNE, records)
    assert amounts(document)["coolant.count"] == "0.00"
    assert [str(step["amount_exact"]) for step in document.lines[1].steps[:-1]] == [
        *("0", "0", "4"),
        *("0", "0", "-4"),
    ]
    assert document.lines[1].usage == (1, 2)


def test_a_stock_goes_on_through_contract_years_and_versions() -> None:
    """From June 2027 to July 2028: the version in force at the count prices and measures."""
    (later,) = [month for month in MONTHS if month.start == parse_instant("2028-07-01T00:00:00Z")]
    days = (later.start - JUNE.start) // US_PER_DAY + 2
    records = [BEGUN, told(DELIVERY, 200, 2_000), told(COUNT, days, 2_100 - 4 * days - 1)]
    litres = METER | {"unit": "GRM"}
    dearer = {"id": "coolant", "description": TEXT, "meter": litres}
    dearer["price"] = PRICE | {"unit_price": "5.00"}
    amended = sold(version=2, terms=terms(base_fee=None, guarantee=None, usage_prices=[dearer]))
    assert amounts(rated(later, records))["coolant.count"] == "4.00"
    # The meter tells grams now: 4 g a day are 4 kg less than was estimated before.
    counted = told(COUNT, days, 2_100 - Fraction(4 * days, 1_000) - 1)
    document = rated(later, [*records[:2], counted], amended)
    assert amounts(document)["coolant.count"] == "5.00"


def test_what_was_before_the_contract_is_not_of_it() -> None:
    assert amounts(rated(JUNE, [told(COUNT, -1, 100), told(COUNT, 5, 3)])) == {"coolant": "480.00"}


@pytest.mark.parametrize(("scope", "difference"), [("site", "-40.00"), ("machine", "0.00")])
def test_a_site_has_one_stock_and_each_machine_its_own(scope: str, difference: str) -> None:
    """All machines draw 5 kg a day on a stock of the site, the mill 4 kg on its own."""
    both = sold({"stock": scope}, machines=["mill", "press"])
    records = [BEGUN, told(COUNT, 10, 60)]
    document = rated(JUNE, records, both)
    assert amounts(document)["coolant.count"] == difference
    other = told(COUNT, 10, 60, machine="lathe")
    assert rated(JUNE, [BEGUN, other], sold()).facts == Facts()


def test_records_of_another_contract_or_item_change_nothing() -> None:
    for others in ({"contract": "c-2"}, {"item": "oil"}):
        assert rated(JUNE, [BEGUN, told(COUNT, 10, 1, **others)]).facts == Facts()


def test_two_counts_at_one_instant_and_another_dimension_are_not_billed() -> None:
    with pytest.raises(TermsInvalid, match="count one stock at"):
        rated(JUNE, [BEGUN, told(COUNT, 10, 1), told(COUNT, 10, 2, id="again")])
    with pytest.raises(UnitMismatch):
        rated(JUNE, [BEGUN, told(COUNT, 10, 1, unit="LTR")])


@st.composite
def histories(draw: st.DrawFn) -> list[StockRecord]:
    """Deliveries and counts of some months, in halves of a day; counts are never twice at once."""
    days = draw(st.lists(st.integers(0, 2 * 120), unique=True, max_size=8))
    kinds = st.sampled_from([COUNT, DELIVERY])
    return [
        told(draw(kinds), Fraction(day, 2), draw(st.integers(1, 4_000)) * Fraction(1, 7))
        for day in days
    ]


@settings(max_examples=20)
@given(histories())
def test_all_lines_charge_what_has_left_the_stock(records: list[StockRecord]) -> None:
    """From the first to the last count: opening + delivered - left over; else what was told."""
    charged = Fraction(0)
    for month in MONTHS[:5]:
        charged += sum(line.exact for line in rated(month, records).lines)
    counts = sorted((each for each in records if each.kind is COUNT), key=lambda each: each.at)
    whole = Fraction(4 * (MONTHS[4].end - JUNE.start), US_PER_DAY)
    if len(counts) < 2:
        assert charged == 4 * whole
        return
    first, last = counts[0], counts[-1]
    delivered = sum(
        each.quantity.amount
        for each in records
        if each.kind is DELIVERY and first.at <= each.at < last.at
    )
    left = first.quantity.amount + delivered - last.quantity.amount
    outside = whole - Fraction(4 * (last.at - first.at), US_PER_DAY)
    assert charged == 4 * (left + outside)


def reorder(level: str, lead: str = "4") -> ReorderTerms:
    return ReorderTerms(
        lead_days=Fraction(lead), service_level=Fraction(level), history_days=HISTORY_DAYS_MAX
    )


def test_the_reorder_point_by_hand() -> None:
    """Days of 1, 2 and 3 kg: mean 2, deviation 1; 4 days at 97.5 %: 8 + 1.96 x 2 = 11.92."""
    point = reorder_point([Fraction(1), Fraction(2), Fraction(3)], reorder("97.5"))
    assert (point.mean_per_day, point.deviation_per_day) == (2, 1)
    assert (point.z, point.quantity) == (Decimal("1.9600"), Decimal("11.92"))
    assert reorder_point([Fraction(2)] * 5, reorder("99.9")).quantity == 8
    assert reorder_point([Fraction(1), Fraction(3)], reorder("50")).quantity == 8


def test_the_root_of_the_reorder_point_has_34_digits() -> None:
    """Mean 1/2 and variance 1/2 over 3 days: 1.5 + 1.6449 x sqrt(1.5)."""
    point = reorder_point([Fraction(0), Fraction(1)], reorder("95", "3"))
    assert point.deviation_per_day == Decimal("0.7071067811865475244008443621048490")
    assert point.quantity == Decimal("3.514582838952024826862356287241860")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"unit": "drums"}, "drums"),
        ({"unit": "HUR"}, "KGM"),
        ({"unit_price": "-1"}, "unit price"),
        ({"stock": "shelf"}, "shelf"),
        ({"reorder": REORDER | {"lead_days": "0"}}, "lead time"),
        ({"reorder": REORDER | {"lead_days": LEAD_DAYS_MAX + 1}}, "lead time"),
        ({"reorder": REORDER | {"service_level": "96"}}, "97.5"),
        ({"reorder": REORDER | {"history_days": 1}}, "history"),
        ({"reorder": REORDER | {"history_days": HISTORY_DAYS_MAX + 1}}, "history"),
    ],
)
def test_terms_that_say_nothing_sound_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        sold(changes)


def test_a_consumable_has_no_modifiers_and_its_second_line_an_id_of_its_own() -> None:
    price = {"id": "coolant", "description": TEXT, "meter": METER, "price": PRICE}
    cheap = price | {"modifiers": {"discount": {"by": "percent", "percent": "10"}}}
    flat = {"id": "coolant.count", "description": TEXT, "price": {"model": "flat", "amount": "1"}}
    for prices, says in (([cheap], "leave out"), ([price, flat], "two parts of the terms")):
        with pytest.raises(TermsInvalid, match=says):
            contract(terms=terms(usage_prices=prices))
