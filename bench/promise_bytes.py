"""Bytes on the disk per reading: all that is needed to answer and to prove.

Thirty machines with twenty signals each for a day, one scan per second, sealed and signed as edges
do it, committed, closed into day files, headers packed. Counted are the store files and the pages
of the manifest that are in use, which hold headers, signatures, marks, last values and roll-ups.
Peers get the values and stamps of some of the machines, and are compacted as well as they can be.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from bench.fleet import Fleet
from bench.peers.engine import VALUES
from bench.peers.environment import PEERS, Peer
from bench.peers.running import Result, run_peers, smallest_lossless, write_data
from bench.records import Promise
from lineshaft.core.clock import ManualClock
from lineshaft.platform.historian.files.compaction import GRACE_S
from lineshaft.platform.historian.files.packer import SegmentPacker
from tests.platform.historian.house import ACTOR, SECOND, House

NAMES = (
    "bytes_per_reading",
    "bytes_per_reading_peers",
    "bytes_per_reading_jitter",
    "bytes_per_reading_jitter_peers",
    "bytes_per_reading_20",
)
REGULAR_MAX, JITTER_MAX, PEERS_RATIO_MAX = 1.0, 1.8, 1.2
COMMIT_READINGS = 100_000
DAY_S = 86_400
JITTER_MS = 50


@dataclass(frozen=True)
class Scale:
    """How much is stored: the machines and seconds of ours, of the peers', of short segments."""

    machines: int = 30
    peer_machines: int = 3
    short_machines: int = 2
    seconds: int = DAY_S
    short_seconds: int = DAY_S // 4


FULL = Scale()
QUICK = Scale(machines=1, peer_machines=1, short_machines=1, seconds=3_600, short_seconds=100)


def measure(scale: Scale = FULL, peers: Sequence[Peer] = PEERS) -> list[Promise]:
    """Measure regular and jittered stamps beside the peers, then short segments."""
    promises: list[Promise] = []
    for name, limit, jitter_ms in (
        ("bytes_per_reading", REGULAR_MAX, 0),
        ("bytes_per_reading_jitter", JITTER_MAX, JITTER_MS),
    ):
        ours = stored(Fleet(scale.machines, scale.seconds, jitter_ms=jitter_ms))
        promises.append(Promise.at_most(name, round(ours, 4), "bytes", limit))
        few = Fleet(scale.peer_machines, scale.seconds, jitter_ms=jitter_ms)
        promises.append(beside(f"{name}_peers", ours, of_peers(few, peers)))
    short = stored(Fleet(scale.short_machines, scale.short_seconds, scans=1))
    promises.append(Promise("bytes_per_reading_20", round(short, 4), "bytes"))
    return promises


def beside(name: str, ours: float, results: Sequence[Result]) -> Promise:
    """Promise at most 1.2 times the smallest peer that returns everything unchanged."""
    peer = smallest_lossless(results)
    if peer is None:
        return Promise(name, round(ours, 4), "bytes")
    limit = peer.bytes_per_reading * PEERS_RATIO_MAX
    print(f"  smallest lossless peer: {peer.version}, {peer.bytes_per_reading:.4f}")
    return Promise.at_most(name, round(ours, 4), "bytes", round(limit, 4))


def stored(fleet: Fleet) -> float:
    """Store a fleet's readings in a fresh store, compact it and return its bytes per reading."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house = House(Path(name))
        for segments in fleet.commits(COMMIT_READINGS):
            advance(house, 1)
            house.committer.commit(segments)
        settle(house)
        totals = house.historian.totals(ACTOR)
        if (totals.records, totals.lost, totals.duplicated) != (fleet.readings, 0, 0):
            raise AssertionError(f"the store lost or doubled: {totals}")
        sizes = {"files": file_bytes(house), "manifest": manifest_bytes(house)}
        house.database.close()
    for part, size in sizes.items():
        print(f"  {part}: {size / fleet.readings:.4f} bytes per reading")
    return sum(sizes.values()) / fleet.readings


def settle(house: House) -> None:
    """Close hours and days, remove what was merged away, pack headers."""
    house.compact()
    advance(house, 2 * GRACE_S)
    house.merger.unlink_merged()
    packer = SegmentPacker(house.database, house.manifest)
    while packer.pack():
        continue


def advance(house: House, seconds: int) -> None:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(seconds * SECOND)


def file_bytes(house: House) -> int:
    """Return the bytes of all store files."""
    return sum(path.stat().st_size for path in house.files.directory.rglob("*.parquet"))


def manifest_bytes(house: House) -> int:
    """Return the bytes of the pages of the database that are in use.

    Pages that packing has freed are filled again by the next commits.
    """
    with house.database.read() as connection:
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names
        )
    return int((pages - free) * size)


def of_peers(fleet: Fleet, peers: Sequence[Peer]) -> list[Result]:
    """Let the peers store the values and stamps of a fleet."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        data = Path(name) / "data.arrow"
        house = House(Path(name))
        write_data(data, commits(house, fleet))
        house.database.close()
        return run_peers(data, columns=VALUES, is_compacted=True, peers=peers)


def commits(house: House, fleet: Fleet) -> Iterator[pa.Table]:
    """Yield the rows of commits as store files have them."""
    for segments in fleet.commits(COMMIT_READINGS):
        house.committer.introduce(segments)
        yield house.committer.rows(segments)
