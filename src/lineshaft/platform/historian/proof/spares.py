"""Rows that a damaged store file had, found in other files: merged ones, and those of backups."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.platform.historian.files import columns

READ_S_MAX = 600.0
"""Longest time that another process may take to read files of unknown state."""
TRIED_AT_ONCE = 100
_TRY = """
import sys, pyarrow.parquet as pq
for path in sys.argv[1:]:
    try:
        pq.read_table(path)
        print("read", flush=True)
    except Exception:
        print("damaged", flush=True)
"""


class Spare(msgspec.Struct, frozen=True):
    """A Parquet file of the store that is not in use.

    Attributes:
        sha256: what it has to be, where that is known.
    """

    path: Path
    sha256: str | None


def rows_of(spares: Iterable[Spare], zones: NDArray[np.void]) -> tuple[pa.Table, bool]:
    """Gather the rows that fall into a zone map, each once.

    Args:
        spares: where to look; what cannot be read is passed over.
        zones: of the file that is to be made again.

    Returns:
        The rows, and whether all of them come from files that are what they have to be.
    """
    found, is_certain = [columns.SCHEMA.empty_table()], True
    for spare in spares:
        for part in _readable(spare, zones):
            rows = part.filter(pa.array(_falls_into(part, zones)))
            if rows.num_rows:
                found.append(rows)
                is_certain = is_certain and spare.sha256 is not None
    rows = pa.concat_tables(found).combine_chunks()
    return rows.take(pa.array(_firsts(rows))), is_certain


def without(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Leave out the rows that stand in another table as well."""
    is_other = np.isin(_keys(rows), _keys(others))
    return rows.filter(pa.array(~is_other))


def _readable(spare: Spare, zones: NDArray[np.void]) -> Iterator[pa.Table]:
    try:
        if not _is_safe(spare):
            return
        with pq.ParquetFile(spare.path) as file:
            for index in range(file.num_row_groups):
                if _may_hold(file.metadata.row_group(index), zones):
                    group = file.read_row_group(index)
                    yield group.select(columns.SCHEMA.names).cast(columns.SCHEMA)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return


def _is_safe(spare: Spare) -> bool:
    if spare.sha256 is None:
        return True  # `readable` has looked at it
    with spare.path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest() == spare.sha256


def readable(paths: Iterable[Path]) -> frozenset[Path]:
    """Return the files of unknown state that can be parsed without danger.

    A damaged file can end the whole process that parses it (pyarrow 26 aborts), so another one
    tries first: it names each file that it has read, and is started again behind one that ends it.
    """
    left, found = [path for path in paths if path.exists()], set()
    while left:
        try:
            tried = subprocess.run(  # noqa: S603 - our own interpreter and paths of the store
                [sys.executable, "-c", _TRY, *map(str, left[:TRIED_AT_ONCE])],
                capture_output=True,
                timeout=READ_S_MAX,
                check=False,
            )
            answers = tried.stdout.decode().split()
        except subprocess.TimeoutExpired:
            answers = []
        found |= {path for path, answer in zip(left, answers, strict=False) if answer == "read"}
        # One that has ended the other process has no answer, and is passed over.
        left = left[min(len(answers) + 1, TRIED_AT_ONCE) :]
    return frozenset(found)


def _may_hold(group: pq.RowGroupMetaData, zones: NDArray[np.void]) -> bool:
    """Tell from its statistics whether a row group may have rows of a zone map."""
    for index in range(group.num_columns):
        column = group.column(index)
        span = {
            "series": (zones["series"].min(), zones["series"].max()),
            "ts": (zones["first_ts"].min(), zones["last_ts"].max()),
        }.get(column.path_in_schema)
        statistics = column.statistics
        if span is not None and statistics is not None and statistics.has_min_max:
            low, high = span
            if statistics.max < low or statistics.min > high:
                return False
    return True


def _falls_into(rows: pa.Table, zones: NDArray[np.void]) -> NDArray[np.bool_]:
    series, ts = columns.array(rows, "series"), columns.array(rows, "ts")
    place = np.minimum(np.searchsorted(zones["series"], series), len(zones) - 1)
    entry = zones[place]
    result: NDArray[np.bool_] = (
        (entry["series"] == series) & (ts >= entry["first_ts"]) & (ts <= entry["last_ts"])
    )
    return result


def _keys(rows: pa.Table) -> NDArray[np.void]:
    keys = np.empty(rows.num_rows, dtype=[("source_epoch", "<i4"), ("sequence", "<i8")])
    for name in ("source_epoch", "sequence"):
        keys[name] = columns.array(rows, name)
    return keys


def _firsts(rows: pa.Table) -> NDArray[np.int64]:
    _, firsts = np.unique(_keys(rows), return_index=True)
    result: NDArray[np.int64] = firsts
    return result
