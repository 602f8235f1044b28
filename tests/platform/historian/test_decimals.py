"""Rows of a store file as arrays: the same, whether a column is read or said by the statistics."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.reading import RecordKind, StatusCode
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.encoding import FAST, OFTEN_ONE, SMALL
from lineshaft.platform.historian.queries import decimals

STATUS = st.sampled_from([0, int(StatusCode.BAD_NO_COMMUNICATION), columns.GOOD_BELOW, 2**32 - 1])
KIND = st.sampled_from([int(kind) for kind in RecordKind])
EXPONENT = st.sampled_from([0, -3, 127, -128, None])
ROW = st.tuples(STATUS, KIND, EXPONENT, st.sampled_from([None, 2**60]), st.sampled_from([None, ""]))


@st.composite
def files(draw: st.DrawFn) -> pa.Table:
    """Rows of which some columns have one value: all, or but for the last row of a group."""
    rows = draw(st.lists(ROW, min_size=1, max_size=12))
    first = rows[0]
    same = draw(st.sets(st.integers(0, len(first) - 1)))
    kept = draw(st.sampled_from([len(rows), len(rows) - 1]))
    rows = [
        tuple(first[at] if at in same and place < kept else row[at] for at in range(len(first)))
        for place, row in enumerate(rows)
    ]
    status, kind, exponent, mantissa, text = zip(*rows, strict=True)
    count = np.arange(len(rows))
    plain = {"series": count // 4, "ts": count, "source_epoch": count % 2 + 1}
    plain |= {"sequence": count + 1, "ordinal": count}
    said = {"status": status, "kind": kind, "exponent": exponent, "mantissa": mantissa}
    said |= {"text": text, "own_ts": [None] * len(rows), "number": [None] * len(rows)}
    arrays = plain | said
    made = [pa.array(arrays[one.name], one.type) for one in columns.SCHEMA]
    return pa.table(made, columns.SCHEMA)


@settings(max_examples=200, deadline=None)
@given(files(), st.sampled_from([SMALL, FAST]), st.integers(1, 13))
def test_what_statistics_say_is_what_the_column_has(table: pa.Table, how: dict, rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "some.parquet"
        pq.write_table(table, path, row_group_size=rows, **how)
        found = decimals.read(path, (0, 2**31 - 1, 0, 2**62))
    expected = table.to_pylist()
    for name in ("series", "ts", "sequence", "source_epoch"):
        assert found[name].tolist() == [row[name] for row in expected]
    for name in ("mantissa", "exponent"):
        assert found[name].tolist() == [row[name] or 0 for row in expected]
        assert found[name].dtype == decimals.KINDS[name]
    assert found["is_decimal"].tolist() == [
        row["kind"] == RecordKind.READING
        and row["status"] < columns.GOOD_BELOW
        and None not in (row["mantissa"], row["exponent"])
        and row["text"] is None
        for row in expected
    ]


def test_only_what_differs_is_read(tmp_path: Path) -> None:
    """Of files as they stay: what commits write is merged before it is old."""
    path = tmp_path / "some.parquet"
    count = np.arange(8)
    arrays = {one.name: count for one in columns.SCHEMA} | dict.fromkeys(OFTEN_ONE, [1] * 8)
    arrays |= dict.fromkeys(("own_ts", "number", "text"), [None] * 8)
    made = [pa.array(arrays[one.name], one.type) for one in columns.SCHEMA]
    pq.write_table(pa.table(made, columns.SCHEMA), path, **SMALL)
    with pq.ParquetFile(path) as file:
        assert [decimals._only(file.metadata, [0], name) for name in OFTEN_ONE] == [1, 1, 1]
        assert decimals._only(file.metadata, [0], "sequence") is None
        assert decimals._only(file.metadata, [0], "mantissa") is None
