"""What a peer is, and the process that measures one: `python -m bench.peers.engine JOB`.

Runs in the environment of the peers: nothing of the product is imported here.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

ALL, VALUES = "all", "values"
SECONDS_MAX = 20
SAMPLE_SERIES = 20


class Engine(Protocol):
    """One peer.

    Attributes:
        version: as the peer says it.
        sync: `fsync per commit`, or `no fsync`.
        pid: of its server; None where it works in this process.
    """

    version: str
    sync: str
    pid: int | None

    def prepare(self, batch: pa.RecordBatch) -> object:
        """Make of a commit what the peer takes; the clock does not run."""
        ...

    def insert(self, prepared: object) -> None:
        """Take a commit; it is durable on return where the peer can do that."""
        ...

    def compact(self) -> None:
        """Make what is stored as small as the peer can; nothing is in memory only after it."""
        ...

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        """Return (stamp in microseconds, value) of a series in the order of time."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


@runtime_checkable
class Sized(Protocol):
    """A peer whose directory holds more than the readings."""

    def size(self) -> int:
        """Return the bytes of the readings."""
        ...


@dataclass(frozen=True)
class Job:
    """What one peer shall do.

    Attributes:
        peer: its name.
        data: an Arrow file; a batch per commit with the columns of a store file.
        directory: where it may write.
        columns: ALL of a store file, or VALUES: series, stamp and value only.
        is_compacted: whether to compact before the size is taken.
    """

    peer: str
    data: str
    directory: str
    columns: str
    is_compacted: bool


def measured(job: Job) -> dict[str, object]:
    """Run a job and return what was found."""
    engine: Engine = importlib.import_module(f"bench.peers.{job.peer}_engine").open_engine(
        Path(job.directory), job.columns
    )
    sample: dict[int, list[tuple[int, Decimal]]] = {}
    readings, wall_s, cpu_s = 0, 0.0, 0.0
    for batch in batches(job.data):
        prepared = engine.prepare(batch)
        cpu_before, wall_before = cpu_seconds(engine.pid), time.monotonic()
        engine.insert(prepared)
        wall_s += time.monotonic() - wall_before
        cpu_s += cpu_seconds(engine.pid) - cpu_before
        readings += batch.num_rows
        note_sample(sample, batch)
        if wall_s > SECONDS_MAX and not job.is_compacted:
            break
    if job.is_compacted:
        engine.compact()
    is_lossless = all(engine.read(series) == sorted(rows) for series, rows in sample.items())
    size = engine.size() if isinstance(engine, Sized) else None
    engine.close()
    if size is None:
        files = [path for path in Path(job.directory).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    return {
        "peer": job.peer,
        "version": engine.version,
        "sync": engine.sync,
        "readings": readings,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "is_server": engine.pid is not None,
        "bytes": size,
        "is_lossless": is_lossless,
    }


def batches(path: str) -> Iterator[pa.RecordBatch]:
    """Yield the commits of a file one by one."""
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def note_sample(sample: dict[int, list[tuple[int, Decimal]]], batch: pa.RecordBatch) -> None:
    """Remember the readings of the first series: they must come back unchanged."""
    series = batch.column("series").to_numpy()
    if not sample:
        sample |= {int(one): [] for one in sorted(set(series.tolist()))[:SAMPLE_SERIES]}
    for one, rows in sample.items():
        chosen = batch.filter(pa.array(series == one))
        names = ("ts", "mantissa", "exponent")
        columns = (chosen.column(name).to_pylist() for name in names)
        rows += [(ts, Decimal(m).scaleb(e)) for ts, m, e in zip(*columns, strict=True)]


def cpu_seconds(pid: int | None) -> float:
    """Return the processor time of this process, or of a server with all that it has started."""
    if pid is None:
        return time.process_time()
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        if int(path.parent.name) == pid or int(fields[1]) == pid:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def decimal_of(value: float) -> Decimal:
    """Return a float as its shortest text says it."""
    return Decimal(repr(value))


if __name__ == "__main__":
    print(json.dumps(measured(Job(**json.loads(sys.argv[1])))))
