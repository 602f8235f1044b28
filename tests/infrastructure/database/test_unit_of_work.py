"""One contract of units of work, on both engines."""

import gc
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from lineshaft.core.errors import Invalid, InvariantError
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import (
    Database,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseUnavailable,
    OutboxMessage,
)
from lineshaft.infrastructure.database.engine import (
    CALLBACKS_MAX,
    CONNECTIONS_MAX,
    TRANSACTION_MS_MAX,
)
from lineshaft.infrastructure.database.outbox import OUTBOX_PAYLOAD_BYTES_MAX
from lineshaft.infrastructure.database.tables import OUTBOX

pytestmark = pytest.mark.both_engines

Open = Callable[..., Database]


def message(name: str, payload: bytes = b"{}") -> OutboxMessage:
    return OutboxMessage(name, "event.tested", payload, Instant(1))


def ids(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(OUTBOX.c.id).order_by(OUTBOX.c.sequence)))


def test_the_end_of_the_block_commits(database: Database) -> None:
    called: list[list[str]] = []
    with database.unit_of_work() as unit:
        unit.publish(message("a"))
        unit.after_commit(lambda: called.append(ids(database)))
        assert ids(database) == []
    assert ids(database) == ["a"]
    assert called == [["a"]]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_any_exception_rolls_back_and_goes_on(
    database: Database, error: type[BaseException]
) -> None:
    called: list[int] = []

    def work() -> None:
        with database.unit_of_work() as unit:
            unit.publish(message("a"))
            unit.after_commit(lambda: called.append(1))
            raise error

    with pytest.raises(error):
        work()
    assert ids(database) == []
    assert called == []


def test_a_refused_statement_leaves_nothing(database: Database) -> None:
    def work() -> None:
        with database.unit_of_work() as unit:
            unit.publish(message("a"))
            unit.publish(message("a"))

    with pytest.raises(sa.exc.IntegrityError):
        work()
    assert ids(database) == []


def test_a_read_refuses_to_write(database: Database) -> None:
    with pytest.raises((DatabaseUnavailable, sa.exc.DBAPIError)), database.read() as connection:
        connection.execute(sa.delete(OUTBOX))


def test_a_read_sees_one_state(database: Database) -> None:
    query = sa.select(sa.func.count()).select_from(OUTBOX)
    with database.read() as connection:
        assert connection.scalar(query) == 0
        with database.unit_of_work() as unit:
            unit.publish(message("a"))
        assert connection.scalar(query) == 0
    assert ids(database) == ["a"]


def test_numbers_are_never_given_twice(database: Database) -> None:
    with database.unit_of_work() as unit:
        unit.publish(message("a"))
    with database.unit_of_work() as unit:
        unit.connection.execute(sa.delete(OUTBOX))
        unit.publish(message("b"))
    with database.read() as connection:
        assert connection.scalar(sa.select(OUTBOX.c.sequence)) == 2


def test_a_lock_makes_read_decide_write_safe(database: Database) -> None:
    """Eight writers take the next free number; without the lock PostgreSQL gives one twice."""

    def take(_worker: int) -> None:
        with database.unit_of_work() as unit:
            unit.lock("test.number")
            count = unit.connection.scalar(sa.select(sa.func.count()).select_from(OUTBOX))
            unit.publish(message(f"{count:03d}"))

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(take, range(40)))
    assert ids(database) == [f"{number:03d}" for number in range(40)]


def test_waiting_too_long_for_a_writer_is_refused(
    database: Database, database_url: str, open_database: Open
) -> None:
    impatient = open_database(database_url, busy_ms=300)
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with database.unit_of_work() as unit:
            unit.lock("test.number")
            unit.publish(message("holder"))
            is_held.set()
            may_end.wait(5)

    with ThreadPoolExecutor(max_workers=1) as pool:
        holding = pool.submit(hold)
        assert is_held.wait(5)
        began_s = time.monotonic()
        with pytest.raises(DatabaseBusy), impatient.unit_of_work() as unit:
            unit.lock("test.number")
        assert time.monotonic() - began_s < 2
        may_end.set()
        holding.result()
    with database.unit_of_work() as unit:
        unit.lock("test.number")
        unit.publish(message("next"))
    assert ids(database) == ["holder", "next"]


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.unit_of_work() as unit:
        unit.publish(message("a"))
        assert ids(database) == []


