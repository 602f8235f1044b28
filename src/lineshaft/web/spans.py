"""Spans of time that pages show: what of a signal somebody may see, and which part is asked for."""

import datetime as dt
from typing import Literal

import msgspec
from fastapi import Request

from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    US_PER_DAY,
    Instant,
    Period,
    civil_to_instant,
    parse_instant,
    to_datetime,
)
from lineshaft.core.reading import SignalId, machine_of
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.web.session import Visit

US_PER_HOUR = 3_600 * 1_000_000
BEGINNING = Instant(0)
SPAN_MIN_US = 1_000
"""A chart is not drawn for less."""

Preset = Literal["hour", "day", "all", "custom"]
PRESETS: tuple[Preset, ...] = ("hour", "day", "all")


class Shown(msgspec.Struct, frozen=True):
    """The part of a signal's readings that a page shows.

    Attributes:
        whole: from the first reading that may be seen to the last.
    """

    preset: Preset
    period: Period
    whole: Period


async def whole_span(visit: Visit, signal: SignalId) -> Period | None:
    """Return the span from the first to the last reading that somebody may see; None: none."""
    historian, now = visit.application.historian, visit.application.clock.now()
    within = Period(BEGINNING, Instant(now + US_PER_DAY))
    parts = await visit.ask(
        visit.application.authorizer.visible_periods, machine_of(signal), within
    )
    if not parts:
        return None
    start, end = parts[0].start, parts[-1].end
    first = await visit.ask(
        historian.readings,
        RangeQuery(signal, Period(start, Instant(start + 1)), include_before=False),
    )
    last = await visit.ask(
        historian.readings,
        RangeQuery(signal, Period(Instant(end - 1), end), include_after=False),
    )
    stamps = [*first.column("ts").to_pylist(), *last.column("ts").to_pylist()]
    inside = [stamp for stamp in stamps if start <= stamp < end]
    if not inside:
        return None
    return Period(Instant(min(inside)), Instant(max(inside) + 1))


def chosen(request: Request, visit: Visit, whole: Period) -> Shown:
    """Return the part of the whole span that a request asks for.

    Raises:
        Invalid: for a time that cannot be read, or an end before the start.
    """
    query = request.query_params
    if query.get("from") or query.get("to"):
        start = _instant(query.get("from"), visit, whole.start)
        end = _instant(query.get("to"), visit, whole.end)
        return Shown("custom", Period(start, end), whole)
    wanted = [name for name in PRESETS if name == query.get("range")]
    preset: Preset = wanted[0] if wanted else "day"
    return Shown(preset, _preset(preset, whole), whole)


def _preset(preset: Preset, whole: Period) -> Period:
    lengths = {"hour": US_PER_HOUR, "day": US_PER_DAY}
    if preset not in lengths:
        return whole
    return Period(max(whole.start, Instant(whole.end - lengths[preset])), whole.end)


def _instant(text: str | None, visit: Visit, default: Instant) -> Instant:
    """Read RFC 3339, or the civil time of a form field in the reader's zone."""
    if not text:
        return default
    try:
        civil = dt.datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"cannot read the time {text[:40]!r}: expected such as 2027-01-31T12:00"
        raise Invalid(msg) from error
    if civil.tzinfo is None:
        return civil_to_instant(civil, visit.zone)
    return parse_instant(text)


def field_value(at: Instant, visit: Visit) -> str:
    """Write an instant as a form field holds it: civil time of the reader, to the second."""
    return f"{to_datetime(at, visit.zone):%Y-%m-%dT%H:%M:%S}"


def zoomed(period: Period, whole: Period, factor: tuple[int, int]) -> Period:
    """Return a period around the same middle, longer or shorter, within the whole."""
    length = max(SPAN_MIN_US, period.duration_us * factor[0] // factor[1])
    middle = (period.start + period.end) // 2
    return within(Instant(middle - length // 2), Instant(middle - length // 2 + length), whole)


def moved(period: Period, whole: Period, direction: int) -> Period:
    """Return the period half its length earlier (-1) or later (1), within the whole."""
    step = direction * period.duration_us // 2
    return within(Instant(period.start + step), Instant(period.end + step), whole)


def within(start: Instant, end: Instant, whole: Period) -> Period:
    """Return a period of that length moved into the whole, or the whole if it is longer."""
    length = min(end - start, whole.duration_us)
    first = min(max(start, whole.start), whole.end - length)
    return Period(Instant(first), Instant(first + length))
