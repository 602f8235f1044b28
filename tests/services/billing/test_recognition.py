"""When revenue is recognised: slices by month, contract liability, corrections."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.ledger import Booking, book, releases
from lineshaft.services.billing.model import Documented, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.recognition import Slice, schedule
from lineshaft.services.contracts.model import Contract
from tests.services.billing.examples import ENGINE, record
from tests.services.contracts.examples import BASE_FEE, contract, terms

QUARTER = Period.parse("2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z")
"""January to March 2026 in Berlin, with the change of the clocks."""


def quarterly(fee: str = "100.00", proration: str = "ACT_DAYS", **changes: Any) -> Contract:
    parts = terms(base_fee=BASE_FEE | {"amount_per_month": fee, "proration": proration})
    fields = {"terms": parts, "start": "2025-12-31T23:00:00Z", "time_zone": "Europe/Berlin"}
    return contract(**(fields | changes))


def rated(of: Contract, used: int = 7_200, down_us: int = 0) -> RatedDocument:
    states = {"ACTIVE": QUARTER.duration_us - down_us, "INTERRUPTED": down_us}
    amounts = [
        record(of, place, used if meter.kind == "counter" else 0, QUARTER, known_at=QUARTER.end)
        if meter.kind == "counter"
        else record(of, place, 0, QUARTER, known_at=QUARTER.end, states=states)
        for place, meter in enumerate(of.meters())
    ]
    return rate(of, QUARTER, QUARTER.end, amounts, ENGINE)


def first(made: RatedDocument, issued_at: Instant = QUARTER.end) -> dict[str, Any]:
    return document_content(made, "NM-2017-000001", issued_at)


def by_month(slices: tuple[Slice, ...], line: str) -> dict[str, str]:
    months: dict[str, Decimal] = {}
    for each in slices:
        if each.line == line:
            months[each.month] = months.get(each.month, Decimal(0)) + each.amount.amount
    return {month: str(amount) for month, amount in months.items()}


def test_a_fee_goes_with_the_days_and_usage_with_its_delivery() -> None:
    of = quarterly()
    slices = schedule(of, first(rated(of)))
    fee = {"2026-01": "103.33", "2026-02": "93.34", "2026-03": "103.33"}
    assert by_month(slices, "base-fee") == fee
    assert by_month(slices, "cutting-time") == {"2026-03": "90.00"}
    assert all(each.is_deferred for each in slices)


def test_by_seconds_the_month_with_the_lost_hour_is_shorter() -> None:
    of = quarterly("2159.00", "ACT_SECONDS")
    slices = schedule(of, first(rated(of)))
    assert by_month(slices, "base-fee") == {
        "2026-01": "2232.00",
        "2026-02": "2016.00",
        "2026-03": "2229.00",
    }


def test_what_is_billed_in_advance_is_a_liability_until_its_months_are_over() -> None:
    of = quarterly("300.00")
    issued_at = parse_instant("2026-02-10T00:00:00Z")
    booking = book(of, first(rated(of, used=0), issued_at))
    entries = {str(entry.account): str(entry.amount) for entry in booking.entries}
    assert entries == {
        "receivables:riverside-parts": "1071.00 EUR",
        "contract_liability:c-1001": "-900.00 EUR",
        "vat_payable:S-19": "-171.00 EUR",
    }
    assert [release.month for release in booking.releases] == ["2026-01"]
    assert [str(entry.amount) for entry in booking.releases[0].entries] == [
        "310.00 EUR",
        "-310.00 EUR",
    ]
    rest = releases(of.id, [each for each in booking.slices if each.month > "2026-01"])
    assert [(each.month, str(each.entries[0].amount)) for each in rest] == [
        ("2026-02", "280.00 EUR"),
        ("2026-03", "310.00 EUR"),
    ]


def test_a_credit_goes_with_the_fee_and_a_line_is_shared_by_its_machines() -> None:
    of = quarterly(machines=["mill01", "mill02"])
    slices = schedule(of, first(rated(of, down_us=QUARTER.duration_us)))
    assert by_month(slices, "guarantee") == {
        "2026-01": "-10.33",
        "2026-02": "-9.34",
        "2026-03": "-10.33",
    }
    credits_ = [each for each in slices if each.line == "guarantee"]
    assert {str(each.account) for each in credits_} == {"service_credits"}
    january = [str(each.amount) for each in slices if each.month == "2026-01"]
    assert january == ["51.66 EUR", "51.67 EUR", "-5.17 EUR", "-5.16 EUR"]


@pytest.mark.parametrize("used", [(1, 3), (0, 0)])
def test_usage_is_of_the_machines_that_made_it(used: tuple[int, int]) -> None:
    of = quarterly(machines=["mill01", "mill02"])
    made = rated(of)
    content = first(made)
    for place, amount in enumerate(used):
        content["usage"][place]["quantity"]["amount"] = str(amount)
    shares = [each.amount for each in schedule(of, content) if each.line == "cutting-time"]
    whole = sum(each.amount for each in shares)
    part = Fraction(1, 4) if any(used) else Fraction(1, 2)
    assert shares[0] == Money.rounded(Fraction(whole) * part, "EUR")


def corrected(before: list[Documented], now: RatedDocument, issued_at: Instant) -> Any:
    found = difference(now, before)
    if found is None:
        return None
    return correction_content(now, before, found, (f"NM-2017-{len(before) + 1:06d}", issued_at))


@settings(max_examples=25)
@given(
    fees=st.lists(st.decimals(0, 5, places=2), min_size=1, max_size=4),
    downs=st.lists(st.integers(0, 89), min_size=4, max_size=4),
    proration=st.sampled_from(["ACT_SECONDS", "ACT_DAYS"]),
    machines=st.sampled_from([["mill01"], ["mill01", "mill02", "mill03"]]),
    months=st.lists(st.integers(0, 4), min_size=4, max_size=4),
)
def test_slices_add_up_to_lines_and_the_liability_is_never_negative(
    fees: list[Decimal], downs: list[int], proration: str, machines: list[str], months: list[int]
) -> None:
    """Whatever is corrected how often, and whenever: small amounts, where each cent counts."""
    said: list[Documented] = []
    bookings: list[Booking] = []
    for fee, down, month in zip(fees, downs, sorted(months), strict=False):
        of = quarterly(str(fee), proration, machines=machines)
        now = rated(of, used=360 * down, down_us=down * 86_400_000_000)
        issued_at = parse_instant(f"2026-{month + 1:02d}-15T00:00:00Z")
        document = corrected(said, now, issued_at) if said else first(now, issued_at)
        if document is None:
            continue
        said.append(documented(document, "0" * 64))
        bookings.append(booking := book(of, document))
        sign = -1 if document["type"] == "381" else 1
        for line in document["lines"]:
            parts = [each.amount.amount for each in booking.slices if each.line == line["id"]]
            assert sum(parts) == sign * Decimal(line["amount"])
        entries = [*booking.entries, *(e for release in booking.releases for e in release.entries)]
        assert sum(entry.amount.amount for entry in entries) == 0
    waiting = [each for booking in bookings for each in booking.slices if each.is_deferred]
    for gone in ["", "2026-01", "2026-02", "2026-03"]:
        assert sum(each.amount.amount for each in waiting if each.month > gone) >= 0
    nets = [each.amount.amount for booking in bookings for each in booking.slices]
    standing = list(now.lines) if bookings else []
    assert sum(nets) == sum(line.amount.amount for line in standing)


def test_months_follow_each_other_without_a_hole() -> None:
    of = quarterly()
    spans = sorted({each.span for each in schedule(of, first(rated(of)))}, key=lambda s: s.start)
    assert spans[0].start == QUARTER.start
    assert all(left.end == right.start for left, right in pairwise(spans))


def test_a_bundle_is_revenue_of_its_offerings_and_goes_with_time() -> None:
    parts = [
        {
            "id": id_,
            "description": BASE_FEE["description"],
            "offering": f"sold-{id_}",
            "offering_version": 1,
            "stand_alone_price": price,
        }
        for id_, price in (("machine", "60.00"), ("software", "30.00"), ("training", "30.00"))
    ]
    bundle = {"model": "bundle", "amount_per_month": "100.00", "proration": "ACT_DAYS"}
    price = {"id": "bundle", "description": BASE_FEE["description"]}
    of = quarterly(
        terms=terms(
            base_fee=None,
            guarantee=None,
            usage_prices=[price | {"price": bundle | {"parts": parts}}],
        )
    )
    slices = schedule(of, first(rate(of, QUARTER, QUARTER.end, [], ENGINE)))
    offerings: dict[str, Decimal] = {}
    for each in slices:
        assert str(each.account) == f"revenue:{each.offering}"
        offerings[each.offering] = offerings.get(each.offering, Decimal(0)) + each.amount.amount
    assert {name: str(amount) for name, amount in offerings.items()} == {
        "sold-machine": "150.00",
        "sold-software": "75.00",
        "sold-training": "75.00",
    }
    assert by_month(slices, "bundle") == {
        "2026-01": "103.33",
        "2026-02": "93.34",
        "2026-03": "103.33",
    }


def test_a_fee_is_of_the_machines_for_the_time_that_they_served() -> None:
    exchanged = "2026-03-01T23:00:00Z"
    of = quarterly(
        machines=["mill01", "mill02"],
        bindings=[
            {"place": "mill", "machine": "mill01", "end": exchanged},
            {"place": "mill", "machine": "mill02", "start": exchanged},
        ],
        terms=terms(base_fee=BASE_FEE | {"amount_per_month": "90.00"}, guarantee=None)
        | {"usage_prices": []},
    )
    made = rate(of, QUARTER, QUARTER.end, [], ENGINE)
    served: dict[str, Decimal] = {}
    for each in schedule(of, first(made)):
        served[each.machine] = served.get(each.machine, Decimal(0)) + each.amount.amount
    # 1,440 of 2,159 hours: the clocks are put forward in March.
    assert sum(served.values()) == Decimal("270.00")
    exact = Fraction(270 * 1440, 2159)
    assert abs(Fraction(served["mill01"]) - exact) < Fraction(2, 100)
