"""From an invoice line down to the stored readings, a page at a time."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any

import pyarrow as pa
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import Page, PageRequest
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.segment.header import Header
from lineshaft.core.value import Columns, from_columns
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import SYSTEM_WORKER
from lineshaft.services.evidence.model import LineReading
from lineshaft.services.metering.clocks.model import by_source, widened
from lineshaft.services.metering.model import EvidenceRange, UsageRecord

FIRST_SPAN_US = 900 * US_PER_S
"""A page of a signal at one reading per second stands in a quarter of an hour."""
SPAN_GROWTH = 8
"""A quiet month is reached after five steps."""
HEADERS_AT_ONCE = 64
_DETAILED = (RecordKind.CORRECTION, RecordKind.REFUSAL)
_Key = tuple[int, int, str, int, int]
"""Place of the usage record, then the order of the historian: (ts, source, epoch, sequence)."""


def page_behind(
    historian: Historian, records: Sequence[tuple[int, UsageRecord]], page: PageRequest
) -> Page[LineReading]:
    """Return a page of the records that usage records rest on, in the order of time.

    The record in force at the start of the period comes first. Where a clock was wrong, these are
    the records between the stamps that the period's can have. The historian is asked for growing
    spans of time, so that neither a busy nor a quiet signal makes a page slow.

    Args:
        historian: holds the readings.
        records: usage records of the line with their places in the document.
        page: how many, and behind which cursor.

    Raises:
        Invalid: when the cursor is none that we gave.
    """
    after = _from_cursor(page.after) if page.after else None
    found: list[LineReading] = []
    for place, record in records:
        if after is not None and place < after[0]:
            continue
        for reading in _readings(historian, place, record, after):
            if len(found) == page.size:
                return Page(_with_segments(historian, records, found), _cursor(found[-1]))
            found.append(reading)
    return Page(_with_segments(historian, records, found), None)


def _readings(
    historian: Historian, place: int, record: UsageRecord, after: _Key | None
) -> Iterator[LineReading]:
    """Yield the readings of all signals of a usage record, in one order."""
    of_signals = (
        _of_signal(historian, (place, record), signal, after) for signal in record.meter.signals
    )
    return merge(*of_signals, key=_key)


def _of_signal(
    historian: Historian, placed: tuple[int, UsageRecord], signal: SignalId, after: _Key | None
) -> Iterator[LineReading]:
    place, record = placed
    stamps = widened(by_source(record.clock_offsets), record.period)
    start = stamps.start
    if after is not None and after[0] == place:
        start = Instant(max(start, after[1]))
    is_first = True
    span_us = FIRST_SPAN_US
    while start < stamps.end:
        end = Instant(min(start + span_us, stamps.end))
        query = RangeQuery(
            signal=signal,
            period=Period(start, end),
            known_at=record.known_at,
            include_before=is_first and start == stamps.start,
            include_after=False,
            sources=frozenset(
                part.source for part in record.ranges if record.signal_of(part) == signal
            ),
        )
        for row in _rows(historian.readings(SYSTEM_WORKER, query)):
            reading = _reading(place, signal, row)
            if after is None or _key(reading) > after:
                yield reading
        start, span_us, is_first = end, span_us * SPAN_GROWTH, False


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=1_000):
        yield from batch.to_pylist()


def _reading(place: int, signal: SignalId, row: dict[str, Any]) -> LineReading:
    kind = RecordKind(row["kind"])
    is_detailed = kind in _DETAILED
    text = None if is_detailed else row["text"]
    own_ts = row["own_ts"]
    return LineReading(
        usage=place,
        signal=signal,
        source=SourceId(row["source"]),
        epoch=row["epoch"],
        sequence=row["sequence"],
        ordinal=row["ordinal"],
        segment=None,
        ts=Instant(row["ts"]),
        own_ts=None if own_ts is None else Instant(own_ts),
        kind=kind,
        status=row["status"],
        value=from_columns(Columns(row["mantissa"], row["exponent"], row["number"], text)),
        detail=row["text"] if is_detailed else None,
    )


def _with_segments(
    historian: Historian,
    records: Sequence[tuple[int, UsageRecord]],
    readings: Sequence[LineReading],
) -> list[LineReading]:
    """Name the segment of each reading: the header whose range of records it lies in."""
    ranges = {
        (place, record.signal_of(part), part.source, part.epoch): part
        for place, record in records
        for part in record.ranges
    }
    by_range: dict[tuple[int, SignalId, SourceId, int], list[int]] = {}
    for reading in readings:
        key = (reading.usage, reading.signal, reading.source, reading.epoch)
        by_range.setdefault(key, []).append(reading.sequence)
    segments: dict[tuple[SourceId, int, int], int] = {}
    for key, sequences in by_range.items():
        if key in ranges:
            found = _segments_of(historian, ranges[key], sorted(set(sequences)))
            segments |= {(*key[2:], sequence): number for sequence, number in found.items()}
    return [replace(r, segment=segments.get((r.source, r.epoch, r.sequence))) for r in readings]


def _segments_of(
    historian: Historian, part: EvidenceRange, sequences: Sequence[int]
) -> dict[int, int]:
    """Return the segment of each record, from ascending sequences; neighbours share a look."""
    result: dict[int, int] = {}
    pending = list(sequences)
    while pending:
        headers = _headers_around(historian, part, pending[0])
        firsts = [header.first_sequence for header in headers]
        left = []
        for sequence in pending:
            place = bisect_right(firsts, sequence) - 1
            if place >= 0 and sequence <= headers[place].last_sequence:
                result[sequence] = headers[place].number
            else:
                left.append(sequence)
        pending = left if len(left) < len(pending) else left[1:]
    return result


def _headers_around(historian: Historian, part: EvidenceRange, sequence: int) -> list[Header]:
    """Find some headers of which one covers a record; none when no header of the range does.

    Segments of a source have much the same size, so the second look is mostly the last.
    """
    low, high = part.first_header, part.last_header
    guess = (low + high) // 2
    while low <= high:
        first = max(low, min(guess, high) - HEADERS_AT_ONCE // 2)
        last = min(high, first + HEADERS_AT_ONCE - 1)
        stored = historian.headers(SYSTEM_WORKER, part.source, part.epoch, first, last)
        headers = [one.header for one in stored]
        if not headers or headers[0].first_sequence <= sequence <= headers[-1].last_sequence:
            return headers
        if sequence < headers[0].first_sequence:
            high = first - 1
        else:
            low = last + 1
        records = headers[-1].last_sequence - headers[0].first_sequence + 1
        guess = first + (sequence - headers[0].first_sequence) * len(headers) // records
        guess = max(guess, low)
    return []


def _key(reading: LineReading) -> _Key:
    return (reading.usage, reading.ts, reading.source, reading.epoch, reading.sequence)


def _cursor(reading: LineReading) -> str:
    return ",".join(map(str, _key(reading)))


def _from_cursor(cursor: str) -> _Key:
    try:
        place, ts, source, epoch, sequence = cursor.split(",")
        return int(place), int(ts), source, int(epoch), int(sequence)
    except ValueError as error:
        msg = f"cannot give the page behind {cursor[:80]!r}: expected a cursor of an earlier page"
        raise Invalid(msg) from error
