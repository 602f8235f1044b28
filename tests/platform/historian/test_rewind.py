"""Going back to an instant: everything that was known then is there, and nothing else."""

from pathlib import Path

import pytest

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.platform.historian.backup.rewind import Rewinder
from lineshaft.platform.historian.errors import KnowledgeCut, RowsLost, StoreFileDamaged
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.queries.model import FleetQuery
from lineshaft.platform.historian.queries.sql import SqlQuery
from lineshaft.platform.historian.retention.model import RetentionRule
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source, random_source
from tests.platform.historian.keeper import ADMIN, retention_of
from tests.platform.historian.test_damage import flip, stored_files
from tests.platform.historian.test_retention import filled, summed

EVER = Period(Instant(START - 100 * HOUR), Instant(START + 1_000 * HOUR))
SIGNALS = [SignalId(f"m{machine}/{name}") for machine in (1, 2) for name in ("a", "b", "ö", "zz")]


def everything(house: House, known_at: int | None = None) -> dict[str, list[dict[str, object]]]:
    """What the historian answers about every signal, as known at an instant."""
    at = None if known_at is None else Instant(known_at)
    return {
        signal: house.historian.readings(ACTOR, RangeQuery(signal, EVER, known_at=at)).to_pylist()
        for signal in SIGNALS
    }


def stored(tmp_path: Path, seed: int) -> tuple[House, Source]:
    """Segments of a source in five commits; some of it merged."""
    house, source = House(tmp_path), random_source(seed, segments=10)
    house.store(source, per_commit=2)
    return house, source


def rewinder(house: House) -> Rewinder:
    return Rewinder(house.database, house.manifest, house.files)


@pytest.mark.parametrize("seed", range(3))
def test_a_rewind_leaves_what_was_known_and_what_is_sent_again_comes_back(
    tmp_path: Path, seed: int
) -> None:
    house, source = stored(tmp_path, seed)
    marks = [mark.sequence for mark in house.historian.marks(ACTOR).values()]
    at = house.clock.now() - 2 * SECOND  # two of the five commits came later
    then, now = everything(house, at), everything(house)
    latest = house.historian.latest(ACTOR, SIGNALS)
    house.compact()

    cut = rewinder(house).rewind(at, house.clock.now())

    assert cut.segments == 4
    assert sum(one.rows for one in cut.losses) == cut.records > 0
    mark = house.historian.marks(ACTOR)[source.name, source.epoch]
    assert (mark.number, mark.sequence) == (6, source.segments[5].header.last_sequence)
    assert mark.sequence < marks[0]
    assert house.historian.check(ACTOR).faults == ()
    for signal, rows in everything_or_refused(house).items():
        assert rows is None or rows == then[signal]
    assert everything(house, at) == then
    house.store(source, per_commit=2)
    assert everything(house) == now
    assert house.historian.latest(ACTOR, SIGNALS) == latest
    assert house.historian.check(ACTOR).faults == ()


def everything_or_refused(house: House) -> dict[str, list[dict[str, object]] | None]:
    found: dict[str, list[dict[str, object]] | None] = {}
    for signal in SIGNALS:
        try:
            found[signal] = house.historian.readings(ACTOR, RangeQuery(signal, EVER)).to_pylist()
        except RowsLost:
            found[signal] = None
    return found


