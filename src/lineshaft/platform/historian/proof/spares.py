"""Rows that a damaged store file had, found in other files: merged ones, and those of backups."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import StoreFile


@dataclass(frozen=True, slots=True)
class Spare:
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
        if spare.sha256 is not None:
            with spare.path.open("rb") as data:
                if hashlib.file_digest(data, "sha256").hexdigest() != spare.sha256:
                    return
        with pq.ParquetFile(spare.path) as file:
            for index in range(file.num_row_groups):
                if _may_hold(file.metadata.row_group(index), zones):
                    group = file.read_row_group(index)
                    yield group.select(columns.SCHEMA.names).cast(columns.SCHEMA)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return


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


def on_disk(directory: Path, paths: Iterable[str], live: Sequence[StoreFile]) -> list[Spare]:
    """Return merged files that are still there."""
    in_use = {file.path for file in live}
    return [
        Spare(directory / path, None)
        for path in paths
        if path not in in_use and (directory / path).exists()
    ]
