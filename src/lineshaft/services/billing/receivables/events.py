"""What happens to what is owed."""

from lineshaft.core.events import Event
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
    """A customer does not agree with a document; nobody reminds of it any more."""
    data = {"position": dispute.position, "reason": dispute.reason}
    return Event(event_id, SOURCE, "DisputeOpened", dispute.document, dispute.opened_at, data)


def dispute_resolved(event_id: str, dispute: Dispute) -> Event:
    """A dispute has its answer."""
    data = {"position": dispute.position, "outcome": str(dispute.outcome), "answer": dispute.answer}
    at = dispute.opened_at if dispute.resolved_at is None else dispute.resolved_at
    return Event(event_id, SOURCE, "DisputeResolved", dispute.document, at, data)
