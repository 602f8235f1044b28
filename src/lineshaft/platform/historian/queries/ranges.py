"""A range of one signal with its neighbours: what a meter and a proof need."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import Instant, Period
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import (
    NEVER,
    RANGE_SCHEMA,
    US_PER_HOUR,
    ZONE_DTYPE,
    RangeQuery,
    SourceEpoch,
    StoreFile,
    ZoneRows,
)
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.scan import Scanner

NO_ZONES = ZoneRows([], np.zeros(0, dtype=ZONE_DTYPE))
_FOREVER = 1 << 62
FILES_AT_ONCE_MIN = 16
FILES_AT_ONCE_MAX = 4_096
"""Files whose zone entries are looked at in one step of a search for a neighbour."""


class RangeReader:
    """Answers one range query within one read transaction."""

    def __init__(
        self, connection: sa.Connection, manifest: Manifest, scanner: Scanner, query: RangeQuery
    ) -> None:
        """Prepare to answer `query` from what `connection` sees."""
        self._connection, self._manifest, self._scanner = connection, manifest, scanner
        self._query = query
        ids = manifest.series_ids(connection, [query.signal])
        self._series = ids.get(query.signal, 0)
        self._sources = manifest.source_epochs(connection)
        self._inside = NO_ZONES
        self._last_sequences = {
            one.id: sequence
            for one, sequence in self._known_sequences()
            if query.sources is None or one.source in query.sources
        }

    def _known_sequences(self) -> list[tuple[SourceEpoch, int]]:
        """Return how far each source and epoch was stored at the instant that is asked for."""
        if self._query.known_at is None:
            return [(one, one.mark.sequence) for one in self._sources]
        known = self._manifest.sequences_known_at(self._connection, self._query.known_at)
        return [(one, known[one.id]) for one in self._sources if one.id in known]

    def rows(self) -> pa.Table:
        """Return the rows of the period and of its neighbouring instants as `RANGE_SCHEMA`."""
        period = self._query.period
        # One hour more on either side: there the neighbours mostly are.
        hours = period.start // US_PER_HOUR - 1, period.end // US_PER_HOUR + 1
        self._inside = self._manifest.zones(self._connection, self._series, hours)
        entries = self._inside.entries
        overlaps = (entries["first_ts"] < period.end) & (entries["last_ts"] >= period.start)
        touched = [self._inside.files[index] for index in np.flatnonzero(overlaps).tolist()]
        files = {file.id: file for file in touched}
        instants: set[int] = set()
        for wanted, is_before in (
            (self._query.include_before, True),
            (self._query.include_after, False),
        ):
            if wanted:
                found, seen = self._neighbours(is_before=is_before)
                instants |= found
                beside = {instant // US_PER_HOUR for instant in found}
                files |= {
                    file.id: file
                    for file in seen
                    if any(file.hour <= hour <= file.last_hour for hour in beside)
                }
        spans = [(period.start, period.end), *((one, one + 1) for one in sorted(instants))]
        in_order = sorted(files.values(), key=lambda file: (file.min_ts, file.id))
        rows = self._known(self._scanner.series_rows(in_order, self._series, spans))
        known_at, span = self._query.known_at, self._span(rows)
        self._manifest.require_known(self._connection, self._series, span, known_at)
        return to_range(columns.ordered(rows, columns.ranks(self._sources)), self._sources)

    def _span(self, rows: pa.Table) -> Period:
        """Return what the answer depends on: from the last good reading before to the next."""
        period, ts = self._query.period, columns.array(rows, "ts")
        is_good = columns.is_good_reading(
            columns.array(rows, "kind"), columns.array(rows, "status")
        )
        start, end = int(period.start), int(period.end)
        if self._query.include_before:
            start = int(ts[is_good & (ts < start)].max(initial=-_FOREVER))
        if self._query.include_after:
            end = int(ts[is_good & (ts >= end)].min(initial=_FOREVER)) + 1
        return Period(Instant(start), Instant(end))

    def _known(self, rows: pa.Table) -> pa.Table:
        """Leave out what was not known then, or comes from other sources."""
        last = self._last_by_number()
        is_known = columns.array(rows, "sequence") <= last[columns.array(rows, "source_epoch")]
        return rows if is_known.all() else rows.filter(pa.array(is_known))

    def _last_by_number(self) -> NDArray[np.int64]:
        """Return the last record that counts by number of source and epoch; 0 for none."""
        last = np.zeros(max((one.id for one in self._sources), default=0) + 1, dtype=np.int64)
        for identity, sequence in self._last_sequences.items():
            last[identity] = sequence
        return last

    # ---- neighbours

    def _neighbours(self, *, is_before: bool) -> tuple[set[int], list[StoreFile]]:
        """Find the nearest state row and the nearest good reading outside the period.

        What zone entries do not tell is asked of the files themselves, one question for all files
        of a step; a step looks at twice as many as the one before it.

        Returns:
            Their instants, and the files that were looked at.
        """
        search = _Nearest(self._query, is_before=is_before)
        seen: dict[int, StoreFile] = {}
        for zones in self._outwards(is_before=is_before):
            new = [index for index, file in enumerate(zones.files) if file.id not in seen]
            seen |= {zones.files[index].id: zones.files[index] for index in new}
            untold = [
                zones.files[index]
                for index in new
                if not self._is_told(zones.files[index], zones.entries[index], search)
            ]
            self._look(search, untold)
            if search.is_done(self._beyond(zones, search)) or self._is_past(zones, search):
                break
        return search.instants(), list(seen.values())

    def _beyond(self, zones: ZoneRows, search: "_Nearest") -> int:
        """Return how far off every file is that was not among the entries so far."""
        assert zones.reached is not None  # noqa: S101 - `_outwards` ends before
        return search.distance_of(zones.reached) + 1

    def _is_past(self, zones: ZoneRows, search: "_Nearest") -> bool:
        """Tell whether the sources that are asked for have nothing beyond what was looked at."""
        assert zones.reached is not None  # noqa: S101 - `_outwards` ends before
        if self._query.sources is None:
            return False
        first, last = self._stamps
        outermost = (first if search.is_before else last) // US_PER_HOUR
        return search.distance_of(outermost) <= search.distance_of(zones.reached)

    def _outwards(self, *, is_before: bool) -> Iterator[ZoneRows]:
        """Yield zone entries from the edge of the period outwards.

        Every file that has an hour between the edge and the hour that was reached is among them.
        """
        period = self._query.period
        hour = (period.start if is_before else period.end) // US_PER_HOUR
        reached = hour - 1 if is_before else hour + 1
        low, high = min(hour, reached), max(hour, reached)
        files = self._inside.files
        known = [i for i, one in enumerate(files) if one.hour <= high and one.last_hour >= low]
        yield ZoneRows([files[i] for i in known], self._inside.entries[known], reached)
        limit = FILES_AT_ONCE_MIN
        while True:
            zones = self._manifest.zones_beside(
                self._connection, self._series, reached, is_before=is_before, limit=limit
            )
            if zones.reached is None:
                return
            yield zones
            reached = zones.reached
            limit = min(2 * limit, FILES_AT_ONCE_MAX)

    def _look(self, search: "_Nearest", files: Sequence[StoreFile]) -> None:
        """Ask files for what is nearest in them, where that can be nearer than what was found."""
        nearer = [file for file in files if not search.is_done(search.distance(file))]
        if not nearer:
            return
        first, last = self._stamps
        wanted = [one for one in nearer if one.min_ts <= last and one.max_ts >= first]
        edge, sequences = search.edge, self._last_by_number().tolist()
        found = self._scanner.nearest(
            wanted, (self._series, edge, sequences), is_before=search.is_before
        )
        for name, instant in zip(("state", "good"), found, strict=True):
            search.offer(name, instant)

    @cached_property
    def _stamps(self) -> tuple[int, int]:
        """First and last stamp of the sources that are asked for, as far as they were known."""
        known_at = Instant(_FOREVER) if self._query.known_at is None else self._query.known_at
        stamps = self._manifest.stamps_known_at(self._connection, known_at)
        mine = [stamps[one] for one in self._last_sequences if one in stamps]
        first = min((stamp for stamp, _ in mine), default=_FOREVER)
        return first, max((stamp for _, stamp in mine), default=-_FOREVER)

    def _is_told(self, file: StoreFile, entry: np.void, search: "_Nearest") -> bool:
        """Take what the zone entry tells; return whether that is the whole truth."""
        known_at = self._query.known_at
        all_known = known_at is None or file.known_at <= known_at
        first, last = int(entry["first_ts"]), int(entry["last_ts"])
        is_outside = last < search.edge if search.is_before else first >= search.edge
        if first >= search.edge if search.is_before else last < search.edge:
            return True
        if not (all_known and is_outside and self._query.sources is None):
            return False
        side = "last" if search.is_before else "first"
        for name in ("state", "good"):
            instant = int(entry[f"{side}_{name}_ts"])
            search.offer(name, None if instant == NEVER else instant)
        return True


class _Nearest:
    """The nearest instants on one side of a period so far."""

    def __init__(self, query: RangeQuery, *, is_before: bool) -> None:
        self.is_before = is_before
        self.edge = query.period.start if is_before else query.period.end
        self._found: dict[str, int] = {}
        self._choose: Callable[..., int] = max if is_before else min

    def offer(self, name: str, instant: int | None) -> None:
        """Offer an instant on this side."""
        if instant is not None:
            self._found[name] = self._choose(self._found.get(name, instant), instant)

    def distance_of(self, hour: int) -> int:
        """Return how many hours lie between the edge and an hour on this side."""
        edge = self.edge // US_PER_HOUR
        return edge - hour if self.is_before else hour - edge

    def distance(self, file: StoreFile) -> int:
        """Return how near a file may have a row, in hours."""
        return self.distance_of(file.last_hour if self.is_before else file.hour)

    def is_done(self, distance: int) -> bool:
        """Tell whether nothing that is so far off can be nearer than what was found."""
        farthest = max(
            (self.distance_of(instant // US_PER_HOUR) for instant in self._found.values()),
            default=0,
        )
        return len(self._found) == 2 and farthest < distance

    def instants(self) -> set[int]:
        """Return the instants that were found."""
        return set(self._found.values())


def to_range(rows: pa.Table, sources: Sequence[SourceEpoch]) -> pa.Table:
    """Return sorted rows of one series as `RANGE_SCHEMA`."""
    number = np.zeros(max((source.id for source in sources), default=0) + 1, dtype=np.int64)
    number[[source.id for source in sources]] = np.arange(len(sources))
    chosen = pa.array(number[columns.array(rows, "source_epoch")])
    names = pa.array([source.source for source in sources], pa.string())
    epochs = pa.array([source.epoch for source in sources], pa.uint32())
    given = {"source": names.take(chosen), "epoch": epochs.take(chosen)}
    arrays = [
        given[field.name] if field.name in given else rows.column(field.name).cast(field.type)
        for field in RANGE_SCHEMA
    ]
    return pa.table(arrays, schema=RANGE_SCHEMA)
