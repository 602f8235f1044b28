"""What is open of documents, when it is due, and who disputes it: pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from lineshaft.core.money import Money
from lineshaft.core.period import Instant, to_datetime, zone_named
from lineshaft.services.billing.model import DocumentHead

DUNNING_DAYS = (7, 21, 35)
"""Days after the due date at which the first, second and third reminder is due."""
DISPUTE_DAYS = 30
"""Days after its date within which a document can be disputed."""
REFERENCE_CHARACTERS_MAX = 140
"""Of a payment: as long as the remittance information of a SEPA credit transfer."""
TAKEN_BACK = "taken back:"
"""Before the reference of a payment that is taken back; no bank writes it."""
REASON_CHARACTERS_MAX = 2_000
PERIODS_PAGE_MAX = 100
"""Periods that one page of open claims looks at."""
PAYMENTS_MAX = 1_000
"""Payments on one document."""
DISPUTES_MAX = 100
"""Disputes of one document, one after the other."""


class PaymentState(StrEnum):
    """How far a document is settled."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    """By payments, or by a credit on the same period."""
    PAID = "paid"
    OVERDUE = "overdue"
    REFUND_DUE = "refund_due"
    """The supplier owes: a credit or a payment beyond all that the period costs."""


class DisputeOutcome(StrEnum):
    """How a dispute ended; what is upheld is made good by a correction."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in for a document; below zero what was paid back.

    Attributes:
        received_on: the day of value.
        reference: of the bank; the same reference on a document is the same payment.
        recorded_by: id of the actor.
    """

    document: str
    reference: str
    amount: Money
    received_on: dt.date
    recorded_at: Instant
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A customer does not agree with a document.

    Attributes:
        position: among the disputes of the document, from 1.
        resolved_at, outcome, answer: empty while it is open.
    """

    document: str
    position: int
    reason: str
    opened_at: Instant
    opened_by: str
    resolved_at: Instant | None = None
    outcome: DisputeOutcome | None = None
    answer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.outcome is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is open of a document on a day.

    Attributes:
        paid: the sum of its own payments.
        open: what is owed of it, after credits of the same period; below zero what is to be
            paid back.
        due_on: None where the contract names no term of payment: then nothing is overdue.
        dunning_level: 0 for no reminder, then 1 to 3.
        overdue_days: since it was due, 0 where nothing is overdue.
    """

    document: DocumentHead
    paid: Money
    open: Money
    due_on: dt.date | None
    state: PaymentState
    dunning_level: int
    dispute: Dispute | None
    overdue_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    """What is open of the next periods, the newest first.

    Attributes:
        next: to go on behind; None after the last period.
    """

    claims: tuple[Claim, ...]
    next: str | None


def due_on(issued_at: Instant, time_zone: str, days: int | None) -> dt.date | None:
    """Return the last day on which a document is paid in time, by the contract's calendar.

    Example: issued on 24 June with 14 days: 8 July.
    """
    if days is None:
        return None
    return to_datetime(issued_at, zone_named(time_zone)).date() + dt.timedelta(days=days)


def dunning_level(due: dt.date | None, today: dt.date) -> int:
    """Return which reminder is due: 0 for none, then 1 to 3, by `DUNNING_DAYS`.

    Example: due on 8 July: 0 on 14 July, 1 on 15 July, 2 on 29 July, 3 on 12 August.
    """
    if due is None:
        return 0
    return sum(1 for days in DUNNING_DAYS if today >= due + dt.timedelta(days=days))


def claims(
    documents: Sequence[DocumentHead],
    paid: Mapping[str, Money],
    due: Mapping[str, dt.date | None],
    disputes: Mapping[str, Dispute],
    today: dt.date,
) -> list[Claim]:
    """Return what is open of the documents of a period.

    A credit note, or a payment beyond a document, settles other documents of the period first, the
    oldest first; what then remains is to be paid back. What is disputed is not reminded of.

    Args:
        documents: all of one period, in order.
        paid: the sum of the payments, by number.
        due: the due dates, by number.
        disputes: open disputes, by number.
        today: in the contract's calendar.
    """
    zero = Fraction(0)
    own = [
        each.owed.as_fraction() - (paid[each.number].as_fraction() if each.number in paid else zero)
        for each in documents
    ]
    left = _offset(own)
    result = []
    for document, amount in zip(documents, left, strict=True):
        number, currency = document.number, document.gross.currency
        due_date = due[number]
        is_overdue = due_date is not None and today > due_date
        dispute = disputes.get(number)
        level = dunning_level(due_date, today) if amount > 0 and dispute is None else 0
        result.append(
            Claim(
                document=document,
                paid=paid.get(number, Money.zero(currency)),
                open=Money.rounded(amount, currency),
                due_on=due_date,
                state=_state(amount, document.owed.as_fraction(), is_overdue=is_overdue),
                dunning_level=level,
                dispute=dispute,
                overdue_days=_days_after(due_date, today) if amount > 0 else 0,
            )
        )
    return result


def _days_after(due: dt.date | None, today: dt.date) -> int:
    return 0 if due is None else max(0, (today - due).days)


def _offset(own: Sequence[Fraction]) -> list[Fraction]:
    """Settle what is owed with what is to be paid back, the oldest first; the sum stays."""
    left = list(own)
    for giver in range(len(left)):
        for taker in range(len(left)):
            if left[giver] < 0 < left[taker]:
                moved = min(-left[giver], left[taker])
                left[giver] += moved
                left[taker] -= moved
    return left


def _state(amount: Fraction, owed: Fraction, *, is_overdue: bool) -> PaymentState:
    if amount == 0:
        return PaymentState.PAID
    if amount < 0:
        return PaymentState.REFUND_DUE
    if is_overdue:
        return PaymentState.OVERDUE
    return PaymentState.PARTLY_PAID if amount < owed else PaymentState.OPEN