def test_a_long_transaction_is_logged_and_counted(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def slow() -> float:
        return REGISTRY.get_sample_value("lineshaft_database_slow_transactions_total") or 0.0

    before = slow()
    with caplog.at_level(logging.WARNING):
        with database.unit_of_work() as unit:
            unit.publish(message("a"))
        assert (slow(), caplog.records) == (before, [])
        for is_expected in (True, False):
            with database.unit_of_work(is_long_expected=is_expected):
                time.sleep(1.5 * TRANSACTION_MS_MAX / 1_000)
    assert slow() == before + 1
    assert "more than 100 ms" in caplog.text


def test_a_unit_of_work_is_used_once_and_inside_its_block(database: Database) -> None:
    unit = database.unit_of_work()
    with pytest.raises(InvariantError, match="outside"):
        _ = unit.connection
    with unit:
        pass
    with pytest.raises(InvariantError, match="twice"), unit:
        pass


def test_the_number_of_callbacks_has_a_maximum(database: Database) -> None:
    called: list[int] = []
    with database.unit_of_work() as unit:
        for _ in range(CALLBACKS_MAX):
            unit.after_commit(lambda: called.append(1))
        with pytest.raises(InvariantError, match="callbacks"):
            unit.after_commit(lambda: called.append(1))
    assert len(called) == CALLBACKS_MAX


def test_the_number_of_connections_has_a_maximum(database_url: str, open_database: Open) -> None:
    impatient = open_database(database_url, busy_ms=300)
    with ExitStack() as open_reads:
        for _ in range(CONNECTIONS_MAX):
            open_reads.enter_context(impatient.read())
        with pytest.raises(DatabaseBusy, match="connections are in use"), impatient.read():
            pass
    with impatient.read():
        pass


def test_a_message_that_would_block_the_outbox_is_refused(database: Database) -> None:
    with database.unit_of_work() as unit:
        unit.publish(message("largest", bytes(OUTBOX_PAYLOAD_BYTES_MAX)))
        with pytest.raises(Invalid, match="at most"):
            unit.publish(message("larger", bytes(OUTBOX_PAYLOAD_BYTES_MAX + 1)))
    assert ids(database) == ["largest"]


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "nonsense", "", "postgres:/x"]
)
def test_any_other_database_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="expected sqlite:///PATH or postgresql://"):
        Database(url)


def test_a_password_does_not_show_in_the_refusal() -> None:
    with pytest.raises(Invalid) as caught:
        Database("mysql://hub:s3cret@host/db")
    assert "s3cret" not in str(caught.value)


@pytest.mark.engine
def test_a_server_that_does_not_answer_is_said(open_database: Open) -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable), database.read():
        pass
    with pytest.raises(DatabaseUnavailable), database.unit_of_work():
        pass


def test_sqlite_is_durable_and_strict(sqlite_database: Database) -> None:
    with sqlite_database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_database_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    path, is_enabled = tmp_path / "hub.sqlite", gc.isenabled()
    database = Database(f"sqlite:///{path}")
    gc.disable()
    try:
        with database.unit_of_work() as unit, database.read():
            unit.connection.execute(sa.text("SELECT 1"))
        assert path in open_files()
        del database
        assert path not in open_files()
    finally:
        if is_enabled:
            gc.enable()


def open_files() -> set[Path]:
    return {one.resolve() for one in Path("/proc/self/fd").glob("*")}


def test_whoever_opens_a_new_sqlite_file_waits_for_the_one_that_makes_it(
    tmp_path: Path, open_database: Open
) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("BEGIN IMMEDIATE")
        maker.execute("CREATE TABLE t (x)")
        impatient = open_database(f"sqlite:///{path}", busy_ms=50)
        with pytest.raises(DatabaseBusy), impatient.read():
            pass
        waiting, is_waiting = open_database(f"sqlite:///{path}"), threading.Event()

        def count() -> int | None:
            is_waiting.set()
            with waiting.read() as connection:
                return connection.scalar(sa.text("SELECT count(*) FROM t"))

        with ThreadPoolExecutor(max_workers=1) as pool:
            counting = pool.submit(count)
            assert is_waiting.wait(5)
            with pytest.raises(TimeoutError):
                counting.result(timeout=0.1)  # while the lock is held there is no answer
            maker.execute("COMMIT")
            assert counting.result(timeout=5) == 0


@pytest.mark.parametrize("place", ["first page", "later pages"])
def test_a_damaged_sqlite_file_is_named_as_such(tmp_path: Path, place: str) -> None:
    path = tmp_path / "hub.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.unit_of_work() as unit:
        unit.connection.exec_driver_sql("CREATE TABLE t (x)")
        for _ in range(200):
            unit.connection.exec_driver_sql(f"INSERT INTO t VALUES ('{'y' * 400}')")
    database.close()
    content = bytearray(path.read_bytes())
    start, end = (0, 100) if place == "first page" else (4_096, len(content))
    content[start:end] = b"\x5a" * (end - start)
    path.write_bytes(content)
    damaged = Database(f"sqlite:///{path}")
    with pytest.raises(DatabaseDamaged, match="backup restore"), damaged.read() as connection:
        connection.exec_driver_sql("SELECT count(x) FROM t").all()
    with pytest.raises(DatabaseDamaged, match="backup restore"), damaged.unit_of_work() as unit:
        unit.connection.exec_driver_sql("DELETE FROM t WHERE x = 'z'")
    damaged.close()
