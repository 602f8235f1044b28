"""The spool of an edge: one SQLite file that holds everything which the hub has not stored yet.

Every commit is on the disk when it returns (WAL, `synchronous=FULL`): records, their counters, the
effective instants and the positions of recordings go together or not at all. A record leaves
`records` in the transaction that seals it, and a sealed segment leaves when the hub says that the
historian has it. The file belongs to one process at a time; its methods are called one at a time.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import astuple, replace

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId
from lineshaft.core.segment.block import decode_block, encoded_size, to_records
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.wire import (
    SEGMENT_BYTES_MAX,
    SEGMENT_RECORDS_MAX,
    ChainPosition,
    cut,
    decode_segment,
    encode_segment,
    seal,
)
from lineshaft.infrastructure.files import make_dir
from lineshaft.network.edge.errors import SpoolDamaged, SpoolTaken
from lineshaft.network.edge.numbering import LastReading, Numbering
from lineshaft.network.errors import ChainConflict
from lineshaft.network.keys import SigningKeys

FORMAT = 1
PAGES_PER_CHECKPOINT = 4_000

_SCHEMA = """
CREATE TABLE state (
    format INTEGER NOT NULL, source TEXT NOT NULL, epoch INTEGER NOT NULL,
    mark_number INTEGER NOT NULL, mark_sequence INTEGER NOT NULL, mark_hash BLOB NOT NULL,
    sealed_number INTEGER NOT NULL, sealed_sequence INTEGER NOT NULL, sealed_hash BLOB NOT NULL,
    skew_corrected INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    last_beat INTEGER, last_count INTEGER, conflict_after INTEGER, is_open INTEGER NOT NULL
) STRICT;
CREATE TABLE records (
    sequence INTEGER PRIMARY KEY, signal TEXT NOT NULL, ordinal INTEGER NOT NULL,
    kind INTEGER NOT NULL, status INTEGER NOT NULL, ts INTEGER NOT NULL, own_ts INTEGER,
    mantissa INTEGER, exponent INTEGER, number REAL, text TEXT, size INTEGER NOT NULL
) STRICT;
CREATE TABLE segments (
    number INTEGER PRIMARY KEY, first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    hash BLOB NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE signals (signal TEXT PRIMARY KEY, ordinal INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE last_readings (
    connector TEXT NOT NULL, signal TEXT NOT NULL, ts INTEGER NOT NULL, is_lost INTEGER NOT NULL,
    PRIMARY KEY (connector, signal)
) STRICT, WITHOUT ROWID;
CREATE TABLE positions (connector TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
"""
_RECORD_COLUMNS = (
    "sequence, signal, ordinal, kind, status, ts, own_ts, mantissa, exponent, number, text"
)


class SpoolState(msgspec.Struct):
    """The single values of a spool.

    Attributes:
        epoch: 0 until the hub has given one.
        mark_number, mark_sequence, mark_hash: the last segment that the historian has.
        sealed_number, sealed_sequence, sealed_hash: the last segment that was sealed.
        skew_corrected: readings of all epochs that took effect later than their own stamp.
        last_sequence: the last record that was numbered.
        last_beat: instant of the last sign of life.
        last_count: instant of the last count records.
        conflict_after: in a conflict, the last sequence that the hub has of ours; else None.
        is_open: whether a process has this spool; still true after an unclean stop.
    """

    format: int
    source: SourceId
    epoch: int
    mark_number: int
    mark_sequence: int
    mark_hash: bytes
    sealed_number: int
    sealed_sequence: int
    sealed_hash: bytes
    skew_corrected: int
    last_sequence: int
    last_beat: Instant | None
    last_count: Instant | None
    conflict_after: int | None
    is_open: bool


_Sealed = tuple[int, int, int, bytes, bytes]
"""A row of `segments`."""
_STATE_NAMES = SpoolState.__struct_fields__


class Spool:
    """The spool of one source; see the module's text."""

    def __init__(self, path: Path, source: SourceId) -> None:
        """Open the spool, or make it.

        Raises:
            SpoolTaken: when another process has it.
            SpoolDamaged: when the file is no spool of this source.
        """
        make_dir(path.parent, mode=0o700)
        self._path = path
        with ExitStack() as opened:
            self._lock = _locked(path.with_suffix(".lock"))
            opened.callback(os.close, self._lock)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            opened.callback(self._db.close)
            try:
                self._prepare(source)
            except sqlite3.DatabaseError as error:
                msg = f"cannot use the spool {path}: {error}"
                raise SpoolDamaged(msg) from error
            self.was_unclean = self.state.is_open
            self._set(is_open=True)
            opened.pop_all()
        self.sequence_at_open = self.state.last_sequence

    def _prepare(self, source: SourceId) -> None:
        for pragma in (
            "journal_mode=WAL",
            f"wal_autocheckpoint={PAGES_PER_CHECKPOINT}",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone():
            first = SpoolState(
                format=FORMAT,
                source=source,
                epoch=0,
                mark_number=0,
                mark_sequence=0,
                mark_hash=NO_PREVIOUS,
                sealed_number=0,
                sealed_sequence=0,
                sealed_hash=NO_PREVIOUS,
                skew_corrected=0,
                last_sequence=0,
                last_beat=None,
                last_count=None,
                conflict_after=None,
                is_open=False,
            )
            marks = ", ".join("?" * len(_STATE_NAMES))
            with self._transaction():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._db.execute(statement)
                self._db.execute(f"INSERT INTO state VALUES ({marks})", astuple(first))
        self.state = self._read_state()
        if (self.state.format, self.state.source) != (FORMAT, source):
            msg = f"the spool {self._path} is of source {self.state.source} in format "
            msg += f"{self.state.format}: expected {source} in format {FORMAT}"
            raise SpoolDamaged(msg)
        self._measure()

    def _read_state(self) -> SpoolState:
        row = self._db.execute(f"SELECT {', '.join(_STATE_NAMES)} FROM state").fetchone()
        state = SpoolState(*row)
        state.is_open = bool(state.is_open)
        return state

    def _measure(self) -> None:
        sums = "SELECT count(*), coalesce(sum(size), 0) FROM records"
        self.pending_count, self.pending_bytes = self._db.execute(sums).fetchone()
        (self.sealed_bytes,) = self._db.execute(
            "SELECT coalesce(sum(length(data)), 0) FROM segments"
        ).fetchone()

    @property
    def used_bytes(self) -> int:
        """Bytes of everything that waits, sealed or not."""
        return int(self.pending_bytes + self.sealed_bytes)

    def load_numbering(self) -> Numbering:
        """Return the counters as the last commit left them."""
        db = self._db
        return Numbering(
            last_sequence=self.state.last_sequence,
            ordinals=dict(db.execute("SELECT signal, ordinal FROM signals")),
            last={
                (connector, SignalId(signal)): LastReading(Instant(ts), bool(is_lost))
                for connector, signal, ts, is_lost in db.execute(
                    "SELECT connector, signal, ts, is_lost FROM last_readings"
                )
            },
            skew_corrected=self.state.skew_corrected,
        )

    def positions(self) -> dict[str, int]:
        """Return how far each connector's recording is on the disk."""
        return dict(self._db.execute("SELECT connector, position FROM positions"))

    def append(
        self, records: Sequence[Record], numbering: Numbering, positions: Mapping[str, int]
    ) -> None:
        """Commit records with the counters that number them and the positions that they reach.

        Raises:
            InvariantError: when the records do not follow the last one.
        """
        if records and records[0].sequence != self.state.last_sequence + 1:
            msg = f"record {records[0].sequence} does not follow {self.state.last_sequence}"
            raise InvariantError(msg)
        sizes = [encoded_size(record) for record in records]
        changes = numbering.changes
        with self._transaction():
            self._insert(records, sizes)
            self._db.executemany(
                "INSERT OR REPLACE INTO signals VALUES (?, ?)",
                [(signal, numbering.ordinals[signal]) for signal in changes.signals],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO last_readings VALUES (?, ?, ?, ?)",
                [(*k, numbering.last[k].ts, numbering.last[k].is_lost) for k in changes.series],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?)", positions.items()
            )
            self._db.execute(
                "UPDATE state SET last_sequence = ?, skew_corrected = ?",
                (numbering.last_sequence, numbering.skew_corrected),
            )
        numbering.take_changes()
        self.state.last_sequence = numbering.last_sequence
        self.state.skew_corrected = numbering.skew_corrected
        self.pending_count += len(records)
        self.pending_bytes += sum(sizes)

    def _insert(self, records: Iterable[Record], sizes: Iterable[int]) -> None:
        self._db.executemany(
            f"INSERT INTO records ({_RECORD_COLUMNS}, size) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    r.sequence, r.signal, r.ordinal, r.kind, r.status, r.ts, r.own_ts,
                    r.mantissa, r.exponent, r.number, r.text, size,
                )
                for r, size in zip(records, sizes, strict=True)
            ],
        )  # fmt: skip

    def seal(self, keys: SigningKeys, *, is_partial: bool) -> int:
        """Seal what makes full segments; with `is_partial`, the rest too. Returns how many.

        Nothing is sealed before the hub has given an epoch, or in a conflict.
        """
        if self.state.epoch == 0 or self.state.conflict_after is not None:
            return 0
        made: list[_Sealed] = []
        before, self.state = self.state, replace(self.state)
        counts = (self.pending_count, self.pending_bytes, self.sealed_bytes)
        try:
            with self._transaction():
                while self._has_full() or (is_partial and self.pending_count):
                    made.append(self._seal_one(keys))
                if made:
                    self._save_sealed(made)
        except BaseException:
            # memory says what the disk says
            self.state = before
            self.pending_count, self.pending_bytes, self.sealed_bytes = counts
            raise
        return len(made)

    def _has_full(self) -> bool:
        is_long = self.pending_count >= SEGMENT_RECORDS_MAX
        return bool(is_long or self.pending_bytes > SEGMENT_BYTES_MAX)

    def _seal_one(self, keys: SigningKeys) -> _Sealed:
        state = self.state
        place = ChainPosition(state.source, state.epoch, state.sealed_number + 1, state.sealed_hash)
        records = cut(self._pending(state.sealed_sequence, SEGMENT_RECORDS_MAX))
        segment = seal(records, place, keys.salt_secret, keys.private_key)
        header, data = segment.header, encode_segment(segment)
        sealed = (header.number, header.first_sequence, header.last_sequence, header.hash(), data)
        state.sealed_number, _, state.sealed_sequence, state.sealed_hash, _ = sealed
        self.pending_count -= len(records)
        self.pending_bytes -= sum(map(encoded_size, records))
        self.sealed_bytes += len(data)
        return sealed

    def _save_sealed(self, made: Sequence[_Sealed]) -> None:
        self._db.executemany("INSERT INTO segments VALUES (?, ?, ?, ?, ?)", made)
        state = self.state
        self._db.execute("DELETE FROM records WHERE sequence <= ?", (state.sealed_sequence,))
        self._update(
            {
                "sealed_number": state.sealed_number,
                "sealed_sequence": state.sealed_sequence,
                "sealed_hash": state.sealed_hash,
            }
        )

    def _pending(self, after: int, limit: int = -1) -> list[Record]:
        rows = self._db.execute(
            f"SELECT {_RECORD_COLUMNS} FROM records WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        )
        return [_record(row) for row in rows]

    def segments_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Return sealed segments above a number, in order: number and bytes."""
        return self._db.execute(
            "SELECT number, data FROM segments WHERE number > ? ORDER BY number LIMIT ?",
            (number, limit),
        ).fetchall()

    def agrees(self, number: int, header_hash: bytes) -> bool:
        """Tell whether a history that ends with this segment is the beginning of ours."""
        if number == self.state.mark_number:
            return header_hash == self.state.mark_hash
        row = self._db.execute("SELECT hash FROM segments WHERE number = ?", (number,)).fetchone()
        return row is not None and bool(row[0] == header_hash)

    def trim(self, number: int, header_hash: bytes) -> bool:
        """Let go of everything up to a segment that the historian has; tells whether it is news.

        Raises:
            ChainConflict: when the hub's segment of that number is not the one of this edge.
        """
        state = self.state
        if number < state.mark_number:
            return False
        row = (state.mark_hash, state.mark_sequence)
        if number > state.mark_number:
            row = self._db.execute(
                "SELECT hash, last_sequence FROM segments WHERE number = ?", (number,)
            ).fetchone()
        if row is None or (header_hash and header_hash != row[0]):
            msg = f"the hub has another segment {number} of {state.source}/{state.epoch} than "
            msg += "this edge: it was restored from a backup, or the hub was"
            raise ChainConflict(msg, number)
        if number == state.mark_number:
            return False
        mark = (number, row[1], row[0])
        (freed,) = self._db.execute(
            "SELECT sum(length(data)) FROM segments WHERE number <= ?", (number,)
        ).fetchone()
        with self._transaction(is_synced=False):
            self._db.execute("DELETE FROM segments WHERE number <= ?", (number,))
            self._db.execute(
                "UPDATE state SET mark_number = ?, mark_sequence = ?, mark_hash = ?", mark
            )
        state.mark_number, state.mark_sequence, state.mark_hash = mark
        self.sealed_bytes -= freed
        return True

    def note_beat(self, at: Instant) -> None:
        """Keep the instant of the last sign of life."""
        with self._transaction(is_synced=False):
            self._update({"last_beat": at})
        self.state.last_beat = at

    def note_count(self, at: Instant) -> None:
        """Keep the instant of the last count records."""
        self._set(last_count=at)

    def note_conflict(self, number: int, hub_sequence: int | None = None) -> None:
        """Stop sealing: the hub has another history from segment `number` on.

        Args:
            number: the first segment of ours that the hub does not have.
            hub_sequence: the hub's mark, where it is beyond everything that this edge knows; what
                was here at the start is then old, what came since is new.
        """
        row = self._db.execute(
            "SELECT first_sequence FROM segments WHERE number = ?", (number,)
        ).fetchone()
        after = row[0] - 1 if row else self.state.sealed_sequence
        if hub_sequence is not None:
            after = max(after, min(hub_sequence, self.sequence_at_open))
        self._set(conflict_after=after)

    def start_epoch(self, epoch: int) -> Numbering:
        """Begin the chain of an epoch; what waits is numbered anew in it. Returns the counters.

        Raises:
            InvariantError: for an epoch that is not later than the present one.
        """
        state = self.state
        if epoch <= state.epoch:
            msg = f"epoch {epoch} of {state.source} is not later than {state.epoch}"
            raise InvariantError(msg)
        after = state.mark_sequence if state.conflict_after is None else state.conflict_after
        if state.epoch == 0:
            self._set(epoch=epoch, conflict_after=None)
            return self.load_numbering()
        waiting = [r for r in self._all_waiting() if r.sequence > after]
        old = self.load_numbering()
        numbering = Numbering(last=old.last, skew_corrected=old.skew_corrected)
        records = [numbering.renumber(record) for record in waiting]
        fresh = {
            "epoch": epoch, "mark_number": 0, "mark_sequence": 0, "mark_hash": NO_PREVIOUS,
            "sealed_number": 0, "sealed_sequence": 0, "sealed_hash": NO_PREVIOUS,
            "conflict_after": None, "last_sequence": numbering.last_sequence,
        }  # fmt: skip
        with self._transaction():
            for table in ("records", "segments", "signals"):
                self._db.execute(f"DELETE FROM {table}")
            self._insert(records, map(encoded_size, records))
            self._db.executemany("INSERT INTO signals VALUES (?, ?)", numbering.ordinals.items())
            self._update(fresh)
        numbering.take_changes()
        self.state = self._read_state()
        self.sequence_at_open = 0
        self._measure()
        return numbering

    def _all_waiting(self) -> Iterator[Record]:
        for (data,) in self._db.execute("SELECT data FROM segments ORDER BY number").fetchall():
            blocks = [decode_block(block) for block in decode_segment(data).blocks]
            records = (record for block in blocks for record in to_records(block))
            yield from sorted(records, key=lambda record: record.sequence)
        yield from self._pending(0)

    def close(self, *, is_clean: bool) -> None:
        """Close the file; after a clean stop, no status records are owed at the next start."""
        if is_clean:
            self._set(is_open=False)
        self._db.close()
        os.close(self._lock)

    def _set(self, **values: Any) -> None:
        with self._transaction():
            self._update(values)
        for name, value in values.items():
            setattr(self.state, name, value)

    def _update(self, values: Mapping[str, Any]) -> None:
        assignments = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(f"UPDATE state SET {assignments}", tuple(values.values()))

    @contextmanager
    def _transaction(self, *, is_synced: bool = True) -> Iterator[None]:
        """Commit together; without `is_synced` it may be lost with the power, but not with us.

        Only what is harmless to lose goes unsynced: the hub's mark and the last beat come again.
        """
        self._db.execute(f"PRAGMA synchronous={'FULL' if is_synced else 'NORMAL'}")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # after some errors SQLite has rolled back by itself
                self._db.execute("ROLLBACK")
            raise


def _record(row: tuple[Any, ...]) -> Record:
    sequence, signal, ordinal, kind, status, ts, own_ts, *value = row
    own = None if own_ts is None else Instant(own_ts)
    kind = RecordKind(kind)
    return Record(signal, sequence, ordinal, kind, status, Instant(ts), own, *value)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        msg = f"cannot use the spool beside {path}: another process works with it"
        raise SpoolTaken(msg) from error
    return descriptor
