"""What every kind of meter shares: the window it looks through, and what it brings back. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.model import (
    Exclusion,
    ExclusionReason,
    Meter,
    TimedState,
    UsagePart,
)
from lineshaft.services.metering.parameters import Parameters
from lineshaft.services.metering.series import DECIMAL, Series

_INT64_SAFE = 1 << 62
"""Sums and differences of two numbers below this fit an int64."""


P = TypeVar("P", bound=Parameters)


def parameters_of(meter: Meter, kind: type[P]) -> P:
    """Return the parameters of a meter of a kind.

    Raises:
        InvariantError: when it is of another kind.
    """
    if not isinstance(meter.parameters, kind):
        msg = f"meter {meter.id}: {meter.kind} measured with {kind.__name__}"
        raise InvariantError(msg)
    return meter.parameters


class Window(msgspec.Struct, frozen=True):
    """The period, and the last instant up to which silence means "no change"."""

    period: Period
    known_until: Instant


class Measurement(msgspec.Struct, frozen=True):
    """What a meter found.

    Attributes:
        amount: in the unit of the meter, exact.
        since: the result follows from the rows from this instant on; None: from the very first.
        until: the result follows from the rows up to this instant; None: later ones could tell.
        metered_us: the part of the period in which usage counts; None: all of it.
        The others as in `UsageRecord`.
    """

    amount: Fraction
    covered_us: int
    since: Instant | None
    until: Instant | None
    exclusions: list[Exclusion] = msgspec.field(default_factory=list)
    states: Mapping[str, int] = msgspec.field(default_factory=dict)
    unknown_after: Mapping[str, int] = msgspec.field(default_factory=dict)
    bridged_gap_count: int = 0
    bridged_gap_us: int = 0
    restart_count: int = 0
    spans: tuple[TimedState, ...] = ()
    metered_us: int | None = None
    is_undefined: bool = False
    parts: tuple[UsagePart, ...] = ()
    exchanges: tuple[MeterExchange, ...] = ()


def combined(
    found: Mapping[str, Measurement], units: Mapping[str, str], period: Period
) -> Measurement:
    """Put together what the meters of a combined one found, but for its amount.

    It is as complete as the least complete of them: what is unknown of one is unknown of the whole.

    Args:
        found: by name.
        units: of their amounts.
        period: of them all.
    """
    parts = list(found.values())
    unknown_us = max(_counted_us(part, period) - part.covered_us for part in parts)
    return replace(
        added(parts, period.duration_us),
        amount=Fraction(0),
        covered_us=period.duration_us - unknown_us,
        states={},
        unknown_after={},
        metered_us=None,
        is_undefined=any(part.is_undefined for part in parts),
        exchanges=tuple(dict.fromkeys(each for part in parts for each in part.exchanges)),
        parts=tuple(
            UsagePart(name, Quantity(part.amount, units[name]), part.covered_us)
            for name, part in found.items()
        ),
    )


def _counted_us(part: Measurement, period: Period) -> int:
    return period.duration_us if part.metered_us is None else part.metered_us


def added(parts: Sequence[Measurement], metered_us: int) -> Measurement:
    """Add what an additive meter found in disjoint parts of a period.

    Args:
        parts: in time order.
        metered_us: length of them together.
    """
    sinces, untils = [part.since for part in parts], [part.until for part in parts]
    return Measurement(
        amount=sum((part.amount for part in parts), Fraction(0)),
        covered_us=sum(part.covered_us for part in parts),
        since=outermost(sinces, min),
        until=outermost(untils, max),
        exclusions=[each for part in parts for each in part.exclusions],
        states=_summed(part.states for part in parts),
        unknown_after=_summed(part.unknown_after for part in parts),
        bridged_gap_count=sum(part.bridged_gap_count for part in parts),
        bridged_gap_us=sum(part.bridged_gap_us for part in parts),
        restart_count=sum(part.restart_count for part in parts),
        metered_us=metered_us,
    )


def _summed(durations: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in durations:
        total.update(each)
    return dict(total)


def outermost(
    instants: Sequence[Instant | None], choose: Callable[[Iterable[Instant]], Instant]
) -> Instant | None:
    """Return the first or last of some instants; None where one of them is not known."""
    known = [instant for instant in instants if instant is not None]
    return choose(known) if known and len(known) == len(instants) else None


def ends_of(series: Series, window: Window) -> NDArray[np.int64]:
    """Return until when each row in force holds: the next one, or as far as is known."""
    if not len(series):
        return np.zeros(0, dtype=np.int64)
    last = max(int(series.ts[-1]), window.known_until)
    return np.append(series.ts[1:], np.int64(last))


def clipped(
    starts: NDArray[np.int64], ends: NDArray[np.int64], period: Period
) -> NDArray[np.int64]:
    """Return how much of each interval lies in the period, in microseconds."""
    low, high = np.int64(period.start), np.int64(period.end)
    length: NDArray[np.int64] = np.minimum(ends, high) - np.maximum(starts, low)
    return length.clip(min=0)


def not_decimals(series: Series, period: Period) -> list[Exclusion]:
    """Exclude the good readings of the period that nothing exact can be computed with."""
    is_within = (series.ts >= period.start) & (series.ts < period.end)
    found = np.flatnonzero(is_within & series.is_good & (series.form != DECIMAL))
    return [exclusion(series, place, ExclusionReason.NOT_A_DECIMAL) for place in found.tolist()]


def exclusion(series: Series, place: int, reason: ExclusionReason) -> Exclusion:
    """Exclude the reading at a place."""
    return Exclusion(Instant(int(series.ts[place])), series.identity(place), reason)


def context(series: Series, period: Period) -> tuple[Instant | None, Instant | None]:
    """Return the instants of the last row up to the start and of the first from the end on."""
    before = int(np.searchsorted(series.ts, period.start, side="right")) - 1
    after = int(np.searchsorted(series.ts, period.end, side="left"))
    return (
        Instant(int(series.ts[before])) if before >= 0 else None,
        Instant(int(series.ts[after])) if after < len(series) else None,
    )


def scaled(series: Series, places: NDArray[np.int64]) -> tuple[NDArray[Any], Fraction]:
    """Return the decimals at some places as integers of one scale, and the size of that scale.

    They are int64 where all fit with room for a difference, else Python's integers: exact anyway.
    """
    rows = series.row[places]
    mantissa, exponent = series.rows.mantissa[rows], series.rows.exponent[rows]
    if not len(rows):
        return mantissa, Fraction(1)
    smallest = int(exponent.min())
    shift = exponent - smallest
    largest = int(mantissa.max()), -int(mantissa.min())
    factor = 10 ** int(shift.max())
    unit = Fraction(10) ** smallest
    if factor == 1 and max(largest) < _INT64_SAFE:
        return mantissa, unit
    if max(largest) * factor < _INT64_SAFE:
        return mantissa * 10**shift, unit
    return mantissa.astype(object) * np.array([10**s for s in shift.tolist()], dtype=object), unit


def fits_int64(*bounds: int) -> bool:
    """Tell whether numbers up to these bounds can be added and subtracted in pairs in an int64."""
    return all(bound < _INT64_SAFE for bound in bounds)
