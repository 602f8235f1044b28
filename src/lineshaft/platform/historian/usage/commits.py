"""Group commit of usage events: whoever's turn it is commits for all who wait.

The ids of new events are written in the transaction that registers their records, so an answer
never goes out without its rows, and a batch that comes again finds what became of it.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from prometheus_client import Counter

from lineshaft.core.clock import Clock
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.segment.block import BlockColumns
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committed, Committer
from lineshaft.platform.historian.own import MarkMoved, OwnKey, OwnKeys, sealed_blocks
from lineshaft.platform.historian.ports import HeldSeries, Manifest
from lineshaft.platform.historian.usage.draft import Batch, Draft
from lineshaft.platform.historian.usage.errors import UsageBusy, UsageConflict
from lineshaft.platform.historian.usage.model import (
    API,
    UsageAnswer,
    UsageOutcome,
    UsageReceipt,
)
from lineshaft.platform.historian.usage.ports import UsageEventStore
from lineshaft.platform.historian.usage.sealing import segments_of

LOG = logging.getLogger(__name__)

GROUP_EVENTS_MAX = 10_000
"""Events of one commit, unless a single batch has more."""
WAITING_EVENTS_MAX = 200_000
"""Events that wait for a commit in one process."""
ATTEMPTS_MAX = 10
"""How often other processes may seal between the reading of the mark and the commit."""

EVENTS = Counter("lineshaft_usage_events", "Usage events, by what became of them", ["outcome"])


class CommitParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the commits take; `files` are those of this process."""

    database: Database
    manifest: Manifest
    store: UsageEventStore
    files: StoreFiles
    committer: Committer
    held: HeldSeries
    keys: OwnKeys
    clock: Clock


class _Ticket(msgspec.Struct):
    """A batch that waits, and what became of it."""

    batch: Batch
    answer: UsageAnswer | None = None
    error: BaseException | None = None
    receipts: list[UsageReceipt] = msgspec.field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.answer is not None or self.error is not None


