"""What happens to documents."""

from collections.abc import Sequence
from typing import Any

from lineshaft.core.events import Event
from lineshaft.core.period import format_instant
from lineshaft.services.billing.model import IssuedDocument

SOURCE = "lineshaft/services/billing"


def invoice_issued(event_id: str, issued: IssuedDocument) -> Event:
    """A document has its number, its signature and its postings, for ever."""
    data = _data(issued)
    return Event(event_id, SOURCE, "InvoiceIssued", issued.number, issued.issued_at, data)


def invoice_corrected(event_id: str, issued: IssuedDocument, corrects: Sequence[str]) -> Event:
    """A document charges or credits the difference of a period that was documented before."""
    data = _data(issued) | {"type": issued.type, "corrects": list(corrects)}
    return Event(event_id, SOURCE, "InvoiceCorrected", issued.number, issued.issued_at, data)


def _data(issued: IssuedDocument) -> dict[str, Any]:
    return {
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
