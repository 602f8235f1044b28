"""Payments and disputes in SQL."""

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.money import Money
from lineshaft.core.period import Instant
from lineshaft.services.billing.receivables.model import (
    Dispute,
    DisputedLine,
    DisputeOutcome,
    Payment,
)
from lineshaft.services.billing.receivables.tables import (
    DISPUTE,
    DISPUTE_ANSWER,
    DISPUTED_LINE,
    DISPUTED_LINE_ANSWER,
    PAYMENT,
)


class SqlReceivablesStore:
    """Implements `ReceivablesStore`."""

    def add_payment(self, connection: sa.Connection, payment: Payment) -> None:
        """Keep a payment."""
        connection.execute(
            sa.insert(PAYMENT).values(
                document=payment.document,
                reference=payment.reference,
                currency=payment.amount.currency,
                amount=f"{payment.amount.amount:f}",
                received_on=payment.received_on.isoformat(),
                recorded_at=payment.recorded_at,
                recorded_by=payment.recorded_by,
            )
        )

    def payments(self, connection: sa.Connection, number: str) -> list[Payment]:
        """Return the payments of a document, in the order in which they were recorded."""
        query = (
            sa.select(PAYMENT)
            .where(PAYMENT.c.document == number)
            .order_by(PAYMENT.c.recorded_at, PAYMENT.c.reference)
        )
        return [_payment(row) for row in connection.execute(query)]

    def paid(self, connection: sa.Connection, numbers: Sequence[str]) -> dict[str, Money]:
        """Return the sums of the payments of documents that have any."""
        query = sa.select(PAYMENT).where(PAYMENT.c.document.in_(list(numbers)))
        sums: dict[str, Money] = {}
        for payment in map(_payment, connection.execute(query)):
            before = sums.get(payment.document, Money.zero(payment.amount.currency))
            sums[payment.document] = before + payment.amount
        return sums

    def add_dispute(self, connection: sa.Connection, dispute: Dispute) -> None:
        """Keep that a document, or lines of it, are disputed."""
        connection.execute(
            sa.insert(DISPUTE).values(
                document=dispute.document,
                position=dispute.position,
                reason=dispute.reason,
                opened_at=dispute.opened_at,
                opened_by=dispute.opened_by,
            )
        )
        if dispute.lines:
            rows = [
                {
                    "document": dispute.document,
                    "position": dispute.position,
                    "line": each.line,
                    "currency": each.amount.currency,
                    "amount": f"{each.amount.amount:f}",
                }
                for each in dispute.lines
            ]
            connection.execute(sa.insert(DISPUTED_LINE), rows)

    def resolve(self, connection: sa.Connection, dispute: Dispute, lines: Collection[str]) -> None:
        """Keep the answer to these lines of a dispute, or to one of the whole document."""
        if dispute.lines:
            rows = [
                {
                    "document": dispute.document,
                    "position": dispute.position,
                    "line": each.line,
                    "resolved_at": each.resolved_at,
                    "outcome": str(each.outcome),
                    "answer": each.answer,
                }
                for each in dispute.lines
                if each.line in lines
            ]
            connection.execute(sa.insert(DISPUTED_LINE_ANSWER), rows)
            return
        connection.execute(
            sa.insert(DISPUTE_ANSWER).values(
                document=dispute.document,
                position=dispute.position,
                resolved_at=dispute.resolved_at,
                outcome=str(dispute.outcome),
                answer=dispute.answer,
            )
        )

    def disputes(self, connection: sa.Connection, numbers: Sequence[str]) -> list[Dispute]:
        """Return the disputes of documents, by number and in order."""
        answer = DISPUTE_ANSWER.c
        is_answer = sa.and_(
            answer.document == DISPUTE.c.document, answer.position == DISPUTE.c.position
        )
        query = (
            sa.select(DISPUTE, answer.resolved_at, answer.outcome, answer.answer)
            .select_from(DISPUTE.outerjoin(DISPUTE_ANSWER, is_answer))
            .where(DISPUTE.c.document.in_(list(numbers)))
            .order_by(DISPUTE.c.document, DISPUTE.c.position)
        )
        found = [_dispute(row) for row in connection.execute(query)]
        lines = self._lines(connection, numbers) if found else {}
        return [
            replace(each, lines=lines[each.document, each.position]).closed()
            if (each.document, each.position) in lines
            else each
            for each in found
        ]

    def _lines(
        self, connection: sa.Connection, numbers: Sequence[str]
    ) -> dict[tuple[str, int], tuple[DisputedLine, ...]]:
        """Return the disputed lines of documents, by number and position."""
        line, answer = DISPUTED_LINE.c, DISPUTED_LINE_ANSWER.c
        is_answer = sa.and_(
            answer.document == line.document,
            answer.position == line.position,
            answer.line == line.line,
        )
        query = (
            sa.select(DISPUTED_LINE, answer.resolved_at, answer.outcome, answer.answer)
            .select_from(DISPUTED_LINE.outerjoin(DISPUTED_LINE_ANSWER, is_answer))
            .where(line.document.in_(list(numbers)))
            .order_by(line.document, line.position, line.line)
        )
        lines: dict[tuple[str, int], tuple[DisputedLine, ...]] = {}
        for row in connection.execute(query):
            place = row.document, row.position
            lines[place] = (*lines.get(place, ()), _line(row))
        return lines


def _payment(row: Any) -> Payment:
    return Payment(
        document=row.document,
        reference=row.reference,
        amount=Money(Decimal(row.amount), row.currency),
        received_on=dt.date.fromisoformat(row.received_on),
        recorded_at=Instant(row.recorded_at),
        recorded_by=row.recorded_by,
    )


def _line(row: Any) -> DisputedLine:
    is_open = row.outcome is None
    return DisputedLine(
        line=row.line,
        amount=Money(Decimal(row.amount), row.currency),
        resolved_at=None if is_open else Instant(row.resolved_at),
        outcome=None if is_open else DisputeOutcome(row.outcome),
        answer="" if is_open else row.answer,
    )


def _dispute(row: Any) -> Dispute:
    is_open = row.outcome is None
    return Dispute(
        document=row.document,
        position=row.position,
        reason=row.reason,
        opened_at=Instant(row.opened_at),
        opened_by=row.opened_by,
        resolved_at=None if is_open else Instant(row.resolved_at),
        outcome=None if is_open else DisputeOutcome(row.outcome),
        answer="" if is_open else row.answer,
    )
