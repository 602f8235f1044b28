"""Which months a page of the desk is about."""

from lineshaft.core.clock import Clock
from lineshaft.core.period import to_datetime
from lineshaft.services.desk.model import Months

SHOWN = 12
"""Months that are shown where nobody has chosen."""


def last_months(clock: Clock) -> Months:
    """Return the present month and those before it."""
    now = to_datetime(clock.now())
    first = now.year * 12 + now.month - SHOWN
    return Months(f"{first // 12:04d}-{first % 12 + 1:02d}", f"{now:%Y-%m}")
