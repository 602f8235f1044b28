"""Fees that are billed in advance: which document bills what, what waits, what is given back.

The figures were worked out by hand; the fractions beside them say how.
"""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from lineshaft.core import canonical
from lineshaft.core.money import round_half_away
from lineshaft.core.month import Month
from lineshaft.core.period import US_PER_DAY, Instant, Period, parse_instant
from lineshaft.services.billing.closing.model import CloseStep
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import (
    correction_content,
    document_content,
    documented,
    recompute,
)
from lineshaft.services.billing.einvoice.cii import to_cii
from lineshaft.services.billing.einvoice.cii_reader import from_cii
from lineshaft.services.billing.einvoice.model import from_document
from lineshaft.services.billing.einvoice.ubl import to_ubl
from lineshaft.services.billing.einvoice.ubl_reader import from_ubl
from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import OF_DOCUMENT, Facts, FeesAhead, RatedDocument
from lineshaft.services.billing.month.service import due_periods
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.recognition import schedule
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.contracts.ahead import fees_of
from lineshaft.services.contracts.errors import NotInForce
from lineshaft.services.contracts.model import Contract, TermsInvalid
from tests.services.billing.examples import ENGINE, record
from tests.services.billing.test_closing import closing_of
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, GUARANTEE, contract, terms
from tests.services.hub import FINANCE, Hub

