"""Back-fill: five million rows of a file, from the command to the last row in the historian.

Everything is as a person has it: `lineshaft up` in a directory of its own, and `lineshaft historian
import` on a file of 20 signals at 1 Hz. The time is that of the whole command, its start included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.installation import running
from bench.records import Promise
from lineshaft.infrastructure.settings import load_settings

LIMITS = {"parquet": 300_000, "csv": 150_000}
NAMES = tuple(f"backfill_{kind}" for kind in LIMITS)
ROWS = 5_000_000
PART_ROWS = 500_000
SIGNALS = 20
START_S = 1_700_000_000
SEED = 7
IMPORT_S_MAX = 300


def measure() -> list[Promise]:
    """Measure both kinds of files, one after the other."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        settings = load_settings({}, data_dir=directory / "data", http_port=0)
        settings.data_dir.mkdir()
        write_files(directory)
        with running(settings):
            return [
                Promise.at_least(
                    f"backfill_{kind}", rate(directory, kind), "readings/s", LIMITS[kind]
                )
                for kind in LIMITS
            ]


def write_files(directory: Path) -> None:
    """Write the same readings as Parquet and as CSV: random walks of three decimals."""
    walk = np.random.default_rng(SEED)
    level = np.arange(SIGNALS) * 1_000 + 100_000
    plain = pa_csv.WriteOptions(quoting_style="none", quoting_header="none")
    with (
        pq.ParquetWriter(directory / "rows.parquet", schema()) as parquet,
        pa_csv.CSVWriter(directory / "rows.csv", csv_schema(), write_options=plain) as written,
    ):
        for start in range(0, ROWS, PART_ROWS):
            steps = walk.integers(-50, 51, (PART_ROWS // SIGNALS, SIGNALS)).cumsum(axis=0)
            values = level + steps
            level = values[-1]
            table = part(start, values.ravel())
            parquet.write_table(table)
            written.write_table(as_text(table))


def schema() -> pa.Schema:
    """Return the columns of the Parquet file."""
    stamp = pa.timestamp("us", "UTC")
    return pa.schema({"signal": pa.string(), "ts": stamp, "value": pa.decimal128(18, 3)})


def csv_schema() -> pa.Schema:
    """Return the columns of the CSV file."""
    return pa.schema({name: pa.string() for name in ("signal", "ts", "value")})


def part(start: int, mantissas: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pa.Table:
    """Return some rows: every second one of each signal."""
    rows = np.arange(start, start + PART_ROWS)
    names = pa.array([f"press/s{number:02d}" for number in range(SIGNALS)])
    seconds = START_S + rows // SIGNALS
    words = np.stack((mantissas, mantissas >> 63), axis=1)  # 16 bytes, the lower half first
    return pa.table(
        [
            names.take(pa.array(rows % SIGNALS)),
            pa.array(seconds * 1_000_000).cast(pa.timestamp("us", "UTC")),
            pa.Array.from_buffers(
                schema().field("value").type, PART_ROWS, [None, pa.py_buffer(words)]
            ),
        ],
        schema=schema(),
    )


def as_text(table: pa.Table) -> pa.Table:
    """Return the rows as they stand in a CSV file."""
    stamps = pc.strftime(table["ts"].cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    columns = [table["signal"], stamps, table["value"].cast(pa.string())]
    return pa.table(columns, schema=csv_schema())


def rate(directory: Path, kind: str) -> float:
    """Return rows per second of a whole import."""
    command = [sys.executable, "-m", "lineshaft.cli", "historian", "import", "--json"]
    command += [str(directory / f"rows.{kind}"), "--source", f"history-{kind}"]
    command += ["--data", str(directory / "data")]
    began_s = time.monotonic()
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, timeout=IMPORT_S_MAX
    )
    took_s = time.monotonic() - began_s
    if done.returncode:
        raise AssertionError(f"the import ended with {done.returncode}: {done.stderr}")
    summary = json.loads(done.stdout)
    if (summary["records"], summary["refusals"]) != (ROWS, 0):
        raise AssertionError(f"the import stored {summary}")
    return ROWS / took_s
