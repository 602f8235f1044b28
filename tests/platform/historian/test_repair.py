"""What is damaged is made again where its records are anywhere, and refused where they are not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.infrastructure.backup import BackupEntry, Repository
from lineshaft.platform.historian.errors import RowsLost, StoreFileDamaged
from lineshaft.platform.historian.model import ZONE_DTYPE, RangeQuery
from lineshaft.platform.historian.proof.model import RepairReport
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.proof.repair import Repairer, RepairParts
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.rollups.tables import ROLLUP
from lineshaft.platform.historian.tables import CORRECTION, LATEST, STORE_FILE, STORE_FILE_ZONE
from tests.platform.historian.house import (
    ACTOR,
    HOUR,
    START,
    House,
    Source,
    opened,
    random_source,
)
from tests.platform.historian.test_damage import flip, lose, restarted, stored_files, tear
from tests.platform.historian.test_rewind import everything

pytestmark = pytest.mark.timeout(60)
"""A repair tries files of unknown state in another process first."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.store(random_source(5, segments=8), per_commit=4)
    return made


def saved(house: House, directory: Path) -> Repository:
    """A directory of backups with every store file that is live now."""
    repository = Repository(directory)
    for file in live(house):
        entry = BackupEntry(file.path, file.size, file.sha256.hex())
        repository.add(house.files.directory / file.path, entry, is_linked=False)
    return repository


def live(house: House) -> list:
    with house.database.read() as connection:
        return house.manifest.files(connection)


def repaired(house: House, *backups: Repository, give_up: bool = False) -> RepairReport:
    prover = Prover(house.database, house.manifest, Scanner(house.files), house.keys)
    parts = RepairParts(house.database, house.manifest, house.files, prover)
    return Repairer(parts, backups).repair(house.clock.now(), is_giving_up=give_up)


