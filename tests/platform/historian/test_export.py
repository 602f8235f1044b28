"""Export to plain Parquet: whole, readable by others, in bounded memory, by whom it may be."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.queries import records
from lineshaft.platform.historian.queries.model import EXPORT_SIGNALS_MAX, ExportQuery
from lineshaft.platform.historian.queries.records import (
    READING_SCHEMA,
    ExportPiece,
    parquet_chunks,
)
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.errors import NotAllowed
from lineshaft.security.authorisation.model import Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from tests.platform.historian.asking import DAY as HTTP_DAY
from tests.platform.historian.asking import desk_of
from tests.platform.historian.house import ACTOR, HOUR, START, House, Source, random_source

DAY = Period(START, Instant(START + 24 * HOUR))
SIGNALS = [SignalId("m1/s0"), SignalId("m1/s1"), SignalId("m1/Grüße%")]
STORED = sorted([*SIGNALS, SignalId("m1/s2")])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house, source = House(tmp_path_factory.mktemp("export")), Source()
    source.fill(segments=3)
    source.add("m1/Grüße%", START, None, None, text="x")
    source.add("m2/s", START, 1)
    source.seal()
    house.store(source)
    return house


def exported(house: House, *signals: SignalId) -> bytes:
    found = house.historian.export(ACTOR, ExportQuery(signals or SIGNALS, DAY))
    return b"".join(found.parquet())


def test_three_readers_agree(house: House, tmp_path: Path) -> None:
    file = tmp_path / "readings.parquet"
    file.write_bytes(exported(house))
    arrow = pq.read_table(file)
    assert arrow.schema.equals(READING_SCHEMA)
    assert arrow.num_rows == 41
    assert arrow.column("mantissa").to_pylist()[:2] == [-50, -29]
    duck = duckdb.connect().sql(f"SELECT * FROM '{file}'").to_arrow_table()
    assert duck.column("value").to_pylist() == arrow.column("value").to_pylist()
    assert duck.column("ts").cast(pa.int64()).to_pylist()[0] == START
    frame = pl.read_parquet(file)
    assert frame["value"].to_list() == arrow.column("value").to_pylist()
    assert frame["text"].to_list()[-1] == "x"
    assert str(frame["ts"][0]) == "2027-03-01 00:00:00+00:00"


@pytest.mark.parametrize("rows", [1, 5, 10_000])
def test_the_size_of_row_groups_changes_no_row(
    house: House, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    whole = pq.read_table(io.BytesIO(exported(house)))
    monkeypatch.setattr(records, "ROW_GROUP_ROWS", rows)
    assert pq.read_table(io.BytesIO(exported(house))).equals(whole)


def test_every_record_of_every_kind_is_there(tmp_path: Path) -> None:
    house, source = House(tmp_path), random_source(5)
    house.store(source)
    wide = Period(Instant(START - 100 * HOUR), Instant(START + 1_000 * HOUR))
    signals = house.historian.signals(ACTOR)
    found = house.historian.export(ACTOR, ExportQuery(signals, wide))
    table = pq.read_table(io.BytesIO(b"".join(found.parquet())))
    assert sorted(table.column("sequence").to_pylist()) == [one.sequence for one in source.records]


def test_a_directory_has_a_file_for_each_signal(house: House, tmp_path: Path) -> None:
    shares: list[float] = []
    found = house.historian.export(ACTOR, ExportQuery(SIGNALS, DAY))
    target = tmp_path / "out"
    paths = found.write_directory(target, lambda piece: shares.append(piece.share))
    names = ["m1/s0.parquet", "m1/s1.parquet", "m1/Gr%C3%BC%C3%9Fe%25.parquet"]
    assert [str(path.relative_to(target)) for path in paths] == names
    assert [pq.read_metadata(path).num_rows for path in paths] == [20, 20, 1]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert duckdb.connect().sql(f"SELECT count(*) FROM '{target}/*/*.parquet'").fetchall() == [
        (41,)
    ]


def test_a_signal_that_never_spoke_is_an_empty_file(house: House, tmp_path: Path) -> None:
    found = house.historian.export(ACTOR, ExportQuery([SignalId("m1/none")], DAY))
    (path,) = found.write_directory(tmp_path / "out")
    assert pq.read_table(path).num_rows == 0


def test_memory_does_not_grow_with_the_export() -> None:
    table = pa.Table.from_pylist([], schema=READING_SCHEMA)
    row = {"signal": "m/s", "ts": 0, "kind": "reading", "status": 0, "value": 0.5}
    row |= {"source": "e", "epoch": 1, "sequence": 1}
    table = pa.Table.from_pylist([row] * 50_000, schema=READING_SCHEMA)

    def pieces(count: int) -> Iterator[ExportPiece]:
        for number in range(count):
            yield ExportPiece(SignalId("m/s"), table, number / count)

    def peak(count: int) -> int:
        before = pa.total_allocated_bytes()
        most = 0
        for _ in parquet_chunks(pieces(count)):
            most = max(most, pa.total_allocated_bytes() - before)
        return most

    tracemalloc.start()
    small = peak(12)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    large = peak(60)
    assert tracemalloc.get_traced_memory()[1] < 2 * held + 1_000_000
    tracemalloc.stop()
    assert large < 2 * small + 1_000_000


@pytest.mark.parametrize("count", [0, EXPORT_SIGNALS_MAX + 1])
def test_an_export_has_a_limit(count: int) -> None:
    signal = SignalId("m1/s0")
    ExportQuery([signal] * EXPORT_SIGNALS_MAX, DAY)
    with pytest.raises(Invalid, match="cannot export"):
        ExportQuery([signal] * count, DAY)


def test_nothing_is_read_before_every_machine_may_be(house: House) -> None:
    authorizer = Authorizer(house.database, SqlGrantStore(), house.clock)
    with house.database.unit_of_work() as unit:
        authorizer.add_grant(unit.connection, Grant("acme", "m1", DAY.start, DAY.end, "con_1"))
    guarded = Historian(house.database, house.manifest, house.files, authorizer, house.keys)
    customer = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
    assert guarded.export(customer, ExportQuery(SIGNALS, DAY)).pieces
    for query in (
        ExportQuery([*SIGNALS, SignalId("m2/s")], DAY),
        ExportQuery(SIGNALS, Period(Instant(DAY.start - 1), DAY.end)),
    ):
        with pytest.raises(NotAllowed):
            guarded.export(customer, query)
    assert guarded.signals(customer) == STORED


async def test_over_http(house: House) -> None:
    desk = desk_of(house)
    answer = await desk.get("/export", signal=list(SIGNALS), **HTTP_DAY)
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 41
    known_at = answer.headers["lineshaft-known-at"]
    again = await desk.get("/export", signal=list(SIGNALS), known_at=known_at, **HTTP_DAY)
    assert again.content == answer.content
    listed = json.loads((await desk.get("/signals", machine="m1")).text)
    assert listed == {"signals": STORED, "next": None}
    rest = (await desk.get("/signals", machine="m1", after="m1/s0")).json()
    assert rest["signals"] == ["m1/s1", "m1/s2"]
