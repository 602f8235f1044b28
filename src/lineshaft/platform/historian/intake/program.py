"""The program that takes segments off the bus and makes them durable.

Fetch, open and judge one after the other; commit beside that; announce; only then acknowledge.
What cannot be committed now is tried again until it can: nothing is acknowledged meanwhile, the
queue fills up, and the edges keep what they have.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Invalid, NotFound, Unavailable
from lineshaft.core.messages import (
    EnrolAnswer,
    EnrolRequest,
    Notice,
    decode,
    encode,
    notice_subject,
)
from lineshaft.core.period import US_PER_DAY
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.telemetry import Health
from lineshaft.platform.historian.files.compaction import (
    BACKLOG_BYTES_MAX,
    CPU_SHARE,
    FAILURES,
    Compactor,
)
from lineshaft.platform.historian.files.packer import SegmentPacker
from lineshaft.platform.historian.intake import memory
from lineshaft.platform.historian.intake.commit import NOTHING_HELD, Committer
from lineshaft.platform.historian.intake.reception import Decisions, Key, Received, Reception
from lineshaft.platform.historian.model import Commit, Mark, StoredBeat
from lineshaft.platform.historian.ports import (
    Announcer,
    Delivery,
    Enrolment,
    HeldSeries,
    Manifest,
    SegmentQueue,
)

LOG = logging.getLogger(__name__)

FETCH_MESSAGES_MAX = 256
FETCH_WAIT_S = 1.0
COMMIT_MS_DEFAULT = 50
COMMIT_READINGS_MAX_DEFAULT = 100_000
WAITING_READINGS_MAX = 400_000
"""Verified readings that are not committed yet; above that nothing is fetched."""
PREPARED_MAX = 2
"""Commits that are prepared at once, beside the one that is registered."""
MERGE_LAG_COMMITS_MAX = 16
"""Commits that may run ahead of a merge that is at work."""
BEATS_WAITING_MAX = 10_000
RETRY_S = 0.5
TICK_S = 1.0
RELEASE_S = 10.0
"""Without a commit, until memory is given back, and given back again."""
_CHECK = "intake"
_MS_PER_S = 1_000

RECORDS = Counter("lineshaft_intake_records", "Records that were made durable")
COMMITS = Counter("lineshaft_intake_commits", "Commits of intake")
COMMIT_SECONDS = Histogram("lineshaft_intake_commit_seconds", "Duration of a commit of intake")
STALLED = Gauge(
    "lineshaft_intake_stalled", "Whether intake cannot commit, and acknowledges nothing"
)

T = TypeVar("T")


class IntakeParts(msgspec.Struct, frozen=True):
    """What intake works with.

    Attributes:
        daily: done in a thread at the start and once a day: the rules of retention.
    """

    database: Database
    manifest: Manifest
    reception: Reception
    committer: Committer
    compactor: Compactor
    health: Health
    clock: Clock
    held: HeldSeries = NOTHING_HELD
    daily: Callable[[], object] | None = None


class IntakeLimits(msgspec.Struct, frozen=True):
    """How long and how much is gathered for one commit."""

    commit_ms: int = COMMIT_MS_DEFAULT
    commit_readings_max: int = COMMIT_READINGS_MAX_DEFAULT


_DEFAULT_LIMITS = IntakeLimits()


class Intake:
    """Takes segments from a queue, for as long as `run` runs."""

    def __init__(
        self,
        parts: IntakeParts,
        queue: SegmentQueue,
        announcer: Announcer,
        limits: IntakeLimits = _DEFAULT_LIMITS,
    ) -> None:
        """Take from `queue` and answer through `announcer`."""
        self._parts, self._queue, self._announcer = parts, queue, announcer
        self._limits = limits
        self._packer = SegmentPacker(parts.database, parts.manifest)
        self._waiting: deque[tuple[float, Received]] = deque()
        self._waiting_readings = 0
        self._taken_readings = 0
        self._release_at_s = 0.0
        self._changed = asyncio.Event()
        self._committed: dict[Key, Mark] = {}
        self._beats: dict[SourceId, StoredBeat] = {}
        self._touched: set[int] = set()
        self._merging: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._daily: asyncio.Task[None] | None = None
        self._day = -1
        self._commits_since_merge = 0
        self._is_stalled = False
        self._is_cut_off = False

    async def run(self) -> None:
        """Work until cancelled; a broken invariant ends it, and the supervisor starts anew."""
        await asyncio.to_thread(self._recover)
        await self.announce_marks()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive())
                tasks.create_task(self._commit())
                tasks.create_task(self._tick())
        finally:
            self._parts.compactor.stop()
            self._parts.reception.close()

    def _recover(self) -> None:
        parts = self._parts
        orphans = parts.compactor.clear_orphans()
        if orphans:
            LOG.warning("removed %d unregistered files that a crash had left", len(orphans))
        with parts.database.read() as connection:
            known = parts.manifest.source_epochs(connection)
        self._committed = {(one.source, one.epoch): one.mark for one in known}
        self._touched = set(parts.compactor.crowded())

    # ---- receiving

    async def _receive(self) -> None:
        while True:
            await self._until(lambda: self._waiting_readings < WAITING_READINGS_MAX)
            deliveries = await self._fetched()
            if deliveries:
                reception = self._parts.reception
                decisions = await self._insist(partial(reception.receive, deliveries))
                if decisions.refused:
                    await self._insist(partial(reception.keep, decisions.refused))
                await self._act(decisions)

    async def _fetched(self) -> Sequence[Delivery]:
        """Fetch what there is; an outage of the bus is said once, and its end."""
        try:
            found = await self._queue.fetch(FETCH_MESSAGES_MAX, FETCH_WAIT_S)
        except Unavailable as error:
            if not self._is_cut_off:
                LOG.info("cannot fetch segments: %s", error)
                self._is_cut_off = True
            await asyncio.sleep(RETRY_S)
            return []
        if self._is_cut_off:
            LOG.info("segments can be fetched again")
            self._is_cut_off = False
        return found

    async def _act(self, decisions: Decisions) -> None:
        arrived_s = asyncio.get_running_loop().time()
        for received in decisions.accepted:
            self._waiting.append((arrived_s, received))
            self._waiting_readings += received.opened.header.record_count
        self._changed.set()
        for key in decisions.conflicts:
            await self._notify(key, "conflict", self._parts.reception.mark(key))
        for key in decisions.gaps:
            await self._notify(key, "missing", self._parts.reception.mark(key))
        for key in decisions.repeated:
            await self._notify(key, "committed", self._committed.get(key, Mark()))
        await self._acknowledge(decisions.done)

    # ---- committing

    async def _commit(self) -> None:
        """Prepare commits beside the registration of those before, and register in order."""
        ahead = asyncio.Semaphore(PREPARED_MAX + 1)
        async with asyncio.TaskGroup() as tasks:
            before: asyncio.Task[None] | None = None
            while True:
                await ahead.acquire()
                await self._until(lambda: bool(self._waiting))
                await self._until_due(self._waiting[0][0] + self._limits.commit_ms / _MS_PER_S)
                before = tasks.create_task(self._commit_one(self._batch(), before))
                before.add_done_callback(lambda _: ahead.release())

    async def _commit_one(
        self, batch: Sequence[Received], before: asyncio.Task[None] | None
    ) -> None:
        """Prepare a commit, and register it when the one before is registered."""
        began_s = asyncio.get_running_loop().time()
        commit = await self._prepared(batch)
        if before is not None:
            await before
        await self._register(batch, commit, began_s)

    async def _register(self, batch: Sequence[Received], commit: Commit, began_s: float) -> None:
        """Make a commit durable, then say so to its sources and acknowledge its messages."""
        committed = await self._insist(partial(self._parts.committer.register, commit))
        self._waiting_readings -= committed.records
        self._taken_readings -= committed.records
        self._changed.set()
        await self._note_files(commit)
        now_s = asyncio.get_running_loop().time()
        self._release_at_s = now_s + RELEASE_S
        COMMIT_SECONDS.observe(now_s - began_s)
        COMMITS.inc()
        RECORDS.inc(committed.records)
        for key, mark in committed.marks.items():
            self._committed[key] = mark
            self._parts.reception.note_committed(key, mark)
            await self._notify(key, "committed", mark)
        await self._acknowledge([received.delivery for received in batch])

    async def _until_due(self, due_s: float) -> None:
        """Wait for more to come, until the commit is due or full."""
        loop = asyncio.get_running_loop()
        while (left_s := due_s - loop.time()) > 0:
            waiting_readings = self._waiting_readings - self._taken_readings
            if waiting_readings >= self._limits.commit_readings_max:
                return
            self._changed.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _batch(self) -> list[Received]:
        """Take at least one segment, and as many as one commit may have."""
        batch = [self._waiting.popleft()[1]]
        readings = batch[0].opened.header.record_count
        while self._waiting:
            following = self._waiting[0][1].opened.header.record_count
            if readings + following > self._limits.commit_readings_max:
                break
            readings += following
            batch.append(self._waiting.popleft()[1])
        self._taken_readings += readings
        return batch

    async def _prepared(self, batch: Sequence[Received]) -> Commit:
        opened = [received.opened for received in batch]
        prepare = self._parts.committer.prepare
        return await self._insist(partial(prepare, opened, self._parts.held))

    async def _insist(self, work: Callable[[], T]) -> T:
        """Do work in a thread, again and again while something that it needs is not there."""
        while True:
            try:
                result = await asyncio.to_thread(work)
            except (Unavailable, OSError) as error:
                if not self._is_stalled:
                    LOG.error("intake cannot go on, and acknowledges nothing: %s", error)  # noqa: TRY400
                self._stall(str(error))
                await asyncio.sleep(RETRY_S)
            else:
                if self._is_stalled:
                    LOG.info("intake goes on")
                    self._stall("")
                return result

    def _stall(self, why: str) -> None:
        self._is_stalled = bool(why)
        STALLED.set(self._is_stalled)
        self._parts.health.set(_CHECK, why)

    # ---- answers

    async def announce_marks(self) -> None:
        """Tell every source how far it is stored; to be done again on each new connection."""
        for key, mark in list(self._committed.items()):
            await self._notify(key, "committed", mark)

    async def _notify(self, key: Key, kind: str, mark: Mark) -> None:
        source, epoch = key
        if kind == "committed" and not mark.number:
            return
        notice = msgspec.convert(
            {
                "kind": kind,
                "epoch": epoch,
                "number": mark.number,
                "sequence": mark.sequence,
                "header_hash": mark.header_hash.hex(),
            },
            Notice,
        )
        try:
            await self._announcer.publish(notice_subject(source), encode(notice))
        except Unavailable as error:
            # The source learns its mark from the next notice: there is one for every beat.
            LOG.info("cannot notify %s: %s", source, error)

    async def _acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            try:
                await delivery.ack()
            except Unavailable as error:
                # What is not acknowledged comes again, and is a duplicate then.
                LOG.info("cannot acknowledge: %s", error)
                return

    async def on_beat(self, data: bytes) -> None:
        """Note a sign of life, and answer with the mark of its source."""
        try:
            beat = await asyncio.to_thread(self._parts.reception.open_beat, data)
        except (Invalid, NotFound, Unavailable) as error:
            LOG.warning("a beat was not taken: %s", error)
            return
        if beat.source in self._beats or len(self._beats) < BEATS_WAITING_MAX:
            self._beats[beat.source] = beat
        key = beat.source, beat.epoch
        await self._notify(key, "committed", self._committed.get(key, Mark()))

    async def on_enrol(self, data: bytes, enrol: Enrolment) -> bytes:
        """Answer a source that asks to be let in: what identity says, with its mark.

        Not the marks that are known here: a source may ask while what a crash left is cleared
        away, and would take a mark that nobody has read yet for the loss of its history.
        """
        try:
            answer = await asyncio.to_thread(enrol, decode(data, EnrolRequest))
        except Invalid as error:
            answer = EnrolAnswer("refused", reason=str(error))
        return encode(answer)

    # ---- now and then

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for key in self._parts.reception.gaps():
                await self._notify(key, "missing", self._parts.reception.mark(key))
            await self._store_beats()
            await self._compact()
            await self._merge(self._packer.pack)
            await self._release()
            self._begin_day()

    async def _release(self) -> None:
        """Give memory back while nothing is committed; compaction may need some again."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._release_at_s:
            self._release_at_s = now_s + RELEASE_S
            await asyncio.to_thread(memory.release)

    def _begin_day(self) -> None:
        """Start what is done once a day, unless that of yesterday is still at work."""
        daily, today = self._parts.daily, self._parts.clock.now() // US_PER_DAY
        is_at_work = self._daily is not None and not self._daily.done()
        if daily is not None and today != self._day and not is_at_work:
            self._day = today
            self._daily = asyncio.create_task(self._done_daily(daily))

    async def _done_daily(self, daily: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(daily)
        except Exception:
            # What was to be deleted today is deleted tomorrow; to store what comes matters more.
            LOG.exception("cannot do what is due once a day")

    async def _store_beats(self) -> None:
        beats, self._beats = self._beats, {}
        if beats:
            await self._insist(partial(self._write_beats, list(beats.values())))

    def _write_beats(self, beats: Sequence[StoredBeat]) -> None:
        with self._parts.database.unit_of_work() as unit:
            self._parts.manifest.write_beats(unit.connection, beats)

    async def _note_files(self, commit: Commit) -> None:
        """Start a merge where hours were touched; wait where it lags too far behind."""
        self._touched |= {new.file.hour for new in commit.files}
        self._commits_since_merge += 1
        if self._merging is not None and not self._merging.done():
            if self._commits_since_merge < MERGE_LAG_COMMITS_MAX:
                return
            await self._merging
        self._commits_since_merge = 0
        hours, self._touched = sorted(self._touched), set()
        self._merging = asyncio.create_task(
            self._merge(partial(self._parts.compactor.merge, hours))
        )
        await self._until_backlog_fits()

    async def _until_backlog_fits(self) -> None:
        """Wait while more is left to be closed than may be; what is being closed makes room."""
        compactor = self._parts.compactor
        while compactor.backlog_bytes >= BACKLOG_BYTES_MAX:
            if self._closing is None or self._closing.done():
                return
            await asyncio.wait([self._closing], timeout=TICK_S)

    async def _compact(self) -> None:
        """Go on closing hours and days in the background; remove files that nobody reads."""
        compactor = self._parts.compactor
        if self._closing is None or self._closing.done():
            self._closing = asyncio.create_task(self._merge(partial(compactor.run, CPU_SHARE)))
        await self._merge(compactor.unlink_merged)

    async def _merge(self, work: Callable[[], int]) -> None:
        try:
            await asyncio.to_thread(work)
        except Exception:
            # A file that cannot be merged stays as it is; to store what comes matters more.
            LOG.exception("cannot merge store files or pack segments")
            FAILURES.inc()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()
