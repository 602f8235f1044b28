"""Deposits on parts that come back: golden numbers, lines, postings, what is owed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.ledger import book
from lineshaft.services.billing.model import Account, AccountKind, Facts, RatedDocument
from lineshaft.services.billing.pricing.core_deposit import core_deadline, core_refund
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.cores import GRADES_MAX, RETURN_DAYS_MAX, UPGRADES_MAX
from lineshaft.services.contracts.model import Contract, TermsInvalid
from lineshaft.services.facts.model import Core, CoreReturn
from tests.services.billing.examples import ENGINE
from tests.services.billing.late import late_hub
from tests.services.contracts.examples import CONTRACT, contract, terms
from tests.services.hub import FINANCE, Hub

STARTS = [f"2027-{month:02}-01T00:00:00Z" for month in range(6, 12)]
JUNE, JULY, *_ = MONTHS = [Period.parse(*pair) for pair in pairwise(STARTS)]
TEXT = {"en": "Spindle", "zh-Hans": "主轴"}
PRICE = {
    "model": "core_deposit",
    "deposit": "700.00",
    "days": 30,
    "grades": [{"grade": "full", "percent": "100"}, {"grade": "damaged", "percent": "50"}],
    "upgrades": [{"old": "SP-1", "new": "SP-2", "amount": "120.00"}],
}
DELIVERED = parse_instant("2027-06-01T09:00:00Z")
DAY_US = 86_400_000_000


def sold(**changes: Any) -> Contract:
    price = {"id": "spindle", "description": TEXT, "price": PRICE | changes}
    return contract(
        terms=terms(base_fee=None, guarantee=None, usage_prices=[price]),
        start=STARTS[0],
        end=None,
        billing_period="month",
    )


def core(
    id_: str = "c-1", day: int | None = None, *, grade: str = "damaged", model: str = "SP-2"
) -> Core:
    """Return a core delivered on 1 June, which came back on a day after it, or never."""
    returned = None
    if day is not None:
        returned = CoreReturn(Instant(DELIVERED + day * DAY_US), model, grade, "Ines")
    return Core(
        id=id_,
        machine="mill",
        contract=CONTRACT["id"],
        item="spindle",
        model="SP-2",
        delivered_at=DELIVERED,
        reference="DN-1",
        returned=returned,
    )


def rated(period: Period, cores: Sequence[Core], of: Contract | None = None) -> RatedDocument:
    facts = Facts(cores=tuple(cores))
    document = rate(of or sold(), period, period.end, [], ENGINE, facts)
    content = document_content(document, "X-000001", document.known_at)
    check_totals(content)
    read = canonical.decode(canonical.encode(content))
    assert recompute(read) == read
    return document


def amounts(document: RatedDocument) -> dict[str, str]:
    return {line.id: str(line.amount.amount) for line in document.lines}


def liability(documents: Sequence[RatedDocument]) -> Decimal:
    """Return what the ledger says is owed for open cores."""
    owed = Account(AccountKind.REFUND_LIABILITY, CONTRACT["id"])
    entries = [
        entry
        for document in documents
        for entry in book(
            document.contract, document_content(document, "X-1", document.period.end)
        ).entries
    ]
    assert sum(entry.amount.amount for entry in entries) == 0
    return -sum((each.amount.amount for each in entries if each.account == owed), Decimal(0))


def test_extra_case_a_refund_is_350_and_nothing_on_day_31_of_30() -> None:
    half, none = Fraction(1, 2), Fraction(0)
    assert core_refund(Fraction(700), half, none, is_in_time=True) == 350
    assert core_refund(Fraction(700), half, none, is_in_time=False) == 0
    assert core_refund(Fraction(700), half, Fraction(400), is_in_time=True) == -50


@pytest.mark.parametrize(
    ("day", "net"), [(10, "350.00"), (29, "350.00"), (30, "350.00"), (31, "700.00"), (60, "700.00")]
)
def test_what_all_documents_charge_is_the_deposit_less_the_refund(day: int, net: str) -> None:
    documents = [rated(month, [core(day=day)]) for month in MONTHS]
    total = sum(document.totals.net.amount for document in documents)
    assert total == Decimal(net)
    assert liability(documents) == 0


def test_a_delivery_and_its_return_are_lines_of_their_own() -> None:
    delivered = rated(JUNE, [core(day=30)])
    assert amounts(delivered) == {"spindle": "700.00"}
    assert liability([delivered]) == 700
    back = rated(JULY, [core(day=30)])
    assert amounts(back) == {"spindle": "-700.00", "spindle.kept": "350.00"}
    (step, _) = back.lines[1].steps
    assert (step["refund_exact"], step["inspected_by"]) == ("350", "Ines")
    assert back.lines[1].description.zh_hans == "主轴：扣留"


def test_an_older_model_is_charged_an_upgrade() -> None:
    both = rated(JUNE, [core(day=3, model="SP-1", grade="full")])
    assert amounts(both) == {"spindle": "0.00", "spindle.kept": "120.00"}


def test_a_core_of_another_item_or_contract_changes_nothing() -> None:
    content = core(day=3).to_content()
    others = [Core.from_content(content | {name: "other"}) for name in ("item", "contract")]
    assert rated(JUNE, others).lines == ()
    assert rated(JUNE, others).facts == Facts()


@pytest.mark.parametrize("changes", [{"grade": "scrap"}, {"model": "SP-0"}])
def test_a_grade_or_model_that_the_terms_do_not_know_is_not_billed(changes: Any) -> None:
    with pytest.raises(TermsInvalid, match="core of"):
        rated(JUNE, [core(day=3, **changes)])


def test_the_last_day_is_a_civil_day_of_the_contract() -> None:
    """30 days from 28 February 2027 in Berlin end with 30 March, an hour early in UTC."""
    at = parse_instant("2027-02-28T22:59:00Z")
    zone = ZoneInfo("Europe/Berlin")
    assert core_deadline(at, 30, zone) == parse_instant("2027-03-30T22:00:00Z")
    assert core_deadline(Instant(at + 60_000_000), 30, zone) == parse_instant(
        "2027-03-31T22:00:00Z"
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"deposit": "-1"}, "deposit"),
        ({"deposit": "0.001"}, "more decimals than EUR"),
        ({"days": -1}, "days to return"),
        ({"days": RETURN_DAYS_MAX + 1}, "days to return"),
        ({"grades": []}, "each once"),
        ({"grades": PRICE["grades"] * 2}, "each once"),
        ({"grades": [{"grade": f"g{i}", "percent": "1"} for i in range(GRADES_MAX + 1)]}, "20"),
        ({"grades": [{"grade": "a", "percent": "101"}]}, "0 to 100"),
        ({"upgrades": PRICE["upgrades"] * 2}, "each pair once"),
        ({"upgrades": [{"old": "a", "new": "a", "amount": "1"}]}, "two models"),
        ({"upgrades": [{"old": "", "new": "a", "amount": "1"}]}, "two models"),
        (
            {
                "upgrades": [
                    {"old": "a", "new": f"b{i}", "amount": "1"} for i in range(UPGRADES_MAX + 1)
                ]
            },
            "at most",
        ),
    ],
)
def test_terms_that_could_not_be_settled_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        sold(**changes)


def test_a_deposit_has_no_meter_no_modifiers_and_its_second_line_an_id_of_its_own() -> None:
    price = {"id": "spindle", "description": TEXT, "price": PRICE}
    cheap = price | {"modifiers": {"discount": {"by": "percent", "percent": "10"}}}
    twice = [
        price,
        {"id": "spindle.kept", "description": TEXT} | {"price": {"model": "flat", "amount": "1"}},
    ]
    for prices, says in (([cheap], "leave out"), (twice, "two parts of the terms")):
        with pytest.raises(TermsInvalid, match=says):
            contract(terms=terms(usage_prices=prices))


@dataclass
class Recorded:
    """Implements `CoreRecords`."""

    cores: list[Core]

    def known(self, _actor: object, _machine: str, _known_at: Instant) -> list[Core]:
        return self.cores


def test_a_return_that_was_learnt_late_is_documented_on_its_own_period(hub: Hub) -> None:
    """Billed on delivery, closed on its return; then the grade is corrected: 350.00 more back."""
    hub.clock.advance(parse_instant("2027-08-02T00:00:00Z") - hub.clock.now())
    recorded = Recorded([core(day=30)])
    late = late_hub(hub, sold(), cores=recorded)
    june, july = (late.billing.issue(FINANCE, CONTRACT["id"], month) for month in (JUNE, JULY))
    assert (june.gross.amount, july.gross.amount) == (Decimal("833.00"), Decimal("-416.50"))
    hub.clock.advance(DAY_US)
    assert late.billing.late(FINANCE).periods == ()
    recorded.cores = [core(day=30, grade="full")]
    found = {one.document.number: one.recorded for one in late.billing.late(FINANCE).periods}
    # Both name the core. June charges its delivery, of which nothing else is known now.
    assert found == {july.number: ("cores",), june.number: ("cores",)}
    assert not late.billing.correct(FINANCE, CONTRACT["id"], JUNE).is_new
    corrected = late.billing.correct(FINANCE, CONTRACT["id"], JULY)
    assert (corrected.document.type, str(corrected.document.gross)) == ("381", "416.50 EUR")
    assert late.billing.late(FINANCE).periods == ()
    balances = {each.account: each for each in late.billing.trial_balance(FINANCE)}
    owed = balances[f"refund_liability:{CONTRACT['id']}"]
    assert owed.debit == owed.credit


@st.composite
def histories(draw: st.DrawFn) -> list[Core]:
    """Cores that come and go; some come back too late, some never."""
    found = []
    for i in range(draw(st.integers(0, 6))):
        hours = draw(st.integers(0, 24 * 150))
        at = Instant(MONTHS[0].start + hours * DAY_US // 24)
        later = draw(st.none() | st.integers(0, 40 * 24))
        returned = None
        if later is not None:
            model = draw(st.sampled_from(["SP-1", "SP-2"]))
            grade = draw(st.sampled_from(["full", "damaged"]))
            returned = CoreReturn(Instant(at + later * DAY_US // 24), model, grade, "Ines")
        place = {"machine": "mill", "contract": CONTRACT["id"], "item": "spindle"}
        found.append(
            Core(
                id=f"c-{i}",
                model="SP-2",
                delivered_at=at,
                reference="DN",
                returned=returned,
                **place,
            )
        )
    return found


@settings(max_examples=20)
@given(histories())
def test_what_is_owed_is_the_sum_of_open_cores(cores: list[Core]) -> None:
    """I9, at the end of every month: open is delivered, not back, and not too late."""
    documents: list[RatedDocument] = []
    for month in MONTHS:
        documents.append(rated(month, cores))
        open_ = 0
        for each in cores:
            day = dt.datetime.fromtimestamp(each.delivered_at // 10**6, dt.UTC).date()
            deadline = dt.datetime.combine(day + dt.timedelta(days=31), dt.time(), dt.UTC)
            end_us = int(deadline.timestamp()) * 10**6
            closed = each.returned.received_at if each.returned else end_us
            open_ += each.delivered_at < month.end <= min(closed, end_us)
        assert liability(documents) == 700 * open_
