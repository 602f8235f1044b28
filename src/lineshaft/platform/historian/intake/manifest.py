"""The part of the manifest that a commit writes, in SQL.

A commit of 100,000 readings may have two thousand series and a hundred segments. SQLAlchemy spends
some 10 µs on each row of parameters, more than the database itself, so these statements are
compiled once and get their rows past it.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, machine_of
from lineshaft.platform.historian.files.manifest import FileManifest
from lineshaft.platform.historian.model import (
    Commit,
    RecordEntry,
    SegmentRow,
    StoredReading,
)
from lineshaft.platform.historian.rows import latest_row, to_reading
from lineshaft.platform.historian.sql import (
    execute_rows,
    insert_rows,
    parts,
    upsert,
    upsert_statement,
)
from lineshaft.platform.historian.tables import (
    CORRECTION,
    LATEST,
    REFUSAL,
    SEGMENT,
    SERIES,
    SETTLED,
    SOURCE_EPOCH,
)

_LATEST_NAMES = tuple(column.name for column in LATEST.columns)
_SEGMENT_NAMES = tuple(column.name for column in SEGMENT.columns)
_MARK_NAMES = ("number", "sequence", "header_hash", "known_at", "identity")
_LAST_COMMITTED = sa.select(sa.func.max(SOURCE_EPOCH.c.known_at))
_LAST_SETTLED = sa.select(sa.func.max(SETTLED.c.at))
_LATEST_STAMPS = sa.select(LATEST.c.series, LATEST.c.ts).where(
    LATEST.c.series.in_(sa.bindparam("ids", expanding=True))
)
_LATEST_ROWS = (
    sa.select(LATEST, SERIES.c.signal)
    .join(SERIES, SERIES.c.id == LATEST.c.series)
    .where(LATEST.c.series.in_(sa.bindparam("ids", expanding=True)))
)


class CommitManifest(FileManifest):
    """What a commit writes; `store.ManifestStore` is the whole manifest."""

    def last_known_at(self, connection: sa.Connection) -> Instant:
        """Return the instant of the last commit or settlement; 0 before the first."""
        committed = connection.scalar(_LAST_COMMITTED)
        settled = connection.scalar(_LAST_SETTLED)
        return Instant(max(committed or 0, settled or 0))

    def settle(self, connection: sa.Connection, now: Instant) -> Instant:
        """Keep and return an instant that every commit from now on is later than.

        To be called in a transaction that no commit runs beside.
        """
        instant = Instant(max(now, self.last_known_at(connection)))
        upsert(connection, SETTLED, [{"id": 1, "at": instant}])
        return instant

    def write(self, connection: sa.Connection, commit: Commit, now: Instant) -> Instant:
        """Write a commit and return its instant, later than that of every commit before it.

        To be called in a transaction that no other commit runs beside.
        """
        known_at = Instant(max(now, self.last_known_at(connection) + 1))
        segments = [_segment_values(one, known_at) for one in commit.segments]
        execute_rows(connection, _insert_segment, _SEGMENT_NAMES, segments)
        for new in commit.files:
            self.insert_file(connection, new, known_at)
        marks = [
            (one.number, one.sequence, one.header_hash, known_at, identity)
            for identity, one in commit.marks.items()
        ]
        execute_rows(connection, _advance_mark, _MARK_NAMES, marks)
        _index(connection, commit.entries, known_at)
        if commit.latest.num_rows:
            execute_rows(connection, _advance_latest, _LATEST_NAMES, _latest_values(commit))
        return known_at

    # ---- last values

    def latest(self, connection: sa.Connection, series: Sequence[int]) -> dict[int, StoredReading]:
        """Return the last state row in force of each series that has one."""
        found = {}
        for part in parts(series):
            for row in connection.execute(_LATEST_ROWS, {"ids": part}):
                found[row.series] = to_reading(row)
        return found

    def latest_stamps(self, connection: sa.Connection, series: Sequence[int]) -> dict[int, Instant]:
        """Return the instant of the last state row of each series that has one."""
        found: dict[int, Instant] = {}
        for part in parts(series):
            rows = connection.execute(_LATEST_STAMPS, {"ids": part})
            found |= {row.series: row.ts for row in rows}
        return found

    def write_latest(self, connection: sa.Connection, rows: dict[int, StoredReading]) -> None:
        """Write the last state rows of series, whatever stood there."""
        upsert(connection, LATEST, [latest_row(one, reading) for one, reading in rows.items()])

    def forget_latest(self, connection: sa.Connection, series: Sequence[int]) -> None:
        """Forget the last values of series."""
        for part in parts(series):
            connection.execute(sa.delete(LATEST).where(LATEST.c.series.in_(part)))


# ---- statements, by the dialect that they are for


def _insert_segment(_dialect: str) -> Any:
    return sa.insert(SEGMENT)


def _advance_mark(_dialect: str) -> Any:
    return sa.update(SOURCE_EPOCH).where(SOURCE_EPOCH.c.id == sa.bindparam("identity"))


def _advance_latest(dialect: str) -> Any:
    """Write the last state row of a series where it is later than what stands there."""
    # The order of source ids is that of their bytes, whatever the database thinks of texts.
    collation = "BINARY" if dialect == "sqlite" else "C"

    def order(columns: Any) -> Any:
        source = columns.source.collate(collation)
        return sa.tuple_(columns.ts, source, columns.epoch, columns.sequence)

    return upsert_statement(
        dialect, LATEST, _LATEST_NAMES, is_newer=lambda new: order(new) > order(LATEST.c)
    )


# ---- values


def _segment_values(segment: SegmentRow, known_at: Instant) -> tuple[Any, ...]:
    """Return a segment in the order of the columns of its table."""
    header = segment.header
    return (
        segment.source_epoch,
        header.number,
        header.first_sequence,
        header.last_sequence,
        header.min_ts,
        header.max_ts,
        segment.header_bytes,
        segment.signature,
        known_at,
    )


def _latest_values(commit: Commit) -> list[tuple[Any, ...]]:
    """Return the last rows of a commit in the order of the columns of their table."""
    rows = commit.latest
    names = {one.source_epoch: one.header for one in commit.segments}
    headers = [names[one] for one in _values(rows.column("source_epoch"))]
    values: dict[str, Iterable[Any]] = {
        "source": [header.source for header in headers],
        "epoch": [header.epoch for header in headers],
    }
    values |= {name: _values(rows.column(name)) for name in _LATEST_NAMES if name not in values}
    return list(zip(*(values[name] for name in _LATEST_NAMES), strict=False))


def _values(column: pa.ChunkedArray) -> Iterable[Any]:
    """Return the values of a column; numpy makes numbers of Python ten times as fast."""
    if column.null_count == len(column):
        return repeat(None)
    if column.null_count or not pa.types.is_primitive(column.type):
        result: list[Any] = column.to_pylist()
    else:
        result = column.to_numpy().tolist()
    return result


def _index(connection: sa.Connection, entries: Sequence[RecordEntry], known_at: Instant) -> None:
    corrections, refusals = [], []
    for entry in entries:
        row = {"source_epoch": entry.source_epoch, "sequence": entry.sequence}
        row |= {"series": entry.series, "ts": entry.ts}
        if entry.kind is RecordKind.CORRECTION:
            corrections.append(row)
        else:
            detail = {"machine": machine_of(entry.signal), "detail": entry.columns.text or ""}
            refusals.append(row | detail | {"known_at": known_at})
    insert_rows(connection, CORRECTION, corrections)
    insert_rows(connection, REFUSAL, refusals)
