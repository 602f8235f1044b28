"""The manifest in SQL."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from lineshaft.core.period import Period
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.platform.historian.backup.losses import LossManifest
from lineshaft.platform.historian.desk_rows import DeskRows
from lineshaft.platform.historian.intake.manifest import CommitManifest
from lineshaft.platform.historian.model import (
    US_PER_HOUR,
    RefusalEntry,
    RefusedSegment,
    SourceEpoch,
    StoredBeat,
)
from lineshaft.platform.historian.proof.path_rows import PathRows
from lineshaft.platform.historian.queries.manifest import FleetRows
from lineshaft.platform.historian.remains import RemainsRows
from lineshaft.platform.historian.rollups.manifest import RollupRows
from lineshaft.platform.historian.rows import to_source_epoch
from lineshaft.platform.historian.segments import SegmentStore
from lineshaft.platform.historian.sql import LIKE_ESCAPE, escaped, insert_new, parts, upsert
from lineshaft.platform.historian.tables import (
    BEAT,
    CORRECTION,
    REFUSAL,
    REFUSED_SEGMENT,
    SERIES,
    SOURCE_EPOCH,
)

_BIGINT_MAX = 2**63 - 1
_SERIES_IDS = sa.select(SERIES.c.signal, SERIES.c.id).where(
    SERIES.c.signal.in_(sa.bindparam("signals", expanding=True))
)
_SIGNALS = sa.select(SERIES.c.id, SERIES.c.signal).where(
    SERIES.c.id.in_(sa.bindparam("ids", expanding=True))
)
_ALL_SERIES = sa.select(SERIES.c.signal, SERIES.c.id)
_SERIES_OF = _ALL_SERIES.where(
    SERIES.c.signal.startswith(sa.bindparam("machine"), escape=LIKE_ESCAPE)
)
_SOURCE_EPOCHS = sa.select(SOURCE_EPOCH)
_SOURCE_EPOCH = _SOURCE_EPOCHS.where(
    SOURCE_EPOCH.c.source == sa.bindparam("of"), SOURCE_EPOCH.c.epoch == sa.bindparam("of_epoch")
)


class ManifestStore(
    CommitManifest,
    SegmentStore,
    LossManifest,
    DeskRows,
    RemainsRows,
    RollupRows,
    FleetRows,
    PathRows,
):
    """What is in which file, and how far each source has come."""

    # ---- names and marks

    def intern_series(self, connection: sa.Connection, signals: Iterable[str]) -> dict[str, int]:
        """Return the numbers of signals; those without one get one, for ever."""
        wanted = sorted(set(signals))
        known = self.series_ids(connection, wanted)
        missing = [{"signal": signal} for signal in wanted if signal not in known]
        if missing:
            insert_new(connection, SERIES, missing)
            known = self.series_ids(connection, wanted)
        return known

    def series_ids(self, connection: sa.Connection, signals: Iterable[str]) -> dict[str, int]:
        """Return the numbers of those signals that have one."""
        found: dict[str, int] = {}
        for part in parts(list(signals)):
            found |= _pairs(connection, _SERIES_IDS, {"signals": part})
        return found

    def signals(self, connection: sa.Connection, ids: Iterable[int]) -> dict[int, SignalId]:
        """Return the signals of numbers."""
        found: dict[int, SignalId] = {}
        for part in parts(list(ids)):
            found |= _pairs(connection, _SIGNALS, {"ids": part})
        return found

    def series_of(
        self, connection: sa.Connection, machines: Iterable[str] | None
    ) -> dict[SignalId, int]:
        """Return every signal of machines, or of all, with its number."""
        if machines is None:
            return _pairs(connection, _ALL_SERIES)
        found: dict[SignalId, int] = {}
        for machine in machines:
            found |= _pairs(connection, _SERIES_OF, {"machine": escaped(f"{machine}/")})
        return found

    def intern_source(self, connection: sa.Connection, source: SourceId, epoch: int) -> SourceEpoch:
        """Return a source and epoch with its mark; a new one starts at no mark."""
        row = {
            "source": source,
            "epoch": epoch,
            "number": 0,
            "sequence": 0,
            "header_hash": NO_PREVIOUS,
            "known_at": 0,
        }
        found = self.source_epoch(connection, source, epoch)
        if found is None:
            insert_new(connection, SOURCE_EPOCH, [row])
            found = self.source_epoch(connection, source, epoch)
        assert found is not None  # noqa: S101 - it was just inserted in this transaction
        return found

    def source_epoch(
        self, connection: sa.Connection, source: SourceId, epoch: int
    ) -> SourceEpoch | None:
        """Return a source and epoch with its mark, or None."""
        values = {"of": source, "of_epoch": epoch}
        row = connection.execute(_SOURCE_EPOCH, values).one_or_none()
        return None if row is None else to_source_epoch(row)

    def source_epochs(self, connection: sa.Connection) -> list[SourceEpoch]:
        """Return every source and epoch with its mark, in (source, epoch) order."""
        rows = map(to_source_epoch, connection.execute(_SOURCE_EPOCHS))
        # In Python: the order of texts is the database's own business.
        return sorted(rows, key=lambda one: (one.source, one.epoch))

    # ---- corrections, refusals, latest values

    def corrected_hours(
        self, connection: sa.Connection, series: int, period: Period
    ) -> frozenset[int]:
        """Return the hours of a period in which records of a series were corrected."""
        query = sa.select(CORRECTION.c.ts).where(
            CORRECTION.c.series == series,
            CORRECTION.c.ts >= period.start,
            CORRECTION.c.ts < period.end,
        )
        return frozenset(ts // US_PER_HOUR for ts in connection.execute(query).scalars())

    def refusals(
        self,
        connection: sa.Connection,
        machine: str | None,
        period: Period | None,
        after: tuple[int, ...] | None,
        limit: int,
    ) -> list[RefusalEntry]:
        """Return refusals behind (ts, source and epoch, sequence), in that order."""
        table = REFUSAL.c
        order = (table.ts, table.source_epoch, table.sequence)
        query = (
            sa.select(SERIES.c.signal, *order, table.detail, table.known_at)
            .join(SERIES, SERIES.c.id == table.series)
            .order_by(*order)
            .limit(limit)
        )
        if machine is not None:
            query = query.where(table.machine == machine)
        if period is not None:
            query = query.where(table.ts >= period.start, table.ts < period.end)
        if after is not None:
            query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
        return [RefusalEntry(*row) for row in connection.execute(query)]

    # ---- beats and refused segments

    def write_beats(self, connection: sa.Connection, beats: Iterable[StoredBeat]) -> None:
        """Write the last beat of sources."""
        names = StoredBeat.__struct_fields__
        values = [{name: getattr(beat, name) for name in names} for beat in beats]
        if values:
            upsert(connection, BEAT, values)

    def last_beat(self, connection: sa.Connection, source: SourceId) -> StoredBeat | None:
        """Return the last beat of a source."""
        row = connection.execute(sa.select(BEAT).where(BEAT.c.source == source)).one_or_none()
        return None if row is None else StoredBeat(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name

    def keep_refused(
        self, connection: sa.Connection, refused: RefusedSegment, sha256: bytes, bytes_max: int
    ) -> None:
        """Keep a refused segment; the oldest give way when all together exceed `bytes_max`."""
        table = REFUSED_SEGMENT.c
        again = sa.update(REFUSED_SEGMENT).where(table.sha256 == sha256)
        if connection.execute(again.values(times=table.times + 1)).rowcount:
            return
        values = msgspec.structs.asdict(refused)
        del values["id"]
        values |= {"sha256": sha256, "size": len(refused.data)}
        values["number"] = min(refused.number, _BIGINT_MAX)
        connection.execute(sa.insert(REFUSED_SEGMENT).values(values))
        total = connection.execute(sa.select(sa.func.sum(table.size))).scalar_one()
        oldest = sa.select(table.id, table.size).order_by(table.id)
        while total > bytes_max:
            identity, size = connection.execute(oldest.limit(1)).one()
            connection.execute(sa.delete(REFUSED_SEGMENT).where(table.id == identity))
            total -= size

    def refused_segments(
        self, connection: sa.Connection, after: int, limit: int
    ) -> list[RefusedSegment]:
        """Return refused segments behind a number, the oldest first."""
        columns = [REFUSED_SEGMENT.c[name] for name in RefusedSegment.__struct_fields__]
        query = sa.select(*columns).where(REFUSED_SEGMENT.c.id > after)
        rows = connection.execute(query.order_by(REFUSED_SEGMENT.c.id).limit(limit))
        return [RefusedSegment(*row) for row in rows]


def _pairs(
    connection: sa.Connection, query: Any, values: Mapping[str, Any] | None = None
) -> dict[Any, Any]:
    return {row[0]: row[1] for row in connection.execute(query, values)}
