"""Hold, rule, delete: the use cases of retention."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from prometheus_client import Counter

from lineshaft.core.clock import Clock
from lineshaft.core.errors import LineshaftError
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database, UnitOfWork
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import HOURS_PER_DAY
from lineshaft.platform.historian.ports import Manifest, SourceKeys
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.queries.scan import Scanner, with_present_files
from lineshaft.platform.historian.retention.deleter import Deleter, DeleterParts
from lineshaft.platform.historian.retention.errors import BlocksHeld, HoldNotFound, TooManyHolds
from lineshaft.platform.historian.retention.finder import Finder, Found, Wanted
from lineshaft.platform.historian.retention.guards import Guards
from lineshaft.platform.historian.retention.model import (
    HOLDS_MAX,
    RULES_MAX,
    Deletion,
    DeletionReport,
    EvidenceHold,
    HeldBlocks,
    Hold,
    RetentionRule,
    check_reason,
    matches,
    rule_of,
)
from lineshaft.platform.historian.retention.ports import RetentionStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import SYSTEM_INTAKE, Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

LOG = logging.getLogger(__name__)

RETENTION_LOCK = "historian.retention"
SETTLING_DAYS_MAX = 7
"""So long a rule that keeps roll-ups waits for the day files that they are made of."""
HELD_LISTED_MAX = 100
PASSES_MAX = 3
"""A correction goes after its target: a day is gone through again where one had to wait."""
_DAY_LEVEL = 2

T = TypeVar("T")

DELETED = Counter("lineshaft_historian_deleted_records", "Records that were deleted on purpose")
FAILURES = Counter(
    "lineshaft_historian_retention_failures",
    "Days that a rule of retention could not be applied to",
)


class RetentionParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that retention takes."""

    database: Database
    manifest: Manifest
    files: StoreFiles
    store: RetentionStore
    keys: SourceKeys
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock


class _Known(msgspec.Struct, frozen=True):
    """The live holds at an instant."""

    at: Instant
    holds: list[Hold]
    evidence: list[EvidenceHold]


