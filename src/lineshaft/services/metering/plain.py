"""Usage of a signal of which nothing special is stored: by binary search, not row by row. Pure.

Most months of most machines are plain: every row is a good reading, later than the one before, of
one source and epoch, and each step of a counter is a possible rise. What is found by walking
follows then from the rows at the ends of the period. Where anything is not plain, nothing is
answered here and the rows are walked: both ways give the same record.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from fractions import Fraction
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.quantity import conversion_factor
from lineshaft.core.reading import RecordKind, SourceId
from lineshaft.services.metering.measurement import Measurement, fits_int64
from lineshaft.services.metering.meters.counter import Steps, integers
from lineshaft.services.metering.meters.state_duration import kept_spans
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import (
    CounterParameters,
    StateDurationParameters,
)
from lineshaft.services.metering.series import DECIMAL, ENUMERATION, GOOD_BELOW, TEXT, SeriesRows


class Plain(msgspec.Struct, frozen=True):
    """What is found of a plain signal over a whole period.

    Attributes:
        source: with its epoch.
        ordinals: of the first and the last row that it follows from, neighbours included.
    """

    measured: Measurement
    source: tuple[SourceId, int]
    ordinals: tuple[int, int]


class PlainRows:
    """The rows of one signal in time order, of one source and without corrections."""

    def __init__(self, rows: SeriesRows, start: Instant) -> None:
        """Take all rows from an instant on."""
        self._rows, self._start = rows, start
        self._ts = integers(rows.ts)
        follows = (np.diff(rows.ts) > 0) & (np.diff(rows.ordinal) > 0) & (np.diff(rows.epoch) == 0)
        is_ordinary = (rows.kind == RecordKind.READING) & (rows.status < GOOD_BELOW)
        is_ordinary[1:] &= follows
        self._is_ordinary = is_ordinary
        self._steps: dict[CounterParameters, Steps | None] = {}

    @cached_property
    def _not_decimal(self) -> list[int]:
        """Places of rows that are no ordinary reading of a decimal."""
        return _places(~(self._is_ordinary & (self._rows.form == DECIMAL)))

    @cached_property
    def _not_text(self) -> list[int]:
        """Places of rows that are no ordinary reading of a state."""
        is_text = (self._rows.form == TEXT) | (self._rows.form == ENUMERATION)
        return _places(~(self._is_ordinary & is_text))

    def measured(self, meter: Meter, period: Period) -> Plain | None:
        """Measure a period; None where the rows have to be walked."""
        match meter.parameters:
            case CounterParameters() as parameters:
                return self._counter(parameters, meter.unit, period)
            case StateDurationParameters() as parameters:
                return self._states(meter, parameters, period)
            case _:
                return None

    def _counter(self, parameters: CounterParameters, unit: str, period: Period) -> Plain | None:
        steps, ends = self._steps_of(parameters), self._ends(period, is_counter=True)
        if steps is None or ends is None:
            return None
        first, last = ends
        if _is_any(self._not_decimal, first, last) or steps.run_end(first, last) < last:
            return None
        factor = steps.scale * conversion_factor(parameters.signal_unit, unit)
        amount = steps.run(first, last, period) * factor
        return self._plain(Measurement(amount, period.duration_us, None, None), ends)

    def _steps_of(self, parameters: CounterParameters) -> Steps | None:
        if parameters not in self._steps:
            self._steps[parameters] = self._made_steps(parameters)
        return self._steps[parameters]

    def _made_steps(self, parameters: CounterParameters) -> Steps | None:
        """Return all steps of one scale; None where there is none, or not every value counts."""
        rows = self._rows
        exponent, largest = rows.exponent, int(np.abs(rows.mantissa).max())
        has_limits = parameters.minimum is not None or parameters.maximum is not None
        is_one_scale = fits_int64(largest) and bool(np.all(exponent == exponent[0]))
        if has_limits or parameters.hours is not None or not is_one_scale:
            return None
        return Steps(parameters, rows.ts, rows.mantissa, Fraction(10) ** int(exponent[0]))

    def _states(
        self, meter: Meter, parameters: StateDurationParameters, period: Period
    ) -> Plain | None:
        ends, texts = self._ends(period, is_counter=False), self._rows.text
        if ends is None or texts is None or parameters.hours is not None:
            return None
        if _is_any(self._not_text, *ends):
            return None
        first = bisect_right(self._ts, period.start) - 1
        behind = bisect_left(self._ts, period.end)
        cuts = [period.start, *self._ts[first + 1 : behind], period.end]
        said = texts[first:behind].tolist()
        states: Counter[str] = Counter()
        for at, state in enumerate(said):
            states[state] += cuts[at + 1] - cuts[at]
        total_us = sum(states[state] for state in parameters.states or tuple(states))
        spans = (
            (Instant(cuts[at]), Instant(cuts[at + 1]), state, None) for at, state in enumerate(said)
        )
        measured = Measurement(
            amount=Fraction(total_us, US_PER_S) * conversion_factor("SEC", meter.unit),
            covered_us=period.duration_us,
            since=None,
            until=None,
            states={state: us for state, us in states.items() if us},
            spans=kept_spans(meter, spans) if parameters.keeps_spans else (),
        )
        return self._plain(measured, ends)

    def _ends(self, period: Period, *, is_counter: bool) -> tuple[int, int] | None:
        """Return the first and the last row that `Metering` reads for a plain period.

        That is the neighbours of what the usage follows from: behind the end the row after the
        first one there, before the start the one before the last used; a counter that has no
        reading right at the start looks for two readings before it, three times as far each time.
        None where they are not all among these rows.
        """
        ts = self._ts
        first, last = bisect_left(ts, period.start), bisect_left(ts, period.end) + 1
        if first < 2 or last >= len(ts):
            return None
        low = first - 2
        if ts[first] == period.start:
            low = low if is_counter else low + 1
        elif is_counter:
            since = min(ts[low], 3 * ts[low + 1] - 2 * period.start)
            low = bisect_left(ts, since) - 1
            if low < 0 or since < self._start:
                return None
        is_shared = ts[last] == (ts[last + 1] if last + 1 < len(ts) else None)
        return None if is_shared else (low, last)

    def _plain(self, measured: Measurement, ends: tuple[int, int]) -> Plain:
        rows, (first, last) = self._rows, ends
        source = rows.sources[int(rows.source[first])], int(rows.epoch[first])
        return Plain(measured, source, (int(rows.ordinal[first]), int(rows.ordinal[last])))


def _places(wanted: NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.flatnonzero(wanted).tolist()
    return found


def _is_any(places: list[int], first: int, last: int) -> bool:
    """Tell whether one of some places, in order, lies from the first to the last."""
    at = bisect_left(places, first)
    return at < len(places) and places[at] <= last
