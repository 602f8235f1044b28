"""Runs the peers on the readings of a bench, and says what each did."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from bench.peers.engine import ALL, VALUES
from bench.peers.environment import PEERS, PYTHON, NotInstalled, Peer, set_up
from bench.records import ROOT

RUN_S_MAX = 1_800


@dataclass(frozen=True)
class Result:
    """What a peer did with the readings of a bench.

    Attributes:
        is_lossless: whether every value and stamp of a sample came back unchanged.
        is_server: its processor time is the server's alone.
        reason: why there is no result; empty where there is one.
    """

    peer: str
    version: str = ""
    sync: str = ""
    readings: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    bytes: int = 0
    is_lossless: bool = False
    is_server: bool = False
    reason: str = ""

    @property
    def per_cpu_second(self) -> float:
        """Readings per second of processor time."""
        return self.readings / self.cpu_s if self.cpu_s else 0.0

    @property
    def bytes_per_reading(self) -> float:
        """Bytes on the disk per reading."""
        return self.bytes / self.readings if self.readings else 0.0

    def line(self) -> str:
        """Say it for a person."""
        if self.reason:
            return f"  {self.peer}: not measured: {self.reason}"
        marks = [self.sync] + ["lossy"] * (not self.is_lossless) + ["server CPU"] * self.is_server
        return (
            f"  {self.version} ({', '.join(marks)}): {self.readings} readings,"
            f" {self.readings / self.wall_s / 1e6:.3f} M/s,"
            f" {self.per_cpu_second / 1e6:.3f} M per CPU-second,"
            f" {self.bytes_per_reading:.3f} bytes per reading"
        )


def write_data(path: Path, commits: Iterable[pa.Table]) -> None:
    """Write commits of `columns.SCHEMA` for the peers to read."""
    writer = None
    for commit in commits:
        writer = writer or pa.ipc.new_file(path, commit.schema)
        writer.write_batch(commit.combine_chunks().to_batches()[0])
    assert writer is not None
    writer.close()


def run_peers(
    data: Path, *, columns: str = ALL, is_compacted: bool = False, peers: Iterable[Peer] = PEERS
) -> list[Result]:
    """Run peers one after the other, each alone, and print what each did."""
    assert columns in {ALL, VALUES}
    results = []
    for peer in peers:
        result = _run(peer, data, columns, is_compacted)
        print(result.line(), flush=True)
        results.append(result)
    return results


def _run(peer: Peer, data: Path, columns: str, is_compacted: bool) -> Result:
    try:
        set_up(peer)
    except NotInstalled as error:
        return Result(peer.name, reason=str(error))
    with tempfile.TemporaryDirectory(prefix="lineshaft-peer-") as name:
        directory = Path(name) / "store"
        directory.mkdir()
        Path(name).chmod(0o755)  # a server that runs under a user of its own must get there
        directory.chmod(0o755)
        job = {
            "peer": peer.name,
            "data": str(data),
            "directory": str(directory),
            "columns": columns,
            "is_compacted": is_compacted,
        }
        command = [str(PYTHON), "-m", "bench.peers.engine", json.dumps(job)]
        try:
            ended = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=RUN_S_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result(peer.name, reason=f"it took more than {RUN_S_MAX} s")
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["nothing"]
        return Result(peer.name, reason=f"it failed: {said[-1][:300]}")
    return Result(**json.loads(ended.stdout.splitlines()[-1]))


def best(results: Iterable[Result]) -> Result | None:
    """Return the peer with the most readings per CPU-second."""
    return max(
        (one for one in results if not one.reason), key=lambda one: one.per_cpu_second, default=None
    )


def smallest_lossless(results: Iterable[Result]) -> Result | None:
    """Return the peer with the fewest bytes per reading that returns everything unchanged."""
    found = (one for one in results if one.is_lossless and not one.reason)
    return min(found, key=lambda one: one.bytes_per_reading, default=None)
