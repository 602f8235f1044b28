"""How rows become the bytes of a file: nothing is lost, and the right encoding is chosen."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.fleet import Fleet
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.encoding import (
    ROW_GROUP_ROWS,
    SCAN_ROW_GROUP_ROWS,
    encode,
    has_scans,
    layout,
)
from tests.platform.historian.house import House, opened, random_source


def fleet_rows(house: House, fleet: Fleet) -> pa.Table:
    segments = [one for turn in fleet.rounds() for one in turn]
    house.committer.introduce(segments)
    return house.committer.rows(segments)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_row_comes_back(house: House, level: int, seed: int) -> None:
    source = random_source(seed)
    house.know(source)
    segments = opened(source.segments, source)
    house.committer.introduce(segments)
    rows = house.committer.rows(segments)
    again = pq.read_table(pa.BufferReader(encode(rows, level)), schema=columns.SCHEMA)
    assert again.equals(rows)


@pytest.mark.parametrize(
    ("jitter_ms", "is_scanned", "row_group_rows"),
    [(0, False, ROW_GROUP_ROWS), (50, True, SCAN_ROW_GROUP_ROWS)],
)
def test_stamps_of_a_scan_are_stored_once(
    house: House, jitter_ms: int, is_scanned: bool, row_group_rows: int
) -> None:
    rows = fleet_rows(house, Fleet(machines=1, seconds=1_000, jitter_ms=jitter_ms))
    assert has_scans(rows) is is_scanned
    assert layout(2, rows).row_group_rows == row_group_rows
    assert layout(0, rows).row_group_rows == ROW_GROUP_ROWS
    data = encode(rows, 2)
    again = pq.read_table(pa.BufferReader(data), schema=columns.SCHEMA)
    assert again.equals(rows)
    # 20 signals: packed as differences, jitter alone would take two bytes in each reading
    assert len(data) / rows.num_rows < 1.5


def test_series_that_share_no_stamps_are_no_scan(house: House) -> None:
    rows = fleet_rows(house, Fleet(machines=1, seconds=1_000, jitter_ms=50))
    apart = rows.column("ts").to_numpy() + rows.column("series").to_numpy()
    at = rows.schema.get_field_index("ts")
    assert not has_scans(rows.set_column(at, columns.SCHEMA.field("ts"), pa.array(apart)))
    one = rows.filter(pa.array(rows.column("series").to_numpy() == 1))
    assert not has_scans(one)
    assert not has_scans(one.slice(0, 1))


def test_blocks_are_sorted_as_their_rows_would_be(house: House) -> None:
    """The fast way, by blocks, and the slow one, by rows, give the same order."""
    source = random_source(7, segments=12)
    segments = opened(source.segments, source)
    house.committer.introduce(segments)
    rows = house.committer.rows(segments)
    mixed = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    assert columns.ordered(mixed, np.arange(2)).equals(rows)
