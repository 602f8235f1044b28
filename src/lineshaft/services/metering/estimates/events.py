"""What happens to estimates."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.metering.estimates.model import EstimateRecord

SOURCE = "lineshaft/services/metering"


def estimate_approved(event_id: str, at: Instant, record: EstimateRecord) -> Event:
    """An estimate stands for usage that nothing is known of: usage is measured anew."""
    return Event(event_id, SOURCE, "EstimateApproved", record.estimate.id, at, record.to_content())


def estimate_withdrawn(event_id: str, at: Instant, record: EstimateRecord) -> Event:
    """An estimate does not count any more: usage is measured anew, as before it."""
    return Event(event_id, SOURCE, "EstimateWithdrawn", record.estimate.id, at, record.to_content())
