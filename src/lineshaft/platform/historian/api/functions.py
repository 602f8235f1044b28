"""What many signals amount to: aggregates, buckets, a grid; and a line of few points."""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Response

from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.api.answers import whole
from lineshaft.platform.historian.api.described import ROWS
from lineshaft.platform.historian.api.formats import with_instants
from lineshaft.platform.historian.api.parameters import (
    Asking,
    KnownAtText,
    Points,
    SignalText,
    SignalTexts,
    Span,
    instant_of,
    signal_of,
    signals_of,
)
from lineshaft.platform.historian.queries.model import POINT_SCHEMA, FleetQuery, Interpolation
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import Actor

DURATION_MS_MAX = 100 * 366 * 86_400_000
DAY_MS = 86_400_000
US_PER_MS = 1_000
AGGREGATE_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("exact", pa.string(), nullable=False),
    ]
)
"""`exact` is a fraction such as `25/2`; `value` the nearest float64."""
STATE_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("duration_us", pa.int64(), nullable=False),
    ]
)

Milliseconds = Annotated[int, Query(ge=1, le=DURATION_MS_MAX)]


class Aggregate(StrEnum):
    """What a signal amounts to in a period."""

    MEAN = "mean"
    INCREASE = "increase"
    DURATIONS = "durations"


class Method(StrEnum):
    """How a line is drawn with few points."""

    MINMAX = "minmax"
    LTTB = "lttb"


class Fleet:
    """Several signals in a period."""

    def __init__(self, signals: SignalTexts, known_at: KnownAtText = None) -> None:
        """Read the signals."""
        self.signals = signals_of(signals)
        self.known_at = instant_of(known_at)

    def in_(self, span: Span) -> FleetQuery:
        """Return the question about a period."""
        return FleetQuery(self.signals, span.period, self.known_at)


class Step:
    """The instants of a grid, and how a signal gets there."""

    def __init__(
        self,
        step_ms: Milliseconds,
        interpolation: Interpolation = Interpolation.STEP,
        gap_max_ms: Annotated[
            int | None,
            Query(ge=1, le=DURATION_MS_MAX, description="How far a reading holds; default: a day."),
        ] = None,
    ) -> None:
        """Take them in microseconds."""
        self.step_us = step_ms * US_PER_MS
        self.how = interpolation
        self.gap_max_us = (gap_max_ms or DAY_MS) * US_PER_MS


def add_functions(routes: APIRouter, historian: Historian) -> None:
    """Add the routes."""

    @routes.get("/downsample", responses=ROWS)
    def downsample(
        asking: Annotated[Asking, Depends()],
        signal: SignalText,
        span: Annotated[Span, Depends()],
        points: Points = 1_000,
        method: Method = Method.MINMAX,
    ) -> Response:
        """Return a signal with few points: minimum, maximum and mean of equal parts, or LTTB."""
        named, period = signal_of(signal), span.period
        if method is Method.LTTB:
            query = FleetQuery([named], period)
            found = historian.functions.largest_triangles(asking.actor, query, points)
            table = found.get(named, POINT_SCHEMA.empty_table())
            return whole(with_instants(table), asking.shape, "points", {"signal": named})
        table = historian.downsample(asking.actor, named, period, points)
        return whole(with_instants(table), asking.shape, "buckets", {"signal": named})

    @routes.get("/aggregates", responses=ROWS)
    def aggregates(
        asking: Annotated[Asking, Depends()],
        fleet: Annotated[Fleet, Depends()],
        span: Annotated[Span, Depends()],
        function: Aggregate,
    ) -> Response:
        """Return of each signal its mean over time, its increase, or how long it was in a state."""
        table = _aggregated(historian, asking.actor, fleet.in_(span), function)
        return whole(table, asking.shape, "aggregates")

    @routes.get("/buckets", responses=ROWS)
    def buckets(
        asking: Annotated[Asking, Depends()],
        fleet: Annotated[Fleet, Depends()],
        span: Annotated[Span, Depends()],
        width_ms: Milliseconds,
    ) -> Response:
        """Return minimum, maximum, mean and count of equal parts of a period, of each signal."""
        width_us = width_ms * US_PER_MS
        table = historian.functions.buckets(asking.actor, fleet.in_(span), width_us)
        return whole(_plain(with_instants(table)), asking.shape, "buckets")

    @routes.get("/grid", responses=ROWS)
    def grid(
        asking: Annotated[Asking, Depends()],
        fleet: Annotated[Fleet, Depends()],
        span: Annotated[Span, Depends()],
        step: Annotated[Step, Depends()],
    ) -> Response:
        """Return the signals at the same instants; nothing where a gap is too wide to bridge."""
        table = historian.functions.on_grid(
            asking.actor, fleet.in_(span), step.step_us, step.how, step.gap_max_us
        )
        return whole(with_instants(table), asking.shape, "rows")


def _aggregated(
    historian: Historian, actor: Actor, query: FleetQuery, function: Aggregate
) -> pa.Table:
    functions = historian.functions
    match function:
        case Aggregate.MEAN:
            return _fractions(functions.time_weighted_mean(actor, query))
        case Aggregate.INCREASE:
            return _fractions(functions.increase(actor, query))
        case Aggregate.DURATIONS:
            found = functions.state_durations(actor, query)
            rows = [
                {"signal": signal, "state": state, "duration_us": duration}
                for signal, states in sorted(found.items())
                for state, duration in sorted(states.items())
            ]
            return pa.Table.from_pylist(rows, schema=STATE_SCHEMA)


def _fractions(found: Mapping[SignalId, Fraction]) -> pa.Table:
    rows = [
        {"signal": signal, "value": float(value), "exact": str(value)}
        for signal, value in sorted(found.items())
    ]
    return pa.Table.from_pylist(rows, schema=AGGREGATE_SCHEMA)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table whose signals are texts, which every reader of Arrow takes."""
    place = table.column_names.index("signal")
    return table.set_column(place, "signal", table.column(place).cast(pa.string()))
