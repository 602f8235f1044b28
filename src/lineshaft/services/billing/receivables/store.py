"""Payments and disputes in SQL."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lineshaft.core.money import Money
from lineshaft.core.period import Instant
from lineshaft.services.billing.receivables.model import Dispute, DisputeOutcome, Payment
from lineshaft.services.billing.receivables.tables import DISPUTE, DISPUTE_ANSWER, PAYMENT


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
        """Keep that a document is disputed."""
        connection.execute(
            sa.insert(DISPUTE).values(
                document=dispute.document,
                position=dispute.position,
                reason=dispute.reason,
                opened_at=dispute.opened_at,
                opened_by=dispute.opened_by,
            )
        )

    def resolve(self, connection: sa.Connection, dispute: Dispute) -> None:
        """Keep the answer to a dispute."""
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
        return [_dispute(row) for row in connection.execute(query)]


def _payment(row: Any) -> Payment:
    return Payment(
        document=row.document,
        reference=row.reference,
        amount=Money(Decimal(row.amount), row.currency),
        received_on=dt.date.fromisoformat(row.received_on),
        recorded_at=Instant(row.recorded_at),
        recorded_by=row.recorded_by,
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
