"""What happens to cores."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.cores.model import CoreVersion

SOURCE = "lineshaft/services/cores"

CORE_RECORDED = "CoreRecorded"
"""A part was delivered for a deposit, came back, or was inspected: a version of its core."""


def core_recorded(event_id: str, at: Instant, version: CoreVersion) -> Event:
    """A version of a core is recorded."""
    return Event(event_id, SOURCE, CORE_RECORDED, version.core.id, at, version.to_content())
