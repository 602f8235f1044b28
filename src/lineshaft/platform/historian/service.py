"""What can be asked of the historian."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.errors import NotFound
from lineshaft.core.pages import FIRST_PAGE, Page, PageRequest, cursor_at, place_of
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.infrastructure.backup import Progress, no_progress
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import COMMIT_LOCK
from lineshaft.platform.historian.model import (
    POINTS_MAX,
    US_PER_HOUR,
    Ahead,
    BlockProof,
    CheckReport,
    Mark,
    RangeQuery,
    RefusalEntry,
    RefusedSegment,
    SourceEpoch,
    StoredBeat,
    StoredHeader,
    StoredReading,
    StoredRefusal,
    Totals,
)
from lineshaft.platform.historian.ports import Authorizer, Manifest, SourceKeys
from lineshaft.platform.historian.proof.ahead import AheadProver
from lineshaft.platform.historian.proof.checker import Checker
from lineshaft.platform.historian.proof.keeper import PathKeeper
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.queries.ahead import read_rows
from lineshaft.platform.historian.queries.bulk import BulkReader
from lineshaft.platform.historian.queries.functions import Functions
from lineshaft.platform.historian.queries.model import ExportQuery
from lineshaft.platform.historian.queries.ranges import RangeReader
from lineshaft.platform.historian.queries.records import Export, export_pieces
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files
from lineshaft.platform.historian.queries.sql import SqlEngine, SqlQuery
from lineshaft.platform.historian.queries.stream import Place, RangeSource, RangeStream, pieces
from lineshaft.security.authorisation.model import Action, Actor, Resource

HEADERS_MAX = 10_000
"""Headers in one answer."""
SIGNALS_LISTED_MAX = 10_000
"""Signals in one answer."""
_HUB = Resource("hub", "*")
_REFUSALS, _REFUSED_SEGMENTS = "refusals", "refused segments"


class Historian:
    """Every stored record, and the proof of each; safe to share between threads."""

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        files: StoreFiles,
        authorizer: Authorizer,
        keys: SourceKeys,
    ) -> None:
        """Answer from `manifest` and `files`; ask `authorizer` first."""
        self._database, self._manifest = database, manifest
        self._authorizer = authorizer
        self._scanner, self._keys = Scanner(files), keys
        self.functions = Functions(database, manifest, files, authorizer)
        self._prover = Prover(database, manifest, self._scanner, keys)
        self._checker = Checker(database, manifest, files, self._prover, keys)
        self._sql = SqlEngine(database, manifest, self._scanner)

    # ---- values

    def latest(self, actor: Actor, signals: Sequence[SignalId]) -> dict[SignalId, StoredReading]:
        """Return for each signal that has one the reading in force with the largest instant."""
        for machine in sorted({machine_of(signal) for signal in signals}):
            self._authorize(actor, Action.READING_QUERY, machine)
        with self._database.read() as connection:
            ids = self._manifest.series_ids(connection, signals)
            found = self._manifest.latest(connection, list(ids.values()))
        return {reading.signal: reading for reading in found.values()}

    def readings(self, actor: Actor, query: RangeQuery) -> pa.Table:
        """Return the records of a signal as `RANGE_SCHEMA`, in (ts, source, epoch, sequence) order.

        All kinds and every row of an instant are there: which is in force, the reader decides.

        Raises:
            Forbidden: when the actor may not see the machine in this period.
        """
        machine = machine_of(query.signal)
        self._authorize(actor, Action.READING_QUERY, machine, query.period)
        return with_present_files(lambda: self._readings(query))

    def _readings(self, query: RangeQuery) -> pa.Table:
        with self._database.read() as connection:
            return RangeReader(connection, self._manifest, self._scanner, query).rows()

    def ahead(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> Ahead | None:
        """Return all rows of signals in a span and the blocks that they prove, read at once.

        They are those that `readings` and `proofs` would give, signal by signal. None where
        nothing is stored of any signal, or records were lost: then ask those.

        Args:
            actor: who asks.
            signals: at most `SIGNALS_AHEAD_MAX`.
            span: of stamps.
            known_at: what was known when.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
        """
        for machine in sorted({machine_of(signal) for signal in signals}):
            self._authorize(actor, Action.READING_QUERY, machine, span)
            self._authorize(actor, Action.EVIDENCE_READ, machine)
        return with_present_files(lambda: self._ahead(signals, span, known_at))

    def _ahead(self, signals: Sequence[SignalId], span: Period, known_at: Instant) -> Ahead | None:
        with self._database.read() as connection:
            stores = (self._manifest, self._scanner)
            found = read_rows(connection, stores, signals, span, known_at)
            if found is None:
                return None
            blocks = AheadProver(connection, self._manifest, self._keys).blocks(found)
            last = self._manifest.latest_stamps(connection, list(found.series.values()))
        ended = frozenset(
            signal for signal, one in found.series.items() if one in last and last[one] < span.end
        )
        return Ahead(span, known_at, found.as_range(), found.places(), blocks, ended)

    def bulk(
        self, actor: Actor, signals: Sequence[SignalId], span: Period, known_at: Instant
    ) -> BulkReader | None:
        """Return a reader of the decimals of signals in a span of stamps, known at an instant.

        None where nothing is stored of any signal, or records were lost: then ask `readings`.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
            KnowledgeCut: when what was known at that instant was given up by a restore.
        """
        for machine in sorted({machine_of(signal) for signal in signals}):
            self._authorize(actor, Action.READING_QUERY, machine, span)
            self._authorize(actor, Action.EVIDENCE_READ, machine)
        with self._database.read() as connection:
            series = self._manifest.series_ids(connection, signals)
            if not series or self._manifest.losses(connection):
                return None
            self._manifest.require_known(connection, min(series.values()), span, known_at)
            sources = self._manifest.source_epochs(connection)
        found = {SignalId(one): number for one, number in series.items()}
        stores = (self._manifest, self._scanner)
        return BulkReader(self._database, stores, found, signals, span, known_at, sources)

    def stream(self, actor: Actor, query: RangeQuery, after: Place | None = None) -> RangeStream:
        """Return a range in pieces of bounded size, all as known at one instant: now by default.

        The actor is asked for again with each piece: a right that ends meanwhile ends the stream.

        Raises:
            Forbidden: when the actor may not see the machine in this period.
        """
        self._authorize(actor, Action.READING_QUERY, machine_of(query.signal), query.period)
        with self._database.read() as connection:
            series = self._manifest.series_ids(connection, [query.signal]).get(query.signal, 0)
            now = self._manifest.last_known_at(connection)
        known_at = now if query.known_at is None else query.known_at
        source = RangeSource(
            rows=lambda part: self.readings(actor, part),
            zones=lambda period: self._zones(series, period),
        )
        return RangeStream(known_at, pieces(source, replace(query, known_at=known_at), after))

    def _zones(self, series: int, period: Period) -> NDArray[np.void]:
        hours = period.start // US_PER_HOUR, (period.end - 1) // US_PER_HOUR
        with self._database.read() as connection:
            return self._manifest.zones(connection, series, hours).entries

    def downsample(
        self, actor: Actor, signal: SignalId, period: Period, points: int = POINTS_MAX
    ) -> pa.Table:
        """Return minimum, maximum, mean and count of at most `points` buckets (`BUCKET_SCHEMA`).

        For the eye only: binary floats, of the good numeric readings that are in force. A bucket
        without any is absent. Buckets longer than half an hour are made of whole hours.

        Raises:
            Forbidden: when the actor may not see the machine in this period.
            Invalid: when `points` is not from 1 to `POINTS_MAX`.
        """
        return self.functions.downsample(actor, signal, period, points)

    def sql(self, actor: Actor, query: SqlQuery, gone: threading.Event | None = None) -> pa.Table:
        """Return the result of an analyst's SELECT over the readings of machines in a period.

        Args:
            actor: who asks.
            query: what.
            gone: is set when nobody waits for the result any more.

        Raises:
            Forbidden: when the actor may not query one of the machines in the whole period.
            SqlRefused, SqlTooLong: when it is no such SELECT, or more than its limits.
        """
        for machine in sorted(set(query.machines)):
            self._authorize(actor, Action.SQL_QUERY, machine, query.period)
        return self._sql.run(query, gone or threading.Event())

    def export(self, actor: Actor, query: ExportQuery) -> Export:
        """Return the records of signals in a period, in pieces, as known at one instant.

        Raises:
            Forbidden: when the actor may not see one of the machines in the whole period; before
                anything is read.
        """
        for machine in sorted({machine_of(signal) for signal in query.signals}):
            self._authorize(actor, Action.READING_QUERY, machine, query.period)
        with self._database.read() as connection:
            now = self._manifest.last_known_at(connection)
        known_at = now if query.known_at is None else query.known_at

        def stream(signal: SignalId) -> Iterator[pa.Table]:
            wanted = RangeQuery(
                signal, query.period, known_at, include_before=False, include_after=False
            )
            return self.stream(actor, wanted).pieces

        return Export(known_at, export_pieces(query, stream))

    def signals(
        self, actor: Actor, machines: Sequence[str] | None = None, after: str = ""
    ) -> list[SignalId]:
        """Return the signals that have stored records, in order, at most `SIGNALS_LISTED_MAX`.

        Args:
            actor: who asks; machines that he may not see are left out.
            machines: of these only; None: of all.
            after: only those behind this one.
        """
        with self._database.read() as connection:
            found = sorted(self._manifest.series_of(connection, machines))
        named = sorted({machine_of(signal) for signal in found})
        seen = {
            one.id
            for start in range(0, len(named), SIGNALS_LISTED_MAX)
            for one in self._authorizer.permitted(
                actor,
                Action.MACHINE_READ,
                [_machine(machine) for machine in named[start : start + SIGNALS_LISTED_MAX]],
            )
        }
        listed = [one for one in found if machine_of(one) in seen and one > after]
        return listed[:SIGNALS_LISTED_MAX]

    def refusals(
        self,
        actor: Actor,
        machine: str | None = None,
        period: Period | None = None,
        page: PageRequest = FIRST_PAGE,
    ) -> Page[StoredRefusal]:
        """Return what connectors could not take, in the order of instants.

        Raises:
            CursorInvalid: when the page begins behind a cursor that we never gave.
        """
        resource = Resource("machine", machine or "*", machine=machine, period=period)
        self._authorizer.authorize(actor, Action.REFUSAL_READ, resource)
        after = _place_of_refusal(page.after) if page.after else None
        with self._database.read() as connection:
            limit = page.size + 1
            found = self._manifest.refusals(connection, machine, period, after, limit)
            sources = {one.id: one for one in self._manifest.source_epochs(connection)}
        items = [_to_refusal(one, sources[one.source_epoch]) for one in found[: page.size]]
        return Page(items, _cursor(found[page.size - 1]) if len(found) == limit else None)

    # ---- sources, headers and proofs

    def sources_of(self, actor: Actor, signal: SignalId) -> list[tuple[SourceId, int]]:
        """Return the sources and epochs that have stored records of a signal, in order."""
        self._authorizer.authorize(actor, Action.EVIDENCE_READ, _machine(machine_of(signal)))
        with self._database.read() as connection:
            series = self._manifest.series_ids(connection, [signal]).get(signal, 0)
            sources = self._manifest.source_epochs(connection)
        found = with_present_files(lambda: self._source_numbers(series))
        return [(one.source, one.epoch) for one in sources if one.id in found]

    def _source_numbers(self, series: int) -> set[int]:
        with self._database.read() as connection:
            files = self._manifest.zones(connection, series).files
        return {row[0] for row in self._scanner.groups(files, "source_epoch", series)}

    def headers(
        self, actor: Actor, source: SourceId, epoch: int, first_number: int, last_number: int
    ) -> list[StoredHeader]:
        """Return the headers from one number to another, at most `HEADERS_MAX` from the first."""
        self._authorizer.authorize(actor, Action.EVIDENCE_READ, Resource("source", source))
        last = min(last_number, first_number + HEADERS_MAX - 1)
        with self._database.read() as connection:
            found = self._source(source, epoch)
            return self._manifest.headers(connection, found.id, first_number, last)

    def proofs(
        self,
        actor: Actor,
        signal: SignalId,
        source: tuple[SourceId, int],
        ordinals: tuple[int, int],
    ) -> Iterator[BlockProof]:
        """Yield the blocks of a signal that hold the ordinals from the first to the last.

        They are rebuilt from the rows, with the salt of each block and its way up to the signed
        root; a block can begin before the first ordinal and end behind the last.

        Raises:
            NotFound: when the source or epoch has stored nothing.
            ProofBroken: when the rows do not lead to a signed root.
        """
        self._authorizer.authorize(actor, Action.EVIDENCE_READ, _machine(machine_of(signal)))
        yield from self._prover.proofs(signal, self._source(*source), ordinals)

    def keep_paths(self, actor: Actor, signals: Sequence[SignalId]) -> int:
        """Store the paths that proofs of signals need, where there are none; return how many.

        Intake stores them for what is held when it comes. For what is held later this reads all
        rows of the segments without a path once; it can be stopped at any time and goes on.

        Raises:
            ProofBroken: when the rows do not lead to a signed root.
        """
        for machine in sorted({machine_of(signal) for signal in signals}):
            self._authorize(actor, Action.EVIDENCE_READ, machine)
        return PathKeeper(self._database, self._manifest, self._prover).keep(signals)

    def marks(self, actor: Actor) -> dict[tuple[SourceId, int], Mark]:
        """Return how far each source and epoch is stored."""
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        with self._database.read() as connection:
            found = self._manifest.source_epochs(connection)
        return {(one.source, one.epoch): one.mark for one in found}

    def last_stamps(self, actor: Actor, known_at: Instant) -> dict[SourceId, Instant]:
        """Return the latest stamp of each source among its records that were stored at an instant.

        A record counts whatever it is of: one that only says that a series goes on does, too.
        """
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        with self._database.read() as connection:
            stamps = self._manifest.stamps_known_at(connection, known_at)
            sources = self._manifest.source_epochs(connection)
        found: dict[SourceId, Instant] = {}
        for one in sources:
            if one.id in stamps:
                last = stamps[one.id][1]
                found[one.source] = max(found.get(one.source, last), last)
        return found

    def last_known_at(self, actor: Actor) -> Instant:
        """Return the instant of the last commit: what is known at it never changes."""
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        with self._database.read() as connection:
            return self._manifest.last_known_at(connection)

    def settle(self, actor: Actor, now: Instant) -> Instant:
        """Return an instant at which everything known stays known: what a document is rated at.

        Every later commit is known later, also when a clock is set back, so that measuring again
        with this instant gives the same bytes for ever.

        Args:
            actor: who asks.
            now: the present instant.
        """
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        with self._database.unit_of_work() as unit:
            unit.lock(COMMIT_LOCK)
            return self._manifest.settle(unit.connection, now)

    def last_beat(self, actor: Actor, source: SourceId) -> StoredBeat | None:
        """Return the last sign of life of a source."""
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        with self._database.read() as connection:
            return self._manifest.last_beat(connection, source)

    def refused_segments(
        self, actor: Actor, page: PageRequest = FIRST_PAGE
    ) -> Page[RefusedSegment]:
        """Return the damaged, forged and conflicting segments that are kept for inspection."""
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        after = int(place_of(_REFUSED_SEGMENTS, page.after, (0,))[0])
        with self._database.read() as connection:
            found = self._manifest.refused_segments(connection, after, page.size + 1)
        items = found[: page.size]
        is_more = len(found) > page.size
        return Page(items, cursor_at(_REFUSED_SEGMENTS, items[-1].id) if is_more else None)

    # ---- the store as a whole

    def totals(self, actor: Actor, source: SourceId | None = None) -> Totals:
        """Count what is stored, of one source or all, from the store files themselves."""
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        return with_present_files(lambda: self._totals(source))

    def _totals(self, source: SourceId | None) -> Totals:
        with self._database.read() as connection:
            files = self._manifest.files(connection)
            sources = self._manifest.source_epochs(connection)
            deleted = self._manifest.deleted_records(connection)
        chosen = [one for one in sources if source is None or one.source == source]
        counts = self._scanner.totals(files, [one.id for one in chosen])
        return Totals(
            *counts,
            announced=sum(one.mark.sequence for one in chosen),
            deleted=sum(deleted.get(one.id, 0) for one in chosen),
        )

    def check(
        self, actor: Actor, *, is_quick: bool = False, progress: Progress = no_progress
    ) -> CheckReport:
        """Re-read every store file and rebuild every segment; say what is wrong.

        Args:
            actor: who asks.
            is_quick: the bytes of the files and the database only.
            progress: is told how far it is.
        """
        self._authorizer.authorize(actor, Action.STATUS_READ, _HUB)
        return self._checker.check(is_quick=is_quick, progress=progress)

    def _authorize(
        self, actor: Actor, action: Action, machine: str, period: Period | None = None
    ) -> None:
        self._authorizer.authorize(actor, action, _machine(machine, period))

    def _source(self, source: SourceId, epoch: int) -> SourceEpoch:
        with self._database.read() as connection:
            found = self._manifest.source_epoch(connection, source, epoch)
        if found is None:
            msg = f"nothing is stored of the source {source} in epoch {epoch}"
            raise NotFound(msg)
        return found


def _machine(machine: str, period: Period | None = None) -> Resource:
    return Resource("machine", machine, machine=machine, period=period)


def _to_refusal(entry: RefusalEntry, source: SourceEpoch) -> StoredRefusal:
    detail = RefusalDetail.decode(entry.detail)
    return StoredRefusal(
        signal=entry.signal,
        ts=entry.ts,
        source=source.source,
        epoch=source.epoch,
        sequence=entry.sequence,
        reason=detail.reason,
        raw=detail.raw,
        raw_size=detail.raw_size,
        known_at=entry.known_at,
    )


def _cursor(entry: RefusalEntry) -> str:
    return cursor_at(_REFUSALS, entry.ts, entry.source_epoch, entry.sequence)


def _place_of_refusal(cursor: str) -> tuple[int, int, int]:
    ts, source_epoch, sequence = map(int, place_of(_REFUSALS, cursor, (0, 0, 0)))
    return ts, source_epoch, sequence
