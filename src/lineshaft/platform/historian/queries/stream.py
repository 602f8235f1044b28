"""A range of one signal, however long, in bounded pieces.

The span that is read at once follows from how dense the records are, so that neither a year of one
record a day takes 365 reads nor an hour of a vibration sensor has to fit into memory.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.reading import SourceId
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import RangeQuery

PIECE_ROWS_MAX = 50_000
"""Rows of one piece of a stream."""
SPAN_ROWS = 200_000
"""Rows that are read at once, by the estimate of the zone map."""
SPAN_US_MIN = 1_000
SPAN_US_FIRST = 3_600 * US_PER_S
SPAN_US_MAX = 366 * 86_400 * US_PER_S


class Place(msgspec.Struct, frozen=True, order=True):
    """A record's place in a range: behind it a stream goes on."""

    ts: Instant
    source: SourceId
    epoch: int
    sequence: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read `ts,source,epoch,sequence`; the instant in microseconds.

        Raises:
            Invalid: when it is no such text.
        """
        ts, _, rest = text.partition(",")
        source, *numbers = rest.rsplit(",", 2)
        try:
            epoch, sequence = map(int, numbers)
            return cls(Instant(int(ts)), SourceId(source), epoch, sequence)
        except ValueError as error:
            msg = f"cannot go on behind {text[:80]!r}: expected ts,source,epoch,sequence of a row"
            raise Invalid(msg) from error

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return f"{self.ts},{self.source},{self.epoch},{self.sequence}"


class RangeStream(msgspec.Struct, frozen=True):
    """A range in pieces (`RANGE_SCHEMA`), as the historian knew it at one instant."""

    known_at: Instant
    pieces: Iterator[pa.Table]


class RangeSource(msgspec.Struct, frozen=True):
    """What a stream reads from.

    Attributes:
        rows: returns the records of a range as `RANGE_SCHEMA`.
        zones: returns the zone entries of the signal in a period (`ZONE_DTYPE`).
    """

    rows: Callable[[RangeQuery], pa.Table]
    zones: Callable[[Period], NDArray[np.void]]


def pieces(
    source: RangeSource, query: RangeQuery, after: Place | None = None
) -> Iterator[pa.Table]:
    """Yield the records of a range as `RANGE_SCHEMA`, at most `PIECE_ROWS_MAX` rows at once.

    Args:
        source: answers one range; it is asked span by span.
        query: the whole range; its neighbours come with the first and the last span.
        after: leave out this record and those before it.
    """
    start, end = query.period.start, query.period.end
    at = start if after is None else Instant(max(start, min(after.ts, end)))
    width = SPAN_US_FIRST
    while at < end:
        span = _span(source, at, end, width)
        part = replace(
            query,
            period=span,
            include_before=query.include_before and at == start,
            include_after=query.include_after and span.end == end,
        )
        table = source.rows(part)
        yield from _cut(table if after is None else _behind(table, after))
        at, width = span.end, min(2 * span.duration_us, SPAN_US_MAX)


def _span(source: RangeSource, at: Instant, end: Instant, width: int) -> Period:
    """Choose the next span: as wide as it may be, with about `SPAN_ROWS` records at most."""
    span = Period(at, Instant(min(end, at + width)))
    while (
        rows := rows_about(source.zones(span), span)
    ) > SPAN_ROWS and span.duration_us > SPAN_US_MIN:
        shorter = min(span.duration_us // 2, span.duration_us * SPAN_ROWS // rows)
        span = Period(at, Instant(at + max(shorter, SPAN_US_MIN)))
    return span


def rows_about(zones: NDArray[np.void], period: Period) -> int:
    """Estimate how many records lie in a period, as if they lay evenly in each file.

    Args:
        zones: the zone entries of the series (`ZONE_DTYPE`).
        period: which part of them.
    """
    first, last = zones["first_ts"], zones["last_ts"]
    inside = np.minimum(last + 1, period.end) - np.maximum(first, period.start)
    share = np.clip(inside, 0, None) / (last + 1 - first)
    return int(np.ceil((zones["rows"] * share).sum()))


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, PIECE_ROWS_MAX):
        yield table.slice(start, PIECE_ROWS_MAX)


def _behind(table: pa.Table, after: Place) -> pa.Table:
    """Leave out the rows up to a place; only those of its own instant need a closer look."""
    ts = columns.array(table, "ts")
    rows = np.flatnonzero(ts == after.ts)
    passed = int(np.searchsorted(ts, after.ts, side="left"))
    for row in table.take(pa.array(rows)).to_pylist():
        place = Place(row["ts"], row["source"], row["epoch"], row["sequence"])
        passed += place <= after
    return table.slice(passed)
