"""What the historian needs from others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from numpy.typing import NDArray

from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment.tombstone import Tombstone
from lineshaft.platform.historian.deleted import DeletedSegment, Remains
from lineshaft.platform.historian.model import (
    Commit,
    Loss,
    NewStoreFile,
    PackedRollup,
    RefusalEntry,
    RefusedSegment,
    SourceEpoch,
    StoredBeat,
    StoredHeader,
    StoredReading,
    StoreFile,
    ZoneRows,
)
from lineshaft.platform.historian.packed import HeldPath, HeldPaths, SegmentRun
from lineshaft.security.authorisation.model import Actor, Resource


class Authorizer(Protocol):
    """Decides who may; `security.authorisation` has it."""

    def authorize(self, actor: Actor, action: str, resource: Resource) -> None:
        """Pass, or raise Forbidden."""
        ...

    def permitted(self, actor: Actor, action: str, resources: Sequence[Resource]) -> list[Resource]:
        """Return those of a list that the actor may act on."""
        ...


class SourceKeys(Protocol):
    """The keys of sources; `security.identity` has them."""

    def source_secret(self, source: SourceId, epoch: int) -> tuple[bytes, Ed25519PublicKey]:
        """Return the salt secret and the public key of a source that was let in.

        Raises:
            NotFound: when it was not, or its key has no such epoch.
        """
        ...


class Enrolment(Protocol):
    """Answers sources that ask to be let in; `security.identity` does it."""

    def __call__(self, request: EnrolRequest) -> EnrolAnswer:
        """Answer a request; intake adds the mark."""
        ...


class Delivery(Protocol):
    """A message of the segment stream."""

    @property
    def data(self) -> bytes:
        """Its bytes."""
        ...

    async def ack(self) -> None:
        """Say that it is done and must not come again."""
        ...


class SegmentQueue(Protocol):
    """Where segments come from."""

    async def fetch(self, messages_max: int, wait_s: float) -> Sequence[Delivery]:
        """Return what is there, in order; none after `wait_s` seconds."""
        ...


class Announcer(Protocol):
    """Where notices go."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Send a message to whoever listens."""
        ...


class RollupWriter(Protocol):
    """Keeps the roll-ups of closed days; `rollups` has them."""

    def on_day(
        self, day: int, table: pa.Table, *, is_whole: bool = True
    ) -> Callable[[sa.Connection], None]:
        """Sum up series of a day whose files are about to be registered.

        Called outside of any transaction, for one part of the series after the other; the writing
        alone happens in the transaction that registers the files.

        Args:
            day: days since 1970-01-01.
            table: rows (`columns.SCHEMA`, sorted) of some series in that day.
            is_whole: whether these are all rows that the series have there. They are not of a
                series with more rows than `DAY_SERIES_ROWS_MAX`: it has no roll-up.

        Returns:
            What writes the roll-ups of these series and this day, in the place of earlier ones.
        """
        ...


class HeldSeries(Protocol):
    """Which series are held: what is billed from them must stay provable; `retention.held`."""

    def is_held(self, signal: str) -> bool:
        """Tell whether a signal is held now; it is asked for each block that comes."""
        ...


