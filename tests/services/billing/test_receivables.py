"""Payments, what is open, reminders and disputes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import US_PER_DAY, Instant
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.services.billing.errors import DocumentNotFound
from lineshaft.services.billing.model import DocumentHead
from lineshaft.services.billing.receivables import model
from lineshaft.services.billing.receivables import service as module
from lineshaft.services.billing.receivables.errors import (
    DisputeOpen,
    DisputeTooLate,
    NoDispute,
    PaymentInvalid,
    PaymentTaken,
    TooManyPayments,
)
from lineshaft.services.billing.receivables.model import (
    DISPUTE_DAYS,
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    DisputeInvalid,
    DisputeOutcome,
    PaymentState,
    claims,
    due_on,
    dunning_level,
)
from lineshaft.services.billing.receivables.service import Receivables, ReceivablesParts
from lineshaft.services.billing.receivables.store import SqlReceivablesStore
from lineshaft.services.billing.receivables.tables import (
    DISPUTE,
    DISPUTED_LINE,
    DISPUTED_LINE_ANSWER,
    PAYMENT,
)
from lineshaft.services.contracts.model import PAYMENT_DAYS_MAX, TermsInvalid
from tests.services.billing.examples import PERIOD, plain_contract
from tests.services.billing.late import TIERS, late_hub
from tests.services.contracts.examples import contract
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, NOW, STRANGER, Hub

DAY = dt.date(2017, 7, 1)
NUMBER = "NM-2017-000001"
REJECTED = DisputeOutcome.REJECTED


def receivables(hub: Hub, billing: Any = None) -> Receivables:
    parts = hub.parts
    return Receivables(
        ReceivablesParts(
            database=hub.database,
            store=SqlReceivablesStore(),
            postings=parts.store,
            billing=hub.billing if billing is None else billing,
            authorizer=hub.authorizer,
            audit=hub.audit,
            clock=hub.clock,
            ids=parts.ids,
        )
    )


def issued(hub: Hub, **changes: Any) -> Receivables:
    """Return receivables with the example day's document of 267.54 EUR, due in 14 days."""
    hub.activated(contract(**({"payment_days": 14} | changes)))
    hub.billing.issue(FINANCE, "c-1001", PERIOD)
    return receivables(hub)


def euros(text: str) -> Money:
    return Money(Decimal(text), "EUR")


def standing(desk: Receivables) -> tuple[str, int, str, int]:
    claim = desk.claims(FINANCE, NUMBER)[0]
    days = claim.overdue_days
    return claim.state.value, claim.dunning_level, str(claim.undisputed.amount), days


def lines_of(billing: Any) -> list[str]:
    file = billing.document(FINANCE, NUMBER).file
    return [line["id"] for line in canonical.decode(file)["document"]["lines"]]


@pytest.mark.both_engines
def test_a_document_is_open_then_partly_paid_then_paid(hub: Hub) -> None:
    desk = issued(hub)
    (claim,) = desk.claims(FINANCE, NUMBER)
    assert (claim.state, claim.open, claim.due_on) == ("open", euros("267.54"), dt.date(2017, 7, 8))
    desk.record_payment(FINANCE, NUMBER, euros("200.00"), DAY, "bank-1")
    (claim,) = desk.claims(FINANCE, NUMBER)
    assert (claim.state, claim.open, claim.paid) == ("partly_paid", euros("67.54"), euros("200.00"))
    desk.record_payment(FINANCE, NUMBER, euros("67.54"), DAY, "bank-2")
    (claim,) = desk.claims(CUSTOMER, NUMBER)
    assert (claim.state, claim.open) == ("paid", euros("0.00"))
    balances = {each.account: each for each in hub.billing.trial_balance(FINANCE)}
    assert balances["bank"].debit == euros("267.54")
    account = balances["receivables:riverside-parts"]
    assert account.debit == account.credit
    assert hub.billing.transaction(FINANCE, NUMBER).reason == "document"


def test_what_is_not_paid_in_time_is_overdue_and_reminded_of(hub: Hub) -> None:
    desk = issued(hub)
    seen = []
    for days in (14, 1, 6, 14, 14):
        hub.clock.advance(days * US_PER_DAY)
        (claim,) = desk.claims(FINANCE, NUMBER)
        seen.append((claim.state.value, claim.dunning_level))
    assert seen == [("open", 0), ("overdue", 0), ("overdue", 1), ("overdue", 2), ("overdue", 3)]


def test_without_a_term_of_payment_nothing_is_overdue(hub: Hub) -> None:
    hub.activated(contract())
    hub.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.clock.advance(400 * US_PER_DAY)
    (claim,) = receivables(hub).claims(FINANCE, NUMBER)
    assert (claim.state, claim.due_on, claim.dunning_level) == ("open", None, 0)


