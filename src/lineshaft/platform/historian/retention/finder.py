"""Finds the whole blocks that a deletion means, a day at a time, and what holds them."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import HOURS_PER_DAY, US_PER_HOUR
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.retention import blocks
from lineshaft.platform.historian.retention.blocks import Blocks
from lineshaft.platform.historian.retention.guards import Guards
from lineshaft.platform.historian.retention.model import HeldBlocks

HEADERS_AT_ONCE = 256
"""Segments whose rows are looked at together: at most 256,000 records."""


class Wanted(msgspec.Struct, frozen=True):
    """What shall be deleted: what series said in a period.

    Attributes:
        series: signals by number.
        signals: their numbers, ascending.
    """

    series: dict[int, SignalId]
    period: Period

    @property
    def condition(self) -> str:
        """SQL that holds for rows of the series."""
        return f"series IN ({', '.join(map(str, sorted(self.series)))})"


class Found(msgspec.Struct, frozen=True):
    """What can be deleted of a day, what is held, and what waits for a correction's target.

    Attributes:
        postponed: blocks of corrections whose targets stay for now.
    """

    blocks: Blocks
    held: tuple[HeldBlocks, ...]
    postponed: int = 0


class Finder:
    """Looks for blocks within one view of the manifest."""

    def __init__(
        self, connection: sa.Connection, manifest: Manifest, scanner: Scanner, guards: Guards
    ) -> None:
        """Look at what `connection` sees."""
        self._connection, self._manifest, self._scanner = connection, manifest, scanner
        self._guards = guards

    def days(self, wanted: Wanted, *, with_held: bool) -> list[int]:
        """Return the days (since 1970-01-01) in which there may be something to delete.

        Args:
            wanted: what shall be deleted.
            with_held: also days on which all is held for certain.
        """
        period, found = wanted.period, set()
        for series, signal in wanted.series.items():
            zones = self._manifest.zones(self._connection, series)
            for first, last in zip(
                zones.entries["first_ts"].tolist(), zones.entries["last_ts"].tolist(), strict=True
            ):
                low, high = max(first, period.start), min(last + 1, period.end)
                if low >= high:
                    continue
                if with_held or not self._guards.spares(
                    signal, Period(Instant(low), Instant(high))
                ):
                    found |= set(range(low // US_PER_DAY, (high - 1) // US_PER_DAY + 1))
        return sorted(found)

    def of_day(self, wanted: Wanted, day: int) -> Found:
        """Find what can be deleted of the blocks that end on a day."""
        span = Period(Instant(day * US_PER_DAY), Instant((day + 1) * US_PER_DAY))
        part = span.intersection(wanted.period)
        if part is None:
            return Found(blocks.join([]), ())
        found = blocks.join(list(self._whole(wanted, day, part)))
        held_parts: list[HeldBlocks] = []
        is_free = np.ones(len(found), dtype=np.bool_)
        for series in np.unique(found.series).tolist():
            mine = np.flatnonzero(found.series == series)
            signal, its_blocks = wanted.series[series], found.where(mine)
            for hold, chosen in self._guards.held(self._connection, signal, its_blocks):
                rows = int(its_blocks.rows[chosen].sum())
                held_parts.append(HeldBlocks(hold, signal, int(chosen.sum()), rows))
                is_free[mine[chosen]] = False
        free = found.where(is_free)
        waits = self._waiting(free)
        return Found(free.where(~waits), tuple(held_parts), int(waits.sum()))

    def _whole(self, wanted: Wanted, day: int, part: Period) -> Iterator[Blocks]:
        """Yield the blocks that end on a day and lie wholly within the period."""
        for source_epoch, headers in self._segments(wanted, day, part):
            rows = self._rows_of(wanted, source_epoch, headers)
            found = blocks.find(rows, headers)
            inside = (found.min_ts >= wanted.period.start) & (found.max_ts < wanted.period.end)
            yield found.where(inside & (found.max_ts // US_PER_DAY == day))

    def _segments(
        self, wanted: Wanted, day: int, part: Period
    ) -> Iterator[tuple[int, list[Header]]]:
        """Yield the segments with records of the series on a day, some of one source at a time."""
        hours = day * HOURS_PER_DAY, day * HOURS_PER_DAY + HOURS_PER_DAY - 1
        files = self._manifest.files(self._connection, hours)
        where = f"{wanted.condition} AND ts >= ? AND ts < ?"
        names = ("source_epoch", "sequence")
        rows = self._scanner.rows(files, where, (part.start, part.end), names)
        source = columns.array(rows, "source_epoch")
        sequence = columns.array(rows, "sequence")
        for source_epoch in np.unique(source).tolist():
            sequences = np.unique(sequence[source == source_epoch])
            for headers in self._headers(source_epoch, sequences):
                yield source_epoch, headers

    def _headers(self, source_epoch: int, sequences: NDArray[np.int64]) -> Iterator[list[Header]]:
        """Yield the headers of the segments that some records stand in."""
        at = 0
        while at < len(sequences):
            number = self._manifest.number_of(self._connection, source_epoch, int(sequences[at]))
            first = number or 1
            stored = self._manifest.headers(
                self._connection, source_epoch, first, first + HEADERS_AT_ONCE - 1
            )
            firsts = np.array([one.header.first_sequence for one in stored], dtype=np.int64)
            end = int(np.searchsorted(sequences, stored[-1].header.last_sequence, side="right"))
            touched = np.unique(np.searchsorted(firsts, sequences[at:end], side="right") - 1)
            yield [stored[index].header for index in touched.tolist()]
            at = end

    def _rows_of(self, wanted: Wanted, source_epoch: int, headers: Sequence[Header]) -> pa.Table:
        sequences = headers[0].first_sequence, headers[-1].last_sequence
        hours = (
            min(header.min_ts for header in headers) // US_PER_HOUR,
            max(header.max_ts for header in headers) // US_PER_HOUR,
        )
        files = self._manifest.files(self._connection, hours, sequences)
        where = f"source_epoch = ? AND sequence BETWEEN ? AND ? AND {wanted.condition}"
        return self._scanner.rows(files, where, (source_epoch, *sequences), blocks.NAMES)

    # ---- corrections

    def _waiting(self, found: Blocks) -> NDArray[np.bool_]:
        """Tell which blocks correct a record that stays: without them, it would be in force again.

        A correction goes with its target or after it, never before.
        """
        waits = np.zeros(len(found), dtype=np.bool_)
        going = set(
            zip(
                found.source_epoch.tolist(),
                found.number.tolist(),
                found.series.tolist(),
                strict=True,
            )
        )
        numbers = {
            (one.source, one.epoch): one.id
            for one in self._manifest.source_epochs(self._connection)
        }
        for index in np.flatnonzero(found.has_correction).tolist():
            for detail in self._details(found, index):
                target = numbers.get((detail.source, detail.epoch), 0)
                place = self._place(found, index, target, detail.sequence)
                waits[index] |= place is not None and place not in going
        return waits

    def _details(self, found: Blocks, index: int) -> Iterator[CorrectionDetail]:
        sequences = int(found.first_sequence[index]), int(found.last_sequence[index])
        where = "series = ? AND source_epoch = ? AND sequence BETWEEN ? AND ? AND kind = ?"
        values = (int(found.series[index]), int(found.source_epoch[index]), *sequences)
        files = self._manifest.files(self._connection, self._hours(found, index), sequences)
        rows = self._scanner.rows(files, where, (*values, int(RecordKind.CORRECTION)))
        for text in rows.column("text").to_pylist():
            try:
                yield CorrectionDetail.decode(text or "")
            except Invalid:
                continue

    def _place(
        self, found: Blocks, index: int, source_epoch: int, sequence: int
    ) -> tuple[int, int, int] | None:
        """Return the block of a record that is stored; its instant is that of its correction."""
        series = int(found.series[index])
        files = self._manifest.files(
            self._connection, self._hours(found, index), (sequence, sequence)
        )
        where = "series = ? AND source_epoch = ? AND sequence = ?"
        if not self._scanner.rows(files, where, (series, source_epoch, sequence)).num_rows:
            return None
        number = self._manifest.number_of(self._connection, source_epoch, sequence)
        return source_epoch, number or 0, series

    def _hours(self, found: Blocks, index: int) -> tuple[int, int]:
        return int(found.min_ts[index]) // US_PER_HOUR, int(found.max_ts[index]) // US_PER_HOUR
