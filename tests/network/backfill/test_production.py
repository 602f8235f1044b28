"""From whichever checkpoint a file is taken up again, the segments are the same to the byte."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineshaft.network.backfill import files
from lineshaft.network.backfill import production as production_module
from lineshaft.network.backfill.model import FileMap
from tests.network.backfill.plain import production, sealed, stamp, write_lines

ROWS = 4_000


def long_csv(directory: Path) -> tuple[Path, FileMap]:
    lines = [f"m{k % 2}/s{k % 5},{stamp(k)},{k}" for k in range(ROWS)]
    for bad in (1_000, 1_001, 2_345, 3_999):
        lines[bad] = "broken"
    return write_lines(directory / "a.csv", ["signal,ts,value", *lines]), FileMap()


def wide_csv(directory: Path) -> tuple[Path, FileMap]:
    lines = [f"{stamp(k)},{k},{'' if k % 3 else k}" for k in range(ROWS)]
    lines[2_000] = "never,1,2"
    return write_lines(directory / "b.csv", ["ts,a,b", *lines]), FileMap(machine="m")


def parquet(directory: Path) -> tuple[Path, FileMap]:
    begin = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    stamps = [None if k == 2_222 else begin + dt.timedelta(seconds=k) for k in range(ROWS)]
    columns = {
        "signal": [f"m/s{k % 3}" for k in range(ROWS)],
        "ts": pa.array(stamps, pa.timestamp("us", "UTC")),
        "value": list(range(ROWS)),
    }
    path = directory / "c.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=1_700)
    return path, FileMap()


@pytest.mark.parametrize("make", [long_csv, wide_csv, parquet])
def test_any_checkpoint_leads_to_the_same_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], tuple[Path, FileMap]]
) -> None:
    monkeypatch.setattr(production_module, "CHECKPOINT_SEGMENTS", 1)
    monkeypatch.setattr(files, "BLOCK_BYTES", 30_000)
    monkeypatch.setattr(files, "BLOCK_ROWS", 700)
    path, file_map = make(tmp_path)
    whole = sealed(path, file_map)
    first = production(path, file_map)
    assert sum(map(len, first.segments(0))) == len(whole)
    assert len(first.checkpoints) >= 3
    for checkpoint in first.checkpoints:
        again = production(path, file_map, checkpoint)
        number = checkpoint.number + 1
        tail = [one for batch in again.segments(number) for one in batch]
        assert tail == whole[number - 1 :]
        assert again.refusals == first.refusals
        # one that is beyond the hub's mark, since the hub was restored, is of no use
        early = production(path, file_map, checkpoint)
        assert [one for batch in early.segments(1) for one in batch] == whole
