"""Restoration time: from the report of an incident until the function is restored."""

from lineshaft.core.period import Instant
from lineshaft.services.contracts.calendars import BusinessCalendar
from lineshaft.services.contracts.indicators.incident_clock import clock_us
from lineshaft.services.contracts.indicators.indicator import Indicator
from lineshaft.services.incidents.model import ServiceIncident

INDICATOR = Indicator(
    symbol="T_rest",
    unit="HUR",
    formula="business time from reported to restored, without the customer's waits",
    source="IEC 60050-192, 192-07-23: detection and logistics are included",
    range="[0, inf)",
)


def restoration_us(
    incident: ServiceIncident, calendar: BusinessCalendar | None, until: Instant
) -> int:
    """Return the restoration time in microseconds; while it lasts, up to `until`."""
    end = until if incident.restored_at is None else min(incident.restored_at, until)
    waits = [wait.period for wait in incident.waits]
    return clock_us(incident.reported_at, end, waits, calendar)
