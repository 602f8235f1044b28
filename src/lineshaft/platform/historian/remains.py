"""What is left of deleted blocks, in SQL: tombstones, and runs of segments that are gone.

A node takes 39 bytes: a segment has at most 1,000 blocks and 1,000 records.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.segment.tombstone import Tombstone
from lineshaft.platform.historian.deleted import DeletedSegment, Remains
from lineshaft.platform.historian.tables import SEGMENT_DELETED, TOMBSTONE

_OF: Any = sa.bindparam("of")
_FIRST: Any = sa.bindparam("first")
_LAST: Any = sa.bindparam("last")
_STONES = sa.select(TOMBSTONE.c.number, TOMBSTONE.c.nodes).where(
    TOMBSTONE.c.source_epoch == _OF, TOMBSTONE.c.number.between(_FIRST, _LAST)
)
_GONE = sa.select(SEGMENT_DELETED.c.first_number, SEGMENT_DELETED.c.last_number).where(
    SEGMENT_DELETED.c.source_epoch == _OF,
    SEGMENT_DELETED.c.first_number <= _LAST,
    SEGMENT_DELETED.c.last_number >= _FIRST,
)
_RECORDS = [
    sa.select(table.c.source_epoch, sa.func.sum(table.c.records)).group_by(table.c.source_epoch)
    for table in (TOMBSTONE, SEGMENT_DELETED)
]
_NODE = struct.Struct("<BHHH32s")


class RemainsRows:
    """The part of the manifest that knows what was deleted."""

    def remains(
        self, connection: sa.Connection, source_epoch: int, first: int, last: int
    ) -> Remains:
        """Return what is left of the deleted blocks of segments with numbers `first` to `last`."""
        values = {"of": source_epoch, "first": first, "last": last}
        return Remains(
            {number: _unpack(nodes) for number, nodes in connection.execute(_STONES, values)},
            [(low, high) for low, high in connection.execute(_GONE, values)],
        )

    def deleted_records(self, connection: sa.Connection) -> dict[int, int]:
        """Return by source and epoch how many records were deleted."""
        found: dict[int, int] = {}
        for query in _RECORDS:
            for source_epoch, records in connection.execute(query):
                found[source_epoch] = found.get(source_epoch, 0) + int(records)
        return found

    def write_tombstones(
        self, connection: sa.Connection, stones: Mapping[tuple[int, int], Sequence[Tombstone]]
    ) -> None:
        """Put tombstones in the place of those of the same segments.

        Args:
            connection: of the transaction that deletes the rows.
            stones: by source and epoch and number of the segment.
        """
        self._forget_tombstones(connection, list(stones))
        rows = [
            {
                "source_epoch": source_epoch,
                "number": number,
                "records": sum(one.record_count for one in nodes),
                "nodes": _pack(nodes),
            }
            for (source_epoch, number), nodes in stones.items()
        ]
        if rows:
            connection.execute(sa.insert(TOMBSTONE), rows)

    def write_deleted(self, connection: sa.Connection, gone: Sequence[DeletedSegment]) -> None:
        """Note segments of which nothing is left; their tombstones go as well."""
        self._forget_tombstones(connection, [(one.source_epoch, one.number) for one in gone])
        for one in gone:
            self._extend(connection, one)

    def _forget_tombstones(
        self, connection: sa.Connection, segments: Sequence[tuple[int, int]]
    ) -> None:
        statement = sa.delete(TOMBSTONE).where(
            TOMBSTONE.c.source_epoch == sa.bindparam("of"),
            TOMBSTONE.c.number == sa.bindparam("at"),
        )
        if segments:
            keys = [{"of": source_epoch, "at": number} for source_epoch, number in segments]
            connection.execute(statement, keys)

    def _extend(self, connection: sa.Connection, one: DeletedSegment) -> None:
        """Add a segment to the run before it and join that with the run behind it."""
        table = SEGMENT_DELETED.c
        of_source = table.source_epoch == one.source_epoch
        touching = (table.last_number == one.number - 1) | (table.first_number == one.number + 1)
        query = sa.select(SEGMENT_DELETED).where(of_source, touching)
        runs = connection.execute(query).all()
        firsts = [run.first_number for run in runs]
        connection.execute(
            sa.delete(SEGMENT_DELETED).where(of_source, table.first_number.in_(firsts))
        )
        run = {
            "source_epoch": one.source_epoch,
            "first_number": min([*firsts, one.number]),
            "last_number": max([*(run.last_number for run in runs), one.number]),
            "records": one.records + sum(run.records for run in runs),
        }
        connection.execute(sa.insert(SEGMENT_DELETED).values(run))


def _pack(stones: Sequence[Tombstone]) -> bytes:
    return b"".join(
        _NODE.pack(one.level, one.index, one.leaf_count, one.record_count, one.node)
        for one in stones
    )


def _unpack(nodes: bytes) -> tuple[Tombstone, ...]:
    return tuple(
        Tombstone(index, node, records, level, leaves)
        for level, index, leaves, records, node in _NODE.iter_unpack(nodes)
    )
