"""Which months a page of the desk is about."""

from nicegui import ui

from lineshaft.core.clock import Clock
from lineshaft.core.period import to_datetime
from lineshaft.services.desk.model import Months
from lineshaft.web.session import Visit

SHOWN = 12
"""Months that are shown where nobody has chosen."""


def last_months(clock: Clock) -> Months:
    """Return the present month and those before it."""
    now = to_datetime(clock.now())
    first = now.year * 12 + now.month - SHOWN
    return Months(f"{first // 12:04d}-{first % 12 + 1:02d}", f"{now:%Y-%m}")


def month_fields(visit: Visit, months: Months) -> tuple[ui.input, ui.input]:
    """Put fields for the first and the last month there."""
    first = ui.input(visit.say("study.first"), value=months.first)
    last = ui.input(visit.say("study.last"), value=months.last)
    for field in (first, last):
        field.props("type=month outlined dense stack-label").classes("wide")
    return first, last
