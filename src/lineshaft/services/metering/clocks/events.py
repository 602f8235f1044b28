"""What happens to clocks."""

from lineshaft.core.events import Event
from lineshaft.services.metering.clocks.model import ClockOffset

SOURCE = "lineshaft/services/metering"

OFFSET_RECORDED = "ClockOffsetRecorded"
"""An offset of a source's clock is known from now on: what it stamped is measured anew."""


def clock_offset_recorded(event_id: str, offset: ClockOffset) -> Event:
    """Somebody or something has found how wrong a clock is."""
    data = offset.to_content()
    source = offset.entry.step.source
    return Event(event_id, SOURCE, OFFSET_RECORDED, source, offset.known_at, data)