def test_the_term_of_payment_is_left_out_where_there_is_none() -> None:
    assert "payment_days" not in contract().to_content()
    assert contract(payment_days=PAYMENT_DAYS_MAX).payment_term_days == PAYMENT_DAYS_MAX
    for days in (-1, PAYMENT_DAYS_MAX + 1):
        with pytest.raises(TermsInvalid, match="0 to 365"):
            contract(payment_days=days)


def test_a_credit_note_settles_the_invoice_of_its_period_first(hub: Hub) -> None:
    late = late_hub(hub, plain_contract(TIERS, payment_days=14))
    late.learn(1100)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    late.learn(900)
    late.billing.correct(FINANCE, "c-1001", PERIOD)
    desk = receivables(hub, late.billing)
    found = [(claim.state.value, claim.open) for claim in desk.claims(FINANCE, NUMBER)]
    assert found == [("partly_paid", euros("107.10")), ("paid", euros("0.00"))]
    desk.record_payment(FINANCE, NUMBER, euros("128.52"), DAY, "bank-1")
    found = [(claim.state.value, claim.open) for claim in desk.claims(FINANCE, NUMBER)]
    assert found == [("paid", euros("0.00")), ("refund_due", euros("-21.42"))]
    desk.record_payment(FINANCE, "NM-2017-000002", euros("-21.42"), DAY, "bank-2")
    assert {claim.state for claim in desk.claims(FINANCE, NUMBER)} == {PaymentState.PAID}


def test_a_reference_is_one_payment(hub: Hub) -> None:
    desk = issued(hub)
    first = desk.record_payment(FINANCE, NUMBER, euros("100.00"), DAY, "bank-1")
    hub.clock.advance(US_PER_DAY)
    assert desk.record_payment(FINANCE, NUMBER, euros("100.00"), DAY, "bank-1") == first
    with pytest.raises(PaymentTaken, match=r"100\.00 EUR"):
        desk.record_payment(FINANCE, NUMBER, euros("100.01"), DAY, "bank-1")
    assert desk.payments(CUSTOMER, NUMBER) == [first]


def test_a_payment_tells_and_is_noted(hub: Hub) -> None:
    desk = issued(hub)
    desk.record_payment(FINANCE, NUMBER, euros("100.00"), DAY, "bank-1")
    with hub.database.read() as connection:
        event = canonical.decode(connection.scalars(sa.select(OUTBOX.c.payload)).all()[-1])
    assert (event["type"], event["subject"]) == ("PaymentReceived", NUMBER)
    assert event["data"]["received_on"] == "2017-07-01"


def test_a_payment_of_nothing_or_of_other_money_is_refused(hub: Hub) -> None:
    desk = issued(hub)
    longest = "x" * REFERENCE_CHARACTERS_MAX
    for amount, reference in (
        (euros("0.00"), "bank-1"),
        (Money(Decimal("1.00"), "CHF"), "bank-1"),
        (euros("1.00"), " "),
        (euros("1.00"), longest + "x"),
    ):
        with pytest.raises(PaymentInvalid):
            desk.record_payment(FINANCE, NUMBER, amount, DAY, reference)
    desk.record_payment(FINANCE, NUMBER, euros("1.00"), DAY, longest)


