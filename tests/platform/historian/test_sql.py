"""SQL for analysts: right results, and no way out."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Refusal
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.platform.historian import api
from lineshaft.platform.historian.queries import sql as sql_module
from lineshaft.platform.historian.queries.sql import (
    MACHINES_MAX,
    SQL_CHARACTERS_MAX,
    SqlCancelled,
    SqlEngine,
    SqlLimits,
    SqlQuery,
    SqlRefused,
    SqlTooLong,
    TooManyQueries,
)
from lineshaft.platform.historian.queries.sql_rows import exact
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.errors import NotAllowed
from lineshaft.security.authorisation.model import Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from tests.platform.historian.asking import DAY as HTTP_DAY
from tests.platform.historian.asking import Desk, desk_of
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source

DAY = Period(START, Instant(START + 24 * HOUR))
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
FOREVER = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE hash(a, b) % 7 = 3"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("analysis"))
    source = Source()
    source.fill(segments=3, step=300 * SECOND)
    source.add("m1/state", START, None, None, text="ACTIVE")
    source.add("m1/state", START + SECOND, None, None, kind=RecordKind.STATUS, status=2**31)
    source.add("m2/secret", START, 42, 0)
    fix = CorrectionDetail(source.name, 1, 1, "Ada", "misread")
    source.add("m1/s0", START, 7_000, -3, kind=RecordKind.CORRECTION, text=fix.encode())
    source.add("m1/s1", START + 300 * SECOND, 999, -1)
    source.seal()
    house.store(source)
    return house


@pytest.fixture(scope="module")
def desk(house: House) -> Desk:
    return desk_of(house)


def ask(house: House, sql: str, *machines: str, period: Period = DAY) -> pa.Table:
    return house.historian.sql(ACTOR, SqlQuery(sql, machines or ("m1",), period))


# ---- results


def test_the_readings_in_force_as_columns(house: House) -> None:
    rows = ask(house, "SELECT * FROM readings WHERE signal = 'm1/s0' ORDER BY ts").to_pylist()
    assert len(rows) == 20
    assert rows[1] == {
        "signal": "m1/s0",
        "machine": "m1",
        "ts": rows[1]["ts"],
        "value": -0.029,
        "exact": Decimal("-0.029"),
        "text": None,
        "status": 0,
        "source": "edge-1",
        "epoch": 1,
        "sequence": 4,
    }
    assert rows[1]["ts"].isoformat() == "2027-03-01T00:15:00+00:00"


def test_a_correction_and_the_later_of_an_instant_are_in_force(house: House) -> None:
    first = ask(house, "SELECT exact, value FROM readings WHERE signal = 'm1/s0' ORDER BY ts")
    assert first.to_pylist()[0] == {"exact": Decimal(7), "value": 7.0}
    other = ask(house, "SELECT exact FROM readings WHERE signal = 'm1/s1' ORDER BY ts LIMIT 1")
    assert other.to_pylist() == [{"exact": Decimal("99.9")}]
    texts = ask(house, "SELECT text, status FROM readings WHERE signal = 'm1/state' ORDER BY ts")
    assert texts.to_pylist() == [
        {"text": "ACTIVE", "status": 0},
        {"text": None, "status": 2**31},
    ]


def test_sums_of_decimals_are_exact(house: House) -> None:
    (row,) = ask(house, "SELECT sum(exact) s FROM readings WHERE signal LIKE 'm1/s_'").to_pylist()
    stored = sum(number * 7 - 50 for number in range(60))
    changed = (7_000 + 50) + (99_900 - (7 - 50))
    assert row["s"] == Decimal(stored + changed) / 1_000


def test_only_the_machines_and_the_period_that_were_asked_for(house: House) -> None:
    machines = "SELECT DISTINCT machine FROM readings ORDER BY 1"
    assert ask(house, machines).column(0).to_pylist() == ["m1"]
    assert ask(house, machines, "m1", "m2").column(0).to_pylist() == ["m1", "m2"]
    assert ask(house, machines, "m_").column(0).to_pylist() == []
    half = Period(START, Instant(START + HOUR))
    counted = ask(house, "SELECT count(*) FROM readings WHERE signal LIKE 'm1/s_'", period=half)
    assert counted.column(0).to_pylist() == [12]
    nothing = Period(Instant(0), Instant(HOUR))
    assert ask(house, "FROM readings", period=nothing).num_rows == 0


def test_as_it_was_known(house: House) -> None:
    query = SqlQuery("SELECT count(*) FROM readings", ("m1",), DAY, known_at=Instant(START))
    assert house.historian.sql(ACTOR, query).column(0).to_pylist() == [0]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18)), max_size=20))
def test_exact_is_exact_or_absent(values: list[tuple[int, int]]) -> None:
    table = pa.table(
        {
            "mantissa": pa.array([one[0] for one in values], pa.int64()),
            "exponent": pa.array([one[1] for one in values], pa.int8()),
        }
    )
    for (mantissa, exponent), found in zip(values, exact(table).to_pylist(), strict=True):
        wanted = Decimal(mantissa).scaleb(exponent)
        if found is None:
            assert abs(wanted) >= Decimal(10) ** 20
        else:
            assert found == wanted


# ---- no way out


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{file}')",
        "SELECT * FROM query('SELECT * FROM read_text(''{file}'')')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "SELECT getenv('HOME')",
        "SELECT * FROM house",
        "SELECT * FROM table_of_python",
        "COPY readings TO '{file}'",
        "COPY (SELECT 1) TO '{file}' (FORMAT parquet)",
        "EXPORT DATABASE '{file}'",
        "ATTACH '{file}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{file}'",
        "PRAGMA database_list",
        "PRAGMA enable_external_access = true",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET enable_external_access",
        "CALL pragma_version()",
        "CREATE TABLE mine AS SELECT 1",
        "CREATE SECRET (TYPE s3)",
        "INSERT INTO readings SELECT * FROM readings",
        "DELETE FROM readings",
        "DROP TABLE readings",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY readings TO '{file}'",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "CHECKPOINT",
        "VACUUM",
        "",
        ";",
        "nonsense",
        "SELECT \ud800",
        "SELECT * FROM nothing",
        "SELECT 1 / 'a'",
        "SELECT error('x')",
    ],
)
def test_every_way_out_is_locked(house: House, tmp_path: Path, sql: str) -> None:
    table_of_python = pa.table({"secret": [1]})
    assert table_of_python.num_rows == 1
    file = tmp_path / "file.csv"
    file.write_text("secret\n1\n")
    with pytest.raises(SqlRefused):
        ask(house, sql.replace("{file}", str(file)))
    assert file.read_text() == "secret\n1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]


def test_store_files_cannot_be_read_past_the_table(house: House) -> None:
    (path, *_) = sorted((house.directory / "store").glob("*/*.parquet"))
    with pytest.raises(SqlRefused, match="disabled"):
        ask(house, f"SELECT * FROM read_parquet('{path}')")
    with pytest.raises(SqlRefused):
        ask(house, f"SELECT * FROM '{path}'")


def test_the_settings_are_locked(house: House) -> None:
    wanted = {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    found = ask(house, "SELECT name, value FROM duckdb_settings()").to_pylist()
    assert {row["name"]: row["value"] for row in found if row["name"] in wanted} == wanted


def test_the_next_query_sees_nothing_of_the_one_before(house: House) -> None:
    ask(house, "SELECT * FROM readings", "m2")
    machines = ask(house, "SELECT DISTINCT machine FROM readings", "m1")
    assert machines.column(0).to_pylist() == ["m1"]
    names = ask(house, "SELECT table_name FROM duckdb_tables()").column(0).to_pylist()
    assert names == ["readings"]


# ---- who may


def test_a_customer_queries_its_machine_in_its_period(house: House) -> None:
    authorizer = Authorizer(house.database, SqlGrantStore(), house.clock)
    grant = Grant("acme", "m1", DAY.start, DAY.end, "con_1")
    with house.database.unit_of_work() as unit:
        authorizer.add_grant(unit.connection, grant)
    guarded = Historian(house.database, house.manifest, house.files, authorizer, house.keys)
    sql = "SELECT count(*) FROM readings"
    assert guarded.sql(CUSTOMER, SqlQuery(sql, ("m1",), DAY)).num_rows == 1
    longer = Period(Instant(DAY.start - 1), DAY.end)
    for machines, period in ((("m1",), longer), (("m2",), DAY), (("m1", "m2"), DAY)):
        with pytest.raises(NotAllowed):
            guarded.sql(CUSTOMER, SqlQuery(sql, machines, period))


# ---- limits


def limited(house: House, **limits: Any) -> SqlEngine:
    scanner = house.historian._scanner
    return SqlEngine(house.database, house.manifest, scanner, SqlLimits(**limits))


def run(engine: SqlEngine, sql: str) -> pa.Table:
    return engine.run(SqlQuery(sql, ("m1",), DAY), threading.Event())


def test_rows_of_the_result(house: House) -> None:
    engine = limited(house, rows=10)
    assert run(engine, "FROM readings LIMIT 10").num_rows == 10
    with pytest.raises(SqlRefused, match="more than 10 rows"):
        run(engine, "FROM readings LIMIT 11")


def test_readings_that_are_looked_at(house: House) -> None:
    count = ask(house, "SELECT count(*) FROM readings").column(0).to_pylist()[0]
    assert run(limited(house, readings=count), "FROM readings").num_rows == count
    with pytest.raises(SqlRefused, match="fewer machines or a shorter period"):
        run(limited(house, readings=count - 1), "FROM readings")


def test_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_module, "MEMORY_MB_MAX", 32)
    with pytest.raises(SqlRefused, match="Out of Memory"):
        ask(house, "SELECT list(range) FROM range(100000000)")


def test_time(house: House) -> None:
    began = time.monotonic()
    with pytest.raises(SqlTooLong, match=r"longer than 0\.2 s"):
        run(limited(house, seconds=0.2), FOREVER)
    assert time.monotonic() - began < 5
    assert run(limited(house, seconds=20.0), "SELECT 1").num_rows == 1


def test_a_query_ends_when_its_client_has_gone(house: House) -> None:
    gone = threading.Event()
    timer = threading.Timer(0.2, gone.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(SqlCancelled):
        house.historian.sql(ACTOR, SqlQuery(FOREVER, ("m1",), DAY), gone)
    assert time.monotonic() - began < 5


@contextmanager
def another_query(engine: SqlEngine) -> Iterator[None]:
    gone = threading.Event()

    def forever() -> None:
        with pytest.raises(SqlCancelled):
            engine.run(SqlQuery(FOREVER, ("m1",), DAY), gone)

    thread = threading.Thread(target=forever)
    thread.start()
    while engine._free.acquire(blocking=False):
        engine._free.release()
    try:
        yield
    finally:
        gone.set()
        thread.join()


def test_queries_at_once(house: House) -> None:
    engine = limited(house, at_once=1)
    with another_query(engine), pytest.raises(TooManyQueries):
        run(engine, "SELECT 1")
    assert run(engine, "SELECT 1").num_rows == 1


def test_a_question_has_limits() -> None:
    SqlQuery("x" * SQL_CHARACTERS_MAX, ["m"] * MACHINES_MAX, DAY)
    for sql, machines in (("x" * (SQL_CHARACTERS_MAX + 1), 1), ("x", MACHINES_MAX + 1), ("x", 0)):
        with pytest.raises(Refusal):
            SqlQuery(sql, ["m"] * machines, DAY)


# ---- over HTTP


def wanted(sql: str, **more: Any) -> dict[str, Any]:
    return {"sql": sql, "machines": ["m1"]} | HTTP_DAY | more


async def test_over_http_in_every_format(desk: Desk) -> None:
    sql = "SELECT signal, ts, exact, 'x' AS signal FROM readings WHERE signal = 'm1/s0' ORDER BY ts"
    answer = (await desk.post("/sql", wanted(sql))).json()
    assert answer["columns"] == ["signal", "ts", "exact", "signal"]
    assert answer["rows"][1] == ["m1/s0", "2027-03-01T00:15:00Z", -0.029, "x"]
    arrow = await desk.post("/sql?format=arrow", wanted("SELECT count(*) AS n FROM readings"))
    assert pa.ipc.open_stream(arrow.content).read_all().column("n").to_pylist() == [62]
    text = await desk.post("/sql?format=csv", wanted("SELECT 1 AS start, [1, 2] AS list"))
    assert text.text == 'start,list\r\n1,"[1,2]"\r\n'


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT NULL",
        "SELECT 'NaN'::DOUBLE, 'inf'::DOUBLE",
        "SELECT 170141183460469231731687303715884105727::HUGEINT",
        "SELECT 'infinity'::TIMESTAMP",
        "SELECT '290000-01-01'::DATE, '-infinity'::DATE",
        "SELECT TIMESTAMP '290000-01-01'",
        "SELECT TIMESTAMP_NS '2020-01-01', TIMESTAMP_S '2020-01-01'",
        "SELECT INTERVAL 3 MONTH, TIME '12:00', '12:00:00+02'::TIMETZ",
        "SELECT {'a': 1, 'b': [1.5]}, MAP {'k': 'v'}, [NULL]",
        "SELECT 'ab'::BLOB, '101'::BIT, uuid(), 'x'::ENUM('x')",
        "SELECT 1::UNION(a INT, b VARCHAR)",
        "SELECT * FROM readings WHERE false",
    ],
)
@pytest.mark.parametrize("shape", ["json", "csv", "arrow"])
async def test_every_type_is_written_or_refused(desk: Desk, sql: str, shape: str) -> None:
    answer = await desk.post(f"/sql?format={shape}", wanted(sql))
    assert answer.status_code in {200, 422}, answer.text
    assert shape != "arrow" or answer.status_code == 200


async def test_a_client_that_leaves_ends_its_query(desk: Desk) -> None:
    """The request's own channel says that the client has gone; the query stops at once."""
    sent = []
    body = json.dumps(wanted(FOREVER)).encode()
    messages = [
        {"type": "http.request", "body": body, "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        if len(messages) == 1:
            await asyncio.sleep(0.1)  # while the query runs
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{api.PREFIX}/sql",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer worker"), (b"content-type", b"application/json")],
    }
    began = time.monotonic()
    await desk.app(scope, receive, send)
    assert time.monotonic() - began < 5
    assert sent[0]["status"] == 503
