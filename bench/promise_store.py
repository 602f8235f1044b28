"""Ingest of the store alone: commits of 100,000 readings that were verified before.

Thirty machines with twenty signals each, segments of 1,000 readings; a commit writes files with all
columns, headers, signatures, marks and last values, and is synced. The rows of the next commit are
prepared beside the registration of this one, as intake does it. Peers get the same rows in commits
of the same size.
"""

import statistics
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.fleet import Fleet
from bench.peers.engine import VALUES
from bench.peers.environment import PEERS
from bench.peers.running import Result, best, run_peers, write_data
from bench.records import AT_LEAST, Promise
from lineshaft.core.clock import ManualClock
from lineshaft.platform.historian.intake.program import PREPARED_MAX
from lineshaft.platform.historian.intake.unpack import Opened
from lineshaft.platform.historian.model import Commit
from tests.platform.historian.house import ACTOR, House

NAMES = ("store_ingest", "store_ingest_cpu", "store_ingest_cpu_wide")
LIMIT = 2_500_000
UNIT = "readings/CPU-s"
COMMIT_READINGS = 100_000
COMMITS, WARM = 30, 2
ROUNDS = 3
STEP_US = 50_000
NARROW = Fleet(machines=30, seconds=6_000)
WIDE = Fleet(machines=1_000, seconds=150)
VALUES_ONLY = ("duckdb",)


@dataclass(frozen=True)
class Rate:
    """Readings per second on the wall and of processor time, of one round."""

    wall: float
    cpu: float


def measure(
    fleet: Fleet = NARROW,
    wide: Fleet = WIDE,
    commits: int = COMMITS,
    rounds: int = ROUNDS,
    peers: Sequence = PEERS,
) -> list[Promise]:
    """Measure ours in some rounds, then the peers."""
    segments = first_commits(fleet, commits)
    rates = [one_round(segments) for _ in range(rounds)]
    wall = statistics.median(rate.wall for rate in rates)
    cpu = statistics.median(rate.cpu for rate in rates)
    print(f"  lineshaft (fsync per commit): {wall / 1e6:.3f} M/s, {cpu / 1e6:.3f} M per CPU-second")
    many = first_commits(wide, commits)
    wide_cpu = statistics.median(one_round(many).cpu for _ in range(rounds))
    results = of_peers(segments, peers)
    return [
        Promise.at_least("store_ingest", round(wall), "readings/s", LIMIT),
        beside("store_ingest_cpu", cpu, best(results), AT_LEAST),
        beside("store_ingest_cpu_wide", wide_cpu, best(of_peers(many, peers))),
    ]


def beside(name: str, cpu: float, peer: Result | None, limit: str | None = None) -> Promise:
    """Return readings per CPU-second beside the best peer's, as a limit or to compare."""
    if peer is None:
        return Promise(name, round(cpu), UNIT)
    print(f"  best peer: {peer.version}")
    return Promise(name, round(cpu), UNIT, limit or peer.version, round(peer.per_cpu_second))


def first_commits(fleet: Fleet, count: int) -> list[list[Opened]]:
    """Return the first commits of a fleet, opened; those that warm up come first."""
    taken = []
    for segments in fleet.commits(COMMIT_READINGS):
        taken.append(segments)
        if len(taken) == count:
            break
    return taken


def one_round(commits: Sequence[Sequence[Opened]]) -> Rate:
    """Commit everything into a fresh store; sources and signals are known beforehand."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house = House(Path(name))
        introduce(house, commits)
        for segments in commits[:WARM]:
            register(house, house.committer.prepare(segments))
        cpu_s, wall_s = time.process_time(), time.monotonic()
        pipelined(house, commits[WARM:])
        wall_s, cpu_s = time.monotonic() - wall_s, time.process_time() - cpu_s
        totals = house.historian.totals(ACTOR)
        expected = sum(one.header.record_count for segments in commits for one in segments)
        if (totals.records, totals.lost, totals.duplicated) != (expected, 0, 0):
            raise AssertionError(f"the store lost or doubled: {totals}, expected {expected}")
        house.database.close()
    readings = sum(one.header.record_count for segments in commits[WARM:] for one in segments)
    return Rate(readings / wall_s, readings / cpu_s)


def introduce(house: House, commits: Sequence[Sequence[Opened]]) -> None:
    """Give sources and signals their numbers: that is done once in the life of a store."""
    for segments in commits:
        house.committer.introduce(segments)


def pipelined(house: House, commits: Sequence[Sequence[Opened]]) -> None:
    """Prepare beside the registration, at most `PREPARED_MAX` ahead, and register in order."""
    waiting: deque[Future[Commit]] = deque()
    with ThreadPoolExecutor(PREPARED_MAX) as pool:
        for segments in commits:
            waiting.append(pool.submit(house.committer.prepare, segments))
            if len(waiting) > PREPARED_MAX:
                register(house, waiting.popleft().result())
        for prepared in waiting:
            register(house, prepared.result())


def register(house: House, commit: Commit) -> None:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(STEP_US)
    house.committer.register(commit)


def of_peers(commits: Sequence[Sequence[Opened]], peers: Sequence) -> list[Result]:
    """Run the peers on the rows of our commits, all columns; then values only where that helps."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house, data = House(Path(name)), Path(name) / "data.arrow"
        introduce(house, commits)
        write_data(data, (house.committer.rows(segments) for segments in commits))
        house.database.close()
        results = run_peers(data, peers=peers)
        print("  series, stamp and value alone, not compared:")
        run_peers(data, columns=VALUES, peers=[one for one in peers if one.name in VALUES_ONLY])
    return results