class Manifest(Protocol):
    """What is in which file, and how far each source has come; `store.ManifestStore`."""

    def intern_series(self, connection: sa.Connection, signals: Iterable[str]) -> dict[str, int]:
        """Return the numbers of signals; those without one get one, for ever."""
        ...

    def series_ids(self, connection: sa.Connection, signals: Iterable[str]) -> dict[str, int]:
        """Return the numbers of those signals that have one."""
        ...

    def signals(self, connection: sa.Connection, ids: Iterable[int]) -> dict[int, SignalId]:
        """Return the signals of numbers."""
        ...

    def series_of(
        self, connection: sa.Connection, machines: Iterable[str] | None
    ) -> dict[SignalId, int]:
        """Return every signal of machines, or of all, with its number."""
        ...

    def intern_source(self, connection: sa.Connection, source: SourceId, epoch: int) -> SourceEpoch:
        """Return a source and epoch with its mark; a new one starts at no mark."""
        ...

    def source_epoch(
        self, connection: sa.Connection, source: SourceId, epoch: int
    ) -> SourceEpoch | None:
        """Return a source and epoch with its mark, or None."""
        ...

    def source_epochs(self, connection: sa.Connection) -> list[SourceEpoch]:
        """Return every source and epoch with its mark, in (source, epoch) order."""
        ...

    def last_known_at(self, connection: sa.Connection) -> Instant:
        """Return the instant of the last commit; 0 before the first."""
        ...

    def settle(self, connection: sa.Connection, now: Instant) -> Instant:
        """Keep and return an instant that every commit from now on is later than."""
        ...

    def sequences_known_at(self, connection: sa.Connection, known_at: Instant) -> dict[int, int]:
        """Return by source and epoch the last record that was stored at an instant."""
        ...

    def stamps_known_at(
        self, connection: sa.Connection, known_at: Instant
    ) -> dict[int, tuple[Instant, Instant]]:
        """Return by source and epoch the first and last stamp of what was stored at an instant."""
        ...

    def write(self, connection: sa.Connection, commit: Commit, now: Instant) -> Instant:
        """Write a commit and return its instant, later than that of every commit before it."""
        ...

    def stored_hash(
        self, connection: sa.Connection, source_epoch: int, number: int
    ) -> bytes | None:
        """Return the hash of a stored header."""
        ...

    def headers(
        self, connection: sa.Connection, source_epoch: int, first: int, last: int
    ) -> list[StoredHeader]:
        """Return the headers with numbers from `first` to `last`, in order."""
        ...

    def header_hashes(
        self, connection: sa.Connection, source_epochs: Sequence[int]
    ) -> dict[int, list[tuple[int, bytes]]]:
        """Return by source and epoch of each segment its first record and its header's hash."""
        ...

    def first_young(self, connection: sa.Connection, source_epoch: int) -> int | None:
        """Return the number of the oldest segment of a source that has a row of its own."""
        ...

    def put_run(self, connection: sa.Connection, run: SegmentRun) -> int:
        """Put a run in the place of the rows of its segments; return how many there were."""
        ...

    def add_paths(self, connection: sa.Connection, found: Iterable[HeldPaths]) -> None:
        """Write paths of segments that have none yet."""
        ...

    def put_paths(self, connection: sa.Connection, found: HeldPaths) -> None:
        """Write paths of a series; where segments have one already, it is replaced."""
        ...

    def paths_of(
        self, connection: sa.Connection, source_epoch: int, series: int, numbers: tuple[int, int]
    ) -> list[HeldPath]:
        """Return the paths of a series in segments from one number to another, in order."""
        ...

    def paths_of_many(
        self,
        connection: sa.Connection,
        source_epoch: int,
        series: Sequence[int],
        numbers: tuple[int, int],
    ) -> dict[int, dict[int, HeldPath]]:
        """Return the paths of many series by series, then by number of the segment."""
        ...

    def pack_paths(
        self, connection: sa.Connection, source_epoch: int, numbers: tuple[int, int]
    ) -> None:
        """Gather the paths of segments from one number to another: one row for each series."""
        ...

    def number_of(self, connection: sa.Connection, source_epoch: int, sequence: int) -> int | None:
        """Return the number of the segment that a record stands in."""
        ...

    def files(
        self,
        connection: sa.Connection,
        hours: tuple[int, int] | None = None,
        source_range: tuple[int, int] | None = None,
    ) -> list[StoreFile]:
        """Return the files of hours (both included) that may hold records of a sequence range."""
        ...

    def zones(
        self, connection: sa.Connection, series: int, hours: tuple[int, int] | None = None
    ) -> ZoneRows:
        """Return the zone entries of a series in hours (both included)."""
        ...

    def zones_beside(
        self, connection: sa.Connection, series: int, hour: int, *, is_before: bool, limit: int
    ) -> ZoneRows:
        """Return the entries of a series in the days next before or after an hour."""
        ...

    def unsettled(self, connection: sa.Connection) -> list[StoreFile]:
        """Return every file of the days in which something is not in day files yet."""
        ...

    def series_rows(
        self, connection: sa.Connection, files: Sequence[StoreFile]
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return of each file its series, in order, and how many rows each has."""
        ...

    def replace(
        self,
        connection: sa.Connection,
        old: Sequence[StoreFile],
        new: Sequence[NewStoreFile],
        now: Instant,
    ) -> bool:
        """Put files in the place of those they were made of; False when one is gone already."""
        ...

    def are_live(
        self, connection: sa.Connection, files: Sequence[StoreFile], *, is_locking: bool = False
    ) -> bool:
        """Tell whether files are all still listed; SQLite gives the numbers of gone ones again."""
        ...

    def merged_before(self, connection: sa.Connection, instant: Instant) -> list[str]:
        """Return the paths of files that were merged away before an instant."""
        ...

    def forget_merged(self, connection: sa.Connection, paths: Sequence[str]) -> None:
        """Forget merged files that were unlinked."""
        ...

    def paths(self, connection: sa.Connection) -> frozenset[str]:
        """Return the paths of all files that are registered, merged ones included."""
        ...

    def begin_lease(self, connection: sa.Connection, since: Instant, until: Instant) -> int:
        """Keep what is live at an instant on the disk until another one; return the lease."""
        ...

    def renew_lease(self, connection: sa.Connection, lease: int, until: Instant) -> bool:
        """Make a lease last longer; return whether it was still there."""
        ...

    def end_lease(self, connection: sa.Connection, lease: int) -> None:
        """Give a lease back."""
        ...

    def oldest_lease(self, connection: sa.Connection, now: Instant) -> Instant | None:
        """Return since when the oldest lease lasts that has not run out."""
        ...

    def clear_leases(self, connection: sa.Connection, now: Instant) -> None:
        """Forget leases that have run out."""
        ...

    def losses(
        self, connection: sa.Connection, series: int | None = None, span: Period | None = None
    ) -> list[Loss]:
        """Return what is lost of a series, or of all, in a period."""
        ...

    def write_losses(self, connection: sa.Connection, losses: Sequence[Loss]) -> None:
        """Write down what is lost."""
        ...

    def require_known(
        self, connection: sa.Connection, series: int, span: Period, known_at: Instant | None
    ) -> None:
        """Pass when nothing that a question is about is lost; raise RowsLost or KnowledgeCut."""
        ...

    def corrected_hours(
        self, connection: sa.Connection, series: int, period: Period
    ) -> frozenset[int]:
        """Return the hours of a period in which records of a series were corrected."""
        ...

    def refusals(
        self,
        connection: sa.Connection,
        machine: str | None,
        period: Period | None,
        after: tuple[int, ...] | None,
        limit: int,
    ) -> list[RefusalEntry]:
        """Return refusals behind (ts, source and epoch, sequence), in that order."""
        ...

    def remains(
        self, connection: sa.Connection, source_epoch: int, first: int, last: int
    ) -> Remains:
        """Return what is left of the deleted blocks of segments with numbers `first` to `last`."""
        ...

    def deleted_records(self, connection: sa.Connection) -> dict[int, int]:
        """Return by source and epoch how many records were deleted."""
        ...

    def write_tombstones(
        self, connection: sa.Connection, stones: Mapping[tuple[int, int], Sequence[Tombstone]]
    ) -> None:
        """Put tombstones (by source and epoch, number) in the place of those of the segments."""
        ...

    def write_deleted(self, connection: sa.Connection, gone: Sequence[DeletedSegment]) -> None:
        """Note segments of which nothing is left; their tombstones go as well."""
        ...

    def forget_rollups(self, connection: sa.Connection, day: int, series: Sequence[int]) -> None:
        """Forget the roll-ups of series on a day: the rows that are left are read instead."""
        ...

    def forget_rollups_known_after(self, connection: sa.Connection, at: Instant) -> None:
        """Forget the roll-ups that may have been made of rows known after an instant."""
        ...

    def note_outlived(self, connection: sa.Connection, days: Iterable[tuple[int, int]]) -> None:
        """Note series and days (since 1970-01-01) of which rows go and the roll-up stays."""
        ...

    def outlived(
        self, connection: sa.Connection, days: Iterable[int]
    ) -> frozenset[tuple[int, int]]:
        """Return the series and days of roll-ups that have outlived rows of theirs."""
        ...

    def write_rollups(
        self,
        connection: sa.Connection,
        day: int,
        series: Sequence[int],
        packed: Sequence[tuple[int, bytes]],
    ) -> None:
        """Write the roll-ups of a day, in the place of all that `series` have there.

        Args:
            connection: of the transaction that registers the files of the day.
            day: days since 1970-01-01.
            series: whose rows were summed up.
            packed: series and bytes of those that have a roll-up.
        """
        ...

    def rollups(
        self, connection: sa.Connection, series: Sequence[int], days: tuple[int, int]
    ) -> list[PackedRollup]:
        """Return the roll-ups of series on days (both included), by series and day."""
        ...

    def fleet_zones(
        self,
        connection: sa.Connection,
        series: Sequence[int],
        hours: tuple[int, int],
        *,
        below_level: int | None = None,
    ) -> ZoneRows:
        """Return the zone entries of series, ascending, in hours; of lower levels or of all."""
        ...

    def first_hour(self, connection: sa.Connection) -> int | None:
        """Return the earliest hour of which anything is stored; None when nothing is."""
        ...

    def latest(self, connection: sa.Connection, series: Sequence[int]) -> dict[int, StoredReading]:
        """Return the last state row in force of each series that has one."""
        ...

    def latest_stamps(self, connection: sa.Connection, series: Sequence[int]) -> dict[int, Instant]:
        """Return the instant of the last state row of each series that has one."""
        ...

    def write_latest(self, connection: sa.Connection, rows: dict[int, StoredReading]) -> None:
        """Write the last state rows of series."""
        ...

    def forget_latest(self, connection: sa.Connection, series: Sequence[int]) -> None:
        """Forget the last values of series."""
        ...

    def write_beats(self, connection: sa.Connection, beats: Iterable[StoredBeat]) -> None:
        """Write the last beat of sources."""
        ...

    def last_beat(self, connection: sa.Connection, source: SourceId) -> StoredBeat | None:
        """Return the last beat of a source."""
        ...

    def keep_refused(
        self, connection: sa.Connection, refused: RefusedSegment, sha256: bytes, bytes_max: int
    ) -> None:
        """Keep a refused segment; the oldest give way when all together exceed `bytes_max`."""
        ...

    def refused_segments(
        self, connection: sa.Connection, after: int, limit: int
    ) -> list[RefusedSegment]:
        """Return refused segments behind a number, the oldest first."""
        ...


class DeskManifest(Manifest, Protocol):
    """The manifest, and how far the desk has counted; `store.ManifestStore`."""

    def desk_ordinal(self, connection: sa.Connection, source_epoch: int, series: int) -> int:
        """Return the last ordinal of a series; 0 before the first."""
        ...

    def write_desk_ordinal(
        self, connection: sa.Connection, source_epoch: int, series: int, ordinal: int
    ) -> None:
        """Keep the last ordinal of a series."""
        ...
