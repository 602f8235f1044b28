"""What happens to offerings."""

from typing import Any

from lineshaft.core.events import Event
from lineshaft.services.contracts.catalogue.model import Withdrawal

SOURCE = "lineshaft/services/contracts"


def offering_withdrawn(event_id: str, withdrawal: Withdrawal) -> Event:
    """An offering is not sold any more; contracts that were made from it stay."""
    data: dict[str, Any] = {"version": withdrawal.offering.version, "reason": withdrawal.reason}
    offering = withdrawal.offering.id
    return Event(event_id, SOURCE, "OfferingWithdrawn", offering, withdrawal.at, data)