class UsageCommits:
    """Stores batches; safe to share between threads, and beside other processes."""

    def __init__(self, parts: CommitParts) -> None:
        """Take everything; the hub becomes a source with its first event."""
        self._parts = parts
        self._turn, self._gate = threading.Lock(), threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._waiting_events = 0

    def store(self, batch: Batch) -> UsageAnswer:
        """Store what is new of a batch, durably, and say what became of each event.

        Raises:
            UsageConflict: when an atomic batch has an id that is kept with other content.
            UsageBusy: when too much is waiting, or other processes were always faster.
            Unavailable: when the store cannot be written now: nothing is known of the batch, and
                it can be sent again as it is.
        """
        ticket = _Ticket(batch)
        self._enter(ticket)
        with self._turn:
            while not ticket.is_done:
                self._commit(self._taken())
        if ticket.error is not None:
            raise ticket.error
        if ticket.answer is None:
            msg = "a batch of usage events was neither stored nor refused"
            raise InvariantError(msg)
        return ticket.answer

    def _enter(self, ticket: _Ticket) -> None:
        size = len(ticket.batch.claims)
        with self._gate:
            if self._waiting and self._waiting_events + size > WAITING_EVENTS_MAX:
                msg = f"cannot take {size} events: {self._waiting_events} wait for a commit, "
                raise UsageBusy(msg + f"at most {WAITING_EVENTS_MAX}")
            self._waiting.append(ticket)
            self._waiting_events += size

    def _taken(self) -> list[_Ticket]:
        group: list[_Ticket] = []
        taken = 0
        with self._gate:
            while self._waiting:
                size = len(self._waiting[0].batch.claims)
                if group and taken + size > GROUP_EVENTS_MAX:
                    break
                group.append(self._waiting.popleft())
                taken += size
            self._waiting_events -= taken
        return group

    def _commit(self, group: Sequence[_Ticket]) -> None:
        try:
            known_at = self._tried(group)
        except BaseException as error:
            for ticket in group:
                ticket.error = error
            if not isinstance(error, Exception):
                raise
            return
        for ticket in group:
            if ticket.error is None:
                has_new = any(one.outcome is UsageOutcome.STORED for one in ticket.receipts)
                ticket.answer = UsageAnswer(ticket.receipts, known_at if has_new else None)
            _tell(ticket)

    def _tried(self, group: Sequence[_Ticket]) -> Instant | None:
        for _ in range(ATTEMPTS_MAX):
            try:
                return self._attempt(group)
            except MarkMoved:
                continue
        msg = f"cannot store usage events: others stored some {ATTEMPTS_MAX} times meanwhile"
        raise UsageBusy(msg)

    def _attempt(self, group: Sequence[_Ticket]) -> Instant | None:
        key = self._parts.keys.own_key()
        self._parts.committer.source(API, key.epoch)
        draft, ordinals = self._draft(group, key)
        for ticket in group:
            ticket.error = None
            try:
                ticket.receipts = draft.add(ticket.batch)
            except UsageConflict as error:
                ticket.error = error
        rows = draft.rows()
        if rows is None:
            return None
        segments = list(segments_of(rows, draft.first_sequence, ordinals))
        return self._written(draft, segments, key).known_at

    def _draft(self, group: Sequence[_Ticket], key: OwnKey) -> tuple[Draft, dict[str, int]]:
        """Read the mark, and what is kept of all ids and series as of that mark, in one state."""
        manifest, store = self._parts.manifest, self._parts.store
        ids: dict[int, set[str]] = {}
        signals = set()
        for ticket in group:
            claims = ticket.batch.claims
            ids.setdefault(ticket.batch.producer, set()).update(filter(None, claims.ids))
            signals.update(claims.signals)
        with self._parts.database.read() as connection:
            source = manifest.source_epoch(connection, API, key.epoch)
            if source is None:
                msg = f"the source {API}/{key.epoch} was let in and is no source"
                raise InvariantError(msg)
            known = {
                producer: store.kept(connection, producer, sorted(named))
                for producer, named in ids.items()
            }
            series = manifest.series_ids(connection, signals)
            ordinals = store.ordinals(connection, source.id, series)
        return Draft(source, known, self._parts.clock.now()), ordinals

    def _written(
        self, draft: Draft, segments: Sequence[Sequence[BlockColumns]], key: OwnKey
    ) -> Committed:
        parts = self._parts
        opened = sealed_blocks(segments, draft.source, key)
        last = {
            block.signal: block.first_ordinal + len(block) - 1
            for blocks in segments
            for block in blocks
        }
        commit = parts.committer.prepare(opened, parts.held)

        def guard(connection: sa.Connection) -> None:
            now = parts.manifest.source_epoch(connection, API, key.epoch)
            if now is None or now.mark != draft.source.mark:
                raise MarkMoved
            for producer, kept in draft.kept.items():
                parts.store.insert(connection, producer, kept.values())
            series = parts.manifest.series_ids(connection, last)
            ordinals = {series[signal]: ordinal for signal, ordinal in last.items()}
            parts.store.write_ordinals(connection, draft.source.id, ordinals)

        try:
            return parts.committer.register(commit, guard)
        except MarkMoved:
            parts.files.remove([new.file.path for new in commit.files])
            raise


def _tell(ticket: _Ticket) -> None:
    """Count what became of a batch; a conflict is an alert: two events share an id."""
    if ticket.answer is None:
        EVENTS.labels(UsageOutcome.CONFLICT.value).inc()
        LOG.error("usage events in conflict: %s", ticket.error)
        return
    counts = ticket.answer.counts()
    for outcome, count in counts.items():
        if count:
            EVENTS.labels(outcome.value).inc(count)
    if counts[UsageOutcome.CONFLICT]:
        for one in ticket.answer.receipts:
            if one.outcome is UsageOutcome.CONFLICT and one.place is not None:
                place = f"{one.place.sequence} of {one.place.source}/{one.place.epoch}"
                LOG.error("usage events in conflict: id %r: record %s stays", one.id, place)
