"""What happens to documents."""

from typing import Any

from lineshaft.core.events import Event
from lineshaft.core.period import format_instant
from lineshaft.services.billing.model import IssuedDocument

SOURCE = "lineshaft/services/billing"


def invoice_issued(event_id: str, issued: IssuedDocument) -> Event:
    """A document has its number, its signature and its postings, for ever."""
    data: dict[str, Any] = {
        "contract": issued.contract,
        "contract_version": issued.contract_version,
        "organisation": issued.organisation,
        "service_period": {
            "start": format_instant(issued.period.start),
            "end": format_instant(issued.period.end),
        },
        "gross": {"amount": f"{issued.gross.amount:f}", "currency": issued.gross.currency},
        "sha256": issued.sha256,
    }
    return Event(event_id, SOURCE, "InvoiceIssued", issued.number, issued.issued_at, data)
