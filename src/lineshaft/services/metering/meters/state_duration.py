"""How long a signal was in which state."""

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.quantity import conversion_factor
from lineshaft.core.value import DecimalValue
from lineshaft.services.metering.measurement import (
    Measurement,
    Window,
    context,
    ends_of,
    exclusion,
    parameters_of,
)
from lineshaft.services.metering.model import Exclusion, ExclusionReason, Meter, TimedState
from lineshaft.services.metering.parameters import StateDurationParameters
from lineshaft.services.metering.series import BOOLEAN, DECIMAL, FLOAT, Series

SPANS_MAX = 100_000
"""How many spans a usage record can keep: about 4 MB of its document."""
Span = tuple[Instant, Instant, str | None, str | None]
"""Start, end, state (None: unknown), last state known before."""


def measure_state_duration(meter: Meter, series: Series, window: Window) -> Measurement:
    """Add up the time of each state: the union of its spans within the period, in UTC.

    A state holds until the next reading, or as far as is known. Before the first reading, and
    while the signal is not available, the state is unknown.

    Raises:
        Invalid: when the meter keeps its spans and there are more than `SPANS_MAX`.
    """
    parameters = parameters_of(meter, StateDurationParameters)
    states: Counter[str] = Counter()
    unknown_after: Counter[str] = Counter()
    found = list(spans(series, window))
    for start, end, state, previous in found:
        if state is not None:
            states[state] += end - start
        elif previous is not None:
            unknown_after[previous] += end - start
    wanted = parameters.states or tuple(states)
    total_us = sum(states[state] for state in wanted)
    return Measurement(
        amount=Fraction(total_us, US_PER_S) * conversion_factor("SEC", meter.unit),
        covered_us=sum(states.values()),
        since=_last_known(series, window.period.start),
        until=context(series, window.period)[1],
        exclusions=_floats(series, window.period),
        states={state: duration for state, duration in states.items() if duration},
        unknown_after={state: duration for state, duration in unknown_after.items() if duration},
        spans=kept_spans(meter, found) if parameters.keeps_spans else (),
    )


def kept_spans(meter: Meter, found: Iterable[Span]) -> tuple[TimedState, ...]:
    """Return the time line as a usage record keeps it, equal neighbours as one."""
    kept: list[TimedState] = []
    for start, end, state, previous in found:
        last = previous if state is None else state
        if kept and kept[-1][1:] == (state, last):
            kept[-1] = TimedState(kept[-1].duration_us + end - start, state, last)
        else:
            kept.append(TimedState(end - start, state, last))
    if len(kept) > SPANS_MAX:
        msg = f"meter {meter.id} found {len(kept)} spans of a state: at most {SPANS_MAX} are kept"
        raise Invalid(msg)
    return tuple(kept)


def spans(series: Series, window: Window) -> Iterator[Span]:
    """Cut the period into spans of one state each, in time order, from its start to its end."""
    period = window.period
    at, previous = period.start, None
    rows = zip(states_of(series), series.ts.tolist(), ends_of(series, window).tolist(), strict=True)
    for state, start, end in rows:
        low, high = max(start, period.start), min(end, period.end)
        if low < high:
            if at < low:
                yield at, Instant(low), None, previous
            yield Instant(low), Instant(high), state, previous
            at = Instant(high)
        if start <= period.start or low < high:
            previous = previous if state is None else state
    if at < period.end:
        yield at, period.end, None, previous


def states_of(series: Series) -> list[str | None]:
    """Return the state that each row in force says; a binary float says none."""
    form, texts = series.form, series.rows.text
    states: list[str | None] = [None] * len(series)
    if texts is not None:
        states = texts[series.row].tolist()
    numbers = np.flatnonzero((form == DECIMAL) | (form == BOOLEAN))
    rows = series.row[numbers]
    columns = (numbers, form[numbers], series.rows.mantissa[rows], series.rows.exponent[rows])
    for place, kind, mantissa, exponent in zip(*(c.tolist() for c in columns), strict=True):
        states[place] = _symbol(kind, mantissa, exponent)
    for place in np.flatnonzero(~series.is_good).tolist():
        states[place] = None
    return states


@lru_cache(maxsize=1_000)
def _symbol(form: int, mantissa: int, exponent: int) -> str:
    if form == BOOLEAN:
        return "TRUE" if mantissa else "FALSE"
    return str(DecimalValue(mantissa, exponent))


def _last_known(series: Series, at: Instant) -> Instant | None:
    """Return the instant of the last known state up to `at`: unknown time is told by it."""
    states = states_of(series)
    for place in range(int(np.searchsorted(series.ts, at, side="right")) - 1, -1, -1):
        if states[place] is not None:
            return Instant(int(series.ts[place]))
    return None


def _floats(series: Series, period: Period) -> list[Exclusion]:
    is_within = (series.ts >= period.start) & (series.ts < period.end)
    found = np.flatnonzero(is_within & series.is_good & (series.form == FLOAT))
    return [exclusion(series, place, ExclusionReason.NOT_A_DECIMAL) for place in found.tolist()]