def test_what_depends_on_a_cut_row_is_refused_and_the_rest_is_answered(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    source.fill(4, 30)
    house.store(source, per_commit=2)
    at = house.clock.now() - 1
    rewinder(house).rewind(at, house.clock.now())
    signal = SignalId("m1/s0")

    def ask(first_s: int, last_s: int, **more: bool) -> int:
        period = Period(Instant(START + first_s * SECOND), Instant(START + last_s * SECOND))
        return house.historian.readings(ACTOR, RangeQuery(signal, period, **more)).num_rows

    assert ask(0, 60, include_after=False) == 20
    assert ask(0, 50) == 18
    with pytest.raises(RowsLost, match=r"20 of its records between .*restore"):
        ask(0, 61, include_after=False)
    with pytest.raises(RowsLost):
        ask(59, 60)  # its neighbour behind is one of those that were cut
    with pytest.raises(RowsLost):
        ask(500, 600)  # and so is the state before


def test_knowledge_between_the_instant_and_the_restore_is_gone_for_ever(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    source.fill(4, 30)
    house.store(source, per_commit=2)
    between = house.clock.now()
    at = Instant(between - 1)
    house.clock.advance(-3 * HOUR)  # a clock that was set back
    cut = rewinder(house).rewind(at, house.clock.now())
    house.store(source)
    signal, period = SignalId("m1/s0"), Period(START, Instant(START + HOUR))
    for known_at in (between, cut.restored_at - 1):
        with pytest.raises(KnowledgeCut, match="was restored at"):
            house.historian.readings(ACTOR, RangeQuery(signal, period, known_at=Instant(known_at)))
    assert house.historian.last_known_at(ACTOR) > cut.restored_at > between
    again = house.historian.readings(ACTOR, RangeQuery(signal, period))
    assert again.num_rows == 40


def test_a_correction_that_is_cut_is_undone_in_the_last_value(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    reading = source.add("m1/a", START, 1_000)
    source.seal()
    house.store(source)
    at = house.clock.now()
    detail = CorrectionDetail(source.name, source.epoch, reading.sequence, "ada", "typing error")
    source.add("m1/a", START, 2_000, kind=RecordKind.CORRECTION, text=detail.encode())
    source.seal()
    house.store(source)
    signal = SignalId("m1/a")
    assert house.historian.latest(ACTOR, [signal])[signal].columns.mantissa == 2_000
    rewinder(house).rewind(at, house.clock.now())
    assert house.historian.latest(ACTOR, [signal])[signal].columns.mantissa == 1_000
    house.store(source)
    assert house.historian.latest(ACTOR, [signal])[signal].columns.mantissa == 2_000


def test_nothing_is_cut_where_a_file_cannot_be_read(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    source.fill(4, 30)
    house.store(source, per_commit=2)
    marks = house.historian.marks(ACTOR)
    flip(stored_files(house)[-1])
    with pytest.raises(StoreFileDamaged):
        rewinder(house).rewind(Instant(house.clock.now() - 1), house.clock.now())
    assert house.historian.marks(ACTOR) == marks


def test_functions_and_sql_refuse_what_is_cut_as_well(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    source.fill(4, 30)
    house.store(source, per_commit=2)
    at = house.clock.now() - 1
    rewinder(house).rewind(at, house.clock.now())
    hour = Period(START, Instant(START + HOUR))
    signals = [SignalId("m1/s0"), SignalId("m1/s1")]
    functions = house.historian.functions
    with pytest.raises(RowsLost):
        functions.increase(ACTOR, FleetQuery(signals, hour))
    with pytest.raises(RowsLost):
        house.historian.sql(ACTOR, SqlQuery("SELECT count(*) FROM readings", ["m1"], hour))
    with pytest.raises(KnowledgeCut):
        functions.increase(ACTOR, FleetQuery(signals, hour, known_at=Instant(at + 1)))
    assert len(functions.increase(ACTOR, FleetQuery(signals, hour, known_at=at))) == 2
    before = Period(START, Instant(START + 50 * SECOND))
    assert len(functions.increase(ACTOR, FleetQuery(signals, before))) == 2


def test_a_roll_up_that_outlived_its_rows_outlives_a_rewind_to_after_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    source, retention = filled(house, signals=2), retention_of(house)
    house.compact()
    before_it, at = summed(house, "m0/s0"), house.clock.now()
    retention.set_rule(ADMIN, RetentionRule("m0/*", 10))
    retention.apply_rules(ADMIN)
    source.add("m0/s0", START + 7 * SECOND, 1_000)  # late, for a day that is deleted
    source.seal()
    house.store(source)
    rewinder(house).rewind(at, house.clock.now())
    assert summed(house, "m0/s0") == before_it


def test_a_roll_up_that_outlived_rows_of_after_the_instant_is_made_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    source, retention = filled(house, signals=2), retention_of(house)
    house.compact()
    count, total = summed(house, "m0/s0")
    retention.set_rule(ADMIN, RetentionRule("m0/*", 10))
    retention.apply_rules(ADMIN)
    source.add("m0/s1", START + HOUR, 1)  # a file whose rows are all cut
    source.seal()
    house.store(source)
    rewinder(house).rewind(Instant(START), house.clock.now())
    house.store(source)  # the edge sends everything again
    house.compact()
    assert summed(house, "m0/s0") == (count, total)
    source.add("m0/s0", START + 7 * SECOND, 5)
    source.seal()
    house.store(source)
    house.compact()
    assert summed(house, "m0/s0") == (count + 1, total + 5)
