"""The envelope of an event: what happened, in the shape of CloudEvents 1.0.2."""

from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.period import Instant, format_instant

EVENT_BYTES_MAX = 256 * 1_024


class Event(msgspec.Struct, frozen=True):
    """Something that happened once, however often it arrives.

    Attributes:
        id: unique with `source` (CloudEvents `id`); a consumer counts it once.
        source: the room that says so, such as `lineshaft/services/billing`.
        type: past tense, such as `InvoiceIssued`.
        subject: the id of the thing that it happened to.
        at: when.
        data: JSON content without floats.
    """

    id: str
    source: str
    type: str
    subject: str
    at: Instant
    data: dict[str, Any] = msgspec.field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the event in the structured mode of CloudEvents (JSON event format)."""
        return canonical.encode(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": self.source,
                "type": self.type,
                "subject": self.subject,
                "time": format_instant(self.at),
                "datacontenttype": "application/json",
                "data": self.data,
            }
        )
