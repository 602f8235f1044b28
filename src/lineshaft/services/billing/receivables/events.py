"""What happens to what is owed."""

from collections.abc import Collection
from typing import Any

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.billing.events import SOURCE
from lineshaft.services.billing.receivables.model import Dispute, Payment


def payment_received(event_id: str, payment: Payment) -> Event:
    """Money came in for a document, or was paid back."""
    data = {
        "reference": payment.reference,
        "amount": {"amount": f"{payment.amount.amount:f}", "currency": payment.amount.currency},
        "received_on": payment.received_on.isoformat(),
    }
    return Event(event_id, SOURCE, "PaymentReceived", payment.document, payment.recorded_at, data)


def dispute_opened(event_id: str, dispute: Dispute) -> Event:
    """A customer does not agree with a document or lines of it; nobody reminds of that any more."""
    data: dict[str, Any] = {"position": dispute.position, "reason": dispute.reason}
    if dispute.lines:
        data["lines"] = [
            {
                "line": each.line,
                "amount": {"amount": f"{each.amount.amount:f}", "currency": each.amount.currency},
            }
            for each in dispute.lines
        ]
    return Event(event_id, SOURCE, "DisputeOpened", dispute.document, dispute.opened_at, data)


def dispute_resolved(event_id: str, dispute: Dispute, lines: Collection[str], at: Instant) -> Event:
    """A dispute, or lines of it, have their answer; what is upheld is made good by a correction."""
    said = next((each for each in dispute.lines if each.line in lines), dispute)
    data: dict[str, Any] = {
        "position": dispute.position,
        "outcome": str(said.outcome),
        "answer": said.answer,
    }
    if lines:
        data |= {"lines": sorted(lines), "is_open": dispute.is_open}
    return Event(event_id, SOURCE, "DisputeResolved", dispute.document, at, data)
