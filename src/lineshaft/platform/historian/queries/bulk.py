"""The decimals of many signals over a long time, as arrays: for whoever adds up a whole history.

Ten million readings are as many numbers to add up and nothing to look at one by one. They come
here day by day, without anything that a sum does not need; the segments that they stand in are told
by the hashes of their headers alone. Threads that read ahead would only wait for each other, for a
day is a millisecond of many short calls; processes do not, so the days can be had in parts.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import msgspec
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import StoreFilesChanging
from lineshaft.platform.historian.model import (
    HOURS_PER_DAY,
    US_PER_HOUR,
    SourceEpoch,
    StoreFile,
)
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries import decimals
from lineshaft.platform.historian.queries.model import BulkSlice, SegmentHashes
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files

_NOBODY = -1
"""The place of a series that nobody has asked for."""


class BulkReader(msgspec.Struct, frozen=True, eq=False):
    """Reads what was known of some signals at an instant; each day by itself.

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

    def parts(self, count: int, rows_min: int) -> list["BulkPart"]:
        """Return the rows of the span in parts by time, each day whole in one of them.

        Args:
            count: how many there are at most.
            rows_min: fewer rows than twice as many stay together.
        """
        hours = self.span.start // US_PER_HOUR, (self.span.end - 1) // US_PER_HOUR
        with self.database.read() as connection:
            files = self.stores[0].files(connection, hours)
            last = self._last_known(connection)
        days, rows = _days(files), sum(file.rows for file in files)
        parts = max(1, min(count, rows // rows_min, len(days)))
        known = self._places(), last
        cuts = [len(days) * place // parts for place in range(parts + 1)]
        return [BulkPart(self, days[first:end], known) for first, end in pairwise(cuts)]

    def segments(self, source_epochs: Sequence[int]) -> dict[int, SegmentHashes]:
        """Return by source the hashes of its headers, in the order of their numbers."""
        manifest, _ = self.stores
        with self.database.read() as connection:
            stored = manifest.header_hashes(connection, source_epochs)
        return {
            of: SegmentHashes([first for first, _ in mine], [one for _, one in mine])
            for of, mine in stored.items()
        }

    def _last_known(self, connection: sa.Connection) -> NDArray[np.int64]:
        """Return by number of source and epoch the last record that counts.

        The last place is for all that have come since: nothing of them was known.
        """
        manifest, _ = self.stores
        last = np.zeros(max((one.id for one in self.sources), default=0) + 2, dtype=np.int64)
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

    def files_of(self, day: int) -> list[StoreFile]:
        """Return the files of a day as they are now."""
        hours = day * HOURS_PER_DAY, (day + 1) * HOURS_PER_DAY - 1
        with self.database.read() as connection:
            return self.stores[0].files(connection, hours)

    def wanted(self) -> tuple[int, int, int, int]:
        """Return what `decimals.read` wants: the series and the span."""
        series = self.series.values()
        return min(series), max(series), self.span.start, self.span.end


class BulkPart(msgspec.Struct, frozen=True, eq=False):
    """The rows of some days.

    Attributes:
        days: the files of each.
        known: places of series, and last records that count (`_chosen`).
    """

    reader: BulkReader
    days: Sequence[list[StoreFile]]
    known: tuple[NDArray[np.int64], NDArray[np.int64]]

    def slices(self, *, is_apart: bool = False) -> Iterator[BulkSlice]:
        """Yield the rows day by day, those of a signal together and by time.

        Args:
            is_apart: in a copy of the process, which must not ask the database.

        Raises:
            StoreFilesChanging: when a file was merged away meanwhile, in a copy of the process.
        """
        for listed in self.days:
            found = self._slice(listed, is_apart=is_apart)
            if len(found.ts):
                yield found

    def _slice(self, listed: list[StoreFile], *, is_apart: bool) -> BulkSlice:
        """Read the files of a day."""
        attempts = iter((listed,))

        def attempt() -> list[decimals.Rows]:
            # As they were listed at first; a file that was merged away meanwhile has a successor.
            files = next(attempts, None)
            if files is None:
                if is_apart:
                    msg = "cannot read the store apart from its database: files have vanished"
                    raise StoreFilesChanging(msg)
                files = self.reader.files_of(listed[0].day)
            return [self.reader.stores[1].decimals(one, self.reader.wanted()) for one in files]

        return _chosen(with_present_files(attempt), self.known)


def _days(files: Sequence[StoreFile]) -> list[list[StoreFile]]:
    """Return the files of each day."""
    return [list(listed) for _, listed in groupby(sorted(files, key=_day), key=_day)]


def _day(file: StoreFile) -> int:
    return file.day


def _chosen(
    parts: Sequence[decimals.Rows], known: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> BulkSlice:
    """Return the rows of the files of a day that are wanted and were known."""
    places, last = known
    if len(parts) == 1:
        found = dict(parts[0])
    else:
        found = {
            name: np.concatenate([np.zeros(0, kind), *(part[name] for part in parts)])
            for name, kind in decimals.KINDS.items()
        }
    found["place"] = places[found.pop("series")]
    source = np.minimum(found["source_epoch"], len(last) - 1)
    chosen = (found["sequence"] <= last[source]) & (found["place"] != _NOBODY)
    if not chosen.all():
        found = {name: column[chosen] for name, column in found.items()}
    if len(parts) > 1:  # each file by itself is in order
        order = np.lexsort((found["sequence"], found["ts"], found["place"]))
        found = {name: column[order] for name, column in found.items()}
    return BulkSlice(**found)
