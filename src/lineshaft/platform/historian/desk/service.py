"""The desk: where people correct what a machine said. It is a source like any other.

A correction is a numbered record of the desk's own source: sealed, signed, committed and proven as
what an edge sends. It names the reading that it replaces, who says so and why; the reading itself
stays, and is what was known before.
"""

import threading

import msgspec
import pyarrow as pa
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.core.reading import (
    Record,
    RecordKind,
    SignalId,
    StatusCode,
    is_good,
    machine_of,
)
from lineshaft.core.segment.detail import REASON_CHARACTERS_MAX, CorrectionDetail
from lineshaft.core.value import EnumerationValue, Value, to_columns
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.desk.model import DESK, Correction, ReadingAt, RecordTarget
from lineshaft.platform.historian.errors import (
    CorrectionConflict,
    CorrectionInvalid,
    ReadingNotFound,
)
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import (
    US_PER_HOUR,
    SourceEpoch,
    StoredReading,
)
from lineshaft.platform.historian.own import MarkMoved, OwnKey, OwnKeys, sealed
from lineshaft.platform.historian.ports import Authorizer, DeskManifest
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files
from lineshaft.platform.historian.rows import row_reading
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource

_KINDS: dict[type, str] = {
    bool: "true or false",
    float: "a binary float",
    str: "a text",
    EnumerationValue: "a code with its symbol",
}
ATTEMPTS_MAX = 10
"""How often other processes may correct something between the sealing and the commit."""


class DeskParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the desk takes."""

    database: Database
    manifest: DeskManifest
    files: StoreFiles
    committer: Committer
    keys: OwnKeys
    authorizer: Authorizer
    audit: AuditChain


class _Place(msgspec.Struct, frozen=True):
    """Where the next record of the desk goes."""

    source: SourceEpoch
    series: int
    ordinal: int


class Desk:
    """Corrects readings; safe to share between threads, and beside other processes."""

    def __init__(self, parts: DeskParts) -> None:
        """Take everything; the desk becomes a source with its first correction."""
        self._parts, self._database = parts, parts.database
        self._scanner = Scanner(parts.files)
        self._lock = threading.Lock()

    def correct(
        self, actor: Actor, target: RecordTarget | ReadingAt, value: Value, reason: str
    ) -> Correction:
        """Replace a reading by another value, with the author and the reason on record.

        Args:
            actor: the author.
            target: a reading by its identity, or what is in force of a signal at an instant.
            value: of the same kind as the reading's, or None: then the reading counts as bad.
            reason: for a person.

        Raises:
            ReadingNotFound: when there is no such reading.
            CorrectionInvalid: when the value is of another kind, or there is no reason.
            CorrectionConflict: when other processes correct so much that it never was our turn.
        """
        machine = machine_of(target.signal) if isinstance(target, ReadingAt) else "*"
        self._authorize(actor, machine)
        if not (reason.strip() and len(reason) <= REASON_CHARACTERS_MAX):
            msg = f"a correction needs a reason of 1 to {REASON_CHARACTERS_MAX} characters"
            raise CorrectionInvalid(msg)
        reading = with_present_files(lambda: self._reading(target))
        self._authorize(actor, machine_of(reading.signal), reading.ts)
        _check_kind(reading, value)
        with self._lock:
            for _ in range(ATTEMPTS_MAX):
                try:
                    return self._attempt(actor, reading, value, reason)
                except MarkMoved:
                    continue
        msg = f"cannot correct {reading.signal}: others corrected something {ATTEMPTS_MAX} times"
        raise CorrectionConflict(msg)

    def reading(self, actor: Actor, target: RecordTarget | ReadingAt) -> StoredReading:
        """Return the reading that a correction of a target would replace.

        Raises:
            ReadingNotFound: when there is none.
        """
        machine = machine_of(target.signal) if isinstance(target, ReadingAt) else "*"
        self._authorize(actor, machine)
        return with_present_files(lambda: self._reading(target))

    def _authorize(self, actor: Actor, machine: str, at: Instant | None = None) -> None:
        period = None if at is None else Period(at, Instant(at + 1))
        resource = Resource("machine", machine, machine=machine, period=period)
        self._parts.authorizer.authorize(actor, Action.READING_CORRECT, resource)

    # ---- what is corrected

    def _reading(self, target: RecordTarget | ReadingAt) -> StoredReading:
        with self._database.read() as connection:
            rows = (
                self._rows_at(connection, target)
                if isinstance(target, ReadingAt)
                else self._rows_of(connection, target)
            )
            sources = {one.id: one for one in self._parts.manifest.source_epochs(connection)}
            found = [row for row in rows.to_pylist() if row["kind"] == RecordKind.READING]
            if not found:
                msg = f"there is no reading {target}"
                raise ReadingNotFound(msg)
            signals = self._parts.manifest.signals(connection, [found[0]["series"]])
        signal = signals[found[0]["series"]]
        readings = [row_reading(row, signal, sources[row["source_epoch"]]) for row in found]
        return max(readings, key=lambda one: one.order)

    def _rows_at(self, connection: sa.Connection, target: ReadingAt) -> pa.Table:
        manifest = self._parts.manifest
        series = manifest.series_ids(connection, [target.signal]).get(target.signal, 0)
        hour = target.ts // US_PER_HOUR
        files = manifest.files(connection, (hour, hour))
        return self._scanner.rows(files, "series = ? AND ts = ?", (series, target.ts))

    def _rows_of(self, connection: sa.Connection, target: RecordTarget) -> pa.Table:
        manifest, sequence = self._parts.manifest, target.sequence
        source = manifest.source_epoch(connection, target.source, target.epoch)
        if source is None or not 1 <= sequence <= source.mark.sequence:
            msg = f"there is no reading {target}"
            raise ReadingNotFound(msg)
        number = manifest.number_of(connection, source.id, sequence) or 0
        header = manifest.headers(connection, source.id, number, number)[0].header
        hours = header.min_ts // US_PER_HOUR, header.max_ts // US_PER_HOUR
        files = manifest.files(connection, hours, (sequence, sequence))
        where = "source_epoch = ? AND sequence = ?"
        return self._scanner.rows(files, where, (source.id, sequence))

    # ---- the correction

    def _attempt(
        self, actor: Actor, reading: StoredReading, value: Value, reason: str
    ) -> Correction:
        key = self._parts.keys.own_key()
        place = self._place(key, reading.signal)
        record = _record(
            reading,
            value,
            place,
            CorrectionDetail(reading.source, reading.epoch, reading.sequence, actor.id, reason),
        )
        commit = self._parts.committer.prepare(sealed([record], place.source, key))

        def guard(connection: sa.Connection) -> None:
            manifest = self._parts.manifest
            now = manifest.source_epoch(connection, DESK, key.epoch)
            if now is None or now.mark != place.source.mark:
                raise MarkMoved
            manifest.write_desk_ordinal(connection, place.source.id, place.series, place.ordinal)
            subject = f"reading/{reading.source}/{reading.epoch}/{reading.sequence}"
            detail = {
                "signal": reading.signal,
                "ts": format_instant(reading.ts),
                "reason": reason,
                "desk_sequence": record.sequence,
            }
            self._parts.audit.append(connection, actor, Action.READING_CORRECT, subject, detail)

        try:
            committed = self._parts.committer.register(commit, guard)
        except MarkMoved:
            self._parts.files.remove([new.file.path for new in commit.files])
            raise
        return Correction(DESK, key.epoch, record.sequence, reading, committed.known_at)

    def _place(self, key: OwnKey, signal: SignalId) -> _Place:
        self._parts.committer.source(DESK, key.epoch)
        with self._database.read() as connection:
            manifest = self._parts.manifest
            source = manifest.source_epoch(connection, DESK, key.epoch)
            series = manifest.series_ids(connection, [signal])[signal]
            if source is None:
                msg = "the desk was let in and is no source"
                raise CorrectionConflict(msg)
            return _Place(source, series, manifest.desk_ordinal(connection, source.id, series) + 1)


def _record(
    reading: StoredReading, value: Value, place: _Place, detail: CorrectionDetail
) -> Record:
    columns = to_columns(value)
    detail = replace(detail, new_text=columns.text)
    return Record(
        signal=reading.signal,
        sequence=place.source.mark.sequence + 1,
        ordinal=place.ordinal,
        kind=RecordKind.CORRECTION,
        status=StatusCode.BAD if value is None else StatusCode.GOOD,
        ts=reading.ts,
        mantissa=columns.mantissa,
        exponent=columns.exponent,
        number=columns.number,
        text=detail.encode(),
    )


def _check_kind(reading: StoredReading, value: Value) -> None:
    known = reading.value
    if value is None or known is None or not is_good(reading.status):
        return
    if type(value) is not type(known):
        msg = f"cannot correct {known!s} of {reading.signal} to {value!s}: expected "
        raise CorrectionInvalid(msg + _KINDS.get(type(known), "a decimal number"))
