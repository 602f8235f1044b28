"""What becomes of each row of a file: a record in its place, or a refusal that says why."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import Record, RecordKind, SignalId
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.network.backfill import files
from lineshaft.network.backfill.errors import FileUnreadable, MapInvalid
from lineshaft.network.backfill.model import FileMap, Kind, MappedSignal
from lineshaft.network.backfill.service import read_map
from tests.network.backfill.plain import (
    instant,
    production,
    records,
    records_of,
    stamp,
    write_lines,
)

LONG = "signal,ts,value,status"


def refusal(record: Record) -> tuple[str, bytes]:
    assert record.kind is RecordKind.REFUSAL
    detail = RefusalDetail.decode(record.text or "")
    return detail.reason, detail.raw


def test_a_long_file(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "old.csv",
        [
            LONG,
            f"press-1/energy,{stamp(1)},12.50,",
            f'"press-1/energy",{stamp(2)},-0.001,0x40000000',
            f"press-1/heat,{stamp(1)},1e3,uncertain",
            f"press-1/energy,{stamp(3)},,bad",
        ],
    )
    found = records(path)
    assert [(r.signal, r.ordinal, r.ts, r.mantissa, r.exponent, r.status) for r in found] == [
        ("press-1/energy", 1, instant(1), 1250, -2, 0),
        ("press-1/energy", 2, instant(2), -1, -3, 0x40000000),
        ("press-1/heat", 1, instant(1), 1, 3, 0x40000000),
        ("press-1/energy", 3, instant(3), None, None, 0x80000000),
    ]
    assert [r.sequence for r in found] == [1, 2, 3, 4]


def test_bad_rows_are_refusals_in_their_places(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "old.csv",
        [
            LONG,
            f"press-1/energy,{stamp(1)},1,",
            f'press-1/energy,{stamp(2)},"12,5",',
            "",
            f"press-1/energy,{stamp(3)},2",
            f"energy,{stamp(4)},3,",
            "press-1/energy,yesterday,4,",
            f'press-1/energy,{stamp(6)},"5,',
            f"press-1/energy,{stamp(7)},6,odd",
            f"press-1/energy,{stamp(8)},,",
            "press-1/energy,2026-06-01T00:05:01Z,8,",
            f"press-1/energy,{stamp(9)},9,",
        ],
    )
    path.write_bytes(path.read_bytes() + b"press-1/energy," + stamp(10).encode() + b",\xff,\n")
    found = records(path)
    assert [r.kind for r in found] == [0, 2, 2, 2, 2, 2, 2, 2, 2, 0, 2]
    assert [r.signal for r in found[1:4]] == [
        "press-1/energy",
        "press-1/$refused",
        "press-1/$refused",
    ]
    assert [r.ts for r in found] == [instant(at) for at in (1, 2, 2, 4, 4, 4, 7, 8, 8, 9, 9)]
    reasons = [refusal(r)[0] for r in found if r.kind is RecordKind.REFUSAL]
    for reason, line, part in zip(
        reasons,
        (3, 5, 6, 7, 8, 9, 10, 11, 13),
        (
            "cannot read '12,5' as a number",
            "3 columns: expected 4",
            "signal 'energy': name its machine",
            "cannot read the instant 'yesterday'",
            "a quote does not end on its line",
            "cannot read the status 'odd'",
            "a reading without a value needs a status that is not good",
            "more than 5 minutes ahead of the import, which began 2026-06-01T00:00:00Z",
            "bytes that are no UTF-8",
        ),
        strict=True,
    ):
        assert reason.startswith(f"old.csv line {line}: ")
        assert part in reason
    assert refusal(found[2])[1] == f"press-1/energy,{stamp(3)},2".encode()
    made = production(path)
    assert sum(len(batch) for batch in made.segments(0)) == 1
    assert (made.refusals, made.first_refusals) == (9, reasons)


def test_the_first_rows_may_be_bad_but_not_all(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", [LONG, "?", "m/s,x,1,", f"m/s,{stamp(5)},1,"])
    assert [(r.signal, r.ts) for r in records(path)] == [
        ("m/$refused", instant(5)),
        ("m/s", instant(5)),
        ("m/s", instant(5)),
    ]
    for bad in (["?"], ["m/s,x,1,"], [f"energy,{stamp(1)},1,"]):
        path = write_lines(tmp_path / "b.csv", [LONG, *bad])
        with pytest.raises(FileUnreadable, match=r"b\.csv line 2: .* no row of the first 1 has"):
            records(path)


def test_a_wide_file(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "old.csv",
        [
            "Zeit;Energie kWh;Zustand;Tor",
            f"{stamp(1)};1.0;ACTIVE;true",
            f"{stamp(2)};;READY;",
            "never;1;2;3",
            f"{stamp(3)};1,5;;no",
            f"{stamp(4)};2.0;;",
        ],
    )
    file_map = FileMap(
        ts="Zeit",
        delimiter=";",
        machine="press-1",
        signals={
            "Zustand": MappedSignal("execution", "text"),
            "Energie kWh": "press-2/energy",
            "Tor": MappedSignal("door", "boolean"),
        },
    )
    found = records(path, file_map)
    assert [(r.signal, r.ts, r.kind, r.mantissa) for r in found] == [
        ("press-1/execution", instant(1), 0, None),
        ("press-2/energy", instant(1), 0, 10),
        ("press-1/door", instant(1), 0, 1),
        ("press-1/execution", instant(2), 0, None),
        ("press-1/$refused", instant(2), 2, None),
        ("press-2/energy", instant(3), 2, None),
        ("press-1/door", instant(3), 2, None),
        ("press-2/energy", instant(4), 0, 20),
    ]
    assert found[0].text == "ACTIVE"
    assert refusal(found[5])[0].startswith("old.csv line 5: column 'Energie kWh': cannot read")
    with pytest.raises(FileUnreadable, match=r"column 'Energie kWh'.*--map"):
        records(path, FileMap(ts="Zeit", delimiter=";", machine="press-1"))


def test_all_columns_of_a_wide_file_need_only_a_machine(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "w.csv", ["ts,a,b", f"{stamp(1)},1,2", f"{stamp(2)},3,"])
    found = records(path, FileMap(machine="m"))
    assert [(r.signal, r.mantissa) for r in found] == [("m/a", 1), ("m/b", 2), ("m/a", 3)]


def test_kinds_of_a_long_file(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "k.csv",
        ["signal,ts,value", f"m/s,{stamp(1)},READY", f"m/n,{stamp(1)},1", f"m/s,{stamp(2)},7"],
    )
    found = records(path, FileMap(signals={"m/s": MappedSignal("m/state", "text")}))
    assert [(r.signal, r.mantissa, r.text) for r in found] == [
        ("m/state", None, "READY"),
        ("m/n", 1, None),
        ("m/state", None, "7"),
    ]


def test_what_the_plant_declares_to_be_no_number_is_a_text_without_a_map(tmp_path: Path) -> None:
    lines = ["signal,ts,value", f"m/s,{stamp(1)},READY", f"m/n,{stamp(1)},1", f"m/t,{stamp(2)},7"]
    path = write_lines(tmp_path / "k.csv", lines)
    declared: dict[SignalId, Kind] = dict.fromkeys(map(SignalId, ("m/s", "m/t")), "text")

    def found(file_map: FileMap) -> list[tuple[str, int | None, str | None]]:
        made = production(path, file_map, declared=declared)
        sealed = [one for batch in made.segments(0) for one in batch]
        read = records_of(sealed, path)
        return [(r.signal, r.mantissa, r.text) for r in read if r.kind is RecordKind.READING]

    assert found(FileMap()) == [("m/s", None, "READY"), ("m/n", 1, None), ("m/t", None, "7")]
    # What the map says of a signal counts before what the plant says.
    said = FileMap(signals={"m/t": MappedSignal("m/t", "decimal")})
    assert found(said)[-1] == ("m/t", 7, None)


def test_parquet(tmp_path: Path) -> None:
    at = dt.datetime(2026, 1, 5, 0, 0, 1, tzinfo=dt.UTC)
    table = pa.table(
        {
            "ts": pa.array([at, None, at + dt.timedelta(seconds=1)], pa.timestamp("ms", "UTC")),
            "energy": pa.array([Decimal("1.50"), Decimal(2), None], pa.decimal128(10, 2)),
            "count": pa.array([1, 2, 3], pa.int16()),
            "state": pa.array(["A", "B", None]).dictionary_encode(),
            "level": pa.array([0.1, 1.0, float("inf")]),
        }
    )
    path = tmp_path / "old.parquet"
    pq.write_table(table, path, row_group_size=2)
    found = records(
        path,
        FileMap(
            machine="m",
            signals={"state": MappedSignal("state", "text")}
            | {name: name for name in ("energy", "count", "level")},
        ),
    )
    assert [(r.signal, r.ts, r.kind) for r in found] == [
        ("m/state", instant(1), 0),
        ("m/energy", instant(1), 0),
        ("m/count", instant(1), 0),
        ("m/level", instant(1), 0),
        ("m/$refused", instant(1), 2),
        ("m/count", instant(2), 0),
        ("m/level", instant(2), 2),
    ]
    assert (found[1].mantissa, found[1].exponent, found[3].number) == (150, -2, 0.1)
    reason, raw = refusal(found[4])
    assert reason == "old.parquet row 2: there is no instant"
    assert json.loads(raw)["energy"] == "2.00"


@pytest.mark.parametrize("cut", [100, 4_000])
def test_where_blocks_end_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    lines = [f"m/s{k % 3},{stamp(k)},{k}.{k % 10}" for k in range(1_500)]
    lines[1_234] = "broken"
    path = write_lines(tmp_path / "b.csv", ["signal,ts,value", *lines])
    whole = records(path)
    monkeypatch.setattr(files, "BLOCK_BYTES", 60 + cut)
    assert records(path) == whole
    assert [r.sequence for r in whole] == list(range(1, 1_501))
    assert refusal(whole[1_234])[0] == "b.csv line 1236: 1 columns: expected 3"


def test_a_line_longer_than_a_block_ends_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lines(tmp_path / "b.csv", ["signal,ts,value", "m/s" + "x" * 200])
    monkeypatch.setattr(files, "BLOCK_BYTES", 100)
    with pytest.raises(FileUnreadable, match=r"b\.csv line 2: longer than 100 bytes"):
        records(path)


def test_windows_lines_a_mark_and_no_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    text = f"\ufeffsignal,ts,value\r\nm/s,{stamp(1)},1\r\n\r\nm/s,{stamp(2)},2"
    path.write_bytes(text.encode())
    assert [r.mantissa for r in records(path)] == [1, 2]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "e.csv", ["signal,ts,value"])
    assert records(path) == []
    path.write_text("signal,ts,value\n\n\n")
    assert records(path) == []


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", "", "expected the names of columns"),
        ("a.csv", "a,b\n1,2\n", "no column 'ts' of instants: the file has a, b"),
        ("a.csv", "ts,ts\n1,2\n", "two columns have one name"),
        ("a.csv", "ts\n1\n", "there is no column"),
        ("a.parquet", "x", "as Parquet"),
        ("a.xlsx", "x", r"ends in \.csv or \.parquet"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, name: str, content: str, error: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(Invalid, match=error):
        records(path, FileMap(machine="m"))


def test_a_map_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(
        'ts = "Zeit"\nts_unit = "ms"\n'
        '[signals]\n"a b" = "m/a"\nc = { signal = "c", kind = "text" }\n'
    )
    found = read_map(path, "press-1")
    assert (found.ts, found.ts_unit, found.machine) == ("Zeit", "ms", "press-1")
    assert found.signals == {"a b": "m/a", "c": MappedSignal("c", "text")}
    assert read_map(None) == FileMap()
    for text in ("ts = 1", "zeit = 'x'", "delimiter = ';;'", "ts = ", "ts_unit = 'h'"):
        path.write_text(text)
        with pytest.raises(MapInvalid, match="map"):
            read_map(path)
    with pytest.raises(Invalid, match="machine id"):
        read_map(None, "Press 1")
