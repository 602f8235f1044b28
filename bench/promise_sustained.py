"""Ingest for ten minutes, with everything that has to be done to the files meanwhile.

270 machines with twenty signals and one scan per second come at 1 M readings/s: plant time runs 185
times as fast as ours, so that thirty hours end within the run, and a day. Their files are merged as
they come, closed by hour and closed by day, beside the commits. The segments were opened before;
they are neither signed nor verified here. At the end every source's records are counted from the
files, and their sequences, ordinals and values summed up.

`python -m bench.promise_sustained --seconds 60` is a short run.
"""

import argparse
import hashlib
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from bench.records import Promise
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import NO_PREVIOUS, Header
from lineshaft.infrastructure.clock import RandomIds
from lineshaft.platform.historian.files.compaction import CPU_SHARE
from lineshaft.platform.historian.intake.program import MERGE_LAG_COMMITS_MAX
from lineshaft.platform.historian.intake.unpack import OPENED_SCHEMA, Opened
from lineshaft.platform.historian.model import DAY_LEVEL, HOURS_PER_DAY, Commit, StoreFile
from tests.platform.historian.house import House

NAMES = ("store_ingest_sustained", "store_ingest_backlog")
LIMIT, PACE = 1_000_000, 1_020_000
SECONDS = 600
GROWTH_MAX = 1.5
CLOSED_HOURS_MIN = 30
MACHINES, SIGNALS, SCANS = 270, 20, 50
SEGMENT = SIGNALS * SCANS
SEGMENTS_PER_COMMIT = 100
PREPARED_MAX = 2
HOUR_US, SECOND_US = 3_600_000_000, 1_000_000
START_DAY = 20_454
SAMPLE_S, IDLE_S = 1.0, 0.2
WINDOW = 10
"""One part in so many of the run is averaged: the files of a whole hour come and go in it."""
PERIOD = 3_600
"""The values of a signal come again after so many seconds; whole segments fit into it."""


