"""What is open of documents, when it is due, and who disputes it: pure."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, to_datetime, zone_named
from lineshaft.core.quantity import parse_fraction
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
"""Disputes of one document."""
DISPUTED_LINES_MAX = 1_000
"""Lines that one dispute names."""
_PERCENT = 100


class DisputeInvalid(Invalid):
    """A dispute without a reason or with too long a one, or of more than a line charges."""


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


class Payment(msgspec.Struct, frozen=True, kw_only=True):
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


class DisputedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that a customer does not agree with.

    Attributes:
        line: its id on the document.
        amount: how much of it is disputed, with its tax; above zero.
        resolved_at, outcome, answer: empty while it is open.
    """

    line: str
    amount: Money
    resolved_at: Instant | None = None
    outcome: DisputeOutcome | None = None
    answer: str = ""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A customer does not agree with a document, or with some lines of it.

    Attributes:
        position: among the disputes of the document, from 1.
        lines: which; none: the whole document.
        resolved_at, outcome, answer: empty while it is open. Of lines: of the last one that was
            answered, and the outcome that is best for the customer.
    """

    document: str
    position: int
    reason: str
    opened_at: Instant
    opened_by: str
    lines: tuple[DisputedLine, ...] = ()
    resolved_at: Instant | None = None
    outcome: DisputeOutcome | None = None
    answer: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it, or a line of it, waits for an answer."""
        return self.outcome is None

    @property
    def open_lines(self) -> tuple[str, ...]:
        """The lines that wait for an answer."""
        return tuple(each.line for each in self.lines if each.outcome is None)

    def answered(
        self, lines: Collection[str], at: Instant, outcome: DisputeOutcome, answer: str
    ) -> "Dispute":
        """Return it with the answer to lines of it, or to the whole document where it has none."""
        if not self.lines:
            return replace(self, resolved_at=at, outcome=outcome, answer=answer)
        answered = tuple(
            replace(each, resolved_at=at, outcome=outcome, answer=answer)
            if each.line in lines
            else each
            for each in self.lines
        )
        return replace(self, lines=answered).closed()

    def closed(self) -> "Dispute":
        """Return it with what the answers to its lines come to, once all of them have one."""
        last = max(self.lines, key=lambda each: each.resolved_at or 0, default=None)
        if last is None or self.open_lines:
            return self
        said = {each.outcome for each in self.lines}
        best = next(each for each in DisputeOutcome if each in said)
        return replace(self, resolved_at=last.resolved_at, outcome=best, answer=last.answer)

    def held(self, gross: Money, corrected_at: Instant | None) -> Fraction:
        """Return how much of a document nobody may remind of for it.

        That is what waits for an answer, and what was upheld until a correction follows it.

        Args:
            gross: of the document.
            corrected_at: when the last correction of its period was issued; None for none.
        """
        is_made_good = corrected_at is not None and corrected_at >= self.opened_at
        waits = {None} if is_made_good else {None, DisputeOutcome.UPHELD}
        if not self.lines:
            return gross.as_fraction() if self.outcome in waits else Fraction(0)
        held = (each.amount.as_fraction() for each in self.lines if each.outcome in waits)
        return sum(held, start=Fraction(0))


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is open of a document on a day.

    Attributes:
        paid: the sum of its own payments.
        open: what is owed of it, after credits of the same period; below zero what is to be
            paid back.
        due_on: None where the contract names no term of payment: then nothing is overdue.
        dunning_level: 0 for no reminder, then 1 to 3.
        dispute: the first one that waits for an answer.
        disputed: how much of what is open is disputed, or was upheld and is not corrected yet; it
            is never overdue.
        overdue_days: since it was due, 0 where nothing is overdue.
    """

    document: DocumentHead
    paid: Money
    open: Money
    due_on: dt.date | None
    state: PaymentState
    dunning_level: int
    dispute: Dispute | None
    disputed: Money
    overdue_days: int = 0

    @property
    def undisputed(self) -> Money:
        """What is open and not disputed: what may be reminded of."""
        return self.open + -self.disputed

    @property
    def awaits_correction(self) -> bool:
        """Whether all that is held of it was upheld, and the correction has not been issued."""
        return self.dispute is None and bool(self.disputed.as_fraction())


class ClaimPage(msgspec.Struct, frozen=True, kw_only=True):
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
    disputes: Sequence[Dispute],
    today: dt.date,
) -> list[Claim]:
    """Return what is open of the documents of a period.

    A credit note, or a payment beyond a document, settles other documents of the period first, the
    oldest first; what then remains is to be paid back. What is disputed is not overdue and not
    reminded of; a payment counts for the rest first.

    Args:
        documents: all of one period, in order.
        paid: the sum of the payments, by number.
        due: the due dates, by number.
        disputes: of the documents, answered or not.
        today: in the contract's calendar.
    """
    zero = Fraction(0)
    own = [
        each.owed.as_fraction() - (paid[each.number].as_fraction() if each.number in paid else zero)
        for each in documents
    ]
    left = _offset(own)
    result = []
    for place, (document, amount) in enumerate(zip(documents, left, strict=True)):
        number, currency = document.number, document.gross.currency
        its = [each for each in disputes if each.document == number]
        corrected_at = documents[-1].issued_at if place + 1 < len(documents) else None
        held = sum((each.held(document.gross, corrected_at) for each in its), start=zero)
        disputed = max(zero, min(amount, held))
        days = _days_after(due[number], today) if amount > disputed else 0
        result.append(
            Claim(
                document=document,
                paid=paid.get(number, Money.zero(currency)),
                open=Money.rounded(amount, currency),
                due_on=due[number],
                state=_state(amount, document.owed.as_fraction(), is_overdue=days > 0),
                dunning_level=dunning_level(due[number], today) if days else 0,
                dispute=next((each for each in its if each.is_open), None),
                disputed=Money.rounded(disputed, currency),
                overdue_days=days,
            )
        )
    return result


def disputed_lines(
    document: Mapping[str, Any], wanted: Mapping[str, Decimal | None]
) -> tuple[DisputedLine, ...]:
    """Return the lines that a customer disputes, each with how much of it.

    Args:
        document: its content.
        wanted: by the id of a line, the amount with its tax in the document's currency; None for
            all of it.

    Raises:
        DisputeInvalid: for a line that the document does not have, for more than it charges, and
            for a credit of which nobody says how much higher it should be.
        Invalid: for an amount with other decimals than the currency has.
    """
    if len(wanted) > DISPUTED_LINES_MAX:
        msg = f"a dispute of {len(wanted)} lines: at most {DISPUTED_LINES_MAX}"
        raise DisputeInvalid(msg)
    charged, currency = _charged(document), document["currency"]
    total = Money(Decimal(document["totals"]["gross"]), currency)
    found = []
    for line, amount in wanted.items():
        if line not in charged:
            msg = f"document {document['number']} has no line {line[:80]!r}: expected one of "
            raise DisputeInvalid(msg + ", ".join(charged))
        most = charged[line] if charged[line].as_fraction() > 0 else total
        given = charged[line] if amount is None else Money(amount, currency)
        if not 0 < given.as_fraction() <= most.as_fraction():
            msg = f"cannot dispute {given} of line {line!r}: expected more than zero, and at most "
            raise DisputeInvalid(msg + str(most))
        found.append(DisputedLine(line=line, amount=given))
    return tuple(found)


def _charged(document: Mapping[str, Any]) -> dict[str, Money]:
    """Return what each line charges with its tax, by its id; below zero what it credits."""
    exact: dict[str, Fraction] = {}
    for line in document["lines"]:
        rate = parse_fraction(line["vat"]["rate"]) / _PERCENT
        before = exact.get(line["id"], Fraction(0))
        exact[line["id"]] = before + Fraction(line["amount"]) * (1 + rate)
    return {id_: Money.rounded(each, document["currency"]) for id_, each in exact.items()}


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