class Retention:
    """What may be deleted, and deleting it; safe to share between threads."""

    def __init__(self, parts: RetentionParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database, self._store = parts.database, parts.store
        self._scanner = Scanner(parts.files)
        self._stopped = threading.Event()
        self._deleter = Deleter(
            DeleterParts(
                database=parts.database,
                manifest=parts.manifest,
                files=parts.files,
                store=parts.store,
                scanner=self._scanner,
                prover=Prover(parts.database, parts.manifest, self._scanner, parts.keys),
                clock=parts.clock,
            )
        )

    # ---- holds

    def hold(self, actor: Actor, hold: Hold) -> Hold:
        """Hold what some signals said; a hold of the same id is replaced.

        Raises:
            TooManyHolds: when there are `HOLDS_MAX`.
        """
        self._parts.authorizer.authorize(actor, Action.HOLD_WRITE, Resource("hold", hold.id))
        with self._database.unit_of_work() as unit:
            unit.lock(RETENTION_LOCK)
            kept = self._put(unit.connection, actor, hold)
            self._audit(unit.connection, actor, Action.HOLD_WRITE, kept)
        return kept

    def set_holds(self, unit: UnitOfWork, author: Actor, holds: Sequence[Hold]) -> None:
        """Hold what some signals said, in the caller's unit of work, which authorises and audits.

        Raises:
            TooManyHolds: when there are `HOLDS_MAX`.
        """
        unit.lock(RETENTION_LOCK)
        for hold in holds:
            self._put(unit.connection, author, hold)

    def end_holds(self, unit: UnitOfWork, ids: Sequence[str]) -> None:
        """Let go of holds in the caller's unit of work, which authorises and audits."""
        unit.lock(RETENTION_LOCK)
        for id_ in ids:
            self._store.remove_hold(unit.connection, id_)

    def _put(self, connection: sa.Connection, author: Actor, hold: Hold) -> Hold:
        if self._store.hold_count(connection) >= HOLDS_MAX:
            msg = f"cannot set hold {hold.id}: there are {HOLDS_MAX} holds"
            raise TooManyHolds(msg)
        kept = replace(hold, author=author.id, set_at=self._parts.clock.now())
        self._store.put_hold(connection, kept)
        return kept

    def hold_evidence(self, connection: sa.Connection, holds: Sequence[EvidenceHold]) -> None:
        """Hold what a billed usage record names, in the unit of work that bills it."""
        self._store.add_evidence(connection, holds)

    def release_hold(self, actor: Actor, id_: str, reason: str) -> None:
        """Let go of a hold.

        Raises:
            HoldNotFound: when there is none of that id.
        """
        self._parts.authorizer.authorize(actor, Action.HOLD_WRITE, Resource("hold", id_))
        check_reason(reason)
        with self._database.unit_of_work() as unit:
            unit.lock(RETENTION_LOCK)
            if not self._store.remove_hold(unit.connection, id_):
                msg = f"there is no hold {id_}"
                raise HoldNotFound(msg)
            detail = {"reason": reason, "released": True}
            subject = f"hold/{id_}"
            self._parts.audit.append(unit.connection, actor, Action.HOLD_WRITE, subject, detail)

    def holds(self, actor: Actor) -> list[Hold]:
        """Return all holds, also those that have run out, by id."""
        self._parts.authorizer.authorize(actor, Action.HOLD_READ, Resource("hold", "*"))
        with self._database.read() as connection:
            return self._store.holds(connection)

    # ---- rules

    def set_rule(self, actor: Actor, rule: RetentionRule) -> None:
        """Delete what is older than a rule says, from now on, once a day; the same changes nothing.

        Raises:
            TooManyHolds: when there are `RULES_MAX` rules.
        """
        resource = Resource("retention_rule", rule.pattern)
        self._parts.authorizer.authorize(actor, Action.READING_DELETE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(RETENTION_LOCK)
            known = self._store.rules(unit.connection)
            if rule in known:
                return
            if len(known) >= RULES_MAX:
                msg = f"cannot set a rule on {rule.pattern}: there are {RULES_MAX} rules"
                raise TooManyHolds(msg)
            self._store.put_rule(unit.connection, rule)
            detail = {"days": rule.days, "keep_rollups": rule.keep_rollups}
            subject = f"retention_rule/{rule.pattern}"
            self._parts.audit.append(unit.connection, actor, Action.READING_DELETE, subject, detail)

    def remove_rule(self, actor: Actor, pattern: str) -> None:
        """Take a rule back: what it meant is kept for ever, or obeys the next rule that matches.

        Raises:
            HoldNotFound: when there is none on that pattern.
        """
        resource = Resource("retention_rule", pattern)
        self._parts.authorizer.authorize(actor, Action.READING_DELETE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(RETENTION_LOCK)
            if not self._store.remove_rule(unit.connection, pattern):
                msg = f"there is no rule on {pattern}"
                raise HoldNotFound(msg)
            detail, subject = {"removed": True}, f"retention_rule/{pattern}"
            self._parts.audit.append(unit.connection, actor, Action.READING_DELETE, subject, detail)

    def rules(self, actor: Actor) -> list[RetentionRule]:
        """Return all rules by pattern."""
        self._parts.authorizer.authorize(actor, Action.HOLD_READ, Resource("retention_rule", "*"))
        with self._database.read() as connection:
            return self._store.rules(connection)

    # ---- deletion

    def plan(self, actor: Actor, deletion: Deletion) -> DeletionReport:
        """Say what a deletion would do, and what is held; nothing is changed."""
        self._authorize(actor, deletion)
        return self._planned(deletion)

    def delete(self, actor: Actor, deletion: Deletion) -> DeletionReport:
        """Delete what was asked for, day by day, each day in one transaction with its audit entry.

        Raises:
            BlocksHeld: when any of it is held; then nothing is deleted, unless the hold was set
                while the deletion was at work.
            ProofBroken: when what is stored is not what was signed; that day is left as it is.
        """
        self._authorize(actor, deletion)
        _refuse_held(self._planned(deletion).held)
        wanted = self._wanted(deletion.patterns, deletion.period)
        return self._carry_out(actor, wanted, deletion)

    def apply_rules(self, actor: Actor = SYSTEM_INTAKE) -> DeletionReport:
        """Delete what is older than the rules say; what is held stays. Done once a day."""
        resource = Resource("retention_rule", "*")
        self._parts.authorizer.authorize(actor, Action.READING_DELETE, resource)
        now = self._parts.clock.now()
        with self._database.read() as connection:
            rules, series = self._store.rules(connection), self._store.series(connection)
        obeying: dict[RetentionRule, dict[int, SignalId]] = {}
        for number, signal in series.items():
            rule = rule_of(rules, signal)
            if rule is not None:
                obeying.setdefault(rule, {})[number] = SignalId(signal)
        report = DeletionReport()
        for rule, its_series in obeying.items():
            reason = f"older than {rule.days} days"
            deletion = Deletion.before([rule.pattern], rule.cut(now), reason)
            deletion = replace(deletion, keep_rollups=rule.keep_rollups)
            wanted = Wanted(its_series, deletion.period)
            report = report.plus(self._carry_out_rule(actor, wanted, deletion))
        return report

    def stop(self) -> None:
        """End the rules after the day that is at work, for good; the rest is done another time."""
        self._stopped.set()

    def _authorize(self, actor: Actor, deletion: Deletion) -> None:
        for pattern in deletion.patterns:
            machine = pattern.partition("/")[0]
            resource = Resource("machine", machine, machine=machine, period=deletion.period)
            self._parts.authorizer.authorize(actor, Action.READING_DELETE, resource)

    def _wanted(self, patterns: Sequence[str], period: Period) -> Wanted:
        with self._database.read() as connection:
            series = self._store.series(connection)
        chosen = {
            number: SignalId(signal)
            for number, signal in series.items()
            if any(matches(pattern, signal) for pattern in patterns)
        }
        return Wanted(chosen, period)

    def _planned(self, deletion: Deletion) -> DeletionReport:
        wanted = self._wanted(deletion.patterns, deletion.period)
        report = DeletionReport()
        for day in self._days(wanted, with_held=True):
            found = self._found(wanted, day)
            report = report.plus(self._estimate(found))
        return replace(report, held=_summed(report.held))

    def _estimate(self, found: Found) -> DeletionReport:
        blocks = found.blocks
        if not len(blocks):
            return DeletionReport(held=found.held)
        with self._database.read() as connection:
            files = self._parts.manifest.files(
                connection,
                _hours_of(int(blocks.min_ts.min()), int(blocks.max_ts.max())),
                (int(blocks.first_sequence.min()), int(blocks.last_sequence.max())),
            )
        rows = int(blocks.rows.sum())
        size, all_rows = sum(file.size for file in files), sum(file.rows for file in files)
        return DeletionReport(
            blocks=len(blocks),
            rows=rows,
            segments=len(blocks.segments),
            files=len(files),
            byte_estimate=size * rows // max(all_rows, 1),
            held=found.held,
        )

    def _days(self, wanted: Wanted, *, with_held: bool) -> list[int]:
        return self._looked(lambda finder: finder.days(wanted, with_held=with_held))

    def _found(self, wanted: Wanted, day: int) -> Found:
        return with_present_files(lambda: self._looked(lambda finder: finder.of_day(wanted, day)))

    def _looked(self, look: Callable[[Finder], T]) -> T:
        """Look at the store with the holds of the same view."""
        with self._database.read() as connection:
            holds, evidence = self._live(connection, self._parts.clock.now())
            guards = Guards(holds, evidence, self._parts.manifest, self._scanner)
            return look(Finder(connection, self._parts.manifest, self._scanner, guards))

    def _live(
        self, connection: sa.Connection, now: Instant
    ) -> tuple[list[Hold], list[EvidenceHold]]:
        return self._store.holds(connection, now), self._store.evidence(connection, None, now)

    def _carry_out(self, actor: Actor, wanted: Wanted, deletion: Deletion) -> DeletionReport:
        """Delete day by day, and again where a correction had to wait for its target."""
        report = DeletionReport()
        days = self._days(wanted, with_held=False)
        for _ in range(PASSES_MAX):
            postponed = []
            for day in days:
                found, known = self._found_with_holds(wanted, day)
                _refuse_held(found.held)
                report = report.plus(self._delete_day(actor, day, deletion, found, known))
                postponed += [day] if found.postponed else []
            if not postponed:
                break
            days = postponed
        return report

    def _carry_out_rule(self, actor: Actor, wanted: Wanted, deletion: Deletion) -> DeletionReport:
        """Delete day by day what is not held; what cannot be deleted now waits for tomorrow."""
        report = DeletionReport()
        for day in self._days(wanted, with_held=False):
            if self._stopped.is_set():
                break
            if deletion.keep_rollups and self._is_settling(day):
                continue
            try:
                found, known = self._found_with_holds(wanted, day)
                done = self._delete_day(actor, day, deletion, found, known)
            except LineshaftError:
                FAILURES.inc()
                LOG.exception("cannot delete by rule %s on day %d", deletion.patterns[0], day)
                continue
            report = report.plus(replace(done, held=found.held))
        return replace(report, held=_summed(report.held))

    def _is_settling(self, day: int) -> bool:
        """Tell whether the roll-ups of a day may still change: its day files are not written."""
        if day < self._parts.clock.now() // US_PER_DAY - SETTLING_DAYS_MAX:
            return False
        hours = day * HOURS_PER_DAY, day * HOURS_PER_DAY + HOURS_PER_DAY - 1
        with self._database.read() as connection:
            files = self._parts.manifest.files(connection, hours)
        return any(file.level < _DAY_LEVEL for file in files)

    def _found_with_holds(self, wanted: Wanted, day: int) -> tuple[Found, "_Known"]:
        now = self._parts.clock.now()
        with self._database.read() as connection:
            known = _Known(now, *self._live(connection, now))
        return self._found(wanted, day), known

    def _delete_day(
        self, actor: Actor, day: int, deletion: Deletion, found: Found, known: "_Known"
    ) -> DeletionReport:
        if not len(found.blocks):
            return DeletionReport()

        def also(unit: UnitOfWork, report: DeletionReport) -> None:
            unit.lock(RETENTION_LOCK)
            if self._live(unit.connection, known.at) != (known.holds, known.evidence):
                msg = "a hold was set or released while readings were to be deleted; try again"
                raise BlocksHeld(msg)
            detail = _detail(deletion, report)
            subject = f"readings/{format_instant(Instant(day * US_PER_DAY))[:10]}"
            self._parts.audit.append(unit.connection, actor, Action.READING_DELETE, subject, detail)

        done = self._deleter.delete(found.blocks, keep_rollups=deletion.keep_rollups, also=also)
        DELETED.inc(done.rows)
        return done

    def _audit(self, connection: sa.Connection, actor: Actor, action: Action, hold: Hold) -> None:
        detail = {
            "pattern": hold.pattern,
            "start": format_instant(hold.start),
            "end": None if hold.end is None else format_instant(hold.end),
            "keep_until": None if hold.keep_until is None else format_instant(hold.keep_until),
            "reason": hold.reason,
        }
        self._parts.audit.append(connection, actor, action, f"hold/{hold.id}", detail)


def _refuse_held(held: Sequence[HeldBlocks]) -> None:
    """Pass when nothing is held.

    Raises:
        BlocksHeld: naming the holds, the signals and how much they hold.
    """
    if held:
        first = held[0]
        msg = f"cannot delete {first.rows} readings of {first.signal}: {first.hold}"
        others = len(held) - 1
        raise BlocksHeld(f"{msg}; and {others} more are held" if others else msg)


def _summed(held: Iterable[HeldBlocks]) -> tuple[HeldBlocks, ...]:
    """Add up what is held by hold and signal; the first `HELD_LISTED_MAX` are listed."""
    sums: dict[tuple[str, SignalId], tuple[int, int]] = {}
    for one in held:
        blocks, rows = sums.get((one.hold, one.signal), (0, 0))
        sums[one.hold, one.signal] = blocks + one.blocks, rows + one.rows
    listed = list(sums.items())[:HELD_LISTED_MAX]
    return tuple(HeldBlocks(hold, signal, *counts) for (hold, signal), counts in listed)


def _detail(deletion: Deletion, report: DeletionReport) -> dict[str, Any]:
    return {
        "patterns": list(deletion.patterns),
        "reason": deletion.reason,
        "blocks": report.blocks,
        "records": report.rows,
        "segments": report.segments,
        "segments_gone": report.segments_gone,
        "keep_rollups": deletion.keep_rollups,
    }


def _hours_of(first: int, last: int) -> tuple[int, int]:
    us_per_hour = US_PER_DAY // HOURS_PER_DAY
    return first // us_per_hour, last // us_per_hour