def measure(seconds: int = SECONDS) -> list[Promise]:
    """Run once; the backlog at the end is held to that at a fifth of the run."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        run = Run(Path(name), seconds)
        rate = run.run()
        run.verify(must_close=seconds >= SECONDS)
        run.house.database.close()
    print(
        "  level 0 in MB, by tenths of the run:",
        *(run.backlog_mb(part / 10) for part in range(1, 11)),
    )
    early, late = run.backlog_mb(0.2), run.backlog_mb(1.0)
    return [
        Promise.at_least("store_ingest_sustained", round(rate), "readings/s", LIMIT),
        Promise.at_most("store_ingest_backlog", late, "MB", round(early * GROWTH_MAX, 1)),
    ]


class Load:
    """The segments of all machines in turn, made of arrays."""

    def __init__(self, start_us: int) -> None:
        """Begin at `start_us`."""
        rng = np.random.default_rng(1)
        steps = np.rint(rng.normal(0, 50, (MACHINES, SIGNALS, PERIOD))).astype(np.int32)
        self._values = np.cumsum(steps, axis=2, dtype=np.int32)
        self._start_us, self._next = start_us, 0
        self._scans = np.broadcast_to(np.arange(SCANS), (SIGNALS, SCANS))
        self._places = np.arange(1, SIGNALS + 1)[:, None]
        count = SEGMENTS_PER_COMMIT * SEGMENT
        self._same = {field.name: pa.nulls(count, field.type) for field in OPENED_SCHEMA}
        self._same |= {
            "status": pa.array(np.zeros(count, dtype=np.uint32)),
            "kind": pa.array(np.zeros(count, dtype=np.uint8)),
            "exponent": pa.array(np.full(count, -3, dtype=np.int8)),
        }
        self._previous = [NO_PREVIOUS] * MACHINES
        self.counts = np.zeros(MACHINES, dtype=np.int64)
        self.sums = np.zeros(MACHINES, dtype=np.int64)
        self.names = [
            tuple(f"machine-{machine:03}/signal-{signal:02}" for signal in range(SIGNALS))
            for machine in range(MACHINES)
        ]

    @property
    def plant_us(self) -> int:
        """The instant that the segments have come to."""
        return self._start_us + self._next // MACHINES * SCANS * SECOND_US

    def commit(self) -> list[Opened]:
        """Return the segments of the next commit."""
        turn = np.arange(self._next, self._next + SEGMENTS_PER_COMMIT)
        self._next += SEGMENTS_PER_COMMIT
        places = list(
            zip((turn % MACHINES).tolist(), (turn // MACHINES * SCANS).tolist(), strict=True)
        )
        rows = self._rows(places)
        return [
            self._opened(machine, first, rows.slice(index * SEGMENT, SEGMENT))
            for index, (machine, first) in enumerate(places)
        ]

    def _rows(self, places: Sequence[tuple[int, int]]) -> pa.Table:
        """Return the rows of segments: of each the machine and the first scan."""
        values = np.stack(
            [
                self._values[machine, :, first % PERIOD : first % PERIOD + SCANS]
                for machine, first in places
            ],
            dtype=np.int64,
        )
        for (machine, _), total in zip(places, values.sum(axis=(1, 2)).tolist(), strict=True):
            self.counts[machine] += SEGMENT
            self.sums[machine] += total
        scan = np.array([first for _, first in places])[:, None, None] + self._scans
        changing = {
            "ts": self._start_us + scan * SECOND_US,
            "sequence": scan * SIGNALS + self._places,
            "ordinal": scan + 1,
            "mantissa": values,
        }
        arrays = self._same | {name: pa.array(one.ravel()) for name, one in changing.items()}
        return pa.table([arrays[name] for name in OPENED_SCHEMA.names], schema=OPENED_SCHEMA)

    def _opened(self, machine: int, first: int, rows: pa.Table) -> Opened:
        header = Header(
            source=SourceId(f"edge-{machine:03}"),
            epoch=1,
            number=first // SCANS + 1,
            first_sequence=first * SIGNALS + 1,
            last_sequence=(first + SCANS) * SIGNALS,
            min_ts=Instant(self._start_us + first * SECOND_US),
            max_ts=Instant(self._start_us + (first + SCANS - 1) * SECOND_US),
            block_count=SIGNALS,
            previous_hash=self._previous[machine],
            root=hashlib.sha256(f"{machine}/{first}".encode()).digest(),
        )
        data = header.encode()
        self._previous[machine] = hashlib.sha256(data).digest()
        signature = self._previous[machine] * 2
        parts = (header, data, self._previous[machine], signature)
        signals = self.names[machine], (SCANS,) * SIGNALS
        return Opened(*parts, *signals, tree=[[header.root]], rows=rows)


class Run:
    """One run: commits at a pace, and merges beside them."""

    def __init__(self, directory: Path, seconds: int) -> None:
        """Begin so early in a day that it ends after two thirds of the run."""
        self._elapsed_s = 0.0
        self.commits = seconds * PACE // (SEGMENTS_PER_COMMIT * SEGMENT)
        per_hour = MACHINES * SIGNALS * 3_600
        before = min(seconds * PACE * 2 // 3 // per_hour + 1, HOURS_PER_DAY)
        self._start_hour = START_DAY * HOURS_PER_DAY + HOURS_PER_DAY - before
        self.load = Load(self._start_hour * HOUR_US)
        self.house = House(directory)
        clock = ManualClock(Instant(self.load.plant_us))
        self.house.use(clock, RandomIds(clock))
        self._compactor = self.house.compactor_at(self.house.clock)
        self._backlog: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._failed: list[BaseException] = []

    def run(self) -> float:
        """Do it; return readings per second."""
        print(f"  {self.commits} commits of {SEGMENTS_PER_COMMIT * SEGMENT} readings", flush=True)
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        beside = [
            threading.Thread(target=self._guarded, args=(work,))
            for work in (self._close, self._watch)
        ]
        for thread in beside:
            thread.start()
        self._commit(began_s)
        self._elapsed_s = elapsed_s = time.monotonic() - began_s
        self._ended.set()
        for thread in beside:
            thread.join()
        if self._failed:
            raise self._failed[0]
        cpu_s = time.process_time() - began_cpu_s
        print(f"  {elapsed_s:.0f} s, {cpu_s:.0f} s of processor time", flush=True)
        return self.commits * SEGMENTS_PER_COMMIT * SEGMENT / elapsed_s

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again where the run ends
            self._failed.append(error)

    def _commit(self, began_s: float) -> None:
        """Commit at the pace; merge the files of touched hours as they come, as intake does."""
        waiting: deque[Future[Commit]] = deque()
        merging: Future[int] | None = None
        since = 0
        with ThreadPoolExecutor(1) as preparing, ThreadPoolExecutor(1) as merger:
            for number in range(self.commits):
                while len(waiting) < PREPARED_MAX and number + len(waiting) < self.commits:
                    waiting.append(preparing.submit(self._prepared))
                due_s = began_s + number * SEGMENTS_PER_COMMIT * SEGMENT / PACE
                time.sleep(max(due_s - time.monotonic(), 0))
                commit = waiting.popleft().result()
                self._advance(commit)
                self.house.committer.register(commit)
                since += 1
                if merging is None or merging.done() or since >= MERGE_LAG_COMMITS_MAX:
                    if merging is not None:
                        merging.result()
                    hours = sorted({new.file.hour for new in commit.files})
                    merging, since = merger.submit(self._compactor.merge, hours), 0

    def _prepared(self) -> Commit:
        return self.house.committer.prepare(self.load.commit())

    def _advance(self, commit: Commit) -> None:
        clock, reached = self.house.clock, max(new.file.max_ts for new in commit.files)
        clock.advance(max(reached - clock.now(), 0) + 1)

    def _close(self) -> None:
        while not self._ended.wait(IDLE_S):
            self._compactor.run(CPU_SHARE)
            self._compactor.unlink_merged()

    def _watch(self) -> None:
        """Note the bytes of level 0."""
        began_s = time.monotonic()
        while not self._ended.wait(SAMPLE_S):
            size = sum(file.size for file in self._files() if file.level == 0)
            self._backlog.append((time.monotonic() - began_s, size))

    def _files(self) -> list[StoreFile]:
        with self.house.database.read() as connection:
            return self.house.manifest.files(connection)

    def backlog_mb(self, share: float) -> float:
        """Return the mean size of level 0, in MB, up to where a share of the run is over."""
        until_s = self._elapsed_s * share
        first_s = until_s - self._elapsed_s / WINDOW
        within = [size for at_s, size in self._backlog if first_s <= at_s <= until_s]
        return round(statistics.mean(within) / 1e6, 1)

    # ---- afterwards

    def verify(self, *, must_close: bool) -> None:
        """Count everything that was sent from the files; see that hours and a day were closed.

        Raises:
            AssertionError: when something is missing, doubled or changed.
        """
        files = self._files()
        open_hours = {file.hour for file in files if file.level == 0}
        reached = self.load.plant_us // HOUR_US
        hours = sum(hour not in open_hours for hour in range(self._start_hour, reached))
        days = len({file.day for file in files if file.level == DAY_LEVEL})
        size = sum(file.size for file in files)
        readings = int(self.load.counts.sum())
        print(f"  closed {hours} hours and {days} days; {len(files)} files", flush=True)
        print(f"  {size / readings:.3f} bytes per reading in files", flush=True)
        if must_close and (hours < CLOSED_HOURS_MIN or not days):
            msg = f"closed {hours} hours and {days} days"
            raise AssertionError(msg)
        self._verify_rows(self.house.files.absolute(files))

    def _verify_rows(self, paths: list[str]) -> None:
        with self.house.database.read() as connection:
            sources = self.house.manifest.source_epochs(connection)
        found = duckdb.sql(
            """SELECT source_epoch, count(*), sum(sequence)::HUGEINT, bit_xor(sequence),
                sum(ordinal)::HUGEINT, sum(mantissa)::HUGEINT
            FROM read_parquet(?) GROUP BY source_epoch""",
            params=[paths],
        ).fetchall()
        by_source = {row[0]: row[1:] for row in found}
        for source in sources:
            machine = int(source.source[-3:])
            count = int(self.load.counts[machine])
            scans = count // SIGNALS
            expected = (
                *(count, count * (count + 1) // 2, xor_to(count)),
                *(SIGNALS * scans * (scans + 1) // 2, int(self.load.sums[machine])),
            )
            if by_source.pop(source.id, None) != expected or source.mark.sequence != count:
                msg = f"the records of {source.source} are not those that were sent"
                raise AssertionError(msg)
        assert not by_source


def xor_to(last: int) -> int:
    """Return 1 ^ 2 ^ ... ^ last."""
    return (last, 1, last + 1, 0)[last % 4]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    for promise in measure(parser.parse_args().seconds):
        print(promise.line())