DECEMBER = Period.parse("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")
JANUARY = Period.parse("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
FEBRUARY = Period.parse("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
MARCH = Period.parse("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
METERED = CUTTING_TIME | {"price": {"model": "per_unit", "unit": "HUR", "unit_price": "45.00"}}
BUNDLE: dict[str, Any] = {
    "id": "bundle",
    "description": {"en": "Software and advice", "zh-Hans": "软件与咨询"},
    "price": {
        "model": "bundle",
        "amount_per_month": "100.00",
        "proration": "ACT_DAYS",
        "parts": [
            {
                "id": name,
                "offering": name,
                "offering_version": 1,
                "description": {"en": name, "zh-Hans": name},
                "stand_alone_price": price,
            }
            for name, price in (("software", "90.00"), ("advice", "30.00"))
        ],
    },
}


def ahead(**changes: Any) -> Contract:
    """Return a contract by the month: 310.00 in advance, 45.00 an hour in arrears."""
    parts = {
        "base_fee": BASE_FEE | {"amount_per_month": "310.00", "proration": "ACT_DAYS"},
        "usage_prices": [METERED],
        "guarantee": None,
        "fees_due": "advance",
    }
    own = {name: changes.pop(name) for name in [*parts] if name in changes}
    fields = {"terms": terms(**(parts | own)), "start": "2026-01-01T00:00:00Z", "end": None}
    return contract(**(fields | {"billing_period": "month"} | changes))


def rated(of: Contract, period: Period, seconds: int = 7_200, **facts: Any) -> RatedDocument:
    states = {"INTERRUPTED": period.duration_us}
    usage = [
        record(of, place, seconds, period, known_at=period.end)
        if meter.kind == "counter"
        else record(of, place, 0, period, known_at=period.end, states=states)
        for place, meter in enumerate([] if of.is_opening(period) else of.meters())
    ]
    return rate(of, period, period.end, usage, ENGINE, Facts(**facts))


def said(made: RatedDocument, number: str = "NM-1", issued_at: Instant | None = None) -> Any:
    content = document_content(made, number, issued_at or made.period.end)
    content = canonical.decode(canonical.encode(content))
    assert recompute(content) == content
    return content


def corrected(before: Any, now: RatedDocument, issued_at: str) -> Any:
    earlier = [documented(each, f"{place:064x}") for place, each in enumerate(before)]
    found = difference(now, earlier)
    assert found is not None
    place = (f"NM-{len(before) + 1}", parse_instant(issued_at))
    content = correction_content(now, earlier, found, place)
    content = canonical.decode(canonical.encode(content))
    assert recompute(content) == content
    return content


def lines(content: Any) -> list[tuple[str, str, str | None]]:
    return [
        (line["id"], line["amount"], line.get("period", {}).get("start", "")[:10] or None)
        for line in content["lines"]
    ]


def months(of: Contract, *documents: Any) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for document in documents:
        for each in schedule(of, document):
            found[each.month] = found.get(each.month, Decimal(0)) + each.amount.amount
    return found


def balances(of: Contract, *documents: Any) -> dict[str, Decimal]:
    """Add up every account once everything that waited is recognised."""
    found: dict[str, Decimal] = {}
    for document in documents:
        booking = book(of, document)
        entries = [*booking.entries]
        waiting = [each for each in booking.slices if each.is_deferred]
        for each in waiting:
            found[str(each.account)] = found.get(str(each.account), Decimal(0)) - each.amount.amount
            name = f"contract_liability:{of.id}"
            found[name] = found.get(name, Decimal(0)) + each.amount.amount
        for entry in entries:
            name = str(entry.account)
            found[name] = found.get(name, Decimal(0)) + entry.amount.amount
    return found


def test_the_first_fee_is_billed_at_the_start_and_each_document_bills_the_next() -> None:
    of = ahead(end="2026-03-01T00:00:00Z")
    documents = [said(rated(of, period)) for period in (DECEMBER, JANUARY, FEBRUARY)]
    assert [lines(each) for each in documents] == [
        [("base-fee", "310.00", "2026-01-01")],
        [("base-fee", "310.00", "2026-02-01"), ("cutting-time", "90.00", None)],
        [("cutting-time", "90.00", None)],
    ]
    assert [each["fee_period"] for each in documents] == [
        {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"},
        {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"},
        None,
    ]
    assert documents[0]["usage"] == []
    assert months(of, *documents) == {"2026-01": Decimal(400), "2026-02": Decimal(400)}


def test_what_is_billed_in_advance_waits_until_it_is_served() -> None:
    of = ahead()
    content = said(rated(of, JANUARY))
    booking = book(of, content)
    assert {str(each.account): str(each.amount) for each in booking.entries} == {
        "receivables:riverside-parts": "476.00 EUR",  # (310 + 90) x 1.19
        "contract_liability:c-1001": "-310.00 EUR",
        "revenue:machining-as-a-service": "-90.00 EUR",
        "vat_payable:S-19": "-76.00 EUR",
    }
    assert booking.releases == ()
    late = book(of, content | {"issued_at": "2026-03-02T00:00:00Z"})
    assert [(each.month, str(each.entries[0].amount)) for each in late.releases] == [
        ("2026-02", "310.00 EUR")
    ]
    assert sum(balances(of, content).values()) == 0
    assert balances(of, content)["contract_liability:c-1001"] == 0


@pytest.mark.parametrize(
    ("changes", "right", "kept"),
    [
        # ended with 10 of 28 days served: 310 x 10/28 = 110.714...
        ({"end": "2026-02-11T00:00:00Z"}, "110.71", "2026-02-01"),
        # rests 14 of 28 days
        (
            {"pauses": [{"start": "2026-02-15T00:00:00Z", "end": None, "reason": "rebuilt"}]},
            "155.00",
            "2026-02-01",
        ),
        # ended before February began: all of it
        ({"end": "2026-02-01T00:00:00Z"}, "0.00", "2026-02-01"),
    ],
)
def test_what_is_not_served_is_given_back(changes: dict[str, Any], right: str, kept: str) -> None:
    if "pauses" in changes:
        changes["pauses"] = [
            {name: each[name] for name in each if each[name] is not None}
            for each in changes["pauses"]
        ]
    of, now = ahead(), ahead(version=2, **changes)
    before = said(rated(of, JANUARY))
    note = corrected([before], rated(now, JANUARY), "2026-02-12T00:00:00Z")
    rest = Decimal("310.00") - Decimal(right)
    tax = round_half_away(Fraction(rest) * Fraction(19, 100), 2)
    assert (note["type"], lines(note)) == ("381", [("base-fee", f"{rest}", kept)])
    assert note["totals"]["vat"][0]["amount"] == f"{tax}"
    assert months(now, before, note) == {
        "2026-01": Decimal("90.00"),
        "2026-02": Decimal(right),
    }
    total = balances(now, before, note)
    assert total["contract_liability:c-1001"] == 0
    assert total["revenue:machining-as-a-service"] == -Decimal(right) - 90
    assert sum(total.values()) == 0


def test_a_fee_over_two_months_that_ends_early_leaves_the_second_one() -> None:
    """15 January to 14 February are 31 days: 17 in January, 14 in February; it ends on the 20th."""
    of = ahead(start="2026-01-15T00:00:00Z", anchor_day=15)
    opening = Period.parse("2025-12-15T00:00:00Z", "2026-01-15T00:00:00Z")
    before = said(rated(of, opening))
    # 17 of 31 days of January and 14 of 28 of February; by days they go to the months
    fee = Fraction(310 * 17, 31) + Fraction(310 * 14, 28)
    whole = round_half_away(fee, 2)
    first = round_half_away(Fraction(whole) * Fraction(17, 31), 2)
    assert lines(before) == [("base-fee", f"{whole}", "2026-01-15")]
    due = [list(due_periods([of], each)) for each in (Month(2025, 12), Month(2026, 1))]
    assert due == [[], [(of, opening)]]
    assert months(of, before) == {"2026-01": first, "2026-02": whole - first}
    now = ahead(version=2, start="2026-01-15T00:00:00Z", anchor_day=15, end="2026-01-20T00:00:00Z")
    note = corrected([before], rated(now, opening), "2026-01-20T00:00:00Z")
    assert note["lines"][0]["amount"] == f"{whole - 50}"  # 5 of 31 days of January: 50.00
    standing = {month: amount for month, amount in months(now, before, note).items() if amount}
    assert standing == {"2026-01": Decimal("50.00")}


def test_a_bundle_is_billed_in_advance_for_each_of_its_services() -> None:
    of = ahead(base_fee=None, usage_prices=[BUNDLE, METERED])
    content = said(rated(of, JANUARY))
    assert lines(content) == [
        ("bundle", "100.00", "2026-02-01"),
        ("cutting-time", "90.00", None),
    ]
    shares = {each.offering: (each.month, each.amount) for each in schedule(of, content)}
    assert [(name, month, str(amount)) for name, (month, amount) in shares.items()] == [
        ("software", "2026-02", "75.00 EUR"),
        ("advice", "2026-02", "25.00 EUR"),
        ("machining-as-a-service", "2026-01", "90.00 EUR"),
    ]
    last = ahead(base_fee=None, usage_prices=[BUNDLE, METERED], end="2026-02-01T00:00:00Z")
    assert lines(said(rated(last, JANUARY))) == [("cutting-time", "90.00", None)]


def test_a_guarantee_credits_the_fee_of_its_own_period() -> None:
    """All of February was down: 10 % of 310.00, although March's fee is on the document."""
    dear = BASE_FEE | {"amount_per_month": "310.00", "proration": "30/360"}
    of = ahead(base_fee=dear, guarantee=GUARANTEE)
    content = said(rated(of, FEBRUARY))
    assert lines(content) == [
        ("base-fee", "310.00", "2026-03-01"),
        ("cutting-time", "90.00", None),
        ("guarantee", "-31.00", None),
    ]
    assert months(of, content) == {"2026-02": Decimal("59.00"), "2026-03": Decimal("310.00")}


def test_documents_and_e_invoices_say_which_line_is_for_which_period() -> None:
    of = ahead()
    content = said(rated(of, JANUARY))
    invoice = from_document(content)
    assert (f"{invoice.period_first}", f"{invoice.period_last}") == ("2026-01-01", "2026-02-28")
    spans = [(f"{line.period_first}", f"{line.period_last}") for line in invoice.lines]
    assert spans == [("2026-02-01", "2026-02-28"), ("None", "None")]
    assert from_ubl(to_ubl(invoice)) == invoice
    assert from_cii(to_cii(invoice)) == invoice
    opening = from_document(said(rated(of, DECEMBER)))
    assert (f"{opening.period_first}", f"{opening.period_last}") == ("2026-01-01", "2026-01-31")
    for language, note in (
        (Language.ENGLISH, "For 1 February 2026, 00:00 until 1 March 2026, 00:00 (excluded)"),
        (Language.CHINESE, "服务期间：2026年2月1日 00:00 至 2026年3月1日 00:00（不含）"),
    ):
        shown = view_of(content, language)
        assert [line["notes"][:1] == [note] for line in shown["lines"]] == [True, False]


def reigns(*found: tuple[Contract, str, str]) -> list[tuple[Contract, Period]]:
    return [(of, Period.parse(start, end)) for of, start, end in found]


def test_versions_bill_each_fee_once() -> None:
    first, second = ahead(), ahead(version=2, start="2026-02-11T00:00:00Z")
    both = reigns(
        (first, "2026-01-01T00:00:00Z", "2026-02-11T00:00:00Z"),
        (second, "2026-02-11T00:00:00Z", "2027-01-01T00:00:00Z"),
    )
    cut, rest = FEBRUARY.split(second.starts_at)
    assert fees_of(both, first, DECEMBER) == JANUARY
    assert fees_of(both, first, JANUARY) == cut
    assert fees_of(both, first, cut) is None
    assert fees_of(both, second, rest) == Period(rest.start, MARCH.end)
    assert fees_of(both, second, MARCH) == Period.parse(
        "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"
    )
    content = said(rated(second, rest, fees=FeesAhead(Period(rest.start, MARCH.end))))
    # 18 of 28 days of February and all of March: 199.29 + 310.00
    assert lines(content)[0] == ("base-fee", "509.29", "2026-02-11")
    assert months(second, content)["2026-03"] > 0
    with pytest.raises(TermsInvalid, match="expected the whole"):
        fees_of(both, first, Period(JANUARY.start, Instant(JANUARY.end - 86_400_000_000)))


def test_fees_that_do_not_follow_are_refused() -> None:
    of = ahead(end="2026-04-01T00:00:00Z")
    later = Period.parse("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z")
    for period, fees in ((JANUARY, MARCH), (MARCH, later)):
        with pytest.raises(TermsInvalid, match="expected those of the period behind it"):
            rated(of, period, fees=FeesAhead(fees))
    with pytest.raises(UsageMismatch, match="before contract"):
        rate(of, DECEMBER, DECEMBER.end, [record(of, 0, 1, DECEMBER)], ENGINE)
    with pytest.raises(TermsInvalid, match="cannot bill"):
        rated(ahead(fees_due="arrears"), DECEMBER)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_fee": None}, "expected a base fee or a bundle"),
        (
            {
                "usage_prices": [
                    {
                        "id": "care",
                        "description": {"en": "Care", "zh-Hans": "维护"},
                        "price": {"model": "percentage", "percent": "5", "lines": ["base-fee"]},
                    }
                ]
            },
            "billed in advance",
        ),
    ],
)
def test_terms_that_cannot_be_billed_in_advance_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(TermsInvalid, match=message):
        ahead(**changes)


def test_a_contract_is_opened_billed_ended_and_paid_back(hub: Hub) -> None:
    """Over the real database: the first fee at the start, the rest back after the end."""
    days = [f"2017-06-{day:02}T00:00:00Z" for day in range(24, 29)]
    spans = [Period.parse(*pair) for pair in pairwise(days)]
    fee = BASE_FEE | {"amount_per_month": "300.00", "proration": "ACT_SECONDS"}
    parts = terms(base_fee=fee, usage_prices=[], guarantee=None, fees_due="advance")
    hub.clock.advance(US_PER_DAY)
    made = hub.activated(contract(terms=parts, start=days[1], billing_period="day"))
    closing = closing_of(hub)
    first = [(row.period, row.step) for row in closing.month(FINANCE, Month(2017, 6)).rows][:2]
    assert first == [(spans[0], CloseStep.TO_BILL), (spans[1], CloseStep.NOT_OVER)]
    due = [period for _, period in due_periods([made], Month(2017, 6))]
    assert (due[-1], due[0]) == (spans[0], spans[1])
    at = parse_instant("2017-06-24T12:00:00Z")
    assert hub.contracts.billed_period(FINANCE, made.id, at) == spans[0]
    opening = hub.billing.issue(FINANCE, made.id, spans[0])
    assert (opening.type, str(opening.gross)) == ("380", "11.90 EUR")
    (posted,) = [
        each
        for each in hub.billing.transactions(FINANCE)
        if (each.document, each.reason) == (opening.number, OF_DOCUMENT)
    ]
    assert posted.effective_at == spans[0].end, "the tax is of the month that the fee is for"
    hub.clock.advance(2 * US_PER_DAY)
    for span in spans[1:3]:
        assert str(hub.billing.issue(FINANCE, made.id, span).gross) == "11.90 EUR"
    assert hub.billing.late(FINANCE).periods == ()
    noon = parse_instant("2017-06-27T12:00:00Z")
    hub.contracts.agreements.end(FINANCE, made.id, noon, "sold")
    (late,) = hub.billing.late(FINANCE).periods
    assert (late.document.period, late.meters) == (spans[2], ())
    hub.clock.advance(1)
    note = hub.billing.correct(FINANCE, made.id, spans[2]).document
    assert (note.type, str(note.gross)) == ("381", "5.95 EUR")
    assert hub.billing.late(FINANCE).periods == ()
    hub.clock.advance(US_PER_DAY)
    last = hub.contracts.billed_period(FINANCE, made.id, spans[3].start)
    assert last.end == noon
    assert str(hub.billing.issue(FINANCE, made.id, last).gross) == "0.00 EUR"
    with pytest.raises(NotInForce):
        hub.billing.issue(FINANCE, made.id, Period(noon, spans[3].end))
