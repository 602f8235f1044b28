"""What was measured for studies is kept once, whoever measures it at the same time."""

import threading

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database
from lineshaft.services.desk.store import SqlDeskStore
from lineshaft.services.desk.tables import DESK_USAGE
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, counter, span

RECORDS = [
    measure(counter(), MeterInput(SeriesRows.of([])), span(10 * number, 10 * number + 10), KNOWN_AT)
    for number in range(20)
]


@pytest.mark.both_engines
def test_two_runs_of_one_study_keep_the_same_usage_at_once(database: Database) -> None:
    """Each measures the same, in another order, and has begun before the other is done."""
    store, failed = SqlDeskStore(), []
    gate = threading.Barrier(2, timeout=20)

    def keep(records: list) -> None:
        try:
            gate.wait()
            with database.unit_of_work() as unit:
                store.keep_usage(unit.connection, records)
        except Exception as error:  # it is looked at below
            failed.append(error)

    others = [replace(record, evidence_root="f" * 64) for record in reversed(RECORDS)]
    threads = [threading.Thread(target=keep, args=(each,)) for each in (RECORDS, others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failed == []
    with database.unit_of_work() as unit:
        store.keep_usage(unit.connection, RECORDS)
        store.keep_usage(unit.connection, [])
    with database.read() as connection:
        roots = connection.execute(sa.select(DESK_USAGE.c.evidence_root)).scalars().all()
        whole = span(0, 200)
        kept = store.kept_usage(connection, [counter()], whole, KNOWN_AT)
        assert store.kept_usage(connection, [counter()], whole, Instant(KNOWN_AT - 1)) == []
    # All of the one that came first, none of the other.
    assert len(roots) == len(RECORDS)
    assert len(set(roots)) == 1
    assert sorted(each.period for each in kept) == [each.period for each in RECORDS]