def test_a_document_has_so_many_payments(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = issued(hub)
    monkeypatch.setattr(module, "PAYMENTS_MAX", 1)
    desk.record_payment(FINANCE, NUMBER, euros("1.00"), DAY, "bank-1")
    with pytest.raises(TooManyPayments, match="at most 1"):
        desk.record_payment(FINANCE, NUMBER, euros("1.00"), DAY, "bank-2")


def test_what_is_disputed_is_not_reminded_of_until_it_is_answered(hub: Hub) -> None:
    desk = issued(hub)
    opened = desk.open_dispute(CUSTOMER, NUMBER, "The machine stood still on Thursday.")
    with pytest.raises(DisputeOpen):
        desk.open_dispute(FINANCE, NUMBER, "again")
    hub.clock.advance(40 * US_PER_DAY)
    (claim,) = desk.claims(FINANCE, NUMBER)
    assert (claim.state, claim.dunning_level, claim.dispute) == ("open", 0, opened)
    assert (claim.disputed, claim.overdue_days) == (claim.open, 0)
    answer = "The readings show that it ran."
    resolved = desk.resolve_dispute(FINANCE, NUMBER, DisputeOutcome.REJECTED, answer)
    assert desk.disputes(CUSTOMER, NUMBER) == [resolved]
    (claim,) = desk.claims(FINANCE, NUMBER)
    assert (claim.dunning_level, claim.dispute) == (2, None)
    with pytest.raises(NoDispute):
        desk.resolve_dispute(FINANCE, NUMBER, DisputeOutcome.WITHDRAWN, answer)


@pytest.mark.both_engines
def test_a_document_can_be_disputed_for_so_long(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = issued(hub)
    hub.clock.advance(DISPUTE_DAYS * US_PER_DAY)
    desk.open_dispute(CUSTOMER, NUMBER, "x" * REASON_CHARACTERS_MAX)
    desk.resolve_dispute(FINANCE, NUMBER, DisputeOutcome.WITHDRAWN, "as you say")
    monkeypatch.setattr(module, "DISPUTES_MAX", 1)
    with pytest.raises(DisputeTooLate, match="1 times"):
        desk.open_dispute(CUSTOMER, NUMBER, "again")
    hub.clock.advance(1)
    with pytest.raises(DisputeTooLate, match="30 d ago"):
        desk.open_dispute(CUSTOMER, NUMBER, "too late")


@pytest.mark.parametrize("reason", ["", "  ", "x" * (REASON_CHARACTERS_MAX + 1)])
def test_a_dispute_has_a_reason(hub: Hub, reason: str) -> None:
    desk = issued(hub)
    with pytest.raises(DisputeInvalid):
        desk.open_dispute(CUSTOMER, NUMBER, reason)


def test_finance_records_and_answers_and_the_customer_disputes(hub: Hub) -> None:
    desk = issued(hub)
    with pytest.raises(Forbidden):
        desk.record_payment(CUSTOMER, NUMBER, euros("1.00"), DAY, "bank-1")
    with pytest.raises(Forbidden):
        desk.resolve_dispute(CUSTOMER, NUMBER, DisputeOutcome.UPHELD, "yes")
    for actor in (STRANGER, ENGINEER):
        with pytest.raises(DocumentNotFound):
            desk.open_dispute(actor, NUMBER, "why")
        with pytest.raises(DocumentNotFound):
            desk.claims(actor, NUMBER)


@pytest.mark.both_engines
def test_lines_are_disputed_and_answered_one_by_one(hub: Hub) -> None:
    desk = issued(hub)
    # 25.00 of 119.00 EUR, and all of 134.82 EUR with its tax of 19 %
    asked = {"base-fee": Decimal("25.00"), "cutting-time": None}
    opened = desk.open_dispute(CUSTOMER, NUMBER, "not so many hours", asked)
    assert [(each.line, each.amount) for each in opened.lines] == [
        ("base-fee", euros("25.00")),
        ("cutting-time", euros("160.44")),
    ]
    for again in ({"base-fee": None}, None):
        with pytest.raises(DisputeOpen):
            desk.open_dispute(CUSTOMER, NUMBER, "again", again)
    hub.clock.advance(25 * US_PER_DAY)
    assert standing(desk) == ("overdue", 1, "82.10", 11)
    # What is paid counts for what is not disputed first.
    desk.record_payment(FINANCE, NUMBER, euros("82.10"), DAY, "bank-1")
    assert standing(desk) == ("partly_paid", 0, "0.00", 0)
    with pytest.raises(NoDispute, match="availability"):
        desk.resolve_dispute(FINANCE, NUMBER, REJECTED, "no", ["base-fee", "availability"])
    part = desk.resolve_dispute(FINANCE, NUMBER, REJECTED, "agreed", ["base-fee"])
    assert (part.is_open, part.open_lines) == (True, ("cutting-time",))
    assert standing(desk) == ("overdue", 1, "25.00", 11)
    hub.clock.advance(1)
    whole = desk.resolve_dispute(CUSTOMER, NUMBER, DisputeOutcome.WITHDRAWN, "paid soon")
    assert (whole.outcome, whole.answer) == (REJECTED, "paid soon")
    assert desk.disputes(CUSTOMER, NUMBER) == [whole]
    assert standing(desk) == ("overdue", 1, "185.44", 11)
    with hub.database.read() as connection:
        events = map(canonical.decode, connection.scalars(sa.select(OUTBOX.c.payload)))
        told = [each["data"] for each in events if each["type"].startswith("Dispute")]
    assert [each["organisation"] for each in told] == ["riverside"] * 3
    assert [each["line"] for each in told[0]["lines"]] == ["base-fee", "cutting-time"]
    assert [(each["lines"], each["is_open"]) for each in told[1:]] == [
        (["base-fee"], True),
        (["cutting-time"], False),
    ]


def test_only_what_a_line_charges_can_be_disputed(hub: Hub) -> None:
    desk = issued(hub)
    for line, amount, said in (
        ("elsewhere", None, "no line 'elsewhere': expected one of"),
        ("base-fee", "0.00", "more than zero"),
        ("base-fee", "119.01", "at most 119.00 EUR"),
        ("base-fee", "1.5", "2 decimals"),
    ):
        with pytest.raises(Invalid, match=said):
            desk.open_dispute(CUSTOMER, NUMBER, "why", {line: Decimal(amount) if amount else None})


def test_a_dispute_has_so_many_lines(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = issued(hub)
    monkeypatch.setattr(model, "DISPUTED_LINES_MAX", 1)
    with pytest.raises(DisputeInvalid, match="at most 1"):
        desk.open_dispute(CUSTOMER, NUMBER, "why", {"base-fee": None, "cutting-time": None})
    desk.open_dispute(CUSTOMER, NUMBER, "why", {"base-fee": None})


def test_what_is_upheld_is_held_until_the_correction_of_its_period(hub: Hub) -> None:
    late = late_hub(hub, plain_contract(TIERS, payment_days=14))
    late.learn(1100)
    late.billing.issue(FINANCE, "c-1001", PERIOD)
    desk = receivables(hub, late.billing)
    (line,) = lines_of(late.billing)
    desk.open_dispute(CUSTOMER, NUMBER, "too much", {line: Decimal("21.42")})
    desk.resolve_dispute(FINANCE, NUMBER, DisputeOutcome.UPHELD, "so it is")
    hub.clock.advance(22 * US_PER_DAY)
    assert standing(desk) == ("overdue", 1, "107.10", 8)
    (claim,) = desk.claims(FINANCE, NUMBER)
    assert (claim.dispute, claim.awaits_correction) == (None, True)
    late.learn(900)
    late.billing.correct(FINANCE, "c-1001", PERIOD)
    claim = desk.claims(FINANCE, NUMBER)[0]
    assert (claim.open, claim.undisputed) == (euros("107.10"), euros("107.10"))
    assert not claim.awaits_correction


def test_what_is_recorded_never_changes(hub: Hub) -> None:
    desk = issued(hub)
    desk.record_payment(FINANCE, NUMBER, euros("1.00"), DAY, "bank-1")
    desk.open_dispute(CUSTOMER, NUMBER, "why", {"base-fee": None})
    desk.resolve_dispute(FINANCE, NUMBER, REJECTED, "because")
    for table in (PAYMENT, DISPUTE, DISPUTED_LINE, DISPUTED_LINE_ANSWER):
        for change in (sa.update(table).values(document=NUMBER), sa.delete(table)):
            with (
                pytest.raises(sa.exc.IntegrityError, match="never changed"),
                hub.database.unit_of_work() as unit,
            ):
                unit.connection.execute(change)


def test_the_due_date_is_by_the_calendar_of_the_contract() -> None:
    late_evening = Instant(NOW - NOW % US_PER_DAY + 23 * US_PER_DAY // 24)
    assert due_on(late_evening, "UTC", 14) == dt.date(2017, 7, 8)
    assert due_on(late_evening, "Asia/Shanghai", 14) == dt.date(2017, 7, 9)
    due = dt.date(2017, 7, 8)
    days = [dt.date(2017, 7, 14), dt.date(2017, 7, 15), dt.date(2017, 7, 29), dt.date(2017, 8, 12)]
    assert [dunning_level(due, day) for day in days] == [0, 1, 2, 3]


def head(number: int, type_: str, gross: int) -> DocumentHead:
    return DocumentHead(
        number=f"S-{number}",
        contract="c-1",
        contract_version=1,
        organisation="o",
        period=PERIOD,
        known_at=NOW,
        issued_at=NOW,
        gross=Money(Decimal(gross).scaleb(-2), "EUR"),
        sha256="",
        type=type_,
        correction=number,
    )


@given(
    grosses=st.lists(st.integers(min_value=-10_000, max_value=10_000), min_size=1, max_size=6),
    payments=st.lists(st.integers(min_value=-10_000, max_value=10_000), min_size=6, max_size=6),
)
def test_what_is_open_is_what_is_owed_less_what_was_paid(
    grosses: list[int], payments: list[int]
) -> None:
    documents = [
        head(i, "381" if gross < 0 else "384", abs(gross)) for i, gross in enumerate(grosses)
    ]
    paid = {
        each.number: Money(Decimal(amount).scaleb(-2), "EUR")
        for each, amount in zip(documents, payments, strict=False)
    }
    due: dict[str, dt.date | None] = {each.number: None for each in documents}
    found = claims(documents, paid, due, [], DAY)
    total = sum(claim.open.as_fraction() for claim in found)
    owed = sum(each.owed.as_fraction() for each in documents)
    assert total == owed - sum(each.as_fraction() for each in paid.values())
    signs = {claim.open.amount > 0 for claim in found if claim.open.amount}
    assert len(signs) <= 1
