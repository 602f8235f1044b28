"""Small files to large ones, in the background: small memory, small share of the CPU, no row lost.

What is to be done is planned from the manifest alone (`plan.py`), so that any process can go on
where another one has stopped. Each job writes new files and swaps them in within one transaction;
of two processes that do the same job one finds its files gone, and throws its own away. The old
files stay on the disk until every reader that may have them on its list is done.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray
from prometheus_client import Counter, Gauge

from lineshaft.core.clock import Clock
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns, slices
from lineshaft.platform.historian.files.merge import choose
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.plan import Job, plan
from lineshaft.platform.historian.files.runs import joined
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.model import DAY_LEVEL, NewStoreFile, StoreFile
from lineshaft.platform.historian.ports import Manifest, RollupWriter

LOG = logging.getLogger(__name__)

GRACE_S = 60
"""How long a file stays on disk after it was merged away; longer readers hold a lease."""
CPU_SHARE = 0.5
"""Of one core, at most, that closing hours and days takes in the background."""
BACKLOG_BYTES_MAX = 1 << 30
"""Of files that wait to be merged. The nearer to half of it, the less gives way; intake waits at
all of it."""
BEHIND_BYTES_MAX = 1 << 26
"""Of hours that are over and wait to be closed: from there on closing them gives way to nothing."""
REPLAN_S = 5
"""After so long a plan is made anew: something more urgent may have come."""
RETRY_S = 600
"""Until files that could not be merged are tried again."""
BATCH_ROWS_MAX, BATCH_ROWS_MIN = 65_536, 4_096
"""Rows that are read of one file at once."""
_US_PER_S = 1_000_000

MERGED = Counter("lineshaft_historian_merged_files", "Store files that were merged into others")
REWRITTEN = Counter("lineshaft_historian_rewritten_rows", "Rows that merges have written again")
BACKLOG = Gauge("lineshaft_historian_backlog_bytes", "Bytes of store files that wait to be merged")
FAILURES = Counter("lineshaft_historian_merge_failures", "Merges that failed")

Write = Callable[[sa.Connection], None]


class _Stopped(Exception):
    """The program ends; what was not finished is thrown away."""


class Compactor:
    """Merges files; safe to share between threads, and beside other processes."""

    def __init__(
        self,
        database: Database,
        manifest: Manifest,
        files: StoreFiles,
        clock: Clock,
        rollups: RollupWriter | None = None,
    ) -> None:
        """Merge the files that `manifest` lists; tell `rollups` of closed days."""
        self._database, self._manifest, self._files = database, manifest, files
        self._clock, self._rollups = clock, rollups
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._claimed: set[str] = set()
        self._refused: dict[str, Instant] = {}
        self.backlog_bytes = 0
        self._behind_bytes = 0

    # ---- what is to be done

    def run(self, cpu_share: float = 1.0) -> int:
        """Do everything that is due now; return how many files were merged.

        A job that fails is tried again after `RETRY_S`, and the others are done.

        Args:
            cpu_share: of one core, that it takes at most unless the backlog is large.
        """
        merged = 0
        while jobs := self._due():
            merged += self._do_all(jobs, cpu_share)
        return merged

    def _do_all(self, jobs: Sequence[Job], cpu_share: float) -> int:
        """Do one job after the other until it is time to plan anew; return as `run`."""
        merged, replan = 0, _Timer(REPLAN_S)
        for job in jobs:
            with self._claim(job.files) as is_ours:
                merged += self._tried(job, cpu_share) if is_ours else 0
            if self._stopped.is_set() or replan.has_run_out():
                break
        return merged

    def merge(self, hours: Iterable[int]) -> int:
        """Merge files of hours that may still grow; return how many were merged."""
        merged = 0
        for hour in hours:
            while chosen := self._chosen(hour):
                merges = max(file.merges for file in chosen) + 1
                with self._claim(chosen) as is_ours:
                    if not is_ours:
                        break
                    merged += self._do(Job(tuple(chosen), 0, hour, 1, merges), 1.0)
        return merged

    def crowded(self) -> list[int]:
        """Return the hours with several files of level 0: where a restart finds work."""
        with self._database.read() as connection:
            files = self._manifest.unsettled(connection)
        hours = [file.hour for file in files if file.level == 0]
        return sorted({hour for hour, other in pairwise(hours) if hour == other})

    def stop(self) -> None:
        """End what is being done soon; for good."""
        self._stopped.set()

    def _due(self) -> list[Job]:
        """Plan, leaving out what is at work or could not be merged; nothing once stopped."""
        if self._stopped.is_set():
            return []
        with self._database.read() as connection:
            files = self._manifest.unsettled(connection)
        jobs, taken = plan(files, self._clock.now()), self._taken()
        jobs = [job for job in jobs if not any(file.path in taken for file in job.files)]
        self.backlog_bytes = sum(job.size for job in jobs)
        self._behind_bytes = sum(job.size for job in jobs if job.level < DAY_LEVEL)
        BACKLOG.set(self.backlog_bytes)
        return jobs

    def _chosen(self, hour: int) -> list[StoreFile]:
        with self._database.read() as connection:
            files = self._manifest.files(connection, (hour, hour))
        taken = self._taken()
        small = [file for file in files if file.level == 0 and file.hours == 1]
        return choose([file for file in small if file.path not in taken])

    def _taken(self) -> set[str]:
        """Return the files that are at work, or could not be merged a short while ago."""
        now = self._clock.now()
        with self._lock:
            self._refused = {one: at for one, at in self._refused.items() if at > now}
            return self._claimed | self._refused.keys()

    @contextmanager
    def _claim(self, files: Sequence[StoreFile]) -> Iterator[bool]:
        """Keep the other threads of this process away from files; tell whether that worked."""
        paths = {file.path for file in files}
        with self._lock:
            is_ours = not (paths & self._claimed)
            self._claimed |= paths if is_ours else set()
        try:
            yield is_ours
        finally:
            if is_ours:
                with self._lock:
                    self._claimed -= paths

    # ---- doing it

    def _tried(self, job: Job, cpu_share: float) -> int:
        try:
            return self._do(job, cpu_share)
        except _Stopped:
            return 0
        except Exception:
            # What cannot be merged stays as it is, and the rest goes on.
            LOG.exception("cannot merge %d store files of hour %d", len(job.files), job.hour)
            FAILURES.inc()
            again_at = Instant(self._clock.now() + RETRY_S * _US_PER_S)
            with self._lock:
                self._refused |= dict.fromkeys((file.path for file in job.files), again_at)
            return 0

    def _do(self, job: Job, cpu_share: float) -> int:
        """Do a job; return how many files were merged, 0 when another process was faster."""
        with self._database.read() as connection:
            if not self._manifest.are_live(connection, job.files):
                return 0
            ranks = columns.ranks(self._manifest.source_epochs(connection))
            maps = self._manifest.series_rows(connection, job.files)
        if not all(len(series) for series, _ in maps):
            return 0
        batch_rows = slices.SLICE_ROWS_MAX // len(job.files)
        batch_rows = min(max(batch_rows, BATCH_ROWS_MIN), BATCH_ROWS_MAX)
        inputs = [_Input(self._files.stream(file, batch_rows), file.rows) for file in job.files]
        new: list[NewStoreFile] = []
        writes: list[Write] = []
        replan = _Timer(REPLAN_S)
        try:
            for cut in slices.cut(maps, _hours(job), job.cuts):
                tables = self._merged(cut, inputs, ranks)
                summed = self._summed(job, zip(cut, tables, strict=True), writes)
                paced = self._paced(job, summed, cpu_share, replan)
                new.append(self._files.write_stream(paced, _shape(job)))
            _require_all_rows(job, new)
        except BaseException:
            self._files.remove([one.file.path for one in new])
            raise
        finally:
            for one in inputs:
                one.close()
        # Should this break, nobody knows whether the new files are registered: they stay, and the
        # next start removes them if they are not.
        if not self._swap(job, new, writes):
            self._files.remove([one.file.path for one in new])
            return 0
        MERGED.inc(len(job.files))
        REWRITTEN.inc(job.rows)
        return len(job.files)

    def _swap(self, job: Job, new: Sequence[NewStoreFile], writes: Sequence[Write]) -> bool:
        """Put the new files in the place of the old ones, with what is summed up of them."""
        with self._database.unit_of_work() as unit:
            now = self._clock.now()
            is_done = self._manifest.replace(unit.connection, job.files, new, now)
            for write in writes if is_done else ():
                write(unit.connection)
        return is_done

    def _merged(
        self,
        cut: Sequence[slices.Slice],
        inputs: "Sequence[_Input]",
        ranks: NDArray[np.int64],
    ) -> Iterator[pa.Table]:
        for one in cut:
            yield joined([inputs[index].take(count) for index, count in one.taken.items()], ranks)

    def _summed(
        self, job: Job, tables: Iterable[tuple[slices.Slice, pa.Table]], writes: list[Write]
    ) -> Iterator[pa.Table]:
        """Pass tables on; gather what writes their roll-ups where a day is closed."""
        for one, table in tables:
            if job.level == DAY_LEVEL and self._rollups is not None:
                day = job.files[0].day
                writes.append(self._rollups.on_day(day, table, is_whole=one.is_whole))
            yield table

    def _paced(
        self, job: Job, tables: Iterable[pa.Table], cpu_share: float, replan: "_Timer"
    ) -> Iterator[pa.Table]:
        """Pass tables on; wait after each so long that no more than a share of a core is used.

        A day takes minutes to close, and hours come to their end meanwhile: they are closed in
        between, so that level 0 does not grow behind it. `replan` runs through all files of a job.
        """
        began_s = time.thread_time()
        for table in tables:
            yield table
            used_s = time.thread_time() - began_s
            if self._stopped.wait(used_s * (1 / self._share(cpu_share) - 1)):
                raise _Stopped
            if job.level == DAY_LEVEL and replan.has_run_out():
                self._do_all([one for one in self._due() if one.level < DAY_LEVEL], cpu_share)
                replan.start()
            began_s = time.thread_time()

    def _share(self, cpu_share: float) -> float:
        """Return the share that the backlog asks for; days can wait longer than hours."""
        urgency = self.backlog_bytes * 2 / BACKLOG_BYTES_MAX + self._behind_bytes / BEHIND_BYTES_MAX
        return cpu_share + (1 - cpu_share) * min(urgency, 1.0)

    # ---- files that nobody needs

    def clear_orphans(self) -> list[str]:
        """Remove what a crash left unregistered; before the first commit, never beside one."""
        with self._database.read() as connection:
            registered = self._manifest.paths(connection)
        orphans = self._files.orphans(registered)
        self._files.remove(orphans)
        return orphans

    def unlink_merged(self) -> int:
        """Remove files that were merged away so long ago that nobody reads them; return how many.

        That is longer than `GRACE_S` ago, and before the oldest lease began.
        """
        now = self._clock.now()
        before = Instant(now - GRACE_S * _US_PER_S)
        with self._database.read() as connection:
            oldest = self._manifest.oldest_lease(connection, now)
            if oldest is not None:
                before = min(before, oldest)
            paths = self._manifest.merged_before(connection, before)
        self._files.remove(paths)
        if paths:
            with self._database.unit_of_work() as unit:
                self._manifest.forget_merged(unit.connection, paths)
                self._manifest.clear_leases(unit.connection, now)
        return len(paths)


def _shape(job: Job) -> Shape:
    known_at = max(file.known_at for file in job.files)
    return Shape(job.level, job.hour, job.hours, job.merges, known_at)


def _require_all_rows(job: Job, new: Sequence[NewStoreFile]) -> None:
    written = sum(one.file.rows for one in new)
    if written != job.rows:
        msg = f"a merge of {job.rows} rows has written {written}"
        raise InvariantError(msg)


def _hours(job: Job) -> list[int]:
    """Return the hour of each file, where none has rows of two; otherwise the same of all."""
    is_hourly = all(file.hours == 1 for file in job.files)
    return [file.hour if is_hourly else job.hour for file in job.files]


class _Timer:
    """Runs out after some seconds."""

    def __init__(self, seconds: float) -> None:
        """Start."""
        self._seconds = seconds
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._out_at_s = time.monotonic() + self._seconds

    def has_run_out(self) -> bool:
        """Tell whether it has."""
        return time.monotonic() > self._out_at_s


class _Input:
    """A store file that is read once, from its beginning to its end."""

    def __init__(self, batches: Generator[pa.RecordBatch], rows: int) -> None:
        self._batches, self._unread = batches, rows
        self._rest = columns.SCHEMA.empty_table()

    def take(self, count: int) -> pa.Table:
        """Return the next rows; fewer when the file ends before."""
        taken, missing = [self._rest.slice(0, count)], count - self._rest.num_rows
        self._rest = self._rest.slice(count)
        while missing > 0 and (batch := next(self._batches, None)) is not None:
            table = pa.Table.from_batches([batch])
            taken.append(table.slice(0, missing))
            self._rest = table.slice(missing)
            missing -= table.num_rows
        self._unread -= count
        if self._unread <= 0:
            self.close()
        return pa.concat_tables(taken)

    def close(self) -> None:
        """Let go of the file."""
        self._batches.close()
        self._rest = columns.SCHEMA.empty_table()
