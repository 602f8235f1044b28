"""The one pure function from readings to a usage record, and the time line of a state."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import msgspec
import numpy as np
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period, total_us
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import RecordKind
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.estimating import is_needed, standing
from lineshaft.services.metering.exchanged import decisive, with_exchanges
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.measurement import Measurement, Window, added, combined, outermost
from lineshaft.services.metering.meters import COMBINED_METERS, SIGNAL_METERS
from lineshaft.services.metering.meters.state_duration import spans
from lineshaft.services.metering.model import (
    EXCLUSIONS_LISTED_MAX,
    Identity,
    Meter,
    UsageRecord,
)
from lineshaft.services.metering.parameters import hours_of
from lineshaft.services.metering.series import MeterInput, Series, SeriesRows, in_force


def measure(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> UsageRecord:
    """Measure a period: the same content for any order of the rows, online and offline.

    More rows than are needed, before and behind the period, change nothing.

    Raises:
        Invalid: when corrections go in a circle.
        InvariantError: when a meter finds more time than there is.
    """
    found = _measured(meter, rows, period, known_at)
    metered_us = period.duration_us if found.metered_us is None else found.metered_us
    if not 0 <= found.covered_us <= metered_us:
        msg = f"meter {meter.id} covers {found.covered_us} us of {metered_us}"
        raise InvariantError(msg)
    exclusions = sorted(set(found.exclusions))
    known = _estimates(meter, rows, period, known_at)
    estimates = tuple(estimate for estimate, under in known if is_needed(under))
    return UsageRecord(
        meter=meter,
        period=period,
        known_at=known_at,
        known_until=rows.known_until,
        quantity=Quantity(found.amount + _estimated(estimates, period), meter.unit),
        covered_us=found.covered_us,
        states=found.states,
        unknown_after=found.unknown_after,
        exclusions=tuple(exclusions[:EXCLUSIONS_LISTED_MAX]),
        exclusion_count=len(exclusions),
        refusal_count=_refusal_count(meter, rows, period),
        bridged_gap_count=found.bridged_gap_count,
        bridged_gap_us=found.bridged_gap_us,
        restart_count=found.restart_count,
        ranges=rows.evidence.ranges,
        evidence_root=rows.evidence.root,
        spans=found.spans,
        metered_us=found.metered_us,
        is_undefined=found.is_undefined,
        parts=found.parts,
        estimates=estimates,
        clock_offsets=rows.clock_offsets,
        exchanges=found.exchanges,
    )


class Reach(msgspec.Struct, frozen=True):
    """From when to when the rows of a period's usage go; None: to the first or last there is."""

    since: Instant | None
    until: Instant | None


def reach(meter: Meter, rows: MeterInput, period: Period, known_at: Instant) -> Reach:
    """Tell which rows the usage of a period follows from."""
    found = [_measured(meter, rows, period, known_at)]
    found += [under for _, under in _estimates(meter, rows, period, known_at)]
    sinces, untils = [each.since for each in found], [each.until for each in found]
    return Reach(outermost(sinces, min), outermost(untils, max))


def reach_of(parts: Iterable[Meter], rows: MeterInput, period: Period, known_at: Instant) -> Reach:
    """Tell which rows the usage of several meters on one signal follows from."""
    found = [reach(part, rows, period, known_at) for part in parts]
    sinces, untils = [each.since for each in found], [each.until for each in found]
    return Reach(outermost(sinces, min), outermost(untils, max))


class StateSpan(msgspec.Struct, frozen=True):
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
    series = {signal: in_force(rows.of(meter, signal)) for signal in meter.signals}
    parts = meter.parts()
    found = {
        name: _of_part(part, rows.exchanges, series[part.signal], window)
        for name, part in parts.items()
    }
    if meter.kind not in COMBINED_METERS:
        return found[""]
    result = combined(found, {name: part.unit for name, part in parts.items()}, period)
    quantities = {part.name: part.quantity for part in result.parts}
    amount = None if result.is_undefined else COMBINED_METERS[meter.kind](meter, quantities)
    return replace(result, amount=amount or Fraction(0), is_undefined=amount is None)


def _estimates(
    meter: Meter, rows: MeterInput, period: Period, known_at: Instant
) -> Iterator[tuple[Estimate, Measurement]]:
    """Return the estimates of a period, and what the meter finds in the period of each."""

    def measured(part: Period) -> Measurement:
        return _measured(meter, rows, part, known_at)

    return standing(meter, rows.estimates, period, measured)


def _estimated(estimates: Iterable[Estimate], period: Period) -> Fraction:
    shares = (each.share(period) * each.quantity.amount for each in estimates)
    return sum(shares, Fraction(0))


def _of_part(
    meter: Meter, exchanges: Iterable[MeterExchange], series: Series, window: Window
) -> Measurement:
    recorded = tuple(each for each in exchanges if each.signal == meter.signal)
    found = _of_signal(with_exchanges(meter, recorded), series, window)
    return replace(found, exchanges=decisive(meter, recorded, series.rows, found))


def _of_signal(meter: Meter, series: Series, window: Window) -> Measurement:
    """Measure within the hours in which usage counts; additive kinds alone can have them."""
    function, hours = SIGNAL_METERS[meter.kind], hours_of(meter.parameters)
    if hours is None:
        return function(meter, series, window)
    parts = hours.within(window.period)
    if not parts:
        period = window.period
        return Measurement(Fraction(0), 0, period.start, period.end, metered_us=0)
    found = [function(meter, series, Window(part, window.known_until)) for part in parts]
    return added(found, total_us(parts))


def _window(rows: MeterInput, period: Period, known_at: Instant) -> Window:
    """Nothing that was known at an instant says what came after it."""
    known_until = known_at if rows.known_until is None else min(known_at, rows.known_until)
    return Window(period, known_until)


def _refusal_count(meter: Meter, rows: MeterInput, period: Period) -> int:
    """Count the refusals in the time that counts, each once."""
    found: set[Identity] = set()
    for part in meter.parts().values():
        hours = hours_of(part.parameters)
        spans = [period] if hours is None else hours.within(period)
        found.update(_refusals(rows.of(meter, part.signal), spans))
    return len(found)


def _refusals(rows: SeriesRows, periods: Iterable[Period]) -> Iterator[Identity]:
    is_within = np.zeros(len(rows), dtype=np.bool_)
    for part in periods:
        is_within |= (rows.ts >= part.start) & (rows.ts < part.end)
    for row in np.flatnonzero((rows.kind == RecordKind.REFUSAL) & is_within).tolist():
        yield rows.identity(row)
