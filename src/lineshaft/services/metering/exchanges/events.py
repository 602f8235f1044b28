"""What happens to meters."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.metering.exchanges.model import ExchangeVersion

SOURCE = "lineshaft/services/metering"

EXCHANGE_APPROVED = "MeterExchangeApproved"
"""An exchange of a meter counts from now on, or does not any more: usage is measured anew."""


def exchange_approved(event_id: str, at: Instant, version: ExchangeVersion) -> Event:
    """A second person has approved a version."""
    data = version.to_content() | {"machine": version.exchange.machine}
    return Event(event_id, SOURCE, EXCHANGE_APPROVED, version.exchange.id, at, data)
