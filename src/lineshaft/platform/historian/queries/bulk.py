"""The decimals of many signals over a long time, as arrays: for whoever adds up a whole history.

Ten million readings are as many numbers to add up and nothing to look at one by one. They come
here in slices of bounded size, in the order of time, without anything that a sum does not need;
the segments that they stand in are told by their headers alone.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    HOURS_PER_DAY,
    US_PER_HOUR,
    SourceEpoch,
    StoreFile,
)
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.model import BulkSlice, SegmentHashes
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files

SLICE_ROWS_MAX = 1_000_000
"""Rows of a slice; a single day may have more."""
_LAST_NUMBER = 2**63 - 1
_NOBODY = -1
"""The place of a series that nobody has asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class BulkReader:
    """Reads what was known of some signals at an instant; each slice by itself.

    Attributes:
        sources: all there are.
    """

    database: Database
    stores: tuple[Manifest, Scanner]
    series: dict[SignalId, int]
    signals: Sequence[SignalId]
    span: Period
    known_at: Instant
    sources: Sequence[SourceEpoch]

    def slices(self) -> Iterator[BulkSlice]:
        """Yield the rows of the span in pieces, each in the order of day, signal and time."""
        manifest, _ = self.stores
        hours = self.span.start // US_PER_HOUR, (self.span.end - 1) // US_PER_HOUR
        with self.database.read() as connection:
            files = manifest.files(connection, hours)
            last = self._last_known(connection)
        place = self._places()
        for days in _parts(files):
            found = with_present_files(partial(self._slice, days, place, last))
            if len(found.ts):
                yield found

    def segments(self, source_epoch: int) -> SegmentHashes:
        """Return the hashes of the headers of a source, in the order of their numbers."""
        manifest, _ = self.stores
        with self.database.read() as connection:
            stored = manifest.headers(connection, source_epoch, 0, _LAST_NUMBER)
        return SegmentHashes(
            first_sequences=[one.header.first_sequence for one in stored],
            hashes=[hashlib.sha256(one.header_bytes).digest() for one in stored],
        )

    def _last_known(self, connection: sa.Connection) -> NDArray[np.int64]:
        """Return by number of source and epoch the last record that counts."""
        manifest, _ = self.stores
        last = np.zeros(max((one.id for one in self.sources), default=0) + 1, dtype=np.int64)
        for identity, sequence in manifest.sequences_known_at(connection, self.known_at).items():
            last[identity] = sequence
        return last

    def _places(self) -> NDArray[np.int64]:
        """Return by number of a series its place among the signals."""
        result = np.full(max(self.series.values()) + 1, _NOBODY)
        for place, signal in enumerate(self.signals):
            if signal in self.series:
                result[self.series[signal]] = place
        return result

    def _slice(
        self, days: tuple[int, int], place: NDArray[np.int64], last: NDArray[np.int64]
    ) -> BulkSlice:
        manifest, scanner = self.stores
        hours = days[0] * HOURS_PER_DAY, days[1] * HOURS_PER_DAY - 1
        with self.database.read() as connection:
            files = manifest.files(connection, hours)
        wanted = min(self.series.values()), max(self.series.values())
        bounds = (
            max(self.span.start, days[0] * US_PER_DAY),
            min(self.span.end, days[1] * US_PER_DAY),
        )
        found = scanner.decimals(files, (*wanted, *bounds))
        is_known = found["sequence"] <= last[found["source_epoch"]]
        found["place"] = place[found.pop("series")]
        chosen = is_known & (found["place"] != _NOBODY)
        if not chosen.all():
            found = {name: column[chosen] for name, column in found.items()}
        return _in_order(BulkSlice(**found))


def _parts(files: Sequence[StoreFile]) -> Iterator[tuple[int, int]]:
    """Divide the days of files into parts of few rows; a day of several files is one by itself.

    So only rows of such days ever have to be put in order.
    """
    open_at, behind, rows = None, 0, 0
    days = groupby(sorted(files, key=_day), key=_day)
    for day, listed in ((day, list(found)) for day, found in days):
        count = sum(file.rows for file in listed)
        if open_at is not None and (len(listed) > 1 or rows + count > SLICE_ROWS_MAX):
            yield open_at, behind
            open_at = None
        if len(listed) > 1:
            yield day, day + 1
            continue
        if open_at is None:
            open_at, rows = day, 0
        behind, rows = day + 1, rows + count
    if open_at is not None:
        yield open_at, behind


def _day(file: StoreFile) -> int:
    return file.hour // HOURS_PER_DAY


def _in_order(found: BulkSlice) -> BulkSlice:
    """Return rows in the order of day, place, time and sequence, as day files have them."""
    day = found.ts // US_PER_DAY
    keys = (day, found.place, found.ts, found.sequence)
    if columns.is_ordered(*keys):
        return found
    order = np.lexsort(keys[::-1])
    names = ("place", "ts", "mantissa", "exponent", "sequence", "source_epoch", "is_decimal")
    return BulkSlice(**{name: getattr(found, name)[order] for name in names})
