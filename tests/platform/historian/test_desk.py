"""Corrections: the desk is a source, its records replace readings, what was known before stays."""

import threading
from pathlib import Path

import pytest

from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import Record, SignalId, SourceId
from lineshaft.core.value import DecimalValue, EnumerationValue, Value
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.desk.model import DESK, ReadingAt, RecordTarget
from lineshaft.platform.historian.desk.service import Desk
from lineshaft.platform.historian.errors import CorrectionInvalid, ReadingNotFound
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.retention.model import Deletion
from lineshaft.security.audit.model import AuditQuery
from lineshaft.services.metering.series import SeriesRows, in_force
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source
from tests.platform.historian.keeper import ADMIN, audit_of, desk_of, retention_of, stored

SIGNAL = SignalId("m1/a")
SPAN = Period(Instant(START), Instant(START + HOUR))


@pytest.fixture
def migrated(database: Database, tmp_path: Path) -> House:
    return House(tmp_path, database)


def recorded(house: House, *, count: int = 5) -> Source:
    source = Source()
    for number in range(count):
        source.add(SIGNAL, START + number * SECOND, 1_000 * number)
    source.seal()
    house.store(source)
    return source


def metered(house: House, known_at: Instant | None = None) -> list[int]:
    """Return what metering takes for in force, in thousandths."""
    table = house.historian.readings(ACTOR, RangeQuery(SIGNAL, SPAN, known_at))
    series = in_force(SeriesRows.of_table(table))
    return [int(series.rows.mantissa[row]) for row in series.row.tolist()]


def correct(desk: Desk, record: Record, mantissa: int):
    target = RecordTarget(SourceId("edge-1"), 1, record.sequence)
    return desk.correct(ADMIN, target, DecimalValue(mantissa, -3), "misread")


def test_a_correction_shows_everywhere_and_what_was_known_stays(migrated: House) -> None:
    house = migrated
    source, desk = recorded(house), desk_of(house)
    before = house.historian.last_known_at(ACTOR)
    house.clock.advance(SECOND)
    made = desk.correct(
        ADMIN, ReadingAt(SIGNAL, Instant(START + 4 * SECOND)), DecimalValue(77, -3), "x"
    )
    assert (made.source, made.epoch, made.sequence) == (DESK, 1, 1)
    assert (made.replaced.sequence, made.replaced.value) == (5, DecimalValue(4_000, -3))
    correct(desk, source.records[1], 55)
    assert metered(house) == [0, 55, 2_000, 3_000, 77]
    assert metered(house, before) == [0, 1_000, 2_000, 3_000, 4_000]
    assert metered(house, made.known_at) == [0, 1_000, 2_000, 3_000, 77]
    assert house.historian.latest(ACTOR, [SIGNAL])[SIGNAL].value == DecimalValue(77, -3)
    seconds = Period(Instant(START), Instant(START + 5 * SECOND))
    buckets = house.historian.downsample(ACTOR, SIGNAL, seconds, 5).to_pylist()
    assert [bucket["mean"] for bucket in buckets] == [0.0, 0.055, 2.0, 3.0, 0.077]
    assert house.historian.check(ACTOR).faults == ()
    house.compact()
    assert metered(house) == [0, 55, 2_000, 3_000, 77]
    entries = audit_of(house).entries(ADMIN, AuditQuery(action="reading:correct"))
    assert [entry.detail["reason"] for entry in entries] == ["misread", "x"]
    assert entries[1].subject == "reading/edge-1/1/5"


def test_the_last_correction_of_a_reading_is_in_force(house: House) -> None:
    source, desk = recorded(house), desk_of(house)
    for mantissa in (5, 6, 7):
        correct(desk, source.records[2], mantissa)
    assert metered(house) == [0, 1_000, 7, 3_000, 4_000]
    proofs = list(house.historian.proofs(ACTOR, SIGNAL, (DESK, 1), (1, 3)))
    assert [proof.leaf_index for proof in proofs] == [0, 0, 0]
    assert house.historian.check(ACTOR).faults == ()


def test_two_desks_at_once_never_fork_the_chain(migrated: House) -> None:
    house = migrated
    source = recorded(house, count=12)
    desks = [desk_of(house) for _ in range(3)]
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for record in source.records[number::3]:
                correct(desks[number], record, record.sequence)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert metered(house) == list(range(1, 13))
    mark = house.historian.marks(ACTOR)[DESK, 1]
    assert (mark.number, mark.sequence) == (12, 12)
    assert house.historian.check(ACTOR).faults == ()
    with house.database.read() as connection:
        registered = house.manifest.paths(connection)
    left = {
        str(path.relative_to(house.files.directory)) for path in house.files.directory.glob("*/*")
    }
    assert left <= registered


@pytest.mark.parametrize(
    ("stored_as", "value"),
    [
        ({"mantissa": 1, "exponent": None}, False),
        ({"mantissa": 3, "exponent": None, "text": "ACTIVE"}, EnumerationValue(4, "STOPPED")),
        ({"text": "ACTIVE"}, "STOPPED"),
        ({"number": 1.5}, 2.5),
        ({"mantissa": 15, "exponent": -1}, None),
    ],
    ids=["boolean", "enumeration", "text", "float", "nothing"],
)
def test_every_kind_of_value_can_be_corrected(house: House, stored_as: dict, value: Value) -> None:
    source = Source()
    source.add(SIGNAL, START, **stored_as)
    source.seal()
    house.store(source)
    desk_of(house).correct(ADMIN, ReadingAt(SIGNAL, Instant(START)), value, "why not")
    last = house.historian.latest(ACTOR, [SIGNAL])[SIGNAL]
    assert last.value == value
    assert (last.status == 0) == (value is not None)


def test_what_cannot_be_corrected_is_refused(house: House) -> None:
    recorded(house)
    desk = desk_of(house)
    place = ReadingAt(SIGNAL, Instant(START))
    for target in (
        ReadingAt(SIGNAL, Instant(START + 1)),
        ReadingAt(SignalId("m1/none"), Instant(START)),
        RecordTarget(SourceId("edge-1"), 1, 6),
        RecordTarget(SourceId("edge-1"), 2, 1),
    ):
        with pytest.raises(ReadingNotFound):
            desk.correct(ADMIN, target, None, "why")
    with pytest.raises(CorrectionInvalid, match="expected a decimal number"):
        desk.correct(ADMIN, place, "text", "why")
    with pytest.raises(CorrectionInvalid, match="reason"):
        desk.correct(ADMIN, place, None, " ")
    assert (DESK, 1) not in house.historian.marks(ACTOR)


def test_ordinals_go_on_after_corrections_were_deleted(house: House) -> None:
    source, desk = recorded(house), desk_of(house)
    correct(desk, source.records[0], 5)
    cut = Instant(START + 2 * US_PER_DAY)
    retention_of(house).delete(ADMIN, Deletion.before(["m1/*"], cut, "old"))
    assert stored(house, [SIGNAL])[SIGNAL] == []
    later = Source("edge-2")
    record = later.add(SIGNAL, START + 3 * US_PER_DAY, 9)
    later.seal()
    house.store(later)
    desk.correct(ADMIN, ReadingAt(SIGNAL, record.ts), DecimalValue(8, -3), "misread")
    (proof,) = house.historian.proofs(ACTOR, SIGNAL, (DESK, 1), (1, 9))
    assert house.historian.check(ACTOR).faults == ()
    assert proof.leaf_index == 0
    assert house.historian.totals(ACTOR).lost == 0
