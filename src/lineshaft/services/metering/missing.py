"""Where in a period nothing is known of the usage, and no estimate stands for it. Pure."""

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.series import MeterInput

MISSING_MAX = 20
"""Spans that are named; who closes a month looks at the machine, not at a longer list."""
RESOLUTION_US = US_PER_S
"""What is shorter is not cut again."""
MEASUREMENTS_MAX = 2_000
"""Parts of the period that are measured for it."""


def missing(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> list[Period]:
    """Return the first `MISSING_MAX` spans, in time order, equal neighbours as one.

    The period is halved as long as a part of it is neither wholly known nor wholly unknown: so
    every kind of meter tells by its own formula. Ends are exact to `RESOLUTION_US`.

    Args:
        meter: of the usage.
        rows: all that its usage of the whole period follows from.
        period: that is looked at.
        known_at: what was known when.
    """
    found: list[Period] = []
    waiting = [period]
    for _ in range(MEASUREMENTS_MAX):
        if not waiting:
            break
        part = waiting.pop()
        record = measure(meter, rows, part, known_at)
        unknown_us = record.unknown_us - record.estimated_us
        if unknown_us <= 0:
            continue
        if unknown_us < record.counted_us and part.duration_us >= 2 * RESOLUTION_US:
            whole = part.duration_us // 2 // RESOLUTION_US * RESOLUTION_US
            middle = Instant(part.start + whole)
            waiting += [Period(middle, part.end), Period(part.start, middle)]
        elif found and found[-1].end == part.start:
            found[-1] = Period(found[-1].start, part.end)
        elif len(found) == MISSING_MAX:
            break
        else:
            found.append(part)
    return found
