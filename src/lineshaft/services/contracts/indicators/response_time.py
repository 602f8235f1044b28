"""Response time: from the report of an incident to the first answer or to the arrival on site."""

import enum

from lineshaft.core.period import Instant
from lineshaft.services.contracts.calendars import BusinessCalendar
from lineshaft.services.contracts.indicators.incident_clock import clock_us
from lineshaft.services.contracts.indicators.indicator import Indicator
from lineshaft.services.incidents.model import ServiceIncident

INDICATOR = Indicator(
    symbol="T_resp",
    unit="HUR",
    formula="business time from reported to acknowledged or on site, without the customer's waits",
    source="IDTA 02010, service request notification: the instants of a request",
    range="[0, inf)",
)


class ResponseMilestone(enum.StrEnum):
    """What counts as the response."""

    ACKNOWLEDGED = "acknowledged"
    ON_SITE = "on_site"


def response_us(
    incident: ServiceIncident,
    milestone: ResponseMilestone,
    calendar: BusinessCalendar | None,
    until: Instant,
) -> int:
    """Return the response time in microseconds; without a response yet, up to `until`."""
    is_arrival = milestone is ResponseMilestone.ON_SITE
    responded = incident.on_site_at if is_arrival else incident.acknowledged_at
    end = until if responded is None else min(responded, until)
    waits = [wait.period for wait in incident.waits]
    return clock_us(incident.reported_at, end, waits, calendar)