@pytest.mark.parametrize("damage", [flip, tear, lose])
def test_a_file_is_taken_from_a_backup_to_the_byte(
    house: House, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before = everything(house)
    backup = saved(house, tmp_path / "backup")
    files = {path: path.read_bytes() for path in stored_files(house)}
    for path in files:
        damage(path)
    assert house.historian.check(ACTOR, is_quick=True).faults
    report = repaired(restarted(house), backup)
    assert len(report.restored) == len(files) > 1
    assert report.is_sound
    assert {path: path.read_bytes() for path in stored_files(house)} == files
    assert house.historian.check(ACTOR).faults == ()
    assert everything(house) == before


def test_a_backup_that_is_damaged_as_well_is_of_no_use(house: House, tmp_path: Path) -> None:
    backup = saved(house, tmp_path / "backup")
    path = stored_files(house)[0]
    for one in (path, *backup.objects()):
        flip(one)
    report = repaired(restarted(house), backup)
    assert [one.path.rpartition("/")[2] for one in report.unrepaired] == [path.name]


def test_a_merged_file_is_made_again_of_the_files_that_it_was_made_of(
    house: House, tmp_path: Path
) -> None:
    before = everything(house)
    backup = saved(house, tmp_path / "backup")
    small = {file.path for file in live(house)}
    house.compact()
    merged = [file for file in live(house) if file.path not in small]
    assert merged
    for file in merged:
        flip(house.files.directory / file.path)
    report = repaired(restarted(house), backup)
    assert sorted(report.rebuilt) == sorted(file.path for file in merged)
    assert report.restored == ()
    assert house.historian.check(ACTOR).faults == ()
    assert everything(house) == before


def test_what_a_merge_has_left_for_its_readers_is_good_enough(house: House) -> None:
    source = Source("edge-2")
    for name in ("m1/a", "m1/b"):
        for number in range(60):
            source.add(name, START + number * 7, number)
        source.seal()
    house.store(source, per_commit=1)
    before, old = everything(house), {file.path for file in live(house)}
    kept = {path: path.read_bytes() for path in stored_files(house)}
    house.compact()
    for path, data in kept.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    with house.database.unit_of_work() as unit:
        known = house.manifest.paths(unit.connection)
        rows = [{"path": path, "merged_at": house.clock.now()} for path in old - known]
        if rows:
            table = sa.table("store_file_merged", sa.column("path"), sa.column("merged_at"))
            unit.connection.execute(sa.insert(table), rows)
    for file in live(house):
        if file.path not in old:
            flip(house.files.directory / file.path)
    report = repaired(restarted(house))
    assert report.rebuilt
    assert report.is_sound
    assert everything(house) == before
    assert house.historian.check(ACTOR).faults == ()


def test_what_cannot_be_repaired_is_named_and_refused(house: House) -> None:
    marks = house.historian.marks(ACTOR)
    damaged = stored_files(house)[0]
    lose(damaged)
    report = repaired(restarted(house))
    ((file,), parts) = report.unrepaired, report.unrepaired[0].parts
    assert file.path.endswith(damaged.name)
    assert parts
    assert not report.given_up
    for part in parts:
        with pytest.raises(StoreFileDamaged):
            house.historian.readings(ACTOR, RangeQuery(part.signal, part.period))
    given_up = repaired(house, give_up=True)
    assert given_up.given_up
    for part in parts:
        with pytest.raises(RowsLost, match="was damaged and given up"):
            house.historian.readings(ACTOR, RangeQuery(part.signal, part.period))
    assert house.historian.marks(ACTOR) == marks
    assert repaired(house).is_sound
    quick = house.historian.check(ACTOR, is_quick=True)
    assert quick.faults == (), "what is known to be lost is no news"


def change_zone(house: House, field: str) -> None:
    """A bit of the manifest changes, and no checksum of the database says so."""
    with house.database.unit_of_work() as unit:
        row = unit.connection.execute(sa.select(STORE_FILE_ZONE)).first()
        assert row is not None
        entries = np.frombuffer(row.entries, ZONE_DTYPE).copy()
        entries[field][0] += 1
        here = STORE_FILE_ZONE.c.store_file == row.store_file
        here &= STORE_FILE_ZONE.c.first_series == row.first_series
        values = {"entries": entries.tobytes()}
        unit.connection.execute(sa.update(STORE_FILE_ZONE).where(here).values(values))


@pytest.mark.parametrize("field", ["rows", "first_ts", "last_ordinal", "last_good_ts", "series"])
def test_a_wrong_zone_entry_is_found_and_put_right(house: House, field: str) -> None:
    change_zone(house, field)
    faults = house.historian.check(ACTOR).faults
    assert any("the manifest says something else of its rows" in fault for fault in faults)
    report = repaired(house)
    assert len(report.described) == 1
    assert house.historian.check(ACTOR).faults == ()


@pytest.mark.parametrize("column", ["rows", "min_ts", "max_series", "min_sequence"])
def test_a_wrong_row_of_a_file_is_found_and_put_right(house: House, column: str) -> None:
    with house.database.unit_of_work() as unit:
        one = sa.select(sa.func.min(STORE_FILE.c.id)).scalar_subquery()
        wrong = sa.update(STORE_FILE).where(STORE_FILE.c.id == one)
        unit.connection.execute(wrong.values({column: STORE_FILE.c[column] + 1}))
    assert house.historian.check(ACTOR).faults
    assert len(repaired(house).described) == 1
    assert house.historian.check(ACTOR).faults == ()


@pytest.mark.parametrize("column", ["size", "sha256"])
def test_a_row_that_disowns_its_file_is_found_and_the_file_proves_itself(
    house: House, column: str
) -> None:
    before = everything(house)
    with house.database.unit_of_work() as unit:
        wrong = {"size": STORE_FILE.c.size + 1, "sha256": b"\0" * 32}[column]
        one = sa.select(sa.func.min(STORE_FILE.c.id)).scalar_subquery()
        here = sa.update(STORE_FILE).where(STORE_FILE.c.id == one)
        unit.connection.execute(here.values({column: wrong}))
    assert restarted(house).historian.check(ACTOR).faults
    report = repaired(house)
    assert report.rebuilt if column == "sha256" else report.described
    assert house.historian.check(ACTOR).faults == ()
    assert everything(house) == before


def test_indices_and_last_values_are_made_again(tmp_path: Path) -> None:
    house, source = House(tmp_path), random_source(9, segments=8)
    last = source.add("m1/a", START + 900 * HOUR, 1_000)
    detail = CorrectionDetail(source.name, source.epoch, last.sequence, "ada", "typing error")
    source.add("m1/a", last.ts, 2_000, kind=RecordKind.CORRECTION, text=detail.encode())
    source.seal()
    house.store(source, per_commit=2)
    signals = [SignalId(name) for name in everything(house)]
    latest = house.historian.latest(ACTOR, signals)
    with house.database.unit_of_work() as unit:
        unit.connection.execute(sa.delete(CORRECTION))
        unit.connection.execute(sa.update(LATEST).values(ts=LATEST.c.ts - 1))
    report = repaired(house)
    assert (report.latest, report.indexed) == (len(latest), 1)
    assert house.historian.latest(ACTOR, signals) == latest
    assert latest[SignalId("m1/a")].columns.mantissa == 2_000
    assert house.historian.check(ACTOR).faults == ()


def test_roll_ups_are_summed_up_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    source = Source()
    source.fill(4, 60, step=1_200_000_000)
    house.store(source)
    house.compact()
    with house.database.read() as connection:
        before = connection.execute(sa.select(ROLLUP).order_by(ROLLUP.c.series)).all()
    assert len(before) > 3
    assert house.historian.check(ACTOR).faults == ()
    first = ROLLUP.c.series == before[0].series
    another = ROLLUP.c.series == before[-1].series
    for change in (
        sa.update(ROLLUP).where(first).values(data=before[-1].data),
        sa.update(ROLLUP).where(another).values(known_at=0),
        sa.update(ROLLUP).where(first).values(series=77_777),
    ):
        with house.database.unit_of_work() as unit:
            unit.connection.execute(change)
        (fault, *_) = restarted(house).historian.check(ACTOR).faults
        assert "roll-ups of 1 signals on 20" in fault
        assert "not what their rows amount to" in fault
        report = repaired(house)
        assert report.summed > 0
        assert house.historian.check(ACTOR).faults == ()
        assert repaired(house).summed == 0
    with house.database.read() as connection:
        after = connection.execute(sa.select(ROLLUP).order_by(ROLLUP.c.series)).all()
    # One that is missing is no fault: its rows are read instead.
    assert after == [row for row in before if row.series != before[0].series]


@pytest.mark.parametrize("name", ["-f_x", "-d_"])
def test_orphans_of_every_writer_go(house: House, name: str) -> None:
    path = stored_files(house)[0]
    orphan = path.with_name(path.name.replace("-f_", name))
    shutil.copyfile(path, orphan)
    report = repaired(house)
    assert [one.rpartition("/")[2] for one in report.orphans] == [orphan.name]
    assert not orphan.exists()
    assert report.is_sound


def test_a_clock_that_is_set_back_changes_neither_order_nor_knowledge(tmp_path: Path) -> None:
    house, source = House(tmp_path), Source()
    source.fill(4, 30)
    instants, counts = [], []
    for number, step in enumerate((0, -5 * HOUR, -50 * HOUR, HOUR)):
        house.clock.advance(step)
        restarted(house)
        house.know(source)
        committed = house.committer.commit(opened(source.segments[number : number + 1], source))
        instants.append(committed.known_at)
        counts.append(30 * (number + 1))
    assert instants == sorted(set(instants))
    period = Period(START, Instant(START + HOUR))
    for known_at, count in zip(instants, counts, strict=True):
        query = RangeQuery(SignalId("m1/s0"), period, known_at=known_at)
        assert house.historian.readings(ACTOR, query).num_rows == count // 3
    assert house.historian.check(ACTOR).faults == ()
