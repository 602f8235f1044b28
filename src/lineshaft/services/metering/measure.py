"""The one pure function from readings to a usage record, and the time line of a state."""

from dataclasses import dataclass

import numpy as np

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import RecordKind
from lineshaft.services.metering.measurement import Measurement, Window
from lineshaft.services.metering.meters import METERS
from lineshaft.services.metering.meters.state_duration import spans
from lineshaft.services.metering.model import (
    EXCLUSIONS_LISTED_MAX,
    Meter,
    UsageRecord,
)
from lineshaft.services.metering.series import MeterInput, SeriesRows, in_force


def measure(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> UsageRecord:
    """Measure a period: the same content for any order of the rows, online and offline.

    More rows than are needed, before and behind the period, change nothing.

    Raises:
        Invalid: when corrections go in a circle.
        InvariantError: when a meter finds more time than there is.
    """
    found = _measured(meter, rows, period, known_at)
    if not 0 <= found.covered_us <= period.duration_us:
        msg = f"meter {meter.id} covers {found.covered_us} us of {period.duration_us}"
        raise InvariantError(msg)
    exclusions = sorted(set(found.exclusions))
    return UsageRecord(
        meter=meter,
        period=period,
        known_at=known_at,
        known_until=rows.known_until,
        quantity=Quantity(found.amount, meter.unit),
        covered_us=found.covered_us,
        states=found.states,
        unknown_after=found.unknown_after,
        exclusions=tuple(exclusions[:EXCLUSIONS_LISTED_MAX]),
        exclusion_count=len(exclusions),
        refusal_count=_refusals(rows.rows, period),
        bridged_gap_count=found.bridged_gap_count,
        bridged_gap_us=found.bridged_gap_us,
        restart_count=found.restart_count,
        ranges=rows.evidence.ranges,
        evidence_root=rows.evidence.root,
        spans=found.spans,
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """From when to when the rows of a period's usage go; None: to the first or last there is."""

    since: Instant | None
    until: Instant | None


def reach(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> Reach:
    """Tell which rows the usage of a period follows from."""
    found = _measured(meter, rows, period, known_at)
    return Reach(found.since, found.until)


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A part of a time line; a state of None is unknown."""

    period: Period
    state: str | None


def timeline(rows: MeterInput, period: Period, known_at: Instant) -> list[StateSpan]:
    """Return the states of a signal over a period without holes, equal neighbours as one."""
    result: list[StateSpan] = []
    window = _window(rows, period, known_at)
    for start, end, state, _ in spans(in_force(rows.rows), window):
        if result and result[-1].state == state:
            result[-1] = StateSpan(Period(result[-1].period.start, end), state)
        else:
            result.append(StateSpan(Period(start, end), state))
    return result


def _measured(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> Measurement:
    window = _window(rows, period, known_at)
    return METERS[meter.kind](meter, in_force(rows.rows), window)


def _window(rows: MeterInput, period: Period, known_at: Instant) -> Window:
    """Nothing that was known at an instant says what came after it."""
    known_until = known_at if rows.known_until is None else min(known_at, rows.known_until)
    return Window(period, known_until)


def _refusals(rows: SeriesRows, period: Period) -> int:
    """Count the refusals of the period, each once."""
    is_refusal = rows.kind == RecordKind.REFUSAL
    is_within = (rows.ts >= period.start) & (rows.ts < period.end)
    found = np.flatnonzero(is_refusal & is_within).tolist()
    return len({rows.identity(row) for row in found})
